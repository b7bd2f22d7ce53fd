"""What the states of a charger's connectors were, and when; how much of the time they worked."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import groupby
from typing import Annotated

import msgspec
from litestar import Router, get
from litestar.params import FromPath, QueryParameter

from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.domain import connections, connector_states, connectors, stations, uptime
from stationmaster.domain.connector_states import Span, State
from stationmaster.domain.errors import Invalid
from stationmaster.domain.permissions import Permission
from stationmaster.storage import Work

LONGEST = timedelta(days=400)
USUAL = timedelta(days=7)


class ConnectorState(msgspec.Struct, frozen=True):
    """A state of a connector, from `since` until just before `until`. `status` is the charger's own word."""

    state: State
    status: str
    error_code: str | None
    since: datetime
    until: datetime


class ConnectorTimeline(msgspec.Struct, frozen=True):
    """The states of one connector, oldest first; before the first one nothing is known."""

    evse: int
    connector: int
    states: list[ConnectorState]


class OfflineTime(msgspec.Struct, frozen=True):
    """The charger was not connected."""

    since: datetime
    until: datetime


class EvseUptime(msgspec.Struct, frozen=True):
    """How much of the known time an EVSE worked, in percent; an EVSE of two connectors is down while both are."""

    evse: int
    uptime_percent: float | None
    charging_s: int


class StationStates(msgspec.Struct, frozen=True):
    """What happened at a charger in [since, until)."""

    station: str
    since: datetime
    until: datetime
    connectors: list[ConnectorTimeline]
    offline: list[OfflineTime]
    evses: list[EvseUptime]


From = Annotated[
    datetime | None, QueryParameter(name="from", description="With a time zone; seven days before `to` when left out")
]
To = Annotated[datetime | None, QueryParameter(description="With a time zone; now when left out")]


@get("/{station_id:str}/states", permission=Permission.VIEW)
async def station_states(
    station_id: FromPath[str],
    caller: GivenCaller,
    context: GivenContext,
    from_: From = None,
    to: To = None,
) -> StationStates:
    """What its connectors told from one time to another, and how much of it they worked; 400 days at the most."""
    tolerated = timedelta(seconds=context.settings.gateway.heartbeat_interval_s)
    return await context.database.read(_states, caller.organization, station_id, from_, to, tolerated)


router = Router("/stations", route_handlers=[station_states], tags=["chargers"])


def _states(
    work: Work,
    organization_id: int,
    identity: str,
    since: datetime | None,
    until: datetime | None,
    tolerated: timedelta,
) -> StationStates:
    station = stations.get(work, organization_id, identity)
    since, until = _window(work.now, since, until)
    told = [
        (place, connector_states.timeline(work, place, since=since, until=until))
        for place in connectors.of_stations(work, [station.id])
    ]
    moves = connections.comings_and_goings(work, station.id, since=since, until=until)
    offline = uptime.offline_times(moves, since=since, until=until)
    return StationStates(
        station=identity,
        since=since,
        until=until,
        connectors=[
            ConnectorTimeline(place.evse, place.number, [_public_form(span) for span in spans]) for place, spans in told
        ],
        offline=[OfflineTime(*time) for time in offline],
        evses=[
            _uptime(evse, [spans for _, spans in of_it], offline, tolerated)
            for evse, of_it in groupby(told, key=lambda each: each[0].evse)
            if evse > 0
        ],
    )


def _window(now: datetime, since: datetime | None, until: datetime | None) -> tuple[datetime, datetime]:
    for field, value in (("from", since), ("to", until)):
        if value is not None and value.tzinfo is None:
            raise Invalid(field, "needs a time zone, as in 2026-11-01T00:00:00Z")
    until = min(until or now, now)
    since = until - USUAL if since is None else since
    if since >= until:
        raise Invalid("from", "must be before `to`, and in the past")
    if until - since > LONGEST:
        raise Invalid("from", "400 days at the most")
    return since, until


def _uptime(evse: int, told: list[list[Span]], offline: list[uptime.Time], tolerated: timedelta) -> EvseUptime:
    share = uptime.worked(told, offline=offline, tolerated=tolerated).uptime_percent
    charging = sum((uptime.time_in(spans, "charging") for spans in told), timedelta(0))
    return EvseUptime(evse, None if share is None else float(share), int(charging.total_seconds()))


def _public_form(span: Span) -> ConnectorState:
    return ConnectorState(span.state, span.status, span.error_code, span.since, span.until)
