"""A car that has told its needs gets its profile (K15.FR.07), and again when its own plan has gone beyond that (K15.FR.13)."""

from __future__ import annotations

import asyncio

import structlog

from stationmaster.domain import car_plans
from stationmaster.domain.car_plans import Waiting
from stationmaster.domain.commands import SetChargingProfile
from stationmaster.domain.errors import DomainError
from stationmaster.domain.timers import every
from stationmaster.gateway.directory import Directory
from stationmaster.gateway.switchboard import Switchboard
from stationmaster.storage import Database, StorageUnavailable

log = structlog.get_logger()


@every(seconds=1, timeout_s=600.0)
async def send_cars_their_profiles(database: Database, directory: Directory, switchboard: Switchboard) -> None:
    """Those at chargers that are connected here."""

    async def send(car: Waiting) -> None:
        entry = directory.get(car.station_id)
        if entry is None or entry.connection is None:
            return
        try:
            profile = await database.write(car_plans.take, entry.station, car.evse)
            if profile is not None:
                await switchboard.send(car.station_id, SetChargingProfile(profile, car.evse), by=car_plans.BY)
        except (DomainError, StorageUnavailable) as error:
            log.info("car.not_planned_for", station=entry.station.identity, evse=car.evse, why=str(error))

    waiting = await database.read(car_plans.waiting)
    async with asyncio.TaskGroup() as group:
        for car in waiting:
            group.create_task(send(car))
