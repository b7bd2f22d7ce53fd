"""Months of the calendar: what they are called, which days they have, and when they begin and end by a clock."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import NamedTuple

from stationmaster.domain.errors import Invalid

_NAME = re.compile(r"(2\d{3})-(0[1-9]|1[0-2])")


class Span(NamedTuple):
    """From a moment until before another."""

    since: datetime
    until: datetime


class Month(NamedTuple):
    """A month by its first day. As a text it is its name, as in 2026-11."""

    first: date

    def __str__(self) -> str:
        return f"{self.first:%Y-%m}"

    @property
    def next(self) -> Month:
        return of(self.first + timedelta(days=31))

    @property
    def before(self) -> Month:
        return of(self.first - timedelta(days=1))

    @property
    def days(self) -> tuple[str, str]:
        """The first day, and that of the next month, as the books write them."""
        return self.first.isoformat(), self.next.first.isoformat()

    def span(self, zone: tzinfo) -> Span:
        """When it begins and ends by a clock."""
        days = (self.first, self.next.first)
        return Span(*(datetime.combine(day, time(), zone).astimezone(UTC) for day in days))


def of(day: date) -> Month:
    """The one that a day is in."""
    return Month(day.replace(day=1))


def at(moment: datetime, zone: tzinfo) -> Month:
    """The one that it is at a moment, by a clock."""
    return of(moment.astimezone(zone).date())


def named(name: str) -> Month:
    """The one that is called so. Raises `Invalid`."""
    found = _NAME.fullmatch(name)
    if found is None:
        raise Invalid("month", "is written as in 2026-11")
    return Month(date(int(found[1]), int(found[2]), 1))
