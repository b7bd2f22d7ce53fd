"""Months of the calendar, and weeks: what they are called, which days they have, and when they begin and end by a clock."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import NamedTuple

from stationmaster.domain.errors import Invalid

_NAME = re.compile(r"(2\d{3})-(0[1-9]|1[0-2])")
_WEEK = re.compile(r"(2\d{3})-W(0[1-9]|[1-4]\d|5[0-3])")


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
        return _span(self.first, self.next.first, zone)


class Week(NamedTuple):
    """A week by its Monday. As a text it is its name by ISO 8601, as in 2026-W48."""

    first: date

    def __str__(self) -> str:
        return f"{self.first:%G-W%V}"

    @property
    def next(self) -> Week:
        return Week(self.first + timedelta(days=7))

    @property
    def before(self) -> Week:
        return Week(self.first - timedelta(days=7))

    @property
    def days(self) -> tuple[str, str]:
        """Monday, and the Monday after it, as the books write them."""
        return self.first.isoformat(), self.next.first.isoformat()

    def span(self, zone: tzinfo) -> Span:
        """When it begins and ends by a clock."""
        return _span(self.first, self.next.first, zone)


Period = Month | Week


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


def week_of(day: date) -> Week:
    """The one that a day is in."""
    return Week(day - timedelta(days=day.weekday()))


def week_named(name: str) -> Week:
    """The one that is called so. Raises `Invalid`."""
    if _WEEK.fullmatch(name):
        with suppress(ValueError):  # not every year has 53
            return Week(date.fromisocalendar(int(name[:4]), int(name[6:]), 1))
    raise Invalid("week", "is written as in 2026-W48, and must be one of that year")


def period_named(name: str) -> Period:
    """The month or the week that is called so. Raises `Invalid`."""
    return week_named(name) if "W" in name else named(name)


def _span(first: date, after: date, zone: tzinfo) -> Span:
    return Span(*(datetime.combine(day, time(), zone).astimezone(UTC) for day in (first, after)))
