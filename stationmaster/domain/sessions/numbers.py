"""Two events of a transaction under one number (TX-21): the same again changes nothing; of two that differ both are kept, with a flag.

Nothing is written down for each event, because that would cost as much as the event itself. What tells a repeat from another
event is what both leave behind: their readings, the end, the start, and the newest state.
"""

from __future__ import annotations

from sqlalchemy import update

from stationmaster.domain import events
from stationmaster.domain.sessions import closing
from stationmaster.domain.sessions.table import SessionRow, sessions
from stationmaster.domain.sessions.transaction import TransactionTold
from stationmaster.domain.stations import Station
from stationmaster.storage import Work

FLAG = "number_again"


def is_other(row: SessionRow, told: TransactionTold) -> bool:
    """Whether an event whose number was told before is another one, as far as the session shows it; its readings may show more."""
    if told.kind == "updated":
        return told.sequence == row.sequence and told.charging_state not in (None, row.charging_state)
    return told.kind == "ended" or "no_start" in (row.flags or ())  # a repeat of these is found before


def flag_number_again(work: Work, station: Station, session_id: int) -> None:
    """Its readings have shown that it is another one: a person sees that it was so."""
    row = closing.current(work, session_id)
    if FLAG in (row.flags or ()):
        return
    work.execute(update(sessions).where(sessions.c.id == session_id).values(flags=[*(row.flags or ()), FLAG]))
    closing.publish(work, station, events.SessionChanged, closing.current(work, session_id))
