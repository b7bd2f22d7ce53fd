"""What was, and is, to be told to other programs: the queue, its history, and what was given up."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec
from litestar import Router, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.api.shapes import Cursor, Limit, Page, paged
from stationmaster.domain import deliveries, delivery_subjects
from stationmaster.domain.deliveries import Listed, State, Try
from stationmaster.domain.delivery_subjects import Facts
from stationmaster.domain.permissions import Permission
from stationmaster.storage import Work

Way = Literal["webhook", "mail", "notice", "payment", "charger"]
"""How it goes out: to another program, by mail, as a notice to people, to a provider of payments, to a charger."""
_WAYS: dict[str, Way] = {
    "stationmaster.background.webhooks": "webhook",
    "stationmaster.background.mails": "mail",
    "stationmaster.background.invoicing": "mail",
    "stationmaster.background.report_mails": "mail",
    "stationmaster.background.notices": "notice",
    "stationmaster.background.push": "notice",
    "stationmaster.background.payments": "payment",
}


class About(msgspec.Struct, frozen=True):
    """What a delivery is about. `id` is that of the thing; the name and period of a report; what kind of mail it is."""

    kind: delivery_subjects.Kind
    id: str


class Delivery(msgspec.Struct, frozen=True):
    """Something that goes outside: to another program, to people, to a provider of payments, to a charger that a guest waits for.

    `id` is the key the receiver gets, the same at each try. `waiting`: for its turn, or its next try at `due_at`; `dead`: given
    up, until somebody tries it again. `receiver` is empty where a charger is told, or nobody knows any more who it was.
    `title` is that of a message. `again`: it may be tried again, or sent once more.
    """

    id: str
    kind: str
    way: Way
    receiver: str
    station: str | None
    about: About | None
    title: str | None
    event: str
    state: State
    again: bool
    created_at: datetime
    due_at: datetime | None
    attempts: int
    error: str | None
    history: list[Try]


WayFilter = Annotated[Way | None, QueryParameter(name="way", description="Only what goes out this way")]
StateFilter = Annotated[State | None, QueryParameter(name="state", description="Only those in this state")]


ReceiverFilter = Annotated[
    str | None, QueryParameter(max_length=2000, description="Only those to this receiver: the id of a webhook, say")
]


@get("/", permission=Permission.ADMINISTER)
async def list_deliveries(
    caller: GivenCaller,
    context: GivenContext,
    in_state: StateFilter = None,
    way: WayFilter = None,
    receiver: ReceiverFilter = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Delivery]:
    """Deliveries, newest first. What is about no charger, as mails and payments, is for who may look at customers, too."""
    names = None if way is None else [each.name for each in deliveries.registered() if _way_of(each.name) == way]
    people = Permission.VIEW_CUSTOMERS in caller.permissions

    def read(work: Work) -> Page[Delivery]:
        rows = deliveries.listed(
            work,
            caller.organization,
            state=in_state,
            receiver=receiver,
            names=names,
            people=people,
            limit=limit,
            cursor=cursor,
        )
        facts = delivery_subjects.facts_of(work, rows)
        return paged(rows, limit, lambda row: _public_form(row, facts[row.key]))

    return await context.database.read(read)


@post("/{delivery_id:str}/retry", permission=Permission.ADMINISTER, status_code=200)
async def retry_delivery(delivery_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> Delivery:
    """Try again now what was given up, or waits for its next try."""

    def again(work: Work) -> Delivery:
        return _one_form(work, deliveries.retry(work, caller.organization, delivery_id))

    return await context.database.write(again)


@post("/{delivery_id:str}/replay", permission=Permission.ADMINISTER)
async def replay_delivery(delivery_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> Delivery:
    """Send it once more, also when it has been delivered: another delivery, of the event as it is true now."""

    def send(work: Work) -> Delivery:
        return _one_form(work, deliveries.replay(work, caller.organization, delivery_id))

    return await context.database.write(send)


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


def _way_of(name: str) -> Way:
    return _WAYS.get(name.rpartition(".")[0], "charger")


def _one_form(work: Work, row: Listed) -> Delivery:
    return _public_form(row, delivery_subjects.facts_of(work, [row])[row.key])


def _public_form(row: Listed, facts: Facts) -> Delivery:
    state: State = "done" if row.done_at else "dead" if row.dead_at else "waiting"
    return Delivery(
        id=row.key,
        kind=row.name.rpartition(".")[2],
        way=_way_of(row.name),
        receiver=_without_secrets(facts.receiver),
        station=row.station or facts.station,
        about=None if facts.about is None else About(*facts.about),
        title=facts.title,
        event=row.event,
        state=state,
        again=state != "done" or row.event not in deliveries.ONCE,
        created_at=row.created_at,
        due_at=row.due_at if state == "waiting" else None,
        attempts=row.attempts,
        error=row.error,
        history=[msgspec.convert(each, Try) for each in row.history or ()],
    )


def _without_secrets(receiver: str) -> str:
    """An address without its query, in which many services want a secret."""
    return urlsplit(receiver)._replace(query="", fragment="").geturl()
