"""Tariffs, and which one holds where."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, Router, delete, get, patch, post, put
from litestar.params import FromPath, JSONBody, QueryParameter

from stationmaster.api.callers import Caller
from stationmaster.api.context import Context, GivenCaller, GivenContext
from stationmaster.api.shapes import (
    SORTED,
    Cursor,
    Deleted,
    IfMatch,
    Limit,
    OwnId,
    Page,
    Search,
    Text,
    exact,
    given,
    page_of,
    tagged,
    tags_of,
)
from stationmaster.domain import tariff_places, tariffs
from stationmaster.domain.errors import Invalid
from stationmaster.domain.money import coverage
from stationmaster.domain.money.checks import PRICE_DECIMALS
from stationmaster.domain.money.tariff_version import Structure
from stationmaster.domain.permissions import Permission
from stationmaster.domain.tariffs import Level, Status
from stationmaster.storage.lists import Wanted

Currency = Annotated[str, msgspec.Meta(min_length=3, max_length=3, description="Its code of ISO 4217, as in EUR")]
Price = Annotated[
    Decimal, msgspec.Meta(description=f"From 0 on, with at most {PRICE_DECIMALS} decimals; a text is as good")
]
Percent = Annotated[Decimal, msgspec.Meta(description="From 0 to 100")]


class Tariff(msgspec.Struct, frozen=True, kw_only=True):
    """What charging costs: a price for each kWh, for each minute, and for a session, without tax; null is a price it does not have.

    Prices are exact decimals in texts. A `structure` has elements in the sense of OCPI in place of prices and tax; `unpriced` are the times of the
    week in which none of them holds. `terms` counts what it has cost: each other price, tax or currency are the next terms, in force
    from `valid_from` on, and a session is priced by those in force when it began. The `standard` one holds where no connector, charger
    or site names another.
    """

    id: str
    name: str
    status: Status
    standard: bool
    follows_changes: bool
    currency: str
    price_per_kwh: str | None
    price_per_minute: str | None
    price_per_session: str | None
    tax_percent: str
    structure: Structure | None
    unpriced: tuple[str, ...]
    terms: int
    valid_from: datetime
    created_at: datetime
    created_by: str | None
    updated_at: datetime
    deleted_at: datetime | None


class NewTariff(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A tariff as it is to be, with one price at least, or with a structure in place of prices and tax; without a tax it has none.

    `id` is the operator's own, and stays; without one it is given one.
    """

    name: Text
    currency: Currency
    id: OwnId | None = None
    status: Status = "active"
    standard: bool = False
    follows_changes: bool = False
    price_per_kwh: Price | None = None
    price_per_minute: Price | None = None
    price_per_session: Price | None = None
    tax_percent: Percent | None = None
    structure: Structure | None = None


class TariffChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change; what is left out stays."""

    name: Text | msgspec.UnsetType = msgspec.UNSET
    currency: Currency | msgspec.UnsetType = msgspec.UNSET
    status: Status | msgspec.UnsetType = msgspec.UNSET
    standard: bool | msgspec.UnsetType = msgspec.UNSET
    follows_changes: bool | msgspec.UnsetType = msgspec.UNSET
    price_per_kwh: Price | msgspec.UnsetType | None = msgspec.UNSET
    price_per_minute: Price | msgspec.UnsetType | None = msgspec.UNSET
    price_per_session: Price | msgspec.UnsetType | None = msgspec.UNSET
    tax_percent: Percent | msgspec.UnsetType = msgspec.UNSET
    structure: Structure | msgspec.UnsetType | None = msgspec.UNSET


class TariffTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What a tariff costs from `valid_from` on, until the next terms."""

    number: int
    valid_from: datetime
    currency: str
    price_per_kwh: str | None
    price_per_minute: str | None
    price_per_session: str | None
    tax_percent: str
    structure: Structure | None
    made_by: str | None


class ConnectorTariff(msgspec.Struct, frozen=True):
    """Which tariff holds at a connector, and who decided; null where nobody names one. EVSE 0 stands for the charger as a whole.

    `named` is the one that the connector, or the charger, names itself.
    """

    evse: int
    connector: int
    named: str | None
    tariff: str | None
    name: str | None
    decided_by: Level | None


class PlaceTariff(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The tariff that a place names; null: it names none, so that the one above it decides."""

    tariff: OwnId | None


StatusFilter = Annotated[Status | None, QueryParameter(description="Only tariffs in this state")]
CurrencyFilter = Annotated[str | None, QueryParameter(max_length=3, description="Only tariffs in this currency")]
StandardFilter = Annotated[
    bool | None, QueryParameter(description="Only the one that holds wherever no other does, or only the others")
]
Sort = Literal["id", "-id", "name", "-name", "status", "-status", "created", "-created", "updated", "-updated"]
SortBy = Annotated[Sort | None, QueryParameter(description=SORTED)]


@get("/", permission=Permission.VIEW)
async def list_tariffs(
    caller: GivenCaller,
    context: GivenContext,
    search: Search = None,
    status: StatusFilter = None,
    currency: CurrencyFilter = None,
    standard: StandardFilter = None,
    deleted: Deleted = False,
    sort: SortBy = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Tariff]:
    """Tariffs, newest first or sorted. The search is in id and name."""
    wanted = Wanted(limit, cursor, sort, search)
    which: dict[str, Any] = {"status": status, "currency": currency, "standard": standard, "deleted": deleted}
    found = await context.database.read(tariffs.list_tariffs, caller.organization, wanted, **which)
    return page_of(found, public_form)


@post("/", permission=Permission.ADMINISTER)
async def add_tariff(data: JSONBody[NewTariff], caller: GivenCaller, context: GivenContext) -> Response[Tariff]:
    """Add a tariff."""
    row = await context.database.write(tariffs.create, caller.organization, public_id=data.id, **_facts(data))
    return tagged(row, public_form(row))


@get("/{tariff_id:str}", permission=Permission.VIEW)
async def get_tariff(tariff_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> Response[Tariff]:
    """One tariff."""
    row = await context.database.read(tariffs.get, caller.organization, tariff_id)
    return tagged(row, public_form(row))


@put("/{tariff_id:str}", permission=Permission.ADMINISTER)
async def replace_tariff(
    tariff_id: FromPath[str],
    data: JSONBody[NewTariff],
    caller: GivenCaller,
    context: GivenContext,
    if_match: IfMatch = None,
) -> Response[Tariff]:
    """Make a tariff what is given; what is left out becomes what it is in a new one."""
    if data.id not in (None, tariff_id):
        raise Invalid("id", "cannot be changed")
    return await _changed(tariff_id, _facts(data), caller, context, if_match)


@patch("/{tariff_id:str}", permission=Permission.ADMINISTER)
async def change_tariff(
    tariff_id: FromPath[str],
    data: JSONBody[TariffChanges],
    caller: GivenCaller,
    context: GivenContext,
    if_match: IfMatch = None,
) -> Response[Tariff]:
    """Change the fields that are given."""
    return await _changed(tariff_id, given(data), caller, context, if_match)


@delete("/{tariff_id:str}", permission=Permission.ADMINISTER)
async def remove_tariff(
    tariff_id: FromPath[str], caller: GivenCaller, context: GivenContext, if_match: IfMatch = None
) -> None:
    """Remove a tariff that no place names any more, and which is not the standard. It can be restored."""
    await context.database.write(tariff_places.remove, caller.organization, tariff_id, expected=tags_of(if_match))


@post("/{tariff_id:str}/restore", permission=Permission.ADMINISTER, status_code=200)
async def restore_tariff(tariff_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> Response[Tariff]:
    """Bring back a tariff that was removed; 409 when its id is in use again."""
    row = await context.database.write(tariffs.restore, caller.organization, tariff_id)
    return tagged(row, public_form(row))


@get("/{tariff_id:str}/terms", permission=Permission.VIEW)
async def list_tariff_terms(tariff_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> Page[TariffTerms]:
    """What a tariff costs and has cost, the newest first."""
    rows = await context.database.read(tariffs.all_terms, caller.organization, tariff_id)
    return Page(
        [
            TariffTerms(number=row.number, valid_from=row.valid_from, made_by=row.made_by, **prices_form(row))
            for row in rows
        ],
        None,
    )


@get("/stations/{station_id:str}/tariffs", permission=Permission.VIEW)
async def list_station_tariffs(
    station_id: FromPath[str], caller: GivenCaller, context: GivenContext
) -> Page[ConnectorTariff]:
    """Which tariff holds at each connector of a charger, and whether connector, charger, site or organization decided it."""
    rows = await context.database.read(tariff_places.of_station, caller.organization, station_id)
    return Page([_at_connector(row) for row in rows], None)


@put("/stations/{station_id:str}/tariff", permission=Permission.ADMINISTER)
async def name_station_tariff(
    station_id: FromPath[str], data: JSONBody[PlaceTariff], caller: GivenCaller, context: GivenContext
) -> PlaceTariff:
    """Say which tariff holds at a charger, where its connectors name no other."""
    await context.database.write(tariff_places.name_at_station, caller.organization, station_id, data.tariff)
    return data


@put("/stations/{station_id:str}/connectors/{evse:int}/{connector:int}/tariff", permission=Permission.ADMINISTER)
async def name_connector_tariff(
    station_id: FromPath[str],
    evse: FromPath[int],
    connector: FromPath[int],
    data: JSONBody[PlaceTariff],
    caller: GivenCaller,
    context: GivenContext,
) -> PlaceTariff:
    """Say which tariff holds at a connector that the charger has told of."""
    await context.database.write(
        tariff_places.name_at_connector,
        caller.organization,
        station_id,
        data.tariff,
        evse=evse,
        connector=connector,
    )
    return data


@get("/sites/{site_id:str}/tariff", permission=Permission.VIEW)
async def get_site_tariff(site_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> PlaceTariff:
    """The tariff that a site names."""
    return PlaceTariff(await context.database.read(tariff_places.of_site, caller.organization, site_id))


@put("/sites/{site_id:str}/tariff", permission=Permission.ADMINISTER)
async def name_site_tariff(
    site_id: FromPath[str], data: JSONBody[PlaceTariff], caller: GivenCaller, context: GivenContext
) -> PlaceTariff:
    """Say which tariff holds at a site, where its chargers name no other."""
    await context.database.write(tariff_places.name_at_site, caller.organization, site_id, data.tariff)
    return data


router = Router(
    "/tariffs",
    route_handlers=[
        list_tariffs,
        add_tariff,
        get_tariff,
        replace_tariff,
        change_tariff,
        remove_tariff,
        restore_tariff,
        list_tariff_terms,
    ],
    tags=["tariffs"],
)
of_places = Router(
    "/",
    route_handlers=[
        list_station_tariffs,
        name_station_tariff,
        name_connector_tariff,
        get_site_tariff,
        name_site_tariff,
    ],
    tags=["tariffs"],
)


def public_form(row: tariffs.TariffRow) -> Tariff:
    """A tariff as everyone outside sees it."""
    return Tariff(
        id=row.public_id,
        name=row.name,
        status=row.status,
        standard=row.standard,
        follows_changes=row.follows_changes,
        terms=row.number,
        valid_from=row.valid_from,
        created_at=row.created_at,
        created_by=row.created_by,
        updated_at=row.updated_at,
        deleted_at=row.deleted_at,
        unpriced=tuple(str(gap) for gap in coverage.unpriced(tariffs.version_of(row))),
        **prices_form(row),
    )


async def _changed(
    tariff_id: str, facts: dict[str, Any], caller: Caller, context: Context, if_match: str | None
) -> Response[Tariff]:
    expected = tags_of(if_match)
    row = await context.database.write(tariffs.change, caller.organization, tariff_id, facts, expected=expected)
    return tagged(row, public_form(row))


def _facts(data: NewTariff) -> dict[str, Any]:
    facts = {name: getattr(data, name) for name in tariffs.FACTS}
    return facts | {"tax_percent": data.tax_percent or Decimal(0)}


def prices_form(row: tariffs.TermsRow) -> dict[str, Any]:
    """What it costs, in the fields of whatever shows it."""
    prices = {name: exact(getattr(row, name)) for name in (*tariffs.PRICES, "tax_percent")}
    structure = None if row.structure is None else msgspec.convert(row.structure, Structure)
    return {"currency": row.currency, "structure": structure} | prices


def _at_connector(row: tariff_places.AtConnector) -> ConnectorTariff:
    held = row.holding
    named = None if row.named is None else row.named.public_id
    if held is None:
        return ConnectorTariff(row.evse, row.connector, named, None, None, None)
    return ConnectorTariff(row.evse, row.connector, named, held.tariff.public_id, held.tariff.name, held.decided_by)
