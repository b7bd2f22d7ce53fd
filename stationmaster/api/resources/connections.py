"""Who is connected, who came and went, and who was turned away and why."""

from __future__ import annotations

from datetime import datetime

import msgspec
from litestar import Router, delete, get
from litestar.params import FromPath

from stationmaster.api.callers import Caller
from stationmaster.api.context import Context, GivenCaller, GivenContext
from stationmaster.api.shapes import Cursor, Limit, Page, page_of, paged
from stationmaster.domain import audit, connections, refused_connections, stations
from stationmaster.domain.audit import Subject
from stationmaster.domain.permissions import Permission
from stationmaster.gateway.switchboard import Switchboard
from stationmaster.storage import Work
from stationmaster.storage.lists import Found, Wanted


class Connection(msgspec.Struct, frozen=True):
    """A charger that is connected now. `source` is the address it comes from."""

    station: str
    version: str
    generation: int
    connected_at: datetime
    source: str
    last_heard_at: datetime


class RefusedConnection(msgspec.Struct, frozen=True):
    """A charger, or something like it, that was turned away; `explanation` says in plain words what to do."""

    id: str
    identity: str
    source: str
    reason: str
    explanation: str
    path: str
    offered_protocols: list[str]
    count: int
    first_at: datetime
    last_at: datetime


class ConnectionEvent(msgspec.Struct, frozen=True):
    """A moment in a charger's life: connected, disconnected, online, offline."""

    at: datetime
    event: str
    generation: int
    detail: str | None


@get("/connections", permission=Permission.VIEW)
async def list_connections(
    caller: GivenCaller, context: GivenContext, limit: Limit = 50, cursor: Cursor = None
) -> Page[Connection]:
    """Chargers that are connected now."""
    switchboard = context.switchboard
    page, latest = await context.database.read(_open, caller.organization, switchboard.node, limit, cursor)
    return page_of(page, lambda row: _connection(row.identity, latest[row.id], switchboard))


@get("/refused-connections", permission=Permission.VIEW)
async def list_refused_connections(
    caller: GivenCaller, context: GivenContext, limit: Limit = 50, cursor: Cursor = None
) -> Page[RefusedConnection]:
    """Why can't my charger connect?"""
    rows = await context.database.read(refused_connections.listed, caller.organization, limit=limit, cursor=cursor)
    return paged(rows, limit, _refused)


@get("/stations/{station_id:str}/connections", permission=Permission.VIEW)
async def list_station_connections(
    station_id: FromPath[str], caller: GivenCaller, context: GivenContext, limit: Limit = 50, cursor: Cursor = None
) -> Page[ConnectionEvent]:
    """When this charger came and went, newest first."""
    rows = await context.database.read(_history, caller.organization, station_id, limit, cursor)
    return paged(rows, limit, lambda row: ConnectionEvent(row.at, row.event, row.generation, row.detail))


@delete("/connections/{station_id:str}", permission=Permission.OPERATE)
async def close_connection(station_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> None:
    """Close a charger's connection, on whichever node it is. The charger may come straight back, and usually does."""
    await disconnect(station_id, caller, context)


async def disconnect(station_id: str, caller: Caller, context: Context) -> None:
    """Raises `NotConnected`, `NotFound`, `Unreachable`."""
    station = await context.database.read(stations.get, caller.organization, station_id)
    await context.switchboard.disconnect(station.id)
    await context.database.write(audit.record, "disconnect", Subject("station", station.identity))


router = Router(
    "/",
    route_handlers=[list_connections, close_connection, list_refused_connections, list_station_connections],
    tags=["connections"],
)


def _history(
    work: Work, organization_id: int, identity: str, limit: int, cursor: str | None
) -> list[connections.LogRow]:
    station = stations.get(work, organization_id, identity)
    return connections.history(work, station.id, limit=limit, cursor=cursor)


def _open(
    work: Work, organization_id: int, node: str, limit: int, cursor: str | None
) -> tuple[Found[stations.ListedStation], dict[int, connections.ConnectionRow]]:
    there = connections.open_stations()
    page = stations.listed(work, organization_id, Wanted(limit, cursor), among=[there])
    return page, connections.current(work, [row.id for row in page.rows])


def _connection(station: str, row: connections.ConnectionRow, switchboard: Switchboard) -> Connection:
    heard_at = switchboard.last_heard_at(row)
    return Connection(station, row.version, row.generation, row.connected_at, row.source, heard_at)


def _refused(row: refused_connections.RefusedRow) -> RefusedConnection:
    return RefusedConnection(
        id=str(row.id),
        identity=row.identity,
        source=row.source,
        reason=row.reason,
        explanation=refused_connections.explain(row),
        path=row.path,
        offered_protocols=list(row.offered_protocols or ()),
        count=row.count,
        first_at=row.first_at,
        last_at=row.last_at,
    )
