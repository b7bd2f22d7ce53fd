"""What a person should look at: alarms, the quarantine, meter values that belong to no session."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Router, get, post
from litestar.params import FromPath, JSONBody, PathParameter, QueryParameter

from stationmaster.api.auth import Permission
from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.api.resources.sessions import MeterValue, Session, meter_value
from stationmaster.api.resources.sessions import public_form as session_form
from stationmaster.api.shapes import Cursor, Limit, Page, Text, paged
from stationmaster.domain import alarms, metering, quarantine, stations
from stationmaster.storage import Work


class Quarantined(msgspec.Struct, frozen=True):
    """A message that fits nothing we know; it was answered, and is kept until a person has looked at it, or replayed it.

    `payload` is what can be read of it, null when nothing can; `proposed_session` the session it may belong to.
    """

    id: str
    station: str
    at: datetime
    action: str
    reason: str
    content: str
    payload: Any
    proposed_session: str | None
    resolved_at: datetime | None
    resolved_by: str | None
    replayed: str | None


class QuarantineGroup(msgspec.Struct, frozen=True):
    """How many messages of one charger wait for one reason."""

    station: str
    action: str
    reason: str
    count: int
    first_at: datetime
    last_at: datetime


class Repair(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The payload as it should have been; left out, it is said again as it was."""

    payload: dict[str, Any] | None = None


class Replay(msgspec.Struct, frozen=True):
    """What an entry becomes: the answer the charger would get, the sessions that were made or changed, what was tolerated.

    `problem` says why nothing would come of it.
    """

    problem: str | None
    remarks: list[str]
    response: Any
    sessions: list[Session]


class Chosen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which entries: those of one charger, action or reason, where they are named."""

    station: Text | None = None
    action: Text | None = None
    reason: Annotated[str, msgspec.Meta(max_length=1000)] | None = None


class ChosenAlarms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which alarms: those of one charger or kind, where they are named."""

    station: Text | None = None
    kind: Text | None = None


class Resolved(msgspec.Struct, frozen=True):
    """How many there were."""

    resolved: int


class Alarm(msgspec.Struct, frozen=True):
    """Something a person should look at; what came again is counted. `at` is the first time, `detail` of the last."""

    id: str
    station: str
    at: datetime
    last_at: datetime
    count: int
    kind: str
    detail: str
    resolved_at: datetime | None


class OrphanMeterValue(msgspec.Struct, frozen=True):
    """A meter value that belongs to no session we know."""

    evse: int
    transaction_id: str | None
    value: MeterValue


RowNumber = Annotated[int, PathParameter(ge=1, le=2**63 - 1)]


EntryFilter = Annotated[str | None, QueryParameter(max_length=48, description="Only messages of this charger")]
ActionFilter = Annotated[str | None, QueryParameter(max_length=100, description="Only messages of this action")]


@get("/quarantine", permission=Permission.VIEW)
async def list_quarantine(
    caller: GivenCaller,
    context: GivenContext,
    station: EntryFilter = None,
    action: ActionFilter = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Quarantined]:
    """What waits for a person, newest first."""
    rows = await context.database.read(
        quarantine.listed, caller.organization, station=station, action=action, limit=limit, cursor=cursor
    )
    return paged(rows, limit, _public_form)


@get("/quarantine/groups", permission=Permission.VIEW)
async def list_quarantine_groups(caller: GivenCaller, context: GivenContext) -> Page[QuarantineGroup]:
    """What waits for a person, gathered by charger, action and reason; the largest group first."""
    rows = await context.database.read(quarantine.groups, caller.organization)
    groups = [
        QuarantineGroup(row.station, row.action, row.reason, row.count, row.first_at, row.last_at) for row in rows
    ]
    return Page(groups, None)


@post("/quarantine/resolve", permission=Permission.OPERATE, status_code=200)
async def resolve_all_quarantined(data: JSONBody[Chosen], caller: GivenCaller, context: GivenContext) -> Resolved:
    """Say of many entries at once that they have been looked at."""
    chosen = {"station": data.station, "action": data.action, "reason": data.reason}
    return Resolved(
        await context.database.write(quarantine.resolve_all, caller.organization, by=caller.actor.name, **chosen)
    )


@get("/quarantine/{entry_id:int}", permission=Permission.VIEW)
async def get_quarantined(entry_id: RowNumber, caller: GivenCaller, context: GivenContext) -> Quarantined:
    """One entry, also when it is done with."""
    return _public_form(await context.database.read(quarantine.get, caller.organization, entry_id))


@post("/quarantine/{entry_id:int}/preview", permission=Permission.CORRECT_SESSIONS, status_code=200)
async def preview_quarantined(
    entry_id: RowNumber, data: JSONBody[Repair], caller: GivenCaller, context: GivenContext
) -> Replay:
    """See what an entry would become, with another payload perhaps. Nothing is changed."""
    result = await context.database.write(
        quarantine.preview, caller.organization, entry_id, payload=data.payload, play=context.play
    )
    return _replay_form(result)


@post("/quarantine/{entry_id:int}/replay", permission=Permission.CORRECT_SESSIONS, status_code=200)
async def replay_quarantined(
    entry_id: RowNumber, data: JSONBody[Repair], caller: GivenCaller, context: GivenContext
) -> Replay:
    """Say an entry again, with another payload perhaps, as if its charger had said it now; it is then done with.

    409 when nothing would come of it.
    """
    result = await context.database.write(
        quarantine.replay,
        caller.organization,
        entry_id,
        payload=data.payload,
        play=context.play,
        by=caller.actor.name,
    )
    return _replay_form(result)


@post("/quarantine/{entry_id:int}/resolve", permission=Permission.OPERATE, status_code=204)
async def resolve_quarantined(entry_id: RowNumber, caller: GivenCaller, context: GivenContext) -> None:
    """Say that it has been looked at."""
    await context.database.write(quarantine.resolve, caller.organization, entry_id, by=caller.actor.name)


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
        lambda row: Alarm(
            str(row.id), row.station, row.at, row.last_at, row.count, row.kind, row.detail, row.resolved_at
        ),
    )


@post("/alarms/{alarm_id:int}/resolve", permission=Permission.OPERATE, status_code=204)
async def resolve_alarm(alarm_id: RowNumber, caller: GivenCaller, context: GivenContext) -> None:
    """Say that it has been looked at."""
    await context.database.write(alarms.resolve, caller.organization, alarm_id)


@post("/alarms/resolve", permission=Permission.OPERATE, status_code=200)
async def resolve_all_alarms(data: JSONBody[ChosenAlarms], caller: GivenCaller, context: GivenContext) -> Resolved:
    """Say of many alarms at once that they have been looked at."""
    return Resolved(await context.database.write(_resolve_alarms, caller.organization, data))


@get("/stations/{station_id:str}/orphan-meter-values", permission=Permission.VIEW)
async def list_orphan_meter_values(
    station_id: FromPath[str], caller: GivenCaller, context: GivenContext, limit: Limit = 50, cursor: Cursor = None
) -> Page[OrphanMeterValue]:
    """Meter values of this charger that belong to no session we know, newest first."""
    rows = await context.database.read(_orphans, caller.organization, station_id, limit, cursor)
    return paged(rows, limit, _orphan)


router = Router(
    "/",
    route_handlers=[
        list_quarantine,
        list_quarantine_groups,
        resolve_all_quarantined,
        get_quarantined,
        preview_quarantined,
        replay_quarantined,
        resolve_quarantined,
        list_alarms,
        resolve_all_alarms,
        resolve_alarm,
        list_orphan_meter_values,
    ],
    tags=["review"],
)


def _alarms(
    work: Work, organization_id: int, station: str | None, open_only: bool, limit: int, cursor: str | None
) -> list[alarms.AlarmRow]:
    station_id = None if station is None else stations.get(work, organization_id, station).id
    return alarms.listed(work, organization_id, station_id=station_id, open_only=open_only, limit=limit, cursor=cursor)


def _orphans(
    work: Work, organization_id: int, identity: str, limit: int, cursor: str | None
) -> list[metering.MeterValueRow]:
    station = stations.get(work, organization_id, identity)
    return metering.orphans(work, station.id, limit=limit, cursor=cursor)


def _orphan(row: metering.MeterValueRow) -> OrphanMeterValue:
    return OrphanMeterValue(row.evse, row.transaction_id, meter_value(row))


def _resolve_alarms(work: Work, organization_id: int, chosen: ChosenAlarms) -> int:
    station_id = None if chosen.station is None else stations.get(work, organization_id, chosen.station).id
    return alarms.resolve_all(work, organization_id, station_id=station_id, kind=chosen.kind)


def _public_form(row: quarantine.Entry) -> Quarantined:
    return Quarantined(
        str(row.id),
        row.station,
        row.at,
        row.action,
        row.reason,
        row.content,
        quarantine.payload_of(row.content),
        row.proposed_session,
        row.resolved_at,
        row.resolved_by,
        row.replayed,
    )


def _replay_form(result: quarantine.Replayed) -> Replay:
    return Replay(
        result.problem, list(result.remarks), result.response, [session_form(each) for each in result.sessions]
    )
