"""What elements cover: whether one leaves nothing to another, and which minutes of the week none of them prices."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from stationmaster.domain.money.conditions import matches_week
from stationmaster.domain.money.tariff_version import Restrictions, TariffVersion
from stationmaster.domain.opening_hours import DAYS

BOUNDS = (
    ("start_date", "end_date"),
    ("min_kwh", "max_kwh"),
    ("min_power", "max_power"),
    ("min_duration", "max_duration"),
)
"""Restrictions that a value lies between: from the first on, and until before the second."""


def includes(wide: Restrictions, narrow: Restrictions) -> bool:
    """Whether the one holds whenever the other does."""
    if wide.reservation != narrow.reservation:
        return False
    if wide.public_holiday is not None and wide.public_holiday is not narrow.public_holiday:
        return False
    return all(_bounds_include(wide, narrow, low, high) for low, high in BOUNDS) and _week_includes(wide, narrow)


def _bounds_include(wide: Restrictions, narrow: Restrictions, low: str, high: str) -> bool:
    least, most = getattr(wide, low), getattr(wide, high)
    at_least, at_most = getattr(narrow, low), getattr(narrow, high)
    from_there = least is None or (at_least is not None and at_least >= least)
    until_there = most is None or (at_most is not None and at_most <= most)
    return bool(from_there and until_there)


def _week_includes(wide: Restrictions, narrow: Restrictions) -> bool:
    return all(
        matches_week(wide, begin) or not matches_week(narrow, begin) for _, begin, _ in _pieces_of_week([wide, narrow])
    )


class Gap(NamedTuple):
    """A time of the week that nothing prices."""

    day: str  # a weekday, or `public holiday`
    begins: str
    ends: str

    def __str__(self) -> str:
        return f"{self.day} {self.begins}–{self.ends}"


@lru_cache(maxsize=1024)  # a list of tariffs asks it of each
def unpriced(version: TariffVersion) -> tuple[Gap, ...]:
    """The minutes of the week in which nothing at all is priced.

    An element that holds on some dates only fills no gap; one for some amount of energy, power or time does, as it is one of several tiers.
    """
    weekly = [
        element.restrictions
        for element in version.elements
        if element.restrictions.reservation is None
        and element.restrictions.start_date is None
        and element.restrictions.end_date is None
    ]
    gaps = list(_gaps([wanted for wanted in weekly if wanted.public_holiday is not True]))
    if any(wanted.public_holiday is not None for wanted in weekly):
        festive = _gaps([wanted for wanted in weekly if wanted.public_holiday is not False])
        gaps += [gap._replace(day=f"public holiday on {gap.day}") for gap in festive]
    return tuple(gaps)


def _gaps(weekly: list[Restrictions]) -> Iterator[Gap]:
    last: Gap | None = None
    for day, begin, ends in _pieces_of_week(weekly):
        if any(matches_week(wanted, begin) for wanted in weekly):
            continue
        begins = f"{begin:%H:%M}"
        if last is not None and (last.day, last.ends) == (day, begins):
            last = last._replace(ends=ends)
            continue
        if last is not None:
            yield last
        last = Gap(day, begins, ends)
    if last is not None:
        yield last


def _pieces_of_week(weekly: list[Restrictions]) -> Iterator[tuple[str, datetime, str]]:
    """Each day in pieces within which no time of these begins or ends: the day, the begin, and until when."""
    told = {text for wanted in weekly for text in (wanted.start_time, wanted.end_time) if text is not None}
    for index, day in enumerate(DAYS):
        for begins, ends in pairwise(sorted({"00:00", "24:00", *told})):
            # The first day of 2024 was a Monday.
            yield day, datetime(2024, 1, 1 + index, int(begins[:2]), int(begins[3:])), ends
