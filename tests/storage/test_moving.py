"""`stationmaster db move`: everything from SQLite is in PostgreSQL afterwards, and goes on there."""

from __future__ import annotations

import multiprocessing
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import DBAPIError

from stationmaster.app import App
from stationmaster.cli import demo
from stationmaster.domain import organizations, stations
from stationmaster.domain.bills import auditing
from stationmaster.storage import Database, Unusable, Work, migrations, moving
from stationmaster.storage.columns import metadata
from tests import factories, postgres

IDENTITIES = ["SIM-001", "SIM-002"]

pytestmark = pytest.mark.slow  # needs PostgreSQL, whatever the database under test


@pytest.fixture
def target(postgres_server: str) -> Iterator[str]:
    name = postgres.fresh_name()
    yield postgres.create(postgres_server, name, template="template_stationmaster")
    postgres.drop(postgres_server, name)


@pytest.fixture
async def source(tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """An installation whose server is stopped; with sessions, bills and a ledger where the test has a history."""
    url = f"sqlite:///{tmp_path}/old.db"
    async with App(factories.settings(url)).running() as app:
        await app.database.write(demo._records, app.keys, "a long password", IDENTITIES)
        if request.node.name.startswith("test_a_move"):
            await demo._history(app, [*IDENTITIES, demo.OFFLINE], seed=7)
    return url


@pytest.fixture
async def both(source: str, target: str) -> AsyncIterator[tuple[Database, Database]]:
    here, there = Database(source), Database(target)
    yield here, there
    here.close(), there.close()


def counts(database: Database) -> dict[str, int]:
    with database.engine.connect() as connection:
        every = [(each.name, select(func.count()).select_from(each)) for each in metadata.sorted_tables]
        return {name: connection.execute(count).scalar_one() for name, count in every}


async def test_a_move_that_was_cut_off_goes_on_and_what_is_there_is_what_was_here(
    both: tuple[Database, Database], target: str
) -> None:
    here, there = both

    class Cut(Exception):
        pass

    pieces: list[str] = []

    def cut(table: str, rows: int, of: int) -> None:
        pieces.append(table)
        if table == "sessions" and 0 < rows < of:
            raise Cut

    with pytest.raises(Cut):
        moving.move(here.engine, there.engine, knows=App, mark="old", tell=cut, piece=20)
    with pytest.raises(Unusable, match="a move into this database has not ended"):
        migrations.check(there.engine)
    with pytest.raises(Unusable, match="half of another database"):
        moving.move(here.engine, there.engine, knows=App, mark="another")

    moved = moving.move(here.engine, there.engine, knows=App, mark="old", piece=20)
    assert {table.table: table.rows for table in moved} == counts(here) == counts(there)
    assert sum(table.rows for table in moved) > 1000
    migrations.check(there.engine)
    with there.engine.connect() as connection, pytest.raises(DBAPIError, match="ledger_entries"):
        connection.execute(delete(metadata.tables["ledger_entries"]))
    with pytest.raises(Unusable, match="the target is in use"):
        moving.move(here.engine, there.engine, knows=App, mark="old")

    async with App(factories.settings(target)).running() as app:
        assert await app.database.read(lambda work: list(auditing.problems(work))) == []
        before = await app.database.read(_newest)

        def add(work: Work) -> None:
            row, _ = stations.create(work, organizations.home(work), app.keys, identity="NEW")
            assert row.id == before + 1

        await app.database.write(add)


def _newest(work: Work) -> int:
    return int(work.execute(select(func.max(stations.stations.c.id))).scalar_one())


async def test_what_has_changed_since_the_first_half_is_not_mixed_with_it(both: tuple[Database, Database]) -> None:
    here, there = both

    class Cut(Exception):
        pass

    def cut(table: str, rows: int, of: int) -> None:
        if table == "tokens":
            raise Cut

    with pytest.raises(Cut):
        moving.move(here.engine, there.engine, knows=App, mark="old", tell=cut)
    with here.engine.begin() as connection:
        connection.execute(update(stations.stations).values(model="another"))
    with pytest.raises(Unusable, match="stations has changed here since the move was begun"):
        moving.move(here.engine, there.engine, knows=App, mark="old")


class Asked:
    """In place of the process that compares: what it is asked, for each table."""

    def __init__(self) -> None:
        self.ranges: dict[str, list[tuple[str | None, str | None]]] = {}

    def submit(
        self, _f: object, name: str, after: str | None, last: str | None, _piece: int
    ) -> Future[tuple[int, int]]:
        self.ranges.setdefault(name, []).append((after, last))
        return Future()


async def test_texts_are_compared_as_a_whole_since_each_database_has_them_in_its_own_order(
    both: tuple[Database, Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = both
    asked: Any = Asked()
    monkeypatch.setattr(moving, "_compare", lambda *told: None)
    moving._begin(there.engine, "old")
    for table in metadata.sorted_tables:
        piece = 1 if table is stations.stations else moving.PIECE
        moving._move_table(here.engine, there.engine, table, lambda *told: None, piece, asked)
    assert asked.ranges["timers"] == asked.ranges["nodes"] == [(None, None)]
    assert len(asked.ranges["stations"]) == len(IDENTITIES) + 1
    assert None not in [last for _, last in asked.ranges["stations"]]


async def test_a_process_that_compares_and_is_killed_is_told_and_the_move_goes_on(
    both: tuple[Database, Database],
) -> None:
    here, there = both

    def kill(table: str, rows: int, of: int) -> None:
        if table == "tokens":
            for each in multiprocessing.active_children():
                each.kill()

    with pytest.raises(Unusable, match="has ended; move again"):
        moving.move(here.engine, there.engine, knows=App, mark="old", tell=kill)
    moving.move(here.engine, there.engine, knows=App, mark="old")
    assert counts(here) == counts(there)


async def test_a_table_that_is_not_the_same_is_named(
    both: tuple[Database, Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = both
    copied = moving._copy_in

    def copy_badly(connection: moving.Connection, table: moving.Table, rows: list[moving.Row[object]]) -> None:
        copied(connection, table, rows)
        if table is stations.stations:
            connection.execute(update(table).values(model="another"))

    monkeypatch.setattr(moving, "_copy_in", copy_badly)
    with pytest.raises(Unusable, match=r"stations: \d+ rows here, \d+ there, and they are not the same"):
        moving.move(here.engine, there.engine, knows=App, mark="old")
