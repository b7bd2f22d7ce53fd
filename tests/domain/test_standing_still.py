"""Whether a meter stands still, asked with few readings: held against all of them, on series as chargers tell them."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, NamedTuple, cast

import pytest
from sqlalchemy import event, insert, select

from stationmaster.domain.alerts import conditions
from stationmaster.domain.alerts.tables import RuleRow
from stationmaster.domain.metering import meter_values
from stationmaster.domain.sessions.table import sessions
from stationmaster.domain.stations import Station
from stationmaster.domain.times import AHEAD, instant
from stationmaster.storage import Work
from tests.domain.conftest import World

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Told(NamedTuple):
    """One reading: when the charger says it was taken, when we heard of it, and the register in Wh."""

    taken: datetime
    heard: datetime
    energy_wh: Decimal | None


def rule(minutes: int) -> RuleRow:
    """As far as a condition looks at one."""
    return cast(RuleRow, SimpleNamespace(minutes=minutes))


def charging(work: Work, charger: Station, key: int, began: datetime) -> None:
    facts = {"id": key, "public_id": f"S{key}", "organization_id": charger.organization_id, "station_id": charger.id}
    told = {"transaction_id": f"{key}", "status": "active", "charging_state": "charging", "authorization": "accepted"}
    when = {"started_at": began, "started_text": "", "received_at": began, "evse": key, "connector": 1}
    work.execute(insert(sessions).values(facts | told | when))


def keep(work: Work, charger: Station, told: dict[int, list[Told]]) -> None:
    """In the order in which they were heard, those of all sessions mixed, as a fleet tells them."""
    rows = sorted(((each.heard, key, each) for key, series in told.items() for each in series), key=lambda row: row[:2])
    values = [
        {"station_id": charger.id, "session_id": key, "evse": key, "taken_at": each.taken, "received_at": heard}
        | {"energy_wh": each.energy_wh, "samples": "", "content_key": number}
        for number, (heard, key, each) in enumerate(rows)
    ]
    if values:
        work.execute(insert(meter_values), values)


def some_series(draw: random.Random, began: datetime) -> list[Told]:
    """One that grows, stands, is coarse, has gaps; late ones, repeated ones, ones without a register, clocks that go ahead."""
    step = draw.choice([1, 1, 2, 5, 7])
    grows = draw.choice([0, 0, 3, 40, 183])
    coarse = draw.choice([1, 1, 10, 1000])
    stands_from = draw.randint(0, 130)
    skew = draw.choice([timedelta(0)] * 4 + [AHEAD, timedelta(minutes=9), timedelta(minutes=-6)])
    register, found = 5000 + draw.randint(0, 999), list[Told]()
    at = began
    while at <= NOW:
        if (NOW - at) / MINUTE > stands_from:
            register += grows * step
        heard = at + (timedelta(minutes=draw.randint(0, 50)) if draw.random() < 0.1 else timedelta(0))
        energy = None if draw.random() < 0.15 else Decimal(register // coarse * coarse)
        if draw.random() < 0.03:
            energy = Decimal(register - draw.randint(1, 300))
        for _ in range(draw.choice([1, 1, 1, 2])):
            if heard <= NOW:
                taken = instant("", at + skew, heard).at
                found.append(Told(taken, heard, energy))
        at += step * MINUTE * draw.choice([1, 1, 1, 1, 6])
    return found


def witness(series: list[Told], began: datetime, minutes: int) -> bool:
    """The question as it is meant, over all that was ever told."""
    since = NOW - minutes * MINUTE
    registers = [each.energy_wh for each in series if each.energy_wh is not None and each.taken >= since]
    return began <= since and len(registers) >= 2 and min(registers) == max(registers)


@pytest.mark.parametrize("seed", range(6))
async def test_few_readings_find_the_same_as_all_of_them(world: World, seed: int) -> None:
    world.now = NOW
    draw = random.Random(seed)
    charger = await world.station()
    begins = {key: NOW - draw.choice([2, 12, 31, 61, 140]) * MINUTE for key in range(1, 41)}
    told = {key: some_series(draw, began) for key, began in begins.items()}

    def add(work: Work) -> None:
        for key, began in begins.items():
            charging(work, charger, key, began)
        keep(work, charger, told)

    await world(add)
    for asked in ([10], [30], [60, 10], [30, 90, 30]):
        found = await world(conditions.standing_still, [rule(minutes) for minutes in asked])
        expected = {
            (f"session:{key}", minutes) for key in told for minutes in asked if witness(told[key], begins[key], minutes)
        }
        assert {(each.subject, each.facts["minutes"]) for each in found} == expected
        assert len(found) == len(expected)


@pytest.mark.any_database  # how a plan reads is SQLite's
async def test_two_readings_of_each_session_are_read_and_the_time_of_those_that_may_stand(world: World) -> None:
    world.now = NOW
    charger = await world.station()
    began = NOW - 600 * MINUTE
    moments = [began + number * MINUTE for number in range(601)]

    def add(work: Work) -> None:
        for key in (1, 2, 3):
            charging(work, charger, key, began)
        goes_on = [Told(at, at, Decimal(number)) for number, at in enumerate(moments)]
        stands = [Told(at, at, Decimal(7)) for at in moments]
        keep(work, charger, {1: goes_on, 2: stands, 3: goes_on})

    asked: list[tuple[str, list[str]]] = []

    def look(work: Work) -> list[str]:
        connection = work.execute(select(1)).connection

        def heard(_: Any, cursor: Any, statement: str, parameters: Any, *rest: Any) -> None:
            rows = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            asked.append((f"{statement} {parameters}", [row[3] for row in rows if "meter_values" in row[3]]))

        event.listen(connection, "before_cursor_execute", heard)
        found = conditions.standing_still(work, [rule(30)])
        event.remove(connection, "before_cursor_execute", heard)
        return [each.subject for each in found]

    await world(add)
    assert await world(look) == ["session:2"]
    _sessions, _first, (two, two_by), (whole, whole_by) = asked
    by = "SEARCH meter_values USING INDEX ix_meter_values_session_id (session_id=? AND id>?)"
    assert two.count("LIMIT") == 2
    assert two_by == [by, by]
    assert whole_by == [by]
    assert "(2," in whole  # of the three only this one is asked for all of its time
