"""What happens while the database is away: units are held, then given up; stations are sent away, and come back.

PostgreSQL is really stopped and started. SQLite cannot be written while another process holds its lock, or when the machine
does not let it be written at all.
"""

from __future__ import annotations

import asyncio
import contextlib
import resource
import shutil
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import structlog
import websockets
from sqlalchemy import event, func, select, text

from stationmaster.app import App
from stationmaster.domain import accounts, organizations, sites
from stationmaster.domain.sessions import sessions
from stationmaster.storage import Database, StorageUnavailable, Work, migrations
from stationmaster.storage.queries import Prepared
from tests import postgres
from tests.patience import PATIENCE_S

Away = Callable[[], contextlib.AbstractAsyncContextManager[None]]


@pytest.fixture(scope="module")
def own_server() -> Iterator[str]:
    """A PostgreSQL that may be stopped without harm to the other tests."""
    with postgres.server(in_memory=True) as url:
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
    return list(
        await database.read(
            lambda work: work.execute(select(sites.sites.c.name).order_by(sites.sites.c.id)).scalars().all()
        )
    )


_names = Prepared(select(sites.sites.c.name))


async def prepared_names(database: Database) -> list[str]:
    return await database.read(lambda work: work.run(_names))


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
        sites.create(work, home, name=f"run {len(runs)}")
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


async def test_who_reads_does_not_notice_that_the_server_has_ended_the_connections(database: Database) -> None:
    others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    end = text(f"SELECT pg_terminate_backend(pid, 5000) {others}")
    for read in (names, prepared_names):
        assert await read(database) == []  # just now, so that the connection is taken to be there still
        if database.kind == "postgresql":
            ended = await database.write(lambda work: work.execute(end).scalars().all())
            assert ended and all(ended)
        assert await read(database) == []


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


# N17: what people and the log hear of an outage


async def test_N17_log_ins_during_an_outage_are_503_and_count_as_no_guess(
    app: App, away: Away, impatient: Callable[[Database], None]
) -> None:
    who = {"email": "ann@example.com", "password": "correct horse battery staple"}
    home = await app.database.write(organizations.home)
    await app.database.write(accounts.add, home, email=who["email"], password=who["password"], role="viewer")
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{app.web_port}/api/v1", timeout=PATIENCE_S) as client:
        with structlog.testing.capture_logs() as logged:
            async with away():
                impatient(app.database)
                for _ in range(8):  # a fifth wrong password would be slowed down
                    answer = await client.post("/auth/login", json=who)
                    assert (answer.status_code, "retry-after" in answer.headers) == (503, True)
                answer = await client.get("/status", headers={"Authorization": "Bearer x.y.z"})
                assert answer.status_code in (401, 503)
            await until(lambda: app.database.available)
        app.database.hold_s = 10.0
        async with asyncio.timeout(PATIENCE_S):
            while (answer := await client.post("/auth/login", json=who)).status_code == 503:
                await asyncio.sleep(0.1)
        assert answer.status_code == 200
    told = [line for line in logged if line["log_level"] in ("error", "critical")]
    assert told or app.database.kind == "sqlite"  # which waits for its lock, and is written again before it says so
    assert [line for line in told if "exc_info" in line or "exception" in line] == []
    assert len({line["event"] for line in told}) == len(told)  # a line for each thing that ails, not one a second


# A1: a disk that is full, and has room again


OPENED = 33_000  # bytes of a file that SQLite needs to open a database; what is small still goes into it
LARGE = "during " * 20_000


class Disk:
    """The disk below the database, with or without room; the limits are those of the system and the server themselves."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(self) -> None:
        """From now on no file grows beyond what is needed to open the database."""
        if self._database.kind == "sqlite":
            resource.setrlimit(resource.RLIMIT_FSIZE, (OPENED, self._before[1]))
            return
        with psycopg.connect(self._url(), autocommit=True) as connection:
            for statement in FULL:
                connection.execute(statement)

    def free(self) -> None:
        """There is room again."""
        if self._database.kind == "sqlite":
            resource.setrlimit(resource.RLIMIT_FSIZE, self._before)
            return
        with psycopg.connect(self._url(), autocommit=True) as connection:
            connection.execute(
                "SET event_triggers = off; DROP EVENT TRIGGER full_disk; DROP FUNCTION full_disk CASCADE"
            )
            connection.execute("DROP FUNCTION full_table CASCADE")

    def _url(self) -> str:
        return self._database.url.set(drivername="postgresql").render_as_string(hide_password=False)


# What PostgreSQL says when a file cannot grow: 53100.
FULL = (
    "CREATE FUNCTION full_table() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$",
    "CREATE FUNCTION full_disk() RETURNS event_trigger LANGUAGE plpgsql AS"
    " $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$",
    "CREATE TRIGGER full_messages BEFORE INSERT ON messages EXECUTE FUNCTION full_table()",
    "CREATE TRIGGER full_sites BEFORE INSERT ON sites EXECUTE FUNCTION full_table()",
    "CREATE EVENT TRIGGER full_disk ON ddl_command_start WHEN TAG IN ('CREATE TABLE AS') EXECUTE FUNCTION full_disk()",
)


@pytest.fixture
def disk(database: Database) -> Iterator[Disk]:
    yield from _disk(database)


def _disk(database: Database) -> Iterator[Disk]:
    disk = Disk(database)
    yield disk
    if database.kind == "sqlite":
        disk.free()


async def test_A1_a_full_disk_is_told_for_as_long_as_it_is_full_and_recovered_from(
    database: Database, disk: Disk, impatient: Callable[[Database], None]
) -> None:
    await database.write(add_site, "before")
    impatient(database)
    disk.fill()
    with structlog.testing.capture_logs() as logged:
        with pytest.raises(StorageUnavailable):
            await database.write(add_site, LARGE)
        for _ in range(15):  # what is small may still go in; that is no sign of room
            assert not database.available
            await asyncio.sleep(0.1)
        disk.free()
        async with asyncio.timeout(30):
            while not database.available:
                await asyncio.sleep(0.01)
    assert await database.write(add_site, "after") == "after"
    assert await names(database) == ["before", "after"]
    assert [line["event"] for line in logged if line["log_level"] == "error"] == ["database.unavailable"]


async def test_A1_what_waits_when_there_is_room_again_is_stored(database: Database, disk: Disk) -> None:
    await database.write(add_site, "before")
    disk.fill()
    write = asyncio.create_task(database.write(add_site, LARGE))
    await until(lambda: not database.available)
    assert not write.done()
    disk.free()
    assert await asyncio.wait_for(write, 30) == LARGE
    assert await names(database) == ["before", LARGE]


async def test_A1_a_charger_meets_a_full_disk_and_is_well_within_30_s_of_the_spaces_return(
    app: App, charger: Callable[..., Any], impatient: Callable[[Database], None]
) -> None:
    one = await charger("CP1")
    start = await one.start()
    for disk in _disk(app.database):
        disk.fill()
        impatient(app.database)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{app.web_port}") as client:
            with pytest.raises(websockets.ConnectionClosed):  # no answer: the charger keeps its copy
                await one.stop(start["transactionId"])
            assert one.socket.close_code == 1013
            for _ in range(10):
                answer = await client.get("/health/ready")
                assert (answer.status_code, answer.json()["reason"]) == (503, "database")
                await asyncio.sleep(0.1)
            assert (await client.get("/health/live")).status_code == 200
            disk.free()
            async with asyncio.timeout(30):
                while (await client.get("/health/ready")).status_code != 200:
                    await asyncio.sleep(0.05)
        app.database.hold_s, app.database.stall_s = 10.0, PATIENCE_S
        back = await charger("CP1", boot=False)
        assert await back.stop(start["transactionId"]) == {}
    stored = select(sessions.c.status, sessions.c.energy_wh)
    assert await app.database.read(lambda work: [tuple(row) for row in work.execute(stored)]) == [("completed", 5000)]
