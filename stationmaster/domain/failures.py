"""Who failed to log in lately, and how often: chargers at the door and people at the log-in are slowed down by the same count."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable
from typing import NamedTuple

Key = tuple[str, str]
"""Who: an account or a charger, and from where; either may be empty."""


class Failed(NamedTuple):
    """How often, and when first and last, on a clock that only counts seconds."""

    times: int
    first: float
    last: float


class Failures:
    """Failures by key. They are forgotten `forget_s` after the last one, or after the first one with `from_first`.

    Memory is bounded: of more than `kept` keys, the one that failed longest ago makes room.
    """

    def __init__(
        self,
        *,
        forget_s: float,
        kept: int,
        from_first: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._forget_s = forget_s
        self._kept = kept
        self._from_first = from_first
        self.clock = clock
        self._failed: dict[Key, Failed] = {}

    def __len__(self) -> int:
        return len(self._failed)

    def of(self, key: Key) -> Failed:
        """What counts against this key now."""
        now = self.clock()
        found = self._failed.get(key)
        if found is None or now - (found.first if self._from_first else found.last) >= self._forget_s:
            return Failed(0, now, now)
        return found

    def add(self, key: Key) -> None:
        """It failed once more."""
        times, first, _ = self.of(key)
        self._failed.pop(key, None)
        self._failed[key] = Failed(times + 1, first, self.clock())
        while len(self._failed) > self._kept:
            del self._failed[next(iter(self._failed))]

    def take_back(self, key: Key) -> None:
        """Its last failure was none."""
        times, first, last = self.of(key)
        if times > 1:
            self._failed[key] = Failed(times - 1, first, last)
        else:
            self.forget(key)

    def forget(self, key: Key) -> None:
        self._failed.pop(key, None)


def network(source: str) -> str:
    """What one customer of a network has: an IPv4 address, or the 64 bits of IPv6 in which addresses cost nothing."""
    if ":" not in source:
        return source
    try:
        address = ipaddress.IPv6Address(source)
    except ValueError:
        return source
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(address) >> 64 << 64, 64)))
