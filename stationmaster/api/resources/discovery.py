"""Where to charge: what drivers and their maps may know of sites and chargers, and nothing of who charges there."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from litestar import Router, get
from litestar.params import FromPath, QueryParameter

from stationmaster.api.callers import Caller
from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.api.resources.tariffs import prices_form
from stationmaster.domain import discovery, discovery_prices, drivers
from stationmaster.domain.connectors import Type
from stationmaster.domain.discovery import Asked, Availability
from stationmaster.domain.discovery_prices import Prices
from stationmaster.domain.errors import Invalid
from stationmaster.domain.money.tariff_version import Structure
from stationmaster.domain.opening_hours import Day
from stationmaster.domain.permissions import Permission
from stationmaster.domain.stations import ChargerType
from stationmaster.domain.tariffs import TariffRow
from stationmaster.storage import Work


class ChargingConnector(msgspec.Struct, frozen=True):
    """A connector: free, in use, out of order, or unknown because its charger cannot be reached."""

    evse: int
    connector: int
    type: Type | None
    max_power_w: int | None
    max_current_a: int | None
    availability: Availability


class PayTariff(msgspec.Struct, frozen=True):
    """What charging costs here, as a tariff has it: short prices, or a structure in place of them."""

    name: str
    currency: str
    price_per_kwh: str | None
    price_per_minute: str | None
    price_per_session: str | None
    tax_percent: str
    structure: Structure | None


class PricedConnector(ChargingConnector, frozen=True):
    """The same with the id of the tariff by which one pays there (`tariffs` of the place); null where nobody has named one."""

    tariff: str | None


class ChargingPoint(msgspec.Struct, frozen=True):
    """A charger, by an id that is for everybody."""

    id: str
    name: str | None
    charger_type: ChargerType | None
    connectors: list[PricedConnector]


class ChargingPlace(msgspec.Struct, frozen=True):
    """A site where one can charge. `open` is now; `distance_m` is null where no position was given; `tariffs` are those of its connectors, by id, as they are for who asks."""

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
    tariffs: dict[str, PayTariff]


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
        look: Callable[..., list[discovery.Place]] = functools.partial(discovery.nearby, **where)
    elif search is not None and search.strip() and latitude is None and longitude is None:
        look = functools.partial(discovery.named, text=search.strip())
    else:
        raise Invalid("longitude" if latitude is not None else "latitude", "is missing; or search for a name")

    def read(work: Work) -> tuple[list[discovery.Place], Prices]:
        found = look(work, home, asked, limit=limit)
        return found, _prices(work, caller, found)

    found, prices = await context.database.read(read)
    return ChargingPlaces([_public_form(place, prices) for place in found])


@get("/chargers/{charger_id:str}", permission=Permission.DISCOVER)
async def get_charging_point(charger_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> ChargingPlace:
    """One charger with its site, by the id that is for everybody."""

    def read(work: Work) -> ChargingPlace:
        place = discovery.charger(work, caller.organization, charger_id)
        return _public_form(place, _prices(work, caller, [place]))

    return await context.database.read(read)


def _prices(work: Work, caller: Caller, places: list[discovery.Place]) -> Prices:
    """As they are for who asks, where that is a customer."""
    who = drivers.find(work, caller.organization, caller.actor.id) if caller.actor.kind == "user" else None
    key = None if who is None else who.id
    return discovery_prices.of_places(work, caller.organization, places, customer_id=key)


router = Router("/discovery", route_handlers=[find_charging_places, get_charging_point], tags=["discovery"])

_OF_SITE = (
    *("name", "address", "city", "postal_code", "country", "latitude", "longitude"),
    *("time_zone", "working_days", "opening_time", "closing_time"),
)


def _public_form(place: discovery.Place, prices: Prices) -> ChargingPlace:
    facts: dict[str, Any] = {name: getattr(place.site, name) for name in _OF_SITE}
    return ChargingPlace(
        id=place.site.public_id,
        distance_m=None if place.distance_m is None else round(place.distance_m),
        open=place.open,
        chargers=[_charger(each, prices) for each in place.chargers],
        tariffs={
            row.public_id: tariff_form(row)
            for charger in place.chargers
            for plug in charger.plugs
            if (row := prices.get((charger.public_id, plug.evse, plug.connector))) is not None
        },
        **facts,
    )


def _charger(charger: discovery.Charger, prices: Prices) -> ChargingPoint:
    plugs = []
    for plug in charger.plugs:
        row = prices.get((charger.public_id, plug.evse, plug.connector))
        plugs.append(PricedConnector(*plug[:-1], tariff=None if row is None else row.public_id))
    return ChargingPoint(charger.public_id, charger.name, charger.charger_type, plugs)


def connector_form(plug: discovery.Plug) -> ChargingConnector:
    """A connector as drivers see it."""
    return ChargingConnector(*plug[:-1])


def tariff_form(row: TariffRow) -> PayTariff:
    """What charging costs by a tariff, as it is now."""
    return PayTariff(name=row.name, **prices_form(row))
