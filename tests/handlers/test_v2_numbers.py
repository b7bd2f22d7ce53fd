"""The same number again in a transaction of 2.0.1 or 2.1 (TX-21)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.handlers.conftest import Stored, card, value

END = "2026-11-01T11:00:00Z"
EVSE = {"id": 2, "connectorId": 1}


def reading(register: float, minute: int) -> Any:
    return value(register, at=f"2026-11-01T10:{minute:02}:00Z", context="Sample.Periodic")


async def begun(one: Any) -> None:
    """A session whose EVSE is told last, with the numbers 0 to 3."""
    await one.event("Started", 0, idToken=card(), meterValue=value(1000, context="Transaction.Begin"))
    await one.event("Updated", 1, at="2026-11-01T10:10:00Z", meterValue=reading(2000, 10))
    await one.event("Updated", 2, at="2026-11-01T10:20:00Z", meterValue=reading(3000, 20))
    await one.event("Updated", 3, at="2026-11-01T10:21:00Z", info={"chargingState": "Charging"}, evse=EVSE)


async def test_TX_21_the_same_again_is_nothing_new_even_when_more_is_known_by_then(
    station: Any, stored: Stored
) -> None:
    one = await station()
    for _ in range(2):
        await begun(one)
    row = await stored.session()
    assert (row.sequence, row.flags, row.evse) == (3, None, 2)
    assert [each.energy_wh for each in await stored.meter_values()] == [1000, 2000, 3000]


@pytest.mark.every_case
@pytest.mark.parametrize(
    "kind, number, more",
    [
        ("Updated", 1, {"meterValue": reading(2500, 15)}),  # the counter began anew
        ("Updated", 2, {"meterValue": reading(2500, 15)}),
        ("Updated", 3, {"meterValue": reading(2500, 15)}),  # it stands still
        ("Updated", 0, {"meterValue": reading(2500, 15), "offline": True}),
        ("Updated", 1, {"meterValue": [*reading(2000, 10), *reading(2500, 15)]}),  # the same, and more
    ],
)
async def test_TX_21_another_reading_under_a_known_number_is_kept_and_flagged(
    station: Any, stored: Stored, kind: str, number: int, more: dict[str, Any]
) -> None:
    one = await station()
    await begun(one)
    for _ in range(2):
        assert await one.event(kind, number, at="2026-11-01T10:15:00Z", **more) == {}
    await one.event("Ended", 4, at=END, meterValue=value(8500, at=END, context="Transaction.End"))
    row = await stored.session()
    assert (row.flags, row.energy_wh, row.status) == (["number_again"], 7500, "completed")
    kept = {each.energy_wh for each in await stored.meter_values()}
    assert {1000, 2000, 2500, 3000, 8500} == kept


@pytest.mark.any_database
async def test_TX_21_another_state_or_the_end_under_a_known_number(station: Any, stored: Stored) -> None:
    one = await station()
    await begun(one)
    await one.event("Updated", 3, at="2026-11-01T10:30:00Z", info={"chargingState": "SuspendedEV"})
    assert (await stored.session()).flags == ["number_again"]
    other = {"transaction": "tx-2", "evse": {"id": 1}}
    await one.event("Started", 0, meterValue=value(0, context="Transaction.Begin"), **other)
    await one.event("Updated", 1, at="2026-11-01T10:10:00Z", meterValue=reading(2000, 10), **other)
    for _ in range(2):
        await one.event("Ended", 1, at=END, meterValue=value(5000, at=END, context="Transaction.End"), **other)
    _, row = await stored.sessions()
    assert (row.status, row.energy_wh, row.flags) == ("completed", 5000, ["number_again"])
    assert await stored.quarantine() == []


@pytest.mark.any_database
async def test_TX_21_a_counter_that_stands_still_loses_nothing(station: Any, stored: Stored) -> None:
    one = await station()
    await one.event("Started", 0, evse=EVSE, idToken=card(), meterValue=value(1000, context="Transaction.Begin"))
    for minute in range(10, 50, 10):
        await one.event("Updated", 0, at=f"2026-11-01T10:{minute}:00Z", meterValue=reading(1000 + minute, minute))
    await one.event("Ended", 0, at=END, meterValue=value(8500, at=END, context="Transaction.End"))
    row = await stored.session()
    assert (row.status, row.energy_wh, row.flags) == ("completed", 7500, ["number_again"])
    assert len(await stored.meter_values()) == 6
