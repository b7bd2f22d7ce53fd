"""Tenants kept apart by PostgreSQL itself, behind the conditions of the code: row-level security for callers of the API.

What a caller asks runs as a role that nobody logs in with. On every table with rows of tenants a policy shows this role
one organization: the one that the transaction names. The owner of the tables (chargers, timers, the command line) is not asked.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from stationmaster.storage.engines import in_one_line

ROLE = "stationmaster_tenant"
SETTING = "stationmaster.organization"
_THEIRS = f"current_setting('{SETTING}')::bigint"

# Whose a row is when it names no organization: that of the row it points to, which has a policy itself.
_PARENTS = {"station_id": "stations", "session_id": "sessions", "user_id": "users", "tariff_id": "tariffs"}

SHARED = {"organization_ids": "SELECT", "event_counter": "SELECT", "node_log": "SELECT"}
"""What belongs to no tenant and is needed by what callers ask. All else without a policy is closed to the role."""


class Walls:
    """Whether callers can be confined on this database, and how it is done: nothing outlives the transaction."""

    def __init__(self, role: str) -> None:
        self.role = role
        self._quoted = '"{}"'.format(role.replace('"', '""'))
        self._stand: bool | None = None

    def stand(self, connection: Connection) -> bool:
        """Whether callers are confined by the database. Looked at once."""
        if self._stand is None:
            self._stand = why_not(connection, self.role) is None
        return self._stand

    def confine(self, cursor: Any, organization: int) -> None:
        """From now on this transaction sees and changes one organization's rows. With its BEGIN it is one round trip."""
        cursor.run_plain(f"SET LOCAL ROLE {self._quoted}; SET LOCAL {SETTING} = '{organization:d}'")
        cursor.use_prepared(confined=True)

    def lift(self, cursor: Any) -> None:
        """Everything is there again, as it is for this connection by itself."""
        cursor.run_plain(f"SET LOCAL role TO DEFAULT; SET LOCAL {SETTING} = ''")
        cursor.use_prepared(confined=False)


class Table(NamedTuple):
    """A table as the database has it, and what there is of the wall around it."""

    name: str
    columns: list[str]
    secured: bool
    granted: bool
    sequence: str | None
    may_take_numbers: bool
    policy: str | None
    open_to_others: bool


def condition(table: str, columns: Iterable[str]) -> str | None:
    """Which rows of a table are one organization's, in SQL; None when it holds nothing of tenants."""
    if table == "organizations":
        return f"id = {_THEIRS}"
    if "organization_id" in columns:
        return f"organization_id = {_THEIRS}"
    for column, parent in _PARENTS.items():
        if column in columns:
            return f"EXISTS (SELECT 1 FROM {parent} AS parent WHERE parent.id = {table}.{column})"  # noqa: S608
    return None


def why_not(connection: Connection, role: str) -> str | None:
    """Why what callers ask cannot be confined by the database, in a sentence; None when it can, or when it is SQLite."""
    if connection.dialect.name != "postgresql":
        return None
    if not role:
        return "database.tenant_role is empty"
    if not _exists(connection, role):
        return f"there is no role {role}"
    return _unusable(connection, role) or _unfinished(connection, role)


def build(connection: Connection, role: str) -> str | None:
    """Make the role and the policies, as far as they are missing and the database lets us; then the same as `why_not`.

    One table at a time is locked, for a moment, so nobody at work on several of them waits in a circle.
    """
    why = why_not(connection, role)
    connection.rollback()
    if why is None or not role:
        return why
    name = _quoted(connection, role)
    if not _exists(connection, role):
        _attempt(connection, f"CREATE ROLE {name} NOLOGIN NOINHERIT")
    if _exists(connection, role) and _unusable(connection, role) is not None:
        set_only = " WITH INHERIT FALSE, SET TRUE" if _version(connection) >= 16 else ""
        _attempt(connection, f"GRANT {name} TO CURRENT_USER{set_only}")
    if not _exists(connection, role) or _unusable(connection, role) is not None:
        why = why_not(connection, role)
        connection.rollback()
        return why
    for statements in [_steps(connection, table, role) for table in _tables(connection, role)]:
        failed = _attempt(connection, "; ".join(statements)) if statements else None
        if failed is not None:
            return failed
    why = why_not(connection, role)
    connection.rollback()
    return why


def _unfinished(connection: Connection, role: str) -> str | None:
    left = [table.name for table in _tables(connection, role) if _steps(connection, table, role)]
    return f"there are no policies yet on {', '.join(left[:3])}{' …' if len(left) > 3 else ''}" if left else None


def _steps(connection: Connection, table: Table, role: str) -> list[str]:
    """What is still to be done to this table."""
    name, to = _quoted(connection, table.name), _quoted(connection, role)
    theirs = condition(table.name, table.columns)
    if theirs is None:
        granted = SHARED.get(table.name)
        return [] if granted is None or table.granted else [f"GRANT {granted} ON {name} TO {to}"]
    steps = []
    if not table.open_to_others:  # whoever was given this table before sees it as before: the wall is for our role only
        steps.append(f"CREATE POLICY everybody ON {name} USING (true)")
    if table.policy != theirs:
        steps.append(f"DROP POLICY IF EXISTS {to} ON {name}")
        steps.append(f"CREATE POLICY {to} ON {name} AS RESTRICTIVE TO {to} USING ({theirs})")
        steps.append(f"COMMENT ON POLICY {to} ON {name} IS $${theirs}$$")
    if not table.secured:
        steps.append(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
    if not table.granted:  # the last, so that there is no moment in which the role may, and no policy holds it
        steps.append(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO {to}")
    if table.sequence is not None and not table.may_take_numbers:
        steps.append(f"GRANT USAGE ON SEQUENCE {table.sequence} TO {to}")
    return steps


_TABLES = text("""
    SELECT c.relname AS name,
           (SELECT array_agg(a.attname::text) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0) AS columns,
           c.relrowsecurity AS secured,
           has_table_privilege(:role, c.oid, 'SELECT')
             AND (c.relname = ANY(:shared) OR has_table_privilege(:role, c.oid, 'INSERT')
               AND has_table_privilege(:role, c.oid, 'UPDATE') AND has_table_privilege(:role, c.oid, 'DELETE')) AS granted,
           s.sequence,
           s.sequence IS NULL OR has_sequence_privilege(:role, s.sequence, 'USAGE') AS may_take_numbers,
           (SELECT obj_description(p.oid, 'pg_policy') FROM pg_policy p
             WHERE p.polrelid = c.oid AND p.polname = :role AND NOT p.polpermissive) AS policy,
           EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'everybody') AS open_to_others
      FROM pg_class c
      LEFT JOIN LATERAL (
        SELECT d.objid::regclass::text AS sequence FROM pg_depend d JOIN pg_class q ON q.oid = d.objid AND q.relkind = 'S'
         WHERE d.classid = 'pg_class'::regclass AND d.refobjid = c.oid AND d.deptype IN ('a', 'i')
      ) s ON true
     WHERE c.relnamespace = current_schema()::regnamespace AND (c.relkind = 'r' OR c.relname = ANY(:shared))
       AND c.relowner = (SELECT relowner FROM pg_class WHERE oid = to_regclass('organizations'))
     ORDER BY c.relname
""")


def _tables(connection: Connection, role: str) -> list[Table]:
    return [Table._make(row) for row in connection.execute(_TABLES, {"role": role, "shared": list(SHARED)})]


def _exists(connection: Connection, role: str) -> bool:
    return bool(connection.execute(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}).scalar())


def _unusable(connection: Connection, role: str) -> str | None:
    """Why this role, which there is, cannot hold anybody."""
    facts = connection.execute(
        text("SELECT rolsuper OR rolbypassrls, rolname = current_user FROM pg_roles WHERE rolname = :role"),
        {"role": role},
    ).one()
    if facts[0] or facts[1]:
        return f"the role {role} is the database's own user, or one that policies do not hold"
    savepoint = connection.begin_nested()
    try:
        connection.execute(text("SELECT set_config('role', :role, true)"), {"role": role})
    except DBAPIError:
        return f"this user may not become {role}: GRANT {role} TO …, as an administrator of the database"
    finally:
        savepoint.rollback()
    return None


def _attempt(connection: Connection, statements: str) -> str | None:
    """Run them in a transaction of their own; what the database says against it."""
    connection.rollback()
    try:
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '10s'; {statements}")
        connection.commit()
    except DBAPIError as error:
        connection.rollback()
        return in_one_line(error)
    return None


def _version(connection: Connection) -> int:
    info = connection.dialect.server_version_info
    return int(info[0]) if info else 0


def _quoted(connection: Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote_identifier(name)
