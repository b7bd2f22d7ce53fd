"""What must reach a durable consumer: kept with the event's own transaction, tried again, put aside when it is poison."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
import structlog
from sqlalchemy import func, insert, select

from stationmaster.background import chores
from stationmaster.background.outbox import deliver_due
from stationmaster.domain import events, kept, organizations, outbox, public_forms, sites
from stationmaster.domain.errors import NotFound
from stationmaster.storage import Database, Work

pytestmark = pytest.mark.every_case  # its order is a matter of locks

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


class NoteWritten(events.Event, frozen=True, kw_only=True):
    text: str


def file_note(work: Work, event: NoteWritten) -> None:
    sites.create(work, organizations.home(work), name=event.text)
    if event.text.startswith("bad"):
        raise ValueError("this one cannot be filed")


def remember_reading(work: Work, event: events.MeterRead) -> None:
    name = f"{event.energy_wh} Wh at {event.at}"
    sites.create(work, organizations.home(work), name=name)


@pytest.fixture(autouse=True)
def consumers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Consumers of this test only."""
    monkeypatch.setattr(outbox, "_reactions", {})
    monkeypatch.setattr(outbox, "_consumers", {})
    outbox.reacts(file_note)
    outbox.reacts(remember_reading)
    yield


@pytest.fixture
async def database(database: Database) -> Database:
    database.before_commit.append(outbox.keep)
    at(database, NOON)
    return database


def at(database: Database, now: datetime) -> None:
    database.clock = lambda: now


def write_note(work: Work, text: str) -> None:
    work.publish(NoteWritten(text=text))


async def rows(database: Database) -> list[Any]:
    return list(
        await database.read(lambda work: work.execute(select(outbox.outbox).order_by(outbox.outbox.c.id)).all())
    )


async def filed(database: Database) -> list[str]:
    return sorted(await database.read(lambda work: work.execute(select(sites.sites.c.name)).scalars().all()))


async def test_an_event_is_delivered_once(database: Database) -> None:
    await database.write(write_note, "good")
    [row] = await rows(database)
    assert (row.consumer, row.attempts, row.done_at) == (f"{__name__}.file_note(NoteWritten)", 0, None)
    assert await deliver_due(database) == 1
    assert await deliver_due(database) == 0
    assert await filed(database) == ["good"]
    [row] = await rows(database)
    assert (row.attempts, row.done_at) == (1, NOON)


async def test_what_is_rolled_back_is_not_delivered(database: Database) -> None:
    def write_and_fail(work: Work) -> None:
        write_note(work, "never")
        raise ValueError

    with pytest.raises(ValueError):
        await database.write(write_and_fail)
    assert await rows(database) == []


async def test_a_consumer_gets_the_event_with_its_types(database: Database) -> None:
    read = events.MeterRead(
        station_id=1, station="CP1", at=NOON, evse=1, transaction_id=None, energy_wh=Decimal("1.000"), power_w=None,
        soc_percent=None,
    )  # fmt: skip
    await database.write(lambda work: work.publish(read))
    assert await deliver_due(database) == 1
    assert await filed(database) == [f"1.000 Wh at {NOON}"]


async def test_a_session_in_an_event_is_kept_by_its_id_and_found_again(database: Database) -> None:
    session = public_forms.Session(**dict.fromkeys(public_forms.Session.__struct_fields__) | {"id": "s1"})  # type: ignore[arg-type]
    ended = events.SessionEnded(station_id=1, station="CP1", at=NOON, session=session)
    text = kept.written(ended)
    assert msgspec.json.decode(text)["session"] == "s1"
    with pytest.raises(NotFound, match="there is no session s1 any more"):
        await database.read(kept.read, events.SessionEnded, text)


async def test_DAT_02_a_failed_delivery_leaves_no_trace_of_its_effect_and_is_tried_later(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await database.write(write_note, "bad at first")
    assert await deliver_due(database) == 0
    [row] = await rows(database)
    assert (row.attempts, row.done_at, row.dead_at) == (1, None, None)
    assert "cannot be filed" in row.error
    assert await filed(database) == []  # the effect is in the transaction of its mark
    assert await deliver_due(database) == 0  # not at once again
    assert (await rows(database))[0].attempts == 1
    name = f"{__name__}.file_note(NoteWritten)"
    monkeypatch.setitem(outbox._reactions, name, (NoteWritten, lambda work, event: None))
    at(database, NOON + timedelta(minutes=1))
    assert await deliver_due(database) == 1
    assert (await rows(database))[0].done_at is not None


async def test_DAT_05_after_ten_tries_it_is_put_aside_with_its_reason(database: Database) -> None:
    await database.write(write_note, "bad")
    pauses = []
    for _ in range(outbox.MAX_ATTEMPTS + 2):
        [row] = await rows(database)
        pauses.append(row.due_at - database.clock())
        at(database, row.due_at)
        await deliver_due(database)
    [row] = await rows(database)
    assert (row.attempts, row.done_at) == (10, None)
    assert row.dead_at is not None
    assert "this one cannot be filed" in row.error
    growing = pauses[1:10]
    assert growing == sorted(growing)
    assert growing[0] < timedelta(minutes=1) < growing[-1] <= timedelta(hours=1)


async def test_DAT_05_one_bad_row_among_a_thousand_holds_up_none(database: Database) -> None:
    # Each is a commit of its own; PostgreSQL shows the same with fewer.
    count = 1000 if database.url.get_backend_name() == "sqlite" else 200

    def write_many(work: Work) -> None:
        for turn in range(count):
            write_note(work, "bad" if turn == 3 else f"note {turn}")

    await database.write(write_many)
    while await deliver_due(database):
        pass
    done = select(func.count()).where(outbox.outbox.c.done_at.is_not(None))
    assert await database.read(lambda work: work.execute(done).scalar()) == count - 1
    assert len(await filed(database)) == count - 1


async def test_DAT_11_two_workers_deliver_each_row_once(database: Database) -> None:
    other = Database(database.url.render_as_string(hide_password=False), clock=lambda: NOON)
    other.start()

    def write_many(work: Work) -> None:
        for turn in range(30):
            write_note(work, f"note {turn}")

    await database.write(write_many)
    try:
        await asyncio.gather(deliver_due(database), deliver_due(other))
    finally:
        await other.stop()
    assert len(await filed(database)) == 30  # the name is unique: a second delivery would have failed and left a mark
    assert {(row.attempts, row.error, row.done_at) for row in await rows(database)} == {(1, None, NOON)}


async def test_DAT_11_the_first_organization_is_made_once(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    free_name = organizations._free_name

    def another_node_was_first(work: Work, name: str) -> str:
        work.execute(insert(organizations.organizations).values(name=name, created_at=work.now, public_id="theirs"))
        return free_name(work, name)

    monkeypatch.setattr(organizations, "_free_name", another_node_was_first)
    made = await database.write(organizations.home)
    assert [each.id for each in await database.read(organizations.listed)] == [made]


async def test_a_consumer_that_is_no_more_does_not_hold_up_the_others(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await database.write(write_note, "one")
    monkeypatch.delitem(outbox._reactions, f"{__name__}.file_note(NoteWritten)")
    assert await deliver_due(database) == 0
    [row] = await rows(database)
    assert (row.attempts, row.done_at) == (1, None)


async def test_DAT_04_an_outbox_that_nobody_empties_is_told_within_two_minutes(database: Database) -> None:
    await database.write(write_note, "one")
    told = []
    for seconds in (0, 60, 120):
        at(database, NOON + timedelta(seconds=seconds + 1))
        with structlog.testing.capture_logs() as logs:
            await chores.see_what_is_late(database)
        told.append([entry["seconds"] for entry in logs if entry["event"] == "outbox.late"])
    assert told == [[], [61], [121]]
    await deliver_due(database)
    assert await database.read(outbox.lag) == timedelta(0)
