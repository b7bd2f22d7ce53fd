"""Local lists that are kept fresh are sent again when a card has changed, and whole when a charger has lost track."""

from __future__ import annotations

import asyncio

import structlog

from stationmaster.domain import local_lists
from stationmaster.domain.commands import SendLocalList
from stationmaster.domain.errors import DomainError
from stationmaster.domain.local_lists import UpToDate
from stationmaster.domain.timers import every
from stationmaster.gateway.switchboard import Switchboard
from stationmaster.storage import Database, StorageUnavailable

log = structlog.get_logger()

BY = "stationmaster"
AT_ONCE = 20


@every(seconds=30, timeout_s=600.0, for_itself=True)
async def keep_local_lists_fresh(database: Database, switchboard: Switchboard) -> None:
    """Of the chargers that are connected here."""
    connected = sorted(each.station_id for each in switchboard.connections())
    due = await database.read(local_lists.due, connected) if connected else []
    turns = asyncio.Semaphore(AT_ONCE)

    async def send(station_id: int) -> None:
        async with turns:
            try:
                await switchboard.send(station_id, SendLocalList(), by=BY)
            except UpToDate:
                await database.write(local_lists.postpone, station_id, None)
            except DomainError as error:
                await database.write(local_lists.postpone, station_id, str(error))
            except StorageUnavailable as error:
                log.info("local_list.not_sent", station_id=station_id, why=str(error))

    async with asyncio.TaskGroup() as group:
        for station_id in due:
            group.create_task(send(station_id))
