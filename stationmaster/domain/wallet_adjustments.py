"""Large corrections of wallets: what one person asks for, another confirms or refuses; nothing is booked before."""

from __future__ import annotations

import secrets
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, Protocol

from sqlalchemy import Column, ForeignKey, Index, Select, Table, Text, UniqueConstraint, insert, select, update

from stationmaster.domain import audit, customers, wallets
from stationmaster.domain.audit import Signature, Subject
from stationmaster.domain.errors import Conflict, Invalid, NotFound
from stationmaster.domain.ledger import Account, NotEnough, balance
from stationmaster.domain.money.amounts import Money
from stationmaster.domain.wallets import Purse
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, Exact, UtcTime, key, metadata
from stationmaster.storage.lists import Found, Wanted, listed

State = Literal["waiting", "booked", "refused"]

wallet_adjustments = Table(
    "wallet_adjustments",
    metadata,
    key(),
    Column("public_id", Text, nullable=False),
    Column("organization_id", BigInt, ForeignKey("organizations.id"), nullable=False),
    Column("customer_id", BigInt, ForeignKey("customers.id"), nullable=False),
    Column("purse", Text, nullable=False),
    Column("amount", Exact(3), nullable=False),
    Column("currency", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("asked_at", UtcTime, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("asked_by_id", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("decided_at", UtcTime),
    Column("decided_by", Text),
    UniqueConstraint("organization_id", "public_id"),
)
Index("ix_wallet_adjustments_organization", wallet_adjustments.c.organization_id, wallet_adjustments.c.id)


class AdjustmentRow(Protocol):
    """A row of the table."""

    id: int
    public_id: str
    organization_id: int
    customer_id: int
    purse: Purse
    amount: Decimal
    currency: str
    reason: str
    asked_at: datetime
    asked_by: str
    asked_by_id: str
    state: State
    decided_at: datetime | None
    decided_by: str | None


class ListedAdjustment(AdjustmentRow, Protocol):
    """A row with the id of its customer."""

    customer: str


def ask(
    work: Work,
    organization_id: int,
    customer_id: str,
    *,
    amount: Money,
    reason: str,
    purse: Purse = "wallet",
    alone_below: Decimal,
) -> ListedAdjustment:
    """Put something in by hand, or take it out; from `alone_below` on it waits for another person.

    Raises `NotFound`, `Invalid`, `NotEnough`.
    """
    if not amount:
        raise Invalid("amount", "must not be 0")
    customer = customers.get(work, organization_id, customer_id)
    there = balance(work, organization_id, Account(purse, customer.id), amount.currency)
    if (there + amount).amount < 0:
        raise NotEnough(purse, there, -amount)
    signature: Signature = work.signature
    new = insert(wallet_adjustments).values(
        public_id=secrets.token_hex(8),
        organization_id=organization_id,
        customer_id=customer.id,
        purse=purse,
        amount=amount.amount,
        currency=amount.currency,
        reason=reason,
        asked_at=work.now,
        asked_by=signature.actor.name,
        asked_by_id=_id_of(signature),
        state="waiting",
    )
    public_id = work.execute(new.returning(wallet_adjustments.c.public_id)).scalar_one()
    row = get(work, organization_id, public_id)
    if abs(amount.amount) < alone_below:
        return _book(work, row)
    _record(work, "ask_for_adjustment", row)
    return row


def confirm(work: Work, organization_id: int, public_id: str) -> ListedAdjustment:
    """Another person says that it is right, and it is booked. Raises `NotFound`, `Conflict`, `NotEnough`."""
    row = _waiting(work, organization_id, public_id)
    if row.asked_by_id == _id_of(work.signature):
        raise Conflict("whoever has asked for it cannot confirm it: another person must")
    return _book(work, row)


def refuse(work: Work, organization_id: int, public_id: str) -> ListedAdjustment:
    """It is not booked; who has asked for it may say so as well. Raises `NotFound`, `Conflict`."""
    row = _decided(work, _waiting(work, organization_id, public_id), "refused")
    _record(work, "refuse_adjustment", row)
    return row


def get(work: Work, organization_id: int, public_id: str, *, lock: bool = False) -> ListedAdjustment:
    """One of them. Raises `NotFound`."""
    table = wallet_adjustments
    mine = _named().where(table.c.organization_id == organization_id, table.c.public_id == public_id)
    row: ListedAdjustment | None = work.execute(mine.with_for_update(of=table) if lock else mine).one_or_none()
    if row is None:
        raise NotFound("there is no adjustment {id!r}", id=public_id)
    return row


def list_adjustments(
    work: Work, organization_id: int, wanted: Wanted, *, state: State | None = None
) -> Found[ListedAdjustment]:
    """All of them, the newest first."""
    table = wallet_adjustments
    mine = _named().where(table.c.organization_id == organization_id)
    if state is not None:
        mine = mine.where(table.c.state == state)
    return listed(work, mine, wanted, key=table.c.id)


def _waiting(work: Work, organization_id: int, public_id: str) -> ListedAdjustment:
    row = get(work, organization_id, public_id, lock=True)
    if row.state != "waiting":
        raise Conflict("it is {state} already", state=row.state)
    return row


def _book(work: Work, row: ListedAdjustment) -> ListedAdjustment:
    wallets.adjust(
        work,
        row.organization_id,
        row.customer,
        amount=Money(row.amount, row.currency),
        reason=row.reason,
        purse=row.purse,
        key=f"adjustment:{row.public_id}",
    )
    return _decided(work, row, "booked")


def _decided(work: Work, row: ListedAdjustment, state: State) -> ListedAdjustment:
    signature: Signature = work.signature
    values = {"state": state, "decided_at": work.now, "decided_by": signature.actor.name}
    work.execute(update(wallet_adjustments).where(wallet_adjustments.c.id == row.id).values(**values))
    return get(work, row.organization_id, row.public_id)


def _named() -> Select[Any]:
    table, customer = wallet_adjustments, customers.customers
    named = select(table, customer.c.public_id.label("customer"))
    return named.join_from(table, customer, customer.c.id == table.c.customer_id)


def _id_of(signature: Signature) -> str:
    return f"{signature.actor.kind}:{signature.actor.id}"


def _record(work: Work, action: str, row: ListedAdjustment) -> None:
    after = {"amount": str(row.amount), "currency": row.currency, "purse": row.purse, "reason": row.reason}
    audit.record(work, action, Subject("customer", row.customer), after=after, organization=row.organization_id)
