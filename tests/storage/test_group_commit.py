"""Units of many stations in one transaction: durable together, guilty alone, heard afterwards."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from typing import Any, cast

import pytest
from sqlalchemy import Column, Connection, MetaData, Table, Text, UniqueConstraint, create_engine, event, insert, select
from sqlalchemy.pool import QueuePool

from stationmaster.storage import Database, Work, engines
from stationmaster.storage.columns import Exact, key
from stationmaster.storage.database import MANY, _Lane
from stationmaster.storage.queries import Bulk
from tests.patience import PATIENCE_S

notes = Table("notes", MetaData(), key(), Column("text", Text), Column("amount", Exact()), UniqueConstraint("text"))
_bulk = Bulk(notes, ("text", "amount"))
_lenient_bulk = Bulk(notes, ("text", "amount"), ignore_duplicates=True)


class Guilty(Exception):
    """What a unit of work may die of."""


@pytest.fixture
async def database(database: Database) -> Database:
    await database.write(lambda work: notes.create(work.execute(select(1)).connection))
    return database


@contextlib.asynccontextmanager
async def together(database: Database) -> AsyncIterator[list[int]]:
    """Whatever is submitted inside waits behind one unit, and so becomes one batch; yields a list that grows by commits."""
    commits: list[int] = []
    begun, go = threading.Event(), threading.Event()

    def hold(work: Work) -> None:
        begun.set()
        go.wait(5)

    held = asyncio.create_task(database.write(hold))
    await asyncio.to_thread(begun.wait, 5)
    event.listen(database.engine, "commit", lambda _connection: commits.append(1))
    try:
        yield commits
    finally:
        go.set()
        await held


def keep(work: Work, text: str) -> str:
    work.execute(insert(notes).values(text=text))
    work.publish(text)
    return text


async def kept(database: Database) -> list[str]:
    return list(
        await database.read(lambda work: work.execute(select(notes.c.text).order_by(notes.c.id)).scalars().all())
    )


async def outcomes(*writes: Any) -> list[Any]:
    return await asyncio.gather(*writes, return_exceptions=True)


async def test_units_that_wait_together_are_committed_together(database: Database) -> None:
    async with together(database) as commits:
        writes = [asyncio.create_task(database.write(keep, f"n{number}")) for number in range(100)]
        await asyncio.sleep(0)
    assert await asyncio.gather(*writes) == [f"n{number}" for number in range(100)]
    assert len(commits) == 2  # the one that held them up, and theirs
    assert await kept(database) == [f"n{number}" for number in range(100)]


async def test_where_many_wait_what_comes_soon_after_goes_along(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stationmaster.storage.database.APART_S", 0.5)
    monkeypatch.setattr("stationmaster.storage.database.CROWDED_S", 600.0)
    commits: list[int] = []
    event.listen(database.engine, "commit", lambda _connection: commits.append(1))
    assert not database.is_crowded
    await asyncio.gather(*(database.write(keep, f"n{number}") for number in range(MANY)))
    assert len(commits) == 1 and database.is_crowded
    writes = []
    for number in range(20):  # one by one, as messages come
        writes.append(asyncio.create_task(database.write(keep, f"m{number}")))
        await asyncio.sleep(0.001)
    await asyncio.gather(*writes)
    assert len(commits) < 6


async def test_who_is_alone_waits_for_nobody(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stationmaster.storage.database.APART_S", 600.0)
    for number in range(5):
        await database.write(keep, f"n{number}")
    assert len(await kept(database)) == 5 and not database.is_crowded


def raises(work: Work) -> None:
    keep(work, "of the guilty one")
    raise Guilty


def breaks_a_constraint(work: Work) -> None:
    keep(work, "taken")


def appends_what_cannot_be_stored(work: Work) -> None:
    keep(work, "of the guilty one")
    work.append(_bulk, "too much", Decimal(10) ** 24)


def wants_to_end_the_thread(work: Work) -> None:
    keep(work, "of the guilty one")
    raise SystemExit


@pytest.mark.parametrize("guilt", [raises, breaks_a_constraint, appends_what_cannot_be_stored, wants_to_end_the_thread])
async def test_only_the_guilty_unit_fails(database: Database, guilt: Callable[[Work], None]) -> None:
    await database.write(keep, "taken")
    heard: list[str] = []
    database.after_commit.append(heard.extend)
    async with together(database):
        before = [asyncio.create_task(database.write(keep, f"before {number}")) for number in range(5)]
        guilty = asyncio.create_task(database.write(guilt))
        after = [asyncio.create_task(database.write(keep, f"after {number}")) for number in range(5)]
        await asyncio.sleep(0)
    innocent = [f"before {number}" for number in range(5)] + [f"after {number}" for number in range(5)]
    assert await asyncio.gather(*before, *after) == innocent
    [error] = await outcomes(guilty)
    assert isinstance(error, BaseException)
    assert await kept(database) == ["taken", *innocent]
    assert heard == innocent  # each once, although some ran twice, and nothing of what was rolled back
    assert database.available
    assert await database.write(keep, "life goes on") == "life goes on"


async def test_a_unit_alone_that_fails_is_not_heard(database: Database) -> None:
    heard: list[str] = []
    database.after_commit.append(heard.extend)
    for guilt in (raises, appends_what_cannot_be_stored):
        [error] = await outcomes(database.write(guilt))
        assert isinstance(error, Exception)
    assert (heard, await kept(database)) == ([], [])


async def test_a_consumer_of_events_is_part_of_the_transaction(database: Database) -> None:
    def refuse(work: Work, events: list[str]) -> None:
        if "bad" in events:
            raise Guilty
        work.execute(insert(notes).values(text=f"outbox of {events[0]}"))

    heard: list[str] = []
    database.before_commit.append(refuse)
    database.after_commit.append(heard.extend)
    with pytest.raises(Guilty):
        await database.write(keep, "bad")
    await database.write(keep, "good")
    assert await kept(database) == ["good", "outbox of good"]
    assert heard == ["good"]


async def test_events_are_heard_after_the_commit_and_before_the_answer(database: Database, database_url: str) -> None:
    order: list[str] = []

    def hear(events: list[str]) -> None:
        with other.connect() as connection:
            seen = connection.execute(select(notes.c.text).order_by(notes.c.id)).scalars().all()
        order.append(f"heard {events}, stored {seen}")

    other = create_engine(database.url)
    database.after_commit.append(hear)
    database.submit(keep, ("n",), lambda result, error: order.append(f"answered {result}"))
    while len(order) < 2:
        await asyncio.sleep(0.001)
    other.dispose()
    assert order == ["heard ['n'], stored ['n']", "answered n"]


async def test_a_deaf_listener_does_not_keep_the_others_from_hearing(database: Database) -> None:
    heard: list[str] = []
    database.after_commit += [lambda events: 1 / 0, heard.extend]
    assert await database.write(keep, "n") == "n"
    assert heard == ["n"]


async def test_who_has_gone_away_does_not_undo_what_is_stored(database: Database) -> None:
    async with together(database):
        write = asyncio.create_task(database.write(keep, "n"))
        other = asyncio.create_task(database.write(keep, "m"))
        await asyncio.sleep(0)
        write.cancel()
    assert await other == "m"
    assert await kept(database) == ["n", "m"]


async def test_a_reader_sees_nothing_of_a_unit_that_is_not_committed(database: Database) -> None:
    written, go = threading.Event(), threading.Event()

    def slowly(work: Work) -> None:
        keep(work, "n")
        written.set()
        go.wait(5)

    write = asyncio.create_task(database.write(slowly))
    await asyncio.to_thread(written.wait, 5)
    assert await kept(database) == []
    go.set()
    await write
    assert await kept(database) == ["n"]


async def test_what_a_reader_writes_is_rolled_back(database: Database) -> None:
    def write(work: Work) -> None:
        work._cursor.execute("INSERT INTO notes (text) VALUES ('as a prepared statement does')")
        keep(work, "as SQLAlchemy does")

    await database.read(write)
    assert await kept(database) == []


async def test_bulk_rows_of_a_batch_go_in_together_and_a_duplicate_changes_nothing(database: Database) -> None:
    await database.write(lambda work: work.append(_lenient_bulk, "n0", Decimal(1)))
    async with together(database) as commits:
        writes = [
            asyncio.create_task(
                database.write(lambda work, n: work.append(_lenient_bulk, f"n{n}", Decimal(2)), number % 7)
            )
            for number in range(50)
        ]
        await asyncio.sleep(0)
    await asyncio.gather(*writes)
    assert len(commits) == 2
    rows = await database.read(
        lambda work: work.execute(select(notes.c.text, notes.c.amount).order_by(notes.c.text)).all()
    )
    assert [tuple(row) for row in rows] == [("n0", Decimal(1)), *((f"n{number}", Decimal(2)) for number in range(1, 7))]


async def test_DAT_11_the_second_of_two_nodes_finds_what_the_first_has_stored(database: Database) -> None:
    """A check before an insert is not enough between two processes; the UNIQUE key is, and the loser looks again."""
    nodes = [database, Database(database.url.render_as_string(hide_password=False), stall_s=PATIENCE_S)]
    both_have_looked = threading.Barrier(2)
    runs: list[str] = []

    def once(work: Work) -> str:
        runs.append("run")
        if work.execute(select(notes.c.id).where(notes.c.text == "once")).first() is not None:
            return "found"
        with contextlib.suppress(threading.BrokenBarrierError):
            both_have_looked.wait(0.3)  # on SQLite the second one cannot look before the first has committed
        work.execute(insert(notes).values(text="once"))
        return "made"

    nodes[1].start()
    try:
        assert sorted(await asyncio.gather(*(node.write(once) for node in nodes))) == ["found", "made"]
        assert all(node.available for node in nodes)
    finally:
        await nodes[1].stop()
    assert await kept(database) == ["once"]


async def test_DAT_11_a_deadlock_between_two_nodes_is_no_outage(database: Database) -> None:
    database.stall_s = PATIENCE_S  # finding a deadlock takes PostgreSQL a second, and there may be two
    await database.write(lambda work: [keep(work, text) for text in ("a", "b")])
    other = Database(database.url.render_as_string(hide_password=False), stall_s=PATIENCE_S)
    seen_unavailable = []
    both_hold_one = threading.Barrier(2)

    def cross(work: Work, first: str, second: str) -> None:
        seen_unavailable.append(not (database.available and other.available))
        for text in (first, second):
            work.execute(notes.update().where(notes.c.text == text).values(amount=notes.c.id))
            with contextlib.suppress(threading.BrokenBarrierError):
                both_hold_one.wait(0.3)

    other.start()
    try:
        await asyncio.gather(database.write(cross, "a", "b"), other.write(cross, "b", "a"))
        assert database.available and other.available
    finally:
        await other.stop()
    assert not any(seen_unavailable)
    filled = select(notes.c.id).where(notes.c.amount == notes.c.id)
    assert len(await database.read(lambda work: work.execute(filled).all())) == 2


async def test_stop_finishes_what_was_submitted(database_url: str) -> None:
    database = Database(database_url)
    database.start()
    await database.write(lambda work: notes.create(work.execute(select(1)).connection))
    writes = [asyncio.create_task(database.write(keep, f"n{number}")) for number in range(300)]
    await asyncio.sleep(0)
    await database.stop()
    assert len(await asyncio.gather(*writes)) == 300


async def test_N5_everybody_locks_the_rows_of_chargers_in_one_order(database: Database) -> None:
    """By their keys, and of each its connection first; otherwise as it was asked for."""
    ran: list[str] = []
    asked = [("9b", 9, False), ("3a", 3, False), ("9connection", 9, True), ("3b", 3, False), ("apart", 0, False)]
    done = asyncio.Event()
    async with together(database):
        for name, lane, leads in asked:
            # One lane for all, whatever the number of lanes: the even ones would go elsewhere.
            database.submit(
                lambda work, name: ran.append(name),
                (name,),
                lambda *_: done.set() if len(ran) == len(asked) else None,
                lane=lane * 2,
                apart=name == "apart",
                leads=leads,
            )
    await asyncio.wait_for(done.wait(), 10)
    in_order = ["3a", "3b", "9connection", "9b", "apart"]
    assert ran == (in_order if database.kind == "postgresql" else ["9b", "3a", "9connection", "3b", "apart"])


async def test_N5_nobody_waits_for_the_answer_until_a_unit_in_a_transaction_of_its_own_is_over(
    database: Database,
) -> None:
    answered = threading.Event()
    async with together(database):
        apart = asyncio.create_task(database.write_apart(lambda work: answered.wait(PATIENCE_S)))
        others = [asyncio.create_task(database.write(keep, text)) for text in ("first", "second")]
        await asyncio.sleep(0)
    assert await asyncio.gather(*others) == ["first", "second"]
    answered.set()
    assert await apart


async def test_N5_no_charger_on_postgresql_waits_for_what_takes_seconds(database: Database) -> None:
    begun, go = threading.Event(), threading.Event()

    def import_much(work: Work) -> bool:
        keep(work, "imported")
        begun.set()
        return go.wait(PATIENCE_S)

    aside = asyncio.create_task(database.write_aside(import_much))
    await asyncio.to_thread(begun.wait, PATIENCE_S)
    heartbeats = [asyncio.create_task(database.write(keep, text)) for text in ("first", "second")]
    if database.kind == "postgresql":  # SQLite has one writer at a time, whatever we do
        assert await asyncio.gather(*heartbeats) == ["first", "second"]
        assert not aside.done()
    go.set()
    assert await aside
    assert await asyncio.gather(*heartbeats) == ["first", "second"]


async def test_what_comes_at_the_end_comes_once_after_all_units_of_the_transaction(database: Database) -> None:
    ran: list[Any] = []

    def finish(work: Work, items: list[Any]) -> None:
        ran.append(items)

    def unit(work: Work, item: int) -> None:
        if item == 2:
            raise Guilty
        ran.append(item)
        work.at_the_end(finish, item)

    async with together(database):
        tasks = [asyncio.create_task(database.write(unit, item)) for item in (1, 3)]
        await asyncio.sleep(0)
    await asyncio.gather(*tasks)
    assert ran == [1, 3, [1, 3]]
    with pytest.raises(Guilty):
        await database.write(unit, 2)
    assert ran == [1, 3, [1, 3]]


async def test_a_connection_that_cannot_be_made_ready_goes_back_to_the_pool(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it would keep its lock, and after a dozen there would be none for anybody."""

    def cut(connection: Connection) -> None:
        connection.exec_driver_sql("SELECT 1")
        raise OSError("the disk is gone")

    lane, pool = _Lane(database, 9), cast(QueuePool, database.engine.pool)
    out = pool.checkedout()
    monkeypatch.setattr(engines, "prepare_writer", cut)
    for _ in range(3):
        with pytest.raises(OSError, match="the disk is gone"):
            lane._connect()
        assert pool.checkedout() == out
