"""Sites: the places where chargers stand."""

from __future__ import annotations

from datetime import datetime
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
    OwnId,
    Page,
    Search,
    Text,
    given,
    page_of,
    tagged,
    tags_of,
)
from stationmaster.domain import sites, stations
from stationmaster.domain.errors import Invalid
from stationmaster.domain.opening_hours import Day
from stationmaster.domain.permissions import Permission
from stationmaster.domain.sites import GridPhase, Status
from stationmaster.storage.lists import Wanted

Address = Annotated[str, msgspec.Meta(max_length=500, pattern=r"^[^\x00]*$")]
Place = Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)")]
PostalCode = Annotated[str, msgspec.Meta(min_length=1, max_length=20, pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)")]
Latitude = Annotated[float, msgspec.Meta(ge=-90, le=90)]
Longitude = Annotated[float, msgspec.Meta(ge=-180, le=180)]
Opening = Annotated[str, msgspec.Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$(?!\n)", description="As in 07:30")]
Closing = Annotated[
    str, msgspec.Meta(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$(?!\n)", description="As in 22:00, or 24:00")
]
Days = Annotated[list[Day], msgspec.Meta(max_length=7)]
Phone = Annotated[str, msgspec.Meta(max_length=20, pattern=r"^\+?[0-9][0-9 ()./-]*$(?!\n)")]
Email = Annotated[str, msgspec.Meta(max_length=255, pattern=r"^[^@\s\x00]+@[^@\s\x00]+$(?!\n)")]
Zone = Annotated[str, msgspec.Meta(min_length=1, max_length=60, description="Its name, as in Europe/Berlin")]


class Site(msgspec.Struct, frozen=True):
    """A place where chargers stand.

    It is open on its working days (null: every day) from `opening_time` to `closing_time` (null: the whole day), by the clock in its
    time zone. A closing time that is not after the opening time is on the next day.
    """

    id: str
    name: str
    address: str | None
    city: str | None
    state: str | None
    country: str | None
    postal_code: str | None
    latitude: float | None
    longitude: float | None
    status: Status
    grid_phase: GridPhase | None
    time_zone: str
    working_days: list[Day] | None
    opening_time: str | None
    closing_time: str | None
    contact_person: str | None
    contact_number: str | None
    contact_email: str | None
    created_at: datetime
    created_by: str | None
    updated_at: datetime
    deleted_at: datetime | None


class NewSite(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A site as it is to be. `id` is the operator's own, and stays; without one it is given one."""

    name: Text
    id: OwnId | None = None
    address: Address | None = None
    city: Place | None = None
    state: Place | None = None
    country: Place | None = None
    postal_code: PostalCode | None = None
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    status: Status = "active"
    grid_phase: GridPhase | None = None
    time_zone: Zone | None = None
    working_days: Days | None = None
    opening_time: Opening | None = None
    closing_time: Closing | None = None
    contact_person: Text | None = None
    contact_number: Phone | None = None
    contact_email: Email | None = None


class SiteChanges(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change; what is left out stays."""

    name: Text | msgspec.UnsetType = msgspec.UNSET
    address: Address | msgspec.UnsetType | None = msgspec.UNSET
    city: Place | msgspec.UnsetType | None = msgspec.UNSET
    state: Place | msgspec.UnsetType | None = msgspec.UNSET
    country: Place | msgspec.UnsetType | None = msgspec.UNSET
    postal_code: PostalCode | msgspec.UnsetType | None = msgspec.UNSET
    latitude: Latitude | msgspec.UnsetType | None = msgspec.UNSET
    longitude: Longitude | msgspec.UnsetType | None = msgspec.UNSET
    status: Status | msgspec.UnsetType = msgspec.UNSET
    grid_phase: GridPhase | msgspec.UnsetType | None = msgspec.UNSET
    time_zone: Zone | msgspec.UnsetType = msgspec.UNSET
    working_days: Days | msgspec.UnsetType | None = msgspec.UNSET
    opening_time: Opening | msgspec.UnsetType | None = msgspec.UNSET
    closing_time: Closing | msgspec.UnsetType | None = msgspec.UNSET
    contact_person: Text | msgspec.UnsetType | None = msgspec.UNSET
    contact_number: Phone | msgspec.UnsetType | None = msgspec.UNSET
    contact_email: Email | msgspec.UnsetType | None = msgspec.UNSET


StatusFilter = Annotated[Status | None, QueryParameter(description="Only sites in this state")]
CityFilter = Annotated[str | None, QueryParameter(max_length=100, description="Only sites in this city")]
CountryFilter = Annotated[str | None, QueryParameter(max_length=100, description="Only sites in this country")]
Sort = Literal["id", "-id", "name", "-name", "city", "-city", "created", "-created", "updated", "-updated"]
SortBy = Annotated[Sort | None, QueryParameter(description=SORTED)]


@get("/", permission=Permission.VIEW)
async def list_sites(
    caller: GivenCaller,
    context: GivenContext,
    search: Search = None,
    status: StatusFilter = None,
    city: CityFilter = None,
    country: CountryFilter = None,
    deleted: Deleted = False,
    sort: SortBy = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Site]:
    """Sites, newest first or sorted. The search is in id, name, address, city and postal code."""
    wanted = Wanted(limit, cursor, sort, search)
    which: dict[str, Any] = {"status": status, "city": city, "country": country, "deleted": deleted}
    return page_of(await context.database.read(sites.list_sites, caller.organization, wanted, **which), _public_form)


@post("/", permission=Permission.ADMINISTER)
async def add_site(data: JSONBody[NewSite], caller: GivenCaller, context: GivenContext) -> Response[Site]:
    """Add a site."""
    facts = _facts(data, context)
    row = await context.database.write(sites.create, caller.organization, public_id=data.id, **facts)
    return tagged(row, _public_form(row))


@get("/{site_id:str}", permission=Permission.VIEW)
async def get_site(site_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> Response[Site]:
    """One site."""
    row = await context.database.read(sites.get, caller.organization, site_id)
    return tagged(row, _public_form(row))


@put("/{site_id:str}", permission=Permission.ADMINISTER)
async def replace_site(
    site_id: FromPath[str],
    data: JSONBody[NewSite],
    caller: GivenCaller,
    context: GivenContext,
    if_match: IfMatch = None,
) -> Response[Site]:
    """Make a site what is given; what is left out becomes what it is in a new one."""
    if data.id not in (None, site_id):
        raise Invalid("id", "cannot be changed")
    return await _changed(site_id, _facts(data, context), caller, context, if_match)


@patch("/{site_id:str}", permission=Permission.ADMINISTER)
async def change_site(
    site_id: FromPath[str],
    data: JSONBody[SiteChanges],
    caller: GivenCaller,
    context: GivenContext,
    if_match: IfMatch = None,
) -> Response[Site]:
    """Change the fields that are given."""
    return await _changed(site_id, given(data), caller, context, if_match)


@delete("/{site_id:str}", permission=Permission.ADMINISTER)
async def remove_site(
    site_id: FromPath[str], caller: GivenCaller, context: GivenContext, if_match: IfMatch = None
) -> None:
    """Remove a site at which no charger stands any more. It can be restored."""
    await context.database.write(stations.remove_site, caller.organization, site_id, expected=tags_of(if_match))


@post("/{site_id:str}/restore", permission=Permission.ADMINISTER, status_code=200)
async def restore_site(site_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> Response[Site]:
    """Bring back a site that was removed; 409 when its id or name is in use again."""
    row = await context.database.write(sites.restore, caller.organization, site_id)
    return tagged(row, _public_form(row))


router = Router(
    "/sites",
    route_handlers=[list_sites, add_site, get_site, replace_site, change_site, remove_site, restore_site],
    tags=["sites"],
)


async def _changed(
    site_id: str, facts: dict[str, Any], caller: Caller, context: Context, if_match: str | None
) -> Response[Site]:
    expected = tags_of(if_match)
    row = await context.database.write(sites.change, caller.organization, site_id, facts, expected=expected)
    return tagged(row, _public_form(row))


def _facts(data: NewSite, context: Context) -> dict[str, Any]:
    """What a whole site is, with the time zone of this installation where none is named."""
    facts = {name: getattr(data, name) for name in sites.FACTS}
    return facts | {"time_zone": data.time_zone or context.settings.sites.time_zone}


def _public_form(row: sites.SiteRow) -> Site:
    return Site(row.public_id, **{name: getattr(row, name) for name in Site.__struct_fields__[1:]})
