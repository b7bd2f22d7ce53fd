"""Chargers: their record, their connectors, and what happens there now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, Router, delete, get, patch, post, put
from litestar.params import FromPath, JSONBody, QueryParameter

from stationmaster.api.callers import Caller
from stationmaster.api.context import Context, GivenCaller, GivenContext
from stationmaster.api.resources.station_forms import (
    CreatedStation,
    Parts,
    Registration,
    Station,
    Version,
    facts_of,
    parts_of,
)
from stationmaster.api.shapes import (
    SORTED,
    Cursor,
    Deleted,
    IfMatch,
    Limit,
    Page,
    Search,
    Text,
    given,
    page_of,
    tagged,
    tags_of,
)
from stationmaster.domain import connections, connectors, renewals, security_profiles, sessions, stations
from stationmaster.domain.permissions import Permission
from stationmaster.domain.stations import ChargerType, Phase
from stationmaster.domain.versions import Expected
from stationmaster.storage import Work
from stationmaster.storage.lists import Found, Wanted

Secret = Annotated[str, msgspec.Meta(min_length=16, max_length=64)]


Watts = Annotated[int, msgspec.Meta(ge=500, le=4_000_000)]
Amperes = Annotated[int, msgspec.Meta(ge=1, le=2_000)]


class WholeConnector(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All that a person says of a connector; null when nobody knows."""

    type: connectors.Type | None = None
    max_current_a: Amperes | None = None
    max_power_w: Watts | None = None


class NewConnector(WholeConnector, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A connector of a charger that has not told of it yet. In 1.6 each connector is an EVSE, and is its connector 1."""

    evse: Annotated[int, msgspec.Meta(ge=1, le=1000)]
    connector: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 1


class WholeStation(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All that a person says of a charger. `site` is the name of one. What the charger says of itself is not touched."""

    name: Text | None = None
    site: Text | None = None
    registration: Registration = "accepted"
    pinned_version: Version | None = None
    strict: bool = False
    charger_type: ChargerType | None = None
    phase: Phase | None = None
    manufacturer: Text | None = None
    max_power_w: Watts | None = None


class NewStation(WholeStation, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A charger to be added. Without `secret` one is generated; `site` is the name of one."""

    id: str
    secret: Secret | None = None
    connectors: Annotated[list[NewConnector], msgspec.Meta(max_length=100)] = []


class StationChanges(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change; what is left out stays."""

    name: Text | msgspec.UnsetType | None = msgspec.UNSET
    site: Text | msgspec.UnsetType | None = msgspec.UNSET
    registration: Registration | msgspec.UnsetType = msgspec.UNSET
    pinned_version: Version | msgspec.UnsetType | None = msgspec.UNSET
    strict: bool | msgspec.UnsetType = msgspec.UNSET
    charger_type: ChargerType | msgspec.UnsetType | None = msgspec.UNSET
    phase: Phase | msgspec.UnsetType | None = msgspec.UNSET
    manufacturer: Text | msgspec.UnsetType | None = msgspec.UNSET
    max_power_w: Watts | msgspec.UnsetType | None = msgspec.UNSET


class SecurityProfile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The lowest security profile that a charger may connect with: 1 is a password, 2 a password and TLS, 3 a certificate of its own and
    TLS. A lower one than before needs a reason, which is kept in the audit log."""

    lowest: Literal[1, 2, 3]
    reason: Text | None = None


class ExpiredCertificate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long a charger is let in with a certificate that has ended, to renew it: at most 30 days. null: no more. To allow it needs a
    reason, which is kept in the audit log."""

    until: Annotated[datetime, msgspec.Meta(tz=True)] | None
    reason: Text | None = None


class ConnectorChanges(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change; what is left out stays, null is for what nobody knows."""

    type: connectors.Type | msgspec.UnsetType | None = msgspec.UNSET
    max_current_a: Amperes | msgspec.UnsetType | None = msgspec.UNSET
    max_power_w: Watts | msgspec.UnsetType | None = msgspec.UNSET


class StationSecret(msgspec.Struct, frozen=True):
    """The new secret of a charger, shown only this once. The old one does not work any more."""

    id: str
    secret: str


class SecretChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The secret to set; without it one is generated."""

    secret: Secret | None = None


AtSite = Annotated[str | None, QueryParameter(max_length=200, description="Only those at the site with this name")]
Registered = Annotated[Registration | None, QueryParameter(description="Only those of this registration")]
OfType = Annotated[ChargerType | None, QueryParameter(description="Only those that give this current")]
MadeBy = Annotated[str | None, QueryParameter(max_length=200, description="Only those of this manufacturer")]
Sort = Literal[
    "id",
    "-id",
    "name",
    "-name",
    "site",
    "-site",
    "manufacturer",
    "-manufacturer",
    "created",
    "-created",
    "updated",
    "-updated",
]
SortBy = Annotated[Sort | None, QueryParameter(description=SORTED)]
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
    site: AtSite = None,
    registration: Registered = None,
    charger_type: OfType = None,
    manufacturer: MadeBy = None,
    deleted: Deleted = False,
    sort: SortBy = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Station]:
    """Chargers, newest first or sorted. The search is in id, name, site, vendor and model."""
    wanted = Wanted(limit, cursor, sort, search)
    which: dict[str, Any] = {"site": site, "registration": registration, "charger_type": charger_type}
    which |= {"manufacturer": manufacturer, "deleted": deleted}
    node = context.switchboard.node
    gone_for = None if offline_for_h is None else timedelta(hours=offline_for_h)
    page, parts = await context.database.read(_listed, caller.organization, node, wanted, which, connected, gone_for)
    return page_of(page, lambda row: Station(**facts_of(row, row.site, parts, context.switchboard)))


@post("/", permission=Permission.ADMINISTER)
async def add_station(
    data: JSONBody[NewStation], caller: GivenCaller, context: GivenContext
) -> Response[CreatedStation]:
    """Add a charger; the answer holds its secret, once."""
    row, parts, secret = await context.database.write(_create, caller.organization, context, data)
    return tagged(row, CreatedStation(**facts_of(row, data.site, parts, context.switchboard), secret=secret))


@get("/{station_id:str}", permission=Permission.VIEW)
async def get_station(station_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> Response[Station]:
    """One charger. Its ETag is that of what people say of it; what the charger tells does not change it."""
    return _shown(await context.database.read(_one, caller.organization, context.switchboard.node, station_id), context)


@put("/{station_id:str}", permission=Permission.ADMINISTER)
async def replace_station(
    station_id: FromPath[str],
    data: JSONBody[WholeStation],
    caller: GivenCaller,
    context: GivenContext,
    if_match: IfMatch = None,
) -> Response[Station]:
    """Make what people say of a charger what is given; what is left out becomes what it is in a new one."""
    facts, expected = msgspec.structs.asdict(data), tags_of(if_match)
    organization, node = caller.organization, context.switchboard.node
    return _shown(await context.database.write(_change, organization, node, station_id, facts, expected), context)


@patch("/{station_id:str}", permission=Permission.ADMINISTER)
async def change_station(
    station_id: FromPath[str],
    data: JSONBody[StationChanges],
    caller: GivenCaller,
    context: GivenContext,
    if_match: IfMatch = None,
) -> Response[Station]:
    """Change the fields that are given."""
    facts, expected = given(data), tags_of(if_match)
    organization, node = caller.organization, context.switchboard.node
    return _shown(await context.database.write(_change, organization, node, station_id, facts, expected), context)


@put("/{station_id:str}/connectors/{evse:int}/{connector:int}", permission=Permission.ADMINISTER)
async def replace_connector(
    station_id: FromPath[str],
    evse: FromPath[int],
    connector: FromPath[int],
    data: JSONBody[WholeConnector],
    caller: GivenCaller,
    context: GivenContext,
    if_match: IfMatch = None,
) -> Response[Station]:
    """Say what a connector is. One that the charger has not told of is there from now on; its state comes from the charger.

    The ETag is that of the charger, to which its connectors belong.
    """
    place = msgspec.convert({"evse": evse, "connector": connector}, NewConnector)
    facts = msgspec.structs.asdict(data)
    return await _with_connector(connectors.declare, station_id, place, caller, context, tags_of(if_match), facts=facts)


@patch("/{station_id:str}/connectors/{evse:int}/{connector:int}", permission=Permission.ADMINISTER)
async def change_connector(
    station_id: FromPath[str],
    evse: FromPath[int],
    connector: FromPath[int],
    data: JSONBody[ConnectorChanges],
    caller: GivenCaller,
    context: GivenContext,
    if_match: IfMatch = None,
) -> Response[Station]:
    """Say what a connector can deliver. A meter that rises faster is not believed; sessions that have ended stay as they are."""
    place = NewConnector(evse=evse, connector=connector)
    return await _with_connector(
        connectors.change, station_id, place, caller, context, tags_of(if_match), facts=given(data)
    )


@delete("/{station_id:str}/connectors/{evse:int}/{connector:int}", permission=Permission.ADMINISTER, status_code=200)
async def remove_connector(
    station_id: FromPath[str],
    evse: FromPath[int],
    connector: FromPath[int],
    caller: GivenCaller,
    context: GivenContext,
    if_match: IfMatch = None,
) -> Response[Station]:
    """Remove a connector that the charger itself has never told of."""
    place = NewConnector(evse=evse, connector=connector)
    return await _with_connector(connectors.remove, station_id, place, caller, context, tags_of(if_match))


CloseSessions = Annotated[
    bool, QueryParameter(description="Close what it is charging, with what is known; without this such a charger stays")
]


@delete("/{station_id:str}", permission=Permission.ADMINISTER)
async def remove_station(
    station_id: FromPath[str],
    caller: GivenCaller,
    context: GivenContext,
    close_sessions: CloseSessions = False,
    if_match: IfMatch = None,
) -> None:
    """Remove a charger; its sessions stay, its id is free again. One that is charging asks first: 409 without `close_sessions`."""
    await context.database.write(
        sessions.remove_station,
        caller.organization,
        station_id,
        by=caller.actor.name,
        close_sessions=close_sessions,
        expected=tags_of(if_match),
    )


@post("/{station_id:str}/restore", permission=Permission.ADMINISTER, status_code=200)
async def restore_station(station_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> Response[Station]:
    """Bring back a charger that was removed, with its secret: the charger outside comes back by itself. 409 when its id is in use."""

    def restore(work: Work) -> _One:
        stations.restore(work, caller.organization, station_id)
        return _one(work, caller.organization, context.switchboard.node, station_id)

    return _shown(await context.database.write(restore), context)


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


@put("/{station_id:str}/security-profile", permission=Permission.ADMINISTER)
async def change_security_profile(
    station_id: FromPath[str],
    data: JSONBody[SecurityProfile],
    caller: GivenCaller,
    context: GivenContext,
    if_match: IfMatch = None,
) -> Response[Station]:
    """Say with what a charger may connect at least. It rises by itself when the charger, asked to go up, has come with the higher one.
    An open connection goes on."""

    def change(work: Work) -> _One:
        security_profiles.set_lowest(
            work, caller.organization, station_id, data.lowest, reason=data.reason, expected=tags_of(if_match)
        )
        return _one(work, caller.organization, context.switchboard.node, station_id)

    return _shown(await context.database.write(change), context)


@put("/{station_id:str}/expired-certificate", permission=Permission.ADMINISTER)
async def allow_expired_certificate(
    station_id: FromPath[str],
    data: JSONBody[ExpiredCertificate],
    caller: GivenCaller,
    context: GivenContext,
    if_match: IfMatch = None,
) -> Response[Station]:
    """Let a charger in whose certificate has ended, for so long, to renew it and for nothing else: it is asked for a request for a new one, its
    boots are answered with Pending, and what else it says is refused. Once it comes with one that holds, this ends by itself."""

    def change(work: Work) -> _One:
        renewals.allow(
            work, caller.organization, station_id, data.until, reason=data.reason, expected=tags_of(if_match)
        )
        return _one(work, caller.organization, context.switchboard.node, station_id)

    return _shown(await context.database.write(change), context)


router = Router(
    "/stations",
    route_handlers=[
        list_stations,
        add_station,
        get_station,
        replace_station,
        change_station,
        replace_connector,
        change_connector,
        remove_connector,
        remove_station,
        restore_station,
        change_secret,
        change_security_profile,
        allow_expired_certificate,
    ],
    tags=["chargers"],
)


_One = tuple[stations.StationRow, str | None, Parts]


def _listed(
    work: Work,
    organization_id: int,
    node: str,
    wanted: Wanted,
    which: dict[str, Any],
    connected: bool | None,
    gone_for: timedelta | None,
) -> tuple[Found[stations.ListedStation], Parts]:
    there = connections.open_stations()
    among = [there] if connected is True else []
    if gone_for is not None:
        among.append(connections.stations_gone(work, gone_for))
    except_for = there if connected is False else None
    page = stations.listed(work, organization_id, wanted, among=among, except_for=except_for, **which)
    return page, parts_of(work, [row.id for row in page.rows], node)


def _one(work: Work, organization_id: int, node: str, identity: str) -> _One:
    row = stations.get(work, organization_id, identity)
    return row, stations.site_name(work, row), parts_of(work, [row.id], node)


def _shown(one: _One, context: Context) -> Response[Station]:
    row, site, parts = one
    return tagged(row, Station(**facts_of(row, site, parts, context.switchboard)))


async def _with_connector(
    change: Callable[..., None],
    station_id: str,
    place: NewConnector,
    caller: Caller,
    context: Context,
    expected: Expected,
    **facts: Any,
) -> Response[Station]:
    organization, node = caller.organization, context.switchboard.node

    def both(work: Work) -> _One:
        place_of = {"evse": place.evse, "connector": place.connector}
        change(work, organization, station_id, **place_of, expected=expected, **facts)
        return _one(work, organization, node, station_id)

    return _shown(await context.database.write(both), context)


def _create(
    work: Work, organization_id: int, context: Context, new: NewStation
) -> tuple[stations.StationRow, Parts, str]:
    facts = {name: getattr(new, name) for name in stations.FACTS}
    row, secret = stations.create(
        work,
        organization_id,
        context.keys,
        identity=new.id,
        secret=new.secret,
        site=new.site,
        registration=new.registration,
        facts=facts,
    )
    for place in new.connectors:
        told = {name: getattr(place, name) for name in connectors.FACTS}
        connectors.declare(work, organization_id, new.id, evse=place.evse, connector=place.connector, facts=told)
    row = stations.get(work, organization_id, new.id)
    return row, parts_of(work, [row.id], context.switchboard.node), secret


def _change(
    work: Work, organization_id: int, node: str, identity: str, changes: dict[str, Any], expected: Expected
) -> _One:
    stations.change(work, organization_id, identity, changes, expected=expected)
    return _one(work, organization_id, node, identity)
