"""The stream of live events a page listens to, and the log of those that other programs act upon."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any, NamedTuple
from urllib.parse import urlsplit

import msgspec
import structlog
from litestar import Request, Router, WebSocket, get, post, websocket
from litestar.connection import ASGIConnection
from litestar.exceptions import PermissionDeniedException, WebSocketException
from litestar.params import HeaderParameter, QueryParameter
from litestar.response import Stream

from stationmaster.api import callers
from stationmaster.api.callers import Caller
from stationmaster.api.context import Context, GivenCaller, GivenContext, of_server
from stationmaster.api.live import LOST, framed, frames_of, with_customer
from stationmaster.api.live_shapes import WORDS
from stationmaster.api.logins import NotLoggedIn
from stationmaster.api.resources.sessions import Session
from stationmaster.api.resources.sessions import public_form as session_form
from stationmaster.api.shapes import Limit
from stationmaster.domain import drivers, event_log, events, idempotency, stations
from stationmaster.domain.audit import Signature
from stationmaster.domain.errors import Conflict
from stationmaster.domain.permissions import Permission
from stationmaster.domain.public_forms import Reservation
from stationmaster.reason_words import Reason
from stationmaster.storage import Work

log = structlog.get_logger()

Only = Annotated[str | None, QueryParameter(max_length=48, description="Only this charger, and its messages too")]


LastEventId = Annotated[
    str | None,
    HeaderParameter(
        name="Last-Event-ID", pattern=r"^\d{1,18}$(?!\n)", description="The last `id` that was heard; browsers send it"
    ),
]
Behind = Annotated[
    str | None, QueryParameter(pattern=r"^\d{1,18}$(?!\n)", description="The same for who cannot send that header")
]


@get("/events", permission=Permission.VIEW)
async def listen_to_events(
    caller: GivenCaller,
    context: GivenContext,
    station: Only = None,
    after: Behind = None,
    last_event_id: LastEventId = None,
) -> Stream:
    """Server-sent events; `hello` comes first, `lost` means: load again.

    Who comes back with the last `id` is told first what the event log has had since then; some of it perhaps for a second time.
    """
    resumed = last_event_id or after
    heard = await _hearing(caller, context, station, None if resumed is None else int(resumed))
    return as_stream(heard)


class LiveTicket(msgspec.Struct, frozen=True):
    """Opens one WebSocket at `/api/v1/events/socket?ticket=…`, once, within `expires_in` seconds."""

    ticket: str
    expires_in: int


@post("/events/ticket", permission=Permission.VIEW, status_code=200)
async def make_live_ticket(request: Request[Any, Any, Any], context: GivenContext, station: Only = None) -> LiveTicket:
    """A ticket for a WebSocket with live events: an access token has no place in an address (API-08)."""
    issued = _Ticket(callers.bearer(request) or "", station, context.database.clock().timestamp() + TICKET_S)
    return LiveTicket(context.keys.sealed(msgspec.json.encode(issued).decode()).decode(), int(TICKET_S))


@websocket("/events/socket", permission=Permission.PUBLIC)
async def socket_of_events(socket: WebSocket[Any, Any, Any]) -> None:
    """The same events, each as JSON in a message of its own. Refused without a ticket, and for the page of another server."""
    context = of_server(socket.scope)
    _check_origin(socket, context.settings.web.public_url)
    ticket = await _used(socket.query_params.get("ticket", ""), context)
    login = [(b"authorization", f"Bearer {ticket.bearer}".encode())]
    # A state of its own, because the framework keeps the headers it has read there.
    who = ASGIConnection[Any, Any, Any, Any]({**socket.scope, "headers": login, "state": {"context": context}})
    caller = await callers.authenticate(who, context)
    if Permission.VIEW not in caller.permissions:
        raise PermissionDeniedException(detail=Reason("this ticket is of somebody who may not look any more"))
    theirs = context.signed(Signature(actor=caller.actor, organization=caller.organization, sites=caller.scope))
    heard = await _hearing(caller, theirs, ticket.station, None)
    await socket.accept()
    leaving = asyncio.create_task(_left(socket))
    telling = asyncio.create_task(_tell(socket, heard))
    try:
        await asyncio.wait({leaving, telling}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (leaving, telling):
            task.cancel()
        await asyncio.gather(leaving, telling, return_exceptions=True)
        await heard.aclose()
    if socket.connection_state != "disconnect":
        with contextlib.suppress(RuntimeError, WebSocketException):
            await socket.close(1012, "come back with another ticket")


TICKET_S = 30.0
MISSED = 1000  # events that are told to who comes back; beyond it they load again


class _Ticket(msgspec.Struct, frozen=True):
    bearer: str
    station: str | None
    until: float


def _check_origin(socket: WebSocket[Any, Any, Any], public_url: str | None) -> None:
    """A browser says whose page opens the socket; a program says nothing."""
    origin = socket.headers.get("origin")
    if origin is None:
        return
    own = {urlsplit(public_url).netloc} if public_url else set()
    if urlsplit(origin).netloc not in own | {socket.headers.get("host", "")}:
        raise PermissionDeniedException(detail=Reason("this is the page of another server"))


async def _used(text: str, context: Context) -> _Ticket:
    """What a ticket says; it is used up by that, on all nodes. Raises `NotLoggedIn`."""
    try:
        ticket = msgspec.json.decode(context.keys.opened(text.encode()), type=_Ticket)
    except (ValueError, msgspec.MsgspecError):
        raise NotLoggedIn("this is no ticket") from None
    if ticket.until < context.database.clock().timestamp():
        raise NotLoggedIn("this ticket has expired")
    digest = hashlib.sha256(text.encode()).hexdigest()
    try:
        await context.database.write(idempotency.use_up, "live ticket", digest)
    except Conflict:
        raise NotLoggedIn("this ticket was used before") from None
    return ticket


async def _left(socket: WebSocket[Any, Any, Any]) -> None:
    """Until the page closes the socket. What it says is not for us."""
    with contextlib.suppress(WebSocketException):
        while True:
            await socket.receive_data("text")


async def _tell(socket: WebSocket[Any, Any, Any], heard: AsyncIterator[bytes]) -> None:
    with contextlib.suppress(WebSocketException):
        async for packet in heard:
            for frame in frames_of(packet):
                await socket.send_text(frame.decode())


async def _hearing(
    caller: Caller, context: Context, station: str | None, resumed: int | None
) -> AsyncGenerator[bytes, None]:
    """What this caller hears. Raises `NotFound`, `TooManyViewers`."""
    station_id = None
    if station is not None:
        station_id = (await context.database.read(stations.get, caller.organization, station)).id

    async def place() -> int:
        return await context.database.read(event_log.last_number)

    async def missed() -> bytes:
        return await context.database.read(_missed, caller.organization, resumed or 0, station_id)

    again = None if resumed is None else missed
    return await hear(caller, context, caller.stands, station_id=station_id, place=place, missed=again)


async def hear(
    caller: Caller,
    context: Context,
    may_stay: Callable[[], Awaitable[bool]],
    *,
    station_id: int | None = None,
    customer: int | None = None,
    place: Callable[[], Awaitable[int]] | None = None,
    missed: Callable[[], Awaitable[bytes]] | None = None,
) -> AsyncGenerator[bytes, None]:
    """What a caller hears, of the chargers that they may see, while they may stay. Raises `TooManyViewers`."""

    async def stays() -> bool:
        try:
            return await may_stay()
        except Exception as error:  # whether the caller may stay cannot be checked, so the stream ends and the page connects again (API-25)
            log.warning("live.ended", caller=caller.actor.name, error=type(error).__name__)
            return False

    among = None
    if caller.scope is not None:
        among = frozenset(await context.database.read(stations.ids, caller.organization))
    owner = caller.actor.id
    viewer = context.live.admit(caller.organization, station_id, owner=owner, among=among, customer=customer)
    return context.live.stream(viewer, context.database.clock, stays, place=place, missed=missed)


def as_stream(heard: AsyncGenerator[bytes, None]) -> Stream:
    """What is heard, as server-sent events."""
    return Stream(
        heard,
        media_type="text/event-stream",
        headers={"X-Accel-Buffering": "no"},  # a proxy that gathers the stream would hold it back
    )


def _missed(work: Work, organization_id: int, resumed: int, station_id: int | None) -> bytes:
    """What the event log has behind a place, as it is true now; `lost` when that is not all of it."""
    entries = event_log.after(work, organization_id, resumed, limit=MISSED + 1)
    if len(entries) > MISSED or not event_log.is_complete_after(work, resumed):
        return LOST
    mine = [entry for entry in entries if station_id in (None, entry.station_id)]
    read = _events_of(work, mine)
    told = []
    for entry in mine:
        event = read.events[entry.number]
        if event is not None:
            words = WORDS[type(event)](event, None)
            if isinstance(event, events.SessionEvent):
                words = with_customer(words, read.customers.get(event.customer_key))
            told.append(framed(words, place=entry.number))
    return b"".join(told)


class _Events(NamedTuple):
    """Events of the log as they are true now, by their numbers, and whose their sessions are, by key."""

    events: dict[int, Any]
    customers: dict[int | None, str]


def _events_of(work: Work, entries: list[event_log.Entry]) -> _Events:
    happened = event_log.events_of(work, entries)
    found = {entry.number: event for entry, event in zip(entries, happened, strict=True)}
    of_sessions = [event.customer_key for event in found.values() if isinstance(event, events.SessionEvent)]
    return _Events(found, drivers.ids(work, of_sessions))


class LoggedEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An event of the log, as it is true now. Beyond its type, time and charger it has what the type says: a session, say.

    One whose session is no more is told without it.
    """

    id: str
    type: str
    at: datetime
    station: str
    session: Session | msgspec.UnsetType = msgspec.UNSET
    reservation: Reservation | msgspec.UnsetType = msgspec.UNSET
    kind: str | msgspec.UnsetType = msgspec.UNSET
    detail: str | msgspec.UnsetType = msgspec.UNSET


class EventLog(msgspec.Struct, frozen=True):
    """A part of the event log, oldest first. Ask again with `after` to go on, also when there is nothing yet.

    `complete`: nothing that stood behind the `after` of the request has been dropped meanwhile.
    """

    items: list[LoggedEvent]
    after: str
    complete: bool


After = Annotated[
    str | None,
    QueryParameter(
        pattern=r"^(\d{1,18}|latest)$(?!\n)",
        description="Go on behind this `after`; `latest`: from now on. Left out: all that is kept",
    ),
]
Types = Annotated[list[str] | None, QueryParameter(name="type", description="Only these types")]


@get("/events/log", permission=Permission.VIEW)
async def list_events(
    caller: GivenCaller, context: GivenContext, after: After = None, types: Types = None, limit: Limit = 50
) -> EventLog:
    """What has happened to sessions, chargers and reservations, for programs that ask from time to time."""
    names = types or []

    def read(work: Work) -> EventLog:
        event_log.check_types(names, field="type")
        last = event_log.last_number(work)
        place = last if after == "latest" else int(after or 0)
        entries = event_log.after(work, caller.organization, place, types=names, until=last, limit=limit)
        reached = entries[-1].number if len(entries) == limit else max(last, place)
        complete = after is None or event_log.is_complete_after(work, place)
        told = _events_of(work, entries)
        return EventLog([_logged(each, told) for each in entries], str(reached), complete)

    return await context.database.read(read)


def _logged(entry: event_log.Entry, told: _Events) -> LoggedEvent:
    event = told.events[entry.number]
    if event is None:
        return LoggedEvent(id=str(entry.number), type=entry.type, at=entry.at, station=entry.station)
    words = event_log.words_of(event)
    if isinstance(event, events.SessionEvent):
        customer = told.customers.get(event.customer_key)
        words["session"] = msgspec.structs.replace(session_form(words["session"]), customer=customer)
    return LoggedEvent(id=str(entry.number), **words)


router = Router("/", route_handlers=[listen_to_events, make_live_ticket, socket_of_events, list_events], tags=["live"])
