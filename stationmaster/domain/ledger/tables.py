"""Where the ledger is kept: accounts, transactions, and their entries. What the database itself holds of its rules stands in the migration.

It lets no entry be changed or removed, none in that does not go on from the balance of its account, and no transaction be committed whose
entries do not add up to nothing (decision 0037).
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Literal, Protocol

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Table, Text, UniqueConstraint

from stationmaster.storage.columns import BigInt, Exact, UtcTime, key, metadata

AccountKind = Literal[
    "wallet",
    "bonus",
    "held",
    "receivable",
    "revenue",
    "tax",
    "round_off",
    "refunds",
    "write_off",
    "shares",
    "host",
    "clearing",
]
"""What an account is for (docs/money.md). The first four are a customer's; a receivable may also be that of guests."""

TransactionKind = Literal[
    "bill",
    "correction",
    "top_up",
    "bonus",
    "adjustment",
    "hold",
    "release",
    "payment",
    "refund",
    "write_off",
    "payout",
]

NEVER_BELOW_ZERO: frozenset[AccountKind] = frozenset({"wallet", "bonus", "held"})

ledger_zero = Table("ledger_zero", metadata, Column("zero", Exact(3), primary_key=True))
"""One row, nothing: what the entries of each transaction must have come to at the commit."""

ledger_accounts = Table(
    "ledger_accounts",
    metadata,
    key(),
    Column("organization_id", BigInt, ForeignKey("organizations.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("customer_id", BigInt, ForeignKey("customers.id")),  # whose it is; empty: the organization's
    Column("name", Text, nullable=False),  # of several of a kind: a tax, a provider, a site
    Column("currency", Text, nullable=False),
    Column("balance", Exact(3), nullable=False, server_default="0"),
    Column("last_number", BigInt, nullable=False, server_default="0"),  # of its entries
    Column("created_at", UtcTime, nullable=False),
    CheckConstraint("balance >= 0 OR kind NOT IN ('wallet', 'bonus', 'held')", name="limit"),
)
_of_customer = ledger_accounts.c.customer_id.is_not(None)
Index(
    "uq_ledger_accounts_customer",
    ledger_accounts.c.customer_id,
    ledger_accounts.c.kind,
    ledger_accounts.c.currency,
    unique=True,
    sqlite_where=_of_customer,
    postgresql_where=_of_customer,
)
_of_organization = ledger_accounts.c.customer_id.is_(None)
Index(
    "uq_ledger_accounts_organization",
    ledger_accounts.c.organization_id,
    ledger_accounts.c.kind,
    ledger_accounts.c.name,
    ledger_accounts.c.currency,
    unique=True,
    sqlite_where=_of_organization,
    postgresql_where=_of_organization,
)

ledger_transactions = Table(
    "ledger_transactions",
    metadata,
    key(),
    Column("organization_id", BigInt, ForeignKey("organizations.id"), nullable=False),
    Column("key", Text, nullable=False),  # what it books is booked once
    Column("kind", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("booked_on", Text, nullable=False),  # the day in the books, as in 2026-11-30
    Column("customer_id", BigInt, ForeignKey("customers.id")),
    Column("session_id", BigInt, ForeignKey("sessions.id")),
    Column("description", Text),
    Column("reference", Text),
    Column("made_by", Text),  # the person; empty: nobody
    Column(  # what its entries have come to so far
        "off_by",
        Exact(3),
        ForeignKey("ledger_zero.zero", deferrable=True, initially="DEFERRED"),
        nullable=False,
        server_default="0",
    ),
    UniqueConstraint("organization_id", "key"),
)
Index("ix_ledger_transactions_booked_on", ledger_transactions.c.organization_id, ledger_transactions.c.booked_on)
_of_session = ledger_transactions.c.session_id.is_not(None)
Index(
    "ix_ledger_transactions_session",
    ledger_transactions.c.session_id,
    sqlite_where=_of_session,
    postgresql_where=_of_session,
)

ledger_entries = Table(
    "ledger_entries",
    metadata,
    key(),
    Column("organization_id", BigInt, ForeignKey("organizations.id"), nullable=False),
    Column("transaction_id", BigInt, ForeignKey("ledger_transactions.id"), nullable=False, index=True),
    Column("account_id", BigInt, ForeignKey("ledger_accounts.id"), nullable=False),
    Column("number", BigInt, nullable=False),  # in its account, without gaps
    Column("amount", Exact(3), nullable=False),  # positive: credit; negative: debit
    Column("balance", Exact(3), nullable=False),  # of the account after it
    UniqueConstraint("account_id", "number"),
)
Index("ix_ledger_entries_account", ledger_entries.c.account_id, ledger_entries.c.id)


class AccountRow(Protocol):
    """A row of the accounts."""

    id: int
    organization_id: int
    kind: AccountKind
    customer_id: int | None
    name: str
    currency: str
    balance: Decimal
    last_number: int


class TransactionRow(Protocol):
    """A row of the transactions."""

    id: int
    organization_id: int
    key: str
    kind: TransactionKind
    currency: str
    at: datetime
    booked_on: str
    customer_id: int | None
    session_id: int | None
    description: str | None
    reference: str | None
    made_by: str | None
