"""One's own receipts and invoices."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from stationmaster.api.callers import Caller
from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.api.resources.invoices import (
    A_PDF,
    AN_XML,
    Invoice,
    InvoiceDetail,
    detail_form,
    pdf_answer,
    public_form,
    signed_answer,
    xml_answer,
)
from stationmaster.api.resources.me.profile import customer_of
from stationmaster.api.shapes import Cursor, Limit, Page, page_of
from stationmaster.domain.invoices import invoices
from stationmaster.domain.invoices.invoices import InvoiceRow
from stationmaster.domain.permissions import Permission
from stationmaster.storage import Work
from stationmaster.storage.lists import Found, Wanted


@get("/invoices", permission=Permission.LOGGED_IN)
async def list_own_invoices(
    caller: GivenCaller, context: GivenContext, limit: Limit = 50, cursor: Cursor = None
) -> Page[Invoice]:
    """One's own receipts and invoices, newest first."""

    def find(work: Work) -> Found[InvoiceRow]:
        mine = customer_of(work, caller)
        return invoices.list_invoices(work, caller.organization, Wanted(limit, cursor), customer_id=mine.id)

    return page_of(await context.database.read(find), lambda row: public_form(context, row))


@get("/invoices/{invoice_id:str}", permission=Permission.LOGGED_IN)
async def get_own_invoice(invoice_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> InvoiceDetail:
    """One of them, and what is printed on it."""
    row = await context.database.read(_own, caller, invoice_id)
    return await detail_form(context, row)


@get("/invoices/{invoice_id:str}/pdf", permission=Permission.LOGGED_IN, responses=A_PDF)
async def get_own_invoice_pdf(
    request: Request[Any, Any, Any], invoice_id: FromPath[str], caller: GivenCaller, context: GivenContext
) -> Response[bytes]:
    """The PDF of one of them."""
    return await pdf_answer(request, await context.database.read(_own, caller, invoice_id))


@get("/invoices/{invoice_id:str}/xml", permission=Permission.LOGGED_IN, responses=AN_XML)
async def get_own_invoice_xml(invoice_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> Response[bytes]:
    """One of them for a program: EN 16931 in UBL 2.1. 422 says what the norm asks for and the document does not have."""
    return await xml_answer(await context.database.read(_own, caller, invoice_id))


@get("/invoices/{invoice_id:str}/signed-values", permission=Permission.LOGGED_IN, responses=AN_XML)
async def get_own_signed_values(invoice_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> Response[str]:
    """What the meter has signed, as a file for the public software that checks it; 404 where it has signed nothing."""
    return await signed_answer(await context.database.read(_own, caller, invoice_id))


routes = [list_own_invoices, get_own_invoice, get_own_invoice_pdf, get_own_invoice_xml, get_own_signed_values]


def _own(work: Work, caller: Caller, invoice_id: str) -> InvoiceRow:
    return invoices.of_customer(work, caller.organization, customer_of(work, caller).id, invoice_id)
