"""Sites: the places where chargers stand."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import Router, get, post
from litestar.params import JSONBody

from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.api.shapes import Cursor, Limit, Page, Text, paged
from stationmaster.domain import sites
from stationmaster.domain.permissions import Permission


class Site(msgspec.Struct, frozen=True):
    """A place where chargers stand."""

    id: str
    name: str
    address: str | None
    created_at: datetime


class NewSite(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A site to be added."""

    name: Text
    address: Annotated[str, msgspec.Meta(max_length=500)] | None = None


@get("/", permission=Permission.VIEW)
async def list_sites(
    caller: GivenCaller, context: GivenContext, limit: Limit = 50, cursor: Cursor = None
) -> Page[Site]:
    """Sites, newest first."""
    organization = caller.organization
    return paged(
        await context.database.read(sites.listed, organization, limit=limit, cursor=cursor), limit, _public_form
    )


@post("/", permission=Permission.ADMINISTER)
async def add_site(data: JSONBody[NewSite], caller: GivenCaller, context: GivenContext) -> Site:
    """Add a site."""
    return _public_form(
        await context.database.write(sites.create, caller.organization, name=data.name, address=data.address)
    )


router = Router("/sites", route_handlers=[list_sites, add_site], tags=["sites"])


def _public_form(row: sites.SiteRow) -> Site:
    return Site(id=str(row.id), name=row.name, address=row.address, created_at=row.created_at)
