"""The end of a guest's visit: the bill of their session is taken of what was held, and what is left goes back."""

from __future__ import annotations

from sqlalchemy import select

from stationmaster.domain import bills, sessions
from stationmaster.domain.guests import visits
from stationmaster.domain.guests.tables import VisitRow
from stationmaster.domain.invoices import issuing
from stationmaster.domain.money.amounts import Money, of_minor, zero
from stationmaster.domain.payments import asking, claims, refunds
from stationmaster.domain.payments.tables import PaymentRow, payment_claims
from stationmaster.storage import Work


def settle(work: Work, row: VisitRow, payment: PaymentRow) -> None:
    """As far as it can be done now; done again it changes nothing."""
    due = due_of(work, row, payment)
    if due is None:
        return
    held = of_minor(payment.amount, payment.currency)
    taken = min(due, held)
    if payment.state == "authorised":
        if not due:
            asking.release(work, payment.id)
            visits.end(work, row, "free", "Nothing is due, and what was set aside is released.")
            return
        asking.capture(work, payment.id, taken)
        if due > held:
            _claim_rest(work, row, payment, due - held)
        return
    if payment.state == "paid":
        if payment.capture == "at_once" and payment.captured - payment.refunded > taken.minor:
            back = of_minor(payment.captured - payment.refunded - taken.minor, payment.currency)
            reason = "What was not used of a guest's payment."
            refunds.ask(work, row.organization_id, payment.public_id, back, reason=reason, by="stationmaster")
            if due > held:
                _claim_rest(work, row, payment, due - held)
        visits.end(work, row, "paid" if due else "free", "Thank you.")
        _give_receipt(work, row, taken)
    elif payment.state in ("lost", "released", "reversed"):
        if payment.state == "released" and due:
            _claim_rest(work, row, payment, due)
        visits.end(work, row, "owed", "Your payment did not go through, so the amount is still owed.")
        _give_receipt(work, row, zero(payment.currency))


def _give_receipt(work: Work, row: VisitRow, paid: Money) -> None:
    """By link, and by e-mail where the guest has left one."""
    assert row.session is not None
    issuing.issue_to_guest(work, row.organization_id, row.session, paid=paid, email=row.email)


def _claim_rest(work: Work, row: VisitRow, payment: PaymentRow, rest: Money) -> None:
    """What the hold did not cover is owed, once."""
    table = payment_claims.c
    known = (table.organization_id == row.organization_id, table.session == row.session)
    if work.execute(select(table.id).where(*known).limit(1)).first() is None:
        reason = "The session has cost more than was set aside."
        claims.make(work, payment, rest, reason=reason, session=row.session)


def due_of(work: Work, row: VisitRow, payment: PaymentRow) -> Money | None:
    """What the session comes to; None while that cannot be said, as when a person is to look at it first."""
    if row.session is None:
        return None
    bills.settle(work, row.session)
    revisions = bills.of_session(work, row.organization_id, row.session)
    if revisions:
        return bills.total_of(revisions[0])
    return None if sessions.get(work, row.organization_id, row.session).review else zero(payment.currency)
