"""What the gateway remembers of a charger over its connections, for as long as this process lives.

A charger gains nothing by connecting anew: neither another allowance, nor another hint on its page, nor one more try of a message
that can only fail.
"""

from __future__ import annotations

import time

from stationmaster.gateway.allowance import Allowance
from stationmaster.gateway.deviating import Deviations
from stationmaster.gateway.refusals import Hints

DAY_S = 86_400
WHOLE = 64 * 1024
"""Bytes of one payload that the message log keeps at the most."""
HEAD = 256
"""And of one that comes when the day's share of its charger is used up."""
FAILING = 32
ASK_AGAIN_S = 600.0


class Remembered:
    """One charger's account."""

    __slots__ = ("_asked_at", "_cut_on", "_day", "_failures", "_logged", "allowance", "deviations", "hints")

    def __init__(self, allowance: Allowance | None = None) -> None:
        self.allowance = allowance or Allowance()
        self.hints = Hints()
        self.deviations = Deviations()
        self._failures: dict[int, int] = {}
        self._asked_at = 0.0
        self._day = 0
        self._cut_on = 0
        self._logged = 0

    def failed(self, content: bytes) -> int:
        """A message could not be handled for a reason of ours; returns how often by now."""
        key = hash(content)
        self._failures[key] = count = self._failures.pop(key, 0) + 1
        if len(self._failures) > FAILING:
            del self._failures[next(iter(self._failures))]
        return count

    def may_ask_to_register(self) -> bool:
        """Whether it is time to ask it for its BootNotification; asked seldom, for some answer each question with a reboot."""
        now = time.monotonic()
        if self._asked_at and now - self._asked_at < ASK_AGAIN_S:
            return False
        self._asked_at = now
        return True

    def log_share(self, size: int, day_limit: int, day: int | None = None) -> int:
        """How many bytes of a payload of this size the message log keeps: all of it, until the day's share is used up (A6)."""
        if day is None:
            day = int(time.time()) // DAY_S
        if day != self._day:
            self._day, self._logged = day, 0
        kept = WHOLE if self._logged < day_limit else HEAD
        self._logged += min(size, kept)
        return kept

    def is_first_cut_of_the_day(self) -> bool:
        """Asked when the day's share is used up; True once a day."""
        first, self._cut_on = self._cut_on != self._day, self._day
        return first
