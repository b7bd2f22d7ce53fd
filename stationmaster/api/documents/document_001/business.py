"""Its tariffs, customers and sessions."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import msgspec
from litestar import Request, Response, delete, get, post, put
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import UNSET
from msgspec import UnsetType as Unset

from stationmaster.api.context import Context, GivenCaller, GivenContext
from stationmaster.api.documents.arrays import array_of
from stationmaster.api.documents.document_001.words import columns, decimal, ours, same, translated
from stationmaster.api.shapes import MAX_PAGE, Cursor, Limit, OwnId, Search, Text, given
from stationmaster.domain import bills, customers, sessions, tariff_places, tariffs, vehicles, wallets
from stationmaster.domain.errors import Invalid
from stationmaster.domain.money import amounts
from stationmaster.domain.permissions import Permission
from stationmaster.domain.rounding import half_up
from stationmaster.storage import Work
from stationmaster.storage.lists import Wanted

TariffStatus = Literal["Active", "Inactive"]
SessionStatus = Literal["Active", "Completed", "Cancelled"]
Money = Annotated[Decimal, msgspec.Meta(description="A number, or a text")]


class Tariff(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `tariffs`. `base_charges` is the price for a kWh; decimals are texts, as the document's database gives them."""

    id: str
    tariff_id: str
    tariff_name: str
    currency: str
    base_charges: str | None
    tax: str
    status: TariffStatus
    created_by: str | None
    deleted: bool
    created_at: datetime
    updated_at: datetime


class TariffChanges(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change; what is left out stays. Another price makes the next terms; what was charged keeps its own."""

    tariff_id: OwnId | Unset = UNSET
    tariff_name: Text | Unset = UNSET
    currency: str | Unset = UNSET
    base_charges: Money | Unset = UNSET
    tax: Money | Unset = UNSET
    status: TariffStatus | Unset = UNSET


class NewTariff(TariffChanges, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A row to be made."""

    tariff_name: Text
    currency: str
    base_charges: Money
    tax: Money
    status: TariffStatus


class Customer(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `customers`."""

    id: str
    customer_name: str
    phone: str | None
    email: str | None
    default_vehicle: str | None
    created_at: datetime
    updated_at: datetime


class WalletTransaction(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `wallet_transactions`. `balance` is what was in the wallet after it."""

    id: str
    customer_id: str
    transaction_type: Literal["Credit", "Debit"]
    amount: str
    balance: str
    description: str | None
    reference_id: str | None
    created_at: datetime


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `charging_sessions`. `energy_consumed` is in kWh; `billed_amount` is with taxes, and null while there is no bill."""

    id: str
    session_id: str
    customer_id: str | None
    charging_point_id: str
    connector_id: str | None
    start_time: datetime
    end_time: datetime | None
    energy_consumed: str | None
    billed_amount: str | None
    status: SessionStatus
    created_at: datetime
    updated_at: datetime


TariffStatusOf = Annotated[TariffStatus | None, QueryParameter(description="Only those in this state")]
SessionStatusOf = Annotated[SessionStatus | None, QueryParameter(description="Only those in this state")]
Words = Annotated[str | None, QueryParameter(max_length=255)]
Day = Annotated[str | None, QueryParameter(description="A day, 2026-05-01, or a moment with its zone")]


@get("/tariffs", permission=Permission.VIEW)
async def list_tariffs(
    request: Request[Any, Any, Any],
    caller: GivenCaller,
    context: GivenContext,
    search: Search = None,
    status: TariffStatusOf = None,
    limit: Limit = MAX_PAGE,
    cursor: Cursor = None,
) -> Response[list[Tariff]]:
    """All tariffs that are not deleted, newest first."""
    found = await context.database.read(
        tariffs.list_tariffs,
        caller.organization,
        Wanted(limit, cursor, None, search),
        status=None if status is None else ours(_TARIFF_STATUS, status),
    )
    return array_of(request, [_tariff(row) for row in found.rows], found.next)


@get("/tariffs/{tariff_id:str}", permission=Permission.VIEW)
async def get_tariff(tariff_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> Tariff:
    """One tariff."""
    return _tariff(await context.database.read(tariffs.get, caller.organization, tariff_id))


@post("/tariffs", permission=Permission.ADMINISTER)
async def create_tariff(data: JSONBody[NewTariff], caller: GivenCaller, context: GivenContext) -> Tariff:
    """Create a tariff."""

    def create(work: Work) -> Tariff:
        public_id = None if data.tariff_id is UNSET else data.tariff_id
        with columns(_TARIFF_COLUMNS):
            return _tariff(tariffs.create(work, caller.organization, public_id=public_id, **_tariff_facts(data)))

    return await context.database.write(create)


@put("/tariffs/{tariff_id:str}", permission=Permission.ADMINISTER)
async def update_tariff(
    tariff_id: FromPath[str], data: JSONBody[TariffChanges], caller: GivenCaller, context: GivenContext
) -> Tariff:
    """Update a tariff: what is given."""
    same(tariff_id, data.tariff_id, "tariff_id")

    def update(work: Work) -> Tariff:
        with columns(_TARIFF_COLUMNS):
            return _tariff(tariffs.change(work, caller.organization, tariff_id, _tariff_facts(data)))

    return await context.database.write(update)


@delete("/tariffs/{tariff_id:str}", permission=Permission.ADMINISTER, status_code=200)
async def delete_tariff(tariff_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> Tariff:
    """Soft delete a tariff. 409 while a station or a point names it."""

    def remove(work: Work) -> Tariff:
        gone = _tariff(tariffs.get(work, caller.organization, tariff_id))
        tariff_places.remove(work, caller.organization, tariff_id)
        return msgspec.structs.replace(gone, deleted=True)

    return await context.database.write(remove)


@get("/customers", permission=Permission.VIEW_CUSTOMERS)
async def list_customers(
    request: Request[Any, Any, Any],
    caller: GivenCaller,
    context: GivenContext,
    search: Search = None,
    start_date: Day = None,
    end_date: Day = None,
    limit: Limit = MAX_PAGE,
    cursor: Cursor = None,
) -> Response[list[Customer]]:
    """All customers, newest first; those that were created from `start_date` to `end_date`, both days included."""
    since, until = _span(start_date, end_date, context)

    def read(work: Work) -> tuple[list[Customer], str | None]:
        wanted = Wanted(limit, cursor, None, search)
        found = customers.list_customers(work, caller.organization, wanted, created_from=since, created_to=until)
        return _customers(work, found.rows), found.next

    return array_of(request, *await context.database.read(read))


@get("/customers/{customer_id:str}", permission=Permission.VIEW_CUSTOMERS)
async def get_customer(customer_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> Customer:
    """One customer."""

    def read(work: Work) -> Customer:
        [one] = _customers(work, [customers.get(work, caller.organization, customer_id)])
        return one

    return await context.database.read(read)


@get("/customers/{customer_id:str}/wallet-transactions", permission=Permission.VIEW_CUSTOMERS)
async def list_wallet_transactions(
    request: Request[Any, Any, Any],
    customer_id: FromPath[str],
    caller: GivenCaller,
    context: GivenContext,
    limit: Limit = MAX_PAGE,
    cursor: Cursor = None,
) -> Response[list[WalletTransaction]]:
    """What was booked on a customer's wallet, newest first."""
    wanted = Wanted(limit, cursor)
    found = await context.database.read(wallets.list_transactions, caller.organization, customer_id, wanted)
    return array_of(request, [_wallet_transaction(customer_id, row) for row in found.rows], found.next)


@get("/sessions", permission=Permission.VIEW)
async def list_sessions(
    request: Request[Any, Any, Any],
    caller: GivenCaller,
    context: GivenContext,
    station_id: Words = None,
    charging_point_id: Words = None,
    customer_id: Words = None,
    status: SessionStatusOf = None,
    start_date: Day = None,
    end_date: Day = None,
    limit: Limit = MAX_PAGE,
    cursor: Cursor = None,
) -> Response[list[Session]]:
    """All sessions, newest first; those that began from `start_date` to `end_date`, both days included."""
    since, until = _span(start_date, end_date, context)
    which = sessions.Which(
        site=station_id,
        station=charging_point_id,
        customer=customer_id,
        status=None if status is None else status.lower(),
        times=sessions.Times(started_from=since, started_to=until),
    )

    def shown(work: Work, organization_id: int) -> tuple[list[Session], str | None]:
        found = sessions.listed(work, organization_id, Wanted(limit, cursor), which)
        changed = sessions.last_changed(work, found.rows)
        billed = bills.amounts_of(work, [row.id for row in found.rows])
        return [_session(row, changed[row.id], billed.get(row.id)) for row in found.rows], found.next

    rows, following = await context.database.read(shown, caller.organization)
    return array_of(request, rows, following)


ROUTES = [
    list_tariffs,
    get_tariff,
    create_tariff,
    update_tariff,
    delete_tariff,
    list_customers,
    get_customer,
    list_wallet_transactions,
    list_sessions,
]

_TARIFF_STATUS: dict[tariffs.Status, TariffStatus] = {"active": "Active", "inactive": "Inactive"}
_SESSION_STATUS: dict[str, SessionStatus] = {
    "pending": "Active",
    "active": "Active",
    "completed": "Completed",
    "cancelled": "Cancelled",
    "invalid": "Cancelled",
}
_TARIFF_COLUMNS = {"name": "tariff_name", "price_per_kwh": "base_charges", "tax_percent": "tax", "id": "tariff_id"}


def _tariff_facts(data: TariffChanges) -> dict[str, Any]:
    facts = given(data)
    facts.pop("tariff_id", None)
    return translated(facts, _TARIFF_COLUMNS, {"status": _TARIFF_STATUS})


def _tariff(row: tariffs.TariffRow) -> Tariff:
    return Tariff(
        id=row.public_id,
        tariff_id=row.public_id,
        tariff_name=row.name,
        currency=row.currency,
        base_charges=decimal(row.price_per_kwh),
        tax=decimal(row.tax_percent) or "0.00",
        status=_TARIFF_STATUS[row.status],
        created_by=row.created_by,
        deleted=row.deleted_at is not None,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _customers(work: Work, rows: list[customers.CustomerRow]) -> list[Customer]:
    default = vehicles.defaults(work, [row.id for row in rows])
    return [
        Customer(
            id=row.public_id,
            customer_name=row.name,
            phone=row.phone,
            email=row.email,
            default_vehicle=vehicles.called(default[row.id]) if row.id in default else None,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )
        for row in rows
    ]


def _wallet_transaction(customer_id: str, row: wallets.Transaction) -> WalletTransaction:
    return WalletTransaction(
        id=row.id,
        customer_id=customer_id,
        transaction_type="Credit" if row.kind == "credit" else "Debit",
        amount=decimal(row.amount.amount) or "0.00",
        balance=decimal(row.balance.amount) or "0.00",
        description=row.description,
        reference_id=row.reference,
        created_at=row.created_at,
    )


def _session(row: sessions.ListedRow, changed_at: datetime, billed: amounts.Money | None) -> Session:
    kwh = None if row.energy_wh is None else row.energy_wh / 1000
    return Session(
        id=row.public_id,
        session_id=row.public_id,
        customer_id=row.customer,
        charging_point_id=row.station,
        connector_id=None if row.evse is None else str(row.evse),
        start_time=row.started_at,
        end_time=row.stopped_at,
        energy_consumed=None if kwh is None else f"{half_up(kwh, 2):f}",
        billed_amount=None if billed is None else decimal(billed.amount),
        status=_SESSION_STATUS[row.status],
        created_at=row.received_at,
        updated_at=changed_at,
    )


def _span(start: str | None, end: str | None, context: Context) -> tuple[datetime | None, datetime | None]:
    """From the begin of the first day to the end of the last, by the clock of this installation."""
    since, _ = _moment("start_date", start, context)
    _, until = _moment("end_date", end, context)
    return since, until


def _moment(field: str, text: str | None, context: Context) -> tuple[datetime | None, datetime | None]:
    """When a day begins and ends; of a moment, both are the moment itself. Raises `Invalid`."""
    if text is None:
        return None, None
    try:
        if len(text) == len("2026-05-01"):
            day, zone = date.fromisoformat(text), ZoneInfo(context.settings.sites.time_zone)
            begin = datetime.combine(day, time(), zone)
            return begin, datetime.combine(day + timedelta(days=1), time(), zone)
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise Invalid(field, "must be a day, as in 2026-05-01, or a time with its zone") from None
    if moment.tzinfo is None:
        raise Invalid(field, "must name its zone, as in 2026-05-01T12:00:00Z")
    return moment, moment
