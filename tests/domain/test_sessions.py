"""Sessions: what ends them when their station does not, and what holds between two nodes."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from stationmaster.domain import metering, sessions
from stationmaster.domain.errors import NotFound
from stationmaster.domain.events import SessionCorrected, SessionEnded
from stationmaster.domain.metering import Sample
from stationmaster.domain.sessions import exported
from stationmaster.domain.stations import Station
from stationmaster.domain.times import Instant, instant
from stationmaster.storage import Database, Work
from stationmaster.storage.lists import Wanted
from tests import telling

TEN = datetime(2026, 11, 1, 10, tzinfo=UTC)


def start(work: Work, station: Station, evse: int = 1, *, at: datetime = TEN, **more: Any) -> int:
    return telling.start(work, station, evse, at=at, **more)


def stop(
    work: Work, station: Station, number: int | None, *, at: datetime = TEN + timedelta(hours=1), **more: Any
) -> None:
    telling.stop(work, station, number, at=at, **more)


def measure(work: Work, station: Station, number: int, minutes: int, register: int) -> None:
    at = TEN + timedelta(minutes=minutes)
    sample = [Sample(str(register))]
    metering.record(
        work,
        station,
        evse=1,
        transaction_id=str(number),
        taken=Instant(at, str(at)),
        samples=sample,
        raw=str(register).encode(),
    )


async def rows(world: Any) -> list[Any]:
    return list(
        await world.database.read(
            lambda work: work.execute(select(sessions.sessions).order_by(sessions.sessions.c.id)).all()
        )
    )


@pytest.mark.parametrize(
    "text, parsed, believed",
    [
        ("2026-11-01T10:00:00Z", TEN, TEN),
        (
            "2026-11-01T12:14:59Z",
            TEN + timedelta(hours=2, minutes=14, seconds=59),
            TEN + timedelta(hours=2, minutes=14, seconds=59),
        ),
        ("2026-11-01T12:15:01Z", TEN + timedelta(hours=2, minutes=15, seconds=1), None),
        ("2015-01-01T00:00:00Z", datetime(2015, 1, 1, tzinfo=UTC), datetime(2015, 1, 1, tzinfo=UTC)),
        ("2014-12-31T23:59:59Z", datetime(2014, 12, 31, 23, 59, 59, tzinfo=UTC), None),
        ("1970-01-01T00:00:00Z", datetime(1970, 1, 1, tzinfo=UTC), None),
        ("not a time", None, None),
        (None, None, None),
    ],
)
def test_TX_10_a_time_at_noon(text: str | None, parsed: datetime | None, believed: datetime | None) -> None:
    noon = TEN + timedelta(hours=2)
    told = instant(text, parsed, noon)
    assert (told.at, told.text, told.believable) == (believed or noon, text, believed is not None)


async def test_S1_087_a_session_was_changed_by_its_begin_a_value_its_end_or_a_correction(world: Any) -> None:
    station = await world.station()

    async def changed() -> list[datetime]:
        found = await rows(world)
        changed = await world(sessions.last_changed, found)
        return [changed[row.id] for row in found]

    assert await changed() == []
    began = world.now
    number = await world(start, station)
    await world(start, station, 2)
    assert await changed() == [began, began]
    world.now = measured = began + timedelta(minutes=5)
    await world(measure, station, number, 30, 4000)
    assert await changed() == [measured, began]
    world.now = ended = began + timedelta(minutes=10)
    await world(stop, station, number, at=TEN + timedelta(hours=1))
    assert await changed() == [ended, began]
    world.now = late = began + timedelta(minutes=15)
    await world(measure, station, number, 20, 3000)
    assert await changed() == [late, began]
    world.now = corrected = began + timedelta(minutes=20)
    first = (await rows(world))[0].public_id
    await world(sessions.exclude, world.home, first, by="somebody", note="a test")
    assert await changed() == [corrected, began]


@pytest.mark.parametrize(
    "hours, heard_after_hours, closed",
    [(23, None, 0), (25, None, 1), (25, 0.5, 0), (49, 0.5, 0)],
    ids=["not yet", "after a day", "it measured again", "it measured again, once is enough"],
)
async def test_TX_14_zombies(world: Any, hours: float, heard_after_hours: float | None, closed: int) -> None:
    station, noon = await world.station(), world.now
    number = await world(start, station)
    await world(measure, station, number, 30, 4000)
    await world(sessions.suspect, station)
    if heard_after_hours is not None:
        world.now = noon + timedelta(hours=heard_after_hours)
        await world(measure, station, number, 60, 5000)
    world.now = noon + timedelta(hours=hours)
    assert await world(sessions.close_zombies) == closed
    assert await world(sessions.close_zombies) == 0
    [row] = await rows(world)
    assert row.status == ("completed" if closed else "active")
    assert len(world.told(SessionEnded)) == closed
    if closed:
        assert (row.stopped_at, row.energy_wh, row.review) == (TEN + timedelta(minutes=30), 3000, True)


async def test_TX_14_a_zombie_that_never_measured_ended_when_it_fell_under_suspicion(world: Any) -> None:
    station, noon = await world.station(), world.now
    await world(start, station)
    await world(sessions.suspect, station)
    world.now = noon + timedelta(hours=25)
    assert await world(sessions.close_zombies) == 1
    [row] = await rows(world)
    assert (row.stopped_at, row.energy_wh, row.review) == (noon, None, True)


async def test_TX_14_only_the_connector_that_is_free_makes_a_suspect(world: Any) -> None:
    station, other = await world.station("CP1"), await world.station("CP2")
    for evse in (1, 2):
        await world(start, station, evse)
    await world(start, other)
    await world(sessions.suspect, station, evse=1)
    assert [row.suspect_since for row in await rows(world)] == [world.now, None, None]
    first, world.now = world.now, world.now + timedelta(hours=1)
    await world(sessions.suspect, station)
    assert [row.suspect_since for row in await rows(world)] == [first, world.now, None]  # and the first time holds


async def test_TX_14_many_zombies_are_closed_in_several_rounds(world: Any) -> None:
    station = await world.station()

    def begin(work: Work) -> None:
        for evse in range(1, 251):
            start(work, station, evse)
        sessions.suspect(work, station)

    await world(begin)
    world.now += timedelta(hours=25)
    assert [await world(sessions.close_zombies) for _ in range(3)] == [200, 50, 0]


@pytest.mark.every_case
async def test_DAT_11_a_stop_and_our_own_estimate_at_once_end_in_what_the_meter_says(world: Any) -> None:
    """A zombie is closed by one node while its stop arrives at another: whoever is first, the stop holds."""
    station = await world.station()
    node = Database(world.database.url.render_as_string(hide_password=False), clock=lambda: world.now)
    node.start()
    try:
        for evse in range(1, 11):
            number = await world(start, station, evse)
            await world(sessions.suspect, station)
            world.now += timedelta(hours=25)
            await asyncio.gather(world(sessions.close_zombies), node.write(stop, station, number))
    finally:
        await node.stop()
    assert [(row.energy_wh, row.review, row.stop_key is not None) for row in await rows(world)] == [
        (5000, False, True)
    ] * 10


async def test_TX_06_TX_13_a_stop_amends_an_estimate_once(world: Any) -> None:
    station = await world.station()
    number = await world(start, station)
    await world(start, station, at=TEN + timedelta(hours=2), meter=7000)
    await world(stop, station, number)
    await world(stop, station, number)
    await world(stop, station, number, meter=6500)  # now it is known; this one contradicts it
    [row, _] = await rows(world)
    assert (row.energy_wh, row.flags) == (5000, ["superseded", "corrected"])
    assert (len(world.told(SessionEnded)), len(world.told(SessionCorrected))) == (1, 1)


async def test_ATK_05_no_session_is_found_without_its_station_or_its_organization(world: Any) -> None:
    mine, theirs = await world.station("CP1"), await world.station("CP2")
    number = await world(start, mine)
    [row] = await rows(world)
    await world(stop, theirs, number)
    assert (await rows(world))[0].status == "active"
    assert await world(sessions.active_at, theirs.id) == []
    assert (await world(sessions.get, world.home, row.public_id)).station == "CP1"
    with pytest.raises(NotFound):
        await world(sessions.get, world.home + 1, row.public_id)
    assert (await world(sessions.listed, world.home + 1, Wanted())).rows == []


async def test_sessions_are_listed_newest_first_and_page_by_page(world: Any) -> None:
    station, other = await world.station("CP1"), await world.station("CP2")
    for evse in range(1, 6):
        await world(start, station, evse, token="A" if evse % 2 else "B")
    await world(start, other, token="A")
    await world(stop, station, int((await rows(world))[0].transaction_id))
    pages, cursor = [], None
    while True:
        found = await world(sessions.listed, world.home, Wanted(2, cursor), sessions.Which(station="CP1"))
        pages.append([row.evse for row in found.rows])
        cursor = found.next
        if cursor is None:
            break
    assert pages == [[5, 4], [3, 2], [1]]
    of_b = await world(sessions.listed, world.home, Wanted(), sessions.Which(token="B"))
    completed = await world(sessions.listed, world.home, Wanted(), sessions.Which(status="completed"))
    assert ([row.evse for row in of_b.rows], [row.evse for row in completed.rows]) == ([4, 2], [1])
    assert await world(sessions.count_active, world.home) == 5


async def test_an_export_of_a_time_looks_at_nothing_that_is_older(world: Any) -> None:
    station = await world.station()
    for evse in (1, 2, 3):
        await world(start, station, evse, at=TEN + timedelta(hours=evse))
    by_key = select(sessions.sessions.c.id).order_by(sessions.sessions.c.id)
    keys = await world.database.read(lambda work: work.execute(by_key).scalars().all())

    async def first(**times: datetime) -> int:
        return await world.database.read(exported.first_key, world.home, sessions.Which(times=sessions.Times(**times)))

    assert await first() == 0
    assert await first(started_to=TEN + timedelta(hours=2)) == 0
    assert await first(started_from=TEN + timedelta(hours=2)) == keys[1]
    assert await first(started_from=TEN, started_to=TEN + timedelta(hours=2)) == keys[0]
    assert await first(started_from=TEN + timedelta(hours=4)) > keys[2]
    assert await first(started_from=TEN, ended_from=TEN) > keys[2]  # none has ended
