"""Booking: entries in accounts that add up to nothing, under a key that books once.

Whoever books for a customer is alone with them until the commit: the row of the customer is locked first, then the accounts in the order of
their keys, so that nobody waits in a circle. What books is written with `Database.write_apart`, for it locks what many others want.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, bindparam, insert, or_, select, update

from stationmaster.domain.audit import Signature
from stationmaster.domain.customers import customers
from stationmaster.domain.errors import Conflict, NotFound
from stationmaster.domain.ledger.tables import (
    NEVER_BELOW_ZERO,
    AccountKind,
    AccountRow,
    TransactionKind,
    TransactionRow,
    ledger_accounts,
    ledger_entries,
    ledger_transactions,
)
from stationmaster.domain.money.amounts import Money, zero
from stationmaster.storage import Work


class Account(NamedTuple):
    """An account by what it is for; it is made when something is booked in it. Its currency is that of the amounts."""

    kind: AccountKind
    customer_id: int | None = None
    name: str = ""


class Entry(NamedTuple):
    """Positive: credit. Negative: debit."""

    account: Account
    amount: Money


class NotEnough(Conflict):
    """An account would be below what it may never be below."""

    def __init__(self, kind: AccountKind, balance: Money, wanted: Money) -> None:
        super().__init__(
            "there is {balance} in the {purse}, and {wanted} would be needed",
            balance=balance,
            purse=_CALLED.get(kind, kind),
            wanted=wanted,
        )
        self.kind, self.balance, self.wanted = kind, balance, wanted


_CALLED: Mapping[AccountKind, str] = {"held": "money that is held"}


def book(
    work: Work,
    organization_id: int,
    *,
    key: str,
    kind: TransactionKind,
    entries: Iterable[Entry],
    customer_id: int | None = None,
    session_id: int | None = None,
    description: str | None = None,
    reference: str | None = None,
    booked_on: date | None = None,
) -> TransactionRow:
    """Book these entries; those of one account are one entry. Where the key has booked the very same before, that is the answer.

    Raises `NotEnough`, and `Conflict` where the key has booked something else. Entries that do not add up to nothing in one currency are a mistake of ours (`ValueError`).
    """
    amounts = _added_up(entries)
    currency = _balanced(amounts)
    for customer in sorted({each.customer_id for each in amounts if each.customer_id is not None}):
        lock_customer(work, organization_id, customer)
    booked = find(work, organization_id, key)
    if booked is not None:
        if _entries_of(work, booked.id) != {account: money.amount for account, money in amounts.items()}:
            raise Conflict("{key!r} has been booked before, and otherwise", key=key)
        return booked
    accounts = _locked(work, organization_id, amounts, currency)
    for account, row in accounts.items():
        if account.kind in NEVER_BELOW_ZERO and row.balance + amounts[account].amount < 0:
            raise NotEnough(account.kind, Money(row.balance, currency), -amounts[account])
    signature: Signature | None = work.signature
    new = insert(ledger_transactions).values(
        organization_id=organization_id,
        key=key,
        kind=kind,
        currency=currency,
        at=work.now,
        booked_on=(booked_on or work.now.date()).isoformat(),
        customer_id=customer_id,
        session_id=session_id,
        description=description,
        reference=reference,
        made_by=None if signature is None else signature.actor.name,
    )
    made: TransactionRow = work.execute(new.returning(*ledger_transactions.c)).one()
    rows = [
        {
            "organization_id": organization_id,
            "transaction_id": made.id,
            "account_id": row.id,
            "number": row.last_number + 1,
            "amount": amounts[account].amount,
            "balance": row.balance + amounts[account].amount,
        }
        for account, row in accounts.items()
    ]
    # The balance first: no entry is let in that does not end with it.
    work.execute(
        _new_balance, [{"its": row["account_id"], "new": row["balance"], "count": row["number"]} for row in rows]
    )
    work.execute(insert(ledger_entries), rows)
    return made


_new_balance = (
    update(ledger_accounts)
    .where(ledger_accounts.c.id == bindparam("its"))
    .values(
        balance=bindparam("new", type_=ledger_accounts.c.balance.type),
        last_number=bindparam("count", type_=ledger_accounts.c.last_number.type),
    )
)


def find(work: Work, organization_id: int, key: str) -> TransactionRow | None:
    """What this key has booked, if anything."""
    table = ledger_transactions
    row: TransactionRow | None = work.execute(
        select(table).where(table.c.organization_id == organization_id, table.c.key == key)
    ).one_or_none()
    return row


def balance(work: Work, organization_id: int, account: Account, currency: str) -> Money:
    """What is in an account; nothing, where there is none yet."""
    mine = select(ledger_accounts.c.balance).where(
        _is(organization_id, account), ledger_accounts.c.currency == currency
    )
    found: Decimal | None = work.execute(mine).scalar()
    return zero(currency) if found is None else Money(found, currency)


def lock_customer(work: Work, organization_id: int, customer_id: int) -> None:
    """From here on nobody else books for this customer until the commit. Raises `NotFound`."""
    mine = select(customers.c.id).where(customers.c.id == customer_id, customers.c.organization_id == organization_id)
    if work.execute(mine.with_for_update(key_share=True)).first() is None:
        raise NotFound("there is no such customer")


def _added_up(entries: Iterable[Entry]) -> dict[Account, Money]:
    amounts: dict[Account, Money] = {}
    for account, amount in entries:
        amounts[account] = amounts[account] + amount if account in amounts else amount
    return {account: amount for account, amount in amounts.items() if amount}


def _balanced(amounts: Mapping[Account, Money]) -> str:
    """The currency of these amounts, which must come to nothing."""
    currencies = {amount.currency for amount in amounts.values()}
    if len(currencies) != 1 or sum((amount.amount for amount in amounts.values()), Decimal(0)):
        raise ValueError(
            f"{', '.join(map(str, amounts.values())) or 'nothing'} cannot be booked: not one currency, or a sum"
        )
    return currencies.pop()


def _locked(work: Work, organization_id: int, accounts: Iterable[Account], currency: str) -> dict[Account, AccountRow]:
    """Their rows, locked in the order of their keys; what is missing is made."""
    wanted = list(accounts)
    mine = select(ledger_accounts).where(
        ledger_accounts.c.currency == currency, or_(*(_is(organization_id, each) for each in wanted))
    )
    rows: list[AccountRow] = list(work.execute(mine.order_by(ledger_accounts.c.id).with_for_update(key_share=True)))
    found = {Account(row.kind, row.customer_id, row.name): row for row in rows}
    for account in wanted:
        if account not in found:
            # Of two who make it at once the second fails, and is run again.
            new = insert(ledger_accounts).values(
                organization_id=organization_id, currency=currency, created_at=work.now, **account._asdict()
            )
            found[account] = work.execute(new.returning(*ledger_accounts.c)).one()
    return found


def _is(organization_id: int, account: Account) -> ColumnElement[bool]:
    table = ledger_accounts.c
    if account.customer_id is not None:
        return and_(table.customer_id == account.customer_id, table.kind == account.kind)
    return and_(
        table.organization_id == organization_id,
        table.customer_id.is_(None),
        table.kind == account.kind,
        table.name == account.name,
    )


def _entries_of(work: Work, transaction_id: int) -> dict[Account, Decimal]:
    table = ledger_accounts.c
    named = select(table.kind, table.customer_id, table.name, ledger_entries.c.amount).join_from(
        ledger_entries, ledger_accounts, table.id == ledger_entries.c.account_id
    )
    rows: list[Any] = list(work.execute(named.where(ledger_entries.c.transaction_id == transaction_id)))
    return {Account(row.kind, row.customer_id, row.name): row.amount for row in rows}
