"""Its stations: our sites."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response, delete, get, post, put
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import UNSET
from msgspec import UnsetType as Unset

from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.api.documents.arrays import array_of
from stationmaster.api.documents.document_001.words import columns, ours, same, translated
from stationmaster.api.resources.sites import Address, Days, Email, Latitude, Longitude, Phone, Place, PostalCode
from stationmaster.api.shapes import MAX_PAGE, Cursor, Limit, OwnId, Search, Text, given
from stationmaster.domain import images, organizations, sites, stations
from stationmaster.domain.errors import Invalid
from stationmaster.domain.opening_hours import Day
from stationmaster.domain.permissions import Permission
from stationmaster.storage import Work
from stationmaster.storage.lists import Wanted

SiteStatus = Literal["Active", "Inactive", "Maintenance"]
GridPhase = Literal["Single Phase", "Three Phase"]
Clock = Annotated[str, msgspec.Meta(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)(:00)?$(?!\n)")]


class Station(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `charging_stations`, with the addresses of its pictures."""

    id: str
    station_id: str
    station_name: str
    organization: str
    address: str | None
    city: str | None
    state: str | None
    country: str | None
    pincode: str | None
    latitude: float | None
    longitude: float | None
    status: SiteStatus
    grid_phase: GridPhase | None
    working_days: list[Day] | None
    opening_time: str | None
    closing_time: str | None
    contact_person: str | None
    contact_number: str | None
    email: str | None
    images: list[str]
    deleted: bool
    created_at: datetime
    updated_at: datetime


class StationChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change; what is left out stays. `organization` can only be one's own."""

    station_id: OwnId | Unset = UNSET
    station_name: Text | Unset = UNSET
    organization: str | Unset = UNSET
    address: Address | Unset | None = UNSET
    city: Place | Unset | None = UNSET
    state: Place | Unset | None = UNSET
    country: Place | Unset | None = UNSET
    pincode: PostalCode | Unset | None = UNSET
    latitude: Latitude | Unset | None = UNSET
    longitude: Longitude | Unset | None = UNSET
    status: SiteStatus | Unset = UNSET
    grid_phase: GridPhase | Unset | None = UNSET
    working_days: Days | Unset | None = UNSET
    opening_time: Clock | Unset | None = UNSET
    closing_time: Clock | Unset | None = UNSET
    contact_person: Text | Unset | None = UNSET
    contact_number: Phone | Unset | None = UNSET
    email: Email | Unset | None = UNSET


class NewStation(StationChanges, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A row to be made; what the document has as NOT NULL must be given, but `organization`, which is one's own."""

    station_name: Text
    country: Place
    status: SiteStatus
    grid_phase: GridPhase


StatusOf = Annotated[SiteStatus | None, QueryParameter(description="Only those in this state")]
Words = Annotated[str | None, QueryParameter(max_length=255)]


@get("/stations", permission=Permission.VIEW)
async def list_stations(
    request: Request[Any, Any, Any],
    caller: GivenCaller,
    context: GivenContext,
    search: Search = None,
    status: StatusOf = None,
    city: Words = None,
    country: Words = None,
    limit: Limit = MAX_PAGE,
    cursor: Cursor = None,
) -> Response[list[Station]]:
    """All stations that are not deleted, newest first."""

    def read(work: Work) -> tuple[list[Station], str | None]:
        found = sites.list_sites(
            work,
            caller.organization,
            Wanted(limit, cursor, None, search),
            status=None if status is None else ours(_SITE_STATUS, status),
            city=city,
            country=country,
        )
        return _stations(work, caller.organization, found.rows), found.next

    return array_of(request, *await context.database.read(read))


@get("/stations/{station_id:str}", permission=Permission.VIEW)
async def get_station(station_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> Station:
    """One station."""
    return await context.database.read(_get_station, caller.organization, station_id)


@post("/stations", permission=Permission.ADMINISTER)
async def create_station(data: JSONBody[NewStation], caller: GivenCaller, context: GivenContext) -> Station:
    """Create a station."""

    def create(work: Work) -> Station:
        facts = _site_facts(work, caller.organization, data)
        public_id = None if data.station_id is UNSET else data.station_id
        with columns(_SITE_COLUMNS):
            row = sites.create(
                work,
                caller.organization,
                public_id=public_id,
                **{"time_zone": context.settings.sites.time_zone} | facts,
            )
        return _station(work, caller.organization, row)

    return await context.database.write(create)


@put("/stations/{station_id:str}", permission=Permission.ADMINISTER)
async def update_station(
    station_id: FromPath[str], data: JSONBody[StationChanges], caller: GivenCaller, context: GivenContext
) -> Station:
    """Update a station: what is given."""
    same(station_id, data.station_id, "station_id")

    def update(work: Work) -> Station:
        facts = _site_facts(work, caller.organization, data)
        with columns(_SITE_COLUMNS):
            row = sites.change(work, caller.organization, station_id, facts)
        return _station(work, caller.organization, row)

    return await context.database.write(update)


@delete("/stations/{station_id:str}", permission=Permission.ADMINISTER, status_code=200)
async def delete_station(station_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> Station:
    """Soft delete a station. 409 while points stand there."""

    def remove(work: Work) -> Station:
        gone = _get_station(work, caller.organization, station_id)
        stations.remove_site(work, caller.organization, station_id)
        return msgspec.structs.replace(gone, deleted=True)

    return await context.database.write(remove)


ROUTES = [list_stations, get_station, create_station, update_station, delete_station]

_SITE_STATUS: dict[sites.Status, SiteStatus] = {
    "active": "Active",
    "inactive": "Inactive",
    "maintenance": "Maintenance",
}
_GRID_PHASE: dict[sites.GridPhase, GridPhase] = {"single_phase": "Single Phase", "three_phase": "Three Phase"}
_SITE_COLUMNS = {
    "name": "station_name",
    "postal_code": "pincode",
    "contact_email": "email",
    "id": "station_id",
}


def _get_station(work: Work, organization_id: int, station_id: str) -> Station:
    return _station(work, organization_id, sites.get(work, organization_id, station_id))


def _site_facts(work: Work, organization_id: int, data: StationChanges) -> dict[str, Any]:
    facts = given(data)
    facts.pop("station_id", None)
    own = organizations.get(work, organization_id).name
    if facts.pop("organization", own) != own:
        raise Invalid("organization", "is one's own: {own}", own=own)
    facts = translated(facts, _SITE_COLUMNS, {"status": _SITE_STATUS, "grid_phase": _GRID_PHASE})
    for name in ("opening_time", "closing_time"):
        if facts.get(name) is not None:
            facts[name] = facts[name][:5]
    return facts


def _station(work: Work, organization_id: int, row: sites.SiteRow) -> Station:
    [one] = _stations(work, organization_id, [row])
    return one


def _stations(work: Work, organization_id: int, rows: list[sites.SiteRow]) -> list[Station]:
    organization = organizations.get(work, organization_id).name
    pictures = images.ids_of(work, "site", [row.id for row in rows])
    return [_one_station(row, organization, pictures.get(row.id, [])) for row in rows]


def _one_station(row: sites.SiteRow, organization: str, pictures: list[str]) -> Station:
    same = ("address", "city", "state", "country", "latitude", "longitude", "working_days")
    return Station(
        id=row.public_id,
        station_id=row.public_id,
        station_name=row.name,
        organization=organization,
        **{name: getattr(row, name) for name in (*same, "contact_person", "contact_number")},
        pincode=row.postal_code,
        status=_SITE_STATUS[row.status],
        grid_phase=None if row.grid_phase is None else _GRID_PHASE[row.grid_phase],
        opening_time=None if row.opening_time is None else f"{row.opening_time}:00",
        closing_time=None if row.closing_time is None else f"{row.closing_time}:00",
        email=row.contact_email,
        images=[f"/files/images/{each}" for each in pictures],
        deleted=row.deleted_at is not None,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
