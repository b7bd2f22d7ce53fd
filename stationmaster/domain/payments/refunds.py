"""Money that goes back: because a person says so, or because nobody wanted it. It is never more than has come (PAY-10)."""

from __future__ import annotations

import secrets
from typing import Any, cast

from sqlalchemy import insert, select, update

from stationmaster.domain import audit
from stationmaster.domain.audit import Subject
from stationmaster.domain.errors import Conflict, Invalid
from stationmaster.domain.money.amounts import Money, of_minor
from stationmaster.domain.payments import asking, booking
from stationmaster.domain.payments.asking import PaymentAsked
from stationmaster.domain.payments.tables import (
    PaymentRow,
    RefundRow,
    Why,
    payment_refunds,
    payments,
)
from stationmaster.payment_words import Refunded
from stationmaster.storage import Work

BY_HAND = ("cash", "bank")


def ask(work: Work, organization_id: int, payment: str, amount: Money | None, *, reason: str, by: str) -> RefundRow:
    """Give back a part of what was paid; without an amount all that is left. What nobody wanted and could not go back is tried again first.

    Raises `NotFound`, `Invalid`, `Conflict`.
    """
    row = asking.get(work, organization_id, payment, lock=True)
    stuck = next((each for each in of_payment(work, row.id) if _is_stuck(each)), None)
    if stuck is not None and amount is None:
        return _again(work, row, stuck, reason=reason, by=by)
    if row.state != "paid" or row.charge is None:
        raise Conflict("nothing can be given back of a payment that is {state}", state=row.state)
    left = row.captured - row.refunded
    wanted = of_minor(left, row.currency) if amount is None else amount
    if wanted.currency != row.currency:
        raise Invalid("currency", "is {currency}, as that of the payment", currency=row.currency)
    if not 0 < wanted.minor <= left:
        raise Invalid("amount", "must be more than nothing, and at most {most}", most=of_minor(left, row.currency))
    work.execute(update(payments).where(payments.c.id == row.id).values(refunded=row.refunded + wanted.minor))
    made = _make(work, row, charge=row.charge, amount=wanted.minor, why="person", reason=reason, by=by)
    booking.refund_asked(work, row, made.public_id, wanted)
    if row.provider in BY_HAND:  # a person gives it back themselves
        gone = Refunded(reference=made.public_id, state="done", at=work.now, refund=made.public_id)
        tell(work, organization_id, gone)
        made = get(work, made.public_id)
    else:
        work.publish(
            PaymentAsked(
                organization_id=row.organization_id, payment=row.public_id, act="refund", refund=made.public_id
            )
        )
    _record(work, row, wanted, reason)
    return made


def _is_stuck(refund: RefundRow) -> bool:
    """Money that nobody wanted, which could not go back, and was not tried again."""
    return refund.state == "failed" and refund.why != "person" and refund.reason is None


def _again(work: Work, row: PaymentRow, stuck: RefundRow, *, reason: str, by: str) -> RefundRow:
    """Under a name of its own: under the old one the provider would say the same. What is set aside for it still is."""
    made = _make(work, row, charge=stuck.charge, amount=stuck.amount, why=stuck.why, by=by)
    noted = update(payment_refunds).where(payment_refunds.c.id == stuck.id)
    work.execute(noted.values(reason=f"tried again as {made.public_id}: {reason}"))
    work.publish(
        PaymentAsked(organization_id=row.organization_id, payment=row.public_id, act="refund", refund=made.public_id)
    )
    _record(work, row, of_minor(stuck.amount, row.currency), reason)
    return made


def _record(work: Work, row: PaymentRow, amount: Money, reason: str) -> None:
    facts = {"amount": str(amount), "reason": reason}
    subject = Subject("payment", row.public_id)
    audit.record(work, "refund_payment", subject, after=facts, organization=row.organization_id)


def give_back(work: Work, row: PaymentRow, *, charge: str, amount: int, why: Why) -> RefundRow:
    """Money that has come and is not wanted: late, or a second time."""
    booking.unwanted_came(work, row, of_minor(amount, row.currency), charge=charge)
    made = _make(work, row, charge=charge, amount=amount, why=why)
    work.publish(
        PaymentAsked(organization_id=row.organization_id, payment=row.public_id, act="refund", refund=made.public_id)
    )
    return made


def of_payment(work: Work, payment_id: int) -> list[RefundRow]:
    """All that went back of a payment, oldest first."""
    mine = select(payment_refunds).where(payment_refunds.c.payment_id == payment_id)
    return cast(list[RefundRow], work.execute(mine.order_by(payment_refunds.c.id)).all())


def get(work: Work, refund: str, *, lock: bool = False) -> RefundRow:
    """A refund by our id of it."""
    mine = select(payment_refunds).where(payment_refunds.c.public_id == refund)
    row: RefundRow = work.execute(mine.with_for_update() if lock else mine).one()
    return row


def tell(work: Work, organization_id: int, told: Refunded) -> tuple[str, int | None]:
    """What is so of a refund by its provider's word; matched by its id, ours or theirs. What came of it, and the key of its payment."""
    table = payment_refunds.c
    by = table.public_id == told.refund if told.refund is not None else table.reference == told.reference
    mine = select(payment_refunds).where(table.organization_id == organization_id, by).with_for_update()
    row: RefundRow | None = work.execute(mine).one_or_none()
    if row is None:
        return "unknown", None
    if row.state in ("done", "failed"):
        return "known", row.payment_id
    values: dict[str, Any] = {"reference": told.reference}
    if told.state != "failed":
        values["state"] = told.state
    if told.state == "done":
        booking.refund_done(work, asking.of_key(work, row.payment_id), row, reference=told.reference)
        values["ended_at"] = work.now
    work.execute(update(payment_refunds).where(table.id == row.id).values(values))
    if told.state == "failed":
        fail(work, row.public_id, told.reason or "The provider could not give it back.")
    return told.state, row.payment_id


def fail(work: Work, refund: str, sentence: str) -> None:
    """It did not go back. What a person has asked is as if they had not; the rest waits for a person."""
    row = get(work, refund, lock=True)
    if row.state in ("done", "failed"):
        return
    payment = asking.of_key(work, row.payment_id, lock=True)
    if row.why == "person":
        booking.refund_failed(work, payment, row)
        left = payment.refunded - row.amount
        work.execute(update(payments).where(payments.c.id == payment.id).values(refunded=left))
    ended = {"state": "failed", "error": sentence, "ended_at": work.now}
    work.execute(update(payment_refunds).where(payment_refunds.c.id == row.id).values(ended))


def _make(
    work: Work,
    row: PaymentRow,
    *,
    charge: str,
    amount: int,
    why: Why,
    reason: str | None = None,
    by: str | None = None,
) -> RefundRow:
    values = {
        "organization_id": row.organization_id,
        "public_id": f"ref_{secrets.token_hex(12)}",
        "payment_id": row.id,
        "charge": charge,
        "amount": amount,
        "state": "asked",
        "why": why,
        "reason": reason,
        "asked_by": by,
        "asked_at": work.now,
    }
    made: RefundRow = work.execute(insert(payment_refunds).values(values).returning(*payment_refunds.c)).one()
    return made
