"""What a station says of a transaction, and the session that it is said of; the usual word that it goes on, in one statement."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec
from sqlalchemy import Integer, Text, bindparam, or_, update

from stationmaster.domain.energy import Point
from stationmaster.domain.sessions.table import is_open, sessions
from stationmaster.domain.stations import Station
from stationmaster.domain.times import Instant
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, UtcTime
from stationmaster.storage.queries import Prepared


class TransactionTold(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a station says of a transaction. Only the kind and the time are always there; everything else may come later.

    `transaction_id` is empty where the station has been given none yet (a start of 1.6), or names none. `numbered` says that
    its ids are given by us, so that one we do not know is nobody's. `reason` and `charging_state` are in our words, with the
    station's own beside. `content` is what was said, word by word, and `repeat_key` what two messages share when one
    repeats the other; `points` are the meter values that came with it and are not stored yet.
    """

    kind: Literal["started", "updated", "ended"]
    at: Instant
    transaction_id: str | None = None
    numbered: bool = False
    sequence: int | None = None
    evse: int | None = None
    connector: int | None = None
    token: str | None = None
    authorization: str | None = None
    meter_wh: Decimal | None = None
    offline: bool = False
    reason: str | None = None
    reason_told: str | None = None
    charging_state: str | None = None
    charging_state_told: str | None = None
    reservation_id: int | None = None
    remote_start_id: int | None = None
    content: str = ""
    repeat_key: str = ""
    points: tuple[Point, ...] = ()


class Found(msgspec.Struct, frozen=True, gc=False):
    """The session that something was told of."""

    session_id: int
    public_id: str
    transaction_id: str
    evse: int | None
    again: bool = False
    """The number of this event was told before: it is a repeat, or another one under the same number."""


_evse, _connector = bindparam("of_evse", type_=Integer), bindparam("of_connector", type_=Integer)
_state = bindparam("of_state", type_=Text)
_going_on = Prepared(
    update(sessions)
    .where(
        sessions.c.transaction_id == bindparam("of_transaction"),
        sessions.c.station_id == bindparam("of_station"),
        sessions.c.sequence == bindparam("before", type_=BigInt),
        sessions.c.started_at <= bindparam("told_at", type_=UtcTime),
        is_open,
        sessions.c.suspect_since.is_(None),
        or_(_evse.is_(None), sessions.c.evse == _evse),
        or_(_connector.is_(None), sessions.c.connector == _connector),
        or_(_state.is_(None), sessions.c.charging_state == _state),
    )
    .values(sequence=bindparam("number", type_=BigInt))
    .returning(sessions.c.id, sessions.c.public_id, sessions.c.evse)
)


def goes_on(work: Work, station: Station, told: TransactionTold) -> Found | None:
    """Nothing new but the next number: what a charger tells every minute, in one statement. None when there is more to it."""
    if (
        told.sequence is None
        or told.transaction_id is None
        or told.token is not None
        or told.remote_start_id is not None
        or told.reservation_id is not None
    ):
        return None
    if not told.at.believable:
        return None
    row = work.first(
        _going_on,
        of_transaction=told.transaction_id,
        of_station=station.id,
        before=told.sequence - 1,
        number=told.sequence,
        told_at=told.at.at,
        of_evse=told.evse,
        of_connector=told.connector,
        of_state=told.charging_state,
    )
    return None if row is None else Found(row.id, row.public_id, told.transaction_id, row.evse)
