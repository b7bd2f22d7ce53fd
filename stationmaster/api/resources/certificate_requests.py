"""Requests of chargers for a certificate. What an authority has signed is given to a charger by the command give-certificate."""

from __future__ import annotations

from typing import Annotated

from litestar import Router, get
from litestar.params import FromPath, QueryParameter

from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.api.shapes import Cursor, Limit, Page, paged
from stationmaster.domain import certificate_requests
from stationmaster.domain.certificate_requests import CertificateRequest
from stationmaster.domain.permissions import Permission

OfStation = Annotated[str | None, QueryParameter(max_length=48, description="Only those of this charger")]
InState = Annotated[
    certificate_requests.State | None, QueryParameter(name="state", description="Only those in this state")
]


@get("/", permission=Permission.VIEW)
async def list_certificate_requests(
    caller: GivenCaller,
    context: GivenContext,
    station: OfStation = None,
    in_state: InState = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[CertificateRequest]:
    """Requests for a certificate, newest first. Those that are `received` wait for a person."""
    rows = await context.database.read(
        certificate_requests.listed, caller.organization, station=station, state=in_state, limit=limit, cursor=cursor
    )
    return paged(rows, limit, certificate_requests.public_form)


@get("/{request_id:str}", permission=Permission.VIEW)
async def get_certificate_request(
    request_id: FromPath[str], caller: GivenCaller, context: GivenContext
) -> CertificateRequest:
    """One request."""
    row = await context.database.read(certificate_requests.get, caller.organization, request_id)
    return certificate_requests.public_form(row)


router = Router(
    "/certificate-requests",
    route_handlers=[list_certificate_requests, get_certificate_request],
    tags=["certificates"],
)
