"""How much a car is offered, and whether its own plan keeps to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stationmaster.domain.car_plans import Needs, keeps_to, offered, period_at
from stationmaster.domain.charging_profiles import ChargingProfile, Period

AT = datetime(2026, 11, 1, 10, tzinfo=UTC)
AC, DC = Needs("A", 32, 3), Needs("W", 150_000)


def limit(purpose: Any, *periods: Period, **more: Any) -> ChargingProfile:
    return ChargingProfile(purpose, list(periods), **({"starts_at": AT} | more))


@pytest.mark.parametrize(
    "needs, limiting, rated_w, most",
    [
        (AC, [], None, 32),
        (AC, [limit("station_max", Period(0, 16))], None, 16),
        (AC, [limit("station_max", Period(0, 63)), limit("session_default", Period(0, 10))], None, 10),
        (AC, [limit("session_default", Period(0, 6_900), unit="W")], None, 10),  # three phases at 230 V
        (AC, [limit("station_max", Period(0, 16), valid_to=AT)], None, 32),  # is over
        (AC, [limit("station_max", Period(0, 16), starts_at=AT + timedelta(hours=1))], None, 32),  # is still to come
        (AC, [limit("session_default", Period(0, 20), Period(60, 8), kind="relative", starts_at=None)], None, 8),
        (AC, [], 11_040, 16),
        (Needs("A", 32, 1), [], 3_680, 16),
        (DC, [], 50_000, 50_000),
        (DC, [limit("station_max", Period(0, 100))], None, 69_000),
    ],
)
def test_a_car_is_offered_what_it_can_take_within_what_limits_it(
    needs: Needs, limiting: list[ChargingProfile], rated_w: int | None, most: float
) -> None:
    profile = offered(needs, limiting, rated_w, at=AT, number=7, session="tx-1")
    assert (profile.purpose, profile.session, profile.id, profile.starts_at) == ("session", "tx-1", 7, AT)
    assert profile.periods == [Period(0, pytest.approx(most), needs.phases)]
    assert (profile.unit, profile.duration_s) == (needs.unit, 86_400)


@pytest.mark.parametrize(
    "leaves, duration_s", [(timedelta(hours=2), 7200), (timedelta(days=3), 86_400), (-timedelta(1), 86_400)]
)
def test_a_plan_lasts_until_the_car_leaves_or_for_a_day(leaves: timedelta, duration_s: int) -> None:
    needs = Needs("A", 32, 3, leaves_at=AT + leaves)
    assert offered(needs, [], None, at=AT, number=7, session="tx-1").duration_s == duration_s


OFFER = limit("session", Period(0, 16, 3), Period(3600, 8, 3), duration_s=7200)


@pytest.mark.parametrize(
    "plan, unit, after_s, kept",
    [
        ([Period(0, 16), Period(3600, 8)], "A", 0, True),
        ([Period(0, 16)], "A", 0, False),  # still 16 A when 8 are allowed
        ([Period(0, 16), Period(3599, 8)], "A", 0, True),
        ([Period(0, 8), Period(60, 16.5), Period(120, 8)], "A", 0, False),
        ([Period(0, 8)], "A", -60, True),  # begins before the offer, which allows nothing there and forbids nothing
        ([Period(0, 16), Period(600, 8)], "A", 3000, True),
        ([Period(0, 16), Period(601, 8)], "A", 3000, False),
        ([Period(0, 16)], "A", 7200, True),  # the offer is over
        ([Period(0, 11_040), Period(3600, 5_520)], "W", 0, True),
        ([Period(0, 12_000), Period(3600, 5_520)], "W", 0, False),
        ([Period(0, 3_680, 1), Period(3600, 1_840, 1)], "W", 0, True),
        ([Period(3600, 8), Period(0, 16)], "A", 0, True),  # told in no order
        ([], "A", 0, True),
    ],
)
def test_a_plan_keeps_to_an_offer_at_every_moment(plan: list[Period], unit: Any, after_s: int, kept: bool) -> None:
    assert keeps_to(plan, unit, AT + timedelta(seconds=after_s), OFFER) is kept


def test_a_relative_offer_begins_with_the_plan() -> None:
    relative = limit("session", Period(0, 16), Period(60, 8), kind="relative", starts_at=None)
    assert keeps_to([Period(0, 16), Period(60, 8)], "A", AT, relative)
    assert not keeps_to([Period(0, 16), Period(61, 8)], "A", AT, relative)


def test_a_recurring_limit_holds_every_day() -> None:
    night = limit("session_default", Period(0, 8), Period(6 * 3600, 32), kind="recurring", recurrency="daily")
    assert period_at(night, AT + timedelta(days=2, hours=5)) == Period(0, 8)
    assert period_at(night, AT + timedelta(days=2, hours=6)) == Period(6 * 3600, 32)
