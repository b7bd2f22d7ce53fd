"""Vehicles of customers."""

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
from stationmaster.domain import vehicles
from stationmaster.domain.errors import Invalid
from stationmaster.domain.permissions import Permission
from stationmaster.storage.lists import Wanted

Plug = Annotated[str, msgspec.Meta(min_length=1, max_length=30, pattern=r"^[A-Za-z0-9_.-]+$(?!\n)")]
Plugs = Annotated[list[Plug], msgspec.Meta(max_length=10, description="As those of connectors: type2, ccs2, nacs …")]
KWh = Annotated[Decimal, msgspec.Meta(description="In kWh")]
Short = Annotated[str, msgspec.Meta(min_length=1, max_length=20, pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)")]
Vin = Annotated[str, msgspec.Meta(min_length=17, max_length=24, description="17 letters and digits")]
Emaid = Annotated[
    str, msgspec.Meta(min_length=14, max_length=24, description="Of its contract, as in DE-8AA-C12345678")
]


class Vehicle(msgspec.Struct, frozen=True, kw_only=True):
    """What a customer drives. `default` is the one that they usually come with."""

    id: str
    customer: str
    default: bool
    name: str | None
    make: str | None
    model: str | None
    plate: str | None
    connector_types: list[str] | None
    battery_kwh: Number | None
    vin: str | None
    emaid: str | None
    created_at: datetime
    created_by: str | None
    updated_at: datetime
    deleted_at: datetime | None


class NewVehicle(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A vehicle as it is to be. `id` is the operator's own; it and the customer stay. A customer's first vehicle is the default."""

    customer: OwnId
    id: OwnId | None = None
    default: bool = False
    name: Text | None = None
    make: Text | None = None
    model: Text | None = None
    plate: Short | None = None
    connector_types: Plugs | None = None
    battery_kwh: KWh | None = None
    vin: Vin | None = None
    emaid: Emaid | None = None


class VehicleChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change; what is left out stays."""

    default: bool | msgspec.UnsetType = msgspec.UNSET
    name: Text | msgspec.UnsetType | None = msgspec.UNSET
    make: Text | msgspec.UnsetType | None = msgspec.UNSET
    model: Text | msgspec.UnsetType | None = msgspec.UNSET
    plate: Short | msgspec.UnsetType | None = msgspec.UNSET
    connector_types: Plugs | msgspec.UnsetType | None = msgspec.UNSET
    battery_kwh: KWh | msgspec.UnsetType | None = msgspec.UNSET
    vin: Vin | msgspec.UnsetType | None = msgspec.UNSET
    emaid: Emaid | msgspec.UnsetType | None = msgspec.UNSET


CustomerFilter = Annotated[str | None, QueryParameter(max_length=255, description="Only vehicles of this customer")]
Sort = Literal[
    "id", "-id", "make", "-make", "model", "-model", "plate", "-plate", "created", "-created", "updated", "-updated"
]
SortBy = Annotated[Sort | None, QueryParameter(description=SORTED)]


@get("/", permission=Permission.VIEW_CUSTOMERS)
async def list_vehicles(
    caller: GivenCaller,
    context: GivenContext,
    search: Search = None,
    customer: CustomerFilter = None,
    deleted: Deleted = False,
    sort: SortBy = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Vehicle]:
    """Vehicles, newest first or sorted. The search is in all that they are called."""
    wanted = Wanted(limit, cursor, sort, search)
    found = await context.database.read(
        vehicles.list_vehicles, caller.organization, wanted, customer=customer, deleted=deleted
    )
    return page_of(found, public_form)


@post("/", permission=Permission.MANAGE_CUSTOMERS)
async def add_vehicle(data: JSONBody[NewVehicle], caller: GivenCaller, context: GivenContext) -> Response[Vehicle]:
    """Add a vehicle to a customer."""
    facts = facts_of(msgspec.structs.asdict(data)) | {"customer": data.customer}
    row = await context.database.write(vehicles.create, caller.organization, public_id=data.id, **facts)
    return tagged(row, public_form(row))


@get("/{vehicle_id:str}", permission=Permission.VIEW_CUSTOMERS)
async def get_vehicle(vehicle_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> Response[Vehicle]:
    """One vehicle."""
    row = await context.database.read(vehicles.get, caller.organization, vehicle_id)
    return tagged(row, public_form(row))


@put("/{vehicle_id:str}", permission=Permission.MANAGE_CUSTOMERS)
async def replace_vehicle(
    vehicle_id: FromPath[str],
    data: JSONBody[NewVehicle],
    caller: GivenCaller,
    context: GivenContext,
    if_match: IfMatch = None,
) -> Response[Vehicle]:
    """Make a vehicle what is given; what is left out becomes what it is in a new one."""
    if data.id not in (None, vehicle_id):
        raise Invalid("id", "cannot be changed")
    facts = facts_of(msgspec.structs.asdict(data)) | {"customer": data.customer}
    return await _changed(vehicle_id, facts, caller, context, if_match)


@patch("/{vehicle_id:str}", permission=Permission.MANAGE_CUSTOMERS)
async def change_vehicle(
    vehicle_id: FromPath[str],
    data: JSONBody[VehicleChanges],
    caller: GivenCaller,
    context: GivenContext,
    if_match: IfMatch = None,
) -> Response[Vehicle]:
    """Change the fields that are given."""
    return await _changed(vehicle_id, facts_of(given(data)), caller, context, if_match)


@delete("/{vehicle_id:str}", permission=Permission.MANAGE_CUSTOMERS)
async def remove_vehicle(
    vehicle_id: FromPath[str], caller: GivenCaller, context: GivenContext, if_match: IfMatch = None
) -> None:
    """Remove a vehicle. It can be restored."""
    await context.database.write(vehicles.remove, caller.organization, vehicle_id, expected=tags_of(if_match))


@post("/{vehicle_id:str}/restore", permission=Permission.MANAGE_CUSTOMERS, status_code=200)
async def restore_vehicle(vehicle_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> Response[Vehicle]:
    """Bring back a vehicle that was removed; 409 when its id is in use again, or its customer was removed."""
    row = await context.database.write(vehicles.restore, caller.organization, vehicle_id)
    return tagged(row, public_form(row))


router = Router(
    "/vehicles",
    route_handlers=[
        list_vehicles,
        add_vehicle,
        get_vehicle,
        replace_vehicle,
        change_vehicle,
        remove_vehicle,
        restore_vehicle,
    ],
    tags=["vehicles"],
)


def public_form(row: vehicles.VehicleRow) -> Vehicle:
    """A vehicle as everyone outside sees it."""
    return Vehicle(
        id=row.public_id,
        customer=row.customer,
        default=row.is_default,
        battery_kwh=None if row.battery_wh is None else number(row.battery_wh / 1000),
        **{name: getattr(row, name) for name in _ALIKE},
    )


_ALIKE = (
    "name",
    "make",
    "model",
    "plate",
    "connector_types",
    "vin",
    "emaid",
    "created_at",
    "created_by",
    "updated_at",
    "deleted_at",
)


async def _changed(
    vehicle_id: str, facts: dict[str, Any], caller: Caller, context: Context, if_match: str | None
) -> Response[Vehicle]:
    expected = tags_of(if_match)
    row = await context.database.write(vehicles.change, caller.organization, vehicle_id, facts, expected=expected)
    return tagged(row, public_form(row))


def facts_of(values: dict[str, Any]) -> dict[str, Any]:
    """What is given of `FACTS`, in our words and units. Raises `Invalid`."""
    facts = {name: value for name, value in values.items() if name in vehicles.FACTS}
    if "default" in values:
        facts["is_default"] = values["default"]
    if "battery_kwh" in values:
        facts["battery_wh"] = _wh(values["battery_kwh"])
    return facts


def _wh(kwh: Decimal | None) -> Decimal | None:
    if kwh is None:
        return None
    most = vehicles.MAX_BATTERY_WH // 1000
    if not (kwh.is_finite() and 0 < kwh <= most):
        raise Invalid("battery_kwh", "must be more than 0 and at most {most}", most=most)
    return kwh * 1000
