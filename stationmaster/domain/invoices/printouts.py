"""The PDF of what was issued: made when somebody first wants it, and kept, so that everybody gets the same bytes ever after."""

from __future__ import annotations

from typing import Protocol

from sqlalchemy import Column, ForeignKey, Integer, Table, Text, insert, select, update

from stationmaster.domain.invoices.invoices import InvoiceRow
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, UtcTime, key, metadata

printouts = Table(
    "printouts",
    metadata,
    key(),
    Column("organization_id", BigInt, ForeignKey("organizations.id"), nullable=False),
    Column("invoice_id", BigInt, ForeignKey("invoices.id"), nullable=False, unique=True),
    Column("kept_as", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
)


class KeptFile(Protocol):
    """Where its bytes are, and what they are."""

    @property
    def name(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def sha256(self) -> str: ...


class PrintoutRow(Protocol):
    """A row of the table."""

    kept_as: str
    size: int
    sha256: str


def find(work: Work, invoice: InvoiceRow) -> PrintoutRow | None:
    """The one that is kept, if it was wanted before."""
    mine = select(printouts).where(printouts.c.invoice_id == invoice.id)
    row: PrintoutRow | None = work.execute(mine).one_or_none()
    return row


def keep(work: Work, invoice: InvoiceRow, made: KeptFile, *, lost: str | None = None) -> PrintoutRow:
    """The one that holds from now on: of two that were made at once, the first. `lost` is one whose bytes are gone."""
    there = find(work, invoice)
    values = {"kept_as": made.name, "size": made.size, "sha256": made.sha256, "created_at": work.now}
    if there is None:
        values |= {"organization_id": invoice.organization_id, "invoice_id": invoice.id}
        work.execute(insert(printouts).values(values))
    elif there.kept_as == lost:
        work.execute(update(printouts).where(printouts.c.invoice_id == invoice.id).values(values))
    else:
        return there
    kept = find(work, invoice)
    assert kept is not None
    return kept
