"""Live events for pages (server-sent events): what domain events become outside, and who hears which.

A page that is too slow is never allowed to slow anything down: meter values of one connector replace each other while it
lags, and beyond that it is told that it `lost` something and must load again.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from stationmaster.api.live_own import OWN_WORDS
from stationmaster.api.store import Store
from stationmaster.domain import drivers, energy, events, sessions, stations
from stationmaster.domain.errors import DomainError
from stationmaster.storage import StorageUnavailable, Work

MAX_CLIENTS = 1000
MAX_OF_ONE = 30  # pages of one person or key, so that nobody can take the places of all others
QUEUE = 1000  # events that wait for one page
QUEUE_BYTES = 2_000_000  # and bytes of the messages among them: a frame in the log may have 64 KiB
LAG = 64  # more than this waiting: meter values of one connector replace each other
PAUSE_S = 0.05  # between two packets to one page: nobody sees more often
KEEP_ALIVE_S = 15.0

_NO_TRANSACTION = ("0", "-1")  # what several firmwares send where there is no transaction

# Makes the public form of an event (a struct of live_shapes.py); the text is the id of its session, if it has one.
Words = Callable[[Any, str | None], msgspec.Struct]

_encode = msgspec.json.Encoder().encode


class Hello(msgspec.Struct, frozen=True, tag_field="type", tag="hello"):
    """The stream begins: load what you show; everything after is told."""

    at: datetime


class Lost(msgspec.Struct, frozen=True, tag_field="type", tag="lost"):
    """Something was not told to you: load again."""


LOST = b"event: lost\ndata: %s\n\n" % _encode(Lost())


class TooManyViewers(DomainError):
    """As many live pages as we serve are open already."""


class _Told:
    """One event on its way out; put into words once, however many hear it, and only if somebody does."""

    __slots__ = ("_bytes", "_words", "key", "number", "size")

    def __init__(self, number: int, key: Any, words: Callable[[], msgspec.Struct], size: int = 0) -> None:
        self.number = number
        self.key = key
        self.size = size  # bytes of a message of the charger; all else is short
        self._words = words
        self._bytes: bytes | None = None

    @property
    def bytes(self) -> bytes:
        if self._bytes is None:
            self._bytes = framed(self._words())
        return self._bytes


def framed(event: msgspec.Struct, *, place: int | None = None) -> bytes:
    """An event as it goes over the wire. `place` is where to resume: what stands behind it in the event log has not been told yet."""
    kind = str(event.__struct_config__.tag)
    resume = b"" if place is None else b"id: %d\n" % place
    return b"event: %s\n%sdata: %s\n\n" % (kind.encode(), resume, _encode(event))


def frames_of(packet: bytes) -> list[bytes]:
    """The data of each event in a packet, for a WebSocket."""
    lines = (line for block in packet.split(b"\n\n") for line in block.split(b"\n"))
    return [line.removeprefix(b"data: ") for line in lines if line.startswith(b"data: ")]


class Viewer:
    """One open page: what it may hear, and what waits for it."""

    def __init__(
        self,
        organization_id: int,
        station_id: int | None,
        owner: str,
        among: frozenset[int] | None,
        customer: int | None = None,
    ) -> None:
        self.organization_id = organization_id
        self.station_id = station_id
        self.owner = owner
        self.among = among  # the stations its owner is limited to
        self.customer = customer  # whose sessions alone it hears of; None: of all that happens
        self.waiting: dict[Any, _Told] = {}
        self.waiting_bytes = 0
        self.lost = False
        self.ended = False
        self.wake = asyncio.Event()

    def put(self, told: _Told) -> None:
        """Queue an event; never waits."""
        key = told.key
        if key is None or len(self.waiting) < LAG:
            key = told.number
        else:
            self.waiting.pop(key, None)
        if len(self.waiting) >= QUEUE or self.waiting_bytes + told.size > QUEUE_BYTES:
            self.lose()
        else:
            self.waiting[key] = told
            self.waiting_bytes += told.size
            self.wake.set()

    def lose(self) -> None:
        """Too much waits, or something was not heard: the page has to load again."""
        self.waiting.clear()
        self.waiting_bytes = 0
        self.lost = True
        self.wake.set()

    def take(self) -> bytes:
        """Everything that waits, as it goes over the wire."""
        self.wake.clear()
        packet = LOST if self.lost else b""
        self.lost = False
        waiting, self.waiting = self.waiting, {}
        self.waiting_bytes = 0
        return packet + b"".join(told.bytes for told in waiting.values())


class Live:
    """Hears every event after its commit (`Database.after_commit`) and tells the pages whose business it is."""

    def __init__(self) -> None:
        self._viewers: set[Viewer] = set()
        self._numbers = itertools.count(1)
        self._organization: dict[int, int] = {}  # of each station
        self._station: dict[str, int] = {}  # by identity
        self._session: dict[tuple[int, str], str] = {}  # (station, transaction id) → the open session's id
        self._charging: dict[tuple[int, int | None], str] = {}  # (station, EVSE) → the open session's id
        self._running: dict[str, energy.Running] = {}  # what each open session has taken, by its id
        self._customer: dict[str, int] = {}  # whose each open session is, by its id; by key
        self._customer_ids: dict[int, str | None] = {}  # what customers are called; None: not looked up yet
        self._words: Mapping[type, Words] = {}
        self._database: Store | None = None
        self._closed = False
        self.keep_alive_s = KEEP_ALIVE_S
        self.on_first_viewer: Callable[[], Awaitable[None]] | None = None

    async def begin(self, database: Store, words: Mapping[type, Words]) -> None:
        """Learn how events are told, whose station is whose and which sessions are open.

        What is heard meanwhile is newer, and holds.
        """
        self._words = words
        self._database = database
        tables: tuple[dict[Any, Any], ...] = (self._organization, self._station, self._session, self._charging)
        for known in (*tables, self._running, self._customer, self._customer_ids):
            known.clear()
        owners, opened = await database.read(_known)
        for owner in owners:
            self._organization.setdefault(owner.id, owner.organization_id)
            self._station.setdefault(owner.identity, owner.id)
        for session in opened:
            self._session.setdefault((session.station_id, session.transaction_id), session.public_id)
            self._charging.setdefault((session.station_id, session.evse), session.public_id)
            self._running.setdefault(session.public_id, energy.Running(session.meter_start_wh, session.started_at))
            if session.customer_id is not None:
                self._customer.setdefault(session.public_id, session.customer_id)

    def hear(self, heard: Sequence[Any]) -> None:
        """Called in the event loop with all events of a commit; costs next to nothing when nobody looks."""
        for event in heard:
            kind = type(event)
            if kind is events.MessageLogged or kind is events.MeterRead:
                if self._viewers:
                    self._tell(event)
                continue
            if kind is events.StationChanged:
                self._organization[event.station_id] = event.organization_id
                self._station[event.station] = event.station_id
            elif kind is events.SessionStarted or (kind is events.SessionChanged and event.session.status == "active"):
                self._opened(event)
            if self._viewers:
                self._tell(event)
            if kind is events.SessionEnded:
                self._ended(event)

    @property
    def viewers(self) -> int:
        """How many pages are open."""
        return len(self._viewers)

    def watched(self) -> bool:
        """Does any page look? (`Database.watched`; asked from the writer's thread.)"""
        return bool(self._viewers)

    def lose(self) -> None:
        """Something was not heard here: every page has to load again."""
        for viewer in self._viewers:
            viewer.lose()

    def close(self) -> None:
        """End every stream, so that the server can stop."""
        self._closed = True
        for viewer in self._viewers:
            viewer.ended = True
            viewer.wake.set()

    async def stream(
        self,
        viewer: Viewer,
        now: Callable[[], datetime],
        may_stay: Callable[[], Awaitable[bool]],
        *,
        place: Callable[[], Awaitable[int]] | None = None,
        missed: Callable[[], Awaitable[bytes]] | None = None,
    ) -> AsyncGenerator[bytes, None]:
        """What one page hears until it leaves, or may not stay (asked with every keep-alive).

        `missed` is what it has not heard since it left; `place` is the end of the event log, from which it may resume.
        """
        loop = asyncio.get_running_loop()
        self._viewers.add(viewer)
        try:
            if len(self._viewers) == 1 and self.on_first_viewer is not None:
                await self.on_first_viewer()
            here = None if place is None else await place()
            yield framed(Hello(now()), place=None if missed is not None else here)
            if missed is not None and (packet := await missed()):
                yield packet
            asked_at = said_at = loop.time()
            while not (viewer.ended or self._closed):
                try:
                    async with asyncio.timeout(self.keep_alive_s):
                        await viewer.wake.wait()
                except TimeoutError:
                    pass
                if loop.time() - asked_at >= self.keep_alive_s:
                    if not await may_stay():
                        return
                    asked_at = loop.time()
                    if here is not None and place is not None:
                        # The place of a while ago: what was committed since then may not have been told on this node yet.
                        yield b": resume\nid: %d\n\n" % here
                        here = await place()
                await self._learn_customers()
                packet = viewer.take()
                if packet or loop.time() - said_at >= self.keep_alive_s:
                    yield packet or b": keep-alive\n\n"
                    said_at = loop.time()
                await asyncio.sleep(PAUSE_S)
        finally:
            self._viewers.discard(viewer)

    def admit(
        self,
        organization_id: int,
        station_id: int | None,
        *,
        owner: str = "",
        among: frozenset[int] | None = None,
        customer: int | None = None,
    ) -> Viewer:
        """A new page; one of a `customer` hears of their own sessions and of nothing else. Raises `TooManyViewers`."""
        if self._closed or len(self._viewers) >= MAX_CLIENTS:
            raise TooManyViewers("too many live pages are open; please try again later")
        if owner and sum(1 for each in self._viewers if each.owner == owner) >= MAX_OF_ONE:
            raise TooManyViewers("too many live pages of yours are open; please close some")
        return Viewer(organization_id, station_id, owner, among, customer)

    async def _learn_customers(self) -> None:
        """Look up what the customers are called of whom something is about to be told; that never changes.

        What is heard while the database is asked may be about others, so it goes on until nobody is missing.
        """
        while self._database is not None:
            wanted = [key for key, name in self._customer_ids.items() if name is None]
            if not wanted:
                return
            try:
                found = await self._database.read(drivers.ids, wanted)
            except StorageUnavailable:
                return  # it is told without
            self._customer_ids |= {key: found.get(key, "") for key in wanted}

    def _opened(self, event: events.SessionStarted | events.SessionChanged) -> None:
        if event.customer_key is not None:
            self._customer[event.session.id] = event.customer_key
        self._session[event.station_id, event.session.transaction_id] = event.session.id
        self._charging[event.station_id, event.session.evse] = event.session.id
        known = self._running.get(event.session.id)
        if known is None or known.start_wh != event.session.meter_start_wh:
            begun = energy.Running(event.session.meter_start_wh, event.session.started_at)
            self._running[event.session.id] = begun

    def _ended(self, event: events.SessionEnded) -> None:
        self._session.pop((event.station_id, event.session.transaction_id), None)
        self._running.pop(event.session.id, None)
        self._customer.pop(event.session.id, None)
        place = (event.station_id, event.session.evse)
        if self._charging.get(place) == event.session.id:
            del self._charging[place]

    def _tell(self, event: Any) -> None:
        words = self._words.get(type(event))
        if words is None:
            return
        if isinstance(event, events.ConnectionRefused):
            station_id = self._station.get(event.identity)
        else:
            station_id = event.station_id
        organization_id = None if station_id is None else self._organization.get(station_id)
        if isinstance(event, events.AlertChanged):  # not every one is about a charger
            organization_id = event.organization_id
        if organization_id is None and not isinstance(event, events.ConnectionRefused):
            return  # whose it is cannot be said, so it is told to nobody
        only_page = isinstance(event, events.MessageLogged)
        hearing = [viewer for viewer in self._viewers if _hears(viewer, organization_id, station_id, only_page)]
        full = [viewer for viewer in hearing if viewer.customer is None]
        session = self._session_of(event) if type(event) is events.MeterRead else None
        own: list[Viewer] = []
        own_words = OWN_WORDS.get(type(event))
        if own_words is not None and len(full) < len(hearing):
            whose = self._whose(event, session)
            own = [viewer for viewer in hearing if viewer.customer is not None and viewer.customer == whose]
        if full or own:
            happened = self._measured(event, session)
            for theirs, viewers in ((words, full), (own_words, own)):
                if viewers and theirs is not None:
                    told = self._told(happened, theirs, session)
                    for viewer in viewers:
                        viewer.put(told)

    def _whose(self, event: Any, session: str | None) -> int | None:
        """The key of the customer whose session an event is about."""
        if isinstance(event, events.SessionEvent):
            return event.customer_key
        return None if session is None else self._customer.get(session)

    def _session_of(self, event: events.MeterRead) -> str | None:
        if event.transaction_id is None or event.transaction_id in _NO_TRANSACTION:
            return self._charging.get((event.station_id, event.evse))
        return self._session.get((event.station_id, event.transaction_id))

    def _measured(self, event: Any, session: str | None) -> Any:
        """A meter value with what its session has taken by then; all else as it is."""
        running = None if session is None else self._running.get(session)
        if running is not None:
            taken = running.add(energy.Point(event.at, event.energy_wh, event.power_w))
            # The register of another meter is left out, because a page would subtract this session's start from it.
            register = None if taken is None else event.energy_wh
            event = msgspec.structs.replace(event, session_energy_wh=taken, energy_wh=register)
        return event

    def _told(self, event: Any, words: Words, session: str | None) -> _Told:
        if isinstance(event, events.SessionEvent):
            if event.customer_key is not None:
                self._customer_ids.setdefault(event.customer_key, None)
            return _Told(next(self._numbers), None, lambda: self._with_customer(event, words(event, None)))
        if type(event) is events.MeterRead:
            return _Told(next(self._numbers), (event.station_id, event.evse), lambda: words(event, session))
        size = _size(event) if type(event) is events.MessageLogged else 0
        return _Told(next(self._numbers), None, lambda: words(event, None), size)

    def _with_customer(self, event: events.SessionEvent, told: msgspec.Struct) -> msgspec.Struct:
        if event.customer_key is None:
            return with_customer(told, None)
        found = self._customer_ids.get(event.customer_key)
        return told if found is None else with_customer(told, found or None)


def _hears(viewer: Viewer, organization_id: int | None, station_id: int | None, only_page: bool) -> bool:
    if organization_id is not None and viewer.organization_id != organization_id:
        return False
    if viewer.among is not None and station_id not in viewer.among:
        return False
    return viewer.station_id == station_id or not (only_page or viewer.station_id is not None)


def with_customer(told: msgspec.Struct, customer: str | None) -> msgspec.Struct:
    """An event about a session, that says whose it is; one of a driver's own does not."""
    session = getattr(told, "session", None)
    if not isinstance(session, msgspec.Struct):
        return told
    return msgspec.structs.replace(told, session=msgspec.structs.replace(session, customer=customer))


def _size(event: events.MessageLogged) -> int:
    return len(event.exchange.request) + len(event.exchange.response or "")


def _known(work: Work) -> tuple[list[Any], list[Any]]:
    return stations.owners(work), sessions.all_active(work)
