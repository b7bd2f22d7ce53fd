"""How much energy a session took: a table that a customer would understand. Registers in Wh, from ten o'clock on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from stationmaster.domain import energy
from stationmaster.domain.energy import Energy, Point

TEN = datetime(2026, 11, 1, 10, tzinfo=UTC)
Value = float | str | None


def points(
    values: Mapping[float, Value], power_w: Mapping[float, float] | float | None = None, **words: Any
) -> list[Point]:
    """A register at each of these minutes, and a power: always the same, or at minutes of its own."""
    told = {} if not isinstance(power_w, Mapping) else power_w
    always = None if isinstance(power_w, Mapping) or power_w is None else Decimal(str(power_w))
    found = [
        Point(TEN + timedelta(minutes=minute), None if wh is None else Decimal(str(wh)), always, **words)
        for minute, wh in values.items()
    ]
    return found + [Point(TEN + timedelta(minutes=minute), None, Decimal(str(w))) for minute, w in told.items()]


def session(start: Value, between: list[Point], stop: Value, *, minutes: float = 60, **words: Any) -> Energy:
    return energy.of_session(
        None if start is None else Decimal(str(start)),
        between,
        None if stop is None else Decimal(str(stop)),
        started_at=TEN,
        stopped_at=TEN + timedelta(minutes=minutes),
        **words,
    )


def row(name: str, start: Value, between: Any, stop: Value, wh: Value, *flags: str, **words: Any) -> Any:
    return pytest.param(start, between, stop, wh, flags, words, id=name)


GROWTH = {0: 0, 10: 1800, 20: 3600, 30: 5500, 40: 7300, 50: 9100}  # 11 kW: what a session shows from zero on


def lifted(wh: float, growth: Mapping[float, float] = GROWTH) -> dict[float, Value]:
    return {minute: wh + grown for minute, grown in growth.items()}


# the register at the begin, those on the way (by minute), the one at the end: the energy, and what a person should look at
PLAIN = [
    row("the difference of the two ends", 1000, {}, 6000, 5000),
    row("with values on the way", 1000, {10: 2000, 30: 4000}, 6000, 5000),
    row("nothing was charged", 0, {10: 0, 30: 0}, 0, 0),
    row("nothing was charged, and nothing told on the way", 4711, {}, 4711, 0),
    row("a value without a register", 1000, {10: 2000, 20: None, 30: 4000}, 6000, 5000),
    row("a negative value is none", 1000, {10: -3, 20: 2000}, 6000, 5000),
    row("a value beyond all measure is none", 1000, {10: 10**12, 20: 2000}, 6000, 5000),
    row("fractions of a watt-hour", "1000.25", {10: "2000.125"}, "6000.5", "5000.25"),
    row("a value told twice", 1000, [*points({10: 2000}), *points({10: 2000}), *points({30: 4000})], 6000, 5000),
    row("a value told late", 1000, [*points({30: 4000}), *points({10: 2000})], 6000, 5000),
    row("all values told at the end, in the wrong order", 0, points(dict(reversed(GROWTH.items()))), 11_000, 11_000),
    row(
        "a register that is read only now and then", 0, {10: 0, 20: 0, 30: 0, 40: 0, 50: 0}, 9000, 9000, rated_w=11_000
    ),
    row("a value after the stop", 0, {10: 1800, 61: 11_000}, 11_000, 11_000),
    row("a value before the start, by a clock that is off", 1000, {-1: 1000, 10: 2000}, 6000, 5000),
    row("a truck at a megawatt", 0, points({10: 150_000, 50: 800_000}, 1_000_000), 980_000, 980_000),
    row("a clock that was never set", 0, {}, 20_000, 20_000, minutes=0, clock=False),
]
ROUNDED = [
    row("E1 a value told with fractions, a stop without", 0, {30: "85.04"}, 85, 85),
    row("E1 a value told as 1.24 kWh", 0, points({30: 1240}, resolution_wh=10), 1236, 1236),
    row("E1 a value told as 1.3 kWh", 0, points({30: 1300}, resolution_wh=100), 1260, 1260),
    row("E1 a value told as 2 kWh", 0, points({30: 2000}, resolution_wh=1000), 1600, 1600),
    row("E1 the stop is cut off", 2_250_000, {30: "2259988.6"}, 2_259_988, 9988),
    row("E1 a stop one watt-hour below the start", 5000, {}, 4999, 0),
    row("E1 the same with a value", 5000, {30: 5000}, 4999, 0),
    row("E1 a start that is rounded up", 1001, {10: "1000.4", 30: 3000}, 6000, 4999),
    row("E1 a register always told in whole kWh", 1600, {10: 2000, 20: 4000, 30: 6000, 40: 8000}, 7700, 6100),
    row("E1 a start of finer digits than the values", 1240, points({10: 1230, 30: 3410}, resolution_wh=10), 6000, 4760),
    row("but two watt-hours are more than rounding", 5000, {}, 4998, None, "register_rollback"),
    row(
        "and so is more than the last digit", 0, points({30: 1300}, resolution_wh=100), 1150, 1150, "register_rollback"
    ),
]
OUTLIERS = [
    row(
        "E2 one zero among millions", 16e6, {10: 16_000_500, 20: 0, 30: 16_003_000, 40: 16_006_000}, 16_010_000, 10_000
    ),
    row("E2 two zeros", 16e6, {10: 16_000_500, 20: 0, 30: 0, 40: 16_006_000}, 16_010_000, 10_000),
    row("E2 one that is far too high", 16e6, {10: 16_000_500, 20: 99e6, 30: 16_003_000}, 16_010_000, 10_000),
    row("E2 the first one", 16e6, {10: 0, 20: 16_001_000, 30: 16_003_000}, 16_010_000, 10_000),
    row("E2 the last one", 16e6, {10: 16_001_000, 30: 16_003_000, 50: 0}, 16_010_000, 10_000),
    row("E2 nothing but zeros", 16e6, {10: 0, 20: 0, 30: 0, 40: 0}, 16_010_000, 10_000),
    row("E2 a zero in a young meter", 1000, {10: 1500, 20: 0, 30: 2500, 40: 3000}, 3500, 2500),
    row("E2 without a stop", 16e6, {10: 16_000_500, 20: 0, 30: 16_003_000}, None, 3000, "estimated"),
]
FALLS = [
    row("it ran backwards", 6000, {}, 1000, None, "register_rollback"),
    row("it ran backwards on the way", 1000, {10: 4000, 20: 3900}, 6000, 5000, "register_rollback"),
    row("up and down", 1000, {10: 5000, 20: 900, 30: 5000, 40: 900}, 950, None, "register_rollback"),
    row("it began again at zero: both parts", 1000, {10: 3000, 20: 0, 30: 500}, 800, 2800, "register_reset"),
    row("began again, and no stop", 1000, {10: 3000, 20: 0, 30: 500}, None, 2500, "estimated", "register_reset"),
    row("began again twice", 1000, {10: 3000, 20: 0, 25: 900, 30: 1500, 40: 100, 50: 500}, 800, 4300, "register_reset"),
    row(
        "began again, and passed where it had been",
        1000,
        {5: 1500, 10: 2000, 15: 300, 20: 800, 25: 1300, 30: 1800, 35: 2300},
        2800,
        1800,
        "register_reset",
    ),
    row(
        "began again with the session, and passed the start",
        1000,
        {10: 0, 30: 400, 50: 900},
        1400,
        1400,
        "register_reset",
    ),
]
TWO_REGISTERS = [
    row("counts from zero, ends of a lifetime", 500_000, {10: 0, 20: 1000, 50: 4000}, 504_050, 4050),
    row("E2 counts for a lifetime, ends from zero", 0, lifted(941_750), 11_000, 11_000, rated_w=11_000),
    row("E2 the same in a young meter", 5000, {10: 0, 20: 1000, 50: 4000}, 9050, 4050),
    row("E2 only one value, from zero", 500_000, {50: 4000}, 504_050, 4050),
    row("all but the start count from zero", 500_000, {10: 0, 20: 1000, 50: 4000}, 4050, 4050, "register_reset"),
    row("all but the stop count for a lifetime", 500_000, lifted(500_000), 11_000, None, "register_rollback"),
    row(
        "E4 those with the transaction's id are the session's",
        0,
        [*points({10: 895, 30: 1500}), *points({15: 1_234_900, 45: 1_236_100}, by_id=False)],
        3000,
        3000,
    ),
    row(
        "E4 those with the id are the house's",
        0,
        [*points({10: 895, 30: 1500}, by_id=False), *points({15: 1_234_900, 45: 1_236_100})],
        3000,
        3000,
    ),
    row("E4 in turns, all with the id", 0, {10: 895, 15: 1_234_900, 30: 1500, 45: 1_236_100}, 3000, 3000),
    row("E4 the house's first", 0, {5: 1_234_900, 10: 895, 15: 1_235_100, 30: 1500}, 3000, 3000),
    row("E4 without a stop", 0, {10: 895, 15: 1_234_900, 30: 1500, 45: 1_236_100}, None, 1500, "estimated"),
    row("E4 two that are close", 0, {10: 1800, 15: 30_000, 20: 3600, 25: 30_100, 30: 5500}, 11_000, 11_000),
    row("the begin told again each time", 1000, {0: 1000, 10: 2800, 11: 1000, 20: 4600, 21: 1000}, 12_000, 11_000),
    row(
        "the begin told again, and named so",
        1000,
        [*points({10: 2800, 20: 4600}), *points({10: 1000, 20: 1000}, context="Transaction.Begin")],
        12_000,
        11_000,
    ),
    row("values in kWh told as Wh, ends in Wh", 16_000, {10: 17, 30: 21, 50: 25}, 26_000, 10_000),
    row(
        "values in Wh told as kWh, ends in Wh", 16_000, {10: 17_800_000, 30: 21_500_000, 50: 25_100_000}, 27_000, 11_000
    ),
    row("values that tell of three times as much", 1000, {10: 900_000, 50: 909_000}, 4000, None, "registers_disagree"),
]
JUMPS = [
    row(
        "M-22 a lifetime is not a session", 0, {5: 941_750, 55: 947_250}, 950_000, None, "register_jump", rated_w=11_000
    ),
    row(
        "M-22 known by the power told",
        0,
        points({5: 941_750, 30: 944_000, 55: 947_250}, 11_000),
        950_000,
        None,
        "register_jump",
    ),
    row("M-22 nothing known of its power", 0, {5: 941_750, 55: 947_250}, 950_000, None, "register_jump"),
    row("M-22 without values", 0, {}, 950_000, None, "register_jump"),
    row("M-22 without a stop", 0, {5: 941_750, 55: 947_250}, None, None, "estimated", "register_jump"),
    row("M-22 11 kWh in an hour at 11 kW", 0, GROWTH, 11_000, 11_000, rated_w=11_000),
    row("M-22 the most: a quarter more, and a kilowatt-hour", 0, {}, 14_750, 14_750, rated_w=11_000),
    row("M-22 a watt-hour beyond that", 0, {}, 14_751, None, "register_jump", rated_w=11_000),
    row("M-22 100 kWh in ten minutes at 11 kW", 0, {}, 100_000, None, "register_jump", minutes=10, rated_w=11_000),
    row("M-22 the same by power told", 0, points({5: 50_000}, 11_000), 100_000, None, "register_jump", minutes=10),
    row("M-22 150 kW takes that", 0, {}, 25_000, 25_000, minutes=10, rated_w=150_000),
    row(
        "E3 a jump on the way, though six hours could hold it",
        0,
        {5: 1000, 10: 2000, 11: 52_000, 16: 53_000},
        60_000,
        None,
        "register_jump",
        minutes=360,
        rated_w=11_000,
    ),
    row(
        "E3 a jump at the end",
        0,
        points({10: 1800, 358: 2000}),
        50_000,
        None,
        "register_jump",
        minutes=360,
        rated_w=11_000,
    ),
    row(
        "E3 a jump at the begin",
        0,
        {1: 50_000, 120: 52_000},
        60_000,
        None,
        "register_jump",
        minutes=360,
        rated_w=11_000,
    ),
    row("more than any charger delivers", 1000, {10: 2000}, 5_000_000_000, None, "register_jump"),
    row("in no time", 0, {}, 20_000, None, "register_jump", minutes=0),
    row("without a clock, more than any vehicle takes", 0, {}, 1_000_001, None, "register_jump", clock=False),
]
BEGIN = points({0: 2000}, context="Transaction.Begin")
MISSING = [
    row("no stop: up to the last register", 1000, {10: 2000, 30: 4000}, None, 3000, "estimated"),
    row("no stop and no values", 1000, {}, None, None, "estimated"),
    row("no start: from the value of the begin", None, [*BEGIN, *points({30: 4000})], 6000, 4000, "estimated"),
    row("no start, and no value is said to be of the begin", None, {0: 2000, 30: 4000}, 6000, None, "estimated"),
    row("no start and no stop", None, [*BEGIN, *points({30: 4000})], None, 2000, "estimated"),
    row("nothing at all", None, {}, None, None, "estimated"),
    row("a negative start is none", -5, {20: 2000}, 6000, None, "estimated"),
    row("a negative stop is none", 1000, {10: 2000}, -5, 1000, "estimated"),
    row("an absurd stop is none", 1000, {10: 2000}, 10**12, 1000, "estimated"),
    row("only power, no stop", 1000, points(dict.fromkeys(range(0, 61, 15)), 4000), None, 4000, "estimated"),
    row(
        "only power, and a register that stands still",
        1000,
        points(dict.fromkeys(range(0, 61, 15)), 4000),
        1000,
        4000,
        "estimated",
    ),
    row(
        "a register that stands still, told as well",
        1000,
        points(dict.fromkeys(range(0, 61, 15), 1000), 4000),
        None,
        4000,
        "estimated",
    ),
    row(
        "only power, for half an hour with a gap of ten hours",
        0,
        points({}, {0: 4000, 15: 4000, 615: 4000, 630: 4000}),
        None,
        4000,
        "estimated",
        minutes=630,
    ),
    row("a little power while nothing is charged", 1000, points({}, {0: 20, 15: 20}), 1000, 0),
    row(
        "E5 only the charger's own meter, no stop",
        1000,
        points({10: 2000, 50: 4000}, location="Body"),
        None,
        3000,
        "estimated",
    ),
    row(
        "E5 that counts something else", 0, points({0: 880_000, 50: 884_000}, location="Body"), None, 4000, "estimated"
    ),
    row(
        "E5 beside the outlet's it says nothing",
        0,
        [*points({10: 1800, 50: 9000}), *points({30: 99_000}, location="Body")],
        11_000,
        11_000,
    ),
    row("E5 with both ends it is a witness", 1000, points({10: 2000, 50: 4000}, location="Body"), 6000, 5000),
]
WITNESSES = [
    row("11 kW for an hour", 0, points(GROWTH, 11_000), 11_000, 11_000),
    row("kWh told as Wh", 0, points({10: 1, 20: 2, 30: 3, 40: 4, 50: 5}, 6600), 7, 7, "unit_suspect"),
    row("kWh told as Wh, with fractions", "16.4", points({10: "17.5", 30: "19.7", 50: "21.9"}, 6600), "23.0", "6.6", "unit_suspect"),
    row("far less than the power says", 0, points({10: 15, 20: 30, 30: 45, 40: 65, 50: 80}, 6600), 100, 100, "power_disagrees"),
    row("far more than the power says", 0, points({10: 1500, 30: 4500, 50: 7500}, dict.fromkeys(range(5, 50, 5), 1000) | {50: 8000, 55: 1000}), 9000, 9000, "power_disagrees"),
    row("a charger that always tells 0 W", 0, points(GROWTH, 0), 11_000, 11_000),
    row("kW told as W", 0, points(GROWTH, 11), 11_000, 11_000),
    row("0 W at the begin and the end", 0, points({}, {0: 0, 60: 0}), 11_000, 11_000),
]  # fmt: skip
EVERY = PLAIN + ROUNDED + OUTLIERS + FALLS + TWO_REGISTERS + JUMPS + MISSING + WITNESSES


@pytest.mark.parametrize("start, between, stop, wh, flags, words", EVERY)
def test_the_energy_of_a_session(
    start: Value, between: Any, stop: Value, wh: Value, flags: tuple[str, ...], words: dict[str, Any]
) -> None:
    found = session(start, points(between) if isinstance(between, dict) else between, stop, **words)
    assert (found.wh, found.flags) == (None if wh is None else Decimal(str(wh)), flags)
    assert found.held == bool(flags)
    if wh is None:
        assert found.series == ()
    else:
        assert found.series[-1].wh == found.wh
        assert all(before.wh <= after.wh for before, after in zip(found.series, found.series[1:], strict=False))


@pytest.mark.parametrize("start, between, stop, wh, flags, words", EVERY)
def test_the_figures_are_the_same_for_who_asks_for_no_reasons(
    start: Value, between: Any, stop: Value, wh: Value, flags: tuple[str, ...], words: dict[str, Any]
) -> None:
    told = points(between) if isinstance(between, dict) else between
    full, short = session(start, told, stop, **words), session(start, told, stop, reasons=False, **words)
    assert short == energy.Energy(full.wh, full.stop_wh, full.flags, full.held)


# What a page shows while the session runs, value by value, and what it shows after it was loaded anew
@pytest.mark.parametrize(
    "start, values, shown, loaded",
    [
        pytest.param(1000, {10: 2000, 20: 3500}, [1000, 2500], 2500, id="it goes on"),
        pytest.param(0, {10: 895, 15: 1_234_900, 30: 1500, 45: 1_236_100}, [895, None, 1500, None], 1500, id="E4"),
        pytest.param(0, {10: 941_750, 20: 943_000}, [None, None], None, id="M-22"),
        pytest.param(16e6, {10: 16_000_500, 20: 0, 30: 16_003_000}, [500, None, 3000], 3000, id="E2"),
        pytest.param(500_000, {10: 0, 20: 1000, 30: 2500}, [0, 1000, 2500], 2500, id="counts from zero"),
        pytest.param(1000, {}, [], None, id="nothing told yet"),
        pytest.param(1000, {10: 1002, 20: 1001}, [2, 1], 1, id="E1 rounding"),
    ],
)
def test_E4_what_is_shown_of_a_running_session_is_what_the_engine_says(
    start: float, values: dict[float, Value], shown: list[float | None], loaded: float | None
) -> None:
    told = points(values)
    watching = energy.Running(Decimal(start), TEN)
    assert [watching.add(point) for point in told] == shown
    engine = energy.of_session(Decimal(start), told, None, started_at=TEN).wh
    assert engine == loaded
    assert energy.so_far(Decimal(start), told[-energy.RECENT :], TEN) in (loaded, None)


def test_E4_a_value_that_stays_refused_is_believed_in_the_end() -> None:
    watching = energy.Running(Decimal(0), TEN)
    assert watching.add(points({10: 40_000})[0]) == 40_000  # a stray one: nothing better was known
    later = [watching.add(point) for point in points({minute: minute * 100 for minute in range(11, 18)})]
    assert later == [None] * 5 + [1600, 1700]
