"""How long ports were there: grouped in the database, it is what a look at each charger by itself comes to."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, update

from stationmaster.domain import sites, stations
from stationmaster.domain.connectors import evses
from stationmaster.domain.figures import asking, ports
from stationmaster.domain.figures.asking import Period
from stationmaster.domain.figures.tables import station_days
from stationmaster.storage import Work
from tests.domain.conftest import World

# In both nights the clock of Berlin is put on or back; the day of now is among them.
PERIODS = [
    Period(date(2026, 10, 20), date(2026, 11, 3)),
    Period(date(2026, 3, 27), date(2026, 4, 2)),
    Period(date(2026, 11, 1), date(2026, 11, 2)),
]
ZONES = {"Berlin": "Europe/Berlin", "Kolkata": "Asia/Kolkata", "Kiritimati": "Pacific/Kiritimati"}
MAKERS = [("Acme", "A1", "1.0"), ("Acme", "A2", None), ("Volt", None, "3"), (None, None, None)]


def told(first: date, after: date, charger: Any, now: datetime) -> int:
    """The seconds of one charger between two local days, as one would count them on paper."""
    zone = ZoneInfo(charger["zone"])
    begin, end = (datetime(each.year, each.month, each.day, tzinfo=zone).astimezone(UTC) for each in (first, after))
    since = charger["created_at"]
    if charger["first"]:
        since = min(since, datetime.fromisoformat(charger["first"]).replace(tzinfo=zone).astimezone(UTC))
    until = min(charger["deleted_at"] or now, now, end)
    return max(0, int((until - max(since, begin)).total_seconds())) * charger["ports"]


@pytest.mark.parametrize("of", PERIODS, ids=str)
@pytest.mark.every_case
async def test_grouped_they_are_what_each_charger_is_by_itself(world: World, of: Period) -> None:
    draw = random.Random(7)
    middle = datetime(of.first.year, of.first.month, of.first.day, tzinfo=UTC)
    world.now = middle + (of.after - of.first) * 0.8
    for name, zone in ZONES.items():
        await world(sites.create, world.home, public_id=name, name=name, time_zone=zone)
    there = []
    for number in range(24):
        identity, site = f"CP{number}", draw.choice([*ZONES, None])
        station = await world.station(identity)
        if site:
            await world(stations.change, world.home, identity, {"site": site})
        entered = middle + timedelta(hours=draw.choice([-4000, -20, -3, 0, 5, 30, 100, 400]))
        removed = draw.choice([None, None, None, entered + timedelta(hours=draw.choice([1, 40, 5000]))])
        maker, model, firmware = draw.choice(MAKERS)
        facts = {"created_at": entered, "deleted_at": removed}
        facts |= {"manufacturer": maker, "model": model, "firmware": firmware}
        count, first = (
            draw.choice([0, 1, 2]),
            draw.choice([None, None, (entered - timedelta(days=3)).date().isoformat()]),
        )

        def put(work: Work, key: int = station.id, values: Any = facts, count: int = count, day: Any = first) -> None:
            work.execute(update(stations.stations).where(stations.stations.c.id == key).values(**values))
            for evse in range(1, count + 1):
                work.execute(insert(evses).values(station_id=key, number=evse))
            if day:
                row = {"organization_id": world.home, "site_id": 0, "station_id": key, "day": day, "currency": ""}
                work.execute(insert(station_days).values(**row, **dict.fromkeys(asking.Amounts._fields, 0)))

        await world(put)
        kind = " ".join(filter(None, (maker, model)))
        there.append(facts | {"zone": ZONES.get(site or "", "UTC"), "first": first, "ports": count, "model": kind})

    def whole(work: Work) -> int:
        return asking.total(work, world.home, of, asking.Which()).port_s

    assert await world(whole) == sum(told(*of, each, world.now) for each in there) > 0
    by_day = await world(asking.ask, world.home, "day", of, asking.Which())
    wanted = {
        day.isoformat(): sum(told(day, day + timedelta(days=1), each, world.now) for each in there) for day in of.days
    }
    assert {row.key: row.port_s for row in by_day.rows if row.port_s} == {k: v for k, v in wanted.items() if v}
    by_model: Counter[str] = Counter()
    for each in there:
        by_model[str(each["model"])] += told(*of, each, world.now)
    rows = (await world(asking.ask, world.home, "model", of, asking.Which())).rows
    assert {row.key: row.port_s for row in rows if row.port_s} == {k: v for k, v in by_model.items() if v}
    groups = await world(ports.of, world.home, "day", of)
    assert len(groups) < sum(1 for each in there if each["ports"])  # those of one time are one group
