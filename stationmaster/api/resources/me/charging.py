"""To charge: start a charger that the discovery shows, stop it, be kept a place."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar import delete, get, post
from litestar.params import FromPath, JSONBody

from stationmaster.api.callers import Caller
from stationmaster.api.commands import beside
from stationmaster.api.context import Context, GivenCaller, GivenContext
from stationmaster.api.resources.me.profile import customer_of
from stationmaster.api.resources.tokens import Kind, Uid
from stationmaster.api.shapes import OwnId, Page
from stationmaster.domain import commands, driver_requests, reservations
from stationmaster.domain.audit import Subject
from stationmaster.domain.commands import CommandRecord
from stationmaster.domain.driver_requests import Asked
from stationmaster.domain.errors import Conflict, DomainError, NotFound, Unreachable
from stationmaster.domain.permissions import Permission
from stationmaster.storage import Work

Evse = Annotated[int, msgspec.Meta(ge=1, le=1000, description="Which, where the charger has several")]
What = Literal["start", "stop", "reserve", "give_up"]
_WHAT: dict[str, What] = {
    "remote-start": "start",
    "remote-stop": "stop",
    "reserve-now": "reserve",
    "cancel-reservation": "give_up",
}


class OwnRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What one has asked of a charger, and what came of it, in words.

    `state`: asked, sent, awaiting (the charger has accepted: plug in), done, failed, expired (nobody plugged in).
    `session` is the one that came of it.
    """

    id: str
    what: What
    charger: str
    state: str
    outcome: str | None
    sentence: str | None
    until: datetime | None
    session: str | None
    asked_at: datetime
    finished_at: datetime | None


class NewStart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where to start, and with which card of one's own. The cable may be plugged in before or after."""

    charger: OwnId
    card: Uid
    kind: Kind | None = None
    evse: Evse | None = None


class NewOwnReservation(NewStart, frozen=True, forbid_unknown_fields=True):
    """Where to be kept a place, for how long, and for which card of one's own."""

    minutes: Annotated[int, msgspec.Meta(ge=1, le=60)] = 15


class OwnReservation(msgspec.Struct, frozen=True, kw_only=True):
    """A place that is kept. `state`: requested or accepted. `charger` is that of the discovery."""

    id: str
    charger: str
    charger_name: str | None
    site_name: str | None
    evse: int | None
    card: str
    state: reservations.State
    requested_at: datetime
    expires_at: datetime


@post("/starts", permission=Permission.LOGGED_IN, status_code=200)
async def start_charging(data: JSONBody[NewStart], caller: GivenCaller, context: GivenContext) -> OwnRequest:
    """Start charging at a charger, with a card of one's own that may charge. What comes of it stands under `/me/requests`.

    An organization may not allow it (409): then one shows the card at the charger.
    """
    where = msgspec.structs.asdict(data)

    def ask(work: Work) -> Asked:
        mine = customer_of(work, caller)
        return driver_requests.start(work, caller.organization, mine, by=caller.actor.name, **where)

    return await _send(ask, caller, context)


@post("/sessions/{session_id:str}/stop", permission=Permission.LOGGED_IN, status_code=200)
async def stop_charging(session_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> OwnRequest:
    """Stop a session of one's own."""

    def ask(work: Work) -> Asked:
        return driver_requests.stop(work, caller.organization, customer_of(work, caller), session_id)

    return await _send(ask, caller, context)


@get("/requests/{own_request_id:str}", permission=Permission.LOGGED_IN)
async def get_own_request(own_request_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> OwnRequest:
    """What came of something that one has asked of a charger (D-02)."""

    def read(work: Work) -> OwnRequest:
        customer_of(work, caller)
        row, charger = commands.of_asker(work, caller.organization, caller.actor.name, own_request_id)
        if row.name not in _WHAT:  # of somebody who also works here
            raise NotFound("there is no request {id!r}", id=own_request_id)
        return _public_form(commands.public_form(row), charger)

    return await context.database.read(read)


@get("/reservations", permission=Permission.LOGGED_IN)
async def list_own_reservations(caller: GivenCaller, context: GivenContext) -> Page[OwnReservation]:
    """The places that are kept now. One that was used is a session."""

    def read(work: Work) -> list[driver_requests.Kept]:
        return driver_requests.kept(work, caller.organization, customer_of(work, caller))

    rows = await context.database.read(read)
    return Page([_reservation(row) for row in rows], None)


@post("/reservations", permission=Permission.LOGGED_IN, status_code=200)
async def reserve(data: JSONBody[NewOwnReservation], caller: GivenCaller, context: GivenContext) -> OwnRequest:
    """Be kept a place for a while, where the organization allows it; one at a time."""
    where = msgspec.structs.asdict(data)

    def ask(work: Work) -> Asked:
        return driver_requests.reserve(work, caller.organization, customer_of(work, caller), **where)

    return await _send(ask, caller, context)


@delete("/reservations/{reservation_id:str}", permission=Permission.LOGGED_IN, status_code=200)
async def give_reservation_up(reservation_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> OwnRequest:
    """Give a place up that is kept."""

    def ask(work: Work) -> Asked:
        return driver_requests.give_up(work, caller.organization, customer_of(work, caller), reservation_id)

    return await _send(ask, caller, context)


routes = [
    start_charging,
    stop_charging,
    get_own_request,
    list_own_reservations,
    reserve,
    give_reservation_up,
]


async def _send(ask: Callable[[Work], Asked], caller: Caller, context: Context) -> OwnRequest:
    """Ask a charger what may be asked of it. Raises `Conflict` or `Unreachable`, in words for a driver."""
    asked = await context.database.read(ask)
    name, sent = commands.name_of(asked.command), msgspec.to_builtins(asked.command)
    subject = Subject("station", asked.identity)
    try:
        async with beside(context, name, subject, sent):
            record = await context.switchboard.send(asked.station_id, asked.command, by=caller.actor.name)
    except Unreachable as error:
        raise Unreachable(error.to_driver) from None
    except DomainError as error:
        raise Conflict(error.to_driver) from None
    return _public_form(record, asked.charger)


def _public_form(record: CommandRecord, charger: str) -> OwnRequest:
    facts: dict[str, Any] = {name: getattr(record, name) for name in _ALIKE}
    return OwnRequest(what=_WHAT[record.name], charger=charger, **facts)


_ALIKE = ("id", "state", "outcome", "sentence", "until", "session", "asked_at", "finished_at")


def _reservation(kept: driver_requests.Kept) -> OwnReservation:
    row = kept.reservation
    return OwnReservation(
        id=row.public_id,
        charger=kept.charger,
        charger_name=kept.charger_name,
        site_name=kept.site_name,
        evse=row.evse,
        card=row.token,
        state=row.state,
        requested_at=row.requested_at,
        expires_at=row.expires_at,
    )
