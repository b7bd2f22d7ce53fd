"""When something happened, according to a clock that may be wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

EARLIEST = datetime(2015, 1, 1, tzinfo=UTC)  # OCPP 1.6 is from 2015; an older time is a clock that was never set
AHEAD = timedelta(minutes=15)  # more than this in the future is a wrong clock, not a skewed one


class Instant(msgspec.Struct, frozen=True, gc=False):
    """The station's own time when it is believable, else the time we heard of it; what it said is kept in `text`."""

    at: datetime
    text: str | None = None
    believable: bool = True
    told: datetime | None = None  # what the text says, believable or not; the same whenever it is repeated


def instant(text: str | None, parsed: datetime | None, now: datetime) -> Instant:
    """Never refuses (TX-10): a time in the future, from 1970 or from year 222222017 is recorded and replaced by ours.

    A time in the past is believable, however old: stations come back after weeks with a queue.
    """
    if parsed is None or parsed < EARLIEST or parsed - now > AHEAD:
        return Instant(now, text, believable=False, told=parsed)
    return Instant(parsed, text, told=parsed)
