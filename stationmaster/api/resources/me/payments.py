"""To pay into one's wallet, and what one has paid."""

from __future__ import annotations

from litestar import get, post
from litestar.params import FromPath, JSONBody

from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.api.resources.me.profile import customer_of
from stationmaster.api.resources.payments import NewTopUp, Payment, public_form, top_up
from stationmaster.api.shapes import Cursor, Limit, Page, page_of
from stationmaster.domain import payments
from stationmaster.domain.errors import NotFound
from stationmaster.domain.payments import Names, PaymentRow
from stationmaster.domain.permissions import Permission
from stationmaster.storage import Work
from stationmaster.storage.lists import Found, Wanted


@get("/payments", permission=Permission.LOGGED_IN)
async def list_own_payments(
    caller: GivenCaller, context: GivenContext, limit: Limit = 50, cursor: Cursor = None
) -> Page[Payment]:
    """What one has paid, the newest first."""

    def read(work: Work) -> tuple[Found[PaymentRow], Names]:
        mine = customer_of(work, caller).public_id
        found = payments.list_payments(work, caller.organization, Wanted(limit, cursor), customer=mine)
        return found, payments.names_of(work, found.rows)

    found, names = await context.database.read(read)
    return page_of(found, lambda row: public_form(row, names))


@post("/top-ups", permission=Permission.LOGGED_IN, status_code=201)
async def begin_own_top_up(data: JSONBody[NewTopUp], caller: GivenCaller, context: GivenContext) -> Payment:
    """Pay into one's wallet: ask for the payment until it has a `pay_at`, and go there. Nothing is in the wallet before the provider says that it was paid."""

    def begin(work: Work) -> Payment:
        return top_up(work, context, caller, customer_of(work, caller), data)

    return await context.database.write(begin)


@get("/payments/{own_payment_id:str}", permission=Permission.LOGGED_IN)
async def get_own_payment(own_payment_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> Payment:
    """One of one's payments."""

    def read(work: Work) -> Payment:
        return _own(work, caller.organization, own_payment_id, customer_of(work, caller).id)

    return await context.database.read(read)


@post("/payments/{own_payment_id:str}/returned", permission=Permission.LOGGED_IN, status_code=200)
async def return_to_own_payment(own_payment_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> Payment:
    """One is back from the provider, which is asked now what is so. That one is back proves nothing (PAY-06)."""

    def look(work: Work) -> Payment:
        mine = customer_of(work, caller).id
        _own(work, caller.organization, own_payment_id, mine)
        payments.look(work, caller.organization, own_payment_id)
        return _own(work, caller.organization, own_payment_id, mine)

    return await context.database.write(look)


routes = [list_own_payments, begin_own_top_up, get_own_payment, return_to_own_payment]


def _own(work: Work, organization_id: int, payment: str, customer_key: int) -> Payment:
    row = payments.get(work, organization_id, payment)
    if row.customer_id != customer_key:
        raise NotFound("there is no payment {id!r}", id=payment)
    return public_form(row, payments.names_of(work, [row]))
