"""Where to charge: what drivers and their maps may know of sites and chargers, and nothing of who charges there."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Router, get
from litestar.params import FromPath, QueryParameter

from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.domain import discovery
from stationmaster.domain.connectors import Type
from stationmaster.domain.discovery import Asked, Availability
from stationmaster.domain.errors import Invalid
from stationmaster.domain.opening_hours import Day
from stationmaster.domain.permissions import Permission
from stationmaster.domain.stations import ChargerType


class ChargingConnector(msgspec.Struct, frozen=True):
    """A connector: free, in use, out of order, or unknown because its charger cannot be reached."""

    evse: int
    connector: int
    type: Type | None
    max_power_w: int | None
    max_current_a: int | None
    availability: Availability


class ChargingPoint(msgspec.Struct, frozen=True):
    """A charger, by an id that is for everybody."""

    id: str
    name: str | None
    charger_type: ChargerType | None
    connectors: list[ChargingConnector]


class ChargingPlace(msgspec.Struct, frozen=True):
    """A site where one can charge. `open` is now; `distance_m` is null where no position was given."""

    id: str
    name: str
    address: str | None
    city: str | None
    postal_code: str | None
    country: str | None
    latitude: float | None
    longitude: float | None
    distance_m: int | None
    open: bool
    time_zone: str
    working_days: list[Day] | None
    opening_time: str | None
    closing_time: str | None
    chargers: list[ChargingPoint]


class ChargingPlaces(msgspec.Struct, frozen=True):
    """The sites that were found, the nearest first; without a position, by name."""

    items: list[ChargingPlace]


Latitude = Annotated[float | None, QueryParameter(ge=-90, le=90, description="Of where one is, in degrees")]
Longitude = Annotated[float | None, QueryParameter(ge=-180, le=180, description="Of where one is, in degrees")]
Named = Annotated[
    str | None,
    QueryParameter(
        max_length=100,
        description="In place of a position: only sites with this in their name or address, or with the charger of this id",
    ),
]
Radius = Annotated[float, QueryParameter(gt=0, le=200, description="How far one would go, in km")]
OfType = Annotated[Type | None, QueryParameter(description="Only chargers with such a connector")]
MinPower = Annotated[
    int | None, QueryParameter(ge=1, le=4_000_000, description="Only with a connector of this power, in W")
]
IsFree = Annotated[bool, QueryParameter(description="Only with a connector that is free now, and fits")]
IsOpen = Annotated[bool, QueryParameter(description="Only sites that are open now")]
Most = Annotated[int, QueryParameter(ge=1, le=200, description="How many sites at the most")]


@get("/", permission=Permission.DISCOVER)
async def find_charging_places(
    caller: GivenCaller,
    context: GivenContext,
    latitude: Latitude = None,
    longitude: Longitude = None,
    search: Named = None,
    radius_km: Radius = 10,
    connector_type: OfType = None,
    min_power_w: MinPower = None,
    free: IsFree = False,
    open_now: IsOpen = False,
    limit: Most = 50,
) -> ChargingPlaces:
    """Sites with chargers that are in service: nearby, the nearest first, or what is searched for. Type, power and `free` must be true of one connector."""
    asked, home = Asked(connector_type, min_power_w, free, open_now), caller.organization
    if latitude is not None and longitude is not None:
        if search is not None:
            raise Invalid("search", "is for who gives no position")
        where: dict[str, Any] = {"latitude": latitude, "longitude": longitude, "radius_m": radius_km * 1000}
        found = await context.database.read(discovery.nearby, home, asked, **where, limit=limit)
    elif search is not None and search.strip() and latitude is None and longitude is None:
        found = await context.database.read(discovery.named, home, asked, search.strip(), limit=limit)
    else:
        raise Invalid("longitude" if latitude is not None else "latitude", "is missing; or search for a name")
    return ChargingPlaces([_public_form(place) for place in found])


@get("/chargers/{charger_id:str}", permission=Permission.DISCOVER)
async def get_charging_point(charger_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> ChargingPlace:
    """One charger with its site, by the id that is for everybody."""
    return _public_form(await context.database.read(discovery.charger, caller.organization, charger_id))


router = Router("/discovery", route_handlers=[find_charging_places, get_charging_point], tags=["discovery"])

_OF_SITE = (
    *("name", "address", "city", "postal_code", "country", "latitude", "longitude"),
    *("time_zone", "working_days", "opening_time", "closing_time"),
)


def _public_form(place: discovery.Place) -> ChargingPlace:
    facts: dict[str, Any] = {name: getattr(place.site, name) for name in _OF_SITE}
    return ChargingPlace(
        id=place.site.public_id,
        distance_m=None if place.distance_m is None else round(place.distance_m),
        open=place.open,
        chargers=[
            ChargingPoint(
                each.public_id, each.name, each.charger_type, [ChargingConnector(*plug) for plug in each.plugs]
            )
            for each in place.chargers
        ],
        **facts,
    )
