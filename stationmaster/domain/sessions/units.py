"""Readings in a unit that nobody knows: they are kept and never billed, and the session says so."""

from __future__ import annotations

from sqlalchemy import select, update

from stationmaster.domain import deviations, events
from stationmaster.domain.deviations import Seen
from stationmaster.domain.sessions import closing
from stationmaster.domain.sessions.table import SessionRow, is_open, sessions
from stationmaster.domain.stations import Station
from stationmaster.storage import Work

FLAG = "unknown_unit"


def not_read(
    work: Work, station: Station, *, session_id: int | None, transaction_id: str | None, evse: int | None
) -> None:
    """A reading of this session was told in such a unit; without its key it is the newest one with its id, or the open one there."""
    deviations.add(work, station.id, [Seen("unknown-unit", 1, 0, "the unit of a meter value")])
    mine = select(sessions).where(sessions.c.station_id == station.id)
    if session_id is not None:
        mine = mine.where(sessions.c.id == session_id)
    elif transaction_id is not None:
        mine = mine.where(sessions.c.transaction_id == transaction_id)
    else:
        mine = mine.where(sessions.c.evse == evse, is_open)
    row: SessionRow | None = work.execute(mine.order_by(sessions.c.id.desc()).limit(1)).first()
    if row is None or FLAG in (row.flags or ()):
        return
    work.execute(update(sessions).where(sessions.c.id == row.id).values(flags=[*(row.flags or ()), FLAG]))
    kind = events.SessionChanged if row.status == "active" else events.SessionCorrected
    closing.publish(work, station, kind, closing.current(work, row.id))
