"""Sessions for which there is only so much are looked after, and ended in time (M-17, M-21); and what they cost is shown."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from functools import partial

import structlog

from stationmaster.domain import session_limits, shown_costs, shown_prices
from stationmaster.domain.commands import RemoteStop
from stationmaster.domain.deliveries import delivers
from stationmaster.domain.errors import DomainError
from stationmaster.domain.events import BillMade, PriceWanted
from stationmaster.domain.session_limits import Ending
from stationmaster.domain.shown_costs import Shown
from stationmaster.domain.timers import every
from stationmaster.gateway.errands import Errands
from stationmaster.gateway.switchboard import Switchboard
from stationmaster.outside import Outside
from stationmaster.storage import Database, StorageUnavailable

log = structlog.get_logger()

BY = "stationmaster"


@every(seconds=5, once=True)
async def look_after_sessions(database: Database, switchboard: Switchboard, errands: Errands) -> None:
    """On one node at a time; chargers of other nodes are asked over there."""

    async def end(ending: Ending) -> None:
        try:
            await switchboard.send(ending.station_id, RemoteStop(session=ending.session), by=BY)
        except (DomainError, StorageUnavailable) as error:  # it is asked again
            log.info("session.not_ended", session=ending.session, because=ending.because, why=str(error))

    for ending in await look(database):
        errands.begin(("end of a session", ending.session), partial(end, ending))


@every(seconds=60, for_itself=True)
async def show_costs(database: Database, switchboard: Switchboard, errands: Errands) -> None:
    """Chargers that are connected here show what their sessions cost so far, where their settings say that they can."""
    versions = {each.station_id: each.version for each in switchboard.connections()}

    async def show(shown: Shown) -> None:
        try:
            await switchboard.send(shown.station_id, shown.command, by=BY)
        except (DomainError, StorageUnavailable) as error:
            log.info("session.cost_not_shown", session=shown.command.session, why=str(error))

    for shown in await database.read(shown_costs.due, versions) if versions else ():
        errands.begin(("cost of a session", shown.command.session), partial(show, shown))


@delivers(to=lambda event: [event.session], timeout_s=60, give_up_after=timedelta(minutes=2))
async def show_final_cost(outside: Outside, event: BillMade, switchboard: Switchboard) -> None:
    """What a session has cost in the end, where its charger shows costs and is of 1.6."""
    shown = await outside.database.read(shown_costs.final, event.session)
    if shown is not None:
        with contextlib.suppress(DomainError):
            await switchboard.send(shown.station_id, shown.command, by=BY)


@delivers(to=lambda event: [str(event.station_id)], timeout_s=60, give_up_after=timedelta(minutes=2))
async def show_price(outside: Outside, event: PriceWanted, switchboard: Switchboard) -> None:
    """What charging costs whoever has shown a card, where its charger shows prices and is of 1.6."""
    shown = await outside.database.read(shown_prices.wanted, event)
    if shown is not None:
        with contextlib.suppress(DomainError):
            await switchboard.send(shown.station_id, shown.command, by=BY)


async def look(database: Database) -> list[Ending]:
    """Look at what is due; the sessions that are to be ended."""
    if not (due := await database.read(session_limits.due)):
        return []
    looks = await database.read(session_limits.look, due)
    # Each that books in a transaction of its own, so that nobody waits in a circle for the accounts of several customers.
    endings = await database.write_apart(session_limits.note, [each for each in looks if each.wanted is None])
    for each in looks:
        if each.wanted is not None:
            endings += await database.write_apart(session_limits.note, [each])
    return endings
