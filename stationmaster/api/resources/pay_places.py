"""Where guests can pay: the codes of a charger's EVSEs, for stickers."""

from __future__ import annotations

import asyncio
from datetime import datetime

import msgspec
from litestar import Response, Router, delete, get, patch, post
from litestar.params import FromPath, JSONBody

from stationmaster.api.context import Context, GivenCaller, GivenContext
from stationmaster.api.resources.invoices import A_PDF, PDF
from stationmaster.api.shapes import Page
from stationmaster.domain import sites
from stationmaster.domain.errors import Conflict
from stationmaster.domain.guests import places
from stationmaster.domain.guests.tables import PlaceRow
from stationmaster.domain.invoices import issuers, printed
from stationmaster.domain.invoices.languages import words_of
from stationmaster.domain.permissions import Permission
from stationmaster.files import printing
from stationmaster.files.codes import drawn
from stationmaster.storage import Work


class PayPlaceCode(msgspec.Struct, frozen=True):
    """The code of an EVSE: what a QR code on the charger leads to. `pays_after`: guests pay after charging, and the cable is held until then, for 15 minutes at the most."""

    id: str
    evse: int
    address: str
    pays_after: bool
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


class PayPlaceChanges(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether guests pay after charging, and not before. For chargers that keep hold of the cable until they are asked to release it."""

    pays_after: bool


@patch("/{station_id:str}/pay-places/{evse:int}", permission=Permission.ADMINISTER)
async def change_pay_place(
    station_id: FromPath[str],
    evse: FromPath[int],
    data: JSONBody[PayPlaceChanges],
    caller: GivenCaller,
    context: GivenContext,
) -> PayPlaceCode:
    """Change how guests pay at an EVSE. Who charges there already pays as was agreed."""
    do = places.let_pay_after
    row = await context.database.write(do, caller.organization, station_id, evse, pays_after=data.pays_after)
    return _public_form(row, context)


@delete("/{station_id:str}/pay-places/{evse:int}", permission=Permission.ADMINISTER)
async def close_pay_place(
    station_id: FromPath[str], evse: FromPath[int], caller: GivenCaller, context: GivenContext
) -> None:
    """The code of an EVSE is void from now on; make another one for a new sticker."""
    await context.database.write(places.close, caller.organization, station_id, evse)


router = Router(
    "/stations",
    route_handlers=[list_pay_places, make_pay_places, change_pay_place, close_pay_place],
    tags=["paying at the charger"],
)


@get("/{site_id:str}/qr-sheet", permission=Permission.VIEW, responses=A_PDF)
async def get_qr_sheet(site_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> Response[bytes]:
    """The codes of all chargers of a site as a PDF, to be cut out; 409 where there is none yet."""
    place, codes, issuer = await context.database.read(_printed, caller.organization, site_id)
    base = context.settings.web.public_url
    if base is None:
        raise Conflict("nobody has said what this server is called outside: set web.public_url")
    if not codes:
        raise Conflict("no charger of this site has a code yet; make them first")
    sheet = await asyncio.to_thread(_sheet, place, codes, issuer, base)  # each code takes some hundredths of a second
    logo = await context.database.read(issuers.logo_of, issuer.design)
    pdf = await printing.print_aside("qr_sheet", sheet, at=context.database.clock(), logo=logo)
    return Response(pdf, media_type=PDF, headers={"Content-Disposition": 'inline; filename="qr-codes.pdf"'})


sheets = Router("/sites", route_handlers=[get_qr_sheet], tags=["paying at the charger"])


def _printed(work: Work, organization_id: int, site_id: str) -> tuple[sites.SiteRow, list[places.Code], issuers.Issuer]:
    place = sites.get(work, organization_id, site_id)
    return place, places.of_site(work, organization_id, site_id), issuers.get(work, organization_id)


def _sheet(place: sites.SiteRow, codes: list[places.Code], issuer: issuers.Issuer, base: str) -> bytes:
    words = words_of(issuer.language)
    return msgspec.json.encode(
        {
            "language": issuer.language,
            "colour": printed.colour_of(issuer.design),
            "paper": printed.paper_of(issuer.country),
            "title": f"{place.name} – {issuer.name}",
            "call": words["scan"],
            "codes": [
                {
                    "svg": drawn(f"{base}/pay/{code.public_id}"),
                    "label": f"{code.identity} · {code.evse}",  # outside of what is cut out: it is no driver's business
                    "title": ", ".join(
                        part for part in (code.name, words["connection"].format(evse=code.evse)) if part is not None
                    ),
                    "place": place.name,
                    "address": f"{base}/pay/{code.public_id}",
                }
                for code in codes
            ],
        }
    )


def _public_form(row: PlaceRow, context: Context) -> PayPlaceCode:
    address = f"{context.settings.web.public_url or ''}/pay/{row.public_id}"
    return PayPlaceCode(row.public_id, row.evse, address, row.pays_after, row.made_at)
