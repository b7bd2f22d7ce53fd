"""How many requests a minute one caller, or one address without a log-in, may make (API-15). Each node counts for itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from stationmaster.domain.errors import DomainError

WINDOW_S = 60.0


class TooManyRequests(DomainError):
    """More than a minute allows; `rate` says when the next one begins."""

    def __init__(self, rate: Rate) -> None:
        super().__init__(f"more than {rate.limit} requests in a minute; please go on in {rate.reset_s} s")
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

    def take(self, who: str, limit: int) -> Rate | None:
        """Count a request; None without a limit (0). Raises `TooManyRequests`."""
        if limit == 0:
            return None
        now = self._clock()
        since, count = self._counts.get(who, (now, 0))
        if now - since >= WINDOW_S:
            since, count = now, 0
        if len(self._counts) >= self.KEPT and who not in self._counts:
            self._counts.clear()
        self._counts[who] = (since, count + 1)
        rate = Rate(limit, max(0, limit - count - 1), max(1, int(since + WINDOW_S - now + 0.999)))
        if count >= limit:
            raise TooManyRequests(rate)
        return rate
