"""Where bills are kept: what a session costs, in revisions of which the last holds. None is ever changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal, Protocol

import msgspec
from sqlalchemy import Column, ForeignKey, Index, Integer, Select, Table, Text, UniqueConstraint, select

from stationmaster.domain.money.amounts import Money
from stationmaster.domain.money.bill import Bill
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, Exact, Json, UtcTime, key, metadata

State = Literal["booked", "kept", "taken_back"]
"""In the ledger; rated and kept, because nobody pays for it; nothing is due any more."""

bills = Table(
    "bills",
    metadata,
    key(),
    Column("public_id", Text, nullable=False),
    Column("organization_id", BigInt, ForeignKey("organizations.id"), nullable=False),
    Column("session_id", BigInt, ForeignKey("sessions.id"), nullable=False),
    Column("revision", Integer, nullable=False),  # from 1; the last one holds
    Column("state", Text, nullable=False),
    Column("customer_id", BigInt, ForeignKey("customers.id")),  # who pays
    Column("site_id", BigInt, ForeignKey("sites.id")),  # where it was
    Column("tariff_id", BigInt, ForeignKey("tariffs.id"), nullable=False),
    Column("terms", Integer, nullable=False),  # which of the tariff
    Column("decided_by", Text),  # on what level the tariff was named
    Column("time_zone", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("net", Exact(3), nullable=False),
    Column("tax", Exact(3), nullable=False),
    Column("round_off", Exact(3), nullable=False),
    Column("total", Exact(3), nullable=False),
    Column("host_percent", Exact(4)),  # of the net, for the host of the site
    Column("bill", Json),  # the whole of it, `money/bill.py::Bill`; empty where it is taken back
    Column("made_at", UtcTime, nullable=False),
    Column("booked_on", Text, nullable=False),  # the day on the wall of the site
    Column(
        "transaction_id", BigInt, ForeignKey("ledger_transactions.id")
    ),  # what this revision has booked, if anything
    UniqueConstraint("session_id", "revision"),
    UniqueConstraint("organization_id", "public_id"),
)
Index("ix_bills_organization", bills.c.organization_id, bills.c.id)
Index("ix_bills_booked_on", bills.c.organization_id, bills.c.booked_on)
_of_customer = bills.c.customer_id.is_not(None)
Index("ix_bills_customer", bills.c.customer_id, bills.c.id, sqlite_where=_of_customer, postgresql_where=_of_customer)
Index(  # what a customer was billed in a month is asked when their card is shown
    "ix_bills_customer_booked_on",
    bills.c.customer_id,
    bills.c.booked_on,
    sqlite_where=_of_customer,
    postgresql_where=_of_customer,
)


class BillRow(Protocol):
    """A row of the table."""

    id: int
    public_id: str
    organization_id: int
    session_id: int
    revision: int
    state: State
    customer_id: int | None
    site_id: int | None
    tariff_id: int
    terms: int
    decided_by: str | None
    time_zone: str
    currency: str
    net: Decimal
    tax: Decimal
    round_off: Decimal
    total: Decimal
    host_percent: Decimal | None
    bill: dict[str, Any] | None
    made_at: datetime
    booked_on: str
    transaction_id: int | None


def total_of(row: BillRow) -> Money:
    return Money(row.total, row.currency)


def written(bill: Bill) -> Any:
    """A bill as it is kept."""
    return msgspec.to_builtins(bill, enc_hook=_text)


def read(row: BillRow) -> Bill | None:
    """The whole bill of a row; None where it is taken back."""
    return None if row.bill is None else msgspec.convert(row.bill, Bill, dec_hook=_fraction)


def newest(work: Work, session_id: int) -> BillRow | None:
    """The revision that holds, if the session was ever billed."""
    mine = select(bills).where(bills.c.session_id == session_id).order_by(bills.c.revision.desc()).limit(1)
    row: BillRow | None = work.execute(mine).one_or_none()
    return row


_later = bills.alias()
_newer = select(_later.c.id).where(_later.c.session_id == bills.c.session_id, _later.c.revision > bills.c.revision)
_holds = ~_newer.exists()


def that_hold(statement: Select[Any]) -> Select[Any]:
    """Of the bills of a statement only the newest revisions."""
    return statement.where(_holds)


def amounts_of(work: Work, session_ids: Sequence[int]) -> dict[int, Money]:
    """What sessions were billed, by their keys; nothing of one that has no bill, or none any more."""
    found: dict[int, Money] = {}
    if session_ids:
        mine = select(bills.c.session_id, bills.c.total, bills.c.currency).where(bills.c.session_id.in_(session_ids))
        rows = work.execute(that_hold(mine.where(bills.c.state != "taken_back")))
        found = {row.session_id: Money(row.total, row.currency) for row in rows}
    return found


def _text(value: object) -> str:
    if isinstance(value, Fraction):
        return str(value)
    raise TypeError(f"a bill is kept without {type(value).__name__}: {value!r}")


def _fraction(kind: type, value: Any) -> Any:
    if kind is Fraction:
        return Fraction(value)
    raise TypeError(f"a bill is read without {kind.__name__}: {value!r}")
