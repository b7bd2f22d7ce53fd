"""Who pays for a session, and out of what."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import select

from stationmaster.domain.customer_terms import Billing
from stationmaster.domain.customers import customers
from stationmaster.domain.guests import guest_visits
from stationmaster.domain.ledger import Account, Entry, balance, ledger_accounts, ledger_entries, ledger_transactions
from stationmaster.domain.money.amounts import Money, zero
from stationmaster.domain.sessions import SessionRow
from stationmaster.storage import Work


class Payer(NamedTuple):
    """A customer and how they pay; without a customer, a guest who pays for this session alone."""

    customer_id: int | None
    billing: Billing = "prepaid"


def payer_of(work: Work, row: SessionRow) -> Payer | None:
    """Who pays for a session; None where it is nobody's."""
    if row.customer_id is None:
        visit = select(guest_visits.c.id).where(guest_visits.c.session == row.public_id).limit(1)
        return None if work.execute(visit).first() is None else Payer(None)
    billing = select(customers.c.billing).where(customers.c.id == row.customer_id)
    return Payer(row.customer_id, work.execute(billing).scalar_one())


def charged(work: Work, organization_id: int, payer: Payer, amount: Money) -> list[Entry]:
    """Where an amount comes from: what was given, then the wallet, and the rest is owed. Postpaid customers and guests owe all of it."""
    entries = []
    if payer.customer_id is not None and payer.billing == "prepaid":
        for account in (Account("bonus", payer.customer_id), Account("wallet", payer.customer_id)):
            taken = min(balance(work, organization_id, account, amount.currency), amount)
            entries.append(Entry(account, -taken))
            amount = amount - taken
    return [*entries, Entry(Account("receivable", payer.customer_id), -amount)]


def given_back(
    work: Work, organization_id: int, session_id: int, customer_id: int | None, amount: Money
) -> list[Entry]:
    """Where an amount goes back to, of what a session was billed: what is still owed for it is owed no more, then the wallet.

    What came out of the bonus goes back there, and last, for it is never paid out.
    """
    receivable = Account("receivable", customer_id)
    if customer_id is None:
        return [Entry(receivable, amount)]  # what a guest has paid is given back by who took it
    nothing = zero(amount.currency)
    paid = {kind: -amount for kind, amount in booked_for(work, session_id, customer_id, amount.currency).items()}
    owed = -balance(work, organization_id, receivable, amount.currency)
    to_receivable = max(nothing, min(amount, owed, paid.get("receivable", nothing)))
    rest = amount - to_receivable
    cash = paid.get("wallet", nothing) + paid.get("receivable", nothing) - to_receivable
    to_wallet = max(nothing, min(rest, cash))
    return [
        Entry(receivable, to_receivable),
        Entry(Account("wallet", customer_id), to_wallet),
        Entry(Account("bonus", customer_id), rest - to_wallet),
    ]


def booked_for(work: Work, session_id: int, customer_id: int, currency: str) -> dict[str, Money]:
    """What the bills of a session have booked in the accounts of a customer, by kind."""
    accounts, booked = ledger_accounts.c, ledger_transactions.c
    source = ledger_transactions.join(ledger_entries, ledger_entries.c.transaction_id == booked.id)
    source = source.join(ledger_accounts, accounts.id == ledger_entries.c.account_id)
    mine = (
        select(accounts.kind, ledger_entries.c.amount)
        .select_from(source)
        .where(
            booked.session_id == session_id,
            booked.kind.in_(("bill", "correction")),
            booked.currency == currency,
            accounts.customer_id == customer_id,
        )
    )
    found: dict[str, Money] = {}
    for row in work.execute(mine):
        found[row.kind] = found.get(row.kind, zero(currency)) + Money(row.amount, currency)
    return found
