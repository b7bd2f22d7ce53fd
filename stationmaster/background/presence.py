"""Who has been gone for longer than the grace period is reported offline; on several nodes, by whichever is first."""

from __future__ import annotations

from datetime import timedelta

import structlog

from stationmaster.domain import connections
from stationmaster.domain.timers import every
from stationmaster.settings import Gateway
from stationmaster.storage import Database

log = structlog.get_logger()


@every(seconds=2)
async def report_offline(database: Database, gateway: Gateway) -> None:
    """Who is gone for too long."""
    await once(database, after=timedelta(seconds=gateway.offline_after_s))


async def once(database: Database, *, after: timedelta) -> None:
    """Look, and write only when there is something to tell."""
    if await database.read(connections.are_overdue, after=after):
        for station in await database.write_apart(connections.offline, after=after):
            log.info("station.offline", station=station)
