"""One line of a time line."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, get_args

import msgspec

Kind = Literal[
    "before",  # what held when the time began
    "server",  # one of our own processes began or ended
    "refused",  # it was turned away at the door
    "connection",
    "message",
    "state",
    "session",
    "command",
    "quarantine",
    "alarm",
    "silence",
]

RANKS = {kind: number for number, kind in enumerate(get_args(Kind))}
"""Which of two things of the same moment is told first: what is said before what comes of it."""


class Entry(msgspec.Struct, frozen=True):
    """`sentence` for everybody; `detail` has the charger's own words. `count`: the same so many times, the last at `until`."""

    at: datetime
    kind: Kind
    sentence: str
    detail: str | None = None
    until: datetime | None = None
    count: int = 1
    session: str | None = None
    """The id of the session this belongs to."""
    connected: bool | None = None
    """After a move: is the charger connected?"""
