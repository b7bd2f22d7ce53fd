"""The clock of this machine and the one of the database, which several nodes share."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

UNSURE = timedelta(seconds=1)  # an answer that took longer is too vague to compare clocks by
STEADY = timedelta(seconds=0.1)  # a smaller difference is ignored, so that time does not jump to and fro


class Clocks:
    """What time it is. Where several nodes are one system it is the database's time, whatever the machine believes."""

    def __init__(self, machine: Callable[[], datetime]) -> None:
        self.machine = machine
        self.shared = False  # whether the database's time is followed, or only measured
        self.ahead = timedelta(0)  # of the machine's clock, as last measured
        self._corrected = timedelta(0)

    def now(self) -> datetime:
        return self.machine() - self._corrected

    def compare(self, theirs: datetime, *, asked: datetime, answered: datetime) -> None:
        """The database said it is `theirs` at some moment between `asked` and `answered`, by the machine's clock."""
        if not timedelta(0) <= answered - asked <= UNSURE:
            return
        self.ahead = asked + (answered - asked) / 2 - theirs
        if self.shared and abs(self.ahead - self._corrected) > STEADY:
            self._corrected = self.ahead
