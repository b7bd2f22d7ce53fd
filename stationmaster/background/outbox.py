"""Delivers what must not be lost, with retries; one bad row does not hold up the others."""

from __future__ import annotations

import asyncio

import structlog

from stationmaster.domain import outbox
from stationmaster.storage import Database, StorageUnavailable

log = structlog.get_logger()
PAUSE_S = 1.0


async def run(database: Database) -> None:
    """For ever; an error of ours is logged, and the next round begins."""
    while True:
        await asyncio.sleep(PAUSE_S)
        try:
            await deliver_due(database)
        except StorageUnavailable:
            continue
        except Exception:
            log.exception("outbox.failed")


async def deliver_due(database: Database) -> int:
    """Deliver what is due now; returns how many were."""
    delivered = 0
    for row_id in await database.read(outbox.due):
        try:
            await database.write(outbox.deliver, row_id)
            delivered += 1
        except StorageUnavailable:
            raise
        except Exception as error:
            log.warning("outbox.retry", row=row_id, why=repr(error))
            await database.write(outbox.failed, row_id, repr(error))
    return delivered
