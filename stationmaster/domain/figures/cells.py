"""What one session adds to the figures: to which days of its place, and to which hours of the week. Pure; decision 0040 has the rules.

A session counts, with its energy and its money, on the local day on which it ended; the time that the car stood there is cut at
each midnight. By hours of the week it counts in the hour in which it began, and energy and time are spread evenly over its hours, all in
the month of that local day: so both tables come to the same sums.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import NamedTuple

from stationmaster.domain import moments

LONGEST = timedelta(days=31)
"""Of a session that is said to be longer the clock was wrong: it counts, and no time of it."""
NO_SITE = 0
NO_CURRENCY = ""
HOURS = 7 * 24


class Facts(NamedTuple):
    """What the figures know of a session that counts. Its site and zone are those of when it was first counted."""

    organization_id: int
    station_id: int
    site_id: int  # `NO_SITE`: the charger stood at none
    time_zone: str
    began_at: datetime
    ended_at: datetime
    charging_s: int
    energy_wh: Decimal
    good: bool  # as an attempt, `starts.py`
    currency: str  # `NO_CURRENCY`: it has no bill
    net: Decimal
    tax: Decimal
    gross: Decimal


class Amounts(NamedTuple):
    """What is summed up. Energy in Wh, times in s; money in the currency of the cell."""

    sessions: int = 0
    good: int = 0
    energy_wh: Decimal = Decimal(0)
    plugged_s: int = 0
    charging_s: int = 0
    net: Decimal = Decimal(0)
    tax: Decimal = Decimal(0)
    gross: Decimal = Decimal(0)

    def plus(self, other: Amounts) -> Amounts:
        return Amounts._make(map(operator.add, self, other))

    def minus(self, other: Amounts) -> Amounts:
        return Amounts._make(map(operator.sub, self, other))


NOTHING = Amounts()


class Place(NamedTuple):
    """Whose a cell is."""

    organization_id: int
    station_id: int
    site_id: int


class DayCell(NamedTuple):
    """A local day of a charger, in one currency."""

    place: Place
    day: str  # as in 2026-11-26
    currency: str


class HourCell(NamedTuple):
    """An hour of the week, of a charger and a month; 0 is Monday, 0:00 to 1:00."""

    place: Place
    month: str  # as in 2026-11
    hour: int


def days(facts: Facts) -> dict[DayCell, Amounts]:
    """What a session adds to the days of its charger."""
    zone = moments.zone_named(facts.time_zone)
    place = Place(facts.organization_id, facts.station_id, facts.site_id)
    last = DayCell(place, facts.ended_at.astimezone(zone).date().isoformat(), facts.currency)
    found = {
        DayCell(place, day.isoformat(), facts.currency): Amounts(plugged_s=plugged_s, charging_s=charging_s)
        for day, plugged_s, charging_s in _cut_at_midnights(facts, zone)
    }
    found[last] = found.get(last, NOTHING).plus(
        Amounts(1, int(facts.good), facts.energy_wh, 0, 0, facts.net, facts.tax, facts.gross)
    )
    return found


def hours(facts: Facts) -> dict[HourCell, Amounts]:
    """What it adds to the hours of the week; no money."""
    zone = moments.zone_named(facts.time_zone)
    place = Place(facts.organization_id, facts.station_id, facts.site_id)
    month = facts.ended_at.astimezone(zone).date().isoformat()[:7]
    first = HourCell(place, month, hour_of_week(facts.began_at, zone))
    found = {first: Amounts(sessions=1, good=int(facts.good))}
    plugged_s = plugged(facts)
    if not plugged_s:
        found[first] = found[first]._replace(energy_wh=facts.energy_wh)
        return found
    units = int(facts.energy_wh.scaleb(3))  # thousandths of a Wh, as they are kept
    for begin_s, end_s, hour in _cut_at_hours(facts, plugged_s, zone):
        cell = HourCell(place, month, hour)
        share = Amounts(
            energy_wh=Decimal(_share(units, begin_s, end_s, plugged_s)).scaleb(-3),
            plugged_s=end_s - begin_s,
            charging_s=_share(facts.charging_s, begin_s, end_s, plugged_s),
        )
        found[cell] = found.get(cell, NOTHING).plus(share)
    return found


def plugged(facts: Facts) -> int:
    """How long the car stood there, in whole seconds."""
    length = facts.ended_at - facts.began_at
    return 0 if length > LONGEST else int(length.total_seconds())


def hour_of_week(at: datetime, zone: tzinfo) -> int:
    there = at.astimezone(zone)
    return there.weekday() * 24 + there.hour


def midnight(day: date, zone: tzinfo) -> datetime:
    """When a local day begins, in UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _cut_at_midnights(facts: Facts, zone: tzinfo) -> Iterator[tuple[date, int, int]]:
    plugged_s = plugged(facts)
    begin_s = 0
    day = facts.began_at.astimezone(zone).date()
    while begin_s < plugged_s:
        day_after = day + timedelta(days=1)
        end_s = min(plugged_s, int((midnight(day_after, zone) - facts.began_at).total_seconds()))
        if end_s > begin_s:
            yield day, end_s - begin_s, _share(facts.charging_s, begin_s, end_s, plugged_s)
            begin_s = end_s
        day = day_after


def _cut_at_hours(facts: Facts, plugged_s: int, zone: tzinfo) -> Iterator[tuple[int, int, int]]:
    begin_s = 0
    while begin_s < plugged_s:
        there = (facts.began_at + timedelta(seconds=begin_s)).astimezone(zone)
        end_s = min(plugged_s, begin_s + 3600 - there.minute * 60 - there.second)
        yield begin_s, end_s, there.weekday() * 24 + there.hour
        begin_s = end_s


def _share(whole: int, begin_s: int, end_s: int, length_s: int) -> int:
    """Of a whole, what falls between two seconds; all parts together are the whole."""
    return whole * end_s // length_s - whole * begin_s // length_s
