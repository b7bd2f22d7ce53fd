"""Commands that await what must follow them come to an end: it has come, or its time is over. On several nodes, by whichever is first."""

from __future__ import annotations

from stationmaster.domain import commands
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
