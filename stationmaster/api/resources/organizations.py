"""Organizations: the tenants of an installation, and one's own."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Router, get, patch, post
from litestar.params import FromPath, JSONBody

from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.api.resources.users import Email, Link, link_form
from stationmaster.api.shapes import Cursor, Limit, Page, Text, given, paged
from stationmaster.domain import organizations, tenants
from stationmaster.domain.permissions import Permission
from stationmaster.storage import Work


class Organization(msgspec.Struct, frozen=True):
    """A tenant: it sees what is its own, and nothing of others. While it is `closed`, nobody of it may log in.

    `drivers_start` and `drivers_reserve`: drivers may start chargers with a card of theirs, and reserve them.
    """

    id: str
    name: str
    created_at: datetime
    closed: bool
    drivers_start: bool
    drivers_reserve: bool


class AddedOrganization(Organization, frozen=True, kw_only=True):
    """A new one. `link` is the invitation of its first owner; null when none was named."""

    link: Link | None


class NewOrganization(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A tenant to be added. `owner` is the e-mail address of who is invited to run it."""

    name: Text
    owner: Email | None = None


class OrganizationChanges(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change; what is left out stays."""

    name: Text | msgspec.UnsetType = msgspec.UNSET
    closed: bool | msgspec.UnsetType = msgspec.UNSET


class OwnOrganizationChanges(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change of one's own organization; what is left out stays."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | msgspec.UnsetType = msgspec.UNSET
    drivers_start: bool | msgspec.UnsetType = msgspec.UNSET
    drivers_reserve: bool | msgspec.UnsetType = msgspec.UNSET


@get("/organizations", permission=Permission.MANAGE_ORGANIZATIONS)
async def list_organizations(context: GivenContext, limit: Limit = 50, cursor: Cursor = None) -> Page[Organization]:
    """Every tenant of this installation, newest first; for owners in the organization that runs it, which is the first one."""
    rows = await context.database.read(organizations.list_page, limit=limit, cursor=cursor)
    return paged(rows, limit, _public_form)


@post("/organizations", permission=Permission.MANAGE_ORGANIZATIONS)
async def add_organization(
    data: JSONBody[NewOrganization], request: Request[Any, Any, Any], context: GivenContext
) -> AddedOrganization:
    """Add a tenant, and invite who runs it. The invitation is mailed; a server without mail gives it to you, to hand on."""
    made, link = await context.database.write(tenants.add, name=data.name, owner=data.owner, by_mail=context.mails)
    form = msgspec.structs.asdict(_public_form(made))
    return AddedOrganization(**form, link=None if link is None else link_form(context, request, link))


@get("/organizations/{organization_id:str}", permission=Permission.MANAGE_ORGANIZATIONS)
async def get_organization(organization_id: FromPath[str], context: GivenContext) -> Organization:
    """One tenant."""
    return _public_form(await context.database.read(organizations.of_id, organization_id))


@patch("/organizations/{organization_id:str}", permission=Permission.MANAGE_ORGANIZATIONS)
async def change_organization(
    organization_id: FromPath[str], data: JSONBody[OrganizationChanges], context: GivenContext
) -> Organization:
    """Rename a tenant; close one that has no chargers any more, or open it again.

    While it is closed its people are out, and its keys rest, on other nodes within half a minute; what it has stays.
    """

    def change(work: Work) -> organizations.Organization:
        row = organizations.of_id(work, organization_id)
        if data.name is not msgspec.UNSET:
            row = organizations.rename(work, row.id, name=data.name)
        if data.closed is not msgspec.UNSET:
            row = tenants.close(work, row) if data.closed else tenants.reopen(work, row)
        return row

    changed = await context.database.write(change)
    context.standings.forget_all()
    return _public_form(changed)


@get("/organization", permission=Permission.VIEW)
async def get_own_organization(caller: GivenCaller, context: GivenContext) -> Organization:
    """The organization one belongs to."""
    return _public_form(await context.database.read(organizations.get, caller.organization))


@patch("/organization", permission=Permission.OWN)
async def change_own_organization(
    data: JSONBody[OwnOrganizationChanges], caller: GivenCaller, context: GivenContext
) -> Organization:
    """Give one's own organization another name, or say what its drivers may do."""

    def change(work: Work) -> organizations.Organization:
        rules = given(data)
        name = rules.pop("name", None)
        if name is not None:
            organizations.rename(work, caller.organization, name=name)
        return organizations.change_rules(work, caller.organization, rules)

    return _public_form(await context.database.write(change))


router = Router(
    "/",
    route_handlers=[
        list_organizations,
        add_organization,
        get_organization,
        change_organization,
        get_own_organization,
        change_own_organization,
    ],
    tags=["organizations"],
)


def _public_form(row: organizations.Organization) -> Organization:
    closed = row.closed_at is not None
    return Organization(row.public_id, row.name, row.created_at, closed, row.drivers_start, row.drivers_reserve)
