"""A moment as people write it: `2026-11-25T18:05Z`, `18:05`, `yesterday 18:05`, `10 minutes ago`, `now`."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from stationmaster.domain.errors import Invalid

FORMS = "2026-11-25T18:05:00Z, 2026-11-25 18:05, 18:05, yesterday 18:05, monday 18:05, 10 minutes ago, now"

_AGO = re.compile(r"(\d{1,6})\s*(s|sec|seconds?|m|min|minutes?|h|hours?|d|days?)\s+ago\Z")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_CLOCK = re.compile(r"([01]?\d|2[0-3])[:.]([0-5]\d)(?:[:.]([0-5]\d))?\Z")
_OFFSET_BLANK = re.compile(r" (\d\d:\d\d)\Z")  # a plus in an address that was not escaped comes as a blank


def zone_named(name: str | None) -> tzinfo:
    """The time zone; UTC when none is named. Raises `Invalid`."""
    if name is None or name.upper() in ("UTC", "Z"):
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid(
            "zone", "{name!r} is no time zone known here; a name is written as in Europe/Berlin", name=name[:60]
        ) from None


def moment(text: str, *, now: datetime, zone: tzinfo, field: str = "at") -> datetime:
    """The moment in UTC. What names no zone of its own is meant in `zone`. Raises `Invalid`."""
    words = " ".join(text.split()).lower()
    if words in ("", "now"):
        return now
    try:
        found = _ago(words, now) or _on_a_day(words, now, zone) or _exact(words, zone, field)
    except OverflowError:
        found = None
    if found is None:
        raise Invalid(
            field, "{text!r} is not understood as a time; write it as one of: {known}", text=text[:60], known=FORMS
        )
    return found


def _ago(words: str, now: datetime) -> datetime | None:
    told = _AGO.match(words)
    return None if told is None else now - timedelta(**{_UNITS[told[2][0]]: int(told[1])})


def _on_a_day(words: str, now: datetime, zone: tzinfo) -> datetime | None:
    day_name, _, clock_text = words.rpartition(" ")
    clock = _CLOCK.match(clock_text)
    if clock is None:
        return None
    today = now.astimezone(zone).date()
    day = _day(day_name, today)
    if day is None:
        return None
    there = time(int(clock[1]), int(clock[2]), int(clock[3] or 0))
    # Without a day it is the last time the clock showed this.
    if not day_name and datetime.combine(day, there, zone) > now:
        day -= timedelta(days=1)
    return _local(day, there, zone)


def _day(name: str, today: date) -> date | None:
    if name in ("", "today"):
        return today
    if name == "yesterday":
        return today - timedelta(days=1)
    if name in _DAYS:
        return today - timedelta(days=(today.weekday() - _DAYS.index(name)) % 7 or 7)
    return None


def _exact(words: str, zone: tzinfo, field: str) -> datetime | None:
    words = words.upper()
    try:
        told = datetime.fromisoformat(_OFFSET_BLANK.sub(r"+\1", words) if "T" in words else words)
    except ValueError:
        return None
    if told.tzinfo is not None:
        return told.astimezone(UTC)
    return _local(told.date(), told.time(), zone, field)


def _local(day: date, clock: time, zone: tzinfo, field: str = "at") -> datetime:
    """A time that comes twice, when summer time ends, is the first of the two."""
    there = datetime.combine(day, clock, zone)
    found = there.astimezone(UTC)
    if found.astimezone(zone).replace(tzinfo=None) != there.replace(tzinfo=None):
        raise Invalid(field, "the clocks there were put forward: {time} has never been", time=f"{there:%Y-%m-%d %H:%M}")
    return found
