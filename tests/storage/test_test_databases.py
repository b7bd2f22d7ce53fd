"""A database that the tests use again is as a new one."""

from __future__ import annotations

import psycopg
import pytest

from tests.databases import Databases

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
}


@pytest.mark.parametrize("writes", WRITES.values(), ids=WRITES)
def test_what_was_written_is_gone(postgres_server: str, writes: tuple[str, ...]) -> None:
    databases = Databases(postgres_server, "template_stationmaster")
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
def test_another_schema_is_not_lent_again(postgres_server: str, change: str) -> None:
    databases = Databases(postgres_server, "template_stationmaster")
    kept = databases.lend()
    with psycopg.connect(kept.url, autocommit=True) as connection:
        connection.execute(change)
    databases.take_back(kept)
    assert databases.lend() is not kept
