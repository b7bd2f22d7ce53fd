"""M-21: how much a card may take in a day, a week or a month, by the clock of the site."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from stationmaster.domain import energy_budgets
from stationmaster.domain.energy_budgets import Period
from stationmaster.domain.money.facts import Reading

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    "period, at, begin",
    [
        ("month", "2026-11-26T10:00Z", "2026-10-31T23:00Z"),
        ("month", "2026-10-31T22:59Z", "2026-09-30T22:00Z"),  # 23:59 there; the month began in summer time
        ("month", "2026-10-31T23:00Z", "2026-10-31T23:00Z"),
        ("week", "2026-11-26T10:00Z", "2026-11-22T23:00Z"),  # a Monday
        ("day", "2026-11-26T23:30Z", "2026-11-26T23:00Z"),  # the 27th there
    ],
)
def test_M_21_a_period_begins_at_midnight_of_the_site(period: Period, at: str, begin: str) -> None:
    assert energy_budgets.begin_of(period, datetime.fromisoformat(at), BERLIN) == datetime.fromisoformat(begin)


def test_M_21_a_session_over_midnight_counts_with_its_energy_on_each_side() -> None:
    ten = datetime(2026, 10, 31, 22, tzinfo=UTC)
    readings = [Reading(ten, Decimal(0)), Reading(ten + timedelta(hours=2), Decimal(8000))]
    midnight = ten + timedelta(hours=1)
    assert energy_budgets.taken_since(readings, midnight) == 4000
    assert energy_budgets.taken_since(readings, ten - timedelta(hours=1)) == 8000
    assert energy_budgets.taken_since(readings, ten + timedelta(hours=3)) == 0
    assert energy_budgets.taken_since([], midnight) == 0
