"""What follows when a payment has moved on, in the same transaction."""

from __future__ import annotations

from sqlalchemy import update

from stationmaster.domain.money.amounts import of_minor
from stationmaster.domain.payments import booking, claims
from stationmaster.domain.payments.asking import PaymentAsked
from stationmaster.domain.payments.states import Effect
from stationmaster.domain.payments.tables import PaymentRow, payment_charges
from stationmaster.storage import Work


def follow(work: Work, row: PaymentRow, effect: Effect) -> None:
    """One effect of a move (states.py)."""
    if row.purpose == "card":
        return  # no money has moved
    if effect == "take":
        # Claims before the customer, whom what is booked locks: as by who writes one off.
        open_claims = [] if row.customer_id is None else claims.lock_all(work, row.organization_id, row.customer_id)
        if row.claim_id is not None:
            claims.paid(work, row.claim_id)
        booking.taken(work, row, of_minor(row.captured, row.currency))
        for claim in open_claims:
            claims.settle(work, claim)
        if row.claim_id is None and row.wanted is not None and row.captured < row.wanted:
            short = of_minor(row.wanted - row.captured, row.currency)
            claims.make(work, row, short, reason="The provider has taken less than was asked.")
    elif effect == "take_back":
        charges = payment_charges.c
        back = update(payment_charges).where(charges.payment_id == row.id, charges.reference == row.charge)
        work.execute(back.values(reversed_at=work.now))
        owed = booking.taken_back(work, row, of_minor(row.captured - row.refunded, row.currency))
        if owed:  # of a top-up what was spent of it by then
            claims.make(work, row, owed, reason="The payer's bank has taken the payment back.")
    elif effect == "claim" and row.wanted is not None:
        owed = of_minor(row.wanted, row.currency)
        claims.make(work, row, owed, reason=row.reason or "What was held could not be taken.")
    elif effect == "let_go":
        work.publish(PaymentAsked(organization_id=row.organization_id, payment=row.public_id, act="release"))
    elif effect == "fail" and row.claim_id is not None:
        claims.not_paid(work, row.claim_id, row.reason or "It was not paid.")
