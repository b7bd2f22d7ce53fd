"""What went through one's own wallet, by month."""

from __future__ import annotations

from litestar import Response, get
from litestar.params import FromPath

from stationmaster.api.callers import Caller
from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.api.resources.invoices import A_PDF
from stationmaster.api.resources.me.profile import customer_of
from stationmaster.api.resources.statements import A_CSV, Currency, csv_of, pdf_of
from stationmaster.domain.invoices import statements
from stationmaster.domain.invoices.statements import Month
from stationmaster.domain.permissions import Permission
from stationmaster.storage import Work


@get("/statements/{month:str}/pdf", permission=Permission.LOGGED_IN, responses=A_PDF)
async def get_own_statement_pdf(
    month: FromPath[str], caller: GivenCaller, context: GivenContext, currency: Currency = None
) -> Response[bytes]:
    """What went through one's own wallet in a month (2026-11), as a PDF."""
    return await pdf_of(context, await context.database.read(_own, caller, month, currency))


@get("/statements/{month:str}/csv", permission=Permission.LOGGED_IN, responses=A_CSV)
async def get_own_statement_csv(
    month: FromPath[str], caller: GivenCaller, context: GivenContext, currency: Currency = None
) -> Response[bytes]:
    """The same as CSV."""
    return csv_of(await context.database.read(_own, caller, month, currency))


routes = [get_own_statement_pdf, get_own_statement_csv]


def _own(work: Work, caller: Caller, month: str, currency: str | None) -> Month:
    mine = customer_of(work, caller)
    return statements.of_month(work, caller.organization, mine.public_id, month=month, currency=currency)
