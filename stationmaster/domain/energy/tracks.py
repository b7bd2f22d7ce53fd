"""Registers joined by continuity: which readings are of one meter.

Chargers tell several registers under one name: the one of the connector and that of the house, one that counts for ever and
one that begins at zero with each session. No name and no transaction id tells them apart reliably; what does is that a
register never falls, and rises no faster than the connector can deliver.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import msgspec

from stationmaster.domain.energy.words import Point

_MAX_TRACKS = 32  # a meter that tells a hundred registers tells none

Limit = Callable[[float], float]  # the most Wh in so many seconds


class Reading(msgspec.Struct, frozen=True, gc=False):
    """One register reading, `t` seconds after the begin of the session. `last_digit_wh` is how exactly it was told."""

    t: float
    wh: float
    point: Point
    last_digit_wh: float = 1.0


class Track:
    """Readings of one register, in order."""

    __slots__ = ("readings", "since_s")

    def __init__(self, reading: Reading) -> None:
        self.readings = [reading]
        self.since_s = (
            reading.t
        )  # when its last value was read first: one that stands still may not have been read anew

    @property
    def first(self) -> Reading:
        return self.readings[0]

    @property
    def last(self) -> Reading:
        return self.readings[-1]

    @property
    def growth_wh(self) -> float:
        return self.last.wh - self.first.wh

    @property
    def stands_still(self) -> bool:
        return self.growth_wh <= tolerance(self.first, self.last)

    def add(self, reading: Reading) -> None:
        if reading.wh != self.last.wh:
            self.since_s = reading.t
        self.readings.append(reading)

    def pop(self) -> Reading:
        spike = self.readings.pop()
        self.since_s = next(one.t for one in self.readings if one.wh == self.last.wh)
        return spike


def tolerance(one: Reading, other: Reading) -> float:
    """What two readings of one value may differ by: the last digit told, and a watt-hour at least (E1)."""
    return max(1.0, one.last_digit_wh, other.last_digit_wh)


def step(before: Reading, after: Reading, limit_wh: float) -> float | None:
    """By how much the register rose from the one to the other; None when they cannot be of one register."""
    rise = after.wh - before.wh
    return rise if -tolerance(before, after) <= rise <= limit_wh else None


def continuous(readings: Sequence[Reading], limit: Limit) -> list[Track]:
    """The readings, each with those that it continues.

    Of several that it could continue it joins the closest. A single one that stood too high is put aside when the register
    goes on below it.
    """
    tracks: list[Track] = []
    for reading in readings:
        closest, rise = None, math.inf
        for track in tracks:
            risen = step(track.last, reading, limit(reading.t - track.since_s))
            if risen is not None and risen < rise:
                closest, rise = track, risen
        if closest is None:
            closest = _beyond_a_spike(tracks, reading, limit)
        if closest is not None:
            closest.add(reading)
        elif len(tracks) < _MAX_TRACKS:
            tracks.append(Track(reading))
    return tracks


def _beyond_a_spike(tracks: list[Track], reading: Reading, limit: Limit) -> Track | None:
    for track in reversed(tracks):
        if len(track.readings) > 1 and len(tracks) < _MAX_TRACKS:
            before = track.readings[-2]
            if step(before, reading, limit(reading.t - before.t)) is not None:
                tracks.append(Track(track.pop()))
                return track
    return None


def common_digit(readings: Sequence[Reading]) -> float:
    """How coarsely a register is told that is always rounded: to 10, 100 or 1,000 Wh. Two values can be so by chance."""
    values = {reading.wh for reading in readings if reading.wh}
    if len(values) < 3 or any(value % 10 for value in values):
        return 1.0
    shared = math.gcd(*(int(value) for value in values))
    return next((digit for digit in (1000.0, 100.0, 10.0) if shared % digit == 0), 1.0)
