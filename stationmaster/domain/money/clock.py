"""The clock on the wall of a site: when times of the day come, over both nights in which it is set; and public holidays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING

from stationmaster.domain.errors import Invalid

if TYPE_CHECKING:
    from holidays import HolidayBase

_DAY = timedelta(days=1)


def moments_of(times: Iterable[time], begin: int, end: int, zone: tzinfo) -> Iterator[int]:
    """Every second between two, of 1970, at which the clock there may show one of these times, or is set forward or back."""
    first, last = datetime.fromtimestamp(begin, zone), datetime.fromtimestamp(end, zone)
    day = first.date() - _DAY
    times = list(times)
    while day <= last.date():
        for clock in times:
            there = datetime.combine(day, clock, zone)
            yield from {int(there.timestamp()), int(there.replace(fold=1).timestamp())}
        day += _DAY
    yield from _settings_of_clock(begin, end, zone)


def _settings_of_clock(begin: int, end: int, zone: tzinfo) -> Iterator[int]:
    """The seconds at which the distance to UTC changes; looked for day by day, as no zone changes it twice in one."""
    at = begin
    while at < end:
        then = min(at + 86_400, end)
        if _offset(at, zone) != _offset(then, zone):
            low, high = at, then
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if _offset(middle, zone) == _offset(at, zone) else (low, middle)
            yield high
        at = then


def _offset(second: int, zone: tzinfo) -> timedelta | None:
    return datetime.fromtimestamp(second, UTC).astimezone(zone).utcoffset()


def is_public_holiday(day: date, calendar: str | None) -> bool:
    """By the calendar of a country or of a part of it: `DE`, `DE-BY`."""
    return calendar is not None and day in _public_holidays(calendar, day.year)


@lru_cache(maxsize=256)
def _public_holidays(calendar: str, year: int) -> frozenset[date]:
    # Here, because it takes a tenth of a second to be read and most tariffs have no holidays.
    import holidays
    from holidays.registry import EntityLoader

    name, _, part = calendar.partition("-")
    # Looked up first, because the library takes whatever stands in its module for a country, also its own functions.
    country = getattr(holidays, name) if name in EntityLoader.get_country_codes() else None
    if country is None or (part and part not in _parts_of(country)):
        raise Invalid(
            "holidays",
            "{calendar!r} is no calendar known here; one is written as DE, DE-BY or US-CA",
            calendar=calendar,
        )
    return frozenset(country(subdiv=part or None, years=year))


def _parts_of(country: type[HolidayBase]) -> set[str]:
    """By code and by name."""
    named = country.get_subdivision_aliases()
    return {*named, *chain.from_iterable(named.values())}


def check_calendar(calendar: str) -> None:
    """Raises `Invalid` where no such calendar is known."""
    _public_holidays(calendar, 2026)
