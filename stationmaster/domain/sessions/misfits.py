"""What was told of a transaction and can be no part of a session: it is kept in the quarantine, for a person."""

from __future__ import annotations

from sqlalchemy import select

from stationmaster.domain import alarms, quarantine
from stationmaster.domain.sessions.table import SessionRow, is_open, sessions
from stationmaster.domain.sessions.transaction import TransactionTold
from stationmaster.domain.stations import Station
from stationmaster.storage import Work

_ACTION = {True: "StopTransaction", False: "TransactionEvent"}


def fits_nothing(work: Work, station: Station, told: TransactionTold) -> None:
    """No session is meant by it, or nobody can say which. One of another charger's ids is an alarm as well."""
    reason = "no session of this charger has this transaction id"
    owner = None if told.transaction_id is None else _owner(work, told.transaction_id)
    foreign = owner is not None and owner != station.id
    if foreign:
        reason = "the transaction id belongs to another charger"
    active = (
        work.execute(select(sessions.c.id).where(sessions.c.station_id == station.id, is_open).limit(2)).scalars().all()
    )
    new = quarantine.keep(
        work,
        station,
        action=_ACTION[told.numbered],
        reason=reason,
        content=told.content,
        content_key=quarantine.key_of(told.content),
        proposed_session_id=active[0] if len(active) == 1 else None,
    )
    if new and foreign:
        alarms.raise_alarm(
            work,
            station,
            kind="foreign_transaction",
            detail="stopped a transaction of another charger; nothing was changed",
        )


def _owner(work: Work, transaction_id: str) -> int | None:
    """Which station an id was given to; asked only to raise an alarm, never to act on the session."""
    owner = select(sessions.c.station_id).where(sessions.c.transaction_id == transaction_id)
    return work.execute(owner.order_by(sessions.c.id.desc()).limit(1)).scalar()


def conflicts(work: Work, station: Station, row: SessionRow, told: TransactionTold, reason: str) -> None:
    """It says otherwise of this session than what holds."""
    quarantine.keep(
        work,
        station,
        action="StartTransaction" if told.numbered and told.kind == "started" else _ACTION[told.numbered],
        reason=reason,
        content=told.content,
        content_key=quarantine.key_of(told.content),
        proposed_session_id=row.id,
    )
