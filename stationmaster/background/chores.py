"""What has to be done from time to time."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog

from stationmaster import memory
from stationmaster.domain import connectors, deliveries, outbox, session_limits, session_terms, sessions
from stationmaster.domain.sessions import seen
from stationmaster.domain.timers import every
from stationmaster.settings import Sessions
from stationmaster.storage import Database

log = structlog.get_logger()
LATE = timedelta(seconds=60)


@every(seconds=60)
async def close_silent(database: Database, limits: Sessions) -> None:
    """Sessions that nobody ends."""
    closed = await database.write(sessions.close_zombies, after=timedelta(hours=limits.suspect_close_h))
    closed += await database.write(
        sessions.watch,
        review_after=timedelta(hours=limits.silent_review_h),
        close_after=timedelta(days=limits.silent_close_days),
    )
    if closed:
        log.info("sessions.closed", count=closed)


@every(seconds=60, once=True)
async def see_untold_sessions(database: Database) -> None:
    """Sessions that no charger has told of: those that begin, and what becomes of them."""
    if places := await database.read(seen.unheard):
        begun = await database.write_apart(seen.begin, places)
        log.info("sessions.seen", count=begun)
    keys = await database.read(seen.followed)
    for start in range(0, len(keys), seen.AT_ONCE):
        await database.write_apart(seen.follow, keys[start : start + seen.AT_ONCE])


@every(seconds=5, once=True)
async def take_sessions_up(database: Database) -> None:
    """By which tariff those are priced that have begun, and how far they may go: not when the charger tells of them, for that must not take longer."""
    while keys := await database.read(session_terms.unfixed):
        await database.write_apart(session_limits.take_up, keys)


@every(seconds=2, once=True)
async def tell_who_stayed_free(database: Database) -> None:
    """Connectors that were to go out of service, and have not (P-12)."""
    if await database.read(connectors.is_any_withheld):
        await database.write(connectors.tell_withheld)


@every(seconds=60)
async def see_what_is_late(database: Database) -> None:
    """An outbox or a queue that nobody empties (DAT-04)."""
    for name, lag in (
        ("outbox.late", await database.read(outbox.lag)),
        ("deliveries.late", await database.read(deliveries.lag)),
    ):
        if lag > LATE:
            log.error(name, seconds=int(lag.total_seconds()))


_collector = memory.Collector()


@every(seconds=60, for_itself=True)
async def give_memory_back() -> None:
    """What queries and messages have needed for a moment."""
    await asyncio.to_thread(_collector.collect)
    await asyncio.to_thread(memory.trim)
