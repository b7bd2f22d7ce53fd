"""What travels between nodes. Who holds whom is in the database; this only carries, and may be lost at any time.

Every node listens on a channel of its own, and on one for all. A question is answered by the node it was put to, which says
every few seconds that it is still at it: so the one who asked knows the difference between a slow charger and a dead node.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import importlib
import itertools
import secrets
import socket
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import msgspec
import structlog

from stationmaster.domain.commands import AnyCommand, Outcome
from stationmaster.domain.errors import Unreachable
from stationmaster.domain.public_forms import CommandRecord
from stationmaster.traces import OFF, Traces

if TYPE_CHECKING:
    from redis.asyncio import Redis
    from redis.asyncio.client import PubSub

log = structlog.get_logger()

WORKING_S = 5.0  # a node that is asked for something says so often that it is at it
SILENCE_S = 15.0  # with nothing heard for so long, the other node is given up; or the connection to Redis is
PAUSES_S = (0.1, 5.0)  # between two attempts to reach Redis: at first, and at the most
WAITING = 10_000  # messages on their way out; the oldest make room
SEAL_BYTES = 16


class Superseded(msgspec.Struct, frozen=True, tag=True):
    """A charger's newest connection is with the sender; who has an older one closes it."""

    station_id: int
    generation: int


class Send(msgspec.Struct, frozen=True, tag=True):
    """Ask a charger of yours for this, in our words. Answered with `Sent`."""

    station_id: int
    command: AnyCommand
    by: str


class Call(msgspec.Struct, frozen=True, tag=True):
    """A raw call to a charger of yours. Answered with `Came`."""

    station_id: int
    action: str
    payload: dict[str, Any]
    timeout_s: float
    by: str


class Disconnect(msgspec.Struct, frozen=True, tag=True):
    """Close a charger's connection."""

    station_id: int


class Sent(msgspec.Struct, frozen=True, tag=True):
    command: CommandRecord


class Came(msgspec.Struct, frozen=True, tag=True):
    outcome: Outcome


class Closed(msgspec.Struct, frozen=True, tag=True):
    """The connection is closed."""


class Refused(msgspec.Struct, frozen=True, tag=True):
    """It could not be done; `kind` is the name of the error that says so here, `template` and `values` what it says."""

    kind: str
    detail: str
    template: str = ""
    values: dict[str, str | int] = {}


class Working(msgspec.Struct, frozen=True, tag=True):
    """Still at it."""


class RecordChanged(msgspec.Struct, frozen=True, tag=True):
    """A charger's record was written at the sender's; the database says whose, and what."""


class Watching(msgspec.Struct, frozen=True, tag=True):
    """A page looks at the sender's; it wants to hear what happens everywhere."""


class EventPacket(msgspec.Struct, frozen=True, tag=True):
    """What has happened at the sender's: a numbered packet of the live pages, which this only carries."""

    packet: msgspec.Raw


class RequestsCounted(msgspec.Struct, frozen=True, tag=True):
    """How many requests to the API have reached the sender since it said so last, for each caller and each address."""

    counts: dict[str, int]


Question: TypeAlias = Send | Call | Disconnect
Reply: TypeAlias = Sent | Came | Closed | Refused
News: TypeAlias = Superseded | RecordChanged | Watching | EventPacket | RequestsCounted
Message: TypeAlias = Question | Reply | News | Working


class Envelope(msgspec.Struct, frozen=True, omit_defaults=True):
    """A message with its sender, and the number of the question it is or belongs to."""

    sender: str
    message: Message
    number: int = 0
    trace: str | None = None  # of a question: what it is a part of


class Bus(Protocol):
    """How a node reaches the others. `tell` never waits, and promises nothing."""

    node: str
    seal: str  # the same for nodes with the same key
    alone: bool
    on_back: Callable[[], None]  # the others can be reached; what they have said before may be lost

    def tell(self, node: str, message: News) -> None: ...
    def tell_all(self, message: News) -> None: ...
    async def ask(self, node: str, question: Question) -> Reply:
        """Raises `Unreachable`."""
        ...

    def hear(self, kind: type[Any], listener: Callable[[str, Any], None]) -> None:
        """`listener(sender, message)` is called in the event loop."""
        ...

    def answer_with(self, answerer: Callable[[Question], Awaitable[Reply]]) -> None: ...
    async def run(self) -> None: ...


def _seal_of(key: bytes) -> str:
    """The same for nodes with the same key."""
    return hashlib.blake2b(b"channels", key=key, digest_size=8).hexdigest()


def node_name() -> str:
    """A name that no other process has, and that says to a person where it is."""
    return f"{socket.gethostname().partition('.')[0]}-{secrets.token_hex(4)}"


class LocalBus:
    """One process: there is nobody to talk to."""

    alone = True

    def __init__(self, key: bytes) -> None:
        self.node = node_name()
        self.seal = _seal_of(key)
        self.on_back: Callable[[], None] = lambda: None

    def tell(self, node: str, message: News) -> None:
        pass

    def tell_all(self, message: News) -> None:
        pass

    async def ask(self, node: str, question: Question) -> Reply:
        raise Unreachable("the charger is connected to another server, and this one knows no other")

    def hear(self, kind: type[Any], listener: Callable[[str, Any], None]) -> None:
        pass

    def answer_with(self, answerer: Callable[[Question], Awaitable[Reply]]) -> None:
        pass

    async def run(self) -> None:
        pass


class RedisBus:
    """Many nodes: publish and subscribe. Nothing is kept in Redis, so it may be emptied, and be gone for a while."""

    alone = False

    def __init__(
        self, url: str, key: bytes, *, pulse_s: float = WORKING_S, silence_s: float = SILENCE_S, traces: Traces = OFF
    ) -> None:
        self.node = node_name()
        self._traces = traces
        self._pulse_s = pulse_s
        self._silence_s = silence_s
        self.working_s = WORKING_S
        self.given_up_s = SILENCE_S  # with no word from a node that was asked for something
        self.on_back: Callable[[], None] = lambda: None
        self.up = asyncio.Event()
        self._url = url
        self._key = key
        # Several installations may share one Redis: they neither hear nor believe each other.
        self.seal = _seal_of(key)
        self._prefix = f"stationmaster:{self.seal}:"
        self._numbers = itertools.count(1)
        self._asked: dict[int, tuple[asyncio.Future[Reply], asyncio.Timeout]] = {}
        self._listeners: dict[type[Any], Callable[[str, Any], None]] = {}
        self._answerer: Callable[[Question], Awaitable[Reply]] | None = None
        self._waiting: deque[tuple[str, bytes, int]] = deque(maxlen=WAITING)  # channel, message, number of a question
        self._wake = asyncio.Event()
        self._tasks: asyncio.TaskGroup | None = None

    def tell(self, node: str, message: News) -> None:
        self._put(node, message)

    def tell_all(self, message: News) -> None:
        self._put("all", message)

    def hear(self, kind: type[Any], listener: Callable[[str, Any], None]) -> None:
        self._listeners[kind] = listener

    def answer_with(self, answerer: Callable[[Question], Awaitable[Reply]]) -> None:
        self._answerer = answerer

    async def ask(self, node: str, question: Question) -> Reply:
        with self._traces.span("ask another node", {"node": node}, kind="client"):
            return await self._ask(node, question)

    async def _ask(self, node: str, question: Question) -> Reply:
        number = next(self._numbers)
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(self.given_up_s) as deadline:
                self._asked[number] = (future, deadline)
                if self.up.is_set():
                    self._put(node, question, number)
                else:
                    self._give_up(number)
                return await future
        except TimeoutError:
            raise _unreachable() from None
        finally:
            del self._asked[number]

    async def run(self) -> None:
        """For ever: be connected to Redis, or try to be. Without it, everything but what this carries goes on."""
        # It takes as long to import as all the rest; chargers need not wait for it.
        redis = await asyncio.to_thread(importlib.import_module, "redis.asyncio")
        pause, told = PAUSES_S[0], False
        async with asyncio.TaskGroup() as self._tasks:
            while True:
                try:
                    async with redis.Redis.from_url(
                        self._url,
                        retry=None,
                        socket_timeout=SILENCE_S,
                        socket_connect_timeout=5.0,
                        client_name=self.node,
                    ) as client:
                        await self._carry(client)
                except* Exception as failures:  # whatever it is, chargers go on charging
                    if self.up.is_set() or not told:
                        told = True
                        log.error("bus.lost", node=self.node, why=f"redis.url: {_first_line(failures)}")
                if self.up.is_set():
                    pause = PAUSES_S[0]
                self._lost()
                await asyncio.sleep(pause)
                pause = min(2 * pause, PAUSES_S[1])

    async def _carry(self, client: Redis) -> None:
        """Take what comes and send what waits, until the connection fails."""
        async with client.pubsub(ignore_subscribe_messages=False) as incoming:
            await incoming.subscribe(self._prefix + self.node, self._prefix + "all")
            async with asyncio.TaskGroup() as both:
                both.create_task(self._receive(incoming))
                both.create_task(self._publish(client))

    async def _receive(self, incoming: PubSub) -> None:
        while True:
            async with asyncio.timeout(self._silence_s):  # our own pulse comes back, or the way is blocked
                came = await incoming.get_message(timeout=None)
            _end_if_cancelled()
            if came is None:
                continue
            if came["type"] == "subscribe":
                if not self.up.is_set():
                    log.info("bus.ready", node=self.node)
                    self.up.set()
                    self.on_back()
            elif came["type"] == "message" and came["data"]:
                self._take(came["data"])

    async def _publish(self, client: Redis) -> None:
        await self.up.wait()
        loop = asyncio.get_running_loop()
        beat_at = loop.time() + self._pulse_s
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(beat_at):
                    await self._wake.wait()
            if loop.time() >= beat_at:  # whatever else there is to say (N15)
                beat_at = loop.time() + self._pulse_s
                await client.publish(self._prefix + self.node, b"")
            self._wake.clear()
            batch = list(self._waiting)
            self._waiting.clear()
            if batch:
                pipeline = client.pipeline(transaction=False)
                for channel, data, _ in batch:
                    pipeline.publish(channel, data)
                for (_, _, number), listeners in zip(batch, await pipeline.execute(), strict=True):
                    if number and not listeners:
                        self._give_up(number)
            _end_if_cancelled()

    def _put(self, node: str, message: Message, number: int = 0) -> None:
        if not self.up.is_set():
            return
        data = _encode(Envelope(self.node, message, number, self._traces.here))
        asks = number if isinstance(message, Question) else 0
        self._waiting.append((self._prefix + node, self._seal(data) + data, asks))
        self._wake.set()

    def _take(self, sealed: bytes) -> None:
        seal, data = sealed[:SEAL_BYTES], sealed[SEAL_BYTES:]
        if not hmac.compare_digest(seal, self._seal(data)):
            log.warning("bus.not_ours", node=self.node)
            return
        try:
            envelope = _decode(data)
        except msgspec.DecodeError as error:  # of another version of ours
            log.warning("bus.not_understood", node=self.node, why=str(error))
            return
        message = envelope.message
        if isinstance(message, Question):
            assert self._tasks is not None
            self._tasks.create_task(self._answer(envelope.sender, envelope.number, message, envelope.trace))
        elif isinstance(message, News):
            if envelope.sender != self.node and (listener := self._listeners.get(type(message))) is not None:
                try:
                    listener(envelope.sender, message)
                except Exception:
                    log.exception("bus.news_failed", node=self.node, news=type(message).__name__)
        elif (asked := self._asked.get(envelope.number)) is not None:
            future, deadline = asked
            if isinstance(message, Working):
                deadline.reschedule(asyncio.get_running_loop().time() + self.given_up_s)
            elif not future.done():
                future.set_result(message)

    async def _answer(self, sender: str, number: int, question: Question, trace: str | None) -> None:
        with self._traces.span("asked by another node", {"node": self.node}, kind="server", parent=trace):
            await self._do(sender, number, question)

    async def _do(self, sender: str, number: int, question: Question) -> None:
        """Do what another node asks for, and say so every few seconds while it takes."""
        assert self._answerer is not None and self._tasks is not None
        working = asyncio.ensure_future(self._answerer(question))
        try:
            while not (await asyncio.wait({working}, timeout=self.working_s))[0]:
                self._put(sender, Working(), number)
            self._put(sender, working.result(), number)
        except Exception:
            log.exception("bus.answer_failed", node=self.node, question=type(question).__name__)
            self._put(sender, Refused("Unreachable", "something went wrong on the charger's server"), number)
        finally:
            working.cancel()

    def _lost(self) -> None:
        """Nothing can be carried: who waits for an answer is told at once."""
        self.up.clear()
        self._waiting.clear()
        for number in self._asked:
            self._give_up(number)

    def _give_up(self, number: int) -> None:
        future = self._asked[number][0] if number in self._asked else None
        if future is not None and not future.done():
            future.set_exception(_unreachable())

    def _seal(self, data: bytes) -> bytes:
        return hashlib.blake2b(data, key=self._key, digest_size=SEAL_BYTES).digest()


def _end_if_cancelled() -> None:
    """A cancellation that comes while the Redis client has its answer in hand is lost in it (`asyncio.wait_for` before
    Python 3.12); a node that stops would wait for ever."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def _unreachable() -> Unreachable:
    return Unreachable(
        "the charger is connected to another server of this system, which cannot be reached at this moment;"
        " the charger's history will show what came of it"
    )


def _first_line(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return (str(error) or type(error).__name__).splitlines()[0][:200]


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Envelope).decode
