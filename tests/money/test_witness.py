"""Two ways to one price: the rater, and a witness that walks second by second (`witness.py`), on tariffs and sessions made at random."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from stationmaster.domain.money import clock
from stationmaster.domain.money.bill import Bill
from stationmaster.domain.money.facts import Reading, Reservation, SessionFacts, StateChange
from stationmaster.domain.money.rating import rate, rate_expired
from stationmaster.domain.money.tariff_version import (
    Element,
    PriceComponent,
    PriceLimit,
    Restrictions,
    TariffVersion,
    Tax,
)
from stationmaster.domain.opening_hours import DAYS
from tests.money import witness

ZONES = [ZoneInfo(name) for name in ("Europe/Berlin", "Asia/Kolkata", "America/St_Johns", "UTC")]
# Nights in which the clock is set, a holiday's midnight, the end of a week and of a year, and an afternoon.
NIGHTS = [
    "2026-10-25T00:10",
    "2027-03-28T00:10",
    "2026-12-24T22:40",
    "2026-12-31T22:50",
    "2026-12-06T22:45",
    "2026-12-02T15:50",
]
CLOCKS = ["00:00", "01:30", "02:30", "03:00", "05:15", "16:00", "16:20", "18:30", "23:00", "23:20"]
TAXES = [
    (),
    (Tax("VAT", Decimal(19)),),
    (Tax("GST", Decimal(5)), Tax("QST", Decimal("9.975"))),
    (Tax("GST", Decimal(5)),),
]
PRICES = {"EUR": ["0", "0.30", "0.455", "0.3333", "1"], "JPY": ["0", "55", "33.5"], "KWD": ["0.045", "0.0015", "0.1"]}


def some_tariff(draw: random.Random) -> TariffVersion:
    currency = draw.choice(["EUR", "EUR", "JPY", "KWD"])
    elements = tuple(some_element(draw, currency) for _ in range(draw.randint(0, 4)))
    if not elements or draw.random() < 0.6:
        elements += (
            Element(
                price_components=(some_component(draw, "energy", currency), some_component(draw, "time", currency))
            ),
        )
    included = draw.random() < 0.3
    unit = {"EUR": Decimal("1.37"), "JPY": Decimal(61), "KWD": Decimal("0.071")}[currency]

    def limit(times: int) -> PriceLimit | None:
        if draw.random() < 0.75:
            return None
        before = None if included else draw.choice([None, unit * times])
        after = unit * times if included or before is None else draw.choice([None, unit * times + unit])
        return PriceLimit(before_taxes=before, after_taxes=after)

    return TariffVersion(
        currency=currency,
        elements=elements,
        tax_included=included,
        min_price=limit(1),
        max_price=limit(3),
        grace_minutes=draw.choice([0, 0, 3, 10]),
        idle_below_w=draw.choice([0, 100, 1500]),
        bill_from_wh=draw.choice([0, 0, 100]),
        holidays="DE",
    )


def some_element(draw: random.Random, currency: str) -> Element:
    types = draw.sample(["energy", "time", "parking_time", "flat"], draw.randint(1, 4))
    reservation = draw.choice([None, None, None, None, "reservation", "reservation_expires"])
    if reservation is not None:
        types = [one for one in types if one in ("time", "flat")] or ["flat"]
    return Element(
        price_components=tuple(some_component(draw, one, currency) for one in types),
        restrictions=some_restrictions(draw, reservation),
    )


def some_component(draw: random.Random, type: Any, currency: str) -> PriceComponent:
    timed = type in ("time", "parking_time")
    return PriceComponent(
        type=type,
        price=Decimal(draw.choice(PRICES[currency])),
        per=draw.choice(["hour", "minute"]) if timed else "hour",
        step_size=1 if type == "flat" else draw.choice([1, 1, 60, 250, 600]),
        max_price=Decimal(draw.choice([1, 2])) if draw.random() < 0.15 else None,
        taxes=draw.choice(TAXES),
    )


def some_restrictions(draw: random.Random, reservation: Any) -> Restrictions:
    def rarely(*choices: Any) -> Any:
        return draw.choice(choices) if draw.random() < 0.15 else None

    begin, end = draw.sample(CLOCKS, 2) if draw.random() < 0.5 else (rarely(*CLOCKS), None)
    energetic = reservation is None
    return Restrictions(
        start_time=begin,
        end_time=end,
        start_date=rarely(date(2026, 12, 25), date(2027, 1, 1)),
        end_date=rarely(date(2026, 12, 25), date(2027, 1, 1)),
        day_of_week=rarely(DAYS[:5], DAYS[5:], ("sunday",)) or (),
        public_holiday=rarely(True, False),
        min_kwh=rarely(Decimal(2), Decimal("3.3")) if energetic else None,
        max_kwh=rarely(Decimal(2), Decimal("5.007")) if energetic else None,
        min_power=rarely(Decimal(4), Decimal("7.2")) if energetic else None,
        max_power=rarely(Decimal(4), Decimal(9)) if energetic else None,
        min_duration=rarely(600, 1111),
        max_duration=rarely(600, 1800),
        reservation=reservation,
    )


def some_session(draw: random.Random) -> tuple[SessionFacts, list[Reading]]:
    begins_at = datetime.fromisoformat(draw.choice(NIGHTS)).replace(tzinfo=UTC) - timedelta(
        minutes=draw.randint(0, 40), milliseconds=draw.choice([0, 0, 300])
    )
    length_s = draw.choice([1, 59, 600, 900, 1500])
    told = sorted(draw.sample(range(length_s + 1), min(draw.randint(1, 6), length_s)))
    wh, readings = 0, []
    for second in told:
        wh += draw.choice([0, 0, 3, 333, 1234, 2500, 4999])
        power = draw.choice([None, None, Decimal(0), Decimal(3680)])
        readings.append(
            Reading(begins_at + timedelta(seconds=second, milliseconds=draw.choice([0, 600])), Decimal(wh), power)
        )
    states = tuple(
        StateChange(begins_at + timedelta(seconds=second), draw.choice(["connected", "charging", "suspended_by_car", "suspended_by_charger", "idle"]))
        for second in sorted(draw.sample(range(-5, length_s + 5), draw.randint(0, 4)))
    )  # fmt: skip
    kept = None
    if draw.random() < 0.2:
        kept = Reservation(begins_at - timedelta(minutes=draw.randint(0, 25)), begins_at)
    facts = SessionFacts(
        begins_at=begins_at,
        ends_at=begins_at + timedelta(seconds=length_s),
        states=states,
        reservation=kept,
        energy_known=draw.random() > 0.03,
        continues=draw.random() < 0.1,
    )
    return facts, readings


def verdict_of(bill: Bill) -> witness.Verdict:
    quantities: dict[tuple[int, str], Fraction] = {}
    for line in bill.lines:
        if line.element is not None:
            key = (line.element, line.type)
            quantities[key] = quantities.get(key, Fraction(0)) + Fraction(line.quantity)
    taxes = {(tax.name, tax.percent): Fraction(tax.amount.amount) for tax in bill.taxes}
    return witness.Verdict(Fraction(bill.net.amount), taxes, Fraction(bill.total.amount), quantities)


def is_holiday(day: date) -> bool:
    return clock.is_public_holiday(day, "DE")


@examples(max_examples=None if examples().max_examples > 100 else 40, deadline=None)
@given(st.integers(0, 2**32))
def test_the_witness_agrees_to_the_last_digit(seed: int) -> None:
    agree(seed)


def agree(seed: int) -> None:
    draw = random.Random(seed)
    version, zone = some_tariff(draw), draw.choice(ZONES)
    facts, readings = some_session(draw)
    bill = rate(facts, readings, version, zone)
    assert verdict_of(bill) == witness.price(facts, readings, version, zone, is_holiday), seed
    adds_up(bill)
    if facts.reservation is not None:
        expired = msgspec.structs.replace(facts.reservation, used=False)
        bill = rate_expired(expired, version, zone)
        assert verdict_of(bill) == witness.price_of_reservation(expired, version, zone, is_holiday), seed


def adds_up(bill: Bill) -> None:
    """What is shown comes to what is paid, and nothing is ever owed to the driver."""
    shown = sum((line.amount.amount for line in bill.lines), Decimal(0))
    due = sum((tax.amount.amount for tax in bill.taxes), Decimal(0))
    assert bill.net.amount + due + bill.round_off.amount == bill.total.amount >= 0
    assert shown == (bill.total if bill.tax_included else bill.net).amount or not bill.lines


@examples(deadline=None)
@given(st.integers(0, 2**32))
def test_a_session_that_is_split_at_a_reading_costs_the_same_up_to_the_rounding(seed: int) -> None:
    draw = random.Random(seed)
    version, zone = without_memory(some_tariff(draw)), draw.choice(ZONES)
    facts, readings = some_session(draw)
    facts = msgspec.structs.replace(facts, reservation=None, energy_known=True)
    begin, end = facts.begins_at, facts.ends_at
    inside = [one for one in readings if int(begin.timestamp()) < int(one.at.timestamp()) < int(end.timestamp())]
    if not inside:
        return
    cut = draw.choice(inside)
    before = [one for one in readings if one.at <= cut.at]
    after = [msgspec.structs.replace(one, wh=one.wh - cut.wh) for one in readings if one.at >= cut.at]
    halves = [
        rate(msgspec.structs.replace(facts, ends_at=cut.at), before, version, zone),
        rate(msgspec.structs.replace(facts, begins_at=cut.at), after, version, zone),
    ]
    whole = rate(facts, readings, version, zone)
    assert exact(whole) == sum(map(exact, halves))
    # Each bill is off by half a unit for each of its sets of taxes and for each of its rates.
    roundings = sum(len({line.taxes for line in bill.lines}) + len(bill.taxes) for bill in (whole, *halves))
    off = sum(half.total.minor for half in halves) - whole.total.minor
    assert abs(off) * 2 <= roundings


def exact(bill: Bill) -> Fraction:
    return sum((line.exact for line in bill.lines), Fraction(0))


def without_memory(version: TariffVersion) -> TariffVersion:
    """Without all that counts once in a session, or since it began."""
    elements = []
    for element in version.elements:
        wanted = element.restrictions
        components = tuple(
            msgspec.structs.replace(one, step_size=1, max_price=None)
            for one in element.price_components
            if one.type != "flat"
        )
        once = {"min_kwh": None, "max_kwh": None, "min_duration": None, "max_duration": None}
        if components:
            elements.append(Element(price_components=components, restrictions=msgspec.structs.replace(wanted, **once)))
    return msgspec.structs.replace(
        version, elements=tuple(elements), min_price=None, max_price=None, grace_minutes=0, bill_from_wh=0
    )
