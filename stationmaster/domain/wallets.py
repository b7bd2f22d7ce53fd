"""Wallets: the money that customers have with us, as they see it; and what a person may put in or take out by hand."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import Select, select

from stationmaster.domain import audit, customers
from stationmaster.domain.audit import Subject
from stationmaster.domain.errors import Invalid
from stationmaster.domain.ledger import (
    Account,
    Entry,
    TransactionKind,
    TransactionRow,
    balance,
    book,
    find,
    ledger_accounts,
    ledger_entries,
    ledger_transactions,
)
from stationmaster.domain.money.amounts import Money, zero
from stationmaster.storage import Work
from stationmaster.storage.lists import Found, Wanted, listed

Kind = Literal["credit", "debit"]
Purse = Literal["wallet", "bonus"]
"""What a person may put something in: what is the customer's, or what was given and is never paid out."""


class Transaction(NamedTuple):
    """One entry of a wallet, and what was in it then. The id is the key that it was booked by."""

    id: str
    kind: Kind
    booked_as: TransactionKind
    amount: Money  # never negative
    balance: Money
    description: str | None
    reference: str | None
    made_by: str | None
    created_at: datetime


class Balances(NamedTuple):
    """What a customer has in one currency. `owed` is positive where they owe us."""

    currency: str
    wallet: Money
    bonus: Money
    held: Money
    owed: Money


def balances(work: Work, organization_id: int, customer_id: str) -> list[Balances]:
    """What a customer has, by currency. Raises `NotFound`."""
    customer = customers.get(work, organization_id, customer_id)
    table = ledger_accounts.c
    mine = select(table.kind, table.currency, table.balance).where(table.customer_id == customer.id)
    found: dict[str, dict[str, Money]] = {}
    for row in work.execute(mine.order_by(table.currency)):
        found.setdefault(row.currency, {})[row.kind] = Money(row.balance, row.currency)
    return [_balances(currency, of) for currency, of in found.items()]


def list_transactions(work: Work, organization_id: int, customer_id: str, wanted: Wanted) -> Found[Transaction]:
    """The entries of a customer's wallet, the newest first. Raises `NotFound`."""
    wallets = _wallets(work, customers.get(work, organization_id, customer_id).id)
    if not wallets:
        return Found([], None)
    found = listed(work, _entries(wallets), wanted, key=ledger_entries.c.id)
    return Found([_transaction(row) for row in found.rows], found.next)


class Statement(NamedTuple):
    """What happened in a wallet between two moments."""

    begins_with: Money
    entries: list[Transaction]
    ends_with: Money


def statement(
    work: Work, organization_id: int, customer_id: str, *, currency: str, since: datetime, until: datetime
) -> Statement:
    """The entries from `since` on and before `until`, the oldest first. Raises `NotFound`."""
    nothing = zero(currency)
    wallets = _wallets(work, customers.get(work, organization_id, customer_id).id, currency)
    if not wallets:
        return Statement(nothing, [], nothing)
    at, in_order = ledger_transactions.c.at, ledger_entries.c.id
    between = _entries(wallets).where(at >= since, at < until)
    entries = [_transaction(row) for row in work.execute(between.order_by(in_order))]
    if entries:
        first = entries[0]
        before = first.balance - first.amount if first.kind == "credit" else first.balance + first.amount
        return Statement(before, entries, entries[-1].balance)
    last = work.execute(_entries(wallets).where(at < since).order_by(in_order.desc()).limit(1)).first()
    now = nothing if last is None else Money(last.balance, currency)
    return Statement(now, [], now)


def pay_owed(work: Work, organization_id: int, customer_key: int, currency: str, *, key: str) -> None:
    """Money has come into a wallet: what its customer owes is paid of it."""
    wallet, receivable = Account("wallet", customer_key), Account("receivable", customer_key)
    owed = -balance(work, organization_id, receivable, currency)
    paid = min(owed, balance(work, organization_id, wallet, currency))
    if paid.amount > 0 and find(work, organization_id, key) is None:
        book(
            work,
            organization_id,
            key=key,
            kind="payment",
            entries=[Entry(wallet, -paid), Entry(receivable, paid)],
            customer_id=customer_key,
            description="What was owed",
        )


def adjust(
    work: Work,
    organization_id: int,
    customer_id: str,
    *,
    amount: Money,
    reason: str,
    purse: Purse = "wallet",
    key: str | None = None,
) -> TransactionRow:
    """A person puts something in, or takes it out (negative), for a reason that is kept. Raises `NotFound`, `Invalid`, `NotEnough`."""
    if not amount:
        raise Invalid("amount", "must not be 0")
    customer = customers.get(work, organization_id, customer_id)
    booked = book(
        work,
        organization_id,
        key=key or f"adjustment:{secrets.token_hex(8)}",
        kind="bonus" if purse == "bonus" else "adjustment",
        entries=[Entry(Account("refunds"), -amount), Entry(Account(purse, customer.id), amount)],
        customer_id=customer.id,
        description=reason,
    )
    _record(work, organization_id, "adjust_wallet", customer_id, amount, purse=purse, reason=reason)
    return booked


def _balances(currency: str, of: Mapping[str, Money]) -> Balances:
    nothing = zero(currency)
    owed = -of.get("receivable", nothing)
    return Balances(currency, of.get("wallet", nothing), of.get("bonus", nothing), of.get("held", nothing), owed)


def _wallets(work: Work, customer_key: int, currency: str | None = None) -> list[int]:
    table = ledger_accounts.c
    mine = select(table.id).where(table.customer_id == customer_key, table.kind == "wallet")
    return list(work.execute(mine if currency is None else mine.where(table.currency == currency)).scalars())


def _entries(wallets: Sequence[int]) -> Select[Any]:
    account = ledger_entries.c.account_id
    mine = account == wallets[0] if len(wallets) == 1 else account.in_(wallets)
    booked = ledger_transactions.c
    columns = (
        booked.key,
        booked.kind,
        booked.currency,
        booked.description,
        booked.reference,
        booked.made_by,
        booked.at,
    )
    joined = select(ledger_entries.c.id, ledger_entries.c.amount, ledger_entries.c.balance, *columns)
    return joined.join_from(ledger_entries, ledger_transactions, booked.id == ledger_entries.c.transaction_id).where(
        mine
    )


def _transaction(row: Any) -> Transaction:
    return Transaction(
        id=row.key,
        kind="credit" if row.amount > 0 else "debit",
        booked_as=row.kind,
        amount=Money(abs(row.amount), row.currency),
        balance=Money(row.balance, row.currency),
        description=row.description,
        reference=row.reference,
        made_by=row.made_by,
        created_at=row.at,
    )


def _record(work: Work, organization_id: int, action: str, customer_id: str, amount: Money, **more: Any) -> None:
    after = {"amount": str(amount.amount), "currency": amount.currency, **more}
    audit.record(work, action, Subject("customer", customer_id), after=after, organization=organization_id)
