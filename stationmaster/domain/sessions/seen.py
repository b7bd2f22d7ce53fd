"""Sessions that no charger has told of: it says that it charges, and its meter runs, but no start comes. Made here, and held for a person.

Each has a name that no charger gives, and the flag `seen`. When the real start comes late, the real session takes over what was measured.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import and_, exists, or_, select, update

from stationmaster.domain import events, metering
from stationmaster.domain.connector_states import connector_states
from stationmaster.domain.connectors import connectors
from stationmaster.domain.metering import MeterValueRow, meter_values
from stationmaster.domain.sessions import closing, told
from stationmaster.domain.sessions.closing import Ending
from stationmaster.domain.sessions.table import SEEN, SEEN_AS, ListedRow, SessionRow, is_held, is_open, sessions
from stationmaster.domain.sessions.transaction import TransactionTold
from stationmaster.domain.stations import Station, stations
from stationmaster.domain.times import Instant
from stationmaster.storage import Work
from stationmaster.storage.queries import not_deleted

AFTER = timedelta(minutes=3)  # so long may a start be on its way
FLOWING_W, RISEN_WH = 500, 100  # less may be a charger that measures itself
AT_ONCE = 100
NEWEST = 200  # of those that wait for a person: a charger that has kept a start for longer is rare
_AT_WORK = 10_000  # keys; where several write at once, what is told later may have a smaller one
_LOOKED_AT = 50  # values of a charger, the newest first
_CONNECTORS = 1000  # that charge or are occupied without a session, the newest first: many a car stays when it is full
_CHARGING = ("charging", "occupied")  # in 2.x the connector does not say more
_GOES_ON = (*_CHARGING, "suspended_ev", "suspended_evse", "preparing")


class Place(NamedTuple):
    """A connector where something is charged that nobody has told of, and what was measured of it; the oldest value first."""

    station: Station
    evse: int
    connector: int
    began: Instant
    values: list[MeterValueRow]


def unheard(work: Work, *, after: timedelta = AFTER) -> list[Place]:
    """Where a charger charges without having told of a session. Only reads, so that it costs no writer."""
    # One whose EVSE has not been told yet (2.x, by card first) may be the one that charges here.
    here = or_(sessions.c.evse == connectors.c.evse, sessions.c.evse.is_(None))
    told_of = exists().where(sessions.c.station_id == connectors.c.station_id, here, is_open)
    charging = (
        select(connectors, stations.c.identity, stations.c.organization_id)
        .join(stations, stations.c.id == connectors.c.station_id)
        .where(connectors.c.state.in_(_CHARGING), connectors.c.evse > 0, connectors.c.since <= work.now - after)
        .where(~told_of, not_deleted(stations))
        .order_by(connectors.c.since.desc())
        .limit(_CONNECTORS)
    )
    found: list[Place] = []
    for row in work.execute(charging).all():
        newest = metering.orphans(work, row.station_id, limit=_LOOKED_AT, cursor=None)
        values = [each for each in reversed(newest) if each.evse == row.evse and each.taken_at >= row.since]
        if is_flowing(values) and not _has_ended(work, row.station_id, row.evse, since=row.since):
            station = Station(row.station_id, row.identity, row.organization_id, "", "accepted", True)
            found.append(Place(station, row.evse, row.number, Instant(row.since), values))
    return found[:AT_ONCE]


def _has_ended(work: Work, station_id: int, evse: int, *, since: datetime) -> bool:
    """What is measured after an end belongs to no new session (a late value, or a charger that is slow to say that it is free).

    Asked last, of the few where something flows: no index tells when the sessions of a charger ended.
    """
    mine = sessions.c.station_id == station_id, sessions.c.evse == evse, sessions.c.stop_received_at >= since
    return work.execute(select(sessions.c.id).where(*mine).order_by(sessions.c.id.desc()).limit(1)).first() is not None


def is_flowing(values: list[MeterValueRow]) -> bool:
    """Whether a car is charged: twice with power, or the register has risen."""
    powers = [each.power_w for each in values if each.power_w is not None and each.power_w >= FLOWING_W]
    registers = [each.energy_wh for each in values if each.energy_wh is not None]
    return len(powers) >= 2 or (len(registers) >= 2 and registers[-1] - registers[0] >= RISEN_WH)


def begin(work: Work, places: list[Place]) -> int:
    """Make their sessions; how many. One that was told of meanwhile is left alone."""
    begun = 0
    for place in places:
        station, evse = place.station, place.evse
        opened = select(sessions.c.id).where(sessions.c.station_id == station.id, sessions.c.evse == evse, is_open)
        if work.execute(opened.limit(1)).first() is not None:
            continue
        start = TransactionTold(
            kind="updated",  # no start was told, and that is what it says
            at=place.began,
            transaction_id=SEEN_AS + secrets.token_hex(8),
            evse=evse,
            connector=place.connector,
        )
        made = told.tell(work, station, start)
        assert made is not None
        registers: list[Decimal] = [each.energy_wh for each in place.values if each.energy_wh is not None]
        values = {"flags": ["no_start", SEEN], "review": True, "meter_start_wh": registers[0] if registers else None}
        work.execute(update(sessions).where(sessions.c.id == made.session_id).values(**values))
        _take(work, made.session_id, place.values)
        closing.publish(work, station, events.SessionChanged, closing.current(work, made.session_id))
        begun += 1
    return begun


def followed(work: Work, *, newest: int = NEWEST) -> list[int]:
    """The sessions that were seen and may change by now: all that go on, and of those that wait for a person (the newest) the ones
    that a real start came for. Only reads, and only what is open or held."""
    mine = select(sessions).where(sessions.c.transaction_id.startswith(SEEN_AS, autoescape=True))
    going_on = work.execute(mine.where(is_open)).all()
    waiting = work.execute(mine.where(is_held, ~is_open).order_by(sessions.c.id.desc()).limit(newest)).all()
    return [row.id for row in (*going_on, *(row for row in waiting if _real(work, row) is not None))]


def follow(work: Work, keys: Sequence[int]) -> int:
    """Join these with the real one where that was told of after all, and end them where their connector is free; how many."""
    joined = select(sessions, stations.c.identity.label("station"))
    joined = joined.join(stations, stations.c.id == sessions.c.station_id)
    rows = work.execute(joined.where(sessions.c.id.in_(keys), or_(is_open, is_held)).order_by(sessions.c.id)).all()
    return sum(_follow(work, row) for row in rows)


def _follow(work: Work, row: ListedRow) -> bool:
    station = Station(row.station_id, row.station, row.organization_id, "", "accepted", True)
    real = _real(work, row)
    if real is not None:
        _join(work, station, row, real)
        return True
    if row.status != "active":
        return False
    newest = metering.orphans(work, row.station_id, limit=_LOOKED_AT, cursor=None)
    _take(work, row.id, [each for each in newest if each.evse == row.evse and each.taken_at >= row.started_at])
    left = _left(work, row)
    return left is not None and closing.close(work, station, row, left, None, Ending("lost", because=("estimated",)))


def _take(work: Work, session_id: int, values: list[MeterValueRow]) -> None:
    """These values have found no other session."""
    if values:
        ids = [each.id for each in values]
        work.execute(update(meter_values).where(meter_values.c.id.in_(ids)).values(session_id=session_id))


def _real(work: Work, seen: SessionRow) -> SessionRow | None:
    """The session that the charger has told of after all, of the same car: between the two the connector was never free."""
    same = (sessions.c.station_id == seen.station_id, sessions.c.evse == seen.evse)
    told_of = ~sessions.c.transaction_id.startswith(SEEN_AS, autoescape=True)
    there = and_(
        sessions.c.id > seen.id - _AT_WORK,
        sessions.c.status.in_(("active", "completed")),
        sessions.c.received_at >= seen.received_at,
        or_(sessions.c.stopped_at.is_(None), sessions.c.stopped_at > seen.started_at),
    )
    found = select(sessions).where(*same, told_of, there).order_by(sessions.c.id).limit(1)
    real: SessionRow | None = work.execute(found).one_or_none()
    if real is None or _was_free(work, seen, real):
        return None
    return real


def _was_free(work: Work, seen: SessionRow, real: SessionRow) -> bool:
    """Whether another car may have come in between."""
    if real.started_at <= seen.started_at:
        return False
    between = select(connector_states.c.id).where(
        connector_states.c.station_id == seen.station_id,
        connector_states.c.evse == seen.evse,
        connector_states.c.since > seen.started_at,
        connector_states.c.since <= real.started_at,
        connector_states.c.state.not_in(_GOES_ON),
    )
    return work.execute(between.limit(1)).first() is not None


def _join(work: Work, station: Station, seen: ListedRow, real: SessionRow) -> None:
    metering.move(work, seen.id, real.id, since=seen.started_at - timedelta(days=1))  # all that it has
    closing.cancel(work, station, seen, because="joined")
    if real.suspect_since is not None and real.status == "active":
        work.execute(update(sessions).where(sessions.c.id == real.id).values(suspect_since=None))
    if real.status == "completed":
        closing.recompute(work, station, closing.current(work, real.id))


def _left(work: Work, row: ListedRow) -> Instant | None:
    """Since when its connector charges no more; None while it does."""
    here = [connectors.c.station_id == row.station_id, connectors.c.evse == row.evse]
    if row.connector is not None:
        here.append(connectors.c.number == row.connector)
    for found in work.execute(select(connectors.c.state, connectors.c.since).where(*here)).all():
        if found.state not in _GOES_ON and found.state != "unknown":
            return Instant(found.since)
    return None
