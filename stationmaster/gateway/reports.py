"""Reports that have never come whole are asked for again, once: OCPP has no way to ask for the part that was lost (P-10)."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog

from stationmaster.domain import commands
from stationmaster.domain.commands.reports import Unfinished
from stationmaster.domain.errors import DomainError
from stationmaster.domain.timers import every
from stationmaster.gateway.switchboard import Switchboard
from stationmaster.storage import Database, StorageUnavailable

log = structlog.get_logger()

QUIET_FOR = timedelta(minutes=2)  # some chargers need a minute for a part


@every(seconds=60, timeout_s=600.0, for_itself=True)
async def ask_for_reports_again(database: Database, switchboard: Switchboard) -> None:
    """Of the chargers that are connected here."""
    await ask_again(database, switchboard, quiet_for=QUIET_FOR)


async def ask_again(database: Database, switchboard: Switchboard, *, quiet_for: timedelta) -> None:
    connected = {each.station_id for each in switchboard.connections()}
    if not connected or not await database.read(commands.are_awaiting):
        return

    async def ask(lost: Unfinished) -> None:
        try:
            await switchboard.send(lost.station_id, lost.command, by=commands.AGAIN)
        except (DomainError, StorageUnavailable) as error:
            log.info("report.not_asked_for_again", station_id=lost.station_id, why=str(error))

    async with asyncio.TaskGroup() as group:
        for lost in await database.write(commands.end_unfinished, connected, quiet_for=quiet_for):
            group.create_task(ask(lost))
