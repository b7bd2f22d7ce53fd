"""PostgreSQL databases that are used by one test after another."""

from __future__ import annotations

import json
import time
from typing import Any, NamedTuple

import psycopg
from psycopg.sql import SQL, Identifier, Literal

from tests import postgres

# Catalogs whose rows change with a change of the schema only. What is replaced in place (a function, a view, a trigger that is
# switched off) keeps its oid, but is a new row, with another xmin.
_CATALOGS = (
    "pg_constraint", "pg_trigger", "pg_proc", "pg_rewrite", "pg_type", "pg_attrdef", "pg_policy", "pg_default_acl",
    "pg_event_trigger", "pg_extension", "pg_largeobject_metadata", "pg_publication",
)  # fmt: skip
_ROWS = SQL("(SELECT md5(string_agg((oid, xmin)::text, ',' ORDER BY oid)) FROM {} WHERE oid >= 16384)")
_SHAPE = SQL("""
    SELECT {},
           (SELECT md5(string_agg((oid, relname, relnamespace, relkind, relpersistence, relowner, relrowsecurity, reloptions)::text,
                                  ',' ORDER BY oid)) FROM pg_class WHERE oid >= 16384),
           (SELECT md5(string_agg(relacl::text, ',' ORDER BY oid)) FROM pg_class),
           (SELECT md5(string_agg((attrelid, attname, atttypid, atttypmod, attnotnull, attacl)::text, ',' ORDER BY attrelid, attnum))
              FROM pg_attribute WHERE attrelid >= 16384),
           (SELECT md5(string_agg(s::text, ',' ORDER BY seqrelid)) FROM pg_sequence s),
           (SELECT md5(string_agg((nspname, nspacl)::text, ',' ORDER BY oid)) FROM pg_namespace
             WHERE nspname !~ '^pg_(toast_)?temp_'),
           (SELECT (datallowconn, datconnlimit, datacl)::text FROM pg_database WHERE datname = current_database()),
           (SELECT md5(string_agg(s::text, ',' ORDER BY setdatabase, setrole)) FROM pg_db_role_setting s
             WHERE setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))),
           (SELECT count(*) FROM pg_prepared_xacts WHERE database = current_database())
""").format(SQL(", ").join(_ROWS.format(Identifier(each)) for each in _CATALOGS))
_SEQUENCES = "SELECT format('%I.%I', schemaname, sequencename), last_value, start_value FROM pg_sequences"


class Databases:
    """Databases that one process of the tests uses again and again: emptying one takes a tenth of the time of making one."""

    def __init__(self, server: str, template: str) -> None:
        self._server, self._template = server, template
        self._free: list[_Kept] = []
        self._made: list[_Kept] = []

    def lend(self) -> _Kept:
        """A database as the template is."""
        if self._free:
            return self._free.pop()
        name = postgres.fresh_name()
        made = _Kept.made(postgres.create(self._server, name, template=self._template), name)
        self._made.append(made)
        return made

    def take_back(self, kept: _Kept) -> None:
        """Empty it for the next, or drop it when it is still in use or its schema is no longer the template's."""
        if kept.emptied():
            self._free.append(kept)
        else:
            postgres.drop(self._server, kept.name)

    def close(self) -> None:
        for kept in self._made:
            kept.connection.close()


class _Kept(NamedTuple):
    url: str
    name: str
    connection: psycopg.Connection[Any]
    """Stays open: what it has learned of the catalog makes the next look a quarter as long."""
    shape: Any
    tables: list[str]
    filled: dict[str, Any]
    """Rows that the migrations made, by table."""
    sequences: list[Any]
    """How far each sequence was, and where it starts."""

    @classmethod
    def made(cls, url: str, name: str) -> _Kept:
        connection = psycopg.connect(url, autocommit=True)
        connection.execute("SET lock_timeout = '5s'; SET session_replication_role = replica")  # no foreign keys
        tables = [
            each for (each,) in connection.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND oid >= 16384")
        ]
        filled = {each: _rows(connection, each) for each in _touched(connection, tables)}
        sequences = connection.execute(_SEQUENCES).fetchall()
        return cls(url, name, connection, connection.execute(_SHAPE).fetchone(), tables, filled, sequences)

    def emptied(self) -> bool:
        try:
            connection = self.connection
            if not _alone(connection) or connection.execute(_SHAPE).fetchone() != self.shape:
                return False
            for table in _touched(connection, self.tables):
                if table not in self.filled or _rows(connection, table) != self.filled[table]:
                    connection.execute(SQL("DELETE FROM {}").format(Identifier(table)))
                    fill = SQL("INSERT INTO {0} SELECT * FROM json_populate_recordset(NULL::{0}, %s::json)")
                    connection.execute(fill.format(Identifier(table)), [json.dumps(self.filled.get(table, []))])
            moved = set(connection.execute(_SEQUENCES)) - set(self.sequences)
            for sequence, last, start in self.sequences:
                if sequence in {each for each, *_ in moved}:
                    back = [sequence, start if last is None else last, last is not None]
                    connection.execute("SELECT setval(%s::regclass, %s, %s)", back)
            return set(_touched(connection, self.tables)) == set(self.filled)
        except psycopg.Error:
            return False


def _alone(connection: Any) -> bool:
    """Whoever has closed a connection is gone a moment later."""
    others = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    deadline = time.monotonic() + 1
    while connection.execute(others).fetchone():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def _touched(connection: Any, tables: list[str]) -> list[str]:
    """The tables that have rows."""
    any_row = SQL("SELECT {} WHERE EXISTS (SELECT 1 FROM {})")
    asked = SQL(" UNION ALL ").join(any_row.format(Literal(each), Identifier(each)) for each in tables)
    return [each for (each,) in connection.execute(asked)]


def _rows(connection: Any, table: str) -> Any:
    (rows,) = connection.execute(SQL("SELECT json_agg(each) FROM {} each").format(Identifier(table))).fetchone()
    return rows
