"""The ledger as accountants' programs take it: each transaction in lines of one amount, one account that is debited, and one that is credited."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import select

from stationmaster.domain.customers import customers
from stationmaster.domain.ledger.tables import ledger_accounts, ledger_entries, ledger_transactions
from stationmaster.domain.sessions import sessions
from stationmaster.storage import Work


class Booked(NamedTuple):
    """One entry of a transaction: the account it is in, and a positive amount to its credit or a negative to its debit."""

    account: str  # `wallet`, `tax VAT 19 %`
    amount: Decimal


class Pair(NamedTuple):
    debit: str
    credit: str
    amount: Decimal


class JournalLine(NamedTuple):
    """A pair, and which transaction it is of."""

    key: int  # of the transaction, by which a page goes on
    booked_on: str
    number: str
    kind: str
    amount: Decimal
    currency: str
    debit: str
    credit: str
    customer: str | None
    session: str | None
    text: str | None
    reference: str | None


def pairs(entries: Sequence[Booked]) -> list[Pair]:
    """Entries that add up to nothing, as amounts that go from one account to another. In their order, each as large as it can be."""
    debits = [Booked(entry.account, -entry.amount) for entry in entries if entry.amount < 0]
    credits = [entry for entry in entries if entry.amount > 0]
    found = []
    while debits and credits:
        amount = min(debits[0].amount, credits[0].amount)
        found.append(Pair(debits[0].account, credits[0].account, amount))
        for side in (debits, credits):
            first = side.pop(0)
            if first.amount > amount:
                side.insert(0, Booked(first.account, first.amount - amount))
    return found


def lines(
    work: Work, organization_id: int, *, since: str, until: str, after: int | None, limit: int
) -> tuple[list[JournalLine], int | None]:
    """The lines of some transactions of the days in `since` ≤ … < `until`, in the order of booking; and behind which to go on, None at the end."""
    table = ledger_transactions.c
    mine = select(ledger_transactions, customers.c.public_id.label("customer"), sessions.c.public_id.label("session"))
    mine = mine.select_from(
        ledger_transactions.outerjoin(customers, customers.c.id == table.customer_id).outerjoin(
            sessions, sessions.c.id == table.session_id
        )
    ).where(table.organization_id == organization_id, table.booked_on >= since, table.booked_on < until)
    if after is not None:
        mine = mine.where(table.id > after)
    rows = work.execute(mine.order_by(table.id).limit(limit)).all()
    entries = _entries(work, [row.id for row in rows])
    found = [
        JournalLine(
            row.id,
            row.booked_on,
            row.key,
            row.kind,
            pair.amount,
            row.currency,
            pair.debit,
            pair.credit,
            row.customer,
            row.session,
            row.description,
            row.reference,
        )
        for row in rows
        for pair in pairs(entries.get(row.id, []))
    ]
    return found, rows[-1].id if len(rows) == limit else None


def numbered(account: str, numbers: Mapping[str, str]) -> str:
    """The number of an account in the operator's own chart: of this very one, else of all of its kind, else its name."""
    return numbers.get(account) or numbers.get(account.partition(" ")[0]) or account


def _entries(work: Work, keys: Sequence[int]) -> dict[int, list[Booked]]:
    if not keys:
        return {}
    entry, account = ledger_entries.c, ledger_accounts.c
    mine = select(entry.transaction_id, entry.amount, account.kind, account.name)
    mine = mine.join(ledger_accounts, account.id == entry.account_id).where(entry.transaction_id.in_(keys))
    found: dict[int, list[Booked]] = {}
    for row in work.execute(mine.order_by(entry.transaction_id, entry.id)):
        name = f"{row.kind} {row.name}" if row.name else row.kind
        found.setdefault(row.transaction_id, []).append(Booked(name, row.amount))
    return found
