"""One's own sessions as they go on, for a page that is open."""

from __future__ import annotations

from litestar import get
from litestar.response import Stream

from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.api.resources.events import as_stream, hear
from stationmaster.api.resources.me.profile import customer_of
from stationmaster.domain.errors import NotFound
from stationmaster.domain.permissions import Permission


@get("/events", permission=Permission.LOGGED_IN)
async def listen_to_own_sessions(caller: GivenCaller, context: GivenContext) -> Stream:
    """Server-sent events of one's own sessions: `session` and `session_updated`. `hello` comes first; after it, and at `lost`, load again."""
    mine = (await context.database.read(customer_of, caller)).id

    async def may_stay() -> bool:
        try:
            return await caller.stands() and (await context.database.read(customer_of, caller)).id == mine
        except NotFound:
            return False

    return as_stream(await hear(caller, context, may_stay, customer=mine))


routes = [listen_to_own_sessions]
