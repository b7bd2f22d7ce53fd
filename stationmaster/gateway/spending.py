"""Sessions for which there is only so much are looked after, and ended in time (M-17, M-21)."""

from __future__ import annotations

from functools import partial

import structlog

from stationmaster.domain import session_limits
from stationmaster.domain.commands import RemoteStop
from stationmaster.domain.errors import DomainError
from stationmaster.domain.session_limits import Ending
from stationmaster.domain.timers import every
from stationmaster.gateway.errands import Errands
from stationmaster.gateway.switchboard import Switchboard
from stationmaster.storage import Database, StorageUnavailable

log = structlog.get_logger()

BY = "stationmaster"


@every(seconds=5, once=True)
async def look_after_sessions(database: Database, switchboard: Switchboard, errands: Errands) -> None:
    """On one node at a time; chargers of other nodes are asked over there."""

    async def end(ending: Ending) -> None:
        try:
            await switchboard.send(ending.station_id, RemoteStop(session=ending.session), by=BY)
        except (DomainError, StorageUnavailable) as error:  # it is asked again
            log.info("session.not_ended", session=ending.session, because=ending.because, why=str(error))

    for ending in await look(database):
        errands.begin(("end of a session", ending.session), partial(end, ending))


async def look(database: Database) -> list[Ending]:
    """Look at what is due; the sessions that are to be ended."""
    if not (due := await database.read(session_limits.due)):
        return []
    return await database.write_apart(session_limits.note, await database.read(session_limits.look, due))
