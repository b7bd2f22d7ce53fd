"""One connected charger: what comes in goes through its lane, what we ask of it through its outbound calls.

The reader of the socket never waits for a handler. Calls of the charger are handled one at a time, in their order; each is
answered after its commit, and only then is the next one looked at.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import Any, Protocol

import msgspec
import structlog

from stationmaster.domain.commands import Outcome
from stationmaster.domain.exchanges import Exchange
from stationmaster.gateway import answers, reading, refusals, repeats, units
from stationmaster.gateway.counts import Counts
from stationmaster.gateway.directory import Entry
from stationmaster.gateway.lane import Lane, State
from stationmaster.gateway.outbound import Outbound
from stationmaster.gateway.preparing import Preparer
from stationmaster.gateway.reading import Whole
from stationmaster.gateway.refusals import KEPT
from stationmaster.gateway.remembered import HEAD, Remembered
from stationmaster.gateway.repeats import Repeats
from stationmaster.handlers.routing import Handler, Routes
from stationmaster.ocpp import frames
from stationmaster.ocpp.errors import Defect, OcppError
from stationmaster.ocpp.messages import Request
from stationmaster.storage import Database, StorageUnavailable

log = structlog.get_logger()

BACK_LATER, SUPERSEDED, REMOVED, RENEWED, DISCONNECTED = 1013, 4001, 4002, 4003, 4004
ASK_TO_REGISTER_S = 30.0
FULL = "it sent more than {megabytes:g} MB of frames today (gateway.log_mb_per_day): only their beginnings are kept until midnight UTC"


class Link(Protocol):
    """The socket, as the connection sees it."""

    source: str

    @property
    def last_heard_at(self) -> datetime: ...
    def send(self, data: bytes) -> None: ...
    def close(self, code: int, reason: str) -> None: ...
    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...


class Rules(msgspec.Struct, frozen=True):
    """How this server treats what chargers say, whatever their version."""

    strict: bool = False
    set_aside_after: int = 3
    """Failures of ours at one message, after which it is set aside and answered (A3)."""
    log_bytes_per_day: int = 50_000_000
    """Of one charger's frames, in the message log (A6)."""
    boot_grace_s: float = 5.0
    """Time for a charger that has never booted here to do so by itself, before it is asked to (L3)."""
    renewal_grace_s: float = 300.0
    """Time that a connection lives on after the secret it came in with was renewed (A13)."""
    node: str | None = None
    """Our name, when there are other nodes: each unit then looks whether the charger is still connected here (N11)."""
    preparer: Preparer | None = None
    """Fetches what some handlers need from outside."""


# Long messages are read here, one at a time, so that they take no more than a part of one core from everyone else.
_long_messages = ThreadPoolExecutor(1, "long-messages")


class Connection:
    """A charger on a socket, from its handshake to its close."""

    __slots__ = (
        "_asking",
        "_counts",
        "_database",
        "_dialect",
        "_expected",
        "_lane",
        "_outbound",
        "_remembered",
        "_renewed_at",
        "_repeats",
        "_routes",
        "_rules",
        "connected_at",
        "credential",
        "entry",
        "generation",
        "link",
    )

    def __init__(
        self,
        entry: Entry,
        routes: Routes,
        link: Link,
        database: Database,
        counts: Counts,
        *,
        rules: Rules | None = None,
        remembered: Remembered | None = None,
    ) -> None:
        if entry.station.version != routes.dialect.version:
            entry.station = msgspec.structs.replace(entry.station, version=routes.dialect.version)
        self.entry = entry
        self.link = link
        self.generation = 0
        self.connected_at = datetime.now(UTC)
        self.credential = entry.credential  # with which it came in
        self._routes = routes
        self._dialect = routes.dialect
        self._database = database
        self._counts = counts
        self._rules = rules or Rules()
        self._remembered = remembered or Remembered()
        self._lane = Lane(self._handle, link.pause_reading, link.resume_reading)
        self._repeats: Repeats | None = None  # made with the first message that counts
        self._outbound: Outbound | None = None
        self._expected: set[str] | None = None  # actions we have asked for by TriggerMessage while pending (CON-21)
        self._renewed_at = 0.0  # monotonic
        self._asking: asyncio.Task[Outcome] | None = None

    @property
    def version(self) -> str:
        return self._dialect.version

    @property
    def _is_strict(self) -> bool:
        return self._rules.strict or self.entry.station.strict

    @property
    def limit(self) -> int:
        """The longest message taken, in bytes."""
        return self._dialect.limit(accepted=self.entry.station.accepted)

    @property
    def closed(self) -> bool:
        return self._lane.state is State.CLOSED

    @property
    def idle(self) -> bool:
        """No message is between its arrival and its answer."""
        return self._lane.state is not State.BUSY

    def look_after(self, now: float) -> None:
        """From time to time: a secret that was renewed ends what it has let in, with the grace that a renewal needs."""
        # The salt tells one secret from another; the same one may be kept in another way meanwhile (decision 0015).
        if self.entry.credential.salt == self.credential.salt or self.closed:
            self._renewed_at = 0.0
        elif not self._renewed_at:
            self._renewed_at = now
        elif now - self._renewed_at > self._rules.renewal_grace_s:
            self.close(RENEWED, "its secret was renewed")

    # From the socket

    def receive(self, data: bytes) -> None:
        """A complete text message. Answers to our calls are taken at once, whatever the lane is doing."""
        self._counts.received += 1
        if not data or data.isspace():
            return  # some firmwares send empty frames
        if not data.startswith(b"[2") and self._is_answer(data):
            return
        self._lane.add(data)

    def too_long(self, head: bytes) -> None:
        """A message beyond the limit: its head is kept, for a person if it tells of a transaction, and the socket is closed."""
        station = self.entry.station
        kept = refusals.too_long(self._dialect, station, self._remembered.hints, head, limit=self.limit)
        log.warning("message.too_long", station=station.identity, action=kept.exchange.action, bytes=len(head))
        self._database.submit(units.refuse, (kept,), _nothing, lane=station.id)

    def _is_answer(self, data: bytes) -> bool:
        """Take an answer to a call of ours, if this is one."""
        answer = answers.answer_in(data, strict=self._is_strict)
        if answer is None:
            return False
        outcome = answer.outcome
        if outcome is None:
            action = None if self._outbound is None else self._outbound.waiting_for(answer.message_id)
            outcome = answers.checked(self._dialect, action, answer.payload, strict=self._is_strict)
        self._match(answer.message_id, outcome)
        return True

    def _match(self, message_id: str, outcome: Outcome) -> None:
        if self._outbound is None or not self._outbound.answered(message_id, outcome):
            self._counts.unexpected += 1
            log.info("answer.unexpected", station=self.entry.station.identity, message_id=message_id)

    # The lane

    def hold(self) -> None:
        """Whether it is accepted has to be asked of the database: messages wait until `go_on`."""
        self._lane.begin()

    def go_on(self) -> None:
        self._lane.done()

    def _handle(self, data: bytes) -> None:
        """One message. When it needs the database, or is long, the lane is busy until it is answered."""
        if len(data) > reading.LONG:
            self._handle_long(data)
            return
        try:
            frame, remarks = reading.read(data, strict=self._is_strict)
        except OcppError as error:
            self._refuse_unreadable(data, error)
            return
        if frame.__class__ is frames.Call:
            self._handle_call(frame, data, remarks)
        else:
            self._handle_other(frame, data, remarks)

    def _handle_call(self, call: frames.Call | frames.Send, data: bytes, remarks: tuple[str, ...]) -> None:
        content = bytes(call.payload)
        try:
            self._guard(call.action)
            handler, request, tolerated = reading.understand(self._routes, call.action, content, strict=self._is_strict)
        except OcppError as error:
            self._refuse(call, data, error)
            return
        self._take(call, content, data, handler, request, remarks + tolerated if remarks else tolerated)

    def _handle_long(self, data: bytes) -> None:
        """Read it in a thread, and go on here."""

        def read() -> Whole:
            return reading.read_whole(self._routes, data, strict=self._is_strict)

        def done(reading_it: asyncio.Future[Whole]) -> None:
            if not self.closed and not reading_it.cancelled():
                self._lane.free()
                self._handle_read(reading_it.result(), data)
                if self._lane.state is State.FREE:
                    self._lane.done()

        self._lane.begin()
        asyncio.get_running_loop().run_in_executor(_long_messages, read).add_done_callback(done)

    def _handle_read(self, found: Whole, data: bytes) -> None:
        """What the thread has found in a long message."""
        frame, error = found.frame, found.error
        if isinstance(frame, frames.Call | frames.Send):
            try:
                self._guard(frame.action)
            except OcppError as not_now:
                error = not_now
        if frame is None:
            assert error is not None
            self._refuse_unreadable(data, error)
        elif error is not None:
            assert isinstance(frame, frames.Call | frames.Send)
            self._refuse(frame, data, error)
        elif isinstance(frame, frames.Call | frames.Send) and found.handler is not None and found.request is not None:
            self._take(frame, found.content, data, found.handler, found.request, found.remarks)
        else:
            self._handle_other(frame, data, found.remarks)

    def _handle_other(self, frame: frames.Frame, data: bytes, remarks: tuple[str, ...]) -> None:
        """What is no call: a SEND or a CALLRESULTERROR where the version has them, else a type that nobody defined."""
        dialect, station = self._dialect, self.entry.station
        number = frames.number_of(frame)
        if number in dialect.frame_types:
            if isinstance(frame, frames.Send):
                self._handle_call(frame, data, remarks)
            elif isinstance(frame, frames.CallResultError):
                self._answer_refused(frame, data)
            return
        if dialect.answers_unknown_types and frame.id:
            # 1.6 ignores such a frame and logs it (1.6J §4.1.3); 2.0.1 answers it when the id is readable.
            error = OcppError(Defect.MESSAGE_TYPE, "there is no such message type", frame.id, None)
            self._keep_refused(frame.id, "", data, error, answerable=True)
            return
        log.info("frame.ignored", station=station.identity, kind=number)
        self._log_unanswered(frame.id or "", data, "ignored")

    def _answer_refused(self, frame: frames.CallResultError, data: bytes) -> None:
        """2.1: the charger could not use an answer of ours. Nothing is to be answered; a person should know (RPC-16)."""
        station = self.entry.station
        why = f"{frame.code}: {frame.description}" if frame.description else frame.code
        log.warning("answer.refused", station=station.identity, message_id=frame.id, why=why)
        self._log_unanswered(frame.id, data, frame.code)
        hint = self._remembered.hints.refused(f"answer {frame.code}", f"our answers: {why}")
        if hint is not None:
            self._database.submit(units.raise_alarm, (station, "answer_refused", hint), _nothing, lane=station.id)

    def _guard(self, action: str) -> None:
        """Before it is accepted, a charger may only introduce itself, and send what we have triggered (CON-21).

        One that is registered and never booted here has moved in from elsewhere: its transactions are taken (L3). Raises `OcppError`.
        """
        station = self.entry.station
        if station.accepted or action == self._dialect.registering:
            return
        if self._expected and action in self._expected:
            return
        if station.renewing:
            raise OcppError(Defect.SECURITY, "not before the certificate is renewed: it has ended")
        if station.registration == "accepted":
            self._ask_to_register()
            if action in self._dialect.transaction_messages:
                return
        raise OcppError(Defect.SECURITY, "not before the boot is accepted")

    def _ask_to_register(self) -> None:
        """It has time to introduce itself first: most do, a moment after they have said something else."""
        if self._remembered.may_ask_to_register():
            asyncio.get_running_loop().call_later(self._rules.boot_grace_s, self._still_unregistered)

    def _still_unregistered(self) -> None:
        if self.closed or self.entry.station.accepted:
            return
        action, request = self._dialect.asks_to_register
        asking = self.call(action, request, timeout_s=ASK_TO_REGISTER_S)
        self._asking = asyncio.get_running_loop().create_task(asking)

    def expect(self, action: str) -> None:
        """We have asked for this message while the charger is pending; let it through."""
        self._expected = {action, *(self._expected or ())}

    def _take(
        self,
        call: frames.Call | frames.Send,
        content: bytes,
        data: bytes,
        handler: Handler,
        request: Request,
        remarks: tuple[str, ...],
    ) -> None:
        """A message that is in order: answer it after its commit."""
        dialect, action, silent = self._dialect, call.action, call.__class__ is frames.Send
        if action == dialect.prompt and not silent:
            self._answer_promptly(call.id, action, content, handler, request, remarks)
            return
        lookup = False
        if action in dialect.told_once:
            known = self._repeats
            if known is None:
                known = self._repeats = Repeats()
            answer = known.answer_to(call.id, action, content)
            if answer is not None:
                self._counts.messages[dialect.version, "in", action, "repeated"] += 1
                if not silent:
                    self._send(answer)
                return
            lookup, known.fresh = known.fresh, False
            if known.knows(call.id):
                remarks = (*remarks, repeats.USED_AGAIN)
        elif action == dialect.registering:
            self._repeats = Repeats()
            self._repeats.forget()
        elif self._repeats is not None and self._repeats.knows(call.id):
            remarks = (*remarks, repeats.USED_AGAIN)
        if remarks:
            self._remembered.deviations.met(self._database, self.entry.station, action, remarks)
        told = units.Told(
            self.entry.station,
            call.id,
            action,
            content,
            handler,
            request,
            remarks,
            time.perf_counter(),
            self._log_share(len(content)),
            lookup,
            self._rules.node,
            action in dialect.without_secrets,
        )
        self._lane.begin()
        if self._rules.preparer is not None and self._routes.wants_prepared(action, request):
            self._prepare(self._rules.preparer, told, data, silent)
            return
        asks = self._routes.ahead.get(action) if self._rules.node is None else None  # else first: is it still ours?
        ahead = None if asks is None else partial(units.ask_ahead, asks, told)
        done, lane = partial(self._handled, told, data, silent), told.station.id
        self._database.submit(units.answer, (told,), done, lane=lane, ahead=ahead)

    def _prepare(self, preparer: Preparer, told: units.Told, data: bytes, silent: bool) -> None:
        """Something has to be fetched first; this charger's next message waits for it."""
        preparation = self._routes.preparations[told.action]

        def done(handler: Handler) -> None:
            if not self.closed:
                ready = msgspec.structs.replace(told, handler=handler)
                done_with = partial(self._handled, ready, data, silent)
                self._database.submit(units.answer, (ready,), done_with, lane=ready.station.id)

        preparer.begin(preparation, told.station, told.request, done)

    def _answer_promptly(
        self, message_id: str, action: str, content: bytes, handler: Handler, request: Request, remarks: tuple[str, ...]
    ) -> None:
        """The one message whose answer waits for no commit."""
        if remarks:
            self._remembered.deviations.met(self._database, self.entry.station, action, remarks)
        clock = units.Clock(self._database.clock())
        payload = frames.payload_of(handler(clock, self.entry.station, request))  # type: ignore[arg-type]
        self._send(frames.result_of(message_id, payload))
        self._counts.messages[self._dialect.version, "in", action, "ok"] += 1
        size = len(content)
        kept = self._log_share(size)
        text = units.text_of(content, kept)
        remarks += units.cut(size, kept)
        self._log(Exchange("in", message_id, action, text, payload.decode(), "ok", None, remarks))

    def _handled(self, told: units.Told, data: bytes, silent: bool, result: Any, error: BaseException | None) -> None:
        """The commit is done, or has failed: answer, and look at the next message."""
        if error is None:
            answer = frames.result_of(told.message_id, result.payload)
            if told.action in self._dialect.told_once and self._repeats is not None:
                for message_id, action, content, payload in result.before:
                    self._repeats.remember(message_id, action, content, frames.result_of(message_id, payload))
                self._repeats.remember(told.message_id, told.action, told.content, answer)
            if not silent:
                self._send(answer)
            self._counts.messages[self._dialect.version, "in", told.action, "ok"] += 1
            self._counts.handling.add(time.perf_counter() - told.received)
            self._lane.done()
        else:
            self._failed(told, data, silent, error)

    def _failed(self, told: units.Told, data: bytes, silent: bool, error: BaseException) -> None:
        """Our own failure is not a final answer (rule 2): go away, and the charger keeps its copy."""
        self._counts.errors += 1
        self._counts.messages[self._dialect.version, "in", told.action, "failed"] += 1
        station, action = told.station, told.action
        if isinstance(error, units.Superseded):
            text = units.text_of(told.content, told.kept)
            self._log(Exchange("in", told.message_id, action, text, None, "superseded", None, (str(error),)))
            self.close(SUPERSEDED, "superseded by a newer connection")
        elif isinstance(error, StorageUnavailable):
            log.error("message.not_stored", station=station.identity, action=action, why=str(error))
            self.close(BACK_LATER, "try again later")
        elif action in self._dialect.transaction_messages:
            log.error("message.failed", station=station.identity, action=action, exc_info=error)
            self._set_aside(told, data, silent, error)
        else:
            log.error("message.failed", station=station.identity, action=action, exc_info=error)
            if not silent:
                self._send_error(told.message_id, Defect.INTERNAL, "something went wrong here")
            self._lane.done()

    def _set_aside(self, told: units.Told, data: bytes, silent: bool, error: BaseException) -> None:
        """It is money: keep it for a person. After some failures it is answered, or it would block its charger for ever (A3)."""
        station = told.station
        failures = self._remembered.failed(told.content)
        last = failures >= self._rules.set_aside_after
        kept = refusals.set_aside(told, data, error, failures=failures)

        def stored(_: Any, failure: BaseException | None) -> None:
            if failure is not None or not last:
                self.close(BACK_LATER, "try again later")
                return
            receipt = self._dialect.receipt(told.action)
            if silent:
                pass
            elif receipt is not None:
                self._send(frames.result(told.message_id, receipt))
            else:
                self._send_error(told.message_id, Defect.INTERNAL, "something went wrong here; it is kept")
            self._lane.done()

        self._database.submit(units.refuse, (kept,), stored, lane=station.id)

    # Refusals

    def _refuse_unreadable(self, data: bytes, error: OcppError) -> None:
        """What can't be read may still be somebody's money (rule 3.1: quarantine before CALLERROR)."""
        action = refusals.action_named_in(self._dialect, data)
        self._keep_refused(error.message_id, action, data, error, answerable=error.answerable)

    def _refuse(self, call: frames.Call | frames.Send, data: bytes, error: OcppError) -> None:
        self._keep_refused(call.id, call.action, data, error, answerable=call.__class__ is frames.Call)

    def _keep_refused(self, message_id: str, action: str, data: bytes, error: OcppError, *, answerable: bool) -> None:
        """Answer a defective frame in this version's spelling. A transaction message is in the quarantine before that."""
        self._counts.errors += 1
        known = action if action in self._dialect.from_station else ""  # a charger can make up as many as it likes
        self._counts.messages[self._dialect.version, "in", known, "refused"] += 1
        station = self.entry.station
        code = self._dialect.error_code(error.defect)
        told = (f"{error.where}: {error.description}",)
        self._remembered.deviations.met(self._database, station, action, told, refused=True)
        log.info("message.refused", station=station.identity, action=action, code=code, why=error.explained)
        refused = refusals.refusal(
            self._dialect,
            station,
            self._remembered.hints,
            message_id=message_id,
            action=action,
            data=data,
            error=error,
            kept=min(KEPT, self._log_share(len(data))),
        )
        if refused.quarantine is None:
            if answerable:
                self._send_error(message_id, error.defect, error.description)
            self._database.submit(units.refuse, (refused,), _nothing, lane=station.id)
            return

        def stored(_: Any, failure: BaseException | None) -> None:
            if failure is not None:
                self.close(BACK_LATER, "try again later")
                return
            if answerable:
                self._send_error(message_id, error.defect, error.description)
            self._lane.done()

        self._lane.begin()
        self._database.submit(units.refuse, (refused,), stored, lane=station.id)

    def _log(self, exchange: Exchange) -> None:
        """Into the message log, without waiting for the commit."""
        station = self.entry.station
        self._database.submit(units.log_exchange, (station, exchange), _nothing, lane=station.id)

    def _log_unanswered(self, message_id: str, data: bytes, outcome: str) -> None:
        size = len(data)
        kept = min(KEPT, self._log_share(size))
        text, remarks = units.text_of(data, kept), units.cut(size, kept)
        self._log(Exchange("in", message_id, "", text, None, outcome, None, remarks))

    def _log_share(self, size: int) -> int:
        """Bytes of a frame that the message log may keep; the first one that has to be cut for its day is told to a person."""
        limit = self._rules.log_bytes_per_day
        kept = self._remembered.log_share(size, limit)
        self._counts.logged_bytes += min(size, kept)
        if kept == HEAD and self._remembered.is_first_cut_of_the_day():
            station, hint = self.entry.station, FULL.format(megabytes=limit / 1_000_000)
            log.warning("message_log.full", station=station.identity, bytes_per_day=limit)
            self._database.submit(units.raise_alarm, (station, "message_log_full", hint), _nothing, lane=station.id)
        return kept

    # To the socket

    def _send(self, data: bytes) -> None:
        if self._lane.state is not State.CLOSED:
            self._counts.sent += 1
            self.link.send(data)

    def _send_error(self, message_id: str, defect: Defect, description: str) -> None:
        self._send(frames.error(message_id, self._dialect.error_code(defect), description))

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
        known = action if action in self._dialect.from_csms else ""
        came = "ok" if outcome.kind == "result" else outcome.kind
        self._counts.messages[self._dialect.version, "out", known, came] += 1
        self._log(answers.exchange(action, payload, outcome, share=self._log_share))
        return outcome

    def close(self, code: int, reason: str) -> None:
        """Close the socket; nothing more is sent or handled."""
        if not self.closed:
            self.dead()
            self.link.close(code, reason)

    def dead(self) -> None:
        """The socket is closed, by whomever: waiting commands end, waiting messages are the charger's again."""
        self._lane.close()
        self._remembered.deviations.write(self._database, self.entry.station)
        if self._outbound is not None:
            self._outbound.close()


def _nothing(result: Any, error: BaseException | None) -> None:
    if error is not None:
        log.warning("message_log.not_stored", why=str(error))
