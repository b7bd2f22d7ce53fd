"""What charging stations of all versions have in common: the connection, one CALL at a time, and a queue that forgets
nothing before it was answered."""

import asyncio
import random
import ssl as tls
from abc import ABC, abstractmethod
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Collection, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, Literal, Self, TypeVar, cast

import msgspec

from stationmaster.ocpp import frames
from stationmaster.ocpp.dialects import Dialect
from stationmaster.ocpp.errors import Defect, OcppError
from stationmaster.ocpp.messages import Request, Response, now_text, parse_time
from stationmaster.simulator.clock import Clock
from stationmaster.simulator.journal import Journal, Ledger, Payload
from stationmaster.simulator.link import CannotConnect, Link
from stationmaster.simulator.quirks import LATE_ANSWER_S, Quirks
from stationmaster.simulator.waiting import Signal, Tasks

RetryIds = Literal["same", "new", "drop"]
"""What a station does with a transaction message that was not answered: it repeats it under the same message id, under a
new one, or repeats it with the same id but throws it away when a CALLERROR comes back."""

A = TypeVar("A", bound=Response)
Handler = Callable[..., Response]


class Disconnected(Exception):
    """The connection went away before the answer came, or there was none."""


class NoAnswer(Exception):
    """The time for an answer has run out."""


class CallFailed(Exception):
    """The answer was a CALLERROR."""

    def __init__(self, action: str, code: str, description: str) -> None:
        super().__init__(f"{action} was answered with {code}: {description or 'no description'}.")
        self.code = code


@dataclass
class Habits:
    """How a station behaves on the network. Times in real seconds, since they wait for a real server."""

    retry_ids: RetryIds = "same"
    call_timeout_s: float = 30.0
    retry_wait_s: float = 5.0  # after a time-out or CALLERROR, before a transaction message is repeated
    reconnect_s: float = 1.0  # the first pause; doubles up to
    reconnect_max_s: float = 60.0
    transfers_files: bool = False  # fetch firmware and bring logs over HTTP, instead of only saying so
    gives_up_when_refused: bool = False  # end with CannotConnect on 401, 403, 404 instead of trying for ever


@dataclass
class Queued:
    """A transaction message on its way. It leaves the queue when it is answered, not before."""

    number: int
    action: str
    payload: Payload
    transaction: str
    message_id: str | None = None
    done: bool = False
    stuck: bool = False  # an attempt has failed; there will be others


@dataclass
class Counters:
    """What this station has seen."""

    sent: Counter[str] = field(default_factory=Counter)
    answered: int = 0
    failed: int = 0
    received: Counter[str] = field(default_factory=Counter)
    connections: int = 0


class Station(ABC):
    """A simulated charging station. Use it with `async with`: inside it is connected, booted and ready.

    Subclasses say what it does once connected (`ready`), what an answered transaction message means (`delivered`), and
    how it answers the central system (`answers`, filled by `@answers`).
    """

    dialect: ClassVar[Dialect]
    answers: ClassVar[dict[str, Handler]] = {}

    def __init__(
        self,
        identity: str,
        url: str = "ws://localhost:9000/ocpp",
        *,
        password: str | bytes | None = None,
        clock: Clock | None = None,
        seed: int = 0,
        habits: Habits | None = None,
        journal: Path | None = None,
        ssl_context: tls.SSLContext | None = None,
        quirks: Collection[str] = (),
    ) -> None:
        self.identity = identity
        self.url = url
        self.password = password
        self.clock = clock or Clock(jumps=True)
        self.habits = habits or Habits()
        self.quirks = Quirks(quirks)
        self.chance = random.Random(f"{identity}/{seed}")
        self.counters = Counters()
        self.trouble: str | None = None
        """Why it is not connected, as a sentence; None when all is well."""
        self.ledger = Ledger.read(journal) if journal is not None else Ledger()
        self._journal = Journal(journal) if journal is not None else None
        self._numbers = max(self.ledger.entries, default=0)
        self._queue: deque[Queued] = deque(
            Queued(entry.number, entry.action, entry.payload, entry.transaction or "", _last(entry.ids))
            for entry in self.ledger.waiting
        )
        self._held_back: dict[str, Queued] = {}  # readings that are told late, by transaction (a quirk)
        self._ssl_context = ssl_context
        self._link: Link | None = None
        self._ready = False
        self._wants_link = True
        self._hurry = asyncio.Event()
        self._deaf = False
        self._slot = asyncio.Lock()
        self._pending: tuple[str, asyncio.Future[frames.CallResult | frames.CallError]] | None = None
        self._given_up: CannotConnect | None = None
        self._signal = Signal()
        self._tasks = Tasks()
        self._clock_offset = timedelta()
        self._busy = 0  # things begun in answer to the central system and not finished yet

    # -- life ----------------------------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        self.start()
        try:
            await self.until_ready()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def start(self) -> None:
        """Begin to connect, in the background; `until_ready` waits for it."""
        self._tasks.spawn(self._keep_connected(), f"{self.identity} connection")
        self._tasks.spawn(self._deliver(), f"{self.identity} queue")

    async def until_ready(self) -> None:
        """Return when the station is connected and accepted. Raises CannotConnect if it has given up."""
        await self._signal.until(lambda: self._ready or self._given_up is not None)
        if self._given_up is not None:
            raise self._given_up

    async def close(self) -> None:
        """Hang up and end all tasks. Raises what one of them ended with, if that was a bug."""
        self._wants_link = False
        if self._link is not None:
            self._link.close()
        try:
            await self._tasks.close()
        finally:
            if self._journal is not None:
                self._journal.close()

    @property
    def connected(self) -> bool:
        return self._link is not None and self._link.is_open

    @property
    def is_ready(self) -> bool:
        """Connected, and accepted by the central system."""
        return self._ready

    @property
    def waiting_messages(self) -> int:
        """How many transaction messages are in the queue."""
        return len(self._queue)

    def now(self) -> datetime:
        """The station's own idea of the time, UTC."""
        return self.clock.now() + self._clock_offset

    def now_text(self) -> str:
        """The same as it writes it on the wire."""
        return now_text(self.now())

    def set_clock(self, server_time: str) -> None:
        """Follow the central system's clock. A clock that jumps or hurries keeps its own time, which never goes back."""
        at = parse_time(server_time)
        if at is not None and self.clock.keeps_real_pace:
            self._clock_offset = at - self.clock.now()

    # -- the network, broken on purpose --------------------------------------------------------------------------------

    async def disconnect(self, *, cleanly: bool = True) -> None:
        """Go offline and stay there until `reconnect`."""
        self._wants_link = False
        await self._drop(cleanly=cleanly)

    async def reconnect(self) -> None:
        """Come back after `disconnect`, and return when the queue is empty."""
        self._wants_link = True
        self._hurry.set()
        self._signal.notify()
        await self.until_ready()
        await self.settled()

    async def drop_connection(self, *, cleanly: bool = False) -> None:
        """Lose the connection once; the station comes back by itself."""
        await self._drop(cleanly=cleanly)

    @asynccontextmanager
    async def offline(self) -> AsyncIterator[None]:
        """No network inside this block. Afterwards the queue is delivered."""
        await self.disconnect(cleanly=False)
        try:
            yield
        finally:
            await self.reconnect()

    @asynccontextmanager
    async def answers_lost(self) -> AsyncIterator[None]:
        """Inside this block what the server sends never arrives; then the connection breaks and is made anew."""
        self._deaf = True
        try:
            yield
        finally:
            await self._drop(cleanly=False)
            self._deaf = False
            await self.until_ready()
            await self.settled()

    async def flushed(self) -> None:
        """Return when the queue is empty, or when there is no connection."""
        await self._signal.until(lambda: not self._ready or not self._queue)

    async def settled(self) -> None:
        """Return when nothing is under way and every queued message was answered (offline: though some wait)."""
        await self._signal.until(lambda: not self._busy and (not self._queue or not self._ready))

    # -- what it sends -------------------------------------------------------------------------------------------------

    async def call(self, request: Request, answer: type[A]) -> A:
        """Send one CALL and return its answer. Raises Disconnected, NoAnswer or CallFailed; never repeated."""
        return await self._call(request.action, _payload(request), answer, journalled=request.action != "Heartbeat")

    async def try_call(self, request: Request) -> Response | None:
        """Send a CALL whose loss does no harm. None when there was no good answer."""
        try:
            return await self.call(request, Response)
        except (Disconnected, NoAnswer, CallFailed):
            return None

    def send(self, request: Request) -> None:
        """Send what nobody answers (2.1). Raises Disconnected."""
        link = self._link
        if link is None or not link.is_open:
            raise Disconnected(f"{self.identity} is not connected.")
        self.counters.sent[request.action] += 1
        link.send(frames.send(self.quirks.new_id(), request.action, _payload(request)))

    def submit(
        self, request: Request, transaction: str, *, opens: Payload | None = None, closes: Payload | None = None
    ) -> Queued:
        """Put a transaction message into the queue. It is delivered in order, now or after the next reconnect.

        `opens` and `closes` tell the journal that this is the first or the last of its transaction (journal.py).
        """
        queued = self._noted(request, transaction, opens=opens, closes=closes)
        held_back = self._held_back.pop(transaction, None)
        if "late-readings" in self.quirks and _is_reading(request):
            self._held_back[transaction] = queued
        else:
            self._queue.append(queued)
        if held_back is not None:
            self._queue.append(held_back)
        if "duplicate-transaction-events" in self.quirks:
            self._queue.append(self._noted(request, transaction))
        self._signal.notify()
        return queued

    async def delivered_or_offline(self, queued: Queued) -> None:
        """Return when this message was answered; offline, or when the queue is stuck at a failed attempt, at once."""
        await self._signal.until(lambda: queued.done or not self._ready or self._queue[0].stuck)

    def note(self, kind: str, **fields: Any) -> None:
        """Write a line into the journal, if there is one."""
        if self._journal is not None:
            self._journal.write(kind, **fields)

    def soon(self, work: Coroutine[Any, Any, None], name: str = "reaction") -> None:
        """Begin something that follows from an answer just given; `settled` waits for it."""
        self._busy += 1
        self._tasks.spawn(self._finish(work), f"{self.identity} {name}")

    def background(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """Begin something that goes on for long; it ends with the station at the latest."""
        return self._tasks.spawn(work, f"{self.identity} {name}")

    # -- what a subclass says ------------------------------------------------------------------------------------------

    @abstractmethod
    async def get_ready(self) -> None:
        """Called on each new connection: boot if that is due. When it returns, the queue begins to flow."""

    @abstractmethod
    async def after_ready(self) -> None:
        """Called when the connection is ready: report what changed meanwhile."""

    def prepare(self, queued: Queued) -> Payload:
        """The payload to send now; a place to fill in what was not known when the message was queued."""
        return queued.payload

    @abstractmethod
    def delivered(self, queued: Queued, answer: Response | None) -> None:
        """A transaction message left the queue. No answer: it was thrown away after a CALLERROR."""

    # -- the connection ------------------------------------------------------------------------------------------------

    async def _keep_connected(self) -> None:
        pause_s = self.habits.reconnect_s
        while True:
            await self._signal.until(lambda: self._wants_link)
            try:
                link = await self._connect()
            except CannotConnect as error:
                self.trouble = str(error)
                if error.is_refusal and self.habits.gives_up_when_refused:
                    self._given_up = error
                    self._signal.notify()
                    return
                await self._pause(error.retry_after_s or pause_s)
                pause_s = min(2 * pause_s, self.habits.reconnect_max_s)
                continue
            came_ready = await self._use(link)
            pause_s = self.habits.reconnect_s if came_ready else min(2 * pause_s, self.habits.reconnect_max_s)
            if self._wants_link:
                await self._pause(pause_s if not came_ready else self.habits.reconnect_s)

    async def _connect(self) -> Link:
        password, context = self.credentials()
        return await Link.open(
            self.url,
            self.identity,
            subprotocol=self.dialect.subprotocol,
            received=self._received,
            password=password,
            ssl_context=context,
        )

    def credentials(self) -> tuple[str | bytes | None, tls.SSLContext | None]:
        """Its password, and how it does TLS, when it connects the next time."""
        return self.password, self._ssl_context

    async def _use(self, link: Link) -> bool:
        """Live with a connection until it is lost. Was it ever ready?"""
        self._link = link
        self.quirks.connected()
        self.trouble = None
        self.counters.connections += 1
        came_ready = False
        getting_ready = self._tasks.spawn(self._become_ready(), f"{self.identity} boot")
        try:
            await link.lost()
        finally:
            came_ready = self._ready
            getting_ready.cancel()
            self._link = None
            self._ready = False
            if self.trouble is None and self._wants_link:
                self.trouble = f"The connection of {self.identity} was lost (close code {link.close_code or 'none'})."
            self._fail_pending(Disconnected(f"{self.identity} lost its connection."))
            self._signal.notify()
        return came_ready

    async def _become_ready(self) -> None:
        try:
            await self.get_ready()
            self._ready = True
            self._signal.notify()
            await self.after_ready()
        except (Disconnected, NoAnswer):
            if self._link is not None:
                self._link.close()

    async def _pause(self, seconds: float) -> None:
        """Wait before the next attempt, a little longer than told, so that a fleet does not come back as one."""
        self._hurry.clear()
        try:
            async with asyncio.timeout(seconds * self.chance.uniform(1.0, 1.25)):
                await self._hurry.wait()
        except TimeoutError:
            pass

    async def _drop(self, *, cleanly: bool) -> None:
        if (link := self._link) is not None:
            if cleanly:
                link.close()
            else:
                link.cut()
        await self._signal.until(lambda: self._link is not link or link is None)

    # -- calls ---------------------------------------------------------------------------------------------------------

    async def _call(self, action: str, payload: Payload, answer: type[A], *, journalled: bool) -> A:
        async with self._slot:
            message_id = self.quirks.new_id()
            number = 0
            if journalled:
                number = self._next_number()
                self.note("live", n=number, action=action, payload=payload)
                self.note("sent", n=number, id=message_id)
            result = await self._exchange(message_id, action, payload)
        if isinstance(result, frames.CallError):
            if journalled:
                self.note("error", n=number, code=result.code)
            raise CallFailed(action, result.code, result.description)
        if journalled:
            self.note("answered", n=number, payload=msgspec.Raw(bytes(result.payload)))
        try:
            return cast(A, self.dialect.decode_response(action, result.payload))
        except OcppError as error:
            raise CallFailed(action, "unusable answer", error.description) from error

    async def _exchange(self, message_id: str, action: str, payload: Payload) -> frames.CallResult | frames.CallError:
        """Send and wait for the answer of that id. The caller holds the slot."""
        link = self._link
        if link is None or not link.is_open:
            raise Disconnected(f"{self.identity} is not connected.")
        future: asyncio.Future[frames.CallResult | frames.CallError] = asyncio.get_running_loop().create_future()
        self._pending = (message_id, future)
        self.counters.sent[action] += 1
        link.send(self.quirks.call(message_id, action, payload))
        try:
            async with asyncio.timeout(self.habits.call_timeout_s):
                return await future
        except TimeoutError as error:
            raise NoAnswer(f"{action} of {self.identity} was not answered in time.") from error
        finally:
            self._pending = None

    def _fail_pending(self, error: Exception) -> None:
        if self._pending is not None and not self._pending[1].done():
            self._pending[1].set_exception(error)

    async def _deliver(self) -> None:
        """Take the queue to the central system, one message after the other, for as long as the station lives."""
        while True:
            await self._signal.until(lambda: self._ready and bool(self._queue))
            queued = self._queue[0]
            connection = self.counters.connections
            try:
                await self._deliver_one(queued)
            except Disconnected:
                await self._until_lost(connection)
            except (NoAnswer, CallFailed):
                queued.stuck = True
                self._signal.notify()
                await asyncio.sleep(self.habits.retry_wait_s)

    async def _until_lost(self, connection: int) -> None:
        """Return when the loss of that connection was noticed."""
        await self._signal.until(lambda: not self._ready or self.counters.connections != connection)

    async def _deliver_one(self, queued: Queued) -> None:
        async with self._slot:
            payload = self.prepare(queued)
            if queued.message_id is None or self.habits.retry_ids == "new":
                queued.message_id = self.quirks.new_id()
            self.note("sent", n=queued.number, id=queued.message_id, payload=payload)
            result = await self._exchange(queued.message_id, queued.action, payload)
        answer: Response | None = None
        if isinstance(result, frames.CallError):
            self.note("error", n=queued.number, code=result.code)
            self.counters.failed += 1
            if self.habits.retry_ids != "drop":
                raise CallFailed(queued.action, result.code, result.description)
            self.note("dropped", n=queued.number)
        else:
            self.note("answered", n=queued.number, payload=msgspec.Raw(bytes(result.payload)))
            try:
                answer = self.dialect.decode_response(queued.action, result.payload)
            except OcppError as error:
                self.trouble = f"The answer to {queued.action} was unusable: {error.description}."
        self._queue.popleft()
        queued.done = True
        self.delivered(queued, answer)
        self._signal.notify()

    async def _finish(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except (Disconnected, NoAnswer, CallFailed) as error:
            self.trouble = str(error)
        finally:
            self._busy -= 1
            self._signal.notify()

    def _noted(
        self, request: Request, transaction: str, *, opens: Payload | None = None, closes: Payload | None = None
    ) -> Queued:
        """A message for the queue, written into the journal."""
        queued = Queued(self._next_number(), request.action, _payload(request), transaction)
        marks = {name: mark for name, mark in (("opens", opens), ("closes", closes)) if mark is not None}
        self.note("queued", n=queued.number, action=queued.action, payload=queued.payload, tx=transaction, **marks)
        return queued

    def _next_number(self) -> int:
        self._numbers += 1
        return self._numbers

    # -- what arrives --------------------------------------------------------------------------------------------------

    def _received(self, link: Link, data: bytes) -> None:
        if self._deaf:
            return
        try:
            frame = frames.read(data)
        except OcppError as error:
            if error.answerable:
                link.send(frames.error(error.message_id, self.dialect.error_code(error.defect), error.description))
            return
        if isinstance(frame, frames.Call):
            self._reply(link, self._answer(frame))
        elif isinstance(frame, (frames.CallResult, frames.CallError)):
            self._take_answer(frame)

    def _reply(self, link: Link, answer: bytes) -> None:
        if "late-answers" in self.quirks:
            self.background(self._reply_late(link, answer), "late answer")
        elif "no-answers" not in self.quirks:
            link.send(answer)

    async def _reply_late(self, link: Link, answer: bytes) -> None:
        await self.clock.sleep(LATE_ANSWER_S)
        if link.is_open:
            link.send(answer)

    def _take_answer(self, frame: frames.CallResult | frames.CallError) -> None:
        """Match an answer with the CALL that waits; an answer that nobody waits for is ignored."""
        self.counters.answered += 1
        if self._pending is not None and self._pending[0] == frame.id and not self._pending[1].done():
            self._pending[1].set_result(frame)

    def _answer(self, call: frames.Call) -> bytes:
        self.counters.received[call.action] += 1
        try:
            request, _ = self.dialect.decode_request(call.action, call.payload)
            handler = self.answers.get(call.action)
            if handler is None or call.action not in self.dialect.from_csms:
                raise OcppError(Defect.NOT_SUPPORTED, "This charger does not do that")
            return self.quirks.result(call.id, handler(self, request))
        except OcppError as error:
            return frames.error(call.id, self.dialect.error_code(error.defect), error.description)


def answering(table: dict[str, Handler]) -> Callable[[Handler], Handler]:
    """A decorator that enters a function `f(station, request) -> response` under the action of its second parameter."""

    def enter(handler: Handler) -> Handler:
        names = [name for name in handler.__annotations__ if name != "return"]
        request = handler.__annotations__[names[-1]]
        table[request.__name__] = handler
        return handler

    return enter


def _payload(request: Request) -> Payload:
    return cast(Payload, msgspec.to_builtins(request))


def _is_reading(request: Request) -> bool:
    return request.action == "MeterValues" or getattr(request, "trigger_reason", None) == "MeterValuePeriodic"


def _last(ids: list[str]) -> str | None:
    return ids[-1] if ids else None
