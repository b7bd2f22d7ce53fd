"""The stream of live events a page listens to."""

from __future__ import annotations

from typing import Annotated

import structlog
from litestar import Router, get
from litestar.params import QueryParameter
from litestar.response import Stream

from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.domain import stations
from stationmaster.domain.permissions import Permission

log = structlog.get_logger()

Only = Annotated[str | None, QueryParameter(max_length=48, description="Only this charger, and its messages too")]


@get("/events", permission=Permission.VIEW)
async def listen_to_events(caller: GivenCaller, context: GivenContext, station: Only = None) -> Stream:
    """Server-sent events; `hello` comes first, `lost` means: load again."""
    station_id = None
    if station is not None:
        station_id = (await context.database.read(stations.get, caller.organization, station)).id

    async def may_stay() -> bool:
        try:
            return await caller.stands()
        except Exception as error:  # whether the caller may stay cannot be checked, so the stream ends and the page connects again (API-25)
            log.warning("live.ended", caller=caller.actor.name, error=type(error).__name__)
            return False

    among = None
    if caller.scope is not None:
        among = frozenset(await context.database.read(stations.ids, caller.organization))
    viewer = context.live.admit(caller.organization, station_id, owner=caller.actor.id, among=among)
    return Stream(
        context.live.stream(viewer, context.database.clock, may_stay),
        media_type="text/event-stream; charset=utf-8",
        headers={"X-Accel-Buffering": "no"},  # a proxy that gathers the stream would hold it back
    )


router = Router("/", route_handlers=[listen_to_events], tags=["live"])
