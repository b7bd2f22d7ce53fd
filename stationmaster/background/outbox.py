"""Delivers what must not be lost, with retries; one bad row does not hold up the others."""

from __future__ import annotations

import structlog

from stationmaster.domain import outbox
from stationmaster.domain.timers import every
from stationmaster.storage import Database, StorageUnavailable

log = structlog.get_logger()


@every(seconds=1)
async def run_reactions(database: Database) -> None:
    """What is due now, and what has come meanwhile."""
    while await deliver_due(database) == outbox.AT_ONCE:
        pass


async def deliver_due(database: Database) -> int:
    """Deliver what is due now; returns how many were."""
    delivered = 0
    for row_id in await database.read(outbox.due):
        try:
            # It changes what many others change as well, and no charger is to wait for it.
            await database.write_aside(outbox.deliver, row_id)
            delivered += 1
        except StorageUnavailable:
            raise
        except Exception as error:
            log.warning("outbox.retry", row=row_id, why=repr(error))
            await database.write(outbox.failed, row_id, repr(error))
    return delivered
