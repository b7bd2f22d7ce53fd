"""Its charging points: our chargers, with their connectors."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response, delete, get, post, put
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import UNSET
from msgspec import UnsetType as Unset

from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.api.documents.arrays import array_of
from stationmaster.api.documents.document_001.words import columns, decimal, ours, same, translated
from stationmaster.api.shapes import MAX_PAGE, Cursor, Limit, Search, Text, given
from stationmaster.domain import connectors, sessions, sites, stations, tariff_places, tariffs, versions
from stationmaster.domain.errors import Invalid, NotFound
from stationmaster.domain.permissions import Permission
from stationmaster.storage import Work
from stationmaster.storage.lists import Wanted

ChargerType = Literal["AC", "DC"]
Phase = Literal["Phase R", "Phase Y", "Phase B", "Three Phase"]
ConnectorType = Literal["type2", "ccs2", "type1", "gbt", "nacs", "ac_socket"]
Kilowatts = Annotated[Decimal, msgspec.Meta(description="In kW; a number, or a text")]


class PointConnector(msgspec.Struct, frozen=True):
    """A row of `connectors`. `power` is in kW; null is what nobody has said."""

    connector_id: str
    connector_type: str | None
    power: str | None


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `charging_points`, with its connectors. `max_power` is in kW."""

    id: str
    charging_point_name: str | None
    station_id: str | None
    device_id: str
    tariff_id: str | None
    charger_type: ChargerType | None
    phase: Phase | None
    oem_list: str | None
    max_power: str | None
    connectors: list[PointConnector]
    deleted: bool
    created_at: datetime
    updated_at: datetime


class CreatedPoint(Point, frozen=True, kw_only=True):
    """A new one, with the secret that its charger connects with; it is shown only this once."""

    secret: str


class NewConnector(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A connector of a point."""

    connector_id: Literal["1", "2", "3"]
    connector_type: ConnectorType
    power: Kilowatts


Connectors = Annotated[list[NewConnector], msgspec.Meta(max_length=3)]


class PointChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change; what is left out stays. `connectors` are all that there are; one that the charger itself tells of stays."""

    charging_point_name: Text | Unset = UNSET
    station_id: str | Unset = UNSET
    device_id: str | Unset = UNSET
    tariff_id: str | Unset | None = UNSET
    charger_type: ChargerType | Unset = UNSET
    phase: Phase | Unset = UNSET
    oem_list: Text | Unset = UNSET
    max_power: Kilowatts | Unset | None = UNSET
    connectors: Connectors | Unset = UNSET


class NewPoint(PointChanges, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A row to be made. `device_id` is the charger's identity in OCPP; without one it is given one."""

    charging_point_name: Text
    station_id: str
    charger_type: ChargerType
    phase: Phase
    oem_list: Text


AtStation = Annotated[str | None, QueryParameter(max_length=255, description="Only those of this station")]
OfType = Annotated[ChargerType | None, QueryParameter(description="Only those that give this current")]
OfMaker = Annotated[str | None, QueryParameter(max_length=200, description="Only those of this manufacturer")]


@get("/points", permission=Permission.VIEW)
async def list_points(
    request: Request[Any, Any, Any],
    caller: GivenCaller,
    context: GivenContext,
    search: Search = None,
    station_id: AtStation = None,
    charger_type: OfType = None,
    oem_list: OfMaker = None,
    limit: Limit = MAX_PAGE,
    cursor: Cursor = None,
) -> Response[list[Point]]:
    """All charging points that are not deleted, newest first."""

    def read(work: Work) -> tuple[list[Point], str | None]:
        found = stations.listed(
            work,
            caller.organization,
            Wanted(limit, cursor, None, search),
            site=None if station_id is None else sites.get(work, caller.organization, station_id).name,
            charger_type=None if charger_type is None else ours(_CHARGER_TYPE, charger_type),
            manufacturer=oem_list,
        )
        return _points(work, found.rows), found.next

    return array_of(request, *await context.database.read(read))


@get("/points/{point_id:str}", permission=Permission.VIEW)
async def get_point(point_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> Point:
    """One charging point."""
    return await context.database.read(_get_point, caller.organization, point_id)


@post("/points", permission=Permission.ADMINISTER)
async def create_point(data: JSONBody[NewPoint], caller: GivenCaller, context: GivenContext) -> CreatedPoint:
    """Create a charging point with its connectors."""

    def create(work: Work) -> CreatedPoint:
        facts = _facts(data)
        identity = secrets.token_hex(6) if data.device_id is UNSET else data.device_id
        site = _site_name(work, caller.organization, data.station_id)
        with columns(_COLUMNS):
            _, secret = stations.create(
                work, caller.organization, context.keys, identity=identity, site=site, facts=facts
            )
        _also(work, caller.organization, identity, data)
        point = _get_point(work, caller.organization, identity)
        return CreatedPoint(**msgspec.structs.asdict(point), secret=secret)

    return await context.database.write(create)


@put("/points/{point_id:str}", permission=Permission.ADMINISTER)
async def update_point(
    point_id: FromPath[str], data: JSONBody[PointChanges], caller: GivenCaller, context: GivenContext
) -> Point:
    """Update a charging point: what is given."""
    same(point_id, data.device_id, "device_id")

    def update(work: Work) -> Point:
        facts = _facts(data)
        if data.station_id is not UNSET:
            facts["site"] = _site_name(work, caller.organization, data.station_id)
        with columns(_COLUMNS):
            stations.change(work, caller.organization, point_id, facts)
        _also(work, caller.organization, point_id, data)
        return _get_point(work, caller.organization, point_id)

    return await context.database.write(update)


@delete("/points/{point_id:str}", permission=Permission.ADMINISTER, status_code=200)
async def delete_point(point_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> Point:
    """Soft delete a charging point. 409 while it charges."""

    def remove(work: Work) -> Point:
        gone = _get_point(work, caller.organization, point_id)
        sessions.remove_station(work, caller.organization, point_id, by=caller.actor.name, close_sessions=False)
        return msgspec.structs.replace(gone, deleted=True)

    return await context.database.write(remove)


ROUTES = [list_points, get_point, create_point, update_point, delete_point]

_CHARGER_TYPE: dict[stations.ChargerType, ChargerType] = {"ac": "AC", "dc": "DC"}
_PHASE: dict[stations.Phase, Phase] = {
    "phase_r": "Phase R",
    "phase_y": "Phase Y",
    "phase_b": "Phase B",
    "three_phase": "Three Phase",
}
_COLUMNS = {
    "name": "charging_point_name",
    "manufacturer": "oem_list",
    "max_power_w": "max_power",
    "id": "device_id",
    "site": "station_id",
}
_LEAST_W, _MOST_W = 500, 4_000_000


def _facts(data: PointChanges) -> dict[str, Any]:
    facts = given(data)
    for name in ("station_id", "device_id", "tariff_id", "connectors"):
        facts.pop(name, None)
    facts = translated(facts, _COLUMNS, {"charger_type": _CHARGER_TYPE, "phase": _PHASE})
    if facts.get("max_power_w") is not None:
        facts["max_power_w"] = _watts("max_power", facts["max_power_w"])
    return facts


def _also(work: Work, organization_id: int, identity: str, data: PointChanges) -> None:
    """What is not in the charger's own row: its tariff and its connectors."""
    if data.tariff_id is not UNSET:
        with columns({"tariff": "tariff_id"}):
            tariff_places.name_at_station(work, organization_id, identity, data.tariff_id)
    if data.connectors is UNSET:
        return
    wanted = {int(each.connector_id): each for each in data.connectors}
    if len(wanted) != len(data.connectors):
        raise Invalid("connectors", "have the same connector_id twice")
    row = stations.get(work, organization_id, identity)
    for there in connectors.of_stations(work, [row.id]):
        if there.evse > 0 and there.evse not in wanted and not connectors.is_told(there):
            connectors.remove(work, organization_id, identity, evse=there.evse, connector=there.number)
    for evse, each in wanted.items():
        facts = {"type": each.connector_type, "max_power_w": _watts("connectors", each.power)}
        connectors.declare(work, organization_id, identity, evse=evse, connector=1, facts=facts)


def _watts(field: str, kilowatts: Decimal) -> int:
    if not kilowatts.is_finite() or not _LEAST_W <= kilowatts * 1000 <= _MOST_W:
        raise Invalid(field, "must be from {least} to {most} kW", least=_LEAST_W / 1000, most=_MOST_W // 1000)
    return int(kilowatts * 1000)


def _site_name(work: Work, organization_id: int, station_id: str) -> str:
    try:
        return sites.get(work, organization_id, station_id).name
    except NotFound as error:
        raise Invalid("station_id", error.reason) from None


def _get_point(work: Work, organization_id: int, point_id: str) -> Point:
    [one] = _points(work, [stations.get(work, organization_id, point_id)])
    return one


def _points(work: Work, rows: Sequence[stations.StationRow]) -> list[Point]:
    at = versions.ids_of(work, sites.sites, [row.site_id for row in rows])
    priced = versions.ids_of(work, tariffs.tariffs, [row.tariff_id for row in rows])
    there: dict[int, list[PointConnector]] = {}
    for each in connectors.of_stations(work, [row.id for row in rows]) if rows else ():
        if each.evse > 0:
            there.setdefault(each.station_id, []).append(
                PointConnector(str(each.evse), each.type, _kilowatts(each.max_power_w))
            )
    return [
        Point(
            id=row.identity,
            charging_point_name=row.name,
            station_id=at.get(row.site_id),
            device_id=row.identity,
            tariff_id=priced.get(row.tariff_id),
            charger_type=None if row.charger_type is None else _CHARGER_TYPE[row.charger_type],
            phase=None if row.phase is None else _PHASE[row.phase],
            oem_list=row.manufacturer,
            max_power=_kilowatts(row.max_power_w),
            connectors=there.get(row.id, []),
            deleted=row.deleted_at is not None,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )
        for row in rows
    ]


def _kilowatts(watts: int | None) -> str | None:
    return None if watts is None else decimal(Decimal(watts) / 1000)
