"""What a charger answers to our calls: read, held against the type of its response, and put into an `Outcome`. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import msgspec

from stationmaster.domain.commands import Outcome
from stationmaster.domain.exchanges import Exchange
from stationmaster.gateway import reading, units
from stationmaster.ocpp import frames
from stationmaster.ocpp.dialects import Dialect
from stationmaster.ocpp.errors import OcppError

_ANSWER = re.compile(rb"[\s\0]*\[\s*[345]\s*[,\]]")


class Answer(msgspec.Struct, frozen=True, gc=False):
    """To the call with this message id: a result, still to be checked, or what came of it instead."""

    message_id: str
    payload: Any = None
    outcome: Outcome | None = None


def answer_in(data: bytes, *, strict: bool) -> Answer | None:
    """The answer in a message; None when it is none. An unreadable one is an answer too, for answers are never answered (L5)."""
    if _ANSWER.match(data) is None:
        return None
    try:
        frame, _ = reading.read(data, strict=strict)
    except OcppError as error:
        return None if error.answerable else Answer(error.message_id, outcome=_invalid(error))
    if isinstance(frame, frames.CallResult):
        return Answer(frame.id, payload=frame.payload)
    if isinstance(frame, frames.CallError):
        details = _object(frame.details)
        refused = Outcome(kind="error", code=frame.code, description=frame.description, details=details)
        return Answer(frame.id, outcome=refused)
    return None


def checked(dialect: Dialect, action: str | None, payload: Any, *, strict: bool) -> Outcome:
    """A result, as the charger said it: its handler understands it as repaired (C1). Nothing is kept of one to no call of ours."""
    if action is None or action not in dialect.requests:
        return Outcome(kind="result", payload=None if action is None else _object(payload))
    try:
        dialect.decode_response(action, payload, strict=strict)
    except OcppError as error:
        return msgspec.structs.replace(_invalid(error), payload=_object(payload))
    return Outcome(kind="result", payload=_object(payload))


def exchange(action: str, payload: Any, outcome: Outcome, *, share: Callable[[int], int]) -> Exchange:
    """A call of ours and what came of it, as the message log keeps it: of an answer of that many bytes, its `share`."""
    answer = None if outcome.payload is None else frames.payload_of(outcome.payload)
    size = 0 if answer is None else len(answer)
    kept = share(size)
    said = () if outcome.description is None else (outcome.description,)
    return Exchange(
        "out",
        outcome.message_id or "",
        action,
        frames.payload_of(payload).decode(),
        None if answer is None else units.text_of(answer, kept),
        "ok" if outcome.kind == "result" else outcome.code or outcome.kind,
        outcome.took_ms,
        (*said, *units.cut(size, kept)),
    )


def _invalid(error: OcppError) -> Outcome:
    """What comes of a command whose answer is no valid one: it is finished, and nothing else is harmed (RPC-17)."""
    return Outcome(
        kind="error", code="InvalidAnswer", description=f"the charger's answer is not valid: {error.explained}"
    )


def _object(payload: Any) -> dict[str, Any] | None:
    try:
        value = msgspec.json.decode(payload)
    except msgspec.DecodeError:
        return None
    return value if isinstance(value, dict) else None
