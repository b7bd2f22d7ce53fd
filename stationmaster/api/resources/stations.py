"""Chargers: their record, their connectors, and what happens there now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

import msgspec
from litestar import Router, delete, get, patch, post
from litestar.params import FromPath, JSONBody, QueryParameter

from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.api.shapes import Cursor, Limit, Number, Page, Text, given, number, paged
from stationmaster.domain import connections, connectors, reservations, sessions, stations
from stationmaster.domain.connector_states import State
from stationmaster.domain.credentials import Keys
from stationmaster.domain.errors import Invalid, NotFound
from stationmaster.domain.permissions import Permission
from stationmaster.gateway.switchboard import Switchboard
from stationmaster.storage import Work

Registration = Literal["accepted", "pending", "rejected"]
Version = Literal["1.6", "2.0.1", "2.1"]


class ConnectorSession(msgspec.Struct, frozen=True):
    """What charges at a connector now."""

    id: str
    token: str | None
    started_at: datetime
    energy_wh: Number | None
    power_w: Number | None
    soc_percent: Number | None


class ConnectorReservation(msgspec.Struct, frozen=True):
    """For whom a connector is kept, or is to be kept, and until when."""

    id: str
    token: str
    state: Literal["requested", "accepted"]
    expires_at: datetime


class Connector(msgspec.Struct, frozen=True):
    """A connector as the charger last told of it: `state` in the words of this API, `status` in the charger's own.

    `since`: as long as state and error code have been these. `status_at`: when it said so last. null: never reported.
    `max_power_w` is what a person says it can deliver.
    """

    evse: int
    connector: int
    state: State | None
    status: str | None
    error_code: str | None
    info: str | None
    since: datetime | None
    status_at: datetime | None
    max_power_w: int | None
    session: ConnectorSession | None
    reservation: ConnectorReservation | None


class Station(msgspec.Struct, frozen=True, kw_only=True):
    """A charger. `connected` is its socket now; `online` overlooks short gaps; `status` is that of the charger itself.

    `offline_since` is when its last connection ended; null while it is connected, and when it never was.
    `pinned_version` is the OCPP version chosen when it offers several, and assumed when it names none itself. `strict`: nothing it
    says is repaired, what deviates from the specification is answered with an error (for certification).
    """

    id: str
    name: str | None
    site: str | None
    vendor: str | None
    model: str | None
    serial: str | None
    firmware: str | None
    ocpp_version: str | None
    pinned_version: str | None
    registration: Registration
    strict: bool
    booted: bool
    connected: bool
    online: bool
    connected_at: datetime | None
    last_heard_at: datetime | None
    offline_since: datetime | None
    last_boot_at: datetime | None
    status: str | None
    error_code: str | None
    created_at: datetime
    connectors: list[Connector]


class CreatedStation(Station, frozen=True, kw_only=True):
    """A new charger with its secret, which is shown only this once."""

    secret: str


Secret = Annotated[str, msgspec.Meta(min_length=16, max_length=64)]


class NewStation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A charger to be added. Without `secret` one is generated; `site` is the name of one."""

    id: str
    secret: Secret | None = None
    name: Text | None = None
    site: Text | None = None
    registration: Registration = "accepted"
    pinned_version: Version | None = None


class StationChanges(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change; what is left out stays."""

    name: Text | msgspec.UnsetType | None = msgspec.UNSET
    site: Text | msgspec.UnsetType | None = msgspec.UNSET
    registration: Registration | msgspec.UnsetType = msgspec.UNSET
    pinned_version: Version | msgspec.UnsetType | None = msgspec.UNSET
    strict: bool | msgspec.UnsetType = msgspec.UNSET


class ConnectorChanges(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a connector can deliver; null when nobody knows."""

    max_power_w: Annotated[int, msgspec.Meta(ge=500, le=4_000_000)] | None


class StationSecret(msgspec.Struct, frozen=True):
    """The new secret of a charger, shown only this once. The old one does not work any more."""

    id: str
    secret: str


class SecretChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The secret to set; without it one is generated."""

    secret: Secret | None = None


Search = Annotated[str | None, QueryParameter(max_length=100, description="In id, name, site, vendor and model")]
IsConnected = Annotated[bool | None, QueryParameter(description="Only those connected now, or only those that are not")]
OfflineFor = Annotated[
    float | None,
    QueryParameter(
        ge=0,
        le=100_000,
        description="Only those that were connected once and have been gone for this many hours or longer",
    ),
]


@get("/", permission=Permission.VIEW)
async def list_stations(
    caller: GivenCaller,
    context: GivenContext,
    search: Search = None,
    connected: IsConnected = None,
    offline_for_h: OfflineFor = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Station]:
    """Chargers, newest first."""
    _check_text("search", search)
    node = context.switchboard.node
    gone_for = None if offline_for_h is None else timedelta(hours=offline_for_h)
    rows, parts = await context.database.read(
        _listed, caller.organization, node, search, connected, gone_for, limit, cursor
    )
    return paged(rows, limit, lambda row: Station(**_facts(row, row.site, parts, context.switchboard)))


@post("/", permission=Permission.ADMINISTER)
async def add_station(data: JSONBody[NewStation], caller: GivenCaller, context: GivenContext) -> CreatedStation:
    """Add a charger; the answer holds its secret, once."""
    row, secret = await context.database.write(_create, caller.organization, context.keys, data)
    return CreatedStation(**_facts(row, data.site, _Parts([], [], {}, {}, []), context.switchboard), secret=secret)


@get("/{station_id:str}", permission=Permission.VIEW)
async def get_station(station_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> Station:
    """One charger."""
    node = context.switchboard.node
    row, site, parts = await context.database.read(_one, caller.organization, node, station_id)
    return Station(**_facts(row, site, parts, context.switchboard))


@patch("/{station_id:str}", permission=Permission.ADMINISTER)
async def change_station(
    station_id: FromPath[str], data: JSONBody[StationChanges], caller: GivenCaller, context: GivenContext
) -> Station:
    """Change the fields that are given."""
    organization, node = caller.organization, context.switchboard.node
    row, site, parts = await context.database.write(_change, organization, node, station_id, given(data))
    return Station(**_facts(row, site, parts, context.switchboard))


@patch("/{station_id:str}/connectors/{evse:int}/{connector:int}", permission=Permission.ADMINISTER)
async def change_connector(
    station_id: FromPath[str],
    evse: FromPath[int],
    connector: FromPath[int],
    data: JSONBody[ConnectorChanges],
    caller: GivenCaller,
    context: GivenContext,
) -> Station:
    """Say what a connector can deliver. A meter that rises faster is not believed; sessions that have ended stay as they are."""
    organization, node = caller.organization, context.switchboard.node

    def change(work: Work) -> tuple[stations.StationRow, str | None, _Parts]:
        connectors.rate(work, organization, station_id, evse=evse, connector=connector, max_power_w=data.max_power_w)
        return _one(work, organization, node, station_id)

    row, site, parts = await context.database.write(change)
    return Station(**_facts(row, site, parts, context.switchboard))


CloseSessions = Annotated[
    bool, QueryParameter(description="Close what it is charging, with what is known; without this such a charger stays")
]


@delete("/{station_id:str}", permission=Permission.ADMINISTER)
async def remove_station(
    station_id: FromPath[str], caller: GivenCaller, context: GivenContext, close_sessions: CloseSessions = False
) -> None:
    """Remove a charger; its sessions stay, its id is free again. One that is charging asks first: 409 without `close_sessions`."""
    await context.database.write(
        sessions.remove_station,
        caller.organization,
        station_id,
        by=caller.actor.name,
        close_sessions=close_sessions,
    )


@post("/{station_id:str}/secret", permission=Permission.ADMINISTER, status_code=200)
async def change_secret(
    station_id: FromPath[str], caller: GivenCaller, context: GivenContext, data: JSONBody[SecretChange | None] = None
) -> StationSecret:
    """Give the charger a new secret; the old one stops working at once."""
    secret = await context.database.write(
        stations.new_secret,
        caller.organization,
        station_id,
        context.keys,
        secret=None if data is None else data.secret,
    )
    return StationSecret(station_id, secret)


router = Router(
    "/stations",
    route_handlers=[
        list_stations,
        add_station,
        get_station,
        change_station,
        change_connector,
        remove_station,
        change_secret,
    ],
    tags=["chargers"],
)


class _Parts(msgspec.Struct):
    """What belongs to the stations of one page."""

    connectors: Sequence[connectors.Connector]
    active: Sequence[sessions.SessionRow]
    so_far: dict[int, sessions.SoFar]
    connections: dict[int, connections.ConnectionRow]
    reserved: Sequence[reservations.ReservationRow]


def _parts(work: Work, station_ids: list[int], node: str) -> _Parts:
    if not station_ids:
        return _Parts([], [], {}, {}, [])
    active = sessions.active_of(work, station_ids)
    so_far = sessions.so_far(work, [session.id for session in active]) if active else {}
    latest = connections.current(work, station_ids)
    reserved = reservations.open_of(work, station_ids)
    return _Parts(connectors.of_stations(work, station_ids), active, so_far, latest, reserved)


def _listed(
    work: Work,
    organization_id: int,
    node: str,
    text: str | None,
    connected: bool | None,
    gone_for: timedelta | None,
    limit: int,
    cursor: str | None,
) -> tuple[list[stations.ListedStation], _Parts]:
    there = connections.open_stations()
    among = [there] if connected is True else []
    if gone_for is not None:
        among.append(connections.stations_gone(work, gone_for))
    rows = stations.listed(
        work,
        organization_id,
        text=text,
        among=among,
        except_for=there if connected is False else None,
        limit=limit,
        cursor=cursor,
    )
    return rows, _parts(work, [row.id for row in rows[:limit]], node)


def _one(work: Work, organization_id: int, node: str, identity: str) -> tuple[stations.StationRow, str | None, _Parts]:
    row = stations.get(work, organization_id, identity)
    return row, stations.site_name(work, row), _parts(work, [row.id], node)


def _create(work: Work, organization_id: int, keys: Keys, new: NewStation) -> tuple[stations.StationRow, str]:
    with _SiteField():
        return stations.create(
            work,
            organization_id,
            keys,
            identity=new.id,
            secret=new.secret,
            name=new.name,
            site=new.site,
            registration=new.registration,
            pinned_version=new.pinned_version,
        )


def _change(
    work: Work, organization_id: int, node: str, identity: str, changes: dict[str, Any]
) -> tuple[stations.StationRow, str | None, _Parts]:
    stations.get(work, organization_id, identity)
    with _SiteField():
        stations.change(work, organization_id, identity, changes)
    return _one(work, organization_id, node, identity)


class _SiteField:
    """A site that does not exist is a mistake in the request, not a missing page."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: Any, error: BaseException | None, _trace: Any) -> None:
        if isinstance(error, NotFound):
            raise Invalid("site", str(error)) from error


def _check_text(field: str, text: str | None) -> None:
    if text is not None and "\x00" in text:
        raise Invalid(field, "has a character that is not text")


def _facts(row: stations.StationRow, site: str | None, parts: _Parts, switchboard: Switchboard) -> dict[str, Any]:
    last = parts.connections.get(row.id)
    connection = None if last is None or last.closed_at is not None else last
    connectors = [each for each in parts.connectors if each.station_id == row.id]
    whole = next((each for each in connectors if each.evse == 0), None)
    return {
        "id": row.identity,
        "name": row.name,
        "site": site,
        "vendor": row.vendor,
        "model": row.model,
        "serial": row.serial,
        "firmware": row.firmware,
        "ocpp_version": row.ocpp_version,
        "pinned_version": row.pinned_version,
        "registration": row.registration,
        "strict": row.strict,
        "booted": row.booted_at is not None,
        "connected": connection is not None,
        "online": last is not None and last.online_since is not None,
        "connected_at": None if connection is None else connection.connected_at,
        "last_heard_at": None if last is None else switchboard.last_heard_at(last),
        "offline_since": None if last is None else last.closed_at,
        "last_boot_at": row.booted_at,
        "status": None if whole is None else whole.status,
        "error_code": None if whole is None else whole.error_code,
        "created_at": row.created_at,
        "connectors": _connectors(
            [each for each in connectors if each.evse != 0],
            [each for each in parts.active if each.station_id == row.id],
            parts.so_far,
            {each.evse: each for each in reversed(parts.reserved) if each.station_id == row.id},
        ),
    }


def _connectors(
    reported: list[connectors.Connector],
    active: list[sessions.SessionRow],
    so_far: dict[int, sessions.SoFar],
    reserved: dict[int | None, reservations.ReservationRow],
) -> list[Connector]:
    """Every connector the charger has told of, and those where something charges though it never did."""
    # A session without EVSE or connector is shown at the first one.
    charging = {(each.evse or 1, each.connector or 1): each for each in active}
    shown = [
        Connector(
            each.evse,
            each.number,
            each.state,
            each.status,
            each.error_code,
            each.info,
            each.since,
            each.status_at,
            each.max_power_w,
            _session(charging.pop((each.evse, each.number), None), so_far),
            _reservation(reserved.get(each.evse)),
        )
        for each in reported
    ]
    shown += [
        Connector(evse, connector, None, None, None, None, None, None, None, _session(session, so_far), None)
        for (evse, connector), session in charging.items()
    ]
    return sorted(shown, key=lambda each: (each.evse, each.connector))


def _reservation(row: reservations.ReservationRow | None) -> ConnectorReservation | None:
    if row is None or row.state not in ("requested", "accepted"):
        return None
    return ConnectorReservation(row.public_id, row.token, row.state, row.expires_at)


def _session(row: sessions.SessionRow | None, so_far: dict[int, sessions.SoFar]) -> ConnectorSession | None:
    if row is None:
        return None
    last = so_far.get(row.id)
    return ConnectorSession(
        id=row.public_id,
        token=row.token,
        started_at=row.started_at,
        energy_wh=None if last is None else number(last.energy_wh),
        power_w=None if last is None else number(last.power_w),
        soc_percent=None if last is None else number(last.soc_percent),
    )
