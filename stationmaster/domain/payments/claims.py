"""What is owed to us because a payment has failed: tried again by a schedule, told, blocking after some tries, paid at last, or written off by a person.

A customer's claim is part of what they owe, by the ledger. Where that is paid by another way, as by a top-up, the claim is paid too.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple, cast

from sqlalchemy import ColumnElement, exists, func, insert, select, update

from stationmaster.domain import audit
from stationmaster.domain.audit import Subject
from stationmaster.domain.customers import customers
from stationmaster.domain.errors import Conflict, NotFound
from stationmaster.domain.ledger import Account, balance
from stationmaster.domain.money.amounts import Money, of_minor, zero
from stationmaster.domain.payments import asking, booking, methods
from stationmaster.domain.payments.tables import ClaimRow, PaymentRow, payment_claims, payments
from stationmaster.storage import Work
from stationmaster.storage.lists import Found, Wanted, listed, only

PAID_OTHERWISE = "Nothing is owed any more."
NOT_DUE = "The session was corrected, and nothing of this is due any more."


class Schedule(NamedTuple):
    """When it is tried again, in days after it was made; and after how many tries whoever owes it may not charge."""

    days: Sequence[float]
    block_after: int


def make(
    work: Work,
    payment: PaymentRow,
    amount: Money,
    *,
    reason: str,
    session: str | None = None,
) -> ClaimRow:
    """A new claim: of a customer, or of a guest, who has paid less."""
    owner = {"organization_id": payment.organization_id, "customer_id": payment.customer_id, "email": payment.email}
    return _make(work, owner, amount, reason=reason, session=session or payment.session)


def make_of_guest(
    work: Work, organization_id: int, amount: Money, *, reason: str, session: str, email: str | None
) -> ClaimRow:
    """A new claim of a guest who has not paid at all."""
    owner = {"organization_id": organization_id, "customer_id": None, "email": email}
    return _make(work, owner, amount, reason=reason, session=session)


def collect(work: Work, organization_id: int, customer_id: int, amount: Money, *, reason: str) -> ClaimRow | None:
    """A claim for what a customer has just been invoiced, where they have saved a card: it is tried at once. None where they have none, and pay as the invoice says."""
    if methods.of_customer(work, customer_id) is None:
        return None
    owner = {"organization_id": organization_id, "customer_id": customer_id, "email": None}
    return _make(work, owner, amount, reason=reason, session=None)


def _make(work: Work, owner: dict[str, Any], amount: Money, *, reason: str, session: str | None) -> ClaimRow:
    values = owner | {
        "public_id": f"claim_{secrets.token_hex(16)}",
        "session": session,
        "currency": amount.currency,
        "amount": amount.minor,
        "state": "open",
        "reason": reason,
        "next_try_at": work.now,
        "made_at": work.now,
    }
    row: ClaimRow = work.execute(insert(payment_claims).values(values).returning(*payment_claims.c)).one()
    return row


def check_trusted(work: Work, organization_id: int, email: str) -> None:
    """Whether somebody of this address may charge first and pay then. Raises `Conflict` where they still owe for another time."""
    table = payment_claims.c
    mine = (table.organization_id == organization_id, func.lower(table.email) == email.lower(), table.state == "open")
    if work.execute(select(table.id).where(*mine).limit(1)).first() is not None:
        raise Conflict("one cannot pay after charging with this address")


def get(work: Work, organization_id: int, claim: str, *, lock: bool = False) -> ClaimRow:
    """One claim. Raises `NotFound`."""
    table = payment_claims.c
    mine = select(payment_claims).where(table.organization_id == organization_id, table.public_id == claim)
    row: ClaimRow | None = work.execute(mine.with_for_update() if lock else mine).one_or_none()
    if row is None:
        raise NotFound("there is no claim {id!r}", id=claim)
    return row


def of_link(work: Work, claim: str) -> ClaimRow:
    """The claim of an address that was in a mail. Raises `NotFound`."""
    mine = select(payment_claims).where(payment_claims.c.public_id == claim)
    row: ClaimRow | None = work.execute(mine).one_or_none()
    if row is None:
        raise NotFound("there is nothing here any more")
    return row


def list_claims(work: Work, organization_id: int, wanted: Wanted, *, state: str | None = None) -> Found[ClaimRow]:
    """The newest first."""
    table = payment_claims.c
    mine = only(select(payment_claims).where(table.organization_id == organization_id), {table.state: state})
    return listed(work, mine, wanted, key=table.id)


def owed(work: Work, row: ClaimRow) -> Money:
    """What of a claim is owed at this moment. Guests owe in one account together, so each owes all of theirs until it ends."""
    claimed = of_minor(row.amount, row.currency)
    return claimed if row.customer_id is None else _part(claimed, _owed_in_all(work, row, row.customer_id))


def to_ask(work: Work, row: ClaimRow) -> Money:
    """What can be asked for a claim now: not what is just being paid for another one of the same customer."""
    claimed = of_minor(row.amount, row.currency)
    if row.customer_id is None:
        return claimed
    others = (payments.c.claim_id != row.id, payments.c.currency == row.currency, asking.may_still_come)
    mine = select(func.sum(payments.c.amount)).where(payments.c.customer_id == row.customer_id, *others)
    under_way = of_minor(int(work.execute(mine).scalar() or 0), row.currency)
    return _part(claimed, _owed_in_all(work, row, row.customer_id) - under_way)


def settle(work: Work, claim_id: int) -> ClaimRow:
    """End a claim of which nothing is owed any more. What was asked for it, and is too much by now, is not to be paid."""
    asked = asking.open_of_claim(work, claim_id, lock=True)
    row = _of_key(work, claim_id)
    if row.state != "open":
        return row
    left = owed(work, row)
    if asked is not None and asked.amount > left.minor:
        asking.release(work, asked.id)
    return row if left else _ended(work, row, "paid", by=None, note=PAID_OTHERWISE)


def lock_all(work: Work, organization_id: int, customer_id: int) -> list[int]:
    """The keys of all that is open of a customer who is about to pay something: nobody else pays or ends these until the commit."""
    table = payment_claims.c
    mine = (table.organization_id == organization_id, table.customer_id == customer_id, table.state == "open")
    found = select(payment_claims.c.id).where(*mine).order_by(table.id)
    keys = list(work.execute(found).scalars().all())
    for key in keys:
        asking.open_of_claim(work, key, lock=True)
    if keys:
        work.execute(found.with_for_update())
    return keys


def taken_in_hand(work: Work, organization_id: int, claim: str) -> ClaimRow:
    """An open claim that a person settles now: what was begun to pay it is called off, so that it is not paid twice. Raises `NotFound`, `Conflict`."""
    # A payment is locked before its claim, as by who hears that it is paid.
    asking.call_off(work, get(work, organization_id, claim).id)
    row = get(work, organization_id, claim, lock=True)
    if row.state != "open":
        raise Conflict("this claim is {state} already", state=row.state.replace("_", " "))
    return row


def write_off(work: Work, organization_id: int, claim: str, *, note: str, by: str) -> ClaimRow:
    """A person gives up what is owed of it; where that is nothing, it ends as paid. Raises `NotFound`, `Conflict`."""
    row = taken_in_hand(work, organization_id, claim)
    amount = owed(work, row)
    if amount:
        booking.written_off(work, row, amount)
    facts = {"amount": str(amount), "reason": note}
    audit.record(work, "write_off", Subject("claim", claim), after=facts, organization=organization_id)
    return _ended(work, row, "written_off", by=by, note=note) if amount else settle(work, row.id)


def claimed_for(work: Work, organization_id: int, session: str, currency: str) -> Money:
    """All that was ever claimed for a guest's session and is due, whatever has become of it."""
    amounts = work.execute(select(payment_claims.c.amount).where(*_for(organization_id, session, currency))).scalars()
    return of_minor(sum(amounts), currency)


def open_for(work: Work, organization_id: int, session: str) -> str | None:
    """The id of what is still owed for a guest's session."""
    table = payment_claims.c
    mine = (table.organization_id == organization_id, table.session == session, table.state == "open")
    found: str | None = work.execute(select(table.public_id).where(*mine).order_by(table.id).limit(1)).scalar()
    return found


def lessen(work: Work, organization_id: int, session: str, amount: Money) -> Money:
    """So much of that is not due any more: the newest claims that are open are less by it, or end. Returns what was not claimed, or is paid."""
    table = payment_claims.c
    mine = select(table.public_id).where(*_for(organization_id, session, amount.currency), table.state == "open")
    for claim in work.execute(mine.order_by(table.id.desc())).scalars().all():
        row = taken_in_hand(work, organization_id, claim)
        part = min(of_minor(row.amount, row.currency), amount)
        amount = amount - part
        left = row.amount - part.minor
        work.execute(update(payment_claims).where(table.id == row.id).values(amount=left))
        if left:
            break
        _ended(work, row, "paid", by=None, note=NOT_DUE)
    return amount


def _for(organization_id: int, session: str, currency: str) -> tuple[ColumnElement[bool], ...]:
    table = payment_claims.c
    return table.organization_id == organization_id, table.session == session, table.currency == currency


def paid(work: Work, claim_id: int) -> None:
    """It was paid at last."""
    row = _of_key(work, claim_id)
    if row.state == "open":
        _ended(work, row, "paid", by=None, note=None)


def not_paid(work: Work, claim_id: int, reason: str) -> None:
    """A try has failed; the schedule says when the next one is."""
    row = _of_key(work, claim_id)
    if row.state == "open":
        work.execute(update(payment_claims).where(payment_claims.c.id == row.id).values(reason=reason))


def due(work: Work, *, most: int = 50) -> list[ClaimRow]:
    """Those to be tried now, which nobody else has in hand."""
    table = payment_claims.c
    mine = select(payment_claims).where(table.next_try_at.is_not(None), table.next_try_at <= work.now)
    ours = mine.order_by(table.next_try_at).limit(most).with_for_update(skip_locked=True)
    return cast(list[ClaimRow], work.execute(ours).all())


def tried(work: Work, row: ClaimRow, schedule: Schedule) -> ClaimRow:
    """It is tried now, for the how-manieth time; the next try is as the schedule says, and after the last one none."""
    tries = row.tries + 1
    days = schedule.days[tries - 1] if tries <= len(schedule.days) else None
    next_try_at = None if days is None else row.made_at + timedelta(days=days)
    changed = update(payment_claims).where(payment_claims.c.id == row.id, payment_claims.c.state == "open")
    new: ClaimRow | None = work.execute(
        changed.values(tries=tries, next_try_at=next_try_at).returning(*payment_claims.c)
    ).one_or_none()
    return row if new is None else new


def _owed_in_all(work: Work, row: ClaimRow, customer_id: int) -> Money:
    return -balance(work, row.organization_id, Account("receivable", customer_id), row.currency)


def _part(claimed: Money, left: Money) -> Money:
    return max(min(claimed, left), zero(claimed.currency))


def _of_key(work: Work, claim_id: int) -> ClaimRow:
    row: ClaimRow = work.execute(select(payment_claims).where(payment_claims.c.id == claim_id).with_for_update()).one()
    return row


def _ended(work: Work, row: ClaimRow, state: str, *, by: str | None, note: str | None) -> ClaimRow:
    ended = {"state": state, "ended_at": work.now, "ended_by": by, "note": note, "next_try_at": None}
    changed = update(payment_claims).where(payment_claims.c.id == row.id).values(ended)
    new: ClaimRow = work.execute(changed.returning(*payment_claims.c)).one()
    _unblock(work, row.customer_id)
    return new


def _unblock(work: Work, customer_id: int | None) -> None:
    """A customer who owes nothing any more that was tried too often may charge again."""
    if customer_id is None:
        return
    table = payment_claims.c
    owes = exists().where(table.customer_id == customer_id, table.state == "open", table.blocks.is_(True))
    mine = (customers.c.id == customer_id, customers.c.blocked_at.is_not(None))
    work.execute(update(customers).where(*mine, ~owes).values(blocked_at=None))
