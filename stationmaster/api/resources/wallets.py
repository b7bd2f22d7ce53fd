"""What customers have with us: balances, and what a person corrects by hand."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated

import msgspec
from litestar import Response, Router, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from stationmaster.api.auth import Permission
from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.api.shapes import Cursor, Limit, Page, Text, page_of
from stationmaster.domain import currencies, wallet_adjustments, wallets
from stationmaster.domain.money.amounts import Money
from stationmaster.storage import Work
from stationmaster.storage.lists import Wanted

Amount = Annotated[
    Decimal, msgspec.Meta(description="With the decimals of its currency, as a text (“12.50”) or a number")
]
Currency = Annotated[str, msgspec.Meta(min_length=3, max_length=3, description="Of ISO 4217")]


class Balance(msgspec.Struct, frozen=True):
    """What a customer has in one currency. `bonus` was given and is never paid out, `held` is set aside for sessions that go on; what is `owed` is owed to us."""

    currency: str
    wallet: str
    bonus: str
    held: str
    owed: str


class Wallet(msgspec.Struct, frozen=True):
    """What a customer has, by currency; nothing where nothing was ever booked."""

    balances: list[Balance]


class NewAdjustment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to put in, or to take out (negative), and why."""

    amount: Amount
    currency: Currency
    reason: Text
    purse: wallets.Purse = "wallet"


class Adjustment(msgspec.Struct, frozen=True):
    """A correction by hand. One that is `waiting` is booked when another person confirms it."""

    id: str
    customer: str
    purse: wallets.Purse
    amount: str
    currency: str
    reason: str
    state: wallet_adjustments.State
    asked_at: datetime
    asked_by: str
    decided_at: datetime | None
    decided_by: str | None


StateOf = Annotated[
    wallet_adjustments.State | None, QueryParameter(name="state", description="Only those in this state")
]


@get("/customers/{customer_id:str}/wallet", permission=Permission.VIEW_CUSTOMERS)
async def get_wallet(customer_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> Wallet:
    """What a customer has with us, or owes."""
    return await context.database.read(wallet_form, caller.organization, customer_id)


@post("/customers/{customer_id:str}/wallet/adjustments", permission=Permission.HANDLE_MONEY)
async def adjust_wallet(
    customer_id: FromPath[str], data: JSONBody[NewAdjustment], caller: GivenCaller, context: GivenContext
) -> Response[Adjustment]:
    """Correct a customer's wallet or bonus. A large one (`wallets.second_person_from` in the settings) waits for another person: 202."""
    row = await context.database.write_apart(
        wallet_adjustments.ask,
        caller.organization,
        customer_id,
        amount=_money(data.amount, data.currency),
        reason=data.reason,
        purse=data.purse,
        alone_below=context.settings.wallets.second_person_from,
    )
    return Response(_adjustment(row), status_code=202 if row.state == "waiting" else 201)


@get("/wallet-adjustments", permission=Permission.VIEW_CUSTOMERS)
async def list_wallet_adjustments(
    caller: GivenCaller, context: GivenContext, in_state: StateOf = None, limit: Limit = 50, cursor: Cursor = None
) -> Page[Adjustment]:
    """Corrections by hand, the newest first."""
    found = await context.database.read(
        wallet_adjustments.list_adjustments, caller.organization, Wanted(limit, cursor), state=in_state
    )
    return page_of(found, _adjustment)


@post("/wallet-adjustments/{adjustment_id:str}/confirm", permission=Permission.HANDLE_MONEY, status_code=200)
async def confirm_wallet_adjustment(
    adjustment_id: FromPath[str], caller: GivenCaller, context: GivenContext
) -> Adjustment:
    """Book a correction that somebody else has asked for; 409 for who has asked for it."""
    return _adjustment(
        await context.database.write_apart(wallet_adjustments.confirm, caller.organization, adjustment_id)
    )


@post("/wallet-adjustments/{adjustment_id:str}/refuse", permission=Permission.HANDLE_MONEY, status_code=200)
async def refuse_wallet_adjustment(
    adjustment_id: FromPath[str], caller: GivenCaller, context: GivenContext
) -> Adjustment:
    """Do not book a correction that waits."""
    return _adjustment(await context.database.write(wallet_adjustments.refuse, caller.organization, adjustment_id))


router = Router(
    "/",
    route_handlers=[
        get_wallet,
        adjust_wallet,
        list_wallet_adjustments,
        confirm_wallet_adjustment,
        refuse_wallet_adjustment,
    ],
    tags=["wallets"],
)


def wallet_form(work: Work, organization_id: int, customer_id: str) -> Wallet:
    """What a customer has, or owes. Raises `NotFound`."""
    return Wallet(
        [
            Balance(each.currency, *(str(money.amount) for money in (each.wallet, each.bonus, each.held, each.owed)))
            for each in wallets.balances(work, organization_id, customer_id)
        ]
    )


def _money(amount: Decimal, currency: str) -> Money:
    """Raises `Invalid` where the currency has not so many decimals."""
    return Money(amount, currencies.checked(currency))


def _adjustment(row: wallet_adjustments.ListedAdjustment) -> Adjustment:
    return Adjustment(
        id=row.public_id,
        customer=row.customer,
        purse=row.purse,
        amount=str(Money(row.amount, row.currency).amount),
        currency=row.currency,
        reason=row.reason,
        state=row.state,
        asked_at=row.asked_at,
        asked_by=row.asked_by,
        decided_at=row.decided_at,
        decided_by=row.decided_by,
    )
