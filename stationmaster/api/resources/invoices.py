"""Receipts, invoices and credit notes: found, read, printed, taken back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody, QueryParameter

from stationmaster.api.context import Context, GivenCaller, GivenContext, of_server
from stationmaster.api.shapes import SORTED, Cursor, Limit, Page, Search, Text, aware, page_of
from stationmaster.domain import customers
from stationmaster.domain.invoices import documents, en16931, invoices, issuers, page, printed, printouts, signed
from stationmaster.domain.invoices import links as receipt_links
from stationmaster.domain.invoices.invoices import InvoiceRow
from stationmaster.domain.links import plain_name
from stationmaster.domain.money.amounts import Money
from stationmaster.domain.permissions import Permission
from stationmaster.files import printing
from stationmaster.storage import Work
from stationmaster.storage.lists import Found, Wanted

PDF = "application/pdf"
A_PDF = {200: ResponseSpec(bytes, generate_examples=False, description="The PDF", media_type=PDF)}
XML = "application/xml"
AN_XML = {200: ResponseSpec(bytes, generate_examples=False, description="The XML", media_type=XML)}
_A_PAGE = {200: ResponseSpec(str, generate_examples=False, description="The page", media_type="text/html")}


class Invoice(msgspec.Struct, frozen=True, kw_only=True):
    """A receipt, an invoice or a credit note. Amounts are exact decimals in texts; those of a credit note are below zero.

    `tax` is all taxes with the round-off. `month` is that of a collective invoice. `corrects` is what a credit note takes back. `sha256` is of the
    document as it is kept. `link` opens it without a log-in, for 90 days; null where nobody has said what this server is called outside.
    """

    id: str
    kind: documents.Kind
    number: str
    issued_at: datetime
    customer: str | None
    customer_name: str | None
    month: str | None
    currency: str
    net: str
    tax: str
    total: str
    corrects: str | None
    sha256: str
    link: str | None


class InvoiceDetail(Invoice, frozen=True, kw_only=True):
    """The same, with everything that is printed on it, in the words of its language."""

    sheet: printed.Sheet


class Credit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why something is taken back, and which of its sessions; without `sessions`, all."""

    reason: Text
    sessions: Annotated[list[Text], msgspec.Meta(min_length=1, max_length=1000)] | None = None


KindFilter = Annotated[documents.Kind | None, QueryParameter(description="Only these")]
CustomerFilter = Annotated[str | None, QueryParameter(max_length=255, description="Only those of this customer")]
SessionFilter = Annotated[str | None, QueryParameter(max_length=64, description="Only those that this session is on")]
Since = Annotated[datetime | None, QueryParameter(description="Only what was issued then or later")]
Until = Annotated[datetime | None, QueryParameter(description="Only what was issued before")]
Sort = Literal["issued", "-issued", "number", "-number", "total", "-total"]
SortBy = Annotated[Sort | None, QueryParameter(description=SORTED)]


@get("/", permission=Permission.VIEW_CUSTOMERS)
async def list_invoices(
    caller: GivenCaller,
    context: GivenContext,
    search: Search = None,
    kind: KindFilter = None,
    customer: CustomerFilter = None,
    session: SessionFilter = None,
    issued_from: Since = None,
    issued_to: Until = None,
    sort: SortBy = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Invoice]:
    """What was issued, newest first or sorted. The search is in the numbers."""

    def find(work: Work) -> Found[InvoiceRow]:
        invoices.check_sees_all(work)
        key = None if customer is None else customers.get(work, caller.organization, customer).id
        return invoices.list_invoices(
            work,
            caller.organization,
            Wanted(limit, cursor, sort, search),
            customer_id=key,
            session=session,
            kind=kind,
            issued_from=aware(issued_from, "issued_from"),
            issued_to=aware(issued_to, "issued_to"),
        )

    return page_of(await context.database.read(find), lambda row: public_form(context, row))


@get("/{invoice_id:str}", permission=Permission.VIEW_CUSTOMERS)
async def get_invoice(invoice_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> InvoiceDetail:
    """One document, and what is printed on it."""
    row = await context.database.read(invoices.get, caller.organization, invoice_id)
    return await detail_form(context, row)


@get("/{invoice_id:str}/pdf", permission=Permission.VIEW_CUSTOMERS, responses=A_PDF)
async def get_invoice_pdf(
    request: Request[Any, Any, Any], invoice_id: FromPath[str], caller: GivenCaller, context: GivenContext
) -> Response[bytes]:
    """The PDF. It is made once, and kept: everybody gets the same bytes."""
    row = await context.database.read(invoices.get, caller.organization, invoice_id)
    return await pdf_answer(request, row)


@get("/{invoice_id:str}/page", permission=Permission.VIEW_CUSTOMERS, responses=_A_PAGE)
async def get_invoice_page(invoice_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> Response[str]:
    """The same as a page."""
    row = await context.database.read(invoices.get, caller.organization, invoice_id)
    return await page_answer(context, row, at=None)


@get("/{invoice_id:str}/xml", permission=Permission.VIEW_CUSTOMERS, responses=AN_XML)
async def get_invoice_xml(invoice_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> Response[bytes]:
    """The same for other programs: EN 16931 in UBL 2.1. 422 says what the norm asks for and the document does not have."""
    return await xml_answer(await context.database.read(invoices.get, caller.organization, invoice_id))


@get("/{invoice_id:str}/signed-values", permission=Permission.VIEW_CUSTOMERS, responses=AN_XML)
async def get_signed_values(invoice_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> Response[str]:
    """What the meter has signed, as a file for the public software that checks it; 404 where it has signed nothing."""
    row = await context.database.read(invoices.get, caller.organization, invoice_id)
    return await signed_answer(row)


@post("/{invoice_id:str}/credit", permission=Permission.MANAGE_CUSTOMERS)
async def credit_invoice(
    invoice_id: FromPath[str], data: JSONBody[Credit], caller: GivenCaller, context: GivenContext
) -> Invoice:
    """Take a document back, or some of its sessions, by a credit note. Each session is taken back once; 409 after that."""
    row = await context.database.write(
        invoices.credit, caller.organization, invoice_id, reason=data.reason, only_sessions=data.sessions
    )
    return public_form(context, row)


router = Router(
    "/invoices",
    route_handlers=[
        list_invoices,
        get_invoice,
        get_invoice_pdf,
        get_invoice_page,
        get_invoice_xml,
        get_signed_values,
        credit_invoice,
    ],
    tags=["invoices"],
)


# For whoever has the link


@get("/receipts/{key:str}", permission=Permission.PUBLIC, include_in_schema=False)
async def show_receipt(request: Request[Any, Any, Any], key: FromPath[str]) -> Response[str]:
    """The receipt of who has no account (D-03)."""
    context = of_server(request.scope)
    return await page_answer(context, await _linked(context, key), at=f"/receipts/{key}")


@get("/receipts/{key:str}/pdf", permission=Permission.PUBLIC, include_in_schema=False)
async def show_receipt_pdf(request: Request[Any, Any, Any], key: FromPath[str]) -> Response[bytes]:
    """The same as a PDF."""
    context = of_server(request.scope)
    return await pdf_answer(request, await _linked(context, key))


@get("/receipts/{key:str}/signed-values", permission=Permission.PUBLIC, include_in_schema=False)
async def show_signed_values(request: Request[Any, Any, Any], key: FromPath[str]) -> Response[str]:
    """What the meter has signed of it."""
    return await signed_answer(await _linked(of_server(request.scope), key))


public_routes = [show_receipt, show_receipt_pdf, show_signed_values]


async def _linked(context: Context, key: str) -> InvoiceRow:
    public_id = receipt_links.open_key(context.keys.links, key, now=context.database.clock())
    return await context.database.read(invoices.by_link, public_id)


def link_to(context: Context, row: InvoiceRow) -> str | None:
    """Where somebody without an account sees it."""
    base = context.settings.web.public_url
    return None if base is None else f"{base}/receipts/{receipt_links.key_of(context.keys.links, row)}"


def public_form(context: Context, row: InvoiceRow) -> Invoice:
    """As everyone outside sees it."""

    def amount(value: Decimal) -> str:
        return str(Money(value, row.currency).amount)

    return Invoice(
        id=row.public_id,
        kind=row.kind,
        number=row.number,
        issued_at=row.issued_at,
        customer=row.customer,
        customer_name=row.customer_name,
        month=row.month,
        currency=row.currency,
        net=amount(row.net),
        tax=amount(row.tax),
        total=amount(row.total),
        corrects=row.corrects,
        sha256=row.sha256,
        link=link_to(context, row),
    )


# A month of sessions takes its tenths of a second, so whatever is made of a whole document is made in a thread.


async def detail_form(context: Context, row: InvoiceRow) -> InvoiceDetail:
    """The same, with what is printed on it."""
    form = msgspec.structs.asdict(public_form(context, row))
    return InvoiceDetail(**form, sheet=await asyncio.to_thread(_sheet, row))


async def signed_answer(row: InvoiceRow) -> Response[str]:
    """The records on a document, as they were told."""
    content = await asyncio.to_thread(lambda: signed.transparency_file(documents.decoded(row.document).charges))
    name = f"signed-values-{plain_name(row.number)}.xml"
    return Response(content, media_type=XML, headers={"Content-Disposition": f'attachment; filename="{name}"'})


async def page_answer(context: Context, row: InvoiceRow, *, at: str | None) -> Response[str]:
    document = await asyncio.to_thread(documents.decoded, row.document)
    logo = await context.database.read(issuers.logo_of, document.design)
    content = await asyncio.to_thread(lambda: page.page_of(printed.sheet_of(document), at=at, logo=logo))
    return Response(content, media_type="text/html")


async def pdf_answer(request: Request[Any, Any, Any], row: InvoiceRow) -> Response[bytes]:
    """Its bytes: those that are kept; else they are made now, and kept. That somebody looks is no act of theirs."""
    context = of_server(request.scope)
    there = await context.database.read(printouts.find, row)
    content = None if there is None else await _kept(context, there)
    if content is None:
        document = await asyncio.to_thread(documents.decoded, row.document)
        sheet = await asyncio.to_thread(lambda: msgspec.json.encode(printed.sheet_of(document)))
        logo = await context.database.read(issuers.logo_of, document.design)
        content = await printing.print_aside("invoice", sheet, at=row.issued_at, logo=logo)
        content = await _keep(context, row, content, lost=None if there is None else there.kept_as)
    return Response(
        content, media_type=PDF, headers={"Content-Disposition": f'inline; filename="{_named(row, "pdf")}"'}
    )


async def xml_answer(row: InvoiceRow) -> Response[bytes]:
    content = await asyncio.to_thread(lambda: en16931.written(documents.decoded(row.document)))
    name = _named(row, "xml")
    return Response(content, media_type=XML, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _sheet(row: InvoiceRow) -> printed.Sheet:
    return printed.sheet_of(documents.decoded(row.document))


def _named(row: InvoiceRow, ending: str) -> str:
    return f"{row.kind}-{plain_name(row.number)}.{ending}".replace("_", "-")


async def _keep(context: Context, row: InvoiceRow, content: bytes, *, lost: str | None) -> bytes:
    """What holds: of two that print it at once, the first."""
    made = await context.folder.keep(_once(content), limit=len(content))
    holds = await context.database.write(printouts.keep, row, made, lost=lost)
    if holds.kept_as == made.name:
        return content
    await context.folder.drop(made.name)
    return await _kept(context, holds) or content


async def _kept(context: Context, there: printouts.PrintoutRow) -> bytes | None:
    """None where the bytes are gone."""
    if not await context.folder.has(there.kept_as):
        return None
    return b"".join([chunk async for chunk in context.folder.chunks(there.kept_as, size=there.size)])


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
