"""Customers: who charges and is billed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from litestar import Response, Router, delete, get, patch, post, put
from litestar.params import FromPath, JSONBody, QueryParameter

from stationmaster.api.callers import Caller
from stationmaster.api.context import Context, GivenCaller, GivenContext
from stationmaster.api.resources import bills, invoices, notices, payments, sessions, tokens, vehicles
from stationmaster.api.resources.bills import BilledInFull
from stationmaster.api.resources.invoices import Invoice
from stationmaster.api.resources.notices import CustomerNotice, NoticeChoices
from stationmaster.api.resources.payments import Payment
from stationmaster.api.resources.push_devices import PushDevice, device_form
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
from stationmaster.domain.bills import amounts_of
from stationmaster.domain.customer_terms import TERMS, Billing
from stationmaster.domain.errors import Invalid
from stationmaster.domain.ledger import TransactionKind
from stationmaster.domain.payments import names_of
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


Amount = Annotated[Decimal, msgspec.Meta(description="With the decimals of its currency; a text is as good")]
Currency = Annotated[str, msgspec.Meta(min_length=3, max_length=3, description="Its code of ISO 4217, as in EUR")]
Language = Annotated[str, msgspec.Meta(min_length=2, max_length=35, description="A tag, as in en or de-AT")]
TaxNumber = Annotated[str, msgspec.Meta(min_length=1, max_length=50, pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)")]


class BillingAddress(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """To whom a bill goes; `name` where it is another than the customer's. `country` is a code of ISO 3166, as in DE."""

    name: Text | None = None
    street: Text | None = None
    postal_code: Text | None = None
    city: Text | None = None
    region: Text | None = None
    country: Text | None = None


class DefaultVehicle(msgspec.Struct, frozen=True):
    """The vehicle that a customer usually comes with."""

    id: str
    name: str


class Customer(msgspec.Struct, frozen=True, kw_only=True):
    """Who charges and is billed: a person or a company, with cards and vehicles. A phone is one customer's.

    `billing`: free, nothing is booked; prepaid, out of their wallet, and not without; postpaid, it is owed, up to `credit_limit`. They pay by their
    own `tariff`, else by that of their `group`, else by that of the place. `monthly_budget` is the most that a month may cost. Amounts are
    exact decimals in texts, in `currency`.
    """

    id: str
    name: str
    phone: str | None
    email: str | None
    default_vehicle: DefaultVehicle | None
    billing: Billing
    currency: str | None
    credit_limit: str | None
    monthly_budget: str | None
    language: str | None
    billing_address: BillingAddress | None
    tax_number: str | None
    group: str | None
    tariff: str | None
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
    billing: Billing = "free"
    currency: Currency | None = None
    credit_limit: Amount | None = None
    monthly_budget: Amount | None = None
    language: Language | None = None
    billing_address: BillingAddress | None = None
    tax_number: TaxNumber | None = None
    group: OwnId | None = None
    tariff: OwnId | None = None


class ContactChanges(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How to reach a customer; what is left out stays."""

    name: Text | msgspec.UnsetType = msgspec.UNSET
    phone: Phone | msgspec.UnsetType | None = msgspec.UNSET
    email: Email | msgspec.UnsetType | None = msgspec.UNSET


class CustomerChanges(ContactChanges, frozen=True, forbid_unknown_fields=True):
    """What to change; what is left out stays."""

    billing: Billing | msgspec.UnsetType = msgspec.UNSET
    currency: Currency | msgspec.UnsetType | None = msgspec.UNSET
    credit_limit: Amount | msgspec.UnsetType | None = msgspec.UNSET
    monthly_budget: Amount | msgspec.UnsetType | None = msgspec.UNSET
    language: Language | msgspec.UnsetType | None = msgspec.UNSET
    billing_address: BillingAddress | msgspec.UnsetType | None = msgspec.UNSET
    tax_number: TaxNumber | msgspec.UnsetType | None = msgspec.UNSET
    group: OwnId | msgspec.UnsetType | None = msgspec.UNSET
    tariff: OwnId | msgspec.UnsetType | None = msgspec.UNSET


class CustomerUser(msgspec.Struct, frozen=True):
    """Who a customer is when they log in."""

    id: str
    email: str
    name: str | None
    language: str | None
    time_zone: str | None
    created_at: datetime


class CustomerData(msgspec.Struct, frozen=True):
    """All that is kept of a customer, for the person who asks for it: removed vehicles and cards, and bills before a correction, too."""

    customer: Customer
    vehicles: list[Vehicle]
    tokens: list[Token]
    sessions: list[Session]
    user: CustomerUser | None
    wallet_transactions: list[WalletTransaction]
    bills: list[BilledInFull]
    payments: list[Payment]
    invoices: list[Invoice]
    notice_choices: NoticeChoices
    notices: list[CustomerNotice]
    push_devices: list[PushDevice]


class WalletTransaction(msgspec.Struct, frozen=True):
    """An entry of a customer's wallet, with what was in it then. Amounts are exact decimals in texts.

    `booked_as` says what it was: a top-up, the bill of a session, its correction, money that is held or goes back.
    """

    id: str
    type: wallets.Kind
    booked_as: TransactionKind
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
    found, beside = await context.database.read(_listed, caller.organization, wanted, which)
    return page_of(found, lambda row: _public_form(row, beside))


@post("/", permission=Permission.MANAGE_CUSTOMERS)
async def add_customer(data: JSONBody[NewCustomer], caller: GivenCaller, context: GivenContext) -> Response[Customer]:
    """Add a customer."""
    row, beside = await context.database.write(_added, caller.organization, data)
    return tagged(row, _public_form(row, beside))


@get("/{customer_id:str}", permission=Permission.VIEW_CUSTOMERS)
async def get_customer(customer_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> Response[Customer]:
    """One customer."""
    row, beside = await context.database.read(_one, caller.organization, customer_id)
    return tagged(row, _public_form(row, beside))


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
    return await _changed(customer_id, _told(given(data)), caller, context, if_match)


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
    row, beside = await context.database.write(_restored, caller.organization, customer_id)
    return tagged(row, _public_form(row, beside))


@get("/{customer_id:str}/data", permission=Permission.MANAGE_CUSTOMERS)
async def get_customer_data(customer_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> CustomerData:
    """All that is kept of a customer, for the person who asks what it is."""
    return await context.database.read(_all_of, caller, context, customer_id)


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
    """What was booked on a customer's wallet, newest first."""
    wanted = Wanted(limit, cursor)
    found = await context.database.read(wallets.list_transactions, caller.organization, customer_id, wanted)
    return page_of(found, transaction_form)


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
        *notices.of_customers,
    ],
    tags=["customers"],
)


class _Beside(NamedTuple):
    """What is told with customers, by their keys: the vehicles they usually come with, their groups and tariffs."""

    vehicles: Mapping[int, VehicleRow]
    names: Mapping[int, customers.Names]


_Known = tuple[customers.CustomerRow, _Beside]


def _listed(
    work: Work, organization_id: int, wanted: Wanted, which: dict[str, Any]
) -> tuple[Found[customers.CustomerRow], _Beside]:
    found = customers.list_customers(work, organization_id, wanted, **which)
    return found, _beside(work, found.rows)


def _beside(work: Work, rows: Sequence[customers.CustomerRow]) -> _Beside:
    return _Beside(cars.defaults(work, [row.id for row in rows]), customers.names_of(work, rows))


def _known(work: Work, row: customers.CustomerRow) -> _Known:
    return row, _beside(work, [row])


def _one(work: Work, organization_id: int, customer_id: str) -> _Known:
    return _known(work, customers.get(work, organization_id, customer_id))


def _added(work: Work, organization_id: int, data: NewCustomer) -> _Known:
    return _known(work, customers.create(work, organization_id, public_id=data.id, **_facts(data)))


def _restored(work: Work, organization_id: int, customer_id: str) -> _Known:
    return _known(work, customers.restore(work, organization_id, customer_id))


def _change(
    work: Work, organization_id: int, customer_id: str, facts: dict[str, Any], expected: frozenset[str] | None
) -> _Known:
    return _known(work, customers.change(work, organization_id, customer_id, facts, expected=expected))


async def _changed(
    customer_id: str, facts: dict[str, Any], caller: Caller, context: Context, if_match: str | None
) -> Response[Customer]:
    row, beside = await context.database.write(_change, caller.organization, customer_id, facts, tags_of(if_match))
    return tagged(row, _public_form(row, beside))


def _all_of(work: Work, caller: Caller, context: Context, customer_id: str) -> CustomerData:
    found = personal_data.gather(work, caller.organization, customer_id)
    names = names_of(work, found.payments)
    billed = amounts_of(work, [row.id for row in found.sessions])
    return CustomerData(
        _public_form(found.customer, _beside(work, [found.customer])),
        [vehicles.public_form(row) for row in found.vehicles],
        [tokens.public_form(row, caller) for row in found.tokens],
        [sessions.listed_form(row, None, billed.get(row.id), caller) for row in found.sessions],
        None if found.user is None else _user_form(found.user),
        [transaction_form(one) for one in found.wallet],
        [bills.full_form(work, row) for row in found.bills],
        [payments.public_form(row, names) for row in found.payments],
        [invoices.public_form(context, row) for row in found.invoices],
        notices.choices_form(work, caller.organization, found.customer, found.notice_choices).content,
        [notices.notice_form(row) for row in found.notices],
        [device_form(row) for row in found.devices],
    )


def _user_form(row: accounts.UserRow) -> CustomerUser:
    return CustomerUser(row.public_id, row.email, row.name, row.language, row.time_zone, row.created_at)


def _facts(data: NewCustomer) -> dict[str, Any]:
    return _told({name: getattr(data, name) for name in (*customers.FACTS, *TERMS, "group", "tariff")})


def _told(facts: dict[str, Any]) -> dict[str, Any]:
    """In the domain an address is a mapping."""
    address = facts.get("billing_address")
    return facts if address is None else facts | {"billing_address": msgspec.structs.asdict(address)}


def _public_form(row: customers.CustomerRow, beside: _Beside) -> Customer:
    vehicle = beside.vehicles.get(row.id)
    return Customer(
        id=row.public_id,
        name=row.name,
        phone=row.phone,
        email=row.email,
        default_vehicle=None if vehicle is None else DefaultVehicle(vehicle.public_id, cars.called(vehicle)),
        billing=row.billing,
        currency=row.currency,
        credit_limit=exact(row.credit_limit),
        monthly_budget=exact(row.monthly_budget),
        language=row.language,
        billing_address=None if row.billing_address is None else BillingAddress(**row.billing_address),
        tax_number=row.tax_number,
        group=beside.names[row.id].group,
        tariff=beside.names[row.id].tariff,
        created_at=row.created_at,
        created_by=row.created_by,
        updated_at=row.updated_at,
        deleted_at=row.deleted_at,
    )


def transaction_form(one: wallets.Transaction) -> WalletTransaction:
    """An entry of a wallet as everyone outside sees it."""
    amounts = {"amount": str(one.amount.amount), "balance": str(one.balance.amount)}
    return WalletTransaction(
        id=one.id,
        type=one.kind,
        booked_as=one.booked_as,
        currency=one.amount.currency,
        description=one.description,
        reference=one.reference,
        created_at=one.created_at,
        **amounts,
    )
