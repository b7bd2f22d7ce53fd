"""What must be known when a transaction begins: a question each, because a question costs more than what it nearly always comes to."""

from __future__ import annotations

from sqlalchemy import bindparam, select, union_all

from stationmaster.domain import commands, reservations
from stationmaster.domain.sessions.table import is_open, sessions
from stationmaster.storage.columns import BigInt
from stationmaster.storage.queries import Prepared

OCCURRENCES = 20  # sessions of one transaction id that are looked at, the newest first

# A start under the station's own id (2.x): what is known of it, and what is open where it begins, in one question.
around_start = Prepared(
    union_all(
        select(
            select(sessions)
            .where(
                sessions.c.transaction_id == bindparam("transaction_id"),
                sessions.c.station_id == bindparam("station_id"),
            )
            .order_by(sessions.c.occurrence.desc())
            .limit(OCCURRENCES)
            .subquery()
        ),
        select(sessions).where(
            sessions.c.station_id == bindparam("station_id"), sessions.c.evse == bindparam("evse"), is_open
        ),
    )
)

# A start without an id (1.6): what must be known, in one question, however often it was heard before (A16).
_KNOWN = (
    sessions.c.id,
    sessions.c.public_id,
    sessions.c.transaction_id,
    sessions.c.occurrence,
    sessions.c.status,
    sessions.c.started_at,
    sessions.c.stop_key,
    sessions.c.start_key,
)
related = Prepared(
    union_all(
        select(
            select(*_KNOWN)
            .where(sessions.c.station_id == bindparam("station_id"), sessions.c.evse == bindparam("evse"), is_open)
            .order_by(sessions.c.started_at.desc())
            .limit(1)
            .subquery()
        ),
        select(
            select(*_KNOWN)
            .where(sessions.c.station_id == bindparam("station_id"), sessions.c.start_key == bindparam("start_key"))
            .order_by(sessions.c.occurrence.desc())
            .limit(1)
            .subquery()
        ),
    )
)

# Whether anybody waits for a session at this station: nearly always nobody does.
awaited = Prepared(
    select(
        commands.awaits_session(bindparam("station_id", type_=BigInt)).label("by_command"),
        reservations.any_open(bindparam("station_id", type_=BigInt)).label("by_reservation"),
    )
)
