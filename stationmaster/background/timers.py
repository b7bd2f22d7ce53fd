"""What has to be done from time to time."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog

from stationmaster.domain import message_log, sessions
from stationmaster.settings import Settings
from stationmaster.storage import Database, StorageUnavailable

log = structlog.get_logger()
EVERY_S = 60.0


async def run(database: Database, settings: Settings) -> None:
    """For ever, once a minute: close zombie sessions, drop old frames."""
    while True:
        await asyncio.sleep(EVERY_S)
        try:
            closed = await database.write(sessions.close_zombies)
            if closed:
                log.info("sessions.zombies_closed", count=closed)
            await database.write(message_log.drop_older, than=timedelta(days=settings.retention.messages_days))
        except StorageUnavailable:
            continue
        except Exception:
            log.exception("timers.failed")
