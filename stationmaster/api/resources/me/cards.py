"""One's own cards."""

from __future__ import annotations

from datetime import datetime

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.api.resources.me.profile import customer_of
from stationmaster.api.resources.tokens import OfKind
from stationmaster.api.shapes import Cursor, IfMatch, Limit, Page, page_of, tagged, tags_of
from stationmaster.domain import tokens
from stationmaster.domain.permissions import Permission
from stationmaster.storage import Work
from stationmaster.storage.lists import Found, Wanted


class OwnCard(msgspec.Struct, frozen=True):
    """A card of one's own, and whether it may charge."""

    uid: str
    kind: str | None
    label: str | None
    status: tokens.Status
    expires_at: datetime | None
    created_at: datetime


@get("/cards", permission=Permission.LOGGED_IN)
async def list_cards(
    caller: GivenCaller, context: GivenContext, limit: Limit = 50, cursor: Cursor = None
) -> Page[OwnCard]:
    """One's cards, newest first."""

    def read(work: Work) -> Found[tokens.OwnedToken]:
        mine = customer_of(work, caller).id
        return tokens.list_tokens(work, caller.organization, Wanted(limit, cursor), customer_key=mine)

    return page_of(await context.database.read(read), _public_form)


@get("/cards/{uid:str}", permission=Permission.LOGGED_IN)
async def get_card(
    uid: FromPath[str], caller: GivenCaller, context: GivenContext, kind: OfKind = None
) -> Response[OwnCard]:
    """One card; `kind` tells apart those that share a number."""

    def read(work: Work) -> tokens.OwnedToken:
        return tokens.own(work, caller.organization, customer_of(work, caller).id, uid, kind)

    row = await context.database.read(read)
    return tagged(row, _public_form(row))


@post("/cards/{uid:str}/block", permission=Permission.LOGGED_IN, status_code=200)
async def block_card(
    uid: FromPath[str], caller: GivenCaller, context: GivenContext, kind: OfKind = None, if_match: IfMatch = None
) -> Response[OwnCard]:
    """Block a card that is lost: it starts nothing any more. Whoever runs the chargers can let it charge again."""

    def block(work: Work) -> tokens.OwnedToken:
        card = tokens.own(work, caller.organization, customer_of(work, caller).id, uid, kind)
        expected = tags_of(if_match)
        return tokens.change(work, caller.organization, uid, {"status": "blocked"}, card.kind, expected=expected)

    row = await context.database.write(block)
    return tagged(row, _public_form(row))


routes = [list_cards, get_card, block_card]


def _public_form(row: tokens.OwnedToken) -> OwnCard:
    return OwnCard(row.uid, row.kind or None, row.label, row.status, row.expires_at, row.created_at)
