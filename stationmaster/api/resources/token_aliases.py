"""Other numbers of a token: what some chargers read on a card, or want it to be called."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Router, delete, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.api.resources.tokens import OfKind, Uid
from stationmaster.domain import tokens
from stationmaster.domain.permissions import Permission
from stationmaster.storage import Work


class Alias(msgspec.Struct, frozen=True):
    """Another number of a token. Without a charger it holds at all of them; a charger that is named is also told it."""

    alias: str
    station: str | None
    created_at: datetime


class NewAlias(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A number to be added; upper and lower case are the same."""

    alias: Uid
    station: Annotated[str, msgspec.Meta(min_length=1, max_length=48)] | None = None


AtStation = Annotated[str | None, QueryParameter(max_length=48, description="Of the number that holds at this charger")]


@get("/{uid:str}/aliases", permission=Permission.VIEW)
async def list_token_aliases(
    uid: FromPath[str], caller: GivenCaller, context: GivenContext, kind: OfKind = None
) -> list[Alias]:
    """Other numbers of a token, in the order in which they were added."""

    def read(work: Work) -> list[Alias]:
        return _public_form(work, caller.organization, uid, kind)

    return await context.database.read(read)


@post("/{uid:str}/aliases", permission=Permission.OPERATE)
async def add_token_alias(
    uid: FromPath[str], data: JSONBody[NewAlias], caller: GivenCaller, context: GivenContext, kind: OfKind = None
) -> list[Alias]:
    """Add another number of a token; all that it has then."""

    def write(work: Work) -> list[Alias]:
        tokens.add_alias(work, caller.organization, uid, alias=data.alias, station=data.station, kind=kind)
        return _public_form(work, caller.organization, uid, kind)

    return await context.database.write(write)


@delete("/{uid:str}/aliases/{alias:str}", permission=Permission.OPERATE)
async def remove_token_alias(
    uid: FromPath[str],
    alias: FromPath[str],
    caller: GivenCaller,
    context: GivenContext,
    kind: OfKind = None,
    station: AtStation = None,
) -> None:
    """Remove another number of a token."""

    def write(work: Work) -> None:
        tokens.remove_alias(work, caller.organization, uid, alias=alias, station=station, kind=kind)

    await context.database.write(write)


router = Router("/tokens", route_handlers=[list_token_aliases, add_token_alias, remove_token_alias], tags=["tokens"])


def _public_form(work: Work, organization_id: int, uid: str, kind: str | None) -> list[Alias]:
    rows = tokens.aliases_of(work, organization_id, uid, kind)
    return [Alias(row.alias, row.station, row.created_at) for row in rows]
