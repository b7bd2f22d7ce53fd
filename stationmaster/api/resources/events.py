"""The stream of live events a page listens to, and the log of those that other programs act upon."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
import structlog
from litestar import Router, get
from litestar.params import QueryParameter
from litestar.response import Stream

from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.api.resources.sessions import Session
from stationmaster.api.resources.sessions import public_form as session_form
from stationmaster.api.shapes import Limit
from stationmaster.domain import event_log, stations
from stationmaster.domain.permissions import Permission
from stationmaster.domain.public_forms import Reservation
from stationmaster.storage import Work

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


class LoggedEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An event of the log, as it is true now. Beyond its type, time and charger it has what the type says: a session, say.

    One whose session is no more is told without it.
    """

    id: str
    type: str
    at: datetime
    station: str
    session: Session | msgspec.UnsetType = msgspec.UNSET
    reservation: Reservation | msgspec.UnsetType = msgspec.UNSET
    kind: str | msgspec.UnsetType = msgspec.UNSET
    detail: str | msgspec.UnsetType = msgspec.UNSET


class EventLog(msgspec.Struct, frozen=True):
    """A part of the event log, oldest first. Ask again with `after` to go on, also when there is nothing yet.

    `complete`: nothing that stood behind the `after` of the request has been dropped meanwhile.
    """

    items: list[LoggedEvent]
    after: str
    complete: bool


After = Annotated[
    str | None,
    QueryParameter(
        pattern=r"^(\d{1,18}|latest)$",
        description="Go on behind this `after`; `latest`: from now on. Left out: all that is kept",
    ),
]
Types = Annotated[list[str] | None, QueryParameter(name="type", description="Only these types")]


@get("/events/log", permission=Permission.VIEW)
async def list_events(
    caller: GivenCaller, context: GivenContext, after: After = None, types: Types = None, limit: Limit = 50
) -> EventLog:
    """What has happened to sessions, chargers and reservations, for programs that ask from time to time."""
    names = types or []

    def read(work: Work) -> EventLog:
        event_log.check_types(names, field="type")
        last = event_log.last_number(work)
        place = last if after == "latest" else int(after or 0)
        entries = event_log.after(work, caller.organization, place, types=names, until=last, limit=limit)
        reached = entries[-1].number if len(entries) == limit else max(last, place)
        complete = after is None or event_log.is_complete_after(work, place)
        return EventLog([_logged(work, each) for each in entries], str(reached), complete)

    return await context.database.read(read)


def _logged(work: Work, entry: event_log.Entry) -> LoggedEvent:
    event = event_log.event_of(work, entry)
    if event is None:
        return LoggedEvent(id=str(entry.number), type=entry.type, at=entry.at, station=entry.station)
    words = event_log.words_of(event)
    if "session" in words:
        words["session"] = session_form(words["session"])
    return LoggedEvent(id=str(entry.number), **words)


router = Router("/", route_handlers=[listen_to_events, list_events], tags=["live"])
