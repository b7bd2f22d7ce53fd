"""Cards that customers have saved with a provider, so that what they owe can be paid without asking them. Nothing here pays anything: the ids are the provider's."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Column, ForeignKey, Table, Text, delete, insert, select, update

from stationmaster.domain import audit
from stationmaster.domain.audit import Subject
from stationmaster.domain.customers import CustomerRow
from stationmaster.domain.errors import NotFound
from stationmaster.domain.payments.tables import PaymentRow, payment_claims, payments
from stationmaster.payment_words import SavedMethod
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, UtcTime, key, metadata

payment_methods = Table(
    "payment_methods",
    metadata,
    key(),
    Column("organization_id", BigInt, ForeignKey("organizations.id"), nullable=False),
    Column("customer_id", BigInt, ForeignKey("customers.id"), nullable=False, index=True),
    Column("provider", Text, nullable=False),
    Column("payer", Text, nullable=False),
    Column("method", Text, nullable=False),
    Column("label", Text, nullable=False),  # what people call it
    Column("made_at", UtcTime, nullable=False),
    Column("removed_at", UtcTime),
)


class Saved(msgspec.Struct, frozen=True):
    """A card, with which account it was saved, and since when."""

    provider: str
    method: SavedMethod
    made_at: datetime


def keep(work: Work, row: PaymentRow, method: SavedMethod) -> None:
    """The customer of a payment has saved it; the one before it is used no more."""
    if row.customer_id is None:
        return
    remove(work, row.customer_id)
    owner = {"organization_id": row.organization_id, "customer_id": row.customer_id, "provider": row.provider}
    values: dict[str, Any] = owner | msgspec.to_builtins(method) | {"made_at": work.now}
    work.execute(insert(payment_methods).values(values))


def of_customer(work: Work, customer_id: int) -> Saved | None:
    """The card that is used."""
    table = payment_methods.c
    mine = select(payment_methods).where(table.customer_id == customer_id, table.removed_at.is_(None))
    row = work.execute(mine.order_by(table.id.desc()).limit(1)).one_or_none()
    return None if row is None else Saved(row.provider, SavedMethod(row.payer, row.method, row.label), row.made_at)


def remove(work: Work, customer_id: int) -> bool:
    """It is used no more. False where there is none."""
    table = payment_methods.c
    mine = update(payment_methods).where(table.customer_id == customer_id, table.removed_at.is_(None))
    return work.execute(mine.values(removed_at=work.now)).rowcount > 0


def take_away(work: Work, organization_id: int, customer: CustomerRow) -> None:
    """A person wants it to be used no more. Raises `NotFound` where there is none."""
    if not remove(work, customer.id):
        raise NotFound("there is no saved card")
    subject = Subject("customer", customer.public_id)
    audit.record(work, "remove_saved_card", subject, organization=organization_id)


def forget(work: Work, customer_id: int) -> None:
    """A person is erased: their saved cards, and where their payments were told of. What was paid stays."""
    work.execute(delete(payment_methods).where(payment_methods.c.customer_id == customer_id))
    for table in (payments, payment_claims):
        work.execute(update(table).where(table.c.customer_id == customer_id).values(email=None))
    mine = payments.c.customer_id == customer_id
    work.execute(update(payments).where(mine).values(method=None))
    for row in work.execute(select(payments.c.id, payments.c.told).where(mine, payments.c.told.is_not(None))).all():
        told = {name: value for name, value in row.told.items() if name != "method"}
        work.execute(update(payments).where(payments.c.id == row.id).values(told=told))
