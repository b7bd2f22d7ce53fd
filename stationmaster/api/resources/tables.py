"""Tables that people bring and take away: cards, sites and chargers as CSV."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from datetime import datetime, time, timedelta
from typing import Annotated, Any

import msgspec
from litestar import Request, Router, get, post
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import QueryParameter
from litestar.response import Stream

from stationmaster.api import csv_files
from stationmaster.api.callers import Caller
from stationmaster.api.context import Context, GivenCaller, GivenContext
from stationmaster.api.csv_files import MAX_BYTES, MAX_ROWS, Shape
from stationmaster.api.errors import MAX_PROBLEMS
from stationmaster.api.resources.customers import ContactChanges
from stationmaster.api.resources.sites import SiteChanges
from stationmaster.api.resources.stations import StationChanges
from stationmaster.api.resources.tokens import Kind, TokenFacts, Uid
from stationmaster.api.resources.vehicles import VehicleChanges, facts_of
from stationmaster.api.resources.vehicles import public_form as vehicle_form
from stationmaster.api.shapes import OwnId
from stationmaster.domain import (
    customer_imports,
    customers,
    imports,
    moments,
    place_imports,
    sites,
    stations,
    token_imports,
    tokens,
    vehicle_imports,
    vehicles,
)
from stationmaster.domain.errors import Invalid
from stationmaster.domain.imports import Tally
from stationmaster.domain.permissions import Permission
from stationmaster.storage import Work
from stationmaster.storage.lists import Found, Wanted

PAGE = 1000
_FILE = ResponseSpec(bytes, generate_examples=False, description="The file", media_type="text/csv")


class RowProblem(msgspec.Struct, frozen=True):
    """Why a row of a file cannot be taken. The first row of a file is 1; `field` is null where it is about the whole row."""

    row: int
    field: str | None
    reason: str
    code: str
    values: dict[str, str | int]


class RowOutcome(msgspec.Struct, frozen=True):
    """What becomes of a row: something new, where `changed` is null, or another value in these fields of what is there."""

    row: int
    id: str
    changed: list[str] | None


class ImportReport(msgspec.Struct, frozen=True, kw_only=True):
    """What an import has done, or would do (`dry_run`).

    `doubled` are rows that speak of the same thing as another row of the file. A file with doubled or bad rows is not taken, and
    the first 200 of them are told in `problems`. `outcomes` has the first 200 rows that are new or change something. `secrets` are those of new chargers, which are shown only this once.
    """

    dry_run: bool
    rows: int
    new: int
    changed: int
    unchanged: int
    doubled: int
    bad: int
    outcomes: list[RowOutcome]
    problems: list[RowProblem]
    secrets: dict[str, str]


DryRun = Annotated[bool, QueryParameter(description="Say what would be done, row by row, and do nothing")]


class TokenLine(TokenFacts, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One line of a list of cards."""

    uid: Uid
    kind: Kind | None = None


TOKENS = ("uid", "kind", *tokens.FACTS, "customer")
_NAMES_OF_TOKENS = {
    **dict.fromkeys(("number", "card", "card_number", "rfid", "id_tag", "idtag", "id_token", "tag"), "uid"),
    **dict.fromkeys(("type",), "kind"),
    **dict.fromkeys(("name", "holder", "owner"), "label"),
    **dict.fromkeys(("parent", "parent_id_tag", "group_id"), "group"),
    **dict.fromkeys(("expiry", "expires", "expiry_date", "valid_until"), "expires_at"),
}


@post("/imports/tokens", permission=Permission.OPERATE, status_code=200, request_max_body_size=MAX_BYTES)
async def import_tokens(
    request: Request[Any, Any, Any], caller: GivenCaller, context: GivenContext, dry_run: DryRun = False
) -> ImportReport:
    """Create or change cards by their number, from a CSV file: the body is the file, as it is. All of it is taken, or nothing.

    The first row names the columns: `uid`, and any of `kind`, `label`, `group`, `status`, `expires_at`, `customer` (the id of one).
    A column that is not there changes nothing. A day is meant to its end, in the time zone of this installation.
    """
    zone = moments.zone_named(context.settings.sites.time_zone)

    def end_of(text: str) -> Any:
        try:
            day = datetime.strptime(text.strip(), "%Y-%m-%d").date() + timedelta(days=1)
        except (ValueError, OverflowError):
            return text.strip()
        return datetime.combine(day, time(), zone)

    shape = Shape(TokenLine, "uid", _NAMES_OF_TOKENS, {"expires_at": end_of, "uid": _card})
    return await _imported(request, caller, context, shape, token_imports.take, dry_run=dry_run)


@get("/exports/tokens", permission=Permission.VIEW, responses={200: _FILE})
async def export_tokens(caller: GivenCaller, context: GivenContext) -> Stream:
    """All cards as CSV, the newest first. An import of it changes nothing."""
    return _exported(context, caller, "cards.csv", TOKENS, tokens.list_tokens, _token_cells)


class CustomerLine(ContactChanges, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One line of a list of customers."""

    id: OwnId


CUSTOMERS = ("id", *customers.FACTS)
_NAMES_OF_CUSTOMERS = {
    **dict.fromkeys(("customer_id", "customer", "number", "customer_number"), "id"),
    **dict.fromkeys(("customer_name", "full_name"), "name"),
    **dict.fromkeys(("telephone", "mobile", "phone_number"), "phone"),
    **dict.fromkeys(("e-mail", "mail", "email_address"), "email"),
}


@post("/imports/customers", permission=Permission.MANAGE_CUSTOMERS, status_code=200, request_max_body_size=MAX_BYTES)
async def import_customers(
    request: Request[Any, Any, Any], caller: GivenCaller, context: GivenContext, dry_run: DryRun = False
) -> ImportReport:
    """Create or change customers by their ids, from a CSV file: the body is the file, as it is. All of it is taken, or nothing.

    The first row names the columns: `id`, and any of `name`, `phone`, `email`. A column that is not there changes nothing.
    """
    shape = Shape(CustomerLine, "id", _NAMES_OF_CUSTOMERS)
    return await _imported(request, caller, context, shape, customer_imports.take, dry_run=dry_run)


@get("/exports/customers", permission=Permission.VIEW_CUSTOMERS, responses={200: _FILE})
async def export_customers(caller: GivenCaller, context: GivenContext) -> Stream:
    """All customers as CSV, the newest first. An import of it changes nothing."""
    return _exported(context, caller, "customers.csv", CUSTOMERS, customers.list_customers, _customer_cells)


class VehicleLine(VehicleChanges, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One line of a list of vehicles."""

    id: OwnId
    customer: OwnId | None = None


_OF_VEHICLES = ("name", "make", "model", "plate", "connector_types", "battery_kwh", "vin", "emaid")
VEHICLES = ("id", "customer", "default", *_OF_VEHICLES)
_VEHICLE = Shape(
    VehicleLine,
    "id",
    {"vehicle_id": "id", "customer_id": "customer", "license_plate": "plate", "brand": "make"},
    {"connector_types": str.split},
)


@post("/imports/vehicles", permission=Permission.MANAGE_CUSTOMERS, status_code=200, request_max_body_size=MAX_BYTES)
async def import_vehicles(
    request: Request[Any, Any, Any], caller: GivenCaller, context: GivenContext, dry_run: DryRun = False
) -> ImportReport:
    """Create or change vehicles by their `id`, from a CSV file of up to 1,000 rows: the body is the file. All of it is taken, or nothing.

    The columns are called as the fields of a vehicle; `customer` is the id of one, and stays; plugs stand side by side in a cell, as in
    `type2 ccs2`. A column that is not there changes nothing.
    """
    take, most = vehicle_imports.take, place_imports.MAX_ROWS
    return await _imported(request, caller, context, _VEHICLE, take, facts_of, dry_run=dry_run, max_rows=most)


@get("/exports/vehicles", permission=Permission.VIEW_CUSTOMERS, responses={200: _FILE})
async def export_vehicles(caller: GivenCaller, context: GivenContext) -> Stream:
    """All vehicles as CSV, the newest first. An import of it changes nothing."""
    return _exported(context, caller, "vehicles.csv", VEHICLES, vehicles.list_vehicles, _vehicle_cells)


class SiteLine(SiteChanges, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One line of a list of sites."""

    id: OwnId


class StationLine(StationChanges, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One line of a list of chargers."""

    id: str


SITES = ("id", *sites.FACTS)
STATIONS = ("id", "site", *stations.FACTS)
_SITE = Shape(
    SiteLine, "id", {"station_id": "id", "station_name": "name", "pincode": "postal_code"}, {"working_days": str.split}
)
_STATION = Shape(StationLine, "id", {"identity": "id", "charge_point_id": "id", "charging_point_name": "name"})


@post("/imports/sites", permission=Permission.ADMINISTER, status_code=200, request_max_body_size=MAX_BYTES)
async def import_sites(
    request: Request[Any, Any, Any], caller: GivenCaller, context: GivenContext, dry_run: DryRun = False
) -> ImportReport:
    """Create or change sites by their `id`, from a CSV file of up to 1,000 rows: the body is the file. All of it is taken, or nothing.

    The columns are called as the fields of a site; days stand side by side in a cell, as in `monday friday`. A column that is not
    there changes nothing.
    """
    zone, most = context.settings.sites.time_zone, place_imports.MAX_ROWS
    take = place_imports.take_sites
    return await _imported(request, caller, context, _SITE, take, zone, dry_run=dry_run, max_rows=most)


@get("/exports/sites", permission=Permission.VIEW, responses={200: _FILE})
async def export_sites(caller: GivenCaller, context: GivenContext) -> Stream:
    """All sites as CSV, the newest first. An import of it changes nothing."""
    return _exported(context, caller, "sites.csv", SITES, sites.list_sites, _site_cells)


@post("/imports/stations", permission=Permission.ADMINISTER, status_code=200, request_max_body_size=MAX_BYTES)
async def import_stations(
    request: Request[Any, Any, Any], caller: GivenCaller, context: GivenContext, dry_run: DryRun = False
) -> ImportReport:
    """Create or change chargers by their `id`, from a CSV file of up to 1,000 rows: the body is the file. All is taken, or nothing.

    The columns are called as the fields of a charger that people may change; `site` is the name of one. New chargers are given
    secrets, which the answer holds, once. A column that is not there changes nothing.
    """
    keys, most = context.keys, place_imports.MAX_ROWS
    take = place_imports.take_stations
    return await _imported(request, caller, context, _STATION, take, keys, dry_run=dry_run, max_rows=most)


@get("/exports/stations", permission=Permission.VIEW, responses={200: _FILE})
async def export_stations(caller: GivenCaller, context: GivenContext) -> Stream:
    """All chargers as CSV, the newest first, without their secrets. An import of it changes nothing."""
    return _exported(context, caller, "chargers.csv", STATIONS, stations.listed, _station_cells)


_OF_PEOPLE = [
    *(import_tokens, export_tokens),
    *(import_customers, export_customers),
    *(import_vehicles, export_vehicles),
]
_OF_PLACES = [import_sites, export_sites, import_stations, export_stations]
router = Router("/", route_handlers=[*_OF_PEOPLE, *_OF_PLACES], tags=["tables"])


async def _imported(
    request: Request[Any, Any, Any],
    caller: Caller,
    context: Context,
    shape: Shape,
    take: Callable[..., Tally],
    *args: Any,
    dry_run: bool,
    max_rows: int = MAX_ROWS,
) -> ImportReport:
    table = await asyncio.to_thread(csv_files.read, await request.body(), shape, max_rows=max_rows)

    def unit(work: Work) -> Tally:
        which = (caller.organization, table.lines, *args)
        return imports.take(work, take, *which, dry_run=dry_run, problems=table.problems)

    tally = await context.database.write_aside(unit)
    told = [
        RowProblem(each.row, each.field or None, str(each.reason), each.reason.code, each.reason.values)
        for each in tally.problems[:MAX_PROBLEMS]
    ]
    return ImportReport(
        dry_run=dry_run,
        rows=table.rows,
        new=tally.new,
        changed=tally.changed,
        unchanged=tally.unchanged,
        doubled=tally.doubled,
        bad=tally.bad,
        outcomes=[
            RowOutcome(row, id, None if changed is None else list(changed))
            for row, id, changed in tally.outcomes[:MAX_PROBLEMS]
        ],
        problems=told,
        secrets={} if dry_run else tally.secrets,
    )


def _exported(
    context: Context,
    caller: Caller,
    name: str,
    columns: Sequence[str],
    find: Callable[..., Found[Any]],
    cells: Callable[[Any], Sequence[Any]],
) -> Stream:
    """A file that is written while it is read, so that it costs the same memory however long it is."""

    async def rows() -> AsyncIterator[Iterable[Sequence[Any]]]:
        cursor = None
        while True:
            page = await context.database.read(find, caller.organization, Wanted(PAGE, cursor))
            yield [cells(row) for row in page.rows]
            cursor = page.next
            if cursor is None:
                return

    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Stream(csv_files.written(columns, rows()), media_type="text/csv", headers=headers)


def _card(text: str) -> str:
    """The number of a card. Raises `Invalid` for what a spreadsheet has made of one."""
    exponent = text.strip().upper().replace(",", ".").partition("E+")
    if exponent[1] and exponent[2].isdigit() and exponent[0].replace(".", "").isdigit():
        raise Invalid(
            "uid", "is not the number any more: a spreadsheet has made 4.1E+12 of it; bring the column as text"
        )
    return text


def _site_cells(row: sites.SiteRow) -> Sequence[Any]:
    return (row.public_id, *(getattr(row, name) for name in sites.FACTS))


def _station_cells(row: stations.ListedStation) -> Sequence[Any]:
    return (row.identity, row.site, *(getattr(row, name) for name in stations.FACTS))


def _token_cells(row: tokens.OwnedToken) -> Sequence[Any]:
    return [getattr(row, name) for name in TOKENS]


def _vehicle_cells(row: vehicles.VehicleRow) -> Sequence[Any]:
    form = vehicle_form(row)
    return [getattr(form, name) for name in VEHICLES]


def _customer_cells(row: customers.CustomerRow) -> Sequence[Any]:
    return [row.public_id, *(getattr(row, name) for name in customers.FACTS)]
