"""Tokens: the cards and apps that may charge."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Router, delete, get, patch, post
from litestar.params import FromPath, JSONBody, QueryParameter

from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.api.shapes import Cursor, Limit, OwnId, Page, Text, given, paged
from stationmaster.domain import tokens
from stationmaster.domain.permissions import Permission
from stationmaster.storage import Work

Uid = Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f/]*$")]
Kind = Annotated[str, msgspec.Meta(min_length=1, max_length=20, pattern=r"^[A-Za-z0-9_.-]+$")]
OfKind = Annotated[str | None, QueryParameter(max_length=20, description="Its kind, where several share the number")]
When = Annotated[datetime, msgspec.Meta(tz=True)]


class Token(msgspec.Struct, frozen=True):
    """A card or an app that may charge, or may not any more. `kind` is null where it holds for whatever a charger says that it is.

    `customer` is the id of the customer whose it is: the sessions that it begins are theirs.
    """

    id: str
    uid: str
    kind: str | None
    label: str | None
    group: str | None
    status: tokens.Status
    expires_at: datetime | None
    customer: str | None
    created_at: datetime


class NewToken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A token to be added. Upper and lower case of `uid` are the same.

    `kind` is what 2.x calls its type (ISO14443, ISO15693, eMAID, MacAddress, KeyCode, Central …): where one number is on tokens of
    several kinds, each has its own. 1.6 knows no kinds, and takes one that may charge.
    """

    uid: Uid
    kind: Kind | None = None
    label: Text | None = None
    group: Text | None = None
    status: tokens.Status = "accepted"
    expires_at: When | None = None
    customer: OwnId | None = None


class TokenChanges(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change; what is left out stays."""

    label: Text | msgspec.UnsetType | None = msgspec.UNSET
    group: Text | msgspec.UnsetType | None = msgspec.UNSET
    status: tokens.Status | msgspec.UnsetType = msgspec.UNSET
    expires_at: When | msgspec.UnsetType | None = msgspec.UNSET
    customer: OwnId | msgspec.UnsetType | None = msgspec.UNSET


CustomerFilter = Annotated[str | None, QueryParameter(max_length=255, description="Only tokens of this customer")]


@get("/", permission=Permission.VIEW)
async def list_tokens(
    caller: GivenCaller,
    context: GivenContext,
    customer: CustomerFilter = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Token]:
    """Tokens, newest first."""
    rows = await context.database.read(
        tokens.listed, caller.organization, customer=customer, limit=limit, cursor=cursor
    )
    return paged(rows, limit, public_form)


@post("/", permission=Permission.OPERATE)
async def add_token(data: JSONBody[NewToken], caller: GivenCaller, context: GivenContext) -> Token:
    """Add a token."""
    return public_form(await context.database.write(_add, caller.organization, data))


@get("/{uid:str}", permission=Permission.VIEW)
async def get_token(uid: FromPath[str], caller: GivenCaller, context: GivenContext, kind: OfKind = None) -> Token:
    """One token; `kind` tells apart those that share a number."""
    return public_form(await context.database.read(tokens.get, caller.organization, uid, kind))


@patch("/{uid:str}", permission=Permission.OPERATE)
async def change_token(
    uid: FromPath[str], data: JSONBody[TokenChanges], caller: GivenCaller, context: GivenContext, kind: OfKind = None
) -> Token:
    """Change the fields that are given."""
    return public_form(await context.database.write(tokens.change, caller.organization, uid, given(data), kind))


@delete("/{uid:str}", permission=Permission.OPERATE)
async def remove_token(uid: FromPath[str], caller: GivenCaller, context: GivenContext, kind: OfKind = None) -> None:
    """Remove a token; its sessions stay."""
    await context.database.write(tokens.remove, caller.organization, uid, kind)


router = Router(
    "/tokens", route_handlers=[list_tokens, add_token, get_token, change_token, remove_token], tags=["tokens"]
)


def _add(work: Work, organization_id: int, new: NewToken) -> tokens.OwnedToken:
    return tokens.add(work, organization_id, **msgspec.structs.asdict(new))


def public_form(row: tokens.OwnedToken) -> Token:
    """A token as everyone outside sees it."""
    return Token(
        id=str(row.id),
        uid=row.uid,
        kind=row.kind or None,
        label=row.label,
        group=row.group,
        status=row.status,
        expires_at=row.expires_at,
        customer=row.customer,
        created_at=row.created_at,
    )
