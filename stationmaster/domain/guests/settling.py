"""The end of a guest's visit: the bill of their session is taken of what was held, and what is left goes back."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from stationmaster.domain import bills, sessions
from stationmaster.domain.events import BillMade
from stationmaster.domain.guests import visits
from stationmaster.domain.guests.tables import VisitRow, guest_visits
from stationmaster.domain.invoices import issuing
from stationmaster.domain.money.amounts import Money, of_minor, zero
from stationmaster.domain.outbox import reacts_when
from stationmaster.domain.payments import asking, claims, refunds
from stationmaster.domain.payments.tables import PaymentRow, payment_claims
from stationmaster.storage import Work
from stationmaster.storage.queries import Prepared

TOO_LITTLE = "The session has cost more than was paid for it."


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
    known = (table.organization_id == row.organization_id, table.session == row.session, table.reason == TOO_LITTLE)
    if work.execute(select(table.id).where(*known).limit(1)).first() is None:
        claims.make(work, payment, rest, reason=TOO_LITTLE, session=row.session)


def _is_of_guest(work: Work, event: BillMade) -> bool:
    return work.first(_over, session=event.session) is not None


_over = Prepared(
    select(guest_visits.c.id).where(guest_visits.c.session == bindparam("session"), guest_visits.c.state == "over")
)


@reacts_when(_is_of_guest)
def bill_changed(work: Work, event: BillMade) -> None:
    """A person has corrected a session that a guest has paid already: what was too much goes back, what was too little is owed."""
    mine = select(guest_visits).where(guest_visits.c.session == event.session).with_for_update()
    row: VisitRow = work.execute(mine).one()
    payment = asking.of_key(work, row.payment_id, lock=True)
    due = due_of(work, row, payment)
    if due is None or row.outcome not in ("paid", "free"):
        return  # what is owed already is a person's to look at
    paid = of_minor(payment.captured - payment.refunded, payment.currency)
    if due > paid:
        _claim_rest(work, row, payment, due - paid)
    elif due < paid:
        reason = "The session was corrected after it had been paid."
        refunds.ask(work, row.organization_id, payment.public_id, paid - due, reason=reason, by="stationmaster")


def due_of(work: Work, row: VisitRow, payment: PaymentRow) -> Money | None:
    """What the session comes to; None while that cannot be said, as when a person is to look at it first."""
    if row.session is None:
        return None
    bills.settle(work, row.session)
    revisions = bills.of_session(work, row.organization_id, row.session)
    if revisions:
        return bills.total_of(revisions[0])
    return None if sessions.get(work, row.organization_id, row.session).review else zero(payment.currency)
