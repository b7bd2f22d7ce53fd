"""What the meter showed at each second of a session: integers of a thousandth of a Wh and of seconds, so that nothing is lost between two parts of a bill."""

from __future__ import annotations

import operator
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from stationmaster.domain.money.facts import Reading

MWH = 1000  # in a Wh


class Register:
    """The readings of a session, and what lies between them by time. Seconds count from its begin."""

    __slots__ = ("energy_mwh", "length_s", "power_w", "seconds")

    def __init__(self, readings: Sequence[Reading], begin: int, length_s: int) -> None:
        self.length_s = length_s
        self.seconds = [0]
        self.energy_mwh = [0]  # never falls
        self.power_w: list[Decimal | None] = [None]
        highest = last = 0
        for reading in sorted(readings, key=_when):
            second = second_of(reading.at) - begin
            mwh = int(reading.wh * 2 * MWH + 1) // 2  # half up
            if mwh > highest:
                highest = mwh
            if second <= 0:
                continue  # a session has taken nothing when it begins
            if second > length_s:
                second = length_s
            if second > last:
                self.seconds.append(second)
                self.energy_mwh.append(highest)
                self.power_w.append(reading.power_w)
                last = second
            elif last:
                self.energy_mwh[-1], self.power_w[-1] = highest, reading.power_w
        if highest > self.energy_mwh[-1]:  # nothing was told after its begin, as by a charger whose clock stands still
            self.seconds.append(1)
            self.energy_mwh.append(highest)
            self.power_w.append(None)

    @property
    def total_mwh(self) -> int:
        return self.energy_mwh[-1]

    def at(self, second: int) -> int:
        """By time between two readings, half up; after the last one it stays."""
        index = self.index_at(second)
        told = self.energy_mwh[index]
        if index == len(self.seconds) - 1 or self.seconds[index] == second:
            return told
        lasted = self.seconds[index + 1] - self.seconds[index]
        rise = self.energy_mwh[index + 1] - told
        return told + (2 * rise * (second - self.seconds[index]) + lasted) // (2 * lasted)

    def is_told(self, second: int) -> bool:
        """Whether there is a reading of this second; after the last one that one holds."""
        index = bisect_left(self.seconds, second)
        return index == len(self.seconds) or self.seconds[index] == second

    def reaches(self, mwh: int) -> int | None:
        """The first second at which so much had been taken; None when it never was."""
        index = bisect_left(self.energy_mwh, mwh)
        if index == len(self.energy_mwh):
            return None
        if index == 0:
            return 0
        before = self.energy_mwh[index - 1]
        lasted = self.seconds[index] - self.seconds[index - 1]
        rise = self.energy_mwh[index] - before
        gone = -((lasted - 2 * lasted * (mwh - before)) // (2 * rise))  # what `at` rounds up to it is enough
        return self.seconds[index - 1] + max(gone, 0)

    def watts_after(self, second: int) -> Decimal:
        """Between the two readings that this second lies between; 0 outside of them."""
        index = self.index_at(second)
        if index == len(self.seconds) - 1:
            return Decimal(0)
        rise = self.energy_mwh[index + 1] - self.energy_mwh[index]
        return Decimal(rise * 3600) / (MWH * (self.seconds[index + 1] - self.seconds[index]))

    def index_at(self, second: int) -> int:
        """Of the newest reading by then."""
        return bisect_right(self.seconds, second) - 1

    def idle_changes(self, below_w: int) -> list[tuple[int, bool]]:
        """From which second on less than that was taken, by register and, where it was told, by power; or no longer so.

        After the last reading nobody knows, so that the car is not idle.
        """
        changes: list[tuple[int, bool]] = []
        was = None
        begin_s, before = 0, 0
        for end_s, after, told in zip(self.seconds[1:], self.energy_mwh[1:], self.power_w[1:], strict=True):
            idle = (after - before) * 3600 < below_w * MWH * (end_s - begin_s) and (told is None or told < below_w)
            if idle is not was:
                changes.append((begin_s, idle))
                was = idle
            begin_s, before = end_s, after
        return [*changes, (begin_s, False)]


_when = operator.attrgetter("at")


def second_of(at: datetime) -> int:
    """Moments are cut to the whole second."""
    return int(at.timestamp() // 1)
