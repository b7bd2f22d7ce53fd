"""Starts and stops chargers for guests, and releases their cables; what comes of it is seen by the clock."""

from __future__ import annotations

import contextlib
from datetime import timedelta

from stationmaster.domain import commands, session_limits
from stationmaster.domain.deliveries import delivers
from stationmaster.domain.errors import DomainError
from stationmaster.domain.guests import afterwards, visits
from stationmaster.domain.guests import settling as settling  # for what it reacts to
from stationmaster.domain.guests.afterwards import CableFree
from stationmaster.domain.guests.visits import GuestPays, GuestReady, GuestStops
from stationmaster.domain.session_limits import LimitRaised
from stationmaster.domain.timers import every
from stationmaster.gateway.switchboard import Switchboard
from stationmaster.outside import Outside
from stationmaster.storage import Database


@delivers(to=lambda event: [event.visit], timeout_s=60, give_up_after=timedelta(seconds=30))
async def tell_charger(outside: Outside, event: GuestPays, switchboard: Switchboard) -> None:
    """That somebody pays on the web, where the charger has a word for that (2.1); any other need not know."""
    told = await outside.database.read(visits.to_tell, event.visit)
    if told is not None:
        station_id, command = told
        with contextlib.suppress(DomainError):
            await switchboard.send(station_id, command, by=visits.asker(event.visit))


@delivers(to=lambda event: [event.visit], timeout_s=120, give_up_after=timedelta(minutes=10))
async def start_guest(outside: Outside, event: GuestReady, switchboard: Switchboard) -> None:
    """Ask the charger to start, once. Where it cannot be asked, what is held is released."""
    start = await outside.database.read(visits.to_start, event.visit)
    if start is None:
        return
    try:
        await switchboard.send(start.station_id, start.command, by=visits.asker(event.visit))
    except DomainError as error:
        await outside.database.write_apart(visits.not_started, event.visit, _sentence(error))


@delivers(to=lambda event: [event.visit], timeout_s=120, give_up_after=timedelta(hours=1))
async def stop_guest(outside: Outside, event: GuestStops, switchboard: Switchboard) -> None:
    """Ask the charger to stop; it is asked again while it cannot be reached."""
    found = await outside.database.read(visits.to_stop, event.visit)
    if found is not None:
        station_id, session = found
        await switchboard.send(station_id, commands.RemoteStop(session=session), by=visits.asker(event.visit))


@delivers(to=lambda event: [event.visit], timeout_s=120, give_up_after=timedelta(hours=1))
async def release_cable(outside: Outside, event: CableFree, switchboard: Switchboard) -> None:
    """Ask the charger to release the cable; it is asked again while it cannot be reached."""
    found = await outside.database.read(afterwards.to_release, event.visit)
    if found is not None:
        station_id, command = found
        await switchboard.send(station_id, command, by=visits.asker(event.visit))


@delivers(to=lambda event: [str(event.session_key)], timeout_s=60, give_up_after=timedelta(minutes=10))
async def tell_limit(outside: Outside, event: LimitRaised, switchboard: Switchboard) -> None:
    """A limit is told with the answer to a message of the charger (2.1), so it is asked for one."""
    found = await outside.database.read(session_limits.whom_to_tell, event.session_key)
    if found is not None:
        ask = commands.TriggerMessage(message="TransactionEvent", evse=found.evse)
        with contextlib.suppress(DomainError):  # it is told with whatever it says next
            await switchboard.send(found.station_id, ask, by="stationmaster")


@every(seconds=1, once=True)
async def follow_guests(database: Database) -> None:
    """What chargers have said meanwhile to guests' visits."""
    for visit in await database.read(visits.open_ones):
        await database.write_apart(visits.step, visit)


def _sentence(error: DomainError) -> str:
    said = error.to_driver
    return f"{said[:1].upper()}{said[1:]}."
