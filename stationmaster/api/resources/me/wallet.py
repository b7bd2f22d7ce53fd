"""What one has with the operator, or owes, and what one's sessions were billed."""

from __future__ import annotations

from datetime import datetime

import msgspec
from litestar import get
from litestar.params import FromPath

from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.api.resources.bills import PaidFrom, paid_form, price_form
from stationmaster.api.resources.customers import WalletTransaction, transaction_form
from stationmaster.api.resources.me.profile import customer_of
from stationmaster.api.resources.prices import SessionPrice
from stationmaster.api.resources.wallets import Wallet, wallet_form
from stationmaster.api.shapes import Cursor, Limit, Page, page_of
from stationmaster.domain import bills, sessions, wallets
from stationmaster.domain.permissions import Permission
from stationmaster.storage import Work
from stationmaster.storage.lists import Found, Wanted


class OwnBill(msgspec.Struct, frozen=True, kw_only=True):
    """What a session was billed. One that is `taken_back` costs nothing, and has no price."""

    session: str
    state: bills.State
    currency: str
    total: str
    made_at: datetime
    paid_from: PaidFrom
    price: SessionPrice | None


@get("/wallet", permission=Permission.LOGGED_IN)
async def get_own_wallet(caller: GivenCaller, context: GivenContext) -> Wallet:
    """What one has, or owes."""

    def read(work: Work) -> Wallet:
        return wallet_form(work, caller.organization, customer_of(work, caller).public_id)

    return await context.database.read(read)


@get("/wallet/transactions", permission=Permission.LOGGED_IN)
async def list_own_wallet_transactions(
    caller: GivenCaller, context: GivenContext, limit: Limit = 50, cursor: Cursor = None
) -> Page[WalletTransaction]:
    """What was booked on one's wallet, newest first."""

    def read(work: Work) -> Found[wallets.Transaction]:
        mine = customer_of(work, caller).public_id
        return wallets.list_transactions(work, caller.organization, mine, Wanted(limit, cursor))

    return page_of(await context.database.read(read), transaction_form)


@get("/sessions/{session_id:str}/bills", permission=Permission.LOGGED_IN)
async def list_own_bills(session_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> list[OwnBill]:
    """What one of one's sessions was billed: what holds comes first, then what was before a correction. Empty while there is no bill."""

    def read(work: Work) -> list[OwnBill]:
        mine = customer_of(work, caller).id
        sessions.get_own(work, caller.organization, mine, session_id)
        rows = bills.of_session(work, caller.organization, session_id)
        return [_own_bill(work, row) for row in rows if row.customer_id == mine]

    return await context.database.read(read)


routes = [get_own_wallet, list_own_wallet_transactions, list_own_bills]


def _own_bill(work: Work, row: bills.ListedBill) -> OwnBill:
    return OwnBill(
        session=row.session,
        state=row.state,
        currency=row.currency,
        total=str(bills.total_of(row).amount),
        made_at=row.made_at,
        paid_from=paid_form(work, row),
        price=price_form(row),
    )
