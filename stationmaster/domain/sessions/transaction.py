"""What a station says of a transaction, and the session that it is said of; the usual word that it goes on, in one statement."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec
from sqlalchemy import Integer, Text

from stationmaster.domain.energy import Point
from stationmaster.domain.stations import Station
from stationmaster.domain.times import Instant
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, UtcTime
from stationmaster.storage.together import Part, Together


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
    customer_id: int | None = None  # the key of whose card it is
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


_GOES_ON = Together(
    """
    UPDATE sessions SET sequence = asked.number FROM asked
    WHERE sessions.transaction_id = asked.transaction_id AND sessions.station_id = asked.station_id
      AND sessions.sequence = asked.number - 1 AND sessions.started_at <= asked.told_at
      AND sessions.status = 'active' AND sessions.suspect_since IS NULL
      AND (asked.of_evse IS NULL OR sessions.evse = asked.of_evse)
      AND (asked.of_connector IS NULL OR sessions.connector = asked.of_connector)
      AND (asked.of_state IS NULL OR sessions.charging_state = asked.of_state)
    RETURNING sessions.station_id, sessions.transaction_id, sessions.sequence, sessions.id, sessions.public_id, sessions.evse
    """,
    {
        "station_id": BigInt,
        "transaction_id": Text(),
        "number": BigInt,
        "told_at": UtcTime(),
        "of_evse": Integer(),
        "of_connector": Integer(),
        "of_state": Text(),
    },
    key=3,
)


def going_on(
    station: Station,
    *,
    transaction_id: str | None,
    sequence: int | None,
    at: Instant,
    evse: int | None,
    connector: int | None,
    charging_state: str | None,
) -> Part | None:
    """Nothing new but the next number: what every charger tells every minute, in one statement for all of them.

    None when nothing that we could find it by is told.
    """
    if sequence is None or transaction_id is None or not at.believable:
        return None
    return Part(_GOES_ON, (station.id, transaction_id, sequence, at.at, evse, connector, charging_state), at)


def went_on(work: Work) -> tuple[Found, Instant] | None:
    """The session of which this unit's message says only that it goes on, as was found before the unit ran (`going_on`), and when."""
    if work.answered is None or work.answered[1] is None or work.answered[0].whole is not _GOES_ON:
        return None
    part, (session_id, public_id, evse) = work.answered
    return Found(session_id, public_id, part.row[1], evse), part.made


def goes_on(work: Work, station: Station, told: TransactionTold) -> Found | None:
    """The session, when nothing is told of it but that it goes on. None when there is more to it."""
    if told.token is not None or told.remote_start_id is not None or told.reservation_id is not None:
        return None
    part = going_on(
        station,
        transaction_id=told.transaction_id,
        sequence=told.sequence,
        at=told.at,
        evse=told.evse,
        connector=told.connector,
        charging_state=told.charging_state,
    )
    row = None if part is None else work.ask(part)
    if row is None or told.transaction_id is None:
        return None
    session_id, public_id, evse = row
    return Found(session_id, public_id, told.transaction_id, evse)
