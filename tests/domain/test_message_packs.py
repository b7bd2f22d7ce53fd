"""Older messages are packed by charger and hour, and shown as before (decision 0041). On both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import delete, func, insert, select

from stationmaster.background.packing import pack_messages
from stationmaster.background.retention import drop_what_is_old
from stationmaster.domain import message_log, message_packing, message_packs
from stationmaster.domain.exchanges import Exchange, Logged
from stationmaster.domain.message_log import messages
from stationmaster.domain.message_packs import message_packs as packs
from stationmaster.settings import Retention
from stationmaster.storage import Database, Work
from stationmaster.storage.queries import next_cursor

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ACTIONS = ("Heartbeat", "MeterValues", "StatusNotification", "MeterValues")
DAYS_2 = Retention(packed_after_days=2)


def frame(number: int, station: int, at: datetime) -> dict[str, Any]:
    refused = number % 7 == 3
    return {
        "id": number, "station_id": station, "at": at, "direction": "out" if number % 5 == 0 else "in", "message_id": f"m{number}",
        "action": ACTIONS[number % 4], "request": f'{{"connectorId":1,"text":"ü ✓ \\\" {number}"}}', "response": None if refused else "{}",
        "outcome": "timeout" if refused else "ok", "took_ms": None if refused else number / 8,
        "remarks": '["a; b","c"]' if number % 11 == 0 else None, "block": number >> 14,
    }  # fmt: skip


@pytest.fixture
async def database(database: Database) -> Database:
    """Two chargers, a message a minute each in turn, for the six hours until two days and three hours ago; and three of today."""
    database.clock = lambda: NOW
    first = NOW - 2 * DAY - 9 * HOUR
    old = [frame(n, 1 + n % 2, first + n * MINUTE / 2) for n in range(1, 721)]
    new = [frame(n, 1, NOW - (724 - n) * MINUTE) for n in range(721, 724)]
    await database.write(lambda work: work.execute(insert(messages), [*old, *new]))
    return database


async def all_of(database: Database, station: int = 1, **asked: Any) -> list[Logged]:
    return await database.read(
        lambda work: message_log.listed(work, station, **{"limit": 2000, "cursor": None, **asked})
    )


async def counts(database: Database) -> tuple[int, int, int]:
    """Messages in the log, packs, and messages in packs."""

    def count(work: Work) -> tuple[int, int, int]:
        rows = work.execute(select(func.count(), func.coalesce(func.sum(packs.c.count), 0))).one()
        return work.execute(select(func.count()).select_from(messages)).scalar_one(), rows[0], int(rows[1])

    return await database.read(count)


async def test_what_is_packed_is_shown_as_before(database: Database) -> None:
    before = {station: await all_of(database, station) for station in (1, 2, 3)}
    at = NOW - 2 * DAY - 5 * HOUR
    windows = [
        {"at": at + shift, "since": at + shift - wide, "until": at + shift + wide, "most": most}
        for shift in (-5 * HOUR, 0 * HOUR, 90 * MINUTE, 53 * HOUR - MINUTE)
        for wide in (10 * MINUTE, 60 * HOUR)
        for most in (7, 500)
    ]
    seen = [await database.read(message_log.around, 1, **window) for window in windows]
    assert any(seen[0]) is False and len(seen[-1]) > 300

    await pack_messages(database, DAYS_2)
    left, number, in_packs = await counts(database)
    assert (left, in_packs) == (
        3,
        720,
    ) and number == 13  # one of the chargers was heard in seven hours, the other in six
    assert {station: await all_of(database, station) for station in (1, 2, 3)} == before
    assert [await database.read(message_log.around, 1, **window) for window in windows] == seen

    rare = [each for each in before[1] if each.exchange.action == "StatusNotification"]
    assert await all_of(database, action="StatusNotification") == rare
    assert await all_of(database, action="Meter%") == []


async def test_pages_go_on_from_the_log_into_packs(database: Database) -> None:
    whole = await all_of(database)
    await pack_messages(database, DAYS_2)
    seen: list[Logged] = []
    cursor = None
    while True:
        rows = await all_of(database, limit=50, cursor=cursor)
        seen += rows[:50]
        if len(rows) <= 50:
            break
        cursor = next_cursor(rows, 50, lambda row: row.id)
    assert seen == whole


async def test_a_pack_is_stored_and_its_messages_deleted_together_or_not_at_all(database: Database) -> None:
    stretch = await database.read(message_packing.oldest, after=0, older_than=2 * DAY)
    assert stretch is not None
    await database.write(lambda work: work.execute(delete(messages).where(messages.c.id == stretch.ids[3])))
    with pytest.raises(message_packing.Moved):  # somebody was faster with one of them
        await database.write_apart(message_packing.store, stretch)
    assert await counts(database) == (722, 0, 0)

    stretch = await database.read(message_packing.oldest, after=0, older_than=2 * DAY)
    assert stretch is not None
    await database.write_apart(message_packing.store, stretch)
    with pytest.raises(message_packing.Moved):  # as a second node would
        await database.write_apart(message_packing.store, stretch)
    left, number, in_packs = await counts(database)
    assert (left + in_packs, number, in_packs) == (722, 1, len(stretch.ids))


async def test_a_wrong_clock_keeps_nothing_from_being_packed(database: Database) -> None:
    odd = {"at": NOW + 400 * DAY}
    await database.write(lambda work: work.execute(messages.update().where(messages.c.id.in_([1, 2, 50])).values(odd)))
    before = await all_of(database)
    await pack_messages(database, DAYS_2)
    assert (await counts(database))[0] == 3
    assert await all_of(database) == before


async def test_the_newest_message_stays_and_0_days_packs_nothing(database: Database) -> None:
    await pack_messages(database, Retention(packed_after_days=0))
    assert await counts(database) == (723, 0, 0)
    database.clock = lambda: NOW + 30 * DAY
    await pack_messages(database, DAYS_2)
    assert await counts(database) == (1, (await counts(database))[1], 722)


async def test_DAT_07_packs_are_dropped_with_their_time(database: Database) -> None:
    await pack_messages(database, DAYS_2)
    database.clock = lambda: NOW + 88 * DAY - 6 * HOUR
    await drop_what_is_old(database, Retention(messages_days=90))
    left, number, in_packs = await counts(database)
    assert (
        left == 3 and 0 < number < 12 and in_packs == len(await all_of(database)) + len(await all_of(database, 2)) - 3
    )
    database.clock = lambda: NOW + 91 * DAY
    await drop_what_is_old(database, Retention(messages_days=90))
    assert (await counts(database))[1] == 0


def test_a_stretch_is_small() -> None:
    told = Exchange("in", "x", "Heartbeat", "{}", '{"currentTime":"2026-11-20T12:00:00Z"}', "ok", 1.25)
    stretch = [Logged(n, NOW + n * MINUTE, msgspec.structs.replace(told, message_id=str(n))) for n in range(60)]
    data = message_packs.packed(stretch)
    assert message_packs.unpacked(data) == stretch
    assert len(data) < 10 * len(stretch)
