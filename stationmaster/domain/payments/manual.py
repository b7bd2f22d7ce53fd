"""Money that a person has taken, or seen on the bank's statement: a payment that is paid at once."""

from __future__ import annotations

import secrets
from typing import Literal

from sqlalchemy import insert

from stationmaster.domain import audit, customers
from stationmaster.domain.audit import Subject
from stationmaster.domain.errors import Invalid
from stationmaster.domain.money.amounts import Money
from stationmaster.domain.payments import claims, following
from stationmaster.domain.payments.tables import PaymentRow, Purpose, payment_charges, payments
from stationmaster.storage import Work

Way = Literal["cash", "bank"]


def enter(
    work: Work,
    organization_id: int,
    way: Way,
    amount: Money,
    *,
    reference: str,
    by: str,
    customer: str | None = None,
    claim: str | None = None,
) -> PaymentRow:
    """For a customer's wallet, or for a claim. Raises `Invalid`, `NotFound`, `Conflict`."""
    if amount.minor <= 0:
        raise Invalid("amount", "must be more than nothing")
    if (customer is None) == (claim is None):
        raise Invalid("customer", "is named, or a claim, and not both")
    purpose: Purpose = "top_up" if claim is None else "claim"
    owed = None if claim is None else claims.taken_in_hand(work, organization_id, claim)
    if owed is not None and amount != (due := claims.owed(work, owed)):
        raise Invalid("amount", "must be the whole of what is owed: {due}", due=due)
    public_id = f"pay_{secrets.token_hex(12)}"
    values = {
        "organization_id": organization_id,
        "public_id": public_id,
        "provider": way,
        "purpose": purpose,
        "state": "paid",
        "capture": "at_once",
        "customer_id": customers.named(work, organization_id, customer) if owed is None else owed.customer_id,
        "claim_id": None if owed is None else owed.id,
        "session": None if owed is None else owed.session,
        "currency": amount.currency,
        "amount": amount.minor,
        "captured": amount.minor,
        "reference": reference,
        "charge": public_id,
        "expires_at": work.now,
        "description": reference,
        "return_url": "",
        "made_by": by,
        "made_at": work.now,
        "changed_at": work.now,
    }
    row: PaymentRow = work.execute(insert(payments).values(values).returning(*payments.c)).one()
    came = {"organization_id": organization_id, "payment_id": row.id, "provider": way, "reference": public_id}
    work.execute(insert(payment_charges).values(kind="kept", amount=amount.minor, at=work.now, **came))
    following.follow(work, row, "take")
    facts = {"amount": str(amount), "way": way, "reference": reference, "customer": customer, "claim": claim}
    audit.record(work, "enter_payment", Subject("payment", public_id), after=facts, organization=organization_id)
    return row
