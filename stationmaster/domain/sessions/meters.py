"""A charger says that its meter is broken: a person is told, and the sessions that it measures just then are held for a look."""

from __future__ import annotations

from sqlalchemy import select, update

from stationmaster.domain import alarms, events
from stationmaster.domain.sessions import closing
from stationmaster.domain.sessions.table import METER_FAULT, is_open, sessions
from stationmaster.domain.stations import Station
from stationmaster.storage import Work


def meter_failed(work: Work, station: Station, *, evse: int, told: str) -> None:
    """The meter of this EVSE, or with 0 that of the whole charger; `told` is what the charger calls it."""
    where = f" of EVSE {evse}" if evse else ""
    alarms.raise_alarm(work, station, kind=METER_FAULT, detail=f"It says that the meter{where} has a fault: {told}")
    mine = select(sessions).where(sessions.c.station_id == station.id, is_open)
    if evse:
        mine = mine.where(sessions.c.evse == evse)
    for row in work.execute(mine).all():
        if METER_FAULT not in (row.flags or ()):
            flags = [*(row.flags or ()), METER_FAULT]
            work.execute(update(sessions).where(sessions.c.id == row.id).values(flags=flags))
            closing.publish(work, station, events.SessionChanged, closing.current(work, row.id))
