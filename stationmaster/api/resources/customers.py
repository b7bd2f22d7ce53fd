"""Customers: who charges and is billed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar import Response, Router, delete, get, patch, post, put
from litestar.params import FromPath, JSONBody, QueryParameter

from stationmaster.api.callers import Caller
from stationmaster.api.context import Context, GivenCaller, GivenContext
from stationmaster.api.resources import sessions, tokens, vehicles
from stationmaster.api.resources.sessions import Session
from stationmaster.api.resources.tokens import Token
from stationmaster.api.resources.vehicles import Vehicle
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
    aware,
    exact,
    given,
    page_of,
    tagged,
    tags_of,
)
from stationmaster.domain import accounts, customers, personal_data, wallets
from stationmaster.domain import vehicles as cars
from stationmaster.domain.errors import Invalid
from stationmaster.domain.permissions import Permission
from stationmaster.domain.vehicles import VehicleRow
from stationmaster.storage import Work
from stationmaster.storage.lists import Found, Wanted

Phone = Annotated[
    str,
    msgspec.Meta(
        min_length=3, max_length=40, description="With its country, as in +49 30 1234567, it is kept as +49301234567"
    ),
]
Email = Annotated[str, msgspec.Meta(min_length=3, max_length=255)]


class DefaultVehicle(msgspec.Struct, frozen=True):
    """The vehicle that a customer usually comes with."""

    id: str
    name: str


class Customer(msgspec.Struct, frozen=True, kw_only=True):
    """Who charges and is billed: a person or a company, with cards and vehicles. A phone is one customer's."""

    id: str
    name: str
    phone: str | None
    email: str | None
    default_vehicle: DefaultVehicle | None
    created_at: datetime
    created_by: str | None
    updated_at: datetime
    deleted_at: datetime | None


class NewCustomer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A customer as it is to be. `id` is the operator's own, and stays; without one it is given one."""

    name: Text
    id: OwnId | None = None
    phone: Phone | None = None
    email: Email | None = None


class CustomerChanges(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change; what is left out stays."""

    name: Text | msgspec.UnsetType = msgspec.UNSET
    phone: Phone | msgspec.UnsetType | None = msgspec.UNSET
    email: Email | msgspec.UnsetType | None = msgspec.UNSET


class CustomerUser(msgspec.Struct, frozen=True):
    """Who a customer is when they log in."""

    id: str
    email: str
    name: str | None
    language: str | None
    time_zone: str | None
    created_at: datetime


class CustomerData(msgspec.Struct, frozen=True):
    """All that is kept of a customer, for the person who asks for it: removed vehicles and cards too."""

    customer: Customer
    vehicles: list[Vehicle]
    tokens: list[Token]
    sessions: list[Session]
    user: CustomerUser | None


class WalletTransaction(msgspec.Struct, frozen=True):
    """An entry of a customer's wallet, with what was in it then. Amounts are exact decimals in texts."""

    id: str
    type: wallets.Kind
    amount: str
    balance: str
    currency: str
    description: str | None
    reference: str | None
    created_at: datetime


Since = Annotated[datetime | None, QueryParameter(description="Only customers added then or later")]
Until = Annotated[datetime | None, QueryParameter(description="Only customers added before")]
Sort = Literal[
    "id", "-id", "name", "-name", "phone", "-phone", "email", "-email", "created", "-created", "updated", "-updated"
]
SortBy = Annotated[Sort | None, QueryParameter(description=SORTED)]


@get("/", permission=Permission.VIEW_CUSTOMERS)
async def list_customers(
    caller: GivenCaller,
    context: GivenContext,
    search: Search = None,
    created_from: Since = None,
    created_to: Until = None,
    deleted: Deleted = False,
    sort: SortBy = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Customer]:
    """Customers, newest first or sorted. The search is in id, name, phone, e-mail, and in number and label of their cards."""
    wanted = Wanted(limit, cursor, sort, search)
    which: dict[str, Any] = {
        "created_from": aware(created_from, "created_from"),
        "created_to": aware(created_to, "created_to"),
        "deleted": deleted,
    }
    found, defaults = await context.database.read(_listed, caller.organization, wanted, which)
    return page_of(found, lambda row: _public_form(row, defaults))


@post("/", permission=Permission.MANAGE_CUSTOMERS)
async def add_customer(data: JSONBody[NewCustomer], caller: GivenCaller, context: GivenContext) -> Response[Customer]:
    """Add a customer."""
    row = await context.database.write(customers.create, caller.organization, public_id=data.id, **_facts(data))
    return tagged(row, _public_form(row, {}))


@get("/{customer_id:str}", permission=Permission.VIEW_CUSTOMERS)
async def get_customer(customer_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> Response[Customer]:
    """One customer."""
    row, defaults = await context.database.read(_one, caller.organization, customer_id)
    return tagged(row, _public_form(row, defaults))


@put("/{customer_id:str}", permission=Permission.MANAGE_CUSTOMERS)
async def replace_customer(
    customer_id: FromPath[str],
    data: JSONBody[NewCustomer],
    caller: GivenCaller,
    context: GivenContext,
    if_match: IfMatch = None,
) -> Response[Customer]:
    """Make a customer what is given; what is left out becomes what it is in a new one. Cards and vehicles stay."""
    if data.id not in (None, customer_id):
        raise Invalid("id", "cannot be changed")
    return await _changed(customer_id, _facts(data), caller, context, if_match)


@patch("/{customer_id:str}", permission=Permission.MANAGE_CUSTOMERS)
async def change_customer(
    customer_id: FromPath[str],
    data: JSONBody[CustomerChanges],
    caller: GivenCaller,
    context: GivenContext,
    if_match: IfMatch = None,
) -> Response[Customer]:
    """Change the fields that are given."""
    return await _changed(customer_id, given(data), caller, context, if_match)


@delete("/{customer_id:str}", permission=Permission.MANAGE_CUSTOMERS)
async def remove_customer(
    customer_id: FromPath[str], caller: GivenCaller, context: GivenContext, if_match: IfMatch = None
) -> None:
    """Remove a customer who has no cards any more; sessions keep whose they were. It can be restored."""
    await context.database.write(customers.remove, caller.organization, customer_id, expected=tags_of(if_match))


@post("/{customer_id:str}/restore", permission=Permission.MANAGE_CUSTOMERS, status_code=200)
async def restore_customer(
    customer_id: FromPath[str], caller: GivenCaller, context: GivenContext
) -> Response[Customer]:
    """Bring back a customer that was removed; 409 when the id or the phone is in use again."""
    row, defaults = await context.database.write(_restored, caller.organization, customer_id)
    return tagged(row, _public_form(row, defaults))


@get("/{customer_id:str}/data", permission=Permission.MANAGE_CUSTOMERS)
async def get_customer_data(customer_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> CustomerData:
    """All that is kept of a customer, for the person who asks what it is."""
    return await context.database.read(_all_of, caller, customer_id)


@post("/{customer_id:str}/erase", permission=Permission.ADMINISTER, status_code=204)
async def erase_customer(
    customer_id: FromPath[str], caller: GivenCaller, context: GivenContext, if_match: IfMatch = None
) -> None:
    """Erase a person for ever, who may be removed already: name, phone, e-mail, vehicles and cards. Sessions stay, as nobody's.

    409 while a session of theirs goes on.
    """
    await context.database.write(personal_data.erase, caller.organization, customer_id, expected=tags_of(if_match))


@get("/{customer_id:str}/wallet-transactions", permission=Permission.VIEW_CUSTOMERS)
async def list_wallet_transactions(
    customer_id: FromPath[str], caller: GivenCaller, context: GivenContext, limit: Limit = 50, cursor: Cursor = None
) -> Page[WalletTransaction]:
    """What was booked on a customer's wallet. Nothing is charged for yet, so there is nothing."""
    wanted = Wanted(limit, cursor)
    found = await context.database.read(wallets.list_transactions, caller.organization, customer_id, wanted)
    return page_of(found, _transaction)


router = Router(
    "/customers",
    route_handlers=[
        list_customers,
        add_customer,
        get_customer,
        replace_customer,
        change_customer,
        remove_customer,
        restore_customer,
        get_customer_data,
        erase_customer,
        list_wallet_transactions,
    ],
    tags=["customers"],
)

_Defaults = Mapping[int, VehicleRow]
_Known = tuple[customers.CustomerRow, _Defaults]


def _listed(
    work: Work, organization_id: int, wanted: Wanted, which: dict[str, Any]
) -> tuple[Found[customers.CustomerRow], _Defaults]:
    found = customers.list_customers(work, organization_id, wanted, **which)
    return found, cars.defaults(work, [row.id for row in found.rows])


def _with_default(work: Work, row: customers.CustomerRow) -> _Known:
    return row, cars.defaults(work, [row.id])


def _one(work: Work, organization_id: int, customer_id: str) -> _Known:
    return _with_default(work, customers.get(work, organization_id, customer_id))


def _restored(work: Work, organization_id: int, customer_id: str) -> _Known:
    return _with_default(work, customers.restore(work, organization_id, customer_id))


def _change(
    work: Work, organization_id: int, customer_id: str, facts: dict[str, Any], expected: frozenset[str] | None
) -> _Known:
    return _with_default(work, customers.change(work, organization_id, customer_id, facts, expected=expected))


async def _changed(
    customer_id: str, facts: dict[str, Any], caller: Caller, context: Context, if_match: str | None
) -> Response[Customer]:
    row, defaults = await context.database.write(_change, caller.organization, customer_id, facts, tags_of(if_match))
    return tagged(row, _public_form(row, defaults))


def _all_of(work: Work, caller: Caller, customer_id: str) -> CustomerData:
    found = personal_data.gather(work, caller.organization, customer_id)
    return CustomerData(
        _public_form(found.customer, cars.defaults(work, [found.customer.id])),
        [vehicles.public_form(row) for row in found.vehicles],
        [tokens.public_form(row, caller) for row in found.tokens],
        [sessions.listed_form(row, None) for row in found.sessions],
        None if found.user is None else _user_form(found.user),
    )


def _user_form(row: accounts.UserRow) -> CustomerUser:
    return CustomerUser(row.public_id, row.email, row.name, row.language, row.time_zone, row.created_at)


def _facts(data: NewCustomer) -> dict[str, Any]:
    return {name: getattr(data, name) for name in customers.FACTS}


def _public_form(row: customers.CustomerRow, defaults: _Defaults) -> Customer:
    vehicle = defaults.get(row.id)
    return Customer(
        id=row.public_id,
        name=row.name,
        phone=row.phone,
        email=row.email,
        default_vehicle=None if vehicle is None else DefaultVehicle(vehicle.public_id, cars.called(vehicle)),
        created_at=row.created_at,
        created_by=row.created_by,
        updated_at=row.updated_at,
        deleted_at=row.deleted_at,
    )


def _transaction(one: wallets.Transaction) -> WalletTransaction:
    amounts = {"amount": exact(one.amount), "balance": exact(one.balance)}
    return WalletTransaction(
        id=one.id,
        type=one.kind,
        currency=one.currency,
        description=one.description,
        reference=one.reference,
        created_at=one.created_at,
        **amounts,
    )
