"""Commands that await what must follow them come to an end: it has come, or its time is over. On several nodes, by whichever is first."""

from __future__ import annotations

import asyncio

import structlog

from stationmaster.domain import commands
from stationmaster.storage import Database, StorageUnavailable

log = structlog.get_logger()
EVERY_S = 2.0


async def run(database: Database) -> None:
    """For ever, every two seconds."""
    while True:
        await asyncio.sleep(EVERY_S)
        try:
            await once(database)
        except StorageUnavailable:
            continue
        except Exception:
            log.exception("awaited.failed")


async def once(database: Database) -> None:
    """Look, and write only when something is awaited."""
    if await database.read(commands.are_awaiting):
        await database.write(commands.expire)
