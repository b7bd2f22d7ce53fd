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
from stationmaster.domain.payments.tables import PaymentRow
from stationmaster.storage import Work
from stationmaster.storage.queries import Prepared

NOT_PAID = "The session was not paid after charging."
TOO_LITTLE = "The session has cost more than was paid for it."


def settle(work: Work, row: VisitRow, payment: PaymentRow) -> None:
    """As far as it can be done now; done again it changes nothing."""
    due = due_of(work, row, payment.currency)
    if due is None:
        return
    if payment.state == "authorised":
        if due:
            asking.capture(work, payment.id, min(due, of_minor(payment.amount, payment.currency)))
        else:
            asking.release(work, payment.id)
            visits.end(work, row, "free", "Nothing is due, and what was set aside is released.")
        return
    if payment.state not in ("paid", "lost", "released", "reversed"):
        return
    assert row.session is not None
    even(work, row, payment, due, reason="What was not used of a guest's payment.")
    if payment.state == "paid":
        visits.end(work, row, "paid" if due else "free", "Thank you.")
    else:
        visits.end(work, row, "owed", "Your payment did not go through, so the amount is still owed.")
    give_receipt(work, row, min(due, paid_of(payment, due.currency)))


def give_receipt(work: Work, row: VisitRow, paid: Money) -> None:
    """By link, and by e-mail where the guest has left one."""
    assert row.session is not None
    issuing.issue_to_guest(work, row.organization_id, row.session, paid=paid, email=row.email)


def even(work: Work, row: VisitRow, payment: PaymentRow | None, due: Money, *, reason: str) -> None:
    """Bring what is claimed and given back of a guest's session in line with what is due for it. Done again it changes nothing."""
    assert row.session is not None
    paid = paid_of(payment, due.currency)
    more = due - paid - claims.claimed_for(work, row.organization_id, row.session, due.currency)
    if more.amount > 0:
        owed = NOT_PAID if row.pays_after and not paid else TOO_LITTLE
        claims.make_of_guest(work, row.organization_id, more, reason=owed, session=row.session, email=row.email)
    elif more:
        back = min(claims.lessen(work, row.organization_id, row.session, -more), paid)
        if back and payment is not None:
            refunds.ask(work, row.organization_id, payment.public_id, back, reason=reason, by="stationmaster")


def paid_of(payment: PaymentRow | None, currency: str) -> Money:
    """What we have of it."""
    if payment is None or payment.state != "paid":
        return zero(currency)
    return of_minor(payment.captured - payment.refunded, currency)


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
    payment = visits.payment_of(work, row, lock=True)
    currency = row.currency if payment is None else payment.currency
    assert currency is not None
    due = due_of(work, row, currency)
    if due is None or row.outcome not in ("paid", "free"):
        return  # what is owed already is a person's to look at
    even(work, row, payment, due, reason="The session was corrected after it had been paid.")


def due_of(work: Work, row: VisitRow, currency: str) -> Money | None:
    """What the session comes to; None while that cannot be said, as when a person is to look at it first."""
    if row.session is None:
        return None
    bills.settle(work, row.session)
    revisions = bills.of_session(work, row.organization_id, row.session)
    if revisions:
        return bills.total_of(revisions[0])
    return None if sessions.get(work, row.organization_id, row.session).review else zero(currency)
