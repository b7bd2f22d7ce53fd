"""The ledger: money in accounts, booked twice, so that it never comes out of nothing and never gets lost (docs/money.md).

`booking.book` is the one way in. An entry's amount is positive for a credit and negative for a debit.
"""

from stationmaster.domain.ledger.booking import Account, Entry, NotEnough, balance, book, find, lock_customer
from stationmaster.domain.ledger.holds import ledger_holds
from stationmaster.domain.ledger.tables import (
    AccountKind,
    AccountRow,
    TransactionKind,
    TransactionRow,
    ledger_accounts,
    ledger_entries,
    ledger_transactions,
)

__all__ = [
    "Account",
    "AccountKind",
    "AccountRow",
    "Entry",
    "NotEnough",
    "TransactionKind",
    "TransactionRow",
    "balance",
    "book",
    "find",
    "ledger_accounts",
    "ledger_entries",
    "ledger_holds",
    "ledger_transactions",
    "lock_customer",
]
