"""When a site is open, by the clock that hangs on its wall."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Literal, get_args

Day = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
DAYS: tuple[Day, ...] = get_args(Day)


def is_open(at: datetime, zone: tzinfo, days: Sequence[Day] | None, opening: str | None, closing: str | None) -> bool:
    """Whether it is open at this moment, which names its zone.

    `days` None: every day. `opening` and `closing` ("07:30") None: the whole day. A night that goes over midnight belongs to the day on
    which it begins; where both are the same, it is open for 24 hours from then. The hour that a clock shows twice in autumn is open
    or closed twice; one that it leaps over in spring never comes.
    """
    there = at.astimezone(zone)
    today, yesterday = DAYS[there.weekday()], DAYS[(there - timedelta(days=1)).weekday()]
    if opening is None or closing is None:
        return _works(today, days)
    clock = there.strftime("%H:%M")
    if opening < closing:
        return _works(today, days) and opening <= clock < closing
    return (_works(today, days) and clock >= opening) or (_works(yesterday, days) and clock < closing)


def _works(day: Day, days: Sequence[Day] | None) -> bool:
    return days is None or day in days
