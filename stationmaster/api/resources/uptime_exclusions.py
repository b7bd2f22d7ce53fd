"""Times that do not count as down: the grid, planned work, vandalism."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from litestar import Router, delete, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.api.shapes import Cursor, Limit, OwnId, Page, Text, aware, page_of
from stationmaster.domain.figures import asking, availability, exclusions
from stationmaster.domain.figures.exclusions import ExclusionRow, Reason
from stationmaster.domain.permissions import Permission
from stationmaster.storage import Work
from stationmaster.storage.lists import Wanted

ExclusionSite = Annotated[str | None, QueryParameter(name="site", max_length=255, description="Only of this site")]


class ExclusionForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A time that is not to count as down: of all chargers of a site, or of one. `note` says how one knows."""

    site: OwnId
    station: OwnId | None = None
    begins_at: datetime
    ends_at: datetime
    reason: Reason
    note: Text


class Exclusion(msgspec.Struct, frozen=True, kw_only=True):
    """A time that does not count as down."""

    id: str
    site: str
    station: str | None
    begins_at: datetime
    ends_at: datetime
    reason: Reason
    note: str
    made_at: datetime
    made_by: str


@get("/uptime-exclusions", permission=Permission.VIEW)
async def list_uptime_exclusions(
    caller: GivenCaller,
    context: GivenContext,
    site: ExclusionSite = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Exclusion]:
    """Times that do not count as down, the newest first."""

    def read(work: Work) -> Page[Exclusion]:
        key = asking.which(work, caller.organization, site=site, station=None).site_id
        found = exclusions.list_exclusions(work, caller.organization, Wanted(limit, cursor), site_id=key)
        return page_of(found, _exclusion)

    return await context.database.read(read)


@post("/uptime-exclusions", permission=Permission.ADMINISTER, status_code=201)
async def add_uptime_exclusion(data: JSONBody[ExclusionForm], caller: GivenCaller, context: GivenContext) -> Exclusion:
    """Leave a time out, because the grid was down, say; the figures of those days are counted anew at once."""
    tolerated = timedelta(seconds=context.settings.gateway.heartbeat_interval_s)
    begins_at, ends_at = aware(data.begins_at, "begins_at"), aware(data.ends_at, "ends_at")
    assert begins_at is not None and ends_at is not None

    def write(work: Work) -> Exclusion:
        row = exclusions.add(
            work,
            caller.organization,
            site=data.site,
            station=data.station,
            begins_at=begins_at,
            ends_at=ends_at,
            reason=data.reason,
            note=data.note,
            by=caller.actor.name,
        )
        availability.exclude(work, row, tolerated=tolerated)
        return _exclusion(row)

    return await context.database.write_apart(write)


@delete("/uptime-exclusions/{exclusion_id:str}", permission=Permission.ADMINISTER)
async def remove_uptime_exclusion(exclusion_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> None:
    """Let the time count again."""
    tolerated = timedelta(seconds=context.settings.gateway.heartbeat_interval_s)

    def write(work: Work) -> None:
        row = exclusions.remove(work, caller.organization, exclusion_id)
        availability.exclude(work, row, tolerated=tolerated)

    await context.database.write_apart(write)


router = Router(
    "/", route_handlers=[list_uptime_exclusions, add_uptime_exclusion, remove_uptime_exclusion], tags=["figures"]
)


def _exclusion(row: ExclusionRow) -> Exclusion:
    return Exclusion(
        id=row.public_id,
        site=row.site,
        station=row.station,
        begins_at=row.begins_at,
        ends_at=row.ends_at,
        reason=row.reason,
        note=row.note,
        made_at=row.made_at,
        made_by=row.made_by,
    )
