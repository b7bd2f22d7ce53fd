"""What a schedule becomes for a charger that knows another unit (S-06) or takes fewer periods (S-07): never more than was asked."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from stationmaster.domain.charging_profiles import ChargingProfile, Period, check, convert, fit, shortened
from stationmaster.domain.errors import Invalid

QUARTER, HOUR = 900, 3600


def limits(periods: list[Period]) -> list[tuple[int, float]]:
    return [(each.start_s, each.limit) for each in periods]


def limit_at(periods: list[Period], second: int) -> float:
    return [each.limit for each in periods if each.start_s <= second][-1]


@pytest.mark.parametrize(
    "limit, phases, unit, expected",
    [(16, 3, "W", 11_040), (6, 3, "W", 4_140), (16, 1, "W", 3_680), (16, None, "W", 11_040), (11_040, 3, "A", 16)],
)
def test_S_06_amperes_and_watts(limit: float, phases: int | None, unit: Any, expected: float) -> None:
    assert convert(limit, phases, to=unit) == expected


def test_S_06_a_charger_that_only_knows_watts_gets_watts() -> None:
    asked = ChargingProfile("station_max", [Period(0, 16, 3), Period(HOUR, 6, 3), Period(2 * HOUR, 16, 1)], min_rate=6)
    fitted = fit(asked, units=frozenset({"W"}))
    assert (fitted.unit, limits(fitted.periods)) == ("W", [(0, 11_040), (HOUR, 4_140), (2 * HOUR, 3_680)])
    assert (fitted.min_rate, len(fitted.remarks)) == (4_140, 1)
    for units in (frozenset(), frozenset({"A"}), frozenset({"A", "W"})):
        as_asked = fit(asked, units=units)  # type: ignore[arg-type]
        assert (as_asked.unit, as_asked.periods, as_asked.remarks) == ("A", asked.periods, [])


def test_S_06_what_is_converted_is_never_more_than_asked() -> None:
    [period] = fit(ChargingProfile("station_max", [Period(0, 11_000)], unit="W"), units=frozenset({"A"})).periods
    assert period.limit == 15.9  # 15.942


def test_S_07_neighbours_of_one_value_are_one() -> None:
    plan = [Period(index * QUARTER, 16 if index < 40 else 8) for index in range(96)]
    assert limits(shortened(plan, 24)) == [(0, 16), (40 * QUARTER, 8)]


def test_S_07_a_price_plan_of_96_quarters_becomes_hours_and_covers_the_day() -> None:
    plan = [Period(index * QUARTER, 6 + index // 4 % 3 + index % 4) for index in range(96)]
    fewer = shortened(plan, 24, until_s=24 * HOUR)
    assert len(fewer) == 24
    assert limits(fewer) == [(hour * HOUR, 6 + hour % 3) for hour in range(24)]
    for second in range(0, 24 * HOUR, 300):
        assert limit_at(fewer, second) <= limit_at(plan, second), second


@pytest.mark.parametrize("longest", [1, 2, 3, 7, 11, 23])
@pytest.mark.parametrize("shape", [lambda n: n % 7, lambda n: 32 - n % 32, lambda n: 16 if n % 2 else 6])
def test_S_07_however_few_it_takes_no_moment_allows_more(longest: int, shape: Any) -> None:
    plan = [Period(0, 20), *(Period(700 + index * 1100, 6 + shape(index)) for index in range(90))]
    fewer = shortened(plan, longest)
    assert 1 <= len(fewer) <= longest
    assert fewer[0].start_s == 0
    for second in range(0, 120_000, 100):
        assert limit_at(fewer, second) <= limit_at(plan, second), second


def test_S_07_what_fits_is_left_as_it_is() -> None:
    plan = [Period(0, 6), Period(10, 6), Period(20, 7)]
    assert fit(ChargingProfile("station_max", plan), longest=3).periods == plan


PERIODS = [Period(0, 16)]


@pytest.mark.parametrize(
    "facts, evse, field",
    [
        ({"periods": [Period(1, 16)]}, 0, "profile.periods"),
        ({"periods": [Period(0, 16), Period(0, 8)]}, 0, "profile.periods"),
        ({"periods": [Period(0, 16), Period(HOUR, 8)], "duration_s": HOUR}, 0, "profile.periods"),
        ({"purpose": "external"}, 0, "profile.purpose"),
        ({"kind": "dynamic", "periods": [Period(0, 1), Period(60, 2)]}, 0, "profile.periods"),
        ({"kind": "dynamic", "starts_at": datetime(2026, 11, 1, tzinfo=UTC)}, 0, "profile.starts_at"),
        ({"update_every_s": 60}, 0, "profile.update_every_s"),
        ({"kind": "relative"}, 0, "profile.kind"),
        ({"kind": "recurring"}, 0, "profile.recurrency"),
        ({"recurrency": "daily"}, 0, "profile.recurrency"),
        ({"kind": "recurring", "recurrency": "daily"}, 0, "profile.starts_at"),
        ({}, 1, "evse"),
        ({"purpose": "session", "session": "x"}, 0, "evse"),
        ({"purpose": "session"}, 1, "profile.session"),
        ({"session": "x"}, 0, "profile.session"),
    ],
)
def test_what_can_be_no_profile_is_refused_at_its_field(facts: dict[str, Any], evse: int, field: str) -> None:
    profile = ChargingProfile(**{"purpose": "station_max", "periods": PERIODS} | facts)
    with pytest.raises(Invalid) as error:
        check(profile, evse=evse)
    assert error.value.field == field
