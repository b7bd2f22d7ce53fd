"""Who has been gone for longer than the grace period is reported offline; on several nodes, by whichever is first."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog

from stationmaster.domain import connections
from stationmaster.storage import Database, StorageUnavailable

log = structlog.get_logger()
EVERY_S = 2.0


async def run(database: Database, *, offline_after_s: float) -> None:
    """For ever, every two seconds."""
    while True:
        await asyncio.sleep(EVERY_S)
        try:
            await once(database, after=timedelta(seconds=offline_after_s))
        except StorageUnavailable:
            continue
        except Exception:
            log.exception("presence.failed")


async def once(database: Database, *, after: timedelta) -> None:
    """Look, and write only when there is something to tell."""
    if await database.read(connections.are_overdue, after=after):
        for station in await database.write_apart(connections.offline, after=after):
            log.info("station.offline", station=station)
