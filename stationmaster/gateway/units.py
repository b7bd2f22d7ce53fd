"""What a connection has done in the writer: each of these is one unit of work, and changes nothing but the database."""

from __future__ import annotations

import time
from datetime import datetime

import msgspec

from stationmaster.domain import alarms, connections, message_log, quarantine
from stationmaster.domain.exchanges import Exchange
from stationmaster.domain.stations import Station
from stationmaster.handlers.routing import Ahead, Handler
from stationmaster.ocpp import frames
from stationmaster.ocpp.messages import Request
from stationmaster.storage import Work
from stationmaster.storage.together import Part

CUT = "cut in this log: the frame has {size:,} bytes"


class Clock:
    """What the heartbeat handler gets instead of a unit of work: the time, and no way to store anything."""

    __slots__ = ("now", "trace")

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.trace: str | None = None


class Superseded(Exception):
    """Another node holds a newer connection of this charger: what this one says changes nothing any more (N11)."""


class Told(msgspec.Struct, frozen=True, gc=False):
    """A message that is in order, and all that is needed to answer it."""

    station: Station
    message_id: str
    action: str
    content: bytes
    """Its payload."""
    handler: Handler
    request: Request
    remarks: tuple[str, ...]
    received: float
    kept: int
    """Bytes of it that the message log keeps."""
    lookup: bool = False
    """Look whether it was answered before this connection."""
    node: str | None = None
    """Ours, when there are several: is the charger still connected here?"""
    open_text: bool = False
    """Nothing in it can be a secret."""


class Answered(msgspec.Struct, frozen=True, gc=False):
    """The answer's payload, and what was answered before it, oldest first: id, action, content, answer."""

    payload: bytes
    before: tuple[tuple[str, str, bytes, bytes], ...] = ()


def answer(work: Work, told: Told) -> Answered:
    """Handle a message and keep it with its answer, in one transaction. Raises `Superseded`."""
    if told.node is not None:
        check_still_ours(work, told.station, told.node)
    before = answered_before(work, told) if told.lookup else ()
    for message_id, action, content, payload in before:
        if (message_id, action, content) == (told.message_id, told.action, told.content):
            return Answered(payload, before)
    payload = frames.payload_of(told.handler(work, told.station, told.request))
    size = len(told.content)
    exchange = Exchange(
        "in",
        told.message_id,
        told.action,
        told.content.decode() if size <= told.kept else text_of(told.content, told.kept),
        payload.decode(),
        "ok",
        int((time.perf_counter() - told.received) * 100_000) / 100,  # rounding takes ten times as long
        told.remarks if size <= told.kept else (*told.remarks, CUT.format(size=size)),
    )
    message_log.add(work, told.station, exchange, open_text=told.open_text and not told.remarks)
    return Answered(payload, before)


def ask_ahead(asks: Ahead, told: Told, work: Work) -> Part | None:
    """What the handler of a message will ask, for all units of the commit together."""
    return asks(work, told.station, told.request)


def answered_before(work: Work, told: Told) -> tuple[tuple[str, str, bytes, bytes], ...]:
    """What was answered to this charger before this connection; a repeat comes among its first messages."""
    return tuple(
        (row.message_id, row.action, row.request.encode(), row.response.encode())
        for row in message_log.last_answered(work, told.station, told.action)
    )


def check_still_ours(work: Work, station: Station, node: str) -> None:
    if not connections.is_held(work, station.id, node):
        raise Superseded(f"{station.identity} has connected to another node since, or was removed")


class Refused(msgspec.Struct, frozen=True, gc=False):
    """A message that is answered with an error, or with nothing; and what is kept of it."""

    station: Station
    exchange: Exchange
    quarantine: str | None = None
    """The reason why it is kept for a person; None when it is no loss."""
    content: str = ""
    """The whole frame, for the quarantine."""
    content_key: str = ""
    hint: str | None = None
    """What the charger's page shows: it is refused again and again."""
    hint_kind: str = "refused"


def refuse(work: Work, refused: Refused) -> None:
    """Keep what could not be taken."""
    message_log.add(work, refused.station, refused.exchange)
    if refused.quarantine is not None:
        quarantine.keep(
            work,
            refused.station,
            action=refused.exchange.action,
            reason=refused.quarantine,
            content=refused.content,
            content_key=refused.content_key or quarantine.key_of(refused.content),
        )
    if refused.hint is not None and not alarms.is_open(work, refused.station, kind=refused.hint_kind):
        alarms.raise_alarm(work, refused.station, kind=refused.hint_kind, detail=refused.hint)


def log_exchange(work: Work, station: Station, exchange: Exchange, at: datetime | None = None) -> None:
    message_log.add(work, station, exchange, at=at)


def raise_alarm(work: Work, station: Station, kind: str, detail: str) -> None:
    alarms.raise_alarm(work, station, kind=kind, detail=detail)


def cut(size: int, kept: int) -> tuple[str, ...]:
    """The remark that a frame is not whole in the log; none when it is."""
    return () if size <= kept else (CUT.format(size=size),)


def text_of(data: bytes, kept: int) -> str:
    """A frame, or the head of it, as a text that any database keeps."""
    return data[:kept].decode(errors="replace").replace("\0", "\ufffd")
