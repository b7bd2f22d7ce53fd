"""What a session costs: a pure function of what it was, what its meter told, a version of a tariff and the site's time zone.

The session is cut wherever another price may begin to hold; within a piece nothing changes, and each dimension is added to the component that
holds. docs/money.md has the rules, `tests/money/witness.py` a second way to the same figures.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from stationmaster.domain.money import clock
from stationmaster.domain.money.activity import Span, spans
from stationmaster.domain.money.amounts import zero
from stationmaster.domain.money.bill import PER_UNIT, Bill, Line, MeterValue, Part
from stationmaster.domain.money.conditions import Candidate, Conditions, Kind, Plan, plan_of
from stationmaster.domain.money.facts import Reading, Reservation, SessionFacts
from stationmaster.domain.money.register import MWH, Register, second_of
from stationmaster.domain.money.settling import settled
from stationmaster.domain.money.tariff_version import Dimension, TariffVersion


def rate(facts: SessionFacts, readings: Sequence[Reading], version: TariffVersion, zone: tzinfo) -> Bill:
    """The bill of a session, whether it has ended, still runs, or is only thought of."""
    begin = second_of(facts.begins_at)
    length_s = max(1, second_of(facts.ends_at) - begin)
    register = Register(readings if facts.energy_known else (), begin, length_s)
    course = Course(begin, length_s, register, spans(facts, register, begin, version))
    too_little = facts.energy_known and register.total_mwh < version.bill_from_wh * MWH
    lines = [] if facts.reservation is None else _lines_of_reservation(facts.reservation, version, zone)
    if not too_little:
        lines += _lines(course, version, "session", zone, flat_paid=facts.continues)
    return _bill(lines, course, version, facts, too_little=too_little)


def rate_expired(reservation: Reservation, version: TariffVersion, zone: tzinfo) -> Bill:
    """The bill of a reservation that nobody came for."""
    facts = SessionFacts(begins_at=reservation.begins_at, ends_at=reservation.ends_at)
    lines = _lines_of_reservation(reservation, version, zone)
    return _bill(lines, None, version, facts, too_little=False)


class Course(NamedTuple):
    """A session as it went, in seconds since its begin."""

    begin: int
    length_s: int
    register: Register
    spans: Sequence[Span]


def _lines_of_reservation(reservation: Reservation, version: TariffVersion, zone: tzinfo) -> list[Line]:
    begin = second_of(reservation.begins_at)
    length_s = second_of(reservation.ends_at) - begin
    if length_s <= 0:
        return []
    course = Course(begin, length_s, Register((), begin, length_s), [Span(0, length_s, "charging")])
    kind: Kind = "reservation" if reservation.used else "reservation_expires"
    return _lines(course, version, kind, zone, flat_paid=False)


def _lines(course: Course, version: TariffVersion, kind: Kind, zone: tzinfo, *, flat_paid: bool) -> list[Line]:
    """In the order of the tariff."""
    plan = plan_of(version, kind)
    book = Book(course, flat_paid=flat_paid)
    for piece in _pieces(course, plan, zone):
        book.add(piece, plan)
    book.round_up()
    tallies = sorted(book.tallies.values(), key=lambda one: (one.candidate.element, one.candidate.place))
    return [_line(tally, course, version.currency, reservation=kind != "session") for tally in tallies]


# Pieces


class Piece(NamedTuple):
    """Seconds in which the same holds throughout."""

    begin_s: int
    end_s: int
    dimension: Dimension | None  # of time
    conditions: Conditions  # at its begin


_DIMENSION: dict[str, Dimension] = {"charging": "time", "parked": "parking_time"}


def _pieces(course: Course, plan: Plan, zone: tzinfo) -> Iterator[Piece]:
    cuts = sorted(_cuts(course, plan, zone))
    remaining = iter(course.spans)
    span = next(remaining)
    for begin_s, end_s in pairwise(cuts):
        while span.end_s <= begin_s:
            span = next(remaining)
        wall = datetime.fromtimestamp(course.begin + begin_s, zone) if plan.times else None
        watts = course.register.watts_after(begin_s) if plan.watts else Decimal(0)
        now = Conditions(wall, begin_s, course.register.at(begin_s), watts)
        yield Piece(begin_s, end_s, _DIMENSION.get(span.doing), now)


def _cuts(course: Course, plan: Plan, zone: tzinfo) -> set[int]:
    """Every second at which another component may begin to hold, with both ends of the session."""
    register, end_s = course.register, course.length_s
    cuts = {0, end_s, *plan.seconds, *(span.begin_s for span in course.spans)}
    if plan.times:
        moments = clock.moments_of(plan.times, course.begin, course.begin + end_s, zone)
        cuts.update(moment - course.begin for moment in moments)
    if plan.watts:
        cuts.update(register.seconds)
    cuts.update(second for level in plan.levels_mwh if (second := register.reaches(level)) is not None)
    return {second for second in cuts if 0 <= second <= end_s}


# What was used of each component


class Stretch:
    """An uninterrupted use of one component: seconds, a quantity (mWh, seconds, or once), and for energy the register at both ends."""

    __slots__ = ("begin_s", "end_s", "high", "low", "quantity")

    def __init__(self, begin_s: int, end_s: int, quantity: int, low: int, high: int) -> None:
        self.begin_s, self.end_s, self.quantity, self.low, self.high = begin_s, end_s, quantity, low, high


class Tally:
    """All that one component is due for."""

    __slots__ = ("added", "candidate", "quantity", "stretches")

    def __init__(self, candidate: Candidate) -> None:
        self.candidate = candidate
        self.quantity = 0
        self.added = 0  # by its step
        self.stretches: list[Stretch] = []

    def add(self, begin_s: int, end_s: int, quantity: int, low: int = 0, high: int = 0) -> None:
        self.quantity += quantity
        last = self.stretches[-1] if self.stretches else None
        if last is not None and last.end_s == begin_s and last.high == low:
            last.end_s, last.high = end_s, high
            last.quantity += quantity
        else:
            self.stretches.append(Stretch(begin_s, end_s, quantity, low, high))


class Book:
    """The tallies of a session, and which component came last."""

    def __init__(self, course: Course, *, flat_paid: bool) -> None:
        self.register = course.register
        self.flat_paid = flat_paid
        self.tallies: dict[tuple[int, int], Tally] = {}
        self._last_energy: Tally | None = None
        self._last_time: Tally | None = None

    def add(self, piece: Piece, plan: Plan) -> None:
        if plan.candidates["energy"]:
            self._add_energy(piece, plan)
        if piece.dimension is not None and (holding := plan.holding(piece.dimension, piece.conditions)) is not None:
            self._last_time = self._tally(holding)
            self._last_time.add(piece.begin_s, piece.end_s, piece.end_s - piece.begin_s)
        if not self.flat_paid and (holding := plan.holding("flat", piece.conditions)) is not None:
            self._tally(holding).add(piece.begin_s, piece.begin_s, 1)
            self.flat_paid = True

    def _add_energy(self, piece: Piece, plan: Plan) -> None:
        """Level by level, where a threshold lies within the piece: it is reached in its last second."""
        low, end = piece.conditions.mwh, self.register.at(piece.end_s)
        begin_s = piece.begin_s
        for high in (*(level for level in plan.levels_mwh if low < level < end), end):
            holding = plan.holding("energy", piece.conditions._replace(mwh=low)) if high > low else None
            if holding is not None:
                self._last_energy = self._tally(holding)
                self._last_energy.add(begin_s, piece.end_s, high - low, low, high)
            low, begin_s = high, piece.end_s

    def round_up(self) -> None:
        """Steps count once for energy, and once for time of either kind: by the component that came last."""
        for last in (self._last_energy, self._last_time):
            if last is not None:
                component = last.candidate.component
                step = component.step_size * (MWH if component.type == "energy" else 1)
                alike = [one for one in self.tallies.values() if one.candidate.component.type == component.type]
                last.added = -sum(one.quantity for one in alike) % step

    def _tally(self, candidate: Candidate) -> Tally:
        key = (candidate.element, candidate.place)
        found = self.tallies.get(key)
        if found is None:
            found = self.tallies[key] = Tally(candidate)
        return found


# The bill


def _line(tally: Tally, course: Course, currency: str, *, reservation: bool) -> Line:
    component = tally.candidate.component
    scale = MWH if component.type == "energy" else 1
    exact = Fraction(tally.quantity + tally.added, scale * PER_UNIT[component.unit]) * Fraction(component.price)
    capped = component.max_price is not None and exact > component.max_price
    return Line(
        type=component.type,
        element=tally.candidate.element,
        reservation=reservation,
        begins_at=_moment(course, tally.stretches[0].begin_s),
        ends_at=_moment(course, tally.stretches[-1].end_s),
        quantity=Decimal(tally.quantity + tally.added) / scale,
        added=Decimal(tally.added) / scale,
        unit=component.unit,
        unit_price=component.price,
        taxes=component.taxes,
        exact=Fraction(component.max_price) if capped and component.max_price is not None else exact,
        amount=zero(currency),
        capped=capped,
        parts=tuple(_part(stretch, course, scale) for stretch in tally.stretches),
    )


def _part(stretch: Stretch, course: Course, scale: int) -> Part:
    begins_at, ends_at = _moment(course, stretch.begin_s), _moment(course, stretch.end_s)
    if scale != MWH:
        return Part(begins_at, ends_at, Decimal(stretch.quantity))
    begin = _meter_value(stretch.begin_s, stretch.low, course)
    end = _meter_value(stretch.end_s, stretch.high, course)
    return Part(begins_at, ends_at, Decimal(stretch.quantity) / MWH, begin, end)


def _meter_value(second: int, mwh: int, course: Course) -> MeterValue:
    told = course.register.is_told(second) and course.register.at(second) == mwh
    return MeterValue(_moment(course, second), Decimal(mwh) / MWH, interpolated=not told)


def _moment(course: Course, second: int) -> datetime:
    return datetime.fromtimestamp(course.begin + second, UTC)


def _bill(
    lines: list[Line], course: Course | None, version: TariffVersion, facts: SessionFacts, *, too_little: bool
) -> Bill:
    minimum = course is not None and not too_little
    shown, sums = settled(lines, version, minimum=minimum, begins_at=facts.begins_at, ends_at=facts.ends_at)
    energy_wh = None
    if course is not None and facts.energy_known:
        energy_wh = Decimal(course.register.total_mwh) / MWH
    lasted = dict.fromkeys(("charging", "parked", "grace", "paused"), 0)
    for span in course.spans if course is not None else ():
        lasted[span.doing] += span.end_s - span.begin_s
    return Bill(
        currency=version.currency,
        tax_included=version.tax_included,
        lines=shown,
        net=sums.net,
        taxes=sums.taxes,
        round_off=sums.round_off,
        total=sums.total,
        energy_wh=energy_wh,
        charging_s=lasted["charging"],
        parked_s=lasted["parked"] + lasted["grace"],
        grace_s=lasted["grace"],
        paused_s=lasted["paused"],
        notes=tuple(_notes(shown, facts, too_little)),
    )


def _notes(lines: Sequence[Line], facts: SessionFacts, too_little: bool) -> Iterator[str]:
    if too_little:
        yield "too_little"
    if facts.held:
        yield "held"
    if not facts.energy_known:
        yield "energy_unknown"
    values = (value for line in lines for part in line.parts for value in (part.begin, part.end))
    if any(value is not None and value.interpolated for value in values):
        yield "interpolated"
    if any(line.added for line in lines):
        yield "step"
    if any(line.capped for line in lines):
        yield "capped"
