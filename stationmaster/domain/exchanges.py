"""What a charger and we have said to each other, as one thing: the log keeps it, the live page shows it, the API tells it."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Exchange(msgspec.Struct, frozen=True, gc=False):
    """A call and its answer. `request` and `response` are JSON payloads; a frame that could not be read is there as it came."""

    direction: str
    """in: the charger called; out: we called."""
    message_id: str
    action: str
    request: str
    response: str | None
    outcome: str
    """ok, an OCPP error code, ignored, or what became of a call of ours."""
    took_ms: float | None = None
    remarks: tuple[str, ...] = ()
    """What was repaired on the way in, or what was wrong; each a sentence that begins with the field."""


class Logged(msgspec.Struct, frozen=True, gc=False):
    """An exchange as the log has it; `id` rises in the order of writing."""

    id: int
    at: datetime
    exchange: Exchange
