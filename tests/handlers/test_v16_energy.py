"""The energy of a session from the wire to the row, as it was found in the field (rows E1 to E8), on both databases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stationmaster.app import App
from stationmaster.domain import deviations

Connect = Callable[..., Any]
Sample = dict[str, Any]
POWER = "Power.Active.Import"


async def charged(
    one: Any, start: Any, values: list[tuple[str, list[Sample], bool]], stop: Any, *, end: str = "11:00"
) -> None:
    """A session from ten o'clock on. Each value: when (minutes past ten), its samples, and whether it names the transaction."""
    payload = {"connectorId": 1, "idTag": "TAG1", "meterStart": start, "timestamp": "2026-11-01T10:00:00Z"}
    number = (await one.call("StartTransaction", payload))["transactionId"]
    for at, samples, by_id in values:
        value = {"timestamp": f"2026-11-01T10:{at}:00Z", "sampledValue": samples}
        message = {"connectorId": 1, "meterValue": [value]} | ({"transactionId": number} if by_id else {})
        assert await one.call("MeterValues", message) == {}
    payload = {"transactionId": number, "timestamp": f"2026-11-01T{end}:00Z"}
    assert await one.call("StopTransaction", payload if stop is None else payload | {"meterStop": stop}) == {}


def registers(values: dict[str, str], **words: str) -> list[tuple[str, list[Sample], bool]]:
    return [(at, [{"value": value} | words], True) for at, value in values.items()]


KWH = {"unit": "kWh"}


@pytest.mark.parametrize(
    "start, values, stop, energy",
    [
        (0, registers({"30": "85.04"}), 85, 85),
        (0, registers({"30": "1.24"}, **KWH), 1236, 1236),
        (0, registers({"30": "1.3"}, **KWH), 1260, 1260),
        (0, registers({"30": "0.00124"}, unit="MWh"), 1236, 1236),
        (2_250_000, registers({"30": "2259988.6"}), 2_259_988, 9988),
        (5000, [], 4999, 0),
        (5000, registers({"30": "5000.4"}), 4999, 0),
    ],
)
async def test_E1_rounding_is_no_rollback(
    charger: Connect, stored: Any, start: int, values: Any, stop: int, energy: int
) -> None:
    await charged(await charger("CP1"), start, values, stop)
    session = await stored.session()
    assert (session.energy_wh, session.flags, session.review) == (energy, None, False)


@pytest.mark.parametrize("stray", ["0", "1", "99000000", "4294967295"])
async def test_E2_one_value_that_is_wrong_is_no_reset(charger: Connect, stored: Any, stray: str) -> None:
    values = registers({"10": "16000500", "20": stray, "30": "16003000", "40": "16006000"})
    await charged(await charger("CP1"), 16_000_000, values, 16_010_000)
    session = await stored.session()
    assert (session.energy_wh, session.flags, session.review) == (10_000, None, False)


async def test_E2_start_and_stop_of_one_register_and_values_of_another(charger: Connect, stored: Any) -> None:
    values = registers({"10": "941750", "30": "944500", "50": "947250"})
    await charged(await charger("CP1"), 0, values, 6600)
    session = await stored.session()
    assert (session.energy_wh, session.flags, session.review) == (6600, None, False)


@pytest.mark.parametrize(
    "start, values, stop, end",
    [
        (0, {"05": "941750", "30": "944500", "55": "947250"}, 950_000, "11:00"),
        (0, {}, 100_000, "10:10"),
        (0, {"05": "1000", "10": "2000", "11": "52000", "16": "53000"}, 60_000, "18:00"),
    ],
)
async def test_M_22_E3_more_than_the_connector_can_deliver_is_held(
    charger: Connect, stored: Any, start: int, values: dict[str, str], stop: int, end: str
) -> None:
    power = {"value": "11", "unit": "kW", "measurand": POWER}
    told = [(at, [{"value": value}, power], True) for at, value in values.items()] or [("05", [power], True)]
    await charged(await charger("CP1"), start, told, stop, end=end)
    session = await stored.session()
    assert (session.energy_wh, session.flags, session.review) == (None, ["register_jump"], True)


@pytest.mark.parametrize("with_id", [True, False])
async def test_E4_two_registers_under_one_measurand(charger: Connect, stored: Any, with_id: bool) -> None:
    mine = [("10", [{"value": "895"}], with_id), ("30", [{"value": "1500"}], with_id)]
    house = [
        ("15", [{"value": "1234900", "context": "Sample.Clock"}], not with_id),
        ("45", [{"value": "1236100", "context": "Sample.Clock"}], not with_id),
    ]
    await charged(await charger("CP1"), 0, sorted(mine + house, key=lambda value: value[0]), 3000)
    session = await stored.session()
    assert (session.energy_wh, session.flags, session.review) == (3000, None, False)


@pytest.mark.parametrize("location", ["Body", "Inlet", "Cable"])
async def test_E5_a_meter_elsewhere_is_used_where_there_is_no_other(
    charger: Connect, stored: Any, location: str
) -> None:
    values = registers({"10": "2000", "50": "4000"}, location=location)
    await charged(await charger("CP1"), 1000, values, None)
    session = await stored.session()
    assert (session.energy_wh, session.flags, session.review) == (3000, ["estimated"], True)


def one_moment(samples: list[list[Sample]]) -> dict[str, Any]:
    elements = [{"timestamp": "2026-11-01T10:30:00Z", "sampledValue": each} for each in samples]
    return {"connectorId": 1, "meterValue": elements}


TOTAL = {"value": "11040", "measurand": POWER, "unit": "W"}
LINES = [{"value": "3680", "measurand": POWER, "unit": "W", "phase": phase} for phase in ("L1", "L2", "L3")]


@pytest.mark.parametrize(
    "samples",
    [
        [[TOTAL], LINES],
        [LINES, [TOTAL]],
        [[line] for line in LINES],
        [[TOTAL], *[[line] for line in LINES]],
        [[{"value": "5000"}], *[[line] for line in LINES], [{"value": "231", "measurand": "Voltage"}]],
    ],
)
async def test_E6_samples_of_one_moment_belong_together(
    charger: Connect, stored: Any, samples: list[list[Sample]]
) -> None:
    one = await charger("CP1")
    await one.start()
    assert await one.call("MeterValues", one_moment(samples)) == {}
    [value] = await stored.meter_values()
    assert value.power_w == 11_040


async def test_E6_values_of_a_charger_without_a_clock_stay_apart(charger: Connect, stored: Any) -> None:
    one = await charger("CP1")
    await one.start(meter=0)
    assert await one.call("MeterValues", one_moment([[{"value": "1000"}], [{"value": "2000"}]])) == {}
    assert [value.energy_wh for value in await stored.meter_values()] == [1000, 2000]


@pytest.mark.parametrize(
    "unit, column",
    [("V", "voltage_v"), ("A", "current_a"), ("W", "power_w"), ("kW", "power_w"), ("Percent", "soc_percent")],
)
async def test_E7_the_unit_says_what_it_is(charger: Connect, stored: Any, unit: str, column: str) -> None:
    one = await charger("CP1")
    await one.start()
    value = {"value": "16", "unit": unit}
    assert await one.call("MeterValues", one_moment([[value]])) == {}
    [row] = await stored.meter_values()
    assert row.energy_wh is None
    assert getattr(row, column) == (16_000 if unit == "kW" else 16)


async def test_a_unit_that_nobody_knows_is_kept_and_said(charger: Connect, stored: Any, app: App) -> None:
    one = await charger("CP1")
    number = (await one.start(meter=0))["transactionId"]
    said = {"value": "16", "measurand": "Energy.Active.Import.Register", "unit": "parsec"}
    for minute in range(2):
        value = {"timestamp": f"2026-11-01T10:1{minute}:00Z", "sampledValue": [said]}
        assert await one.call("MeterValues", {"connectorId": 1, "transactionId": number, "meterValue": [value]}) == {}
    assert [(row.energy_wh, "parsec" in row.samples) for row in await stored.meter_values()] == [(None, True)] * 2
    assert (await stored.session()).flags == ["unknown_unit"]
    await one.stop(number, meter=5000)
    row = await stored.session()  # what counts is told in Wh by the specification itself
    assert (row.energy_wh, row.flags, row.review) == (5000, ["unknown_unit"], False)
    seen = await app.database.read(deviations.of_station, row.station_id)
    assert {each.rule: each.repaired for each in seen}["unknown-unit"] == 2


@pytest.mark.parametrize("unit", ["Celsius", "varh", "kvar", "Hertz"])
async def test_E7_a_unit_of_something_else_is_no_register(charger: Connect, stored: Any, unit: str) -> None:
    one = await charger("CP1")
    await one.start()
    assert await one.call("MeterValues", one_moment([[{"value": "16", "unit": unit}]])) == {}
    [row] = await stored.meter_values()
    assert (row.energy_wh, row.power_w) == (None, None)


@pytest.mark.every_case
@pytest.mark.parametrize(
    "start, stop, energy",
    [
        (1000, 15000.5, 14_000.5),
        ("1000", 15_000, 14_000),
        (1000, "15000,5", 14_000.5),
        (1000.25, " 15 000.5 ", 14_000.25),
        ("1000.0", "15000", 14_000),
        (1000, 15000.0, 14_000),
    ],
)
async def test_E8_a_usable_number_is_not_thrown_away_for_its_form(
    charger: Connect, stored: Any, start: Any, stop: Any, energy: float
) -> None:
    await charged(await charger("CP1"), start, [], stop)
    session = await stored.session()
    assert (float(session.energy_wh), session.flags, session.review) == (energy, None, False)
