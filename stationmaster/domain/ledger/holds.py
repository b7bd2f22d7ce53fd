"""Holds: money of a customer that is set aside for a session, so that no other one spends it.

A hold takes from what was given (`bonus`) before it takes from the wallet, and gives back to where it took from.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Protocol

from sqlalchemy import Column, ForeignKey, Index, Table, Text, UniqueConstraint, insert, select, update

from stationmaster.domain.errors import Conflict, Invalid
from stationmaster.domain.ledger.booking import Account, Entry, NotEnough, balance, book, lock_customer
from stationmaster.domain.ledger.tables import AccountKind
from stationmaster.domain.money.amounts import Money
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, Exact, UtcTime, key, metadata

ledger_holds = Table(
    "ledger_holds",
    metadata,
    key(),
    Column("organization_id", BigInt, ForeignKey("organizations.id"), nullable=False),
    Column("name", Text, nullable=False),  # what it is for, in the words of who holds
    Column("customer_id", BigInt, ForeignKey("customers.id"), nullable=False),
    Column("session_id", BigInt, ForeignKey("sessions.id")),
    Column("currency", Text, nullable=False),
    Column("from_bonus", Exact(3), nullable=False),
    Column("from_wallet", Exact(3), nullable=False),
    Column("opened_at", UtcTime, nullable=False),
    Column("closed_at", UtcTime),
    UniqueConstraint("organization_id", "name"),
)
_open = ledger_holds.c.closed_at.is_(None)
for _name, _column in (("session", ledger_holds.c.session_id), ("customer", ledger_holds.c.customer_id)):
    Index(f"ix_ledger_holds_{_name}", _column, sqlite_where=_open, postgresql_where=_open)


class HoldRow(Protocol):
    """A row of the table."""

    id: int
    organization_id: int
    name: str
    customer_id: int
    session_id: int | None
    currency: str
    from_bonus: Decimal
    from_wallet: Decimal
    opened_at: datetime
    closed_at: datetime | None


def amount_of(row: HoldRow) -> Money:
    """What is held."""
    return Money(row.from_bonus + row.from_wallet, row.currency)


def hold(
    work: Work,
    organization_id: int,
    *,
    name: str,
    customer_id: int,
    amount: Money,
    session_id: int | None = None,
) -> HoldRow:
    """Set this much aside, in all: under a name that holds already, what is missing of it. Raises `NotEnough`, and `Conflict` where the hold is over.

    A hold that is higher already stays as it is.
    """
    if amount.amount <= 0:
        raise Invalid("amount", "must be above 0")
    lock_customer(work, organization_id, customer_id)
    row = find(work, organization_id, name)
    if row is not None and (row.closed_at is not None or row.customer_id != customer_id):
        raise Conflict("the hold {name!r} is over, or somebody else's", name=name)
    missing = amount if row is None else amount - amount_of(row)
    if row is not None and missing.amount <= 0:
        return row
    bonus, wallet = (balance(work, organization_id, Account(kind, customer_id), amount.currency) for kind in _SOURCES)
    if bonus + wallet < missing:
        raise NotEnough("wallet", bonus + wallet, missing)
    of_bonus = min(bonus, missing)
    of_wallet = missing - of_bonus
    if row is None:
        new = insert(ledger_holds).values(
            organization_id=organization_id,
            name=name,
            customer_id=customer_id,
            session_id=session_id,
            currency=amount.currency,
            from_bonus=Decimal(0),
            from_wallet=Decimal(0),
            opened_at=work.now,
        )
        row = work.execute(new.returning(*ledger_holds.c)).one()
    book(
        work,
        organization_id,
        key=f"hold:{name}:{amount.amount}",
        kind="hold",
        entries=[
            Entry(Account("bonus", customer_id), -of_bonus),
            Entry(Account("wallet", customer_id), -of_wallet),
            Entry(Account("held", customer_id), missing),
        ],
        customer_id=customer_id,
        session_id=row.session_id,
        reference=name,
    )
    return _changed(
        work, row, from_bonus=row.from_bonus + of_bonus.amount, from_wallet=row.from_wallet + of_wallet.amount
    )


_SOURCES: tuple[AccountKind, ...] = ("bonus", "wallet")


def find(work: Work, organization_id: int, name: str) -> HoldRow | None:
    """The hold of this name, if there is one."""
    table = ledger_holds.c
    mine = select(ledger_holds).where(table.organization_id == organization_id, table.name == name)
    row: HoldRow | None = work.execute(mine).one_or_none()
    return row


def of_session(work: Work, session_id: int) -> list[HoldRow]:
    """What is held for a session."""
    return list(work.execute(select(ledger_holds).where(ledger_holds.c.session_id == session_id, _open)))


def of_customer(work: Work, customer_id: int) -> list[HoldRow]:
    """What is held of a customer, the oldest first."""
    mine = select(ledger_holds).where(ledger_holds.c.customer_id == customer_id, _open)
    return list(work.execute(mine.order_by(ledger_holds.c.id)))


def release(work: Work, row: HoldRow) -> None:
    """All of it goes back to where it came from. Done again it changes nothing."""
    lock_customer(work, row.organization_id, row.customer_id)
    now = find(work, row.organization_id, row.name)
    if now is None or now.closed_at is not None:
        return
    held = amount_of(now)
    if held:
        book(
            work,
            now.organization_id,
            key=f"release:{now.name}",
            kind="release",
            entries=[
                Entry(Account("held", now.customer_id), -held),
                Entry(Account("bonus", now.customer_id), Money(now.from_bonus, now.currency)),
                Entry(Account("wallet", now.customer_id), Money(now.from_wallet, now.currency)),
            ],
            customer_id=now.customer_id,
            session_id=now.session_id,
            reference=now.name,
        )
    _changed(work, now, closed_at=work.now)


def _changed(work: Work, row: HoldRow, **values: object) -> HoldRow:
    mine = update(ledger_holds).where(ledger_holds.c.id == row.id).values(**values)
    changed: HoldRow = work.execute(mine.returning(*ledger_holds.c)).one()
    return changed
