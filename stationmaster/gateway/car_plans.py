"""A car that has told its needs gets its profile (K15.FR.07), and again when its own plan has gone beyond that (K15.FR.13)."""

from __future__ import annotations

from functools import partial

import structlog

from stationmaster.domain import car_plans
from stationmaster.domain.commands import SetChargingProfile
from stationmaster.domain.errors import DomainError
from stationmaster.domain.timers import every
from stationmaster.gateway.directory import Directory, Entry
from stationmaster.gateway.errands import Errands
from stationmaster.gateway.switchboard import Switchboard
from stationmaster.storage import Database, StorageUnavailable

log = structlog.get_logger()


@every(seconds=1, for_itself=True)
async def send_cars_their_profiles(
    database: Database, directory: Directory, switchboard: Switchboard, errands: Errands
) -> None:
    """Those at chargers that are connected here: one offer after the other at an EVSE, and no EVSE waits for another."""

    async def send(entry: Entry, evse: int) -> None:
        try:
            profile = await database.write(car_plans.take, entry.station, evse)
            if profile is not None:
                await switchboard.send(entry.station.id, SetChargingProfile(profile, evse), by=car_plans.BY)
        except (DomainError, StorageUnavailable) as error:
            log.info("car.not_planned_for", station=entry.station.identity, evse=evse, why=str(error))

    for car in await database.read(car_plans.waiting):
        entry = directory.get(car.station_id)
        if entry is not None and entry.connection is not None:
            errands.begin(("profile for a car", *car), partial(send, entry, car.evse))
