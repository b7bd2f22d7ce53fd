"""What went through this process: counted where it happens, told on the status page and in the metrics."""

from __future__ import annotations

from collections import defaultdict
from typing import Literal

from stationmaster.storage.durations import Durations

Direction = Literal["in", "out"]


class Counts:
    def __init__(self) -> None:
        self.received = 0
        self.sent = 0
        self.errors = 0
        self.unexpected = 0  # answers to nothing we have asked (RPC-12)
        self.logged_bytes = 0  # of frames, into the message log
        # By version, direction, action, and outcome: ok, repeated, refused or failed; of ours also error, timeout, lost, replaced.
        self.messages: defaultdict[tuple[str, Direction, str, str], int] = defaultdict(int)
        self.handling = Durations()  # from a message's arrival to its answer, commit included
        self.refusals: defaultdict[str, int] = defaultdict(int)  # connections that were not let in, by reason

    @property
    def refused(self) -> int:
        return sum(self.refusals.values())
