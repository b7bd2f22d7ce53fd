"""Figures against brute force: sessions that are made up, told, corrected and billed; both nights on which clocks change included."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from stationmaster.background.figures import follow_sessions
from stationmaster.domain import connectors, sessions, sites, stations
from stationmaster.domain.figures import asking, cells, faults, following, gathering
from stationmaster.domain.figures.asking import Period, Which
from stationmaster.domain.figures.cells import Amounts, Facts
from stationmaster.domain.figures.tables import station_days, station_hours
from stationmaster.domain.sessions import Figures
from stationmaster.storage import Database, Work
from tests import telling
from tests.domain.conftest import World

BERLIN = ZoneInfo("Europe/Berlin")


def facts(
    began_at: datetime, ended_at: datetime, *, charging_s: int = 0, energy: str = "1", zone: str = "UTC"
) -> Facts:
    money = ("EUR", Decimal("0.84"), Decimal("0.16"), Decimal("1"))
    return Facts(1, 2, 3, zone, began_at, ended_at, charging_s, Decimal(energy), True, *money)


def together(amounts: Any) -> Amounts:
    found = cells.NOTHING
    for each in amounts:
        found = found.plus(each)
    return found


@pytest.mark.parametrize(
    "night", [datetime(2026, 3, 28, 20, tzinfo=UTC), datetime(2026, 10, 24, 20, tzinfo=UTC)], ids=["spring", "autumn"]
)
@pytest.mark.parametrize("zone", ["Europe/Berlin", "Australia/Lord_Howe", "UTC"])
def test_S0_064_a_session_is_cut_as_a_clock_on_the_wall_shows_it_second_by_second(night: datetime, zone: str) -> None:
    chance = random.Random(zone + str(night))
    for _ in range(12):
        began = night + timedelta(seconds=chance.randrange(6 * 3600))
        length = chance.choice([0, 1, 59, 3600, chance.randrange(9 * 3600)])
        one = facts(began, began + timedelta(seconds=length), charging_s=length * 2 // 3, energy="7654.321", zone=zone)
        walls = [(began + timedelta(seconds=second)).astimezone(ZoneInfo(zone)) for second in range(length)]
        days, hours = Counter(str(wall.date()) for wall in walls), Counter(_hour(wall) for wall in walls)
        cut = cells.days(one)
        assert {cell.day: amounts.plugged_s for cell, amounts in cut.items() if amounts.plugged_s} == dict(days)
        by_hour = cells.hours(one)
        assert {cell.hour: amounts.plugged_s for cell, amounts in by_hour.items() if amounts.plugged_s} == dict(hours)
        month = one.ended_at.astimezone(ZoneInfo(zone)).date().isoformat()[:7]
        assert {cell.month for cell in by_hour} == {month}
        for sums in (together(cut.values()), together(by_hour.values())):
            assert sums[:5] == (1, 1, Decimal("7654.321"), length, length * 2 // 3)
        [money] = [(cell.day, amounts.gross) for cell, amounts in cut.items() if amounts.gross]
        assert money == (str(one.ended_at.astimezone(ZoneInfo(zone)).date()), Decimal(1))


def _hour(wall: datetime) -> int:
    return wall.weekday() * 24 + wall.hour


def test_a_clock_from_1970_makes_no_month_of_charging() -> None:
    one = facts(datetime(1970, 1, 1, tzinfo=UTC), datetime(2026, 11, 1, 12, tzinfo=UTC), charging_s=0)
    [(cell, amounts)] = cells.days(one).items()
    assert (cell.day, amounts.sessions, amounts.plugged_s) == ("2026-11-01", 1, 0)


class Chargers:
    """Two in Berlin and one that stands nowhere."""

    def __init__(self, world: World, made: list[Any]) -> None:
        self.world, self.made = world, made

    async def charge(self, which: int, began: datetime, minutes: int, wh: int, **told: Any) -> str:
        self.world.now = began
        number = await self.world(telling.start, self.made[which], meter=1000, at=began)
        self.world.now = began + timedelta(minutes=minutes)
        await self.world(telling.stop, self.made[which], number, meter=1000 + wh, at=self.world.now, **told)
        table = sessions.sessions
        last = select(table.c.public_id).order_by(table.c.id.desc()).limit(1)
        return await self.world(lambda work: str(work.execute(last).scalar_one()))

    async def ask(self, by: asking.By, first: date, after: date, **among: Any) -> asking.Found:
        home = self.world.home
        return await self.world.database.read(asking.ask, home, by, Period(first, after), Which(**among))

    async def tables(self) -> list[Any]:
        """All sums that are not nothing, and what is made of them again from the sessions."""

        def read(work: Work) -> list[Any]:
            ids = list(work.execute(select(sessions.sessions.c.id)).scalars())
            now = gathering.of_keys(work, ids)
            kept: dict[Any, Amounts] = {}
            for row in work.execute(select(station_days)):
                place = cells.Place(row.organization_id, row.station_id, row.site_id)
                kept[cells.DayCell(place, row.day, row.currency)] = Amounts(*(row._mapping[n] for n in Amounts._fields))
            for row in work.execute(select(station_hours)):
                place = cells.Place(row.organization_id, row.station_id, row.site_id)
                values = (row._mapping[name] for name in Amounts._fields[:5])
                kept[cells.HourCell(place, row.month, row.hour)] = Amounts(*values)
            raw: dict[Any, Amounts] = {}
            for one in now.values():
                for cell, amounts in [] if one is None else [*cells.days(one).items(), *cells.hours(one).items()]:
                    raw[cell] = raw.get(cell, cells.NOTHING).plus(amounts)
            return [{cell: each for cell, each in sums.items() if each != cells.NOTHING} for sums in (kept, raw)]

        return await self.world.database.read(read)


@pytest.fixture
async def chargers(world: World) -> Chargers:
    world.database.before_commit.append(following.keep)
    world.now = datetime(2026, 3, 1, tzinfo=UTC)
    made = [await world.station(identity) for identity in ("CP1", "CP2", "CP3")]
    await world(sites.create, world.home, public_id="H", name="Harbour", time_zone="Europe/Berlin")
    for identity in ("CP1", "CP2"):
        await world(stations.change, world.home, identity, {"site": "Harbour"})
    return Chargers(world, made)


async def test_while_chargers_have_much_to_say_figures_follow_at_leisure(
    chargers: Chargers, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = chargers.world.database
    monkeypatch.setattr(following, "AT_ONCE", 2)
    monkeypatch.setattr(Database, "is_crowded", property(lambda _database: True))
    for hour in range(6):
        await chargers.charge(0, datetime(2026, 3, 28, 8 + hour, tzinfo=UTC), 30, 5_000)
    wait = await database.read(following.count_due)
    assert wait >= 6
    await follow_sessions(database)
    assert await database.read(following.count_due) == wait - 2
    monkeypatch.setattr(following, "MANY", 2)  # more than so many may not wait, whoever else does
    await follow_sessions(database)
    assert await database.read(following.count_due) <= 2
    await follow_sessions(database)
    kept, raw = await chargers.tables()
    assert kept == raw


async def test_S0_061_figures_follow_every_change_of_a_session_at_once_and_for_good(chargers: Chargers) -> None:
    world = chargers.world
    first = await chargers.charge(0, datetime(2026, 3, 28, 22, tzinfo=UTC), 240, 20_000)  # over the night in spring
    second = await chargers.charge(1, datetime(2026, 3, 30, 8, tzinfo=UTC), 60, 50)
    await chargers.charge(2, datetime(2026, 3, 30, 9, tzinfo=UTC), 30, 5_000)

    async def both(check: Callable[[asking.Found], None]) -> None:
        """What is asked for before the sums have followed, and after."""
        check(await chargers.ask("day", date(2026, 3, 28), date(2026, 4, 1)))
        await follow_sessions(world.database)
        check(await chargers.ask("day", date(2026, 3, 28), date(2026, 4, 1)))
        kept, raw = await chargers.tables()
        assert kept == raw

    def as_told(found: asking.Found) -> None:
        rows = {row.key: row.sums for row in found.rows}
        assert [(rows[day].sessions, rows[day].energy_wh, rows[day].plugged_s) for day in sorted(rows)] == [
            (0, 0, 3600),
            (1, 20_000, 3 * 3600),  # it ended on Sunday, at four by the clock on the wall
            (2, 5_050, 90 * 60),
            (0, 0, 0),
        ]
        assert (found.total.sums.sessions, found.total.sums.good, found.total.sums.energy_wh) == (3, 2, 25_050)
        assert found.behind == 0

    await both(as_told)
    change: dict[str, Any] = {"by": "Eve", "note": "it was so"}
    moved = Figures(energy_wh=Decimal(30_000), stopped_at=datetime(2026, 3, 30, 0, tzinfo=UTC))
    await world(sessions.correct, world.home, first, figures=moved, **change)

    def corrected(found: asking.Found) -> None:
        rows = {row.key: row.sums for row in found.rows}
        assert (rows["2026-03-29"].sessions, rows["2026-03-29"].plugged_s) == (0, 23 * 3600)  # that day had no more
        assert (rows["2026-03-30"].sessions, rows["2026-03-30"].energy_wh) == (3, 35_050)

    await both(corrected)
    await world(sessions.exclude, world.home, second, **change)
    await both(lambda found: _is(found, sessions=2, energy_wh=35_000))
    await world(sessions.restore, world.home, second, **change)
    await both(lambda found: _is(found, sessions=3, energy_wh=35_050))
    await world(sessions.undo, world.home, first, **change)
    await both(as_told)
    # A charger that moves takes nothing with it, and a site gets no other past.
    await world(stations.change, world.home, "CP1", {"site": None})
    by_site = await chargers.ask("site", date(2026, 3, 1), date(2026, 4, 1))
    assert [(row.key, row.sums.sessions) for row in by_site.rows] == [("H", 2), ("", 1)]


def _is(found: asking.Found, *, sessions: int, energy_wh: int) -> None:
    assert (found.total.sums.sessions, found.total.sums.energy_wh) == (sessions, energy_wh)


async def test_figures_by_everything_come_to_the_same(chargers: Chargers) -> None:
    chance = random.Random(7)
    for number in range(12):
        began = datetime(2026, 3, 2, tzinfo=UTC) + timedelta(days=number * 2, minutes=chance.randrange(1440))
        await chargers.charge(number % 3, began, chance.randrange(1, 400), chance.randrange(40_000))
    await follow_sessions(chargers.world.database)
    chargers.world.now = datetime(2026, 4, 2, tzinfo=UTC)
    for by in ("day", "week", "month", "hour_of_week", "site", "station", "maker", "model", "firmware"):
        found = await chargers.ask(by, date(2026, 3, 1), date(2026, 4, 1))
        total = found.total.sums
        assert sum(row.sums.sessions for row in found.rows) == total.sessions == 12, by
        assert sum(row.sums.energy_wh for row in found.rows) == total.energy_wh
        assert sum(row.sums.plugged_s for row in found.rows) == total.plugged_s > 0
        assert sum(row.sums.charging_s for row in found.rows) == total.charging_s
    one = await chargers.ask("day", date(2026, 3, 1), date(2026, 4, 1), station_id=chargers.made[0].id)
    assert one.total.sums.sessions == 4


async def test_a_fault_lasts_from_a_connectors_word_to_its_next_and_is_counted_once(world: World) -> None:
    station = await world.station()
    noon = world.now
    words = [(90, "faulted", "GroundFailure"), (80, "faulted", "GroundFailure"), (60, "available", None)]
    words += [(30, "faulted", "OverVoltage")]  # and it still is
    for minutes, state, code in words:
        told: Any = {"state": state, "status": state.title(), "error_code": code}
        at = noon - timedelta(minutes=minutes)
        await world(connectors.report_status, station, evse=1, connector=1, at=at, **told)
    of = Period(noon.date(), noon.date() + timedelta(days=1))
    [found] = await world.database.read(faults.ask, world.home, "station", of, Which())
    assert (found.key, found.faults, found.faulted_s, found.faulty_connectors) == ("CP1", 2, 60 * 60, 1)
    assert found.codes == [("GroundFailure", 1), ("OverVoltage", 1)]
