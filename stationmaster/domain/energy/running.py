"""The energy of a session that still runs: cheap where its register does what registers do, else the engine is asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from stationmaster.domain.energy.power import BLIND_TOTAL_WH, PEAK, UNKNOWN_W, Flow, Told, flow
from stationmaster.domain.energy.tracks import Reading, continuous, step
from stationmaster.domain.energy.words import Point

RECENT = 6  # registers that are looked at before the engine is asked
_PATIENCE = 5  # values in a row that do not go on from the last one: then it is the last one that was wrong
_ABSURD = Decimal(10) ** 12


def so_far(
    start_wh: Decimal | None, recent: Sequence[Point], started_at: datetime, *, rated_w: float | None = None
) -> Decimal | None:
    """What a running session took by its newest registers, oldest first; None where only the engine can say.

    It says the same as the engine does: these registers go on from one another, and from the start.
    """
    if start_wh is None or not recent or any(not _is_plain(point) for point in recent):
        return None
    readings = [_reading(point, started_at) for point in sorted(recent, key=lambda point: point.at)]
    flowed = _flow(recent, started_at, rated_w)
    tracks = continuous(readings, flowed.step_wh)
    last = readings[-1]
    if len(tracks) > 1 or step(Reading(0.0, float(start_wh), recent[0]), readings[0], flowed.total_wh) is None:
        return None
    return (
        None if last.wh - float(start_wh) > BLIND_TOTAL_WH else max(Decimal(0), (last.point.energy_wh or 0) - start_wh)
    )


class Running:
    """The same, value by value, for those who watch: a value that does not go on from the last one is not shown."""

    __slots__ = ("_base_wh", "_highest_w", "_last", "_refused", "start_wh", "started_at")

    def __init__(self, start_wh: Decimal | None, started_at: datetime, last: Point | None = None) -> None:
        self.start_wh = start_wh
        self.started_at = started_at
        self._last = None if last is None else _reading(last, started_at)
        self._base_wh = start_wh or Decimal(0)
        self._refused = 0
        self._highest_w = 0.0

    def add(self, point: Point) -> Decimal | None:
        """What the session has taken by now; None when this value does not say it."""
        self._highest_w = max(self._highest_w, float(point.power_w or 0))
        if self.start_wh is None or not _is_plain(point) or point.energy_wh is None:
            return None
        reading = _reading(point, self.started_at)
        before = self._last or self._begin(reading)
        if step(before, reading, self._limit_wh(reading.t - before.t)) is None:
            self._refused += 1
            if self._refused >= _PATIENCE:
                self._last, self._refused = None, 0
            return None
        if self._last is None:
            self._base_wh = before.point.energy_wh or Decimal(0)
        self._last, self._refused = reading, 0
        return max(Decimal(0), point.energy_wh - self._base_wh)

    def _begin(self, reading: Reading) -> Reading:
        """Where this register began: at the start's, or at zero with the session."""
        from_zero = reading.wh < float(self.start_wh or 0) - 1
        start_wh = Decimal(0) if from_zero else self.start_wh
        return Reading(0.0, float(start_wh or 0), Point(self.started_at, start_wh))

    def _limit_wh(self, seconds: float) -> float:
        able = Flow(w=self._highest_w * PEAK or UNKNOWN_W, clock=True, length_s=0.0)
        return min(able.step_wh(seconds), BLIND_TOTAL_WH)


def _is_plain(point: Point) -> bool:
    return (
        point.energy_wh is not None
        and 0 <= point.energy_wh < _ABSURD
        and point.location in (None, "Outlet")
        and point.context != "Transaction.Begin"
    )


def _reading(point: Point, started_at: datetime) -> Reading:
    return Reading(
        (point.at - started_at).total_seconds(), float(point.energy_wh or 0), point, float(point.resolution_wh or 1)
    )


def _flow(points: Sequence[Point], started_at: datetime, rated_w: float | None) -> Flow:
    """What can have flowed, by the few powers that are at hand: a car may have drawn more before."""
    told = [
        Told((point.at - started_at).total_seconds(), float(point.power_w), edge=True)
        for point in points
        if point.power_w is not None
    ]
    length_s = max((point.at - started_at).total_seconds() for point in points) if points else 0.0
    return flow(told, length_s=max(0.0, length_s), clock=True, rated_w=rated_w, difference_wh=None)
