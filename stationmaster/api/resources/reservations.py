"""Reservations: who has asked for which connector, until when, and what came of it. They are made and given up by commands."""

from __future__ import annotations

from typing import Annotated

from litestar import Router, get
from litestar.params import FromPath, QueryParameter

from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.api.shapes import Cursor, Limit, Page, paged
from stationmaster.domain import reservations
from stationmaster.domain.permissions import Permission
from stationmaster.domain.public_forms import Reservation

OfStation = Annotated[str | None, QueryParameter(max_length=48, description="Only those of this charger")]
InState = Annotated[reservations.State | None, QueryParameter(name="state", description="Only those in this state")]


@get("/", permission=Permission.VIEW)
async def list_reservations(
    caller: GivenCaller,
    context: GivenContext,
    station: OfStation = None,
    in_state: InState = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Reservation]:
    """Reservations, newest first."""
    rows = await context.database.read(
        reservations.listed, caller.organization, station=station, state=in_state, limit=limit, cursor=cursor
    )
    return paged(rows, limit, lambda row: reservations.public_form(row, row.station))


@get("/{reservation_id:str}", permission=Permission.VIEW)
async def get_reservation(reservation_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> Reservation:
    """One reservation."""
    row = await context.database.read(reservations.get, caller.organization, reservation_id)
    return reservations.public_form(row, row.station)


router = Router("/reservations", route_handlers=[list_reservations, get_reservation], tags=["reservations"])
