"""What was issued: numbered without a gap for each organization and year, kept as it was, and never changed.

The whole document is kept as text with its hash; the database refuses to change or delete a row. What turns out wrong is taken back by a credit
note, and billed anew. A bill (a session in one revision) is in one document at the most, and in one credit note.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple, Protocol

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    Select,
    Table,
    Text,
    UniqueConstraint,
    func,
    insert,
    select,
    update,
)

from stationmaster.domain import audit, looks
from stationmaster.domain.audit import Subject
from stationmaster.domain.customers import customers
from stationmaster.domain.errors import Conflict, Invalid, NotFound
from stationmaster.domain.invoices import documents, issuers
from stationmaster.domain.invoices.documents import Charge, Document, Kind, Origin, Paid, Party
from stationmaster.domain.invoices.issuers import Issuer
from stationmaster.domain.sessions import sessions
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, Exact, UtcTime, key, metadata
from stationmaster.storage.lists import Found, Wanted, listed, only, rows_among

invoices = Table(
    "invoices",
    metadata,
    key(),
    Column("organization_id", BigInt, ForeignKey("organizations.id"), nullable=False),
    Column("public_id", Text, nullable=False, unique=True),  # 128 random bits
    Column("kind", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("year", Integer, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("issued_at", UtcTime, nullable=False),
    Column("customer_id", BigInt, ForeignKey("customers.id")),
    Column("month", Text),  # of a collective invoice: 2026-11
    Column("currency", Text, nullable=False),
    Column("net", Exact(4), nullable=False),
    Column("tax", Exact(4), nullable=False),  # with the round-off
    Column("total", Exact(4), nullable=False),
    Column("corrects_id", BigInt, ForeignKey("invoices.id")),
    Column("document", Text, nullable=False),
    Column("sha256", Text, nullable=False),  # of the document
    UniqueConstraint("organization_id", "year", "sequence"),
    UniqueConstraint("organization_id", "number"),
)
Index("ix_invoices_organization_id", invoices.c.organization_id, invoices.c.id)
Index("ix_invoices_customer_id", invoices.c.customer_id, invoices.c.id)
Index("ix_invoices_corrects_id", invoices.c.corrects_id)

invoice_numbers = Table(
    "invoice_numbers",
    metadata,
    key(),
    Column("organization_id", BigInt, ForeignKey("organizations.id"), nullable=False),
    Column("year", Integer, nullable=False),
    Column("last", Integer, nullable=False),
    UniqueConstraint("organization_id", "year"),
)

invoiced_bills = Table(
    "invoiced_bills",
    metadata,
    key(),
    Column("organization_id", BigInt, ForeignKey("organizations.id"), nullable=False),
    Column("invoice_id", BigInt, ForeignKey("invoices.id"), nullable=False, index=True),
    Column("session_id", BigInt, ForeignKey("sessions.id"), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("credited", Boolean, nullable=False),  # taken back by this document
    UniqueConstraint("session_id", "revision", "credited"),
)

SORTS = {"issued": invoices.c.issued_at, "number": invoices.c.number, "total": invoices.c.total}


class InvoiceRow(Protocol):
    """A row of the table, with the public ids of what it names."""

    id: int
    organization_id: int
    public_id: str
    kind: Kind
    number: str
    year: int
    sequence: int
    issued_at: datetime
    customer_id: int | None
    month: str | None
    currency: str
    net: Decimal
    tax: Decimal
    total: Decimal
    corrects_id: int | None
    document: str
    sha256: str
    customer: str | None
    customer_name: str | None
    corrects: str | None


class ToIssue(NamedTuple):
    """What a document is made of, but for what the organization says and the number."""

    kind: Kind
    charges: Sequence[Charge]
    customer_id: int | None = None
    buyer: Party | None = None
    language: str | None = None
    paid: Sequence[Paid] = ()
    month: str | None = None
    corrects: InvoiceRow | None = None
    reason: str | None = None


def issue(work: Work, organization_id: int, wanted: ToIssue) -> InvoiceRow:
    """Issue a document under the next number. Raises `Invalid`, and `Conflict` where one of the sessions is in one already."""
    if not wanted.charges:
        raise Invalid("sessions", "there is nothing to put on it")
    keys = _check_new(work, organization_id, wanted)
    issuer = _issuer(work, organization_id)
    year = issuer.local(work.now).year
    sequence = _next(work, organization_id, year)
    sums = documents.sums_of(wanted.charges)
    origin = wanted.corrects
    document = Document(
        kind=wanted.kind,
        number=f"{issuer.number_prefix}{year}-{sequence:06d}",
        issued_at=work.now,
        time_zone=issuer.time_zone,
        language=wanted.language or issuer.language,
        seller=issuer.party,
        buyer=wanted.buyer,
        month=wanted.month,
        charges=tuple(wanted.charges),
        currency=sums.currency,
        net=sums.net,
        taxes=sums.taxes,
        round_off=sums.round_off,
        total=sums.total,
        paid=tuple(wanted.paid),
        due_at=work.now + timedelta(days=issuer.payment_days) if wanted.kind == "invoice" else None,
        corrects=None if origin is None else Origin(kind=origin.kind, number=origin.number, issued_at=origin.issued_at),
        reason=wanted.reason,
        footer=issuer.footer,
        design=issuer.design,
    )
    key = _keep(work, organization_id, document, wanted, year, sequence)
    bills = [
        {
            "organization_id": organization_id,
            "invoice_id": key,
            "session_id": keys[charge.session],
            "revision": charge.revision,
            "credited": wanted.kind == "credit_note",
        }
        for charge in wanted.charges
    ]
    work.execute(insert(invoiced_bills), bills)
    row = _one(work, _rows().where(invoices.c.id == key))
    audit.record(
        work,
        f"issue_{row.kind}",
        Subject("invoice", row.public_id),
        after={"number": row.number, "total": str(document.total)},
        organization=organization_id,
    )
    return row


def _issuer(work: Work, organization_id: int) -> Issuer:
    """Who issues it, with a logo that stays."""
    issuer = issuers.get(work, organization_id)
    while issuer.look.logo is not None and not looks.keep_for_papers(work, issuer.look.logo):
        issuer = issuers.get(work, organization_id)
    return issuer


def credit(
    work: Work, organization_id: int, public_id: str, *, reason: str, only_sessions: Sequence[str] | None = None
) -> InvoiceRow:
    """Take a document back, or some sessions of it. Raises `NotFound`, `Conflict` where that was done already, or it is a credit note."""
    row = get(work, organization_id, public_id)
    if row.kind == "credit_note":
        raise Conflict("a credit note is not taken back; bill the session anew")
    document = documents.decoded(row.document)
    charges = [charge for charge in document.charges if only_sessions is None or charge.session in only_sessions]
    wanted = ToIssue(
        kind="credit_note",
        charges=[documents.reversed_charge(charge) for charge in charges],
        customer_id=row.customer_id,
        buyer=document.buyer,
        language=document.language,
        corrects=row,
        reason=reason,
    )
    return issue(work, organization_id, wanted)


def get(work: Work, organization_id: int, public_id: str) -> InvoiceRow:
    """Raises `NotFound`, and `Conflict` for who is limited to some sites."""
    check_sees_all(work)
    return _one(work, _mine(organization_id).where(invoices.c.public_id == public_id))


def of_customer(work: Work, organization_id: int, customer_id: int, public_id: str) -> InvoiceRow:
    """One that is this customer's own. Raises `NotFound` for any other."""
    mine = _mine(organization_id).where(invoices.c.public_id == public_id)
    return _one(work, mine.where(invoices.c.customer_id == customer_id))


def by_link(work: Work, public_id: str) -> InvoiceRow:
    """One for whoever has its address; of whatever organization. Raises `NotFound`."""
    return _one(work, _rows().where(invoices.c.public_id == public_id))


def of_key(work: Work, key: int) -> InvoiceRow:
    """One by its key."""
    return _one(work, _rows().where(invoices.c.id == key))


def newest_of_session(work: Work, organization_id: int, session_id: str) -> InvoiceRow | None:
    """The newest receipt or invoice that a session is on."""
    of = select(invoiced_bills.c.invoice_id).join(sessions, sessions.c.id == invoiced_bills.c.session_id)
    of = of.where(sessions.c.public_id == session_id, ~invoiced_bills.c.credited)
    mine = _mine(organization_id).where(invoices.c.id.in_(of)).order_by(invoices.c.id.desc()).limit(1)
    row: InvoiceRow | None = work.execute(mine).one_or_none()
    return row


def list_invoices(
    work: Work,
    organization_id: int,
    wanted: Wanted,
    *,
    customer_id: int | None = None,
    session: str | None = None,
    kind: Kind | None = None,
    issued_from: datetime | None = None,
    issued_to: datetime | None = None,
) -> Found[InvoiceRow]:
    """Those that are so, newest first, issued in `issued_from` ≤ … < `issued_to`."""
    mine = only(_mine(organization_id), {invoices.c.customer_id: customer_id, invoices.c.kind: kind})
    if issued_from is not None:
        mine = mine.where(invoices.c.issued_at >= issued_from)
    if issued_to is not None:
        mine = mine.where(invoices.c.issued_at < issued_to)
    if session is not None:
        of = select(invoiced_bills.c.invoice_id).join(sessions, sessions.c.id == invoiced_bills.c.session_id)
        mine = mine.where(invoices.c.id.in_(of.where(sessions.c.public_id == session)))
    return listed(work, mine, wanted, key=invoices.c.id, sorts=SORTS, searched=(invoices.c.number,))


def gaps(work: Work) -> list[tuple[int, int]]:
    """Organizations and years in which a number is missing, or counted twice; there are none."""
    table = invoices.c
    counted = select(
        table.organization_id, table.year, func.count().label("documents"), func.max(table.sequence).label("last")
    )
    there = {
        (row.organization_id, row.year): (row.documents, row.last)
        for row in work.execute(counted.group_by(table.organization_id, table.year))
    }
    given = {(row.organization_id, row.year): row.last for row in work.execute(select(invoice_numbers))}
    return sorted(each for each in there.keys() | given if there.get(each) != (given.get(each), given.get(each)))


def check_sees_all(work: Work) -> None:
    """Raises `Conflict` for who is limited to some sites: what is on a document may be of others."""
    if work.narrow is not None:
        raise Conflict("receipts and invoices are about all sites, and you are limited to some")


def _check_new(work: Work, organization_id: int, wanted: ToIssue) -> dict[str, int]:
    """The keys of its sessions. Raises `Conflict`, `Invalid`."""
    names = [charge.session for charge in wanted.charges]
    mine = select(sessions.c.public_id, sessions.c.id).where(sessions.c.organization_id == organization_id)
    keys = {row.public_id: row.id for row in rows_among(work, mine, sessions.c.public_id, names)}
    credited = wanted.kind == "credit_note"
    numbers = numbers_of(work, list(keys.values()), credited=credited)
    for charge in wanted.charges:
        if charge.session not in keys:
            raise Invalid("sessions", "there is no session {session!r}", session=charge.session)
        number = numbers.get((keys[charge.session], charge.revision))
        if number is not None:
            raise Conflict(
                "session {session} is taken back by {number} already"
                if credited
                else "session {session} is on {number} already",
                session=charge.session,
                number=number,
            )
    return keys


def numbers_of(work: Work, session_ids: Sequence[int], *, credited: bool = False) -> dict[tuple[int, int], str]:
    """The numbers of the documents that bills of these sessions are on, by session and revision."""
    table = invoiced_bills.c
    mine = select(table.session_id, table.revision, invoices.c.number)
    mine = mine.join(invoices, invoices.c.id == table.invoice_id).where(table.credited == credited)
    rows = rows_among(work, mine, table.session_id, session_ids)
    return {(row.session_id, row.revision): row.number for row in rows}


def _next(work: Work, organization_id: int, year: int) -> int:
    """The next number; others wait for the commit, and what is rolled back leaves no gap."""
    table = invoice_numbers.c
    mine = update(invoice_numbers).where(table.organization_id == organization_id, table.year == year)
    counted = mine.values(last=table.last + 1).returning(table.last)
    last: int | None = work.execute(counted).scalar()
    if last is None:
        # Of two who are the first at once, the key lets one pass, and the other is run again.
        work.execute(insert(invoice_numbers).values(organization_id=organization_id, year=year, last=1))
        return 1
    return last


def _keep(work: Work, organization_id: int, document: Document, wanted: ToIssue, year: int, sequence: int) -> int:
    text = documents.encoded(document)
    values: dict[str, Any] = {
        "organization_id": organization_id,
        "public_id": secrets.token_hex(16),
        "kind": document.kind,
        "number": document.number,
        "year": year,
        "sequence": sequence,
        "issued_at": work.now,
        "customer_id": wanted.customer_id,
        "month": wanted.month,
        "currency": document.currency,
        "net": document.net.amount,
        "tax": (document.total - document.net).amount,
        "total": document.total.amount,
        "corrects_id": None if wanted.corrects is None else wanted.corrects.id,
        "document": text.decode(),
        "sha256": hashlib.sha256(text).hexdigest(),
    }
    return int(work.execute(insert(invoices).values(values).returning(invoices.c.id)).scalar_one())


_corrected = invoices.alias("corrected")


def _rows() -> Select[Any]:
    named = select(
        invoices,
        customers.c.public_id.label("customer"),
        customers.c.name.label("customer_name"),
        _corrected.c.public_id.label("corrects"),
    )
    joined = invoices.outerjoin(customers, customers.c.id == invoices.c.customer_id)
    return named.select_from(joined.outerjoin(_corrected, _corrected.c.id == invoices.c.corrects_id))


def _mine(organization_id: int) -> Select[Any]:
    return _rows().where(invoices.c.organization_id == organization_id)


def _one(work: Work, statement: Select[Any]) -> InvoiceRow:
    row: InvoiceRow | None = work.execute(statement).one_or_none()
    if row is None:
        raise NotFound("there is no such receipt or invoice")
    return row
