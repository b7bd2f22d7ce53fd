"""Tokens: the cards and apps that may charge."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, Router, delete, get, patch, post, put
from litestar.params import FromPath, JSONBody, QueryParameter

from stationmaster.api.callers import Caller
from stationmaster.api.context import Context, GivenCaller, GivenContext
from stationmaster.api.shapes import (
    SORTED,
    Cursor,
    Deleted,
    IfMatch,
    Limit,
    Number,
    OwnId,
    Page,
    Search,
    Text,
    given,
    number,
    page_of,
    tagged,
    tags_of,
)
from stationmaster.domain import tokens
from stationmaster.domain.energy_budgets import Budget, Period
from stationmaster.domain.errors import Invalid
from stationmaster.domain.permissions import Permission
from stationmaster.storage import Work
from stationmaster.storage.lists import Wanted

Uid = Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f/]*$(?!\n)")]
Kind = Annotated[str, msgspec.Meta(min_length=1, max_length=20, pattern=r"^[A-Za-z0-9_.-]+$(?!\n)")]
OfKind = Annotated[str | None, QueryParameter(max_length=20, description="Its kind, where several share the number")]
When = Annotated[datetime, msgspec.Meta(tz=True)]


class EnergyBudget(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much a card may take in each day, week or month, by the clock of the site where it charges. Then it is refused until the next."""

    kwh: Annotated[Decimal, msgspec.Meta(description="From 0 to 1000000; a text is as good")]
    period: Period = "month"


class ShownBudget(msgspec.Struct, frozen=True):
    """The same, as it is told."""

    kwh: Number
    period: Period


class Token(msgspec.Struct, frozen=True):
    """A card or an app that may charge, or may not any more. `kind` is null where it holds for whatever a charger says that it is.

    `customer` is the id of the customer whose it is: the sessions that it begins are theirs. `customer_name` is null for who may not
    view customers.
    """

    id: str
    uid: str
    kind: str | None
    label: str | None
    group: str | None
    status: tokens.Status
    expires_at: datetime | None
    customer: str | None
    customer_name: str | None
    energy_budget: ShownBudget | None
    created_at: datetime
    created_by: str | None
    updated_at: datetime
    deleted_at: datetime | None


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
    energy_budget: EnergyBudget | None = None


class TokenFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What lists of cards can say as well; what is left out stays."""

    label: Text | msgspec.UnsetType | None = msgspec.UNSET
    group: Text | msgspec.UnsetType | None = msgspec.UNSET
    status: tokens.Status | msgspec.UnsetType = msgspec.UNSET
    expires_at: When | msgspec.UnsetType | None = msgspec.UNSET
    customer: OwnId | msgspec.UnsetType | None = msgspec.UNSET


class TokenChanges(TokenFacts, frozen=True, forbid_unknown_fields=True):
    """What to change; what is left out stays."""

    energy_budget: EnergyBudget | msgspec.UnsetType | None = msgspec.UNSET


CustomerFilter = Annotated[str | None, QueryParameter(max_length=255, description="Only tokens of this customer")]


Status = Annotated[tokens.Status | None, QueryParameter(description="Only those that may charge, or that are blocked")]
Group = Annotated[str | None, QueryParameter(max_length=200, description="Only those of this group")]
OnlyKind = Annotated[str | None, QueryParameter(max_length=20, description="Only those of this kind")]
Expired = Annotated[bool | None, QueryParameter(description="Only those that have expired, or only the others")]
Sort = Literal[
    "uid",
    "-uid",
    "label",
    "-label",
    "group",
    "-group",
    "expires",
    "-expires",
    "created",
    "-created",
    "updated",
    "-updated",
]
SortBy = Annotated[Sort | None, QueryParameter(description=SORTED)]


@get("/", permission=Permission.VIEW)
async def list_tokens(
    caller: GivenCaller,
    context: GivenContext,
    search: Search = None,
    status: Status = None,
    kind: OnlyKind = None,
    group: Group = None,
    customer: CustomerFilter = None,
    expired: Expired = None,
    deleted: Deleted = False,
    sort: SortBy = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Token]:
    """Tokens, newest first or sorted. The search is in uid, label and group."""
    wanted = Wanted(limit, cursor, sort, search)
    which: dict[str, Any] = {"status": status, "kind": kind, "group": group, "customer": customer}
    which |= {"expired": expired, "deleted": deleted}
    found = await context.database.read(tokens.list_tokens, caller.organization, wanted, **which)
    return page_of(found, lambda row: public_form(row, caller))


@post("/", permission=Permission.OPERATE)
async def add_token(data: JSONBody[NewToken], caller: GivenCaller, context: GivenContext) -> Response[Token]:
    """Add a token."""
    row = await context.database.write(_add, caller.organization, data)
    return tagged(row, public_form(row, caller))


@get("/{uid:str}", permission=Permission.VIEW)
async def get_token(
    uid: FromPath[str], caller: GivenCaller, context: GivenContext, kind: OfKind = None
) -> Response[Token]:
    """One token; `kind` tells apart those that share a number."""
    row = await context.database.read(tokens.get, caller.organization, uid, kind)
    return tagged(row, public_form(row, caller))


@put("/{uid:str}", permission=Permission.OPERATE)
async def replace_token(
    uid: FromPath[str],
    data: JSONBody[NewToken],
    caller: GivenCaller,
    context: GivenContext,
    kind: OfKind = None,
    if_match: IfMatch = None,
) -> Response[Token]:
    """Make a token what is given; what is left out becomes what it is in a new one. Number and kind stay."""
    if tokens.uid_key(data.uid) != tokens.uid_key(uid):
        raise Invalid("uid", "cannot be changed")
    if data.kind is not None and kind is not None and data.kind != kind:
        raise Invalid("kind", "cannot be changed")
    facts = {name: getattr(data, name) for name in (*tokens.FACTS, "customer", "energy_budget")}
    return await _changed(uid, data.kind or kind, _told(facts), caller, context, if_match)


@patch("/{uid:str}", permission=Permission.OPERATE)
async def change_token(
    uid: FromPath[str],
    data: JSONBody[TokenChanges],
    caller: GivenCaller,
    context: GivenContext,
    kind: OfKind = None,
    if_match: IfMatch = None,
) -> Response[Token]:
    """Change the fields that are given."""
    return await _changed(uid, kind, _told(given(data)), caller, context, if_match)


@delete("/{uid:str}", permission=Permission.OPERATE)
async def remove_token(
    uid: FromPath[str], caller: GivenCaller, context: GivenContext, kind: OfKind = None, if_match: IfMatch = None
) -> None:
    """Remove a token; its sessions stay, and it can be restored."""
    expected = tags_of(if_match)
    await context.database.write(tokens.remove, caller.organization, uid, kind, expected=expected)


@post("/{uid:str}/restore", permission=Permission.OPERATE, status_code=200)
async def restore_token(
    uid: FromPath[str], caller: GivenCaller, context: GivenContext, kind: OfKind = None
) -> Response[Token]:
    """Bring back a token that was removed; 409 when there is another in its place."""
    row = await context.database.write(tokens.restore, caller.organization, uid, kind)
    return tagged(row, public_form(row, caller))


router = Router(
    "/tokens",
    route_handlers=[list_tokens, add_token, get_token, replace_token, change_token, remove_token, restore_token],
    tags=["tokens"],
)


async def _changed(
    uid: str, kind: str | None, facts: dict[str, Any], caller: Caller, context: Context, if_match: str | None
) -> Response[Token]:
    expected = tags_of(if_match)
    row = await context.database.write(tokens.change, caller.organization, uid, facts, kind, expected=expected)
    return tagged(row, public_form(row, caller))


def _add(work: Work, organization_id: int, new: NewToken) -> tokens.OwnedToken:
    return tokens.add(work, organization_id, **_told(msgspec.structs.asdict(new)))


def _told(facts: dict[str, Any]) -> dict[str, Any]:
    """In the domain energy is in Wh."""
    if "energy_budget" not in facts:
        return facts
    told: EnergyBudget | None = facts.pop("energy_budget")
    return facts | {"budget": None if told is None else Budget(told.kwh * 1000, told.period)}


def public_form(row: tokens.OwnedToken, caller: Caller) -> Token:
    """A token as this caller sees it."""
    return Token(
        id=str(row.id),
        uid=row.uid,
        kind=row.kind or None,
        label=row.label,
        group=row.group,
        status=row.status,
        expires_at=row.expires_at,
        customer=row.customer,
        customer_name=row.customer_name if Permission.VIEW_CUSTOMERS in caller.permissions else None,
        energy_budget=_budget(row),
        created_at=row.created_at,
        created_by=row.created_by,
        updated_at=row.updated_at,
        deleted_at=row.deleted_at,
    )


def _budget(row: tokens.TokenRow) -> ShownBudget | None:
    if row.budget_wh is None or row.budget_period is None:
        return None
    return ShownBudget(number(row.budget_wh / 1000), row.budget_period)
