"""Everything known of a charger around one moment: what one opens when a customer calls."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

import msgspec
from litestar import Router, get
from litestar.params import FromPath, QueryParameter

from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.domain import moments, timeline
from stationmaster.domain.permissions import Permission
from stationmaster.domain.timeline import LONGEST_MIN, USUAL_MIN, Entry
from stationmaster.storage import Work


class StationTimeline(msgspec.Struct, frozen=True):
    """What happened to a charger in [since, until), in the order in which it happened; oldest first.

    `zone` is the one in which `at` was understood; times here are UTC, as everywhere. `removed_at`: the charger was removed
    since. `left_out`: there was more than one answer holds, ask for fewer minutes.
    """

    station: str
    at: datetime
    since: datetime
    until: datetime
    zone: str
    removed_at: datetime | None
    left_out: bool
    entries: list[Entry]


At = Annotated[str, QueryParameter(max_length=60, description=f"A moment, as in {moments.FORMS}")]
Minutes = Annotated[int, QueryParameter(ge=1, le=LONGEST_MIN, description="So many before the moment, and after it")]
Zone = Annotated[
    str | None, QueryParameter(max_length=60, description="Where `at` is meant, as in Europe/Berlin; UTC when left out")
]


@get("/{station_id:str}/timeline", permission=Permission.VIEW)
async def station_timeline(
    station_id: FromPath[str],
    caller: GivenCaller,
    context: GivenContext,
    at: At = "now",
    minutes: Minutes = USUAL_MIN,
    zone: Zone = None,
) -> StationTimeline:
    """Messages, connections, refusals, states, sessions, commands, alarms and our own starts, as one story in sentences.

    Works for a charger that was removed, too. Silences are said when they are longer than two heartbeats.
    """
    silent_after = timedelta(seconds=2 * context.settings.gateway.heartbeat_interval_s)

    def read(work: Work) -> StationTimeline:
        moment = moments.moment(at, now=work.now, zone=moments.zone_named(zone))
        found = timeline.around(
            work, caller.organization, station_id, at=moment, minutes=minutes, silent_after=silent_after
        )
        return StationTimeline(zone=zone or "UTC", **msgspec.structs.asdict(found))

    return await context.database.read(read)


router = Router("/stations", route_handlers=[station_timeline], tags=["chargers"])
