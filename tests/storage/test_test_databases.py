"""A database that the tests use again is as a new one."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import psycopg
import pytest

from tests import postgres
from tests.databases import Databases, _Kept

WRITES = {
    "nothing": (),
    "rows, also those of a migration": (
        "INSERT INTO timers (name, due_at, busy_until) VALUES ('x', now(), now())",
        "UPDATE installation SET key_mark = 'other'",
    ),
}
CHANGES = {
    "a column": "ALTER TABLE tokens ADD COLUMN surprise INTEGER",
    "an index": "DROP INDEX ix_sessions_open",
    "a table": "CREATE TABLE photos (id INTEGER)",
    "who may": "GRANT SELECT ON tokens TO PUBLIC",
    "who may, of a column": "GRANT SELECT (uid) ON tokens TO PUBLIC",
    "who may use what is to come": "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC",
    "a view": "CREATE VIEW cards AS SELECT uid FROM tokens",
    "a type": "CREATE TYPE colour AS ENUM ('red')",
    "a sequence": "CREATE SEQUENCE numbers",
    "the step of a sequence": "ALTER SEQUENCE tokens_id_seq INCREMENT BY 2",
    "a namespace": "CREATE SCHEMA elsewhere",
    "a function": "CREATE FUNCTION one() RETURNS INTEGER LANGUAGE sql AS 'SELECT 1'",
    "a trigger that is off": "ALTER TABLE tokens DISABLE TRIGGER ALL",
    "a setting of the database": "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = 8192', current_database()); END $$",
    "how many may come": "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I CONNECTION LIMIT 50', current_database()); END $$",
    "rows that everybody sees": "ALTER TABLE tokens DISABLE ROW LEVEL SECURITY",
}


@pytest.fixture
def databases(postgres_server: str) -> Iterator[Databases]:
    with contextlib.closing(Databases(postgres_server, "template_stationmaster")) as databases:
        yield databases


@pytest.mark.parametrize("writes", WRITES.values(), ids=WRITES)
def test_what_was_written_is_gone(databases: Databases, writes: tuple[str, ...]) -> None:
    kept = databases.lend()
    with psycopg.connect(kept.url, autocommit=True) as connection:
        before = connection.execute("SELECT * FROM installation").fetchall()
        for each in writes:
            connection.execute(each)
    databases.take_back(kept)
    again = databases.lend()
    assert again is kept
    with psycopg.connect(again.url) as connection:
        assert connection.execute("SELECT * FROM installation").fetchall() == before
        assert connection.execute("SELECT count(*) FROM timers").fetchone() == (0,)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_another_schema_is_not_lent_again(databases: Databases, change: str) -> None:
    kept = databases.lend()
    with psycopg.connect(kept.url, autocommit=True) as connection:
        connection.execute(change)
    databases.take_back(kept)
    assert databases.lend() is not kept


@pytest.mark.parametrize(
    "first, again",
    [
        ("CREATE FUNCTION one() RETURNS INTEGER LANGUAGE sql AS 'SELECT 1'", "SELECT 2"),
        ("CREATE VIEW one AS SELECT 1 AS number", "SELECT 2"),
    ],
    ids=["a function", "a view"],
)
def test_what_is_replaced_in_place_is_seen(postgres_server: str, first: str, again: str) -> None:
    name = postgres.fresh_name()
    url = postgres.create(postgres_server, name, template="template_stationmaster")
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(first)
        kept = _Kept.made(url, name)
        assert kept.emptied()
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(first.replace("CREATE", "CREATE OR REPLACE").replace("SELECT 1", again))
        assert not kept.emptied()
        kept.connection.close()
    finally:
        postgres.drop(postgres_server, name)


def test_sequences_begin_where_they_did(postgres_server: str) -> None:
    name = postgres.fresh_name()
    url = postgres.create(postgres_server, name, template="template_stationmaster")
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE SEQUENCE used START 5")
            connection.execute("CREATE SEQUENCE fresh START 7")
            connection.execute("SELECT nextval('used')")
        kept = _Kept.made(url, name)
        for _ in range(2):
            with psycopg.connect(url, autocommit=True) as connection:
                assert connection.execute("SELECT nextval('used'), nextval('fresh')").fetchone() == (6, 7)
            assert kept.emptied()
        kept.connection.close()
    finally:
        postgres.drop(postgres_server, name)
