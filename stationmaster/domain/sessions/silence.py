"""Sessions whose end may never be told: the station booted or is free (TX-14), or has not been heard of for long (O-02)."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Integer, and_, bindparam, or_, select, update

from stationmaster.domain import connections, metering
from stationmaster.domain.sessions import closing
from stationmaster.domain.sessions.closing import Ending
from stationmaster.domain.sessions.table import ListedRow, is_open, sessions
from stationmaster.domain.stations import Station, stations
from stationmaster.domain.times import Instant
from stationmaster.storage import Work
from stationmaster.storage.columns import UtcTime
from stationmaster.storage.queries import Prepared

ZOMBIE_AFTER = timedelta(hours=24)  # TX-14
REVIEW_AFTER = timedelta(hours=24)
CLOSE_AFTER = timedelta(days=7)
AT_ONCE = 200  # sessions in one unit of work, so that no charger waits for it

_suspect = Prepared(
    update(sessions)
    .where(
        sessions.c.station_id == bindparam("station_id"),
        or_(bindparam("evse", type_=Integer) == 0, sessions.c.evse == bindparam("evse", type_=Integer)),
        # Of two connectors at one EVSE the one may be free while the other charges.
        or_(
            bindparam("connector", type_=Integer).is_(None),
            sessions.c.connector.is_(None),
            sessions.c.connector == bindparam("connector", type_=Integer),
        ),
        is_open,
        sessions.c.suspect_since.is_(None),
    )
    .values(suspect_since=bindparam("since", type_=UtcTime))
)


def suspect(work: Work, station: Station, *, evse: int = 0, connector: int | None = None) -> None:
    """The station booted, or says a connector is free, while a session is open there (TX-14); EVSE 0 means all.

    Nothing is closed yet: the stop may wait in the station's queue.
    """
    work.run(_suspect, station_id=station.id, evse=evse, connector=connector, since=work.now)


_overdue = Prepared(
    select(sessions, stations.c.identity.label("station"))
    .join(stations, stations.c.id == sessions.c.station_id)
    .where(is_open, sessions.c.suspect_since <= bindparam("since", type_=UtcTime))
    .limit(AT_ONCE)
)


def close_zombies(work: Work, *, after: timedelta = ZOMBIE_AFTER) -> int:
    """Close the suspects whose time is over with what is known, held for review; returns how many.

    A meter value that came after the suspicion clears it.
    """
    closed = 0
    for row in work.run(_overdue, since=work.now - after):
        last = metering.latest(work, [row.id]).get(row.id)
        if last is not None and last.received_at > row.suspect_since:
            work.execute(update(sessions).where(sessions.c.id == row.id).values(suspect_since=None))
            continue
        end = last.taken_at if last is not None else row.suspect_since
        ending = Ending("lost", because=("zombie", "estimated"))
        closed += closing.close(work, _station(row), row, Instant(end), None, ending)
    return closed


_gone = connections.connections
_rows = (
    select(sessions, stations.c.identity.label("station"))
    .join(stations, stations.c.id == sessions.c.station_id)
    .outerjoin(_gone, _gone.c.station_id == sessions.c.station_id)
    .limit(AT_ONCE)
)
# A charger that is connected is heard of; one without a row has never been.
_silent = and_(
    is_open,
    sessions.c.received_at <= bindparam("since", type_=UtcTime),
    or_(_gone.c.station_id.is_(None), _gone.c.closed_at <= bindparam("since", type_=UtcTime)),
)
_to_review = Prepared(_rows.where(_silent, sessions.c.silent_since.is_(None)))
_to_close = Prepared(_rows.where(_silent))
_back = Prepared(
    _rows.where(
        is_open, sessions.c.silent_since.is_not(None), _gone.c.station_id.is_not(None), _gone.c.closed_at.is_(None)
    )
)


def watch(work: Work, *, review_after: timedelta = REVIEW_AFTER, close_after: timedelta = CLOSE_AFTER) -> int:
    """Sessions of chargers that are not heard of: first to review, later closed as estimated; returns how many were closed.

    When the charger is back, its session is as it was.
    """
    closed = 0
    for row in work.run(_to_close, since=work.now - close_after):
        ending = Ending("silent", because=("silent", "estimated"))
        closed += closing.close(work, _station(row), row, None, None, ending)
        work.execute(update(sessions).where(sessions.c.id == row.id).values(review=True))
    for row in work.run(_to_review, since=work.now - review_after):
        flags = [*(row.flags or ()), "silent"]
        work.execute(
            update(sessions).where(sessions.c.id == row.id).values(review=True, flags=flags, silent_since=work.now)
        )
    for row in work.run(_back):
        flags = [flag for flag in row.flags or () if flag != "silent"]
        work.execute(
            update(sessions).where(sessions.c.id == row.id).values(review=False, flags=flags or None, silent_since=None)
        )
    return closed


def _station(row: ListedRow) -> Station:
    return Station(row.station_id, row.station, row.organization_id, "", "accepted", True)
