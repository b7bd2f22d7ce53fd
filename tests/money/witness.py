"""A second opinion on a price: slow, second by second, straight from the words of docs/money.md. It knows the facts and the tariff, and nothing of how they are rated."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from stationmaster.domain.money.facts import Reading, Reservation, SessionFacts
from stationmaster.domain.money.tariff_version import PriceComponent, PriceLimit, Restrictions, TariffVersion, Tax
from stationmaster.domain.opening_hours import DAYS

DECIMALS = {"EUR": 2, "INR": 2, "JPY": 0, "KWD": 3}
Taxes = tuple[Tax, ...]
IsHoliday = Callable[[date], bool]


class Verdict(NamedTuple):
    net: Fraction
    taxes: dict[tuple[str, Decimal], Fraction]
    total: Fraction
    quantities: dict[tuple[int, str], Fraction]  # of each element and dimension: Wh, seconds or times


class Moment(NamedTuple):
    """What restrictions are judged by, in one second."""

    wall: datetime
    duration: int
    wh: Fraction
    power_w: Fraction


class Used(NamedTuple):
    """A component that holds, and where it stands."""

    element: int
    part: PriceComponent


def price(
    facts: SessionFacts, readings: Sequence[Reading], version: TariffVersion, zone: tzinfo, is_holiday: IsHoliday
) -> Verdict:
    reserved = {} if facts.reservation is None else walk_reservation(facts.reservation, version, zone, is_holiday)
    meter = Meter(facts, readings)
    lines = walk_session(facts, meter, version, zone, is_holiday)
    poor = facts.energy_known and meter.at(meter.length) < version.bill_from_wh
    if poor:
        lines = {}
    return settled(in_order(reserved, version) + in_order(lines, version), version, minimum=not poor)


def price_of_reservation(
    reservation: Reservation, version: TariffVersion, zone: tzinfo, is_holiday: IsHoliday
) -> Verdict:
    book = walk_reservation(reservation, version, zone, is_holiday)
    return settled(in_order(book, version), version, minimum=False)


def in_order(book: dict[Used, Fraction], version: TariffVersion) -> list[tuple[Used, Fraction]]:
    """As the tariff lists them."""
    return sorted(
        book.items(),
        key=lambda line: (line[0].element, version.elements[line[0].element].price_components.index(line[0].part)),
    )


# What was taken


class Meter:
    """The energy of a session at each of its seconds."""

    def __init__(self, facts: SessionFacts, readings: Sequence[Reading]) -> None:
        self.begin = whole(facts.begins_at)
        self.length = max(1, int((whole(facts.ends_at) - self.begin).total_seconds()))
        self.known: dict[int, Fraction] = {0: Fraction(0)}
        self.told_w: dict[int, Decimal | None] = {0: None}
        highest = Fraction(0)
        for one in sorted(readings, key=lambda one: one.at) if facts.energy_known else ():
            second = min(max(0, int((whole(one.at) - self.begin).total_seconds())), self.length)
            highest = max(highest, half_up(Fraction(one.wh), 3))
            if second > 0:
                self.known[second] = highest
                self.told_w[second] = one.power_w
        if len(self.known) == 1 and highest:
            self.known[1], self.told_w[1] = highest, None
        told = sorted(self.known)
        self.around = [
            (before, later)
            for before, later in zip(told, [*told[1:], None], strict=True)
            for _ in range(before, self.length + 1 if later is None else later)
        ]  # of each second: the second of the reading before it (or of its own), and of the next one

    def at(self, second: int) -> Fraction:
        before, later = self.around[second]
        if before == second or later is None:
            return self.known[before]
        gone = Fraction(second - before, later - before)
        return half_up(self.known[before] + (self.known[later] - self.known[before]) * gone, 3)

    def power_w(self, second: int) -> Fraction | None:
        """Of the stretch between two readings that this second lies in; None outside of them."""
        before, later = self.around[second]
        return None if later is None else (self.known[later] - self.known[before]) * 3600 / (later - before)

    def is_idle(self, second: int, below_w: int) -> bool:
        power = self.power_w(second)
        if power is None or power >= below_w:
            return False
        told = self.told_w[self.around[second][1] or 0]
        return told is None or told < below_w


def doing(facts: SessionFacts, meter: Meter, below_w: int) -> Iterator[str]:
    """Second by second: charging, parked or paused."""
    for second in range(meter.length):
        now = meter.begin + timedelta(seconds=second)
        said = [change.state for change in facts.states if whole(change.at) <= now]
        state = said[-1] if said else None
        if state in ("suspended_by_charger", "idle"):
            yield "paused"
        elif state in ("suspended_by_car", "connected") or meter.is_idle(second, below_w):
            yield "parked"
        else:
            yield "charging"


def walk_session(
    facts: SessionFacts, meter: Meter, version: TariffVersion, zone: tzinfo, is_holiday: IsHoliday
) -> dict[Used, Fraction]:
    elements = [
        (number, element) for number, element in enumerate(version.elements) if element.restrictions.reservation is None
    ]

    def holding(dimension: str, moment: Moment) -> Used | None:
        for number, element in elements:
            for part in element.price_components:
                if part.type == dimension and matches(element.restrictions, moment, is_holiday):
                    return Used(number, part)
        return None

    limits = thresholds(version)
    book: dict[Used, Fraction] = defaultdict(Fraction)
    last: dict[str, Used] = {}
    last_time: str | None = None
    flat_paid = facts.continues
    parked_for = 0
    after = meter.at(0)
    for second, state in enumerate(doing(facts, meter, version.idle_below_w)):
        wall = (meter.begin + timedelta(seconds=second)).astimezone(zone)
        before, after = after, meter.at(second + 1)
        moment = Moment(wall, second, before, meter.power_w(second) or Fraction(0))
        # Energy: level by level, where a threshold lies within this second.
        levels = [before, *sorted(level for level in limits if before < level < after), after]
        for low, high in itertools.pairwise(levels):
            used = holding("energy", moment._replace(wh=low))
            if used is not None and high > low:
                book[used] += high - low
                last["energy"] = used
        parked_for = parked_for + 1 if state == "parked" else 0
        dimension = None
        if state == "charging":
            dimension = "time"
        elif state == "parked" and parked_for > version.grace_minutes * 60:
            dimension = "parking_time"
        if dimension is not None and (used := holding(dimension, moment)) is not None:
            book[used] += 1
            last[dimension] = used
            last_time = dimension
        if not flat_paid and (used := holding("flat", moment)) is not None:
            book[used] += 1
            flat_paid = True
    for dimension in ("energy", last_time):
        if dimension is not None and dimension in last:
            round_up(book, dimension, last[dimension])
    return book


def walk_reservation(
    reservation: Reservation, version: TariffVersion, zone: tzinfo, is_holiday: IsHoliday
) -> dict[Used, Fraction]:
    kinds = ["reservation"] if reservation.used else ["reservation_expires", "reservation"]
    candidates = [
        (number, element)
        for kind in kinds
        for number, element in enumerate(version.elements)
        if element.restrictions.reservation == kind
    ]
    begin = whole(reservation.begins_at)
    book: dict[Used, Fraction] = defaultdict(Fraction)
    last: Used | None = None
    flat_paid = False
    for second in range(int((whole(reservation.ends_at) - begin).total_seconds())):
        moment = Moment((begin + timedelta(seconds=second)).astimezone(zone), second, Fraction(0), Fraction(0))
        for dimension in ("time", "flat"):
            if dimension == "flat" and flat_paid:
                continue
            for number, element in candidates:
                parts = [part for part in element.price_components if part.type == dimension]
                if parts and matches(element.restrictions, moment, is_holiday):
                    used = Used(number, parts[0])
                    book[used] += 1
                    if dimension == "time":
                        last = used
                    else:
                        flat_paid = True
                    break
    if last is not None:
        round_up(book, "time", last)
    return book


def round_up(book: dict[Used, Fraction], dimension: str, last: Used) -> None:
    taken = sum((quantity for used, quantity in book.items() if used.part.type == dimension), Fraction(0))
    steps = math.ceil(taken / last.part.step_size)
    book[last] += steps * last.part.step_size - taken


def thresholds(version: TariffVersion) -> list[Fraction]:
    limits = [limit for one in version.elements for limit in (one.restrictions.min_kwh, one.restrictions.max_kwh)]
    return [Fraction(limit) * 1000 for limit in limits if limit is not None]


def matches(wanted: Restrictions, moment: Moment, is_holiday: IsHoliday) -> bool:
    wall = moment.wall
    clock = wall.isoformat()[11:16]
    begin, end = wanted.start_time or "00:00", wanted.end_time or "00:00"
    end = "24:00" if end == "00:00" else end
    if begin < end and not begin <= clock < end:
        return False
    if begin > end and not (clock >= begin or clock < end):
        return False
    kw = moment.power_w / 1000
    kwh = moment.wh / 1000
    return (
        (wanted.start_date is None or wall.date() >= wanted.start_date)
        and (wanted.end_date is None or wall.date() < wanted.end_date)
        and (not wanted.day_of_week or DAYS[wall.weekday()] in wanted.day_of_week)
        and (wanted.public_holiday is None or wanted.public_holiday == is_holiday(wall.date()))
        and (wanted.min_kwh is None or kwh >= Fraction(wanted.min_kwh))
        and (wanted.max_kwh is None or kwh < Fraction(wanted.max_kwh))
        and (wanted.min_power is None or kw >= Fraction(wanted.min_power))
        and (wanted.max_power is None or kw < Fraction(wanted.max_power))
        and (wanted.min_duration is None or moment.duration >= wanted.min_duration)
        and (wanted.max_duration is None or moment.duration < wanted.max_duration)
    )


# What it comes to


def settled(lines: list[tuple[Used, Fraction]], version: TariffVersion, *, minimum: bool) -> Verdict:
    decimals = DECIMALS[version.currency]
    sums: dict[Taxes, Fraction] = {}
    for used, quantity in lines:
        cost = quantity * Fraction(used.part.price) / divisor(used.part)
        if used.part.max_price is not None:
            cost = min(cost, Fraction(used.part.max_price))
        sums[used.part.taxes] = sums.get(used.part.taxes, Fraction(0)) + cost
    if not sums and minimum and version.min_price is not None:
        first = next((e for e in version.elements if e.restrictions.reservation is None), version.elements[0])
        sums[first.price_components[0].taxes] = Fraction(0)
    net_shares = {taxes: cost / (factor(taxes) if version.tax_included else 1) for taxes, cost in sums.items()}
    gross_shares = {taxes: cost * (1 if version.tax_included else factor(taxes)) for taxes, cost in sums.items()}

    def by_nets(nets: dict[Taxes, Fraction]) -> tuple[Fraction, dict[tuple[str, Decimal], Fraction], Fraction]:
        due = taxes_on(nets, decimals)
        net = sum(nets.values(), Fraction(0))
        return net, due, net + sum(due.values(), Fraction(0))

    def by_grosses(grosses: dict[Taxes, Fraction]) -> tuple[Fraction, dict[tuple[str, Decimal], Fraction], Fraction]:
        nets = {taxes: half_up(gross / factor(taxes), decimals) for taxes, gross in grosses.items()}
        return sum(nets.values(), Fraction(0)), taxes_on(nets, decimals), sum(grosses.values(), Fraction(0))

    whole_sums = {taxes: half_up(cost, decimals) for taxes, cost in sums.items()}
    found = by_grosses(whole_sums) if version.tax_included else by_nets(whole_sums)
    most, least = version.max_price or PriceLimit(), (version.min_price if minimum else None) or PriceLimit()
    if most.before_taxes is not None and found[0] > most.before_taxes:
        found = by_nets(divided(Fraction(most.before_taxes), net_shares, decimals))
    if most.after_taxes is not None and found[2] > most.after_taxes:
        found = by_grosses(divided(Fraction(most.after_taxes), gross_shares, decimals))
    if least.before_taxes is not None and found[0] < least.before_taxes:
        found = by_nets(divided(Fraction(least.before_taxes), net_shares, decimals))
    if least.after_taxes is not None and found[2] < least.after_taxes:
        found = by_grosses(divided(Fraction(least.after_taxes), gross_shares, decimals))
    quantities: dict[tuple[int, str], Fraction] = defaultdict(Fraction)
    for used, quantity in lines:
        quantities[used.element, used.part.type] += quantity
    return Verdict(*found, dict(quantities))


def divisor(part: PriceComponent) -> int:
    """How many Wh, seconds or times the price is for."""
    if part.type == "energy":
        return 1000
    if part.type == "flat":
        return 1
    return 60 if part.per == "minute" else 3600


def factor(taxes: Taxes) -> Fraction:
    return 1 + sum((Fraction(tax.percent) for tax in taxes), Fraction(0)) / 100


def taxes_on(nets: dict[Taxes, Fraction], decimals: int) -> dict[tuple[str, Decimal], Fraction]:
    bases: dict[tuple[str, Decimal], Fraction] = {}
    for taxes, net in nets.items():
        for tax in taxes:
            bases[tax.name, tax.percent] = bases.get((tax.name, tax.percent), Fraction(0)) + net
    return {tax: half_up(base * Fraction(tax[1]) / 100, decimals) for tax, base in bases.items()}


def divided(amount: Fraction, shares: dict[Taxes, Fraction], decimals: int) -> dict[Taxes, Fraction]:
    """Largest remainder; equal parts where the shares are all nothing."""
    whole_share = sum(shares.values(), Fraction(0))
    unit = Fraction(1, 10**decimals)
    fair = {
        taxes: amount * share / whole_share if whole_share else amount / len(shares) for taxes, share in shares.items()
    }
    cut = {taxes: math.floor(part / unit) * unit for taxes, part in fair.items()}
    while sum(cut.values()) < amount:
        neediest = max(cut, key=lambda taxes: fair[taxes] - cut[taxes])
        cut[neediest] += unit
    return cut


def half_up(value: Fraction, decimals: int) -> Fraction:
    return Fraction(math.floor(value * 10**decimals + Fraction(1, 2)), 10**decimals)


def whole(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(microsecond=0)
