"""What a person should look at: alarms, the quarantine, meter values that belong to no session."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Router, get, post
from litestar.params import FromPath, PathParameter, QueryParameter

from stationmaster.api.auth import Permission
from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.api.resources.sessions import MeterValue, meter_value
from stationmaster.api.shapes import Cursor, Limit, Page, paged
from stationmaster.domain import alarms, metering, quarantine, stations
from stationmaster.storage import Work


class Quarantined(msgspec.Struct, frozen=True):
    """A message that fits nothing we know; it was answered, and is kept until a person has looked at it."""

    id: str
    station: str
    at: datetime
    action: str
    reason: str
    content: str


class Alarm(msgspec.Struct, frozen=True):
    """Something a person should look at."""

    id: str
    station: str
    at: datetime
    kind: str
    detail: str
    resolved_at: datetime | None


class OrphanMeterValue(msgspec.Struct, frozen=True):
    """A meter value that belongs to no session we know."""

    evse: int
    transaction_id: str | None
    value: MeterValue


RowNumber = Annotated[int, PathParameter(ge=1, le=2**63 - 1)]


@get("/quarantine", permission=Permission.VIEW)
async def list_quarantine(
    caller: GivenCaller, context: GivenContext, limit: Limit = 50, cursor: Cursor = None
) -> Page[Quarantined]:
    """What waits for a person, newest first."""
    organization = caller.organization
    return paged(
        await context.database.read(quarantine.listed, organization, limit=limit, cursor=cursor), limit, _public_form
    )


@post("/quarantine/{entry_id:int}/resolve", permission=Permission.OPERATE, status_code=204)
async def resolve_quarantined(entry_id: RowNumber, caller: GivenCaller, context: GivenContext) -> None:
    """Say that it has been looked at."""
    await context.database.write(quarantine.resolve, caller.organization, entry_id)


StationFilter = Annotated[str | None, QueryParameter(max_length=48, description="Only alarms of this charger")]
OpenFilter = Annotated[bool, QueryParameter(description="Only alarms that nobody has looked at")]


@get("/alarms", permission=Permission.VIEW)
async def list_alarms(
    caller: GivenCaller,
    context: GivenContext,
    station: StationFilter = None,
    open: OpenFilter = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Alarm]:
    """Alarms, newest first."""
    rows = await context.database.read(_alarms, caller.organization, station, open, limit, cursor)
    return paged(
        rows,
        limit,
        lambda row: Alarm(str(row.id), row.station, row.at, row.kind, row.detail, row.resolved_at),
    )


@post("/alarms/{alarm_id:int}/resolve", permission=Permission.OPERATE, status_code=204)
async def resolve_alarm(alarm_id: RowNumber, caller: GivenCaller, context: GivenContext) -> None:
    """Say that it has been looked at."""
    await context.database.write(alarms.resolve, caller.organization, alarm_id)


@get("/stations/{station_id:str}/orphan-meter-values", permission=Permission.VIEW)
async def list_orphan_meter_values(
    station_id: FromPath[str], caller: GivenCaller, context: GivenContext, limit: Limit = 50, cursor: Cursor = None
) -> Page[OrphanMeterValue]:
    """Meter values of this charger that belong to no session we know, newest first."""
    rows = await context.database.read(_orphans, caller.organization, station_id, limit, cursor)
    return paged(rows, limit, _orphan)


router = Router(
    "/",
    route_handlers=[list_quarantine, resolve_quarantined, list_alarms, resolve_alarm, list_orphan_meter_values],
    tags=["review"],
)


def _alarms(
    work: Work, organization_id: int, station: str | None, open_only: bool, limit: int, cursor: str | None
) -> list[Any]:
    station_id = None if station is None else stations.get(work, organization_id, station).id
    return alarms.listed(work, organization_id, station_id=station_id, open_only=open_only, limit=limit, cursor=cursor)


def _orphans(work: Work, organization_id: int, identity: str, limit: int, cursor: str | None) -> list[Any]:
    station = stations.get(work, organization_id, identity)
    return metering.orphans(work, station.id, limit=limit, cursor=cursor)


def _orphan(row: Any) -> OrphanMeterValue:
    number = row.transaction_number
    return OrphanMeterValue(row.evse, None if number is None else str(number), meter_value(row))


def _public_form(row: Any) -> Quarantined:
    return Quarantined(str(row.id), row.station, row.at, row.action, row.reason, row.content)
