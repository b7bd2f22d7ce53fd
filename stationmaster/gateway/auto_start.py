"""Chargers that wait for a start from afar although a card was accepted there are started, once."""

from __future__ import annotations

import structlog

from stationmaster.domain import auto_start
from stationmaster.domain.commands import RemoteStart
from stationmaster.domain.errors import DomainError
from stationmaster.domain.timers import every
from stationmaster.gateway.switchboard import Switchboard
from stationmaster.settings import Gateway
from stationmaster.storage import Database, StorageUnavailable

log = structlog.get_logger()


@every(seconds=3, timeout_s=600.0, for_itself=True)
async def start_for_cards(database: Database, switchboard: Switchboard, gateway: Gateway) -> None:
    """Of the chargers that are connected here: who is away is not started when it comes back."""
    connected = [each.station_id for each in switchboard.connections()]
    keys = await database.read(auto_start.waiting, connected) if connected else []
    if not keys:
        return
    rules = auto_start.rules_of(gateway.auto_start, gateway.auto_start_after_s)
    for start in await database.write(auto_start.claim, keys, rules):
        try:
            await switchboard.send(start.station_id, RemoteStart(start.token, evse=start.evse), by=auto_start.BY)
        except (DomainError, StorageUnavailable) as error:
            log.info("auto_start.not_sent", station_id=start.station_id, why=str(error))


@every(seconds=60, once=True)
async def forget_cards(database: Database) -> None:
    """What was shown is kept no longer than it is good for."""
    await database.write(auto_start.forget)
