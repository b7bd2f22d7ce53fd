"""Chargers that have started or ended an update, and have not told of their connectors since, are asked for them."""

from __future__ import annotations

import asyncio

import structlog

from stationmaster.domain import silent_connectors
from stationmaster.domain.commands import TriggerMessage
from stationmaster.domain.errors import DomainError
from stationmaster.domain.timers import every
from stationmaster.gateway.switchboard import Switchboard
from stationmaster.storage import Database, StorageUnavailable

log = structlog.get_logger()

AT_ONCE = 20


@every(seconds=60, timeout_s=600.0, for_itself=True)
async def ask_for_statuses(database: Database, switchboard: Switchboard) -> None:
    """Of the chargers that are connected here."""
    connected = [each.station_id for each in switchboard.connections()]
    turns = asyncio.Semaphore(AT_ONCE)

    async def ask(station_id: int) -> None:
        async with turns:
            try:
                trigger = TriggerMessage(message="StatusNotification")
                await switchboard.send(station_id, trigger, by=silent_connectors.BY)
            except (DomainError, StorageUnavailable) as error:
                log.info("status.not_asked_for", station_id=station_id, why=str(error))

    async with asyncio.TaskGroup() as group:
        for station_id in await database.read(silent_connectors.to_ask, connected) if connected else ():
            group.create_task(ask(station_id))
