"""TX-12: the same meter value is kept once, whatever its clock says and whenever it is heard."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from stationmaster.domain import metering
from stationmaster.domain.stations import Station
from stationmaster.domain.times import instant
from stationmaster.ocpp.messages import parse_time
from stationmaster.storage import Work

SAMPLES = [metering.Sample("1500")]


def measure(work: Work, station: Station, text: str) -> bool:
    taken = instant(text, parse_time(text), work.now)
    metering.record(work, station, evse=1, transaction_id="7", taken=taken, samples=SAMPLES, raw=b'[{"value":"1500"}]')
    return taken.believable


def count(work: Work) -> int:
    return int(work.execute(select(func.count()).select_from(metering.meter_values)).scalar_one())


@pytest.mark.parametrize(
    "text", ["2026-11-01T11:59:00Z", "1970-01-01T00:00:00Z", "222222017-10-27T19:10:11Z", "2026-11-01T12:20:00Z"]
)
async def test_TX_12_a_repeat_is_kept_once_even_when_its_time_becomes_believable(world: Any, text: str) -> None:
    station = await world.station()
    first = await world(measure, station, text)
    world.now += timedelta(minutes=10)
    again = await world(measure, station, text)
    assert await world(count) == 1
    assert (first, again) == {"2026-11-01T12:20:00Z": (False, True), "2026-11-01T11:59:00Z": (True, True)}.get(
        text, (False, False)
    )


async def test_TX_12_another_minute_is_another_value(world: Any) -> None:
    station = await world.station()
    for minute in range(3):
        await world(measure, station, f"2026-11-01T11:5{minute}:00Z")
    assert await world(count) == 3
