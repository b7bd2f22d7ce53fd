"""How often one charger may connect. One that does it again and again (two devices with one id, a bad network) is slowed down, and
nobody else is; the newest attempt still wins (CON-05)."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable

KEPT = 20_000


class Reconnects:
    """A purse of attempts for each charger that has connected of late."""

    def __init__(self, *, per_s: float, burst: int) -> None:
        self._per_s = per_s
        self._burst = burst
        self._purses: OrderedDict[int, tuple[float, float]] = OrderedDict()  # charger → attempts left, at that time
        self._waiting: dict[int, tuple[asyncio.TimerHandle, Callable[[bool], None]]] = {}

    def take_turn(self, station_id: int, go: Callable[[bool], None]) -> None:
        """Call `go(True)` when this attempt may go on: at once, or later; `go(False)` when a newer one has come meanwhile."""
        earlier = self._waiting.pop(station_id, None)
        if earlier is not None:
            timer, go_earlier = earlier
            timer.cancel()
            go_earlier(False)
        wait_s = self._wait_s(station_id)
        if wait_s <= 0:
            self._pay(station_id)
            go(True)
        else:
            timer = asyncio.get_running_loop().call_later(wait_s, self._turn, station_id)
            self._waiting[station_id] = (timer, go)

    def stop(self) -> None:
        """Nobody goes on any more."""
        while self._waiting:
            _, (timer, go) = self._waiting.popitem()
            timer.cancel()
            go(False)

    def _turn(self, station_id: int) -> None:
        _, go = self._waiting.pop(station_id)
        self._pay(station_id)
        go(True)

    def _wait_s(self, station_id: int) -> float:
        return (1 - self._left(station_id)) / self._per_s

    def _pay(self, station_id: int) -> None:
        left = self._left(station_id)
        self._purses.pop(station_id, None)
        self._purses[station_id] = (left - 1, time.monotonic())
        if len(self._purses) > KEPT:
            self._purses.popitem(last=False)

    def _left(self, station_id: int) -> float:
        left, since = self._purses.get(station_id, (float(self._burst), 0.0))
        return min(float(self._burst), left + (time.monotonic() - since) * self._per_s)
