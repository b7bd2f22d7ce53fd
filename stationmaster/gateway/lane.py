"""The messages of one charger, one at a time and in their order (CON-10)."""

from __future__ import annotations

import enum
from collections import deque
from collections.abc import Callable

WAITING = 32
"""Messages that may wait; with more, the socket is not read for a while."""


class State(enum.Enum):
    FREE = "free"
    BUSY = "busy"
    """A message is with the database; the next one is looked at when it is answered."""
    CLOSED = "closed"


class Lane:
    """Hands each message to `handle`, which says `begin` when it will say `done` later."""

    __slots__ = ("_handle", "_hold_back", "_read_on", "_stopped", "_waiting", "state")

    def __init__(
        self, handle: Callable[[bytes], None], hold_back: Callable[[], None], read_on: Callable[[], None]
    ) -> None:
        self.state = State.FREE
        self._handle = handle
        self._hold_back = hold_back
        self._read_on = read_on
        self._waiting: deque[bytes] | None = None  # made when a message has to wait
        self._stopped = False

    def add(self, data: bytes) -> None:
        """A message has come."""
        if self.state is State.FREE:
            self._handle(data)
        elif self.state is State.BUSY:
            if self._waiting is None:
                self._waiting = deque()
            self._waiting.append(data)
            if len(self._waiting) >= WAITING and not self._stopped:
                self._stopped = True
                self._hold_back()

    def begin(self) -> None:
        """What was handed out is not finished when `handle` returns."""
        if self.state is State.FREE:
            self.state = State.BUSY

    def free(self) -> None:
        """What was waited for is here; `done` follows, unless it `begin`s once more."""
        if self.state is State.BUSY:
            self.state = State.FREE

    def done(self) -> None:
        """It is finished now: on with the next."""
        if self.state is State.CLOSED:
            return
        self.state = State.FREE
        while self._waiting and self.state is State.FREE:
            self._handle(self._waiting.popleft())
        if self._stopped and (not self._waiting or len(self._waiting) < WAITING // 2):
            self._stopped = False
            self._read_on()

    def close(self) -> None:
        """What waits is the charger's again. Its connection is let go: two that hold each other stay for hours."""
        self.state = State.CLOSED
        self._waiting = None
        self._handle = self._hold_back = self._read_on = _nothing


def _nothing(*_told: object) -> None:
    """Of a connection that is closed."""
