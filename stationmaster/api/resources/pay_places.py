"""Where guests can pay: the codes of a charger's EVSEs, for stickers."""

from __future__ import annotations

from datetime import datetime

import msgspec
from litestar import Router, delete, get, post
from litestar.params import FromPath

from stationmaster.api.context import Context, GivenCaller, GivenContext
from stationmaster.api.shapes import Page
from stationmaster.domain.guests import places
from stationmaster.domain.guests.tables import PlaceRow
from stationmaster.domain.permissions import Permission


class PayPlaceCode(msgspec.Struct, frozen=True):
    """The code of an EVSE: what a QR code on the charger leads to."""

    id: str
    evse: int
    address: str
    made_at: datetime


@get("/{station_id:str}/pay-places", permission=Permission.VIEW)
async def list_pay_places(station_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> Page[PayPlaceCode]:
    """The codes of a charger that are good."""
    rows = await context.database.read(places.of_station, caller.organization, station_id)
    return Page([_public_form(row, context) for row in rows], None)


@post("/{station_id:str}/pay-places", permission=Permission.ADMINISTER, status_code=200)
async def make_pay_places(station_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> Page[PayPlaceCode]:
    """A code for each EVSE that the charger has told of and that has none yet; the others stay as they are."""
    rows = await context.database.write(places.make, caller.organization, station_id)
    return Page([_public_form(row, context) for row in rows], None)


@delete("/{station_id:str}/pay-places/{evse:int}", permission=Permission.ADMINISTER)
async def close_pay_place(
    station_id: FromPath[str], evse: FromPath[int], caller: GivenCaller, context: GivenContext
) -> None:
    """The code of an EVSE is void from now on; make another one for a new sticker."""
    await context.database.write(places.close, caller.organization, station_id, evse)


router = Router(
    "/stations", route_handlers=[list_pay_places, make_pay_places, close_pay_place], tags=["paying at the charger"]
)


def _public_form(row: PlaceRow, context: Context) -> PayPlaceCode:
    return PayPlaceCode(
        row.public_id, row.evse, f"{context.settings.web.public_url or ''}/pay/{row.public_id}", row.made_at
    )
