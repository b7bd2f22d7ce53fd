"""What the samples of a charger mean, and how much energy a session took: tables that a customer could read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationmaster.domain.metering import Energy, Reading, Register, Sample, number, reading, session_energy

POWER, CURRENT, VOLTAGE, SOC = "Power.Active.Import", "Current.Import", "Voltage", "SoC"
TEN = datetime(2026, 11, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "text, value",
    [
        ("12", "12"),
        ("12.5", "12.5"),
        ("12,5", "12.5"),
        (" 12.5 ", "12.5"),
        ("1 234.5", "1234.5"),
        ("-3", "-3"),
        ("1.5E3", "1500"),
        ("0", "0"),
        ("999999999999", "999999999999"),
        ("1000000000000", None),  # beyond all measure
        ("-1e12", None),
        ("1e400", None),
        ("NaN", None),
        ("sNaN", None),
        ("Infinity", None),
        ("-inf", None),
        ("1,234.5", None),  # a comma for thousands or for decimals? nobody knows
        ("", None),
        ("twelve", None),
        ("0x1F", None),
        ("12 kWh", None),
    ],
)
def test_TX_09_a_number_as_chargers_write_it(text: str, value: str | None) -> None:
    assert number(text) == (None if value is None else Decimal(value))


# The words of a sample, and what it says of energy (Wh) and power (W)
@pytest.mark.parametrize(
    "sample, energy_wh, power_w",
    [
        ({"value": "2500"}, 2500, None),  # without words it is the energy register in Wh
        ({"value": "2500", "unit": "Wh"}, 2500, None),
        ({"value": "2.5", "unit": "kWh"}, 2500, None),
        ({"value": "0.0025", "unit": "MWh"}, 2500, None),
        ({"value": "25", "exponent": 2}, 2500, None),
        ({"value": "2.5", "unit": "kWh", "exponent": -1}, 250, None),
        ({"value": "2500", "exponent": 99}, None, None),
        ({"value": "2500", "exponent": -(10**9)}, None, None),
        ({"value": "999999", "unit": "MWh"}, 999_999_000_000, None),
        ({"value": "1000000", "unit": "MWh"}, None, None),  # fits no column, and is no measurement
        ({"value": "7.2", "measurand": POWER, "unit": "kW"}, None, 7200),
        ({"value": "7200", "measurand": POWER}, None, 7200),
        ({"value": "-7200", "measurand": POWER}, None, -7200),  # it feeds back
        ({"value": "7200", "measurand": POWER, "unit": "VA"}, None, 7200),
        ({"value": "2500", "location": "Outlet"}, 2500, None),
        ({"value": "2500", "location": "EV"}, None, None),  # what the car's own meter says is not what we sell
        ({"value": "2500", "location": "Inlet"}, None, None),
        ({"value": "2500", "measurand": "Energy.Active.Import.Interval"}, None, None),
        ({"value": "2500", "measurand": "Energy.Reactive.Import.Register"}, None, None),
        ({"value": "2500", "unit": "parsec"}, 2500, None),
    ],
    ids=lambda value: " ".join(map(str, value.values())) if isinstance(value, dict) else None,
)
def test_one_sample(sample: dict[str, Any], energy_wh: int | None, power_w: int | None) -> None:
    told = reading([Sample(**sample)])
    assert (told.energy_wh, told.power_w) == (energy_wh, power_w)


def phases(measurand: str, values: dict[str | None, str], **words: str) -> list[Sample]:
    return [Sample(value, measurand, phase=phase, **words) for phase, value in values.items()]


@pytest.mark.parametrize(
    "told, expected",
    [
        # power and energy add up over the phases
        (phases(POWER, {"L1": "1000", "L2": "2000", "L3": "3000"}), Reading(power_w=Decimal(6000))),
        (phases(POWER, {"L1-N": "1000", "L2-N": "2000"}), Reading(power_w=Decimal(3000))),
        (phases("Energy.Active.Import.Register", {"L1": "10", "L2": "20"}), Reading(energy_wh=Decimal(30))),
        # but an overall value is not added to its parts
        (phases(POWER, {None: "6000", "L1": "1000", "L2": "2000", "L3": "3000"}), Reading(power_w=Decimal(6000))),
        # current is the largest phase, voltage the mean; the neutral line counts for neither power nor voltage
        (phases(CURRENT, {"L1": "10", "L2": "16", "L3": "9"}), Reading(current_a=Decimal(16))),
        (phases(VOLTAGE, {"L1-N": "230", "L2-N": "232", "L3-N": "231"}), Reading(voltage_v=Decimal(231))),
        (phases(POWER, {"N": "50"}), Reading()),
        (phases(VOLTAGE, {"N": "3", "L1": "230"}), Reading(voltage_v=Decimal(230))),
        # some firmwares write the phase into the name
        (
            [Sample("7", "Current.Import.L1"), Sample("9", "Current.Import.L2")],
            Reading(current_a=Decimal(9)),
        ),
        ([Sample("1000", f"{POWER}.L1"), Sample("500", f"{POWER}.L2-N")], Reading(power_w=Decimal(1500))),
        # the car's state of charge is told by the car
        ([Sample("80", SOC, "Percent", location="EV")], Reading(soc_percent=Decimal(80))),
        # one that cannot be read does not spoil the others
        (phases(POWER, {"L1": "1000", "L2": "broken"}), Reading(power_w=Decimal(1000))),
        ([], Reading()),
    ],
)
def test_samples_of_one_moment(told: list[Sample], expected: Reading) -> None:
    assert reading(told) == expected


@pytest.mark.parametrize(
    "contexts, energy_wh, context",
    [
        ([(None, "500")], 500, None),
        ([("Sample.Periodic", "500")], 500, "Sample.Periodic"),
        ([("Sample.Clock", "500")], 500, "Sample.Clock"),
        ([("Transaction.Begin", "100")], 100, "Transaction.Begin"),
        ([("Transaction.Begin", "100"), ("Sample.Periodic", "500")], 500, "Sample.Periodic"),
        ([("Sample.Periodic", "500"), ("Transaction.Begin", "100")], 500, "Sample.Periodic"),
        ([("Transaction.End", "900")], 900, "Transaction.End"),
    ],
)
def test_the_register_at_the_begin_does_not_hide_the_current_one(
    contexts: list[tuple[str | None, str]], energy_wh: int, context: str | None
) -> None:
    told = reading([Sample(value, context=context) for context, value in contexts])
    assert (told.energy_wh, told.context) == (energy_wh, context)


def every(minutes: int, *registers: float | None, power_w: float | None = None) -> list[Register]:
    """A register every so many minutes, from ten o'clock on."""
    power = None if power_w is None else Decimal(power_w)
    return [
        Register(TEN + timedelta(minutes=minutes * turn), None if wh is None else Decimal(wh), power)
        for turn, wh in enumerate(registers)
    ]


def session(start: int | None, registers: list[Register], stop: int | None, hours: float | None = 1.0) -> Energy:
    return session_energy(
        None if start is None else Decimal(start), registers, None if stop is None else Decimal(stop), hours
    )


# meterStart, what the meter said in between, meterStop: the energy in Wh, and why a person should look at it
@pytest.mark.parametrize(
    "start, between, stop, wh, flags",
    [
        pytest.param(1000, [], 6000, 5000, (), id="the difference of the two registers"),
        pytest.param(1000, [2000, 4000], 6000, 5000, (), id="with values in between"),
        pytest.param(0, [0, 0], 0, 0, (), id="nothing was charged"),
        pytest.param(1000, [2000, None, 4000], 6000, 5000, (), id="a value without a register"),
        pytest.param(1000, [2000, 4000], None, 3000, ("estimated",), id="no stop: up to the last register"),
        pytest.param(1000, [], None, None, ("estimated",), id="no stop and no values: cannot be said"),
        pytest.param(None, [2000], 6000, None, ("estimated",), id="no start: cannot be said"),
        pytest.param(-5, [2000], 6000, None, ("estimated",), id="a negative start is none"),
        pytest.param(1000, [-3, 2000], 6000, 5000, (), id="nor is a negative value one"),
        pytest.param(1000, [2000], -5, 1000, ("estimated",), id="a negative stop is none"),
        pytest.param(1000, [2000], 10**12, 1000, ("estimated",), id="an absurd stop is none"),
        pytest.param(6000, [], 1000, None, ("register_rollback",), id="it ran backwards"),
        pytest.param(1000, [4000, 3900], 6000, 5000, ("register_rollback",), id="backwards on the way"),
        pytest.param(1000, [5000, 900, 5000, 900], 950, None, ("register_rollback",), id="up and down: cannot be said"),
        pytest.param(1000, [3000, 0, 500], 800, 2800, ("register_reset",), id="it began again at zero: both parts"),
        pytest.param(1000, [3000, 0, 500], None, 2500, ("register_reset", "estimated"), id="began again, and no stop"),
        pytest.param(500_000, [0, 1000, 4000], 504_050, 4050, (), id="values count from zero, stop is lifetime"),
        pytest.param(500_000, [0, 1000, 4000], 4050, 4050, ("register_reset",), id="all but the start count from zero"),
        pytest.param(
            1000, [2000], 5_000_000_000, 4_999_999_000, ("register_jump",), id="more than any charger delivers"
        ),
        pytest.param(1000, [], 5_000_000_000, 4_999_999_000, ("register_jump",), id="the same without values"),
    ],
)
def test_TX_09_energy_of_an_hour(
    start: int | None, between: list[float | None], stop: int | None, wh: int | None, flags: tuple[str, ...]
) -> None:
    energy = session(start, every(10, *between), stop)
    assert energy.wh == wh
    assert set(energy.flags) == set(flags)


# 6.6 kW for an hour are 6,600 Wh
@pytest.mark.parametrize(
    "stop, flags",
    [(6600, ()), (6000, ()), (7, ("unit_suspect",)), (6, ("unit_suspect",)), (1, ()), (100, ())],
)
def test_TX_09_kwh_told_as_wh(stop: int, flags: tuple[str, ...]) -> None:
    registers = every(10, *(round(stop * part / 6) for part in range(7)), power_w=6600)
    assert session(0, registers, stop).flags == flags


@pytest.mark.parametrize("stop", [None, 1000])
def test_a_charger_that_tells_only_its_power_is_estimated_by_it(stop: int | None) -> None:
    energy = session(1000, every(15, None, None, None, None, None, power_w=4000), stop)
    assert (energy.wh, energy.flags) == (4000, ("estimated",))


def test_a_little_power_while_nothing_is_charged_is_no_energy() -> None:
    energy = session(1000, every(15, None, None, power_w=20), 1000)
    assert (energy.wh, energy.flags) == (0, ())


def test_a_value_that_was_repeated_late_is_put_in_its_place() -> None:
    ten_past, half_past, twenty_past = every(10, 1200, 5000, 1400)
    late = [
        ten_past,
        Register(TEN + timedelta(minutes=20), half_past.energy_wh),
        Register(TEN + timedelta(minutes=10), twenty_past.energy_wh),
    ]
    assert session(1000, late, 6000) == Energy(Decimal(5000), Decimal(6000))
    assert session(1000, late, None) == Energy(Decimal(4000), Decimal(5000), ("estimated",))


# 20 kWh in no time: a clock that was never set, or a charger that tells everything at once?
@pytest.mark.parametrize("hours, flags", [(0.0, ("register_jump",)), (None, ()), (1.0, ())])
def test_time_says_nothing_where_the_clock_is_wrong(hours: float | None, flags: tuple[str, ...]) -> None:
    assert session(0, [], 20_000, hours).flags == flags


def test_without_a_clock_no_vehicle_takes_more_than_a_megawatt_hour() -> None:
    assert session(0, [], 1_000_001, None).flags == ("register_jump",)


values = st.one_of(st.none(), st.decimals(-(10**13), 10**13, places=3))


@given(start=values, between=st.lists(st.tuples(values, values), max_size=8), stop=values, hours=st.floats(0, 1000))
def test_TX_09_energy_is_never_negative_and_never_an_exception(
    start: Decimal | None, between: list[Any], stop: Decimal | None, hours: float
) -> None:
    history = [Register(TEN + timedelta(minutes=turn), wh, power) for turn, (wh, power) in enumerate(between)]
    energy = session_energy(start, history, stop, hours)
    assert energy.wh is None or energy.wh >= 0
    if energy.wh is None:
        assert energy.flags
    if stop is not None and 0 <= stop < 10**12:
        assert energy.stop_wh == stop


@given(
    st.lists(
        st.builds(
            Sample,
            value=st.text(),
            measurand=st.sampled_from([None, POWER, CURRENT, VOLTAGE, SOC]),
            unit=st.sampled_from([None, "kWh", "MWh", "?"]),
            exponent=st.integers(),
        )
    )
)
def test_TX_09_no_sample_is_an_exception(samples: list[Sample]) -> None:
    told = reading(samples)
    for value in (told.energy_wh, told.power_w, told.current_a, told.voltage_v, told.soc_percent):
        assert value is None or abs(value) < 10**12
