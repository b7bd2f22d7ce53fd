"""Lets the figures follow the sessions."""

from __future__ import annotations

from stationmaster.domain.figures import following, gathering
from stationmaster.domain.timers import every
from stationmaster.storage import Database


@every(seconds=2, once=True, timeout_s=600.0)
async def follow_sessions(database: Database) -> None:
    """Sessions that have changed, some at a time, until none is left."""
    while True:
        due = await database.read(following.due)
        if not due.marks:
            return
        now = await database.read(gathering.of_keys, due.sessions)
        await database.write_apart(following.follow, due.marks, now)
        if len(due.marks) < following.AT_ONCE:
            return
