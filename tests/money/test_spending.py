"""M-17, PAY-08: a session is ended while the next value of its meter cannot have gone over what there is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from stationmaster.domain.money import parsing, spending
from stationmaster.domain.money.changing import as_it_changes
from stationmaster.domain.money.facts import Reading, SessionFacts
from stationmaster.domain.money.rating import rate
from stationmaster.domain.money.spending import Outlook, Step

TEN = datetime(2026, 12, 1, 10, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
GROSS = parsing.parsed(
    {
        "currency": "EUR",
        "tax_included": True,
        "elements": [{"price_components": [{"type": "energy", "price": "0.79"}]}],
    }
)


@pytest.mark.parametrize(
    "kwh, step",
    [
        ("40.0", "go_on"),  # 31.60 of 50.00
        ("50.7", "warn"),  # 40.05: more than four fifths
        ("60.78", "warn"),  # 48.0162 and 1.975 more are 49.99
        ("60.79", "end"),  # 48.0241 and 1.975 more are 50.00
        ("62.9", "end"),
    ],
)
def test_M_17_one_interval_at_full_power_is_kept_back(kwh: str, step: Step) -> None:
    """0.79 a kWh, 50.00 held, 150 kW, a value each minute: one interval is at most 2.5 kWh, which are 1.975."""
    wh = Decimal(kwh) * 1000
    readings = [Reading(TEN + 19 * MINUTE, wh - 2000), Reading(TEN + 20 * MINUTE, wh)]
    facts = SessionFacts(begins_at=TEN, ends_at=TEN + 20 * MINUTE)
    watts, interval = spending.full_power(readings, 150_000), spending.interval_of(readings)
    then = spending.at_full_power(facts, readings, watts=watts, until=TEN + 20 * MINUTE + interval)
    spent, ahead = rate(facts, readings, GROSS, UTC).total, rate(*then, GROSS, UTC).total
    assert spending.step(Decimal("50.00"), Outlook(spent.amount, ahead.amount, ahead.amount)) == step


@pytest.mark.parametrize(
    "ahead, far, seconds",
    [
        ("2", "12", 300),  # far away: every five minutes
        ("42", "52", 120),  # 8 left at 2 a minute are 4 minutes; half of them
        ("50", "60", 5),
        ("3", "3", 300),  # nothing is used
        ("0", "100", 75),  # too little to be billed so far, and then much at once
    ],
)
def test_who_is_far_from_the_limit_is_looked_at_seldom(ahead: str, far: str, seconds: int) -> None:
    outlook = Outlook(Decimal(0), Decimal(ahead), Decimal(far))
    assert spending.pause(Decimal(50), outlook) == timedelta(seconds=seconds)


def test_what_a_connector_can_deliver_and_how_often_it_tells_is_guessed_where_nobody_knows() -> None:
    told = [Reading(TEN, Decimal(0)), Reading(TEN + 15 * MINUTE, Decimal(2000), Decimal(11_000))]
    assert (spending.full_power(told, 150_000), spending.full_power(told, None)) == (150_000, 11_000)
    assert spending.full_power([], None) == spending.USUAL_W
    assert (spending.interval_of(told), spending.interval_of([])) == (15 * MINUTE, MINUTE)


def simple(price: str) -> object:
    return parsing.simple("EUR", price_per_kwh=Decimal(price), price_per_session=Decimal("0.50"))


def test_a_price_that_follows_its_changes_holds_for_its_own_time_only() -> None:
    """0.40 until 10:30, 0.60 from then on, 10 kWh in an hour: 0.50 + 5 × 0.40 + 5 × 0.60; the fee is paid once."""
    versions = [(TEN - MINUTE, simple("0.40")), (TEN + 30 * MINUTE, simple("0.60"))]
    facts = SessionFacts(begins_at=TEN, ends_at=TEN + 60 * MINUTE)
    readings = [Reading(TEN + 60 * MINUTE, Decimal(10_000))]
    bill = rate(facts, readings, as_it_changes(TEN, versions), UTC)  # type: ignore[arg-type]
    assert (str(bill.total), [str(line.amount.amount) for line in bill.lines]) == ("5.50 EUR", ["0.50", "2.00", "3.00"])


def test_another_currency_cannot_go_on_with_a_session() -> None:
    yen = parsing.simple("JPY", price_per_kwh=Decimal(60))
    whole = as_it_changes(TEN, [(TEN - MINUTE, GROSS), (TEN + MINUTE, yen)])
    assert whole == GROSS
