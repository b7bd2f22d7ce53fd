"""One connected station: its inbound lane, its outbound calls, the boot guard.

The reader of the socket never waits for a handler. Calls of the station are handled one at a time, in their order; each is
answered after its commit, and only then is the next one looked at.
"""

from __future__ import annotations

import logging
import re
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any, Protocol

import msgspec
import structlog

from stationmaster.domain import message_log, quarantine
from stationmaster.domain.commands import Outcome
from stationmaster.domain.stations import Station
from stationmaster.gateway.directory import Entry
from stationmaster.gateway.outbound import Outbound
from stationmaster.handlers.routing import Handler, Routes
from stationmaster.ocpp import frames
from stationmaster.ocpp.errors import Defect, OcppError
from stationmaster.ocpp.messages import Request
from stationmaster.storage import Database, StorageUnavailable, Work

log = structlog.get_logger()
_each = logging.getLogger(
    "stationmaster.messages"
)  # is a line for each message wanted? Asking is cheaper than making it

# Losing one of these loses money: never answered with an error of ours (rule 2), quarantined before an error of theirs.
TRANSACTION_MESSAGES = frozenset({"StartTransaction", "StopTransaction", "MeterValues", "TransactionEvent"})
REGISTERING = "BootNotification"
PROMPT = "Heartbeat"  # the one message that may be answered without a commit (rule 1)

LANE = 32  # messages that may wait in the lane; more, and we stop reading the socket
REMEMBERED = 8  # answers a connection remembers, those from before it included
LOGGED = 16 * 1024  # bytes of a frame out of order that are kept in the message log
LIMIT_BEFORE_ACCEPTED = 64 * 1024  # RPC-21
LIMITS = {"1.6": 256 * 1024, "2.0.1": 512 * 1024, "2.1": 512 * 1024}
_ANSWER = re.compile(rb"\s*\[\s*[34]\s*[,\]]")
BACK_LATER, SUPERSEDED, REMOVED = 1013, 4001, 4002


class Link(Protocol):
    """The socket, as the connection sees it."""

    source: str

    @property
    def last_heard_at(self) -> datetime: ...
    def send(self, data: bytes) -> None: ...
    def close(self, code: int, reason: str) -> None: ...
    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...


class Counts:
    """What went through this process, for the status page."""

    def __init__(self) -> None:
        self.received = 0
        self.sent = 0
        self.refused = 0
        self.errors = 0
        self.unexpected = 0  # answers to nothing we have asked (RPC-12)


class Connection:
    """A station on a socket, from its handshake to its close."""

    __slots__ = (
        "_answers",
        "_busy",
        "_counts",
        "_database",
        "_expected",
        "_fresh",
        "_lane",
        "_outbound",
        "_paused",
        "_routes",
        "_strict",
        "closed",
        "connected_at",
        "entry",
        "generation",
        "link",
    )

    def __init__(
        self, entry: Entry, routes: Routes, link: Link, database: Database, counts: Counts, *, strict: bool
    ) -> None:
        if entry.station.version != routes.dialect.version:
            entry.station = msgspec.structs.replace(entry.station, version=routes.dialect.version)
        self.entry = entry
        self.link = link
        self.generation = 0
        self.connected_at = datetime.now(UTC)
        self.closed = False
        self._routes = routes
        self._database = database
        self._counts = counts
        self._strict = strict
        self._lane: deque[bytes] | None = None  # made when a message has to wait
        self._busy = False
        self._paused = False
        self._fresh = True  # no message has been to the database yet
        self._answers: dict[str, tuple[int, bytes]] | None = None  # by message id, the oldest first: content and answer
        self._outbound: Outbound | None = None
        self._expected: set[str] | None = None  # actions we have asked for by TriggerMessage while pending (CON-21)

    @property
    def version(self) -> str:
        return self._routes.dialect.version

    @property
    def limit(self) -> int:
        """The longest message taken, in bytes."""
        return LIMITS[self.version] if self.entry.station.accepted else LIMIT_BEFORE_ACCEPTED

    # From the socket

    def receive(self, data: bytes) -> None:
        """A complete text message. Answers to our calls are taken at once, whatever the lane is doing."""
        self._counts.received += 1
        if not data or data.isspace():
            return  # some firmwares send empty frames
        if b"\\" in data and b"\\u0000" in data:  # no text of a station's means it, and PostgreSQL cannot keep it
            data = data.replace(b"\\u0000", b"\\ufffd")
        if not data.startswith(b"[2") and self._is_answer(data):
            return
        if self._busy:
            if self._lane is None:
                self._lane = deque()
            self._lane.append(data)
            if len(self._lane) >= LANE and not self._paused:
                self._paused = True
                self.link.pause_reading()
        else:
            self._handle(data)

    def _is_answer(self, data: bytes) -> bool:
        if _ANSWER.match(data) is None:
            return False
        try:
            frame = frames.read(data)
        except OcppError as error:
            if error.answerable:  # no answer after all
                return False
            self._match(error.message_id, _invalid(error))
            return True
        if isinstance(frame, frames.CallResult):
            self._take_answer(frame.id, frame.payload)
            return True
        if isinstance(frame, frames.CallError):
            outcome = Outcome(
                kind="error", code=frame.code, description=frame.description, details=_object(frame.details)
            )
            self._match(frame.id, outcome)
            return True
        return False

    def _take_answer(self, message_id: str, payload: Any) -> None:
        action = None if self._outbound is None else self._outbound.waiting_for(message_id)
        if action is None:
            self._match(message_id, Outcome(kind="result"))
            return
        try:
            if action in self._routes.dialect.requests:
                self._routes.dialect.decode_response(action, payload)
            outcome = Outcome(kind="result", payload=_object(payload))
        except OcppError as error:
            outcome = msgspec.structs.replace(_invalid(error), payload=_object(payload))
        self._match(message_id, outcome)

    def _match(self, message_id: str, outcome: Outcome) -> None:
        if self._outbound is None or not self._outbound.answered(message_id, outcome):
            self._counts.unexpected += 1
            log.info("answer.unexpected", station=self.entry.station.identity, message_id=message_id)

    # The lane

    def hold(self) -> None:
        """Whether it is accepted has to be asked of the database: messages wait until `go_on`."""
        self._busy = True

    def go_on(self) -> None:
        self._next()

    def _next(self) -> None:
        self._busy = False
        while self._lane and not self._busy and not self.closed:
            self._handle(self._lane.popleft())
        if self._paused and (not self._lane or len(self._lane) < LANE // 2):
            self._paused = False
            self.link.resume_reading()

    def _handle(self, data: bytes) -> None:
        """Handle one message; when it needs the database, `_busy` until it is answered."""
        try:
            frame = frames.read(data)
        except OcppError as error:
            # What can't be read may still be somebody's money (rule 3.1: quarantine before CALLERROR).
            action = next((name for name in TRANSACTION_MESSAGES if f'"{name}"'.encode() in data), "")
            self._refuse(error.message_id, action, data, error, answerable=error.answerable)
            return
        if isinstance(frame, frames.Call):
            self._handle_call(frame, data)
        else:
            self._handle_other(frame, data)

    def _handle_other(self, frame: frames.Frame, data: bytes) -> None:
        """Unknown message types are ignored and logged by 1.6 (1.6J §4.1.3), answered by 2.0.1 when the id is readable."""
        if isinstance(frame, frames.UnknownType) and self._routes.dialect.answers_unknown_types and frame.id:
            error = OcppError(Defect.MESSAGE_TYPE, "there is no such message type", frame.id)
            self._refuse(frame.id, "", data, error)
        else:
            log.info("frame.ignored", station=self.entry.station.identity, kind=type(frame).__name__)
            self._log(data=data, message_id=str(getattr(frame, "id", "")), action="", outcome="ignored")

    def _handle_call(self, call: frames.Call, data: bytes) -> None:
        answer, reused = self._answered_already(call)
        if answer is not None:
            self._send(answer)
            return
        dialect = self._routes.dialect
        try:
            if call.action not in dialect.requests:
                raise OcppError(Defect.UNKNOWN_ACTION, f"OCPP {dialect.version} has no such action", call.id)
            handler = self._routes.handlers.get(call.action)
            if handler is None:
                raise OcppError(Defect.NOT_SUPPORTED, "this action is not taken here", call.id)
            self._guard(call)
            request, remarks = dialect.decode_request(call.action, call.payload, strict=self._strict)
        except OcppError as error:
            self._refuse(call.id, call.action, data, error)
            return
        if reused:
            remarks = (*remarks, "the message id was used before, for something else")
        if call.action == PROMPT:
            self._answer_promptly(call, handler, request, data, remarks)
            return
        self._busy = True
        # After a boot message ids begin anew, so no answer from before it counts.
        first = self._fresh and call.action != REGISTERING
        unit = (self.entry.station, call, handler, request, remarks, first, time.perf_counter())
        self._fresh = False
        self._database.submit(answered, unit, partial(self._handled, call, data), lane=self.entry.station.id)

    def _guard(self, call: frames.Call) -> None:
        """Before it is accepted, a station may only introduce itself, and answer what we have triggered (CON-21)."""
        if call.action == REGISTERING or self.entry.station.accepted:
            return
        if self._expected and call.action in self._expected:
            return
        raise OcppError(Defect.SECURITY, "not before the boot is accepted", call.id)

    def expect(self, action: str) -> None:
        """We have asked for this message while the station is pending; let it through."""
        if self._expected is None:
            self._expected = set()
        self._expected.add(action)

    def _answered_already(self, call: frames.Call) -> tuple[bytes | None, bool]:
        """The answer we gave to this very call, on this connection or just before it; or whether its id is used again (RPC-10)."""
        known = self._answers.get(call.id) if self._answers else None
        if known is None:
            return None, False
        content, answer = known
        return (answer, False) if content == _content(call) else (None, True)

    def _remember(self, call: frames.Call, answer: bytes) -> None:
        if call.action == REGISTERING and not self.entry.station.accepted:
            return  # it asks again until the answer is another one, and some use one id for all
        if self._answers is None:
            self._answers = {}
        self._answers.pop(call.id, None)
        self._answers[call.id] = _content(call), answer
        if len(self._answers) > REMEMBERED:
            del self._answers[next(iter(self._answers))]

    def _answer_promptly(
        self, call: frames.Call, handler: Handler, request: Request, data: bytes, remarks: tuple[str, ...]
    ) -> None:
        clock = _Clock(self._database.clock())
        answer = frames.result(call.id, handler(clock, self.entry.station, request))  # type: ignore[arg-type]
        self._remember(call, answer)
        self._send(answer)
        self._log(
            data=bytes(call.payload),
            message_id=call.id,
            action=call.action,
            outcome="ok",
            response=_payload_of(answer),
            remarks=remarks,
        )

    def _handled(self, call: frames.Call, data: bytes, result: Any, error: BaseException | None) -> None:
        """The commit is done, or has failed: answer, and look at the next message."""
        if error is None:
            frame, before = result
            for known in before:
                self._remember(*known)
            self._remember(call, frame)
            self._send(frame)
            if _each.isEnabledFor(logging.DEBUG):
                log.debug("message", station=self.entry.station.identity, action=call.action)
        else:
            self._failed(call, data, error)
        self._next()

    def _failed(self, call: frames.Call, data: bytes, error: BaseException) -> None:
        """Our own failure is not a final answer (rule 2): go away, and the station keeps its copy."""
        self._counts.errors += 1
        station = self.entry.station.identity
        if isinstance(error, StorageUnavailable):
            log.error("message.not_stored", station=station, action=call.action, why=str(error))
            self.close(BACK_LATER, "try again later")
            return
        log.error("message.failed", station=station, action=call.action, exc_info=error)
        if call.action in TRANSACTION_MESSAGES:
            self._quarantine(call.action, f"failed here: {type(error).__name__}", data, lambda *_: None)
            self.close(BACK_LATER, "try again later")
        else:
            self._send(
                frames.error(call.id, self._routes.dialect.error_code(Defect.INTERNAL), "something went wrong here")
            )

    # Refusals

    def _refuse(self, message_id: str, action: str, data: bytes, error: OcppError, *, answerable: bool = True) -> None:
        """Answer a defective frame in this version's spelling. A transaction message is in the quarantine before that."""
        code = self._routes.dialect.error_code(error.defect)
        self._counts.errors += 1
        log.info(
            "message.refused", station=self.entry.station.identity, action=action, code=code, why=error.description
        )
        self._log(data=data, message_id=message_id, action=action, outcome=code, remarks=(error.description,))
        if not answerable:
            return
        answer = frames.error(message_id, code, error.description)
        if action in TRANSACTION_MESSAGES:
            self._busy = True

            def stored(_: Any, failure: BaseException | None) -> None:
                if failure is None:
                    self._send(answer)
                else:
                    self.close(BACK_LATER, "try again later")
                self._next()

            self._quarantine(action, f"{code}: {error.description}", data, stored)
        else:
            self._send(answer)

    def _quarantine(
        self, action: str, reason: str, data: bytes, done: Callable[[Any, BaseException | None], None]
    ) -> None:
        text = _text(data)
        self._database.submit(quarantined, (self.entry.station, action, reason, text), done, lane=self.entry.station.id)

    def _log(
        self,
        *,
        data: bytes,
        message_id: str,
        action: str,
        outcome: str,
        response: str | None = None,
        remarks: tuple[str, ...] = (),
    ) -> None:
        """Into the message log, without waiting for the commit."""
        row = _Exchange(
            "in", message_id, action, _text(data[:LOGGED]), response, outcome, None, "; ".join(remarks) or None
        )
        self._database.submit(logged, (self.entry.station, row), _nothing, lane=self.entry.station.id)

    # To the socket

    def _send(self, data: bytes) -> None:
        if not self.closed:
            self._counts.sent += 1
            self.link.send(data)

    async def call(
        self,
        action: str,
        payload: Any,
        *,
        timeout_s: float,
        sent: Callable[[], None] | None = None,
        late: Callable[[Outcome], None] | None = None,
    ) -> Outcome:
        """Send a CALL when it is its turn, wait for what comes of it, keep both in the message log."""
        if self.closed:
            return Outcome(kind="replaced")
        if self._outbound is None:
            self._outbound = Outbound(self._send)
        outcome = await self._outbound.call(
            action,
            lambda message_id: frames.call(message_id, action, payload),
            timeout_s=timeout_s,
            sent=sent,
            late=late,
        )
        row = _Exchange(
            "out",
            outcome.message_id or "",
            action,
            msgspec.json.encode(payload).decode(),
            None if outcome.payload is None else msgspec.json.encode(outcome.payload).decode(),
            "ok" if outcome.kind == "result" else outcome.code or outcome.kind,
            outcome.took_ms,
            outcome.description,
        )
        self._database.submit(logged, (self.entry.station, row), _nothing, lane=self.entry.station.id)
        return outcome

    def close(self, code: int, reason: str) -> None:
        """Close the socket; nothing more is sent or handled."""
        if not self.closed:
            self.dead()
            self.link.close(code, reason)

    def dead(self) -> None:
        """The socket is closed, by whomever: waiting commands end, waiting messages are the station's again."""
        self.closed = True
        self._lane = None
        if self._outbound is not None:
            self._outbound.close()

    @property
    def idle(self) -> bool:
        """No message is between its arrival and its answer."""
        return not self._busy


class _Exchange(msgspec.Struct, frozen=True, gc=False):
    """A row for the message log."""

    direction: str
    message_id: str
    action: str
    request: str
    response: str | None
    outcome: str
    took_ms: float | None
    remarks: str | None


class _Clock:
    """What the heartbeat handler gets instead of a unit of work: the time, and no way to store anything."""

    __slots__ = ("now",)

    def __init__(self, now: datetime) -> None:
        self.now = now


# Units of work, run in the writer lane


def answered(
    work: Work,
    station: Station,
    call: frames.Call,
    handler: Handler,
    request: Request,
    remarks: tuple[str, ...],
    first: bool,
    received: float,
) -> tuple[bytes, list[tuple[frames.Call, bytes]]]:
    """Handle a request and keep it with its answer, in one transaction; returns the answer's frame.

    With the first message of a connection it also returns what was answered before it, oldest first: only there can a repeat
    come from before.
    """
    text = bytes(call.payload).decode()
    before = _answered_before(work, station) if first else []
    for known, frame in before:
        if (known.id, known.action, bytes(known.payload)) == (call.id, call.action, bytes(call.payload)):
            return frame, before
    answer = frames.result(call.id, handler(work, station, request))
    message_log.add(
        work,
        station,
        direction="in",
        message_id=call.id,
        action=call.action,
        request=text,
        response=_payload_of(answer),
        outcome="ok",
        took_ms=_since(received),
        remarks="; ".join(remarks) if remarks else None,
    )
    return answer, before


def _answered_before(work: Work, station: Station) -> list[tuple[frames.Call, bytes]]:
    return [
        (
            frames.Call(row.message_id, row.action, msgspec.Raw(row.request.encode())),
            frames.result(row.message_id, row.response.encode()),
        )
        for row in message_log.last_answered(work, station)
    ]


def _content(call: frames.Call) -> int:
    """A fingerprint of what is asked; together with the message id it tells a repeat from a re-used id."""
    return hash((call.action, bytes(call.payload)))


def quarantined(work: Work, station: Station, action: str, reason: str, text: str) -> None:
    quarantine.keep(work, station, action=action, reason=reason, content=text, content_key=quarantine.key_of(text))


def logged(work: Work, station: Station, row: _Exchange) -> None:
    message_log.add(
        work,
        station,
        direction=row.direction,
        message_id=row.message_id,
        action=row.action,
        request=row.request,
        response=row.response,
        outcome=row.outcome,
        took_ms=row.took_ms,
        remarks=row.remarks,
    )


def _invalid(error: OcppError) -> Outcome:
    """What comes of a command whose answer is no valid one: it is finished, and nothing else is harmed (RPC-17)."""
    return Outcome(
        kind="error", code="InvalidAnswer", description=f"the charger's answer is not valid: {error.description}"
    )


def _text(data: bytes) -> str:
    """A frame as text that any database keeps."""
    return data.decode(errors="replace").replace("\0", "\ufffd")


def _payload_of(answer: bytes) -> str:
    """The payload of a CALLRESULT frame of ours: `[3,"id",{…}]`."""
    text = answer.decode()
    return text[text.index('",') + 2 : -1]


def _object(payload: Any) -> dict[str, Any] | None:
    try:
        value = msgspec.json.decode(payload)
    except msgspec.DecodeError:
        return None
    return value if isinstance(value, dict) else None


def _since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 2)


def _nothing(result: Any, error: BaseException | None) -> None:
    if error is not None:
        log.warning("message_log.not_stored", why=str(error))
