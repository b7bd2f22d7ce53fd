"""Lets the figures follow the sessions, counts days of ports that are over, and proves each night that all of it is right."""

from __future__ import annotations

from datetime import timedelta

import structlog

from stationmaster.domain.figures import availability, checking, following, gathering
from stationmaster.domain.figures.checking import Wrong
from stationmaster.domain.timers import every
from stationmaster.settings import Gateway
from stationmaster.storage import Database

log = structlog.get_logger()
PORTS_AT_ONCE = 20  # chargers


@every(seconds=2, once=True, timeout_s=600.0)
async def follow_sessions(database: Database) -> None:
    """Sessions that have changed, some at a time, until none is left; while chargers have much to say, no more than those of one look,
    unless very many wait already."""
    while True:
        due = await database.read(following.due, limit=following.AT_ONCE)
        if not due.marks:
            return
        now = await database.read(gathering.of_keys, due.sessions)
        await database.write_apart(following.follow, due.marks, now)
        if len(due.marks) < following.AT_ONCE:
            return
        if database.is_crowded and not await database.read(following.many_wait):
            return


@every(seconds=900, once=True, timeout_s=3600.0)
async def count_ports(database: Database, gateway: Gateway) -> None:
    """How much of the days that are over each port worked."""
    tolerated = timedelta(seconds=gateway.heartbeat_interval_s)
    after = 0
    while stations := await database.read(availability.due, after=after, limit=PORTS_AT_ONCE):
        days = await database.read(availability.count, stations, tolerated=tolerated)
        if days:
            await database.write_apart(availability.keep, days)
        after = stations[-1]


@every(seconds=86400, once=True, timeout_s=7200.0)
async def check_figures(database: Database) -> None:
    """What is not as the sessions say is told, and put right."""
    after = 0
    wrong = Wrong([], [])
    while keys := await database.read(checking.recent, after=after):
        wrong.sessions.extend(await database.read(checking.wrong_sessions, keys))
        after = keys[-1]
    after = 0
    while stations := await database.read(availability.due, after=after, limit=PORTS_AT_ONCE):
        for station in stations:
            if await database.read(checking.is_wrong, station):
                wrong.stations.append(station)
        after = stations[-1]
    if wrong.sessions or wrong.stations:
        log.error("figures.wrong", sessions=wrong.sessions[:20], count=len(wrong.sessions), stations=wrong.stations)
        await database.write_apart(checking.mend, wrong)
    else:
        log.info("figures.checked")
