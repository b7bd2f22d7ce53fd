"""The schema in the database is the one in the code, on both; and it holds the keys that everything relies on."""

from __future__ import annotations

import contextlib
import importlib
import os
import pkgutil
import sqlite3
import threading
import warnings
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import ColumnElement, Connection, create_engine, event, inspect, literal, select, text
from sqlalchemy.exc import OperationalError, SAWarning

import stationmaster.domain
from stationmaster.storage import Database, migrations, trigrams
from stationmaster.storage.columns import metadata
from tests import postgres
from tests.forked import Forked
from tests.patience import PATIENCE_S

for module in pkgutil.iter_modules(stationmaster.domain.__path__, "stationmaster.domain."):
    importlib.import_module(module.name)


def differences(connection: Connection) -> list[object]:
    compared = {"compare_type": True, "compare_server_default": True, "include_object": trigrams.is_of_the_schema}
    context = MigrationContext.configure(connection, opts=compared)
    with warnings.catch_warnings():  # SQLite does not tell what an index of an expression is of
        warnings.filterwarnings("ignore", "Skipped unsupported reflection of expression-based index", SAWarning)
        warnings.filterwarnings(
            "ignore", "autogenerate skipping metadata-specified expression-based index", UserWarning
        )
        return list(compare_metadata(context, metadata))


def test_migrations_make_the_tables_of_the_code(database_url: str) -> None:
    engine = Database(database_url).engine
    with engine.connect() as connection:
        assert differences(connection) == []
        assert migrations.current(engine) == migrations.head()
    engine.dispose()


def test_the_indexes_of_the_code_are_there(database_url: str) -> None:
    engine = Database(database_url).engine
    catalogue = "sqlite_master WHERE type = 'index'" if engine.dialect.name == "sqlite" else "pg_indexes"
    name = "name" if engine.dialect.name == "sqlite" else "indexname"
    with engine.connect() as connection:
        there = {row[0] for row in connection.execute(text(f"SELECT {name} FROM {catalogue}"))}  # noqa: S608
    engine.dispose()
    assert {index.name for table in metadata.tables.values() for index in table.indexes} <= there


@pytest.mark.any_database  # PostgreSQL reasons from any condition, SQLite only from the very same one
def test_an_index_of_some_rows_serves_who_asks_for_those_rows(database_url: str) -> None:
    engine = Database(database_url).engine
    refused = []
    with engine.connect() as connection:
        for index in (index for table in metadata.tables.values() for index in table.indexes):
            of: ColumnElement[bool] | None = index.dialect_options["sqlite"]["where"]
            if of is None or index.table is None:
                continue
            asked = select(literal(1)).select_from(index.table).where(of)
            statement = str(asked.compile(engine, compile_kwargs={"literal_binds": True}))
            by_it = statement.replace("WHERE", f"INDEXED BY {index.name} WHERE")
            try:
                connection.exec_driver_sql(f"EXPLAIN {by_it}")
            except OperationalError as error:
                refused.append((index.name, str(error.orig)))
    engine.dispose()
    assert refused == []


def test_a_difference_would_be_seen(database_url: str) -> None:
    engine = Database(database_url).engine
    with engine.begin() as connection:
        connection.execute(text("DROP INDEX ix_sessions_open"))
        connection.execute(text("ALTER TABLE tokens ADD COLUMN surprise INTEGER"))
        found = [difference[0] for difference in differences(connection)]  # type: ignore[index]
    engine.dispose()
    assert sorted(found) == ["add_index", "remove_column"]


def test_upgrade_of_an_up_to_date_database_changes_nothing(database_url: str) -> None:
    engine = Database(database_url).engine
    before = set(inspect(engine).get_table_names())
    migrations.upgrade(engine)
    assert set(inspect(engine).get_table_names()) == before
    engine.dispose()


def test_two_nodes_that_start_together_migrate_one_after_the_other(database_url: str, tmp_path: Path) -> None:
    url, name = f"sqlite:///{tmp_path}/new.db", postgres.fresh_name()
    if not database_url.startswith("sqlite"):
        url = postgres.create(database_url, name)
    said = [tmp_path / "one", tmp_path / "other"]
    environment = os.environ | {"STATIONMASTER_DATABASE__URL": url}
    nodes = [Forked("migrate", env=environment, stdout=each, stderr=each) for each in said]
    assert [node.wait(PATIENCE_S) for node in nodes] == [0, 0], [each.read_text() for each in said]
    engine = Database(url).engine
    assert migrations.current(engine) == migrations.head()
    engine.dispose()
    if not database_url.startswith("sqlite"):
        postgres.drop(database_url, name)


def test_a_node_waits_for_the_one_that_migrates_longer_than_for_any_other_lock(sqlite_url: str) -> None:
    engine = Database(sqlite_url).engine
    event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout=1"))
    with contextlib.closing(sqlite3.connect(str(engine.url.database), check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        done = threading.Timer(0.1, other.rollback)
        done.start()
        migrations._to_newest(engine)
        done.join()
    engine.dispose()


def test_what_another_node_makes_this_moment_is_not_something_elses(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Database(sqlite_url).engine
    found = [None, migrations.head()]  # nothing yet, and then all of it
    monkeypatch.setattr(migrations, "current", lambda _: found.pop(0))
    assert migrations._known(engine) == migrations.head()
    engine.dispose()


# table, columns in any order, and whether the key holds for some rows only
UNIQUE = [
    ("sessions", {"station_id", "start_key", "occurrence"}, False),  # one session for a start
    ("sessions", {"transaction_id", "station_id", "occurrence"}, False),  # and for an id
    ("alarms", {"station_id", "kind"}, True),  # that nobody has looked at
    ("sessions", {"public_id"}, False),
    ("meter_values", {"station_id", "content_key"}, False),
    ("quarantine", {"station_id", "content_key"}, False),
    ("stations", {"identity"}, True),  # but for deleted ones
    ("stations", {"public_id"}, False),
    ("tokens", {"organization_id", "uid_key", "kind"}, True),
    ("tariffs", {"organization_id", "public_id"}, True),
    ("tariffs", {"organization_id"}, True),  # one standard
    ("tariff_terms", {"tariff_id", "number"}, False),
    ("customers", {"organization_id", "public_id"}, True),
    ("customers", {"organization_id", "phone"}, True),
    ("vehicles", {"organization_id", "public_id"}, True),
    ("vehicles", {"customer_id"}, True),  # one default
    ("connectors", {"station_id", "evse", "number"}, False),
    ("evses", {"station_id", "number"}, False),
    ("refused_connections", {"identity", "source", "reason"}, False),
]


@pytest.mark.parametrize("table, columns, partial", UNIQUE, ids=lambda value: value if isinstance(value, str) else "")
def test_DAT_03_the_catalog_has_the_unique_key(database_url: str, table: str, columns: set[str], partial: bool) -> None:
    engine = create_engine(Database(database_url).url)
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            found = _unique_in_sqlite(connection, table)
        else:
            found = _unique_in_postgresql(connection, table)
    engine.dispose()
    assert (frozenset(columns), partial) in found


def _unique_in_sqlite(connection: Connection, table: str) -> set[tuple[frozenset[str], bool]]:
    indexes = connection.execute(text(f"PRAGMA index_list({table})")).all()
    return {
        (
            frozenset(row.name for row in connection.execute(text(f"PRAGMA index_info({index.name})"))),
            bool(index.partial),
        )
        for index in indexes
        if index.unique
    }


def _unique_in_postgresql(connection: Connection, table: str) -> set[tuple[frozenset[str], bool]]:
    indexes = connection.execute(
        text(
            "SELECT array_agg(a.attname::text) AS columns, i.indpred IS NOT NULL AS partial FROM pg_index i"
            " JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)"
            " WHERE i.indrelid = CAST(:table AS regclass) AND i.indisunique AND i.indisvalid GROUP BY i.indexrelid, partial"
        ),
        {"table": table},
    )
    return {(frozenset(row.columns), row.partial) for row in indexes}


def test_DAT_03_an_acknowledged_commit_is_on_disk(database_url: str) -> None:
    """Rule 1 rests on this: no setting trades durability for speed."""
    engine = Database(database_url).engine
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            assert connection.execute(text("PRAGMA synchronous")).scalar() == 2  # FULL
            assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
            assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1
        else:
            assert connection.execute(text("SHOW synchronous_commit")).scalar() == "on"
            assert connection.execute(text("SHOW fsync")).scalar() == "on"
            assert connection.execute(text("SHOW timezone")).scalar() == "UTC"
    engine.dispose()
