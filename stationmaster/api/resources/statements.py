"""What went through wallets, by month; and the books, for the programs of accountants."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from concurrent.futures import Future
from datetime import date
from typing import Annotated

import msgspec
from litestar import Response, Router, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream

from stationmaster.api.context import Context, GivenCaller, GivenContext
from stationmaster.api.exports.streams import Pipe
from stationmaster.api.resources.invoices import A_PDF, PDF
from stationmaster.domain.cells import harmless
from stationmaster.domain.errors import Invalid
from stationmaster.domain.invoices import invoices, issuers, statements
from stationmaster.domain.invoices.statements import Month
from stationmaster.domain.ledger import journal
from stationmaster.domain.ledger.journal import JournalLine
from stationmaster.domain.money.amounts import Money
from stationmaster.domain.permissions import Permission
from stationmaster.files import printing
from stationmaster.storage import Work

CSV = "text/csv"
A_CSV = {200: ResponseSpec(bytes, generate_examples=False, description="The file", media_type=CSV)}
AT_ONCE = 1000  # transactions of one question to the database

Currency = Annotated[
    str | None, QueryParameter(max_length=3, description="Of the wallet; left out: the one that there is")
]

COLUMNS = tuple(name for name in JournalLine._fields if name != "key")
"""What a line of the books can say."""

Since = Annotated[date, QueryParameter(name="from", description="The first day, as in 2026-11-01")]
Until = Annotated[date, QueryParameter(name="until", description="The day behind the last one")]
Columns = Annotated[
    str | None,
    QueryParameter(
        max_length=1000,
        description=f"Which, in which order, and perhaps what they are called: `booked_on:Belegdatum,amount:Umsatz`. There are {', '.join(COLUMNS)}",
    ),
]
Comma = Annotated[bool, QueryParameter(description="Write 11,57 and separate by semicolons, as DATEV wants it")]


@get("/{customer_id:str}/statements/{month:str}/pdf", permission=Permission.VIEW_CUSTOMERS, responses=A_PDF)
async def get_statement_pdf(
    customer_id: FromPath[str],
    month: FromPath[str],
    caller: GivenCaller,
    context: GivenContext,
    currency: Currency = None,
) -> Response[bytes]:
    """What went through a customer's wallet in a month (2026-11) by the organization's clock, as a PDF."""
    found = await _of(context, caller.organization, customer_id, month, currency)
    return await pdf_of(context, found)


@get("/{customer_id:str}/statements/{month:str}/csv", permission=Permission.VIEW_CUSTOMERS, responses=A_CSV)
async def get_statement_csv(
    customer_id: FromPath[str],
    month: FromPath[str],
    caller: GivenCaller,
    context: GivenContext,
    currency: Currency = None,
) -> Response[bytes]:
    """The same as CSV."""
    return csv_of(await _of(context, caller.organization, customer_id, month, currency))


@get("/exports/bookings", permission=Permission.ADMINISTER, responses=A_CSV)
async def export_bookings(
    caller: GivenCaller,
    context: GivenContext,
    since: Since,
    until: Until,
    columns: Columns = None,
    comma: Comma = False,
) -> Stream:
    """The books of some days as CSV, a line for each amount that goes from one account (`debit`) to another (`credit`).

    Accounts have the numbers that `/organization/billing` gives them (`account_numbers`), else their names. The same days give the same file, for nothing that is booked ever changes.
    """
    context.exports.check()
    wanted = _wanted(columns)
    numbers = await context.database.read(_numbers, caller.organization)

    def some(pipe: Pipe, after: int | None) -> Future[tuple[list[JournalLine], int | None]]:
        first, behind = since.isoformat(), until.isoformat()
        ask = context.database.read
        return pipe.ask(
            lambda: ask(journal.lines, caller.organization, since=first, until=behind, after=after, limit=AT_ONCE)
        )

    def fill(pipe: Pipe) -> None:
        pipe.write(_written([[title for _, title in wanted]], comma))
        after: int | None = None
        while True:
            found, after = some(pipe, after).result()
            pipe.write(_written([_cells(line, wanted, numbers, comma) for line in found], comma))
            if after is None:
                return

    headers = {"Content-Disposition": 'attachment; filename="bookings.csv"'}
    return Stream(context.exports.stream(fill), media_type=CSV, headers=headers)


router = Router("/customers", route_handlers=[get_statement_pdf, get_statement_csv], tags=["invoices"])
bookings = Router("/", route_handlers=[export_bookings], tags=["exports"])


async def pdf_of(context: Context, found: Month) -> Response[bytes]:
    """A statement as it is printed."""
    sheet = msgspec.json.encode(statements.sheet_of(found))
    logo = await context.database.read(issuers.logo_of, found.issuer.design)
    content = await printing.print_aside("statement", sheet, at=found.made_at, logo=logo)
    headers = {"Content-Disposition": f'inline; filename="statement-{found.month}.pdf"'}
    return Response(content, media_type=PDF, headers=headers)


def csv_of(found: Month) -> Response[bytes]:
    """A statement as rows, the balance with each."""
    rows: list[Sequence[str]] = [
        ("at", "type", "booked_as", "amount", "balance", "currency", "description", "reference")
    ]
    for entry in found.statement.entries:
        amount = entry.amount if entry.kind == "credit" else -entry.amount
        rows.append(
            (
                found.issuer.local(entry.created_at).isoformat(),
                entry.kind,
                entry.booked_as,
                str(amount.amount),
                str(entry.balance.amount),
                found.currency,
                harmless(entry.description or ""),
                harmless(entry.reference or ""),
            )
        )
    headers = {"Content-Disposition": f'attachment; filename="statement-{found.month}.csv"'}
    return Response(_written(rows, comma=False), media_type=CSV, headers=headers)


async def _of(context: Context, organization_id: int, customer_id: str, month: str, currency: str | None) -> Month:
    return await context.database.read(
        statements.of_month, organization_id, customer_id, month=month, currency=currency
    )


def _numbers(work: Work, organization_id: int) -> dict[str, str]:
    invoices.check_sees_all(work)
    return issuers.get(work, organization_id).account_numbers or {}


def _wanted(columns: str | None) -> list[tuple[str, str]]:
    """Names of columns, and what they are called in the file. Raises `Invalid`."""
    if columns is None:
        return [(name, name) for name in COLUMNS]
    pairs = [column.partition(":") for column in columns.split(",")]
    wanted = [(name.strip(), harmless(title.strip() or name.strip())) for name, _, title in pairs]
    for name, _ in wanted:
        if name not in COLUMNS:
            raise Invalid(
                "columns", "there is no column {name!r}; there are {known}", name=name, known=", ".join(COLUMNS)
            )
    return wanted


def _cells(line: JournalLine, wanted: Sequence[tuple[str, str]], numbers: dict[str, str], comma: bool) -> list[str]:
    amount = str(Money(line.amount, line.currency).amount)
    told = line._asdict() | {
        "amount": amount.replace(".", ",") if comma else amount,
        "debit": journal.numbered(line.debit, numbers),
        "credit": journal.numbered(line.credit, numbers),
    }
    return [harmless(str(told[name])) if told[name] is not None else "" for name, _ in wanted]


def _written(rows: Sequence[Sequence[str]], comma: bool) -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=";" if comma else ",").writerows(rows)
    return out.getvalue().encode()
