"""O-09 as it is kept: days of ports, with what a person excludes; and the check that proves the sums."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import update

from stationmaster.background.figures import check_figures, count_ports, follow_sessions
from stationmaster.domain import connectors, sites, stations
from stationmaster.domain.connector_states import Span, State
from stationmaster.domain.figures import availability, checking, exclusions, following
from stationmaster.domain.figures.asking import Period, Which
from stationmaster.domain.figures.tables import session_figures, station_days
from stationmaster.domain.uptime import Time, Worked, worked
from stationmaster.settings import Gateway
from stationmaster.storage import Work
from tests import telling
from tests.domain.conftest import World

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def span(state: State, since: int, until: int) -> Span:
    return Span(state, state.title(), None, BEGIN + since * MINUTE, BEGIN + until * MINUTE)


def test_O_09_twelve_months_of_a_port_with_an_outage_of_which_the_grid_is_excluded() -> None:
    year = Time(BEGIN, BEGIN + 525_600 * MINUTE)
    told = [span("available", 0, 1000), span("faulted", 1000, 21_000), span("available", 21_000, 525_600)]
    grid = [Time(BEGIN + 3000 * MINUTE, BEGIN + 9000 * MINUTE)]
    without, with_it = worked([told], within=year), worked([told], excluded=grid, within=year)
    assert (without.uptime_percent, with_it.uptime_percent) == (Decimal("96.19"), Decimal("97.34"))
    assert with_it == Worked(525_600 * 60, 14_000 * 60, 0, 6000 * 60)
    # A port of two connectors is down only while both are.
    other = [span("available", 0, 15_000), span("unavailable", 15_000, 525_600)]
    assert worked([told, other], within=year).down_s == 6000 * 60
    assert worked([[]], within=year).uptime_percent is None


@pytest.fixture
async def charger(world: World) -> Any:
    """In Berlin; faulted for two hours around the midnight after the 10th of March."""
    world.database.before_commit.append(following.keep)
    world.now = datetime(2026, 3, 1, tzinfo=UTC)
    station = await world.station()
    await world(sites.create, world.home, public_id="H", name="Harbour", time_zone="Europe/Berlin")
    await world(stations.change, world.home, "CP1", {"site": "Harbour"})
    for at, state in ((10, "available"), (22, "faulted"), (24, "available")):
        world.now = datetime(2026, 3, 10, tzinfo=UTC) + timedelta(hours=at)
        place: Any = {"evse": 1, "connector": 1, "state": state, "status": state.title(), "at": world.now}
        await world(connectors.report_status, station, **place)
    world.now = datetime(2026, 3, 13, 12, tzinfo=UTC)
    return station


async def test_O_09_days_are_counted_when_they_are_over_and_anew_when_a_time_is_excluded(
    world: World, charger: Any
) -> None:
    of, all_of_them = Period(date(2026, 3, 1), date(2026, 4, 1)), Which()

    async def found() -> Worked:
        return await world.database.read(availability.total, world.home, of, all_of_them)

    assert await found() == Worked()
    await count_ports(world.database, Gateway())
    known_s = (13 + 48) * 3600  # from eleven in Berlin, and two days more; today is not over
    assert await found() == Worked(known_s, 2 * 3600, 0, 0)
    facts: Any = {"site": "H", "station": None, "reason": "grid", "note": "said by the grid", "by": "Eve"}
    facts |= {"begins_at": datetime(2026, 3, 10, 22, 30, tzinfo=UTC), "ends_at": datetime(2026, 3, 11, tzinfo=UTC)}
    row = await world(exclusions.add, world.home, **facts)
    await world(availability.exclude, row, tolerated=timedelta(minutes=5))
    assert await found() == Worked(known_s, 1800, 0, 5400)
    [month] = await world.database.read(availability.of_ports, world.home, of, all_of_them)
    assert (month.station, month.site, month.evse, month.month) == ("CP1", "H", 1, "2026-03")
    await count_ports(world.database, Gateway())  # nothing is counted twice
    assert await found() == Worked(known_s, 1800, 0, 5400)
    await world(availability.exclude, await world(exclusions.remove, world.home, row.public_id), tolerated=timedelta(0))
    assert await found() == Worked(known_s, 2 * 3600, 0, 0)


async def test_S0_064_the_check_of_each_night_finds_what_is_wrong_and_mends_it(world: World, charger: Any) -> None:
    number = await world(telling.start, charger, at=world.now, meter=0)
    begun = world.now
    world.now += timedelta(hours=1)
    await world(telling.stop, charger, number, at=world.now, meter=9000)
    await follow_sessions(world.database)

    async def wrong() -> tuple[int, bool]:
        def read(work: Work) -> tuple[int, bool]:
            keys = checking.recent(work, after=0)
            return len(checking.wrong_sessions(work, keys)), checking.is_wrong(work, charger.id)

        return await world.database.read(read)

    assert await wrong() == (0, False)
    await world(lambda work: work.execute(update(session_figures).values(energy_wh=Decimal(8000), began_at=begun)))
    await world(lambda work: work.execute(update(station_days).values(sessions=5)))
    assert await wrong() == (1, True)
    await check_figures(world.database)
    await follow_sessions(world.database)
    assert await wrong() == (0, False)
