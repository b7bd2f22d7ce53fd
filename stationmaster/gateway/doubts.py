"""Sessions in doubt are asked about: a 2.x charger knows whether a transaction goes on, and whether it has yet to tell of it (TX-24)."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog

from stationmaster.domain import sessions
from stationmaster.domain.commands import CheckSession
from stationmaster.domain.errors import DomainError
from stationmaster.domain.sessions.doubts import Doubt
from stationmaster.domain.timers import every
from stationmaster.gateway.switchboard import Switchboard
from stationmaster.storage import Database, StorageUnavailable

log = structlog.get_logger()

BY = "stationmaster"
SETTLED_AFTER = timedelta(seconds=60)  # a charger that has just come back tells what it has queued first
AT_ONCE = 20


@every(seconds=60, timeout_s=600.0, for_itself=True)
async def ask_about_sessions_in_doubt(database: Database, switchboard: Switchboard) -> None:
    """Of the chargers that are connected here."""
    await ask_about(database, switchboard, settled_after=SETTLED_AFTER)


async def ask_about(database: Database, switchboard: Switchboard, *, settled_after: timedelta) -> None:
    settled = database.clock() - settled_after
    connected = {
        each.station_id: each.connected_at
        for each in switchboard.connections()
        if each.version != "1.6" and each.connected_at <= settled
    }
    if not connected:
        return
    turns = asyncio.Semaphore(AT_ONCE)

    async def ask(doubt: Doubt) -> None:
        async with turns:
            try:
                await switchboard.send(doubt.station_id, CheckSession(doubt.session), by=BY)
            except (DomainError, StorageUnavailable) as error:
                log.info("session.not_asked_about", session=doubt.session, why=str(error))

    async with asyncio.TaskGroup() as group:
        for doubt in await database.write(sessions.in_doubt, connected):
            group.create_task(ask(doubt))
