"""One's own vehicles."""

from __future__ import annotations

from datetime import datetime

import msgspec
from litestar import Response, delete, get, patch, post
from litestar.params import FromPath, JSONBody

from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.api.resources.me.profile import customer_of
from stationmaster.api.resources.vehicles import Emaid, KWh, Plugs, Short, VehicleChanges, Vin, facts_of
from stationmaster.api.resources.vehicles import public_form as vehicle_form
from stationmaster.api.shapes import Cursor, IfMatch, Limit, Number, Page, Text, given, page_of, tagged, tags_of
from stationmaster.domain import vehicles
from stationmaster.domain.permissions import Permission
from stationmaster.storage import Work
from stationmaster.storage.lists import Found, Wanted


class OwnVehicle(msgspec.Struct, frozen=True, kw_only=True):
    """A vehicle of one's own. `default` is the one that one usually comes with."""

    id: str
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
    updated_at: datetime


class NewOwnVehicle(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A vehicle as it is to be. One's first is the default."""

    default: bool = False
    name: Text | None = None
    make: Text | None = None
    model: Text | None = None
    plate: Short | None = None
    connector_types: Plugs | None = None
    battery_kwh: KWh | None = None
    vin: Vin | None = None
    emaid: Emaid | None = None


@get("/vehicles", permission=Permission.LOGGED_IN)
async def list_own_vehicles(
    caller: GivenCaller, context: GivenContext, limit: Limit = 50, cursor: Cursor = None
) -> Page[OwnVehicle]:
    """One's vehicles, newest first."""

    def read(work: Work) -> Found[vehicles.VehicleRow]:
        mine = customer_of(work, caller).id
        return vehicles.list_vehicles(work, caller.organization, Wanted(limit, cursor), customer_key=mine)

    return page_of(await context.database.read(read), _public_form)


@post("/vehicles", permission=Permission.LOGGED_IN)
async def add_own_vehicle(
    data: JSONBody[NewOwnVehicle], caller: GivenCaller, context: GivenContext
) -> Response[OwnVehicle]:
    """Add a vehicle of one's own."""
    facts = facts_of(msgspec.structs.asdict(data))

    def add(work: Work) -> vehicles.VehicleRow:
        mine = customer_of(work, caller)
        return vehicles.create(work, caller.organization, customer=mine.public_id, **facts)

    row = await context.database.write(add)
    return tagged(row, _public_form(row))


@get("/vehicles/{vehicle_id:str}", permission=Permission.LOGGED_IN)
async def get_own_vehicle(
    vehicle_id: FromPath[str], caller: GivenCaller, context: GivenContext
) -> Response[OwnVehicle]:
    """One vehicle of one's own."""

    def read(work: Work) -> vehicles.VehicleRow:
        return vehicles.own(work, caller.organization, customer_of(work, caller).id, vehicle_id)

    row = await context.database.read(read)
    return tagged(row, _public_form(row))


@patch("/vehicles/{vehicle_id:str}", permission=Permission.LOGGED_IN)
async def change_own_vehicle(
    vehicle_id: FromPath[str],
    data: JSONBody[VehicleChanges],
    caller: GivenCaller,
    context: GivenContext,
    if_match: IfMatch = None,
) -> Response[OwnVehicle]:
    """Change the fields that are given."""
    facts = facts_of(given(data))

    def change(work: Work) -> vehicles.VehicleRow:
        mine = vehicles.own(work, caller.organization, customer_of(work, caller).id, vehicle_id)
        return vehicles.change(work, caller.organization, mine.public_id, facts, expected=tags_of(if_match))

    row = await context.database.write(change)
    return tagged(row, _public_form(row))


@delete("/vehicles/{vehicle_id:str}", permission=Permission.LOGGED_IN)
async def remove_own_vehicle(
    vehicle_id: FromPath[str], caller: GivenCaller, context: GivenContext, if_match: IfMatch = None
) -> None:
    """Remove a vehicle."""

    def remove(work: Work) -> None:
        mine = vehicles.own(work, caller.organization, customer_of(work, caller).id, vehicle_id)
        vehicles.remove(work, caller.organization, mine.public_id, expected=tags_of(if_match))

    await context.database.write(remove)


routes = [list_own_vehicles, add_own_vehicle, get_own_vehicle, change_own_vehicle, remove_own_vehicle]


def _public_form(row: vehicles.VehicleRow) -> OwnVehicle:
    form = vehicle_form(row)
    return OwnVehicle(**{name: getattr(form, name) for name in OwnVehicle.__struct_fields__})
