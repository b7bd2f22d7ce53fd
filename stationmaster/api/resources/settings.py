"""The settings of a charger, in one list whatever version it speaks; what has changed, how two chargers differ, what one watches over and streams."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from litestar import Router, get
from litestar.params import FromPath, QueryParameter

from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.api.shapes import Cursor, Limit, Page, aware, page_of, paged
from stationmaster.domain import station_settings, stations
from stationmaster.domain.commands import Attribute
from stationmaster.domain.permissions import Permission
from stationmaster.domain.station_settings import ChangeRow, SettingRow, monitors, streams
from stationmaster.domain.station_settings.monitors import MonitorRow
from stationmaster.domain.station_settings.streams import StreamRow
from stationmaster.storage import Work
from stationmaster.storage.lists import Found

MAX_DIFFERENCES = 1000

Mutability = Literal["read_only", "read_write", "write_only"]


class Setting(msgspec.Struct, frozen=True):
    """One setting as the charger has told it last. `name` is what a command calls it: the key of 1.6, or `Component/Variable`.

    Of a key of 1.6 `variable` is the key, and there is no component. `changed_at` is when its value was another than before;
    null while we know of no change.
    """

    name: str
    component: str | None
    instance: str | None
    evse: int | None
    connector: int | None
    variable: str
    variable_instance: str | None
    attribute: Attribute
    value: str | None
    mutability: Mutability | None
    kind: str | None
    unit: str | None
    min_limit: float | None
    max_limit: float | None
    choices: list[str]
    told_at: datetime
    changed_at: datetime | None


class SettingChange(msgspec.Struct, frozen=True):
    """A setting has another value than before. `by` is who has changed it, with which command; null when the charger told it by itself."""

    name: str
    attribute: Attribute
    before: str | None
    after: str | None
    at: datetime
    by: str | None
    command: str | None


class SettingDifference(msgspec.Struct, frozen=True):
    """A setting that two chargers have in another value, or that only one of them has told."""

    name: str
    attribute: Attribute
    here: str | None
    there: str | None
    told_here: bool
    told_there: bool


class Comparison(msgspec.Struct, frozen=True):
    """In what the settings of two chargers differ; of `count` differences the first thousand."""

    here: str
    there: str
    count: int
    differences: list[SettingDifference]


class Monitor(msgspec.Struct, frozen=True):
    """What a charger watches over, by the id it has given it. It has found something when `triggered_at` is the later of the two times."""

    id: int
    setting: str
    kind: str
    value: float
    severity: int
    only_in_session: bool
    told_at: datetime
    triggered_at: datetime | None
    triggered_by: str | None
    cleared_at: datetime | None


class EventStream(msgspec.Struct, frozen=True):
    """A stream in which a charger of 2.1 tells what one of its monitors finds, by the id it has given it.

    It is open when it has `opened_at` and no `closed_at`; without `opened_at` values came of a stream that was never opened. `in_order`
    is how many values were newer than those before, `late` how many came again or after newer ones, `pending` how many wait in the charger.
    """

    id: int
    monitor: int | None
    setting: str | None
    interval_s: int | None
    values: int | None
    opened_at: datetime | None
    closed_at: datetime | None
    last_value: str | None
    last_at: datetime | None
    in_order: int
    late: int
    pending: int


Component = Annotated[str | None, QueryParameter(max_length=50, description="Only settings of this component")]
Variable = Annotated[str | None, QueryParameter(max_length=50, description="Only this variable, or this key of 1.6")]
Search = Annotated[str | None, QueryParameter(name="q", max_length=250, description="Only names that contain this")]
ChangedSince = Annotated[datetime | None, QueryParameter(description="Only what has changed since then")]
Since = Annotated[datetime | None, QueryParameter(description="Only changes since then")]
With = Annotated[str, QueryParameter(name="with", max_length=48, description="The other charger")]
Fixed = Annotated[bool, QueryParameter(description="Also what cannot be changed, as readings and serial numbers")]


@get("/{station_id:str}/settings", permission=Permission.VIEW)
async def list_settings(
    station_id: FromPath[str],
    caller: GivenCaller,
    context: GivenContext,
    component: Component = None,
    variable: Variable = None,
    q: Search = None,
    changed_since: ChangedSince = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Setting]:
    """What the charger has told of its settings, by name. They are read with read-settings and report-settings, and changed with change-settings."""
    since = aware(changed_since, "changed_since")

    def read(work: Work) -> Found[SettingRow]:
        station = stations.get(work, caller.organization, station_id)
        wanted = {"component": component, "variable": variable, "text": q}
        return station_settings.listed(work, station.id, **wanted, changed_since=since, limit=limit, cursor=cursor)

    return page_of(await context.database.read(read), _setting)


@get("/{station_id:str}/settings/changes", permission=Permission.VIEW)
async def list_setting_changes(
    station_id: FromPath[str],
    caller: GivenCaller,
    context: GivenContext,
    since: Since = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[SettingChange]:
    """What has changed of the charger's settings, and by whom, newest first."""
    since = aware(since, "since")

    def read(work: Work) -> list[ChangeRow]:
        station = stations.get(work, caller.organization, station_id)
        return station_settings.changes(work, station.id, since=since, limit=limit, cursor=cursor)

    return paged(await context.database.read(read), limit, _change)


@get("/{station_id:str}/settings/compare", permission=Permission.VIEW)
async def compare_settings(
    station_id: FromPath[str],
    caller: GivenCaller,
    context: GivenContext,
    other: With,
    read_only: Fixed = False,
) -> Comparison:
    """In what the settings of two chargers differ, as both have told them last."""

    def read(work: Work) -> list[station_settings.Difference]:
        here, there = (stations.get(work, caller.organization, identity) for identity in (station_id, other))
        return station_settings.differences(work, here.id, there.id, read_only=read_only)

    found = await context.database.read(read)
    return Comparison(station_id, other, len(found), [SettingDifference(*each) for each in found[:MAX_DIFFERENCES]])


@get("/{station_id:str}/monitors", permission=Permission.VIEW)
async def list_monitors(
    station_id: FromPath[str], caller: GivenCaller, context: GivenContext, limit: Limit = 50, cursor: Cursor = None
) -> Page[Monitor]:
    """What the charger watches over, as it has told. Monitors are set with set-monitors and cleared with clear-monitors."""

    def read(work: Work) -> list[MonitorRow]:
        station = stations.get(work, caller.organization, station_id)
        return monitors.listed(work, station.id, limit=limit, cursor=cursor)

    return paged(await context.database.read(read), limit, _monitor)


@get("/{station_id:str}/event-streams", permission=Permission.VIEW)
async def list_event_streams(
    station_id: FromPath[str], caller: GivenCaller, context: GivenContext, limit: Limit = 50, cursor: Cursor = None
) -> Page[EventStream]:
    """The streams in which the charger tells values often, also those that are over. get-periodic-event-streams sets the list right."""

    def read(work: Work) -> list[StreamRow]:
        station = stations.get(work, caller.organization, station_id)
        return streams.listed(work, station.id, limit=limit, cursor=cursor)

    return paged(await context.database.read(read), limit, _stream)


router = Router(
    "/stations",
    route_handlers=[list_settings, list_setting_changes, compare_settings, list_monitors, list_event_streams],
    tags=["settings"],
)


def _setting(row: SettingRow) -> Setting:
    return Setting(
        name=row.name,
        component=row.component,
        instance=row.instance,
        evse=row.evse,
        connector=row.connector,
        variable=row.variable or row.name,
        variable_instance=row.variable_instance,
        attribute=row.attribute,
        value=row.value,
        mutability=_mutability(row),
        kind=row.kind,
        unit=row.unit,
        min_limit=row.min_limit,
        max_limit=row.max_limit,
        choices=[each.strip() for each in row.choices.split(",")] if row.choices else [],
        told_at=row.told_at,
        changed_at=row.changed_at,
    )


def _mutability(row: SettingRow) -> Mutability | None:
    if row.read_only is None:
        return None
    if row.read_only:
        return "read_only"
    return "write_only" if row.write_only else "read_write"


def _change(row: ChangeRow) -> SettingChange:
    return SettingChange(row.name, row.attribute, row.before, row.after, row.at, row.by, row.command)


def _monitor(row: MonitorRow) -> Monitor:
    return Monitor(
        id=row.number,
        setting=row.name,
        kind=row.kind,
        value=row.value,
        severity=row.severity,
        only_in_session=row.only_in_session,
        told_at=row.told_at,
        triggered_at=row.triggered_at,
        triggered_by=row.triggered_by,
        cleared_at=row.cleared_at,
    )


def _stream(row: StreamRow) -> EventStream:
    return EventStream(
        id=row.number,
        monitor=row.monitor,
        setting=row.name,
        interval_s=row.interval_s,
        values=row.at_once,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        last_value=row.last_value,
        last_at=row.last_at,
        in_order=row.in_order,
        late=row.late,
        pending=row.pending,
    )
