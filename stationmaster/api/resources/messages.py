"""The frames a charger and we have exchanged."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from litestar import Router, get
from litestar.params import FromPath, QueryParameter

from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.api.shapes import Cursor, Limit, Page, paged
from stationmaster.domain import events, message_log, stations
from stationmaster.domain.permissions import Permission
from stationmaster.storage import Work


class Message(msgspec.Struct, frozen=True):
    """A call and its answer. `request` and `response` are the JSON payloads as text; `outcome` is ok, an OCPP error
    code, timeout or replaced; `remarks` tell what was repaired on the way in."""

    id: str
    at: datetime
    direction: Literal["in", "out"]
    message_id: str
    action: str
    request: str
    response: str | None
    outcome: str
    took_ms: float | None
    remarks: list[str]


def public_form(source: events.MessageLogged | message_log.Logged) -> Message:
    """The message an event tells of, or a row of the log."""
    exchange = source.exchange
    return Message(
        id=_id(source.at, exchange.direction, exchange.message_id),
        at=source.at,
        direction="in" if exchange.direction == "in" else "out",
        message_id=exchange.message_id,
        action=exchange.action,
        request=exchange.request,
        response=exchange.response,
        outcome=exchange.outcome,
        took_ms=exchange.took_ms,
        remarks=list(exchange.remarks),
    )


def _id(at: datetime, direction: str, message_id: str) -> str:
    """The same in the list and in the live event, which is told before the row has a key anybody knows."""
    text = f"{at.isoformat(timespec='microseconds')}|{direction}|{message_id}"
    return hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=9).hexdigest()


Action = Annotated[str | None, QueryParameter(max_length=50, description="Only messages of this action")]


@get("/", permission=Permission.VIEW)
async def list_messages(
    station_id: FromPath[str],
    caller: GivenCaller,
    context: GivenContext,
    limit: Limit = 50,
    cursor: Cursor = None,
    action: Action = None,
) -> Page[Message]:
    """The frame log of a charger, newest first."""
    rows = await context.database.read(_listed, caller.organization, station_id, action, limit, cursor)
    return paged(rows, limit, public_form)


router = Router("/stations/{station_id:str}/messages", route_handlers=[list_messages], tags=["chargers"])


def _listed(
    work: Work, organization_id: int, identity: str, action: str | None, limit: int, cursor: str | None
) -> list[message_log.Logged]:
    station = stations.get(work, organization_id, identity)
    return message_log.listed(work, station.id, action=action, limit=limit, cursor=cursor)
