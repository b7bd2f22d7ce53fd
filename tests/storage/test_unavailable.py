"""What happens while the database is away: units are held, then given up; stations are sent away, and come back.

PostgreSQL is really stopped and started. SQLite cannot be written while another process holds its lock, or when the machine
does not let it be written at all.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import structlog
import websockets
from sqlalchemy import event, func, insert, select

from stationmaster.app import App
from stationmaster.domain import organizations, sites
from stationmaster.domain.sessions import sessions
from stationmaster.storage import Database, StorageUnavailable, Work, migrations
from tests import postgres
from tests.patience import PATIENCE_S

Away = Callable[[], contextlib.AbstractAsyncContextManager[None]]


@pytest.fixture(scope="module")
def own_server() -> Iterator[str]:
    """A PostgreSQL that may be stopped without harm to the other tests."""
    with postgres.server(careless=True) as url:
        yield url


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "stationmaster.db")
        return f"sqlite:///{tmp_path}/stationmaster.db"
    server = request.getfixturevalue("own_server")
    url = postgres.create(server, postgres.fresh_name())
    engine = Database(url).engine
    migrations.upgrade(engine)
    engine.dispose()
    return url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """One that notices a commit that hangs, as it does for real."""
    database = Database(database_url)
    database.start()
    yield database
    await database.stop()


@pytest.fixture
def away(database_url: str) -> Away:
    """`async with away():` the database takes nothing inside."""

    @contextlib.asynccontextmanager
    async def outage() -> AsyncIterator[None]:
        if database_url.startswith("sqlite"):
            other = sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            try:
                yield
            finally:
                other.close()
        else:
            down = postgres.stopped(database_url)
            await asyncio.to_thread(down.__enter__)
            try:
                yield
            finally:
                await asyncio.to_thread(down.__exit__, None, None, None)

    return outage


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Callable[[Database], None]:
    """From its call on, the database gives up after half a second instead of ten."""

    def patience_is_over(database: Database) -> None:
        monkeypatch.setattr(database, "hold_s", 0.5)
        monkeypatch.setattr(database, "stall_s", 0.2)

    return patience_is_over


async def until(true: Callable[[], Any], timeout: float = PATIENCE_S) -> None:
    async with asyncio.timeout(timeout):
        while not true():
            await asyncio.sleep(0.01)


def add_site(work: Work, name: str) -> str:
    sites.create(work, organizations.home(work), name=name)
    work.publish(name)
    return name


async def names(database: Database) -> list[str]:
    return list(await database.read(lambda work: work.execute(select(sites.sites.c.name)).scalars().all()))


async def test_a_unit_is_held_until_the_database_is_back(database: Database, away: Away) -> None:
    heard: list[Any] = []
    database.after_commit.append(heard.extend)
    await database.write(add_site, "before")
    async with away():
        writes = [asyncio.create_task(database.write(add_site, f"during {number}")) for number in range(3)]
        await until(lambda: not database.available)
        assert not any(write.done() for write in writes)
    assert await asyncio.wait_for(asyncio.gather(*writes), 15) == ["during 0", "during 1", "during 2"]
    await until(lambda: database.available)
    assert await names(database) == ["before", "during 0", "during 1", "during 2"]
    assert heard == ["before", "during 0", "during 1", "during 2"]


async def test_a_unit_is_given_up_in_time_and_the_return_is_noticed_without_new_work(
    database: Database, away: Away, monkeypatch: pytest.MonkeyPatch, impatient: Callable[[Database], None]
) -> None:
    await database.write(add_site, "before")
    async with away():
        impatient(database)
        with pytest.raises(StorageUnavailable):
            await database.write(add_site, "during")
        await until(lambda: not database.available)
    await until(lambda: database.available)
    monkeypatch.undo()
    assert await database.write(add_site, "after") == "after"
    assert [name for name in await names(database) if name != "during"] == ["before", "after"]


async def test_a_disk_that_takes_nothing_is_trouble_and_no_fault_of_the_unit(database: Database) -> None:
    """SQLite says READONLY, PostgreSQL 25006: neither may end a station's message with an error."""
    setting = {
        "sqlite": ("PRAGMA query_only = ON", "PRAGMA query_only = OFF"),
        "postgresql": ("SET default_transaction_read_only = on", "SET default_transaction_read_only = off"),
    }[database.kind]
    switch = {"now": 0}
    event.listen(
        database.engine,
        "begin",
        lambda connection: connection.connection.driver_connection.execute(setting[switch["now"]]),
        insert=True,
    )
    if database.kind == "postgresql":  # it holds from the next transaction on
        event.listen(
            database.engine,
            "begin",
            lambda connection: connection.connection.driver_connection.execute(
                f"SET transaction_read_only = {'off' if switch['now'] else 'on'}"
            ),
        )
    write = asyncio.create_task(database.write(add_site, "s"))
    await until(lambda: not database.available)
    assert not write.done()
    switch["now"] = 1
    assert await asyncio.wait_for(write, 10) == "s"
    assert database.available
    assert await names(database) == ["s"]


async def test_a_commit_that_hangs_is_an_outage_even_when_nobody_waits_for_it_any_more(
    database: Database, impatient: Callable[[Database], None]
) -> None:
    impatient(database)
    go = threading.Event()

    def hang(work: Work) -> None:
        go.wait(10)

    with pytest.raises(StorageUnavailable):
        await database.write(hang)
    for _ in range(3):  # not once, and then forgotten
        await asyncio.sleep(0.5)
        assert not database.available
    go.set()
    await until(lambda: database.available)


@pytest.mark.parametrize("committed, rows", [(True, 2), (False, 1)], ids=["answer lost", "not committed"])
async def test_a_unit_whose_commit_fails_is_run_again(
    database: Database, monkeypatch: pytest.MonkeyPatch, committed: bool, rows: int
) -> None:
    """When the connection breaks during COMMIT nobody knows; so units must bear to run twice, and the domain's do."""
    home = await database.write(organizations.home)
    dialect, commit = database.engine.dialect, database.engine.dialect.do_commit
    failures: list[int] = []

    def fail_once(connection: Any) -> None:
        if failures:
            commit(connection)
            return
        failures.append(1)
        if committed:
            commit(connection)
        raise lost_connection(database.kind)

    monkeypatch.setattr(dialect, "do_commit", fail_once)

    runs: list[int] = []

    def add(work: Work) -> int:
        runs.append(1)
        work.execute(insert(sites.sites).values(organization_id=home, name=f"run {len(runs)}", created_at=work.now))
        return len(runs)

    assert await database.write(add) == len(runs)
    assert len(await names(database)) == rows
    await until(lambda: database.available)


def lost_connection(kind: str) -> Exception:
    if kind == "postgresql":
        return psycopg.OperationalError("server closed the connection unexpectedly")
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = 10
    return error


async def test_A12_N10_a_read_that_hangs_is_given_up_also_when_all_readers_do(database: Database) -> None:
    go = threading.Event()
    database.read_s = 0.2
    hung = [asyncio.create_task(database.read(lambda work: go.wait(20))) for _ in range(6)]
    for each in hung:
        with pytest.raises(StorageUnavailable):
            await each
    go.set()
    database.read_s = 8.0
    assert await names(database) == []


async def test_A12_an_outage_is_one_line_for_those_who_read(database: Database, away: Away) -> None:
    if database.kind == "sqlite":  # it can be read while nobody can write
        async with away():
            assert await names(database) == []
        return
    database.hold_s, database.stall_s = 0.5, PATIENCE_S
    with structlog.testing.capture_logs() as logged:
        async with away():
            for _ in range(5):
                with pytest.raises(StorageUnavailable):
                    await names(database)
            with pytest.raises(StorageUnavailable):
                await database.write(add_site, "during")
            with pytest.raises(StorageUnavailable):
                await names(database)
        await until(lambda: database.available)
    told = [line["event"] for line in logged if line["log_level"] in ("error", "critical")]
    assert sorted(set(told)) == sorted(told) and len(told) <= 2
    assert not any("exc_info" in line for line in logged)


# Seen from a charger


async def test_TX_rule_2_an_outage_looks_like_a_disconnect_and_costs_nothing(
    app: App,
    charger: Callable[..., Any],
    away: Away,
    monkeypatch: pytest.MonkeyPatch,
    impatient: Callable[[Database], None],
) -> None:
    one, two = await charger("CP1"), await charger("CP2")
    secret = charger.secrets["CP1"]  # type: ignore[attr-defined]
    first = await one.start()
    async with away():
        impatient(app.database)
        await one.send(
            [
                2,
                "s1",
                "StopTransaction",
                {"transactionId": first["transactionId"], "meterStop": 6000, "timestamp": "2026-11-01T11:00:00Z"},
            ]
        )
        await two.send([2, "h1", "Heartbeat", {}])
        assert (await two.receive())[:2] == [3, "h1"]  # needs no storage
        with pytest.raises(websockets.ConnectionClosed):  # neither an answer nor an error before it
            await one.receive(timeout=PATIENCE_S)
        assert one.socket.close_code == 1013
        await until(lambda: not app.database.available)
        with pytest.raises(websockets.InvalidStatus) as refused:
            await type(one).connect(app.gateway_port, "CP1", secret)
        assert refused.value.response.status_code == 503
        assert int(refused.value.response.headers["Retry-After"]) > 0
    monkeypatch.undo()
    await until(lambda: app.gate.unready() is None)
    back = await charger("CP1", boot=False)
    assert await back.stop(first["transactionId"]) == {}
    stored = select(sessions.c.status, sessions.c.energy_wh, func.count().over())
    assert await app.database.read(lambda work: [tuple(row) for row in work.execute(stored)]) == [
        ("completed", 5000, 1)
    ]
