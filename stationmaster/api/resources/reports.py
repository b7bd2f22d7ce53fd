"""Reports of a month or a week: to be looked at, as a page to be printed, or as a table."""

from __future__ import annotations

from datetime import UTC
from typing import Annotated, Literal, NamedTuple, TypeAlias

import msgspec
from litestar import Response, Router, get
from litestar.di import NamedDependency, Provide
from litestar.exceptions import PermissionDeniedException
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import QueryParameter

from stationmaster.api.auth import Permission
from stationmaster.api.callers import Caller
from stationmaster.api.context import Context, GivenCaller, GivenContext
from stationmaster.domain import months
from stationmaster.domain.errors import Invalid
from stationmaster.domain.figures import reports
from stationmaster.domain.figures.reports import Asked, Kind, Report, ReportSheet
from stationmaster.domain.invoices import issuers
from stationmaster.files import printing
from stationmaster.reason_words import Reason

Form = Annotated[
    Literal["pdf", "xlsx", "csv"], QueryParameter(name="format", description="A page to be printed, or its table")
]
Month = Annotated[
    str | None,
    QueryParameter(
        pattern=r"^\d{4}-(0[1-9]|1[0-2])$(?!\n)", description="As in 2026-11; without it, the month before this one"
    ),
]
Week = Annotated[
    str | None,
    QueryParameter(pattern=r"^\d{4}-W(0[1-9]|[1-4]\d|5[0-3])$(?!\n)", description="As in 2026-W48, instead of a month"),
]
Language = Literal["en", "de", "es", "fr", "hi"]
"""In which there are reports."""
InLanguage = Annotated[
    Language | None, QueryParameter(name="language", description="Of what is printed; without it, the organization's")
]
Which = Annotated[Kind, QueryParameter(description="Which report")]
Site = Annotated[str, QueryParameter(max_length=255, description="The site's id")]
AnySite = Annotated[str | None, QueryParameter(max_length=255, description="Only of this site")]


class Wished(NamedTuple):
    """Of which period, and in which language."""

    month: str | None
    week: str | None
    language: Language | None


async def wished(month: Month = None, week: Week = None, language: InLanguage = None) -> Wished:
    return Wished(month, week, language)


GivenWished: TypeAlias = NamedDependency[Wished]
PREVIEWED = 1_000
"""Rows that a page is given to look at; files have all."""
A_REPORT = {
    200: ResponseSpec(bytes, generate_examples=False, description="The file", media_type="application/octet-stream")
}


@get("/site", permission=Permission.VIEW, responses=A_REPORT)
async def get_site_report(
    caller: GivenCaller,
    context: GivenContext,
    wished: GivenWished,
    site: Site,
    form: Form = "pdf",
) -> Response[bytes]:
    """What a site has brought, day by day: sessions, energy, time, what was billed; utilisation, good starts, uptime."""
    return await _file(await _made("site", caller, context, wished, site), form, wished, context)


@get("/uptime", permission=Permission.VIEW, responses=A_REPORT)
async def get_uptime_report(
    caller: GivenCaller,
    context: GivenContext,
    wished: GivenWished,
    site: AnySite = None,
    form: Form = "pdf",
) -> Response[bytes]:
    """How much of the time each port worked, as NEVI and AFIR count it (O-09)."""
    return await _file(await _made("uptime", caller, context, wished, site), form, wished, context)


@get("/revenue", permission=Permission.VIEW_CUSTOMERS, responses=A_REPORT)
async def get_revenue_report(
    caller: GivenCaller,
    context: GivenContext,
    wished: GivenWished,
    form: Form = "pdf",
) -> Response[bytes]:
    """Revenue and tax, site by site, as booked."""
    return await _file(await _made("revenue", caller, context, wished, None), form, wished, context)


@get("/host", permission=Permission.VIEW, responses=A_REPORT)
async def get_host_report(
    caller: GivenCaller,
    context: GivenContext,
    wished: GivenWished,
    site: Site,
    form: Form = "pdf",
) -> Response[bytes]:
    """What is for the host of a site, bill by bill."""
    return await _file(await _made("host", caller, context, wished, site), form, wished, context)


@get("/preview", permission=Permission.VIEW)
async def preview_report(
    caller: GivenCaller,
    context: GivenContext,
    wished: GivenWished,
    report: Which = "site",
    site: AnySite = None,
) -> ReportSheet:
    """What a report prints, in its words: its first 1,000 rows, and how many are left out. Revenue is for who may look at customers."""
    if report == "revenue" and Permission.VIEW_CUSTOMERS not in caller.permissions:
        raise PermissionDeniedException(detail=Reason("revenue is for who may look at customers"))
    return reports.sheet_of(await _made(report, caller, context, wished, site), wished.language, most=PREVIEWED)


router = Router(
    "/reports",
    route_handlers=[get_site_report, get_uptime_report, get_revenue_report, get_host_report, preview_report],
    dependencies={"wished": Provide(wished)},
    tags=["reports"],
)


async def _made(kind: Kind, caller: Caller, context: Context, wished: Wished, site: str | None) -> Report:
    if wished.month is not None and wished.week is not None:
        raise Invalid("week", "name a month or a week, not both")
    period = wished.month or wished.week or str(months.at(context.database.clock(), UTC).before)
    asked = Asked(kind=kind, period=period, site=site)
    co2 = context.settings.figures.co2_saved_kg_per_kwh
    return await context.database.read(reports.make, caller.organization, asked, co2=co2)


async def _file(report: Report, form: str, wished: Wished, context: Context) -> Response[bytes]:
    kept = "inline" if form == "pdf" else "attachment"
    headers = {"Content-Disposition": f'{kept}; filename="{reports.name_of(report, form)}"'}
    if form == "pdf":
        sheet = msgspec.json.encode(reports.sheet_of(report, wished.language))
        logo = await context.database.read(issuers.logo_of, report.issuer.design)
        content = await printing.print_aside("report", sheet, at=context.database.clock(), logo=logo)
    else:
        content = reports.table_of(report, form)
    return Response(content, media_type=reports.MEDIA_TYPES[form], headers=headers)
