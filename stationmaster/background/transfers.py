"""Updates and logs that do not end by themselves, and files that were kept for long enough."""

from __future__ import annotations

from datetime import timedelta

import structlog

from stationmaster import files as stores
from stationmaster.domain import firmware, logs
from stationmaster.domain.timers import every
from stationmaster.settings import Files, Retention
from stationmaster.storage import Database

log = structlog.get_logger()


@every(seconds=10)
async def look_after(database: Database, files: Files) -> None:
    """What chargers do not tell: a boot with the new firmware or the old one, and silence."""
    if await database.read(firmware.any_open):
        await database.write(firmware.look_after, silent=timedelta(hours=files.install_hours))
    if await database.read(logs.any_open):
        await database.write(logs.look_after)


@every(seconds=3600, once=True)
async def drop_old_logs(database: Database, folder: stores.Files, retention: Retention) -> None:
    """First the files, then what says that they are there: what is cut off in between is done the next time."""
    old = await database.read(logs.old, keep_for=timedelta(days=retention.logs_days))
    for row in old:
        if row.kept_as is not None:
            await folder.drop(row.kept_as)
    if old:
        await database.write(logs.forget, [row.id for row in old])
        log.info("logs.dropped", count=len(old))
