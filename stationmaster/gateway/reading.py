"""From the bytes of a message to a typed request: pure, so that a long message can be read in a thread."""

from __future__ import annotations

import msgspec

from stationmaster.handlers.routing import Handler, Routes
from stationmaster.ocpp import frames
from stationmaster.ocpp.dialects import DIALECTS, Dialect
from stationmaster.ocpp.errors import Defect, OcppError
from stationmaster.ocpp.mending import mend
from stationmaster.ocpp.messages import Request

LONG = 64 * 1024
"""A message of more bytes is read in a thread: the event loop has others to answer meanwhile (A2)."""
ID_TOO_LONG = f"the message id is longer than {frames.MAX_ID} characters; kept"


def read(data: bytes, *, strict: bool) -> tuple[frames.Frame, tuple[str, ...]]:
    """The frame, and what was repaired so that it became one. Raises `OcppError`."""
    try:
        frame = frames.read(data)
        if not (b"\\" in data and b"\\u0000" in data):
            return (frame, ()) if len(frame.id or "") <= frames.MAX_ID else _with_long_id(frame, strict)
    except OcppError:
        if strict:
            raise
        mended, remarks = mend(data)
        if not remarks:
            raise
        return frames.read(mended), remarks
    mended, remarks = mend(data)  # a zero in a text, which no database keeps
    return frames.read(mended), remarks


def _with_long_id(frame: frames.Frame, strict: bool) -> tuple[frames.Frame, tuple[str, ...]]:
    if strict and isinstance(frame, frames.Call):
        problem = f"the message id is not a text of at most {frames.MAX_ID} characters"
        raise OcppError(Defect.FRAME, problem, frame.id, frames.CALL)
    return frame, (ID_TOO_LONG,)


def understand(
    routes: Routes, action: str, content: bytes, *, strict: bool
) -> tuple[Handler, Request, tuple[str, ...]]:
    """Who handles this payload, the typed request, and what was tolerated in it. Raises `OcppError`."""
    handler = routes.handlers.get(action)
    if handler is None:
        if action not in routes.dialect.requests:
            problem = f"OCPP {routes.dialect.version} has no such action"
            raise _of_another_version(routes.dialect, action, None, OcppError(Defect.UNKNOWN_ACTION, problem))
        raise OcppError(Defect.NOT_SUPPORTED, "this action is not taken here")
    try:
        request, remarks = routes.dialect.decode_request(action, content, strict=strict)
    except OcppError as error:
        raise _of_another_version(routes.dialect, action, content, error) from None
    return handler, request, remarks


def _of_another_version(dialect: Dialect, action: str, content: bytes | None, error: OcppError) -> OcppError:
    """The same error; it says so when the message is in order in another version. Some chargers offer one and speak another."""
    for other in DIALECTS.values():
        if other.version == dialect.version or action not in other.from_station:
            continue
        if content is not None and not _is_in_order(other, action, content):
            continue
        told = f"{error.description}; this is the message of OCPP {other.version}"
        return OcppError(error.defect, told, where=error.where, came=error.came)
    return error


def _is_in_order(dialect: Dialect, action: str, content: bytes) -> bool:
    try:
        dialect.decode_request(action, content, strict=True)
    except OcppError:
        return False
    return True


class Whole(msgspec.Struct, frozen=True):
    """A message, as far as it could be read."""

    frame: frames.Frame | None
    remarks: tuple[str, ...] = ()
    content: bytes = b""
    handler: Handler | None = None
    request: Request | None = None
    error: OcppError | None = None


def read_whole(routes: Routes, data: bytes, *, strict: bool) -> Whole:
    """All in one: the frame and, if it is a call, its typed request. Never raises `OcppError`; it is in what is returned."""
    frame: frames.Frame | None = None
    try:
        frame, remarks = read(data, strict=strict)
        if not isinstance(frame, frames.Call | frames.Send):
            return Whole(frame, remarks)
        content = bytes(frame.payload)
        handler, request, more = understand(routes, frame.action, content, strict=strict)
        return Whole(frame, remarks + more, content, handler, request)
    except OcppError as error:
        return Whole(frame, error=error)
