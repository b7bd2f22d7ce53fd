"""Reports that are sent by mail each month or each week."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from litestar import Response, Router, delete, get, patch, post
from litestar.params import FromPath, JSONBody, QueryParameter

from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.api.resources.reports import Language
from stationmaster.api.shapes import (
    SORTED,
    Cursor,
    IfMatch,
    Limit,
    OwnId,
    Page,
    Search,
    Text,
    given,
    page_of,
    tagged,
    tags_of,
)
from stationmaster.domain.figures import schedules
from stationmaster.domain.figures.reports import Kind
from stationmaster.domain.figures.schedules import Format, Rhythm
from stationmaster.domain.permissions import Permission
from stationmaster.storage.lists import Wanted

Receivers = Annotated[list[Text], msgspec.Meta(min_length=1, max_length=schedules.MOST_RECEIVERS)]


class ReportSchedule(msgspec.Struct, frozen=True, kw_only=True):
    """A report that is sent by itself. `site` null: of all; `language` null: the organization's; `sent_for` is the last period that is done,
    `error` who could not be sent it, and why, until it has arrived."""

    id: str
    name: str
    report: Kind
    site: str | None
    rhythm: Rhythm
    format: Format
    language: Language | None
    receivers: list[str]
    active: bool
    sent_for: str
    sent_at: datetime | None
    error: str | None
    created_at: datetime
    created_by: str | None
    updated_at: datetime


class NewReportSchedule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A schedule as it is to be. The first report is that of the month or week that goes on."""

    name: Text
    report: Kind
    receivers: Receivers
    site: OwnId | None = None
    rhythm: Rhythm = "monthly"
    format: Format = "pdf"
    language: Language | None = None
    active: bool = True


class ReportScheduleChanges(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change; what is left out stays."""

    name: Text | msgspec.UnsetType = msgspec.UNSET
    report: Kind | msgspec.UnsetType = msgspec.UNSET
    receivers: Receivers | msgspec.UnsetType = msgspec.UNSET
    site: OwnId | msgspec.UnsetType | None = msgspec.UNSET
    rhythm: Rhythm | msgspec.UnsetType = msgspec.UNSET
    format: Format | msgspec.UnsetType = msgspec.UNSET
    language: Language | msgspec.UnsetType | None = msgspec.UNSET
    active: bool | msgspec.UnsetType = msgspec.UNSET


class ReportSent(msgspec.Struct, frozen=True):
    """The period of the report that is on its way."""

    period: str


Sort = Literal["name", "-name", "created", "-created"]
SortBy = Annotated[Sort | None, QueryParameter(description=SORTED)]


@get("/", permission=Permission.ADMINISTER)
async def list_report_schedules(
    caller: GivenCaller,
    context: GivenContext,
    search: Search = None,
    sort: SortBy = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ReportSchedule]:
    """Schedules, newest first or sorted. The search is in the name."""
    wanted = Wanted(limit, cursor, sort, search)
    found = await context.database.read(schedules.list_schedules, caller.organization, wanted)
    return page_of(found, _public_form)


@post("/", permission=Permission.ADMINISTER)
async def add_report_schedule(
    data: JSONBody[NewReportSchedule], caller: GivenCaller, context: GivenContext
) -> Response[ReportSchedule]:
    """Send a report to these addresses after each month or week, at 6 in the morning of the site, or of the organization."""
    facts = msgspec.structs.asdict(data)
    row = await context.database.write(schedules.create, caller.organization, facts)
    return tagged(row, _public_form(row))


@get("/{schedule_id:str}", permission=Permission.ADMINISTER)
async def get_report_schedule(
    schedule_id: FromPath[str], caller: GivenCaller, context: GivenContext
) -> Response[ReportSchedule]:
    """One schedule."""
    row = await context.database.read(schedules.get, caller.organization, schedule_id)
    return tagged(row, _public_form(row))


@patch("/{schedule_id:str}", permission=Permission.ADMINISTER)
async def change_report_schedule(
    schedule_id: FromPath[str],
    data: JSONBody[ReportScheduleChanges],
    caller: GivenCaller,
    context: GivenContext,
    if_match: IfMatch = None,
) -> Response[ReportSchedule]:
    """Change the fields that are given. What was missed in a pause is not made up for."""
    changes, expected = given(data), tags_of(if_match)
    row = await context.database.write(schedules.change, caller.organization, schedule_id, changes, expected=expected)
    return tagged(row, _public_form(row))


@delete("/{schedule_id:str}", permission=Permission.ADMINISTER)
async def remove_report_schedule(
    schedule_id: FromPath[str], caller: GivenCaller, context: GivenContext, if_match: IfMatch = None
) -> None:
    """Send it no more."""
    await context.database.write(schedules.remove, caller.organization, schedule_id, expected=tags_of(if_match))


@post("/{schedule_id:str}/send", permission=Permission.ADMINISTER)
async def send_report(schedule_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> ReportSent:
    """Send the last month or week that is over now, once more if it was sent. What came of it stands at the schedule."""
    return ReportSent(await context.database.write(schedules.send_now, caller.organization, schedule_id))


router = Router(
    "/report-schedules",
    route_handlers=[
        list_report_schedules,
        add_report_schedule,
        get_report_schedule,
        change_report_schedule,
        remove_report_schedule,
        send_report,
    ],
    tags=["reports"],
)


def _public_form(row: schedules.ScheduleRow) -> ReportSchedule:
    facts = {name: getattr(row, name) for name in ReportSchedule.__struct_fields__ if name != "id"}
    return ReportSchedule(id=row.public_id, **facts)
