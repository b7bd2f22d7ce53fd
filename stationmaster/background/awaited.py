"""What waits comes to an end: commands whose time is over, or for which it has come what must follow them, and reservations that
nobody has used. On several nodes, by whichever is first."""

from __future__ import annotations

from stationmaster.domain import commands, reservations
from stationmaster.domain.timers import every
from stationmaster.storage import Database


@every(seconds=2)
async def end_awaiting(database: Database) -> None:
    """Who has waited for long enough."""
    await once(database)


async def once(database: Database) -> None:
    """Look, and write only when something is awaited."""
    if await database.read(commands.are_awaiting):
        await database.write(commands.expire)


@every(seconds=10)
async def end_reservations(database: Database) -> None:
    """Reservations whose time is over, whatever their charger says."""
    if await database.read(reservations.are_due):
        await database.write(reservations.expire)
