"""What was, and is, to be told to other programs: the queue, its history, and what was given up."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from urllib.parse import urlsplit

import msgspec
from litestar import Router, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.api.shapes import Cursor, Limit, Page, paged
from stationmaster.domain import deliveries
from stationmaster.domain.deliveries import Listed, State, Try
from stationmaster.domain.permissions import Permission


class Delivery(msgspec.Struct, frozen=True):
    """Something that goes to another program. `id` is the key the receiver gets, the same at each try.

    `waiting`: for its turn, or its next try at `due_at`; `dead`: given up, until somebody tries it again.
    """

    id: str
    kind: str
    receiver: str
    station: str
    event: str
    state: State
    created_at: datetime
    due_at: datetime | None
    attempts: int
    error: str | None
    history: list[Try]


StateFilter = Annotated[State | None, QueryParameter(name="state", description="Only those in this state")]


ReceiverFilter = Annotated[
    str | None, QueryParameter(max_length=2000, description="Only those to this receiver: the id of a webhook, say")
]


@get("/", permission=Permission.ADMINISTER)
async def list_deliveries(
    caller: GivenCaller,
    context: GivenContext,
    in_state: StateFilter = None,
    receiver: ReceiverFilter = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Delivery]:
    """Deliveries, newest first."""
    rows = await context.database.read(
        deliveries.listed, caller.organization, state=in_state, receiver=receiver, limit=limit, cursor=cursor
    )
    return paged(rows, limit, _public_form)


@post("/{delivery_id:str}/retry", permission=Permission.ADMINISTER, status_code=200)
async def retry_delivery(delivery_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> Delivery:
    """Try again now what was given up, or waits for its next try."""
    return _public_form(await context.database.write(deliveries.retry, caller.organization, delivery_id))


@post("/{delivery_id:str}/replay", permission=Permission.ADMINISTER)
async def replay_delivery(delivery_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> Delivery:
    """Send it once more, also when it has been delivered: another delivery, of the event as it is true now."""
    return _public_form(await context.database.write(deliveries.replay, caller.organization, delivery_id))


class Again(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to try again: all that was given up, or all of it for one receiver."""

    receiver: str | None = None


class TriedAgain(msgspec.Struct, frozen=True):
    """How many deliveries are tried again."""

    count: int


@post("/retry", permission=Permission.ADMINISTER, status_code=200)
async def retry_deliveries(data: JSONBody[Again], caller: GivenCaller, context: GivenContext) -> TriedAgain:
    """Try again now all that was given up."""
    count = await context.database.write(deliveries.retry_dead, caller.organization, receiver=data.receiver)
    return TriedAgain(count)


router = Router(
    "/deliveries",
    route_handlers=[list_deliveries, retry_delivery, replay_delivery, retry_deliveries],
    tags=["deliveries"],
)


def _public_form(row: Listed) -> Delivery:
    state: State = "done" if row.done_at else "dead" if row.dead_at else "waiting"
    return Delivery(
        id=row.key,
        kind=row.name.rpartition(".")[2],
        receiver=_without_secrets(row.receiver),
        station=row.station,
        event=row.event,
        state=state,
        created_at=row.created_at,
        due_at=row.due_at if state == "waiting" else None,
        attempts=row.attempts,
        error=row.error,
        history=[msgspec.convert(each, Try) for each in row.history or ()],
    )


def _without_secrets(receiver: str) -> str:
    """An address without its query, in which many services want a secret."""
    return urlsplit(receiver)._replace(query="", fragment="").geturl()
