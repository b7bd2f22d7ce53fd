"""Do drivers get to charge? Attempts and visits, as case O-10 counts them. Pure but for the question at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import select

from stationmaster.domain import moments
from stationmaster.domain.figures import cells, following, gathering
from stationmaster.domain.figures.asking import PENDING, Period, Which
from stationmaster.domain.figures.cells import Facts
from stationmaster.domain.figures.tables import session_figures
from stationmaster.domain.sessions.table import sessions
from stationmaster.storage import Work

SAME_VISIT = timedelta(minutes=15)
LONGEST = timedelta(days=100)


class Attempt(NamedTuple):
    """A session, as somebody who wanted to charge sees it. `where` is its site, or its charger where that stands at none."""

    card: str | None
    where: str
    station_id: int
    evse: int | None
    began_at: datetime
    ended_at: datetime
    good: bool


Visit = Sequence[Attempt]


class Starts(NamedTuple):
    """A visit is good when one of its attempts is; troubled when another one was not; `first_try` when its first is."""

    attempts: int
    good_attempts: int
    visits: int
    good_visits: int
    troubled_visits: int
    first_try_visits: int


class PortStarts(NamedTuple):
    """A port, and the visits that failed and touched it."""

    station_id: int
    evse: int | None
    attempts: int
    good_attempts: int
    visits: int
    failed_visits: int


def visits_of(attempts: Iterable[Attempt]) -> list[Visit]:
    """Attempts of one card at one place, each no more than 15 minutes after the one before has ended. Without a card, each is one."""
    open_visits: dict[tuple[str, str], list[Attempt]] = {}
    found: list[Visit] = []
    for attempt in sorted(attempts, key=lambda attempt: (attempt.began_at, attempt.ended_at)):
        if attempt.card is not None:
            last = open_visits.get((attempt.card, attempt.where))
            if last is not None and attempt.began_at - max(each.ended_at for each in last) <= SAME_VISIT:
                last.append(attempt)
                continue
        visit = [attempt]
        found.append(visit)
        if attempt.card is not None:
            open_visits[attempt.card, attempt.where] = visit
    return found


def summed(visits: Sequence[Visit]) -> Starts:
    attempts = [attempt for visit in visits for attempt in visit]
    good = [visit for visit in visits if any(attempt.good for attempt in visit)]
    return Starts(
        attempts=len(attempts),
        good_attempts=sum(attempt.good for attempt in attempts),
        visits=len(visits),
        good_visits=len(good),
        troubled_visits=sum(not all(attempt.good for attempt in visit) for visit in good),
        first_try_visits=sum(visit[0].good for visit in visits),
    )


def by_port(visits: Sequence[Visit]) -> list[PortStarts]:
    """Each port, those with the most failed visits first."""
    attempts: Counter[tuple[int, int | None]] = Counter()
    good: Counter[tuple[int, int | None]] = Counter()
    visited: Counter[tuple[int, int | None]] = Counter()
    failed: Counter[tuple[int, int | None]] = Counter()
    for visit in visits:
        touched = {(attempt.station_id, attempt.evse) for attempt in visit}
        visited.update(touched)
        if not any(attempt.good for attempt in visit):
            failed.update(touched)
        for attempt in visit:
            attempts[attempt.station_id, attempt.evse] += 1
            good[attempt.station_id, attempt.evse] += attempt.good
    ports = sorted(visited, key=lambda port: (-failed[port], -visited[port], port[0], port[1] or 0))
    return [PortStarts(*port, attempts[port], good[port], visited[port], failed[port]) for port in ports]


def attempts_of(work: Work, organization_id: int, of: Period, among: Which) -> list[Attempt]:
    """The sessions that count on these local days."""
    table = session_figures.c
    # A day begins and ends elsewhere up to fourteen hours earlier or later.
    first, after = (cells.midnight(day, moments.zone_named(None)) for day in of)
    said = (table.station_id, table.site_id, table.time_zone, table.began_at, table.ended_at, table.good)
    mine = select(table.session_id, *said, sessions.c.token_key, sessions.c.evse)
    mine = mine.join(sessions, sessions.c.id == table.session_id).where(
        table.organization_id == organization_id,
        table.ended_at >= first - timedelta(hours=15),
        table.ended_at < after + timedelta(hours=15),
    )
    mine = among.narrowed(mine, site=table.site_id, station=table.station_id)
    changed = _pending(work, organization_id)
    found: list[list[Any]] = [list(row[1:]) for row in work.execute(mine) if row.session_id not in changed]
    named = select(sessions.c.id, sessions.c.token_key, sessions.c.evse)
    for row in work.execute(named.where(sessions.c.id.in_(list(changed)))) if changed else ():
        facts = changed[row.id]
        if facts is not None and among.has(facts.site_id, facts.station_id):
            found.append([*(getattr(facts, column.key) for column in said), row.token_key, row.evse])
    bounds: dict[str, tuple[datetime, datetime]] = {}
    attempts = []
    for station_id, site_id, time_zone, began_at, ended_at, good, card, evse in found:
        if time_zone not in bounds:
            zone = moments.zone_named(time_zone)
            bounds[time_zone] = cells.midnight(of.first, zone), cells.midnight(of.after, zone)
        begin, end = bounds[time_zone]
        if begin <= ended_at < end:
            where = f"site {site_id}" if site_id else f"charger {station_id}"
            attempts.append(Attempt(card, where, station_id, evse, began_at, ended_at, good))
    return attempts


def _pending(work: Work, organization_id: int) -> dict[int, Facts | None]:
    marked = following.due(work, organization_id, limit=PENDING)
    return gathering.of_keys(work, marked.sessions) if marked.sessions else {}
