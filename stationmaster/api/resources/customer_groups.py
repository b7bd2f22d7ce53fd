"""Groups of customers, and the tariff by which each pays."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from litestar import Response, Router, delete, get, patch, post
from litestar.params import FromPath, JSONBody, QueryParameter

from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.api.shapes import (
    SORTED,
    Cursor,
    IfMatch,
    Limit,
    OwnId,
    Page,
    Search,
    Text,
    given,
    page_of,
    tagged,
    tags_of,
)
from stationmaster.domain import customer_groups
from stationmaster.domain.permissions import Permission
from stationmaster.storage.lists import Wanted


class CustomerGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Customers who pay by one `tariff` wherever they charge, where they have none of their own; null: by that of the place."""

    id: str
    name: str
    tariff: str | None
    created_at: datetime
    created_by: str | None
    updated_at: datetime


class NewCustomerGroup(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A group as it is to be. `id` is the operator's own, and stays; without one it is given one."""

    name: Text
    id: OwnId | None = None
    tariff: OwnId | None = None


class CustomerGroupChanges(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change; what is left out stays."""

    name: Text | msgspec.UnsetType = msgspec.UNSET
    tariff: OwnId | msgspec.UnsetType | None = msgspec.UNSET


Sort = Literal["id", "-id", "name", "-name", "created", "-created", "updated", "-updated"]
SortBy = Annotated[Sort | None, QueryParameter(description=SORTED)]


@get("/", permission=Permission.VIEW_CUSTOMERS)
async def list_customer_groups(
    caller: GivenCaller,
    context: GivenContext,
    search: Search = None,
    sort: SortBy = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[CustomerGroup]:
    """Groups of customers, newest first or sorted. The search is in id and name."""
    wanted = Wanted(limit, cursor, sort, search)
    found = await context.database.read(customer_groups.list_groups, caller.organization, wanted)
    return page_of(found, _public_form)


@post("/", permission=Permission.MANAGE_CUSTOMERS)
async def add_customer_group(
    data: JSONBody[NewCustomerGroup], caller: GivenCaller, context: GivenContext
) -> Response[CustomerGroup]:
    """Add a group. A customer names it as `group`."""
    row = await context.database.write(
        customer_groups.create, caller.organization, name=data.name, public_id=data.id, tariff=data.tariff
    )
    return tagged(row, _public_form(row))


@get("/{group_id:str}", permission=Permission.VIEW_CUSTOMERS)
async def get_customer_group(
    group_id: FromPath[str], caller: GivenCaller, context: GivenContext
) -> Response[CustomerGroup]:
    """One group."""
    row = await context.database.read(customer_groups.get, caller.organization, group_id)
    return tagged(row, _public_form(row))


@patch("/{group_id:str}", permission=Permission.MANAGE_CUSTOMERS)
async def change_customer_group(
    group_id: FromPath[str],
    data: JSONBody[CustomerGroupChanges],
    caller: GivenCaller,
    context: GivenContext,
    if_match: IfMatch = None,
) -> Response[CustomerGroup]:
    """Change the fields that are given."""
    changes, expected = given(data), tags_of(if_match)
    row = await context.database.write(
        customer_groups.change, caller.organization, group_id, changes, expected=expected
    )
    return tagged(row, _public_form(row))


@delete("/{group_id:str}", permission=Permission.MANAGE_CUSTOMERS)
async def remove_customer_group(
    group_id: FromPath[str], caller: GivenCaller, context: GivenContext, if_match: IfMatch = None
) -> None:
    """Remove a group that no customer is in any more."""
    await context.database.write(customer_groups.remove, caller.organization, group_id, expected=tags_of(if_match))


router = Router(
    "/customer-groups",
    route_handlers=[
        list_customer_groups,
        add_customer_group,
        get_customer_group,
        change_customer_group,
        remove_customer_group,
    ],
    tags=["customers"],
)


def _public_form(row: customer_groups.GroupRow) -> CustomerGroup:
    return CustomerGroup(
        id=row.public_id,
        name=row.name,
        tariff=row.tariff,
        created_at=row.created_at,
        created_by=row.created_by,
        updated_at=row.updated_at,
    )
