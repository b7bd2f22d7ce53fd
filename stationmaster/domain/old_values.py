"""Which meter values may go after their time: what bills, reviews and questions still rest on stays, and of the rest the figures stay."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, func, or_, select, update

from stationmaster.domain.bills.tables import bills
from stationmaster.domain.metering import meter_values, signed_of, whole_samples
from stationmaster.domain.payments.tables import payment_claims
from stationmaster.domain.sessions.changes import session_changes
from stationmaster.domain.sessions.table import VALUES_DROPPED, sessions
from stationmaster.domain.tariffs import tariffs
from stationmaster.storage import Work
from stationmaster.storage.queries import ODD, Dropped

AT_ONCE = 1000  # values


def drop(work: Work, keep_for: timedelta, first_key: int) -> Dropped:
    """Look at one part of the meter values, from this key on, and delete what is older and needed no more.

    Of a session whose meter signs, the first and the last that it signed stay: they are the proof of its two registers.
    """
    before, told = work.now - keep_for, meter_values.c
    part = select(told.id, told.session_id, told.received_at).where(told.id >= first_key)
    rows = work.execute(part.order_by(told.id).limit(AT_ONCE)).all()
    if not rows:
        return Dropped(0, None)
    old = [row for row in rows if row.received_at < before]
    due = _due(work, {row.session_id for row in old if row.session_id is not None}, before)
    going = [row for row in old if row.session_id is None or row.session_id in due]
    keys = {row.id for row in going} - _proofs(work, going)
    if keys:
        work.execute(delete(meter_values).where(told.id.in_(sorted(keys))))
        _mark(work, {row.session_id for row in going if row.id in keys} - {None})
    is_new = any(before <= row.received_at < work.now + ODD for row in rows)
    at_the_end = len(rows) < AT_ONCE or (is_new and not old)
    return Dropped(len(keys), None if at_the_end else rows[-1].id + 1)


def _due(work: Work, keys: Collection[int], before: datetime) -> set[int]:
    """Those of these sessions that ended before then, and that nobody has changed, owes for or has to look at since."""
    if not keys:
        return set()
    row = sessions.c
    # Locked first, and asked then: what a person does to one of them at this moment comes before this, or after it.
    work.execute(select(row.id).where(row.id.in_(keys)).order_by(row.id).with_for_update(key_share=True))
    ended = func.coalesce(row.stop_received_at, row.stopped_at, row.received_at)
    mine = select(row.id).where(row.id.in_(keys), row.status.not_in(("active", "pending")), ended < before)
    mine = mine.where(~row.review, ~_changed_since(before), ~_owed(), or_(_needs_no_bill(), _billed()))
    return set(work.execute(mine).scalars())


def _changed_since(before: datetime) -> ColumnElement[bool]:
    """Its bill may still be following."""
    change = session_changes.c
    return select(change.id).where(change.session_id == sessions.c.id, change.at >= before).exists()


def _owed() -> ColumnElement[bool]:
    claim = payment_claims.c
    mine = claim.session == sessions.c.public_id, claim.organization_id == sessions.c.organization_id
    return select(claim.id).where(*mine, claim.state == "open").exists()


def _billed() -> ColumnElement[bool]:
    return select(bills.c.id).where(bills.c.session_id == sessions.c.id).exists()


def _needs_no_bill() -> ColumnElement[bool]:
    """It counts for nothing, or there is no tariff at all by which one could be made."""
    any_tariff = select(tariffs.c.id).where(tariffs.c.organization_id == sessions.c.organization_id).exists()
    return or_(sessions.c.status.in_(("cancelled", "invalid")), sessions.c.excluded, ~any_tariff)


def _proofs(work: Work, going: Sequence[Any]) -> set[int]:
    """The keys of what was signed first and last, of the sessions whose signed values are among these."""
    told = meter_values.c
    signed = select(told.session_id).where(told.id.in_([row.id for row in going]), whole_samples.contains("igned"))
    found = {key for key in work.execute(signed.distinct()).scalars() if key is not None}
    return {row.id for key in sorted(found) for row in signed_of(work, key)}


def _mark(work: Work, keys: Collection[int | None]) -> None:
    rows = work.execute(select(sessions.c.id, sessions.c.flags).where(sessions.c.id.in_(keys)))
    for row in rows.all():
        flags = row.flags or []
        if VALUES_DROPPED not in flags:
            work.execute(update(sessions).where(sessions.c.id == row.id).values(flags=[*flags, VALUES_DROPPED]))
