"""What has to be done from time to time."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog

from stationmaster.domain import audit, message_log, outbox, sessions
from stationmaster.settings import Settings
from stationmaster.storage import Database, StorageUnavailable

log = structlog.get_logger()
EVERY_S = 60.0
OUTBOX_LATE = timedelta(seconds=60)


async def run(database: Database, settings: Settings) -> None:
    """For ever, once a minute."""
    while True:
        await asyncio.sleep(EVERY_S)
        try:
            await once(database, settings)
        except StorageUnavailable:
            continue
        except Exception:
            log.exception("timers.failed")


async def once(database: Database, settings: Settings) -> None:
    """Close sessions that nobody ends, drop old frames, see whether the outbox is emptied."""
    closed = await database.write(sessions.close_zombies, after=timedelta(hours=settings.sessions.suspect_close_h))
    closed += await database.write(
        sessions.watch,
        review_after=timedelta(hours=settings.sessions.silent_review_h),
        close_after=timedelta(days=settings.sessions.silent_close_days),
    )
    if closed:
        log.info("sessions.closed", count=closed)
    kept = timedelta(days=settings.retention.messages_days)
    while await database.write(message_log.drop_older, than=kept) == message_log.DROPPED_AT_ONCE:
        pass  # in small units, so that no charger waits for it
    audited = timedelta(days=settings.retention.audit_days)
    while await database.write(audit.drop_older, than=audited) == audit.DROPPED_AT_ONCE:
        pass
    lag = await database.read(outbox.lag)
    if lag > OUTBOX_LATE:
        log.error("outbox.late", seconds=int(lag.total_seconds()))
