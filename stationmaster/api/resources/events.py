"""The stream of live events a page listens to."""

from __future__ import annotations

from typing import Annotated

import structlog
from litestar import Router, get
from litestar.params import QueryParameter
from litestar.response import Stream

from stationmaster.api.auth import Permission
from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.domain import stations

log = structlog.get_logger()

Only = Annotated[str | None, QueryParameter(max_length=48, description="Only this charger, and its messages too")]


@get("/events", permission=Permission.VIEW)
async def listen_to_events(caller: GivenCaller, context: GivenContext, station: Only = None) -> Stream:
    """Server-sent events; `hello` comes first, `lost` means: load again."""
    user = caller.user
    station_id = None
    if station is not None:
        station_id = (await context.database.read(stations.get, user.organization_id, station)).id

    async def may_stay() -> bool:
        try:
            now = await context.standings.now(context.database, user.id, caller.login)
        except Exception as error:  # cannot be asked: the stream ends, and the page comes back (API-25)
            log.warning("live.ended", user=user.id, error=type(error).__name__)
            return False
        return now is not None and now.version == user.version

    viewer = context.live.admit(user.organization_id, station_id)
    return Stream(
        context.live.stream(viewer, context.database.clock, may_stay),
        media_type="text/event-stream; charset=utf-8",
        headers={"X-Accel-Buffering": "no"},  # a proxy that gathers the stream would hold it back
    )


router = Router("/", route_handlers=[listen_to_events], tags=["live"])
