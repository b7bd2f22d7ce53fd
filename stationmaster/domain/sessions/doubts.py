"""Sessions that may have ended without our hearing of it: which they are, and what their station says when asked (2.x: E14, TX-24)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select, update

from stationmaster.domain.sessions import closing
from stationmaster.domain.sessions.closing import Ending
from stationmaster.domain.sessions.table import SEEN_AS, is_open, sessions
from stationmaster.domain.stations import Station
from stationmaster.storage import Work
from stationmaster.storage.lists import rows_among

ASK_AGAIN_AFTER = timedelta(minutes=15)


class Doubt(NamedTuple):
    """An open session that its station should be asked about."""

    station_id: int
    session: str


def in_doubt(work: Work, connected: Mapping[int, datetime]) -> list[Doubt]:
    """The open sessions of these stations, by their id and when they connected, that may have ended unheard.

    Each that is older than the connection is asked about once; one that is suspect, or has gaps, again and again. Marks them as asked.
    """
    told = ~sessions.c.transaction_id.startswith(SEEN_AS, autoescape=True)
    found = []
    for row in rows_among(work, select(sessions).where(is_open, told), sessions.c.station_id, sorted(connected)):
        since = connected[row.station_id]
        odd = row.suspect_since is not None or row.gaps is not None
        fresh = row.asked_at is None or row.asked_at < since
        if (fresh and (odd or row.received_at < since)) or (odd and row.asked_at + ASK_AGAIN_AFTER <= work.now):
            found.append(Doubt(row.station_id, row.public_id))
            work.execute(update(sessions).where(sessions.c.id == row.id).values(asked_at=work.now))
    return found


def settle(work: Work, station: Station, transaction_id: str, *, ongoing: bool | None, queued: bool) -> bool:
    """What the station says of a transaction; whether that has ended its session, which it does as an estimate.

    While anything is queued the true end may be on its way, so it stays open (P-01).
    """
    mine = select(sessions).where(
        sessions.c.station_id == station.id, sessions.c.transaction_id == transaction_id, is_open
    )
    closed = False
    for row in work.execute(mine.order_by(sessions.c.id)).all():
        if ongoing:
            work.execute(update(sessions).where(sessions.c.id == row.id).values(suspect_since=None))
        elif ongoing is False and not queued:
            closed = closing.close(work, station, row, None, None, Ending("lost", because=("estimated",))) or closed
    return closed
