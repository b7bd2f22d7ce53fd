"""How much a charger may send: an account that fills with time, and from which every frame and every byte is paid (RPC-24, A2).

It is the charger's, not the socket's, so a new connection brings nothing new. Whoever owes is not read for a while; nothing is
refused or lost (docs/decisions/0008 and 0019).
"""

from __future__ import annotations

import time

BYTES = 2048
"""So many bytes cost as much as a message."""
PIECE = 0.02
"""What a frame costs that is only a piece of a message: as much time as it takes."""
CONNECTING = 5.0
"""What a handshake costs, in messages."""


def price(size: int, *, whole: bool = True) -> float:
    """What a frame of `size` bytes costs: a message, or a piece of one."""
    return 1 + size // BYTES if whole else PIECE + size / BYTES


class Allowance:
    """Counted in messages."""

    __slots__ = ("_burst", "_left", "_per_s", "_since")

    def __init__(self, per_s: float = 100.0, burst: float = 500.0) -> None:
        self._per_s = per_s
        self._burst = burst
        self._left = burst
        self._since = time.monotonic()

    def pay(self, cost: float) -> bool:
        """False when it is more than there is: it is owed then. What time has brought is counted only when it is needed."""
        self._left -= cost
        return self._left >= 0

    @property
    def owed(self) -> float:
        return max(0.0, -self._left)

    def wait_s(self) -> float:
        """How long until nothing is owed any more; 0 when nothing is."""
        now = time.monotonic()
        self._left = min(self._burst, self._left + (now - self._since) * self._per_s)
        self._since = now
        return self.owed / self._per_s
