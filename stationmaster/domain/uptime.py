"""How long a port worked, and how long a car was charged: arithmetic on spans of time, and nothing else.

A port is what one car can charge at. Where it has two connectors it is down only while both are (23 CFR 680.116(b)).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from stationmaster.domain.connector_states import Span, State
from stationmaster.domain.rounding import percent

DOWN: frozenset[State] = frozenset({"faulted", "unavailable"})


class Time(NamedTuple):
    """From `begin` until just before `end`."""

    begin: datetime
    end: datetime


class Worked(NamedTuple):
    """How long a port was known, and did not work, in whole seconds; or ports together."""

    known_s: int = 0
    down_s: int = 0  # what counts against it: without what is excluded
    offline_s: int = 0  # for so long the charger was away
    excluded_s: int = 0  # of what was down

    @property
    def uptime_percent(self) -> Decimal | None:
        """With two decimals; None when nothing is known."""
        return percent(self.known_s - self.down_s, self.known_s)


def together(every: Iterable[Worked]) -> Worked:
    """Several ports, or times."""
    return Worked(*(sum(column) for column in zip(Worked(), *every, strict=True)))


def worked(
    connectors: Sequence[Sequence[Span]],
    *,
    offline: Iterable[Time] = (),
    excluded: Iterable[Time] = (),
    tolerated: timedelta = timedelta(0),
    within: Time | None = None,
) -> Worked:
    """Of a port, at all times or within one.

    `connectors` are the spans of each connector of the port, `offline` is when the charger was away, `excluded` what counts
    for neither side (the grid was down, planned work). An offline time no longer than `tolerated` is none.
    """
    known = joined(Time(span.since, span.until) for spans in connectors for span in spans)
    if within is not None:
        known = both(known, [within])
    down = known
    for spans in connectors:
        down = both(down, joined(Time(span.since, span.until) for span in spans if span.state in DOWN))
    away = joined(time for time in offline if time.end - time.begin > tolerated)
    out = both(known, joined([*down, *away]))
    left_out = both(out, joined(excluded))
    return Worked(_seconds(known), _seconds(out) - _seconds(left_out), _seconds(both(known, away)), _seconds(left_out))


def time_in(spans: Iterable[Span], *states: State) -> timedelta:
    """How long a connector was in these states."""
    return total([Time(span.since, span.until) for span in spans if span.state in states])


def overstays(spans: Sequence[Span], *, grace: timedelta) -> list[Time]:
    """When a car stood there without charging for longer than the grace period, from the end of that on.

    It begins anew whenever it charges again. A pause by the charger (our own limit, say) is never the driver's.
    """
    found: list[Time] = []
    since: datetime | None = None  # the car has not been charging
    charged = False
    for span in spans:
        if span.state == "charging":
            since, charged = None, True
        elif span.state in ("suspended_ev", "finishing") and charged:
            since = span.since if since is None else since
            begin = max(span.since, since + grace)
            if begin < span.until:
                found = joined([*found, Time(begin, span.until)])
        else:
            since = None
    return found


def offline_times(events: Iterable[tuple[datetime, bool]], *, since: datetime, until: datetime) -> list[Time]:
    """When a charger was away within [since, until), from the moments at which it came (True) and went (False), in their order."""
    found: list[Time] = []
    gone: datetime | None = None
    for at, came in events:
        if came and gone is not None:
            found.append(Time(gone, at))
            gone = None
        elif not came and gone is None:
            gone = at
    if gone is not None:
        found.append(Time(gone, until))
    return both(joined(found), [Time(since, until)])


def joined(times: Iterable[Time]) -> list[Time]:
    """The same moments, each once, in their order."""
    found: list[Time] = []
    for time in sorted(times):
        if time.end <= time.begin:
            continue
        if found and time.begin <= found[-1].end:
            found[-1] = Time(found[-1].begin, max(found[-1].end, time.end))
        else:
            found.append(time)
    return found


def both(one: Sequence[Time], other: Sequence[Time]) -> list[Time]:
    """The moments that are in the one and in the other; each of the two is `joined`."""
    found: list[Time] = []
    left = right = 0
    while left < len(one) and right < len(other):
        begin, end = max(one[left].begin, other[right].begin), min(one[left].end, other[right].end)
        if begin < end:
            found.append(Time(begin, end))
        if one[left].end < other[right].end:
            left += 1
        else:
            right += 1
    return found


def total(times: Iterable[Time]) -> timedelta:
    return sum((time.end - time.begin for time in times), timedelta(0))


def _seconds(times: Sequence[Time]) -> int:
    return int(total(times).total_seconds())
