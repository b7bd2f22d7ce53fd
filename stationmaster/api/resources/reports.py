"""Reports of a month, as a page to be printed or as a table."""

from __future__ import annotations

import io
from datetime import UTC
from typing import Annotated, Literal

import msgspec
from litestar import Response, Router, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import QueryParameter

from stationmaster.api.auth import Permission
from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.api.exports.formats import FORMATS, Column
from stationmaster.api.resources.invoices import PDF
from stationmaster.domain import months
from stationmaster.domain.figures import reports
from stationmaster.domain.figures.reports import Report
from stationmaster.files import printing

Form = Annotated[
    Literal["pdf", "xlsx", "csv"], QueryParameter(name="format", description="A page to be printed, or its table")
]
Month = Annotated[
    str | None,
    QueryParameter(
        pattern=r"^\d{4}-(0[1-9]|1[0-2])$", description="As in 2026-11; without it, the month before this one"
    ),
]
Site = Annotated[str, QueryParameter(max_length=255, description="The site's id")]
AnySite = Annotated[str | None, QueryParameter(max_length=255, description="Only of this site")]
A_REPORT = {
    200: ResponseSpec(bytes, generate_examples=False, description="The file", media_type="application/octet-stream")
}


@get("/site", permission=Permission.VIEW, responses=A_REPORT)
async def get_site_report(
    caller: GivenCaller, context: GivenContext, site: Site, month: Month = None, form: Form = "pdf"
) -> Response[bytes]:
    """What a month of a site has brought, day by day: sessions, energy, time, what was billed; utilisation, good starts, uptime."""
    co2 = context.settings.figures.co2_saved_kg_per_kwh
    return await _file(
        await context.database.read(reports.of_site, caller.organization, site, _named(month, context), co2=co2),
        form,
        context,
    )


@get("/uptime", permission=Permission.VIEW, responses=A_REPORT)
async def get_uptime_report(
    caller: GivenCaller, context: GivenContext, month: Month = None, site: AnySite = None, form: Form = "pdf"
) -> Response[bytes]:
    """How much of a month each port worked, as NEVI and AFIR count it (O-09)."""
    report = await context.database.read(reports.of_uptime, caller.organization, _named(month, context), site=site)
    return await _file(report, form, context)


@get("/revenue", permission=Permission.VIEW_CUSTOMERS, responses=A_REPORT)
async def get_revenue_report(
    caller: GivenCaller, context: GivenContext, month: Month = None, form: Form = "pdf"
) -> Response[bytes]:
    """Revenue and tax of a month, site by site, as booked."""
    return await _file(
        await context.database.read(reports.of_revenue, caller.organization, _named(month, context)), form, context
    )


@get("/host", permission=Permission.VIEW, responses=A_REPORT)
async def get_host_report(
    caller: GivenCaller, context: GivenContext, site: Site, month: Month = None, form: Form = "pdf"
) -> Response[bytes]:
    """What of a month is for the host of a site, bill by bill."""
    return await _file(
        await context.database.read(reports.of_host, caller.organization, site, _named(month, context)), form, context
    )


router = Router(
    "/reports",
    route_handlers=[get_site_report, get_uptime_report, get_revenue_report, get_host_report],
    tags=["reports"],
)


def _named(month: str | None, context: GivenContext) -> str:
    return month or str(months.at(context.database.clock(), UTC).before)


async def _file(report: Report, form: str, context: GivenContext) -> Response[bytes]:
    name = f"{report.kind}-{report.month}.{form}"
    if form == "pdf":
        sheet = msgspec.json.encode(reports.sheet_of(report))
        content = await printing.print_aside("report", sheet, at=context.database.clock())
        return Response(content, media_type=PDF, headers={"Content-Disposition": f'inline; filename="{name}"'})
    columns = [_column(each) for each in report.columns]
    rows = report.rows[:-1] if report.summed else report.rows  # a sum in a table would be counted twice
    out = io.BytesIO()
    FORMATS[form].write(out, columns, [rows])
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(out.getvalue(), media_type=FORMATS[form].media_type, headers=headers)


def _column(of: reports.Column) -> Column:
    name = of.key.replace(" ", "_")
    if of.decimals is None:
        return Column(name)
    return Column(name, "number", of.decimals) if of.decimals else Column(name, "whole")
