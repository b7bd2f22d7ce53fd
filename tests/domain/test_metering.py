"""What the samples of a charger mean: tables that a customer could read."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationmaster.domain.metering import Reading, Sample, number, reading

POWER, CURRENT, VOLTAGE, SOC = "Power.Active.Import", "Current.Import", "Voltage", "SoC"


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
        ({"value": "2500", "location": "Inlet"}, 2500, None),  # better than nothing
        ({"value": "2500", "location": "Body"}, 2500, None),
        ({"value": "2500", "measurand": "Energy.Active.Import.Interval"}, None, None),
        ({"value": "2500", "measurand": "Energy.Reactive.Import.Register"}, None, None),
        # A unit that nobody knows, or that is none of it, is recorded and counts for nothing.
        ({"value": "2500", "unit": "parsec"}, None, None),
        ({"value": "2500", "unit": "mwh"}, None, None),  # a thousandth of a Wh, or a million?
        ({"value": "2500", "measurand": "Energy.Active.Import.Register", "unit": "A"}, None, None),
        ({"value": "2500", "measurand": "Energy.Active.Import.Register", "unit": "varh"}, None, None),
        ({"value": "2500", "measurand": "Energy.Active.Import.Register", "unit": "x", "location": "Body"}, None, None),
        ({"value": "2500", "measurand": POWER, "unit": "hp"}, None, None),
        ({"value": "2.5", "unit": " KWH"}, 2500, None),
        ({"value": "2500", "unit": ""}, 2500, None),
    ],
    ids=lambda value: " ".join(map(str, value.values())) if isinstance(value, dict) else None,
)
def test_one_sample(sample: dict[str, Any], energy_wh: int | None, power_w: int | None) -> None:
    told = reading([Sample(**sample)])
    assert (told.energy_wh, told.power_w) == (energy_wh, power_w)


REGISTER = "Energy.Active.Import.Register"


@pytest.mark.parametrize(
    "samples, unread",
    [
        ([Sample("5", REGISTER, "parsec")], True),
        ([Sample("5", REGISTER, "Wh"), Sample("5", POWER, "hp")], True),
        ([Sample("5", REGISTER, "W", location="Body")], True),
        ([Sample("5", REGISTER, "kwh"), Sample("5", "Temperature", "parsec"), Sample("5", unit="varh")], False),
    ],
)
def test_a_unit_that_nobody_knows_is_told(samples: list[Sample], unread: bool) -> None:
    assert reading(samples).unread is unread


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
