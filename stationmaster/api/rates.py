"""How many requests a minute one caller, or one address without a log-in, may make (API-15), on all nodes together.

A request waits for no other node. Each counts what reaches it, and tells the others once a second; so for a second somebody may
ask more than they may, and while nodes do not hear each other each counts for itself.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from stationmaster.domain.errors import DomainError

WINDOW_S = 60.0
TOLD_EACH_S = 1.0


class TooManyRequests(DomainError):
    """More than a minute allows; `rate` says when the next one begins."""

    def __init__(self, rate: Rate) -> None:
        said = "more than {most} requests in a minute; please go on in {seconds} s"
        super().__init__(said, most=rate.limit, seconds=rate.reset_s)
        self.rate = rate


class Rate(NamedTuple):
    """What may be asked in this minute, what is left of it, and when the next one begins."""

    limit: int
    remaining: int
    reset_s: int

    @property
    def headers(self) -> dict[str, str]:
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset_s),
        }


class Rates:
    """Counts the requests of everybody in the minute at hand."""

    KEPT = 50_000

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._counts: dict[str, tuple[float, int]] = {}  # since when, and how many
        self._untold: dict[str, int] | None = None  # what other nodes have not heard of yet; None: there are none

    def take(self, who: str, limit: int) -> Rate | None:
        """Count a request; None without a limit (0). Raises `TooManyRequests`."""
        if limit == 0:
            return None
        now = self._clock()
        since, count = self._add(who, 1, now)
        if self._untold is not None and count < limit:  # beyond it the others need not know
            self._untold[who] = self._untold.get(who, 0) + 1
        rate = Rate(limit, max(0, limit - count - 1), max(1, int(since + WINDOW_S - now + 0.999)))
        if count >= limit:
            raise TooManyRequests(rate)
        return rate

    async def share(self, tell: Callable[[dict[str, int]], None], *, each_s: float = TOLD_EACH_S) -> None:
        """For ever: `tell` the other nodes what was counted here. It must not wait."""
        self._untold = {}
        while True:
            await asyncio.sleep(each_s)
            if self._untold:
                tell(self._untold)
                self._untold = {}

    def heard(self, counts: Mapping[str, int]) -> None:
        """What another node has counted."""
        now = self._clock()
        for who, count in counts.items():
            self._add(who, count, now)

    def _add(self, who: str, count: int, now: float) -> tuple[float, int]:
        """Since when this one is counted, and how many there were before."""
        since, before = self._counts.get(who, (now, 0))
        if now - since >= WINDOW_S:
            since, before = now, 0
        if len(self._counts) >= self.KEPT and who not in self._counts:
            self._counts.clear()
        self._counts[who] = (since, before + count)
        return since, before
