"""What sessions were billed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, cast

import msgspec
from litestar import Router, get
from litestar.params import FromPath, QueryParameter

from stationmaster.api.auth import Permission
from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.api.resources.prices import SessionPrice, bill_form
from stationmaster.api.shapes import Cursor, Limit, Page, page_of
from stationmaster.domain import bills, customers, sessions
from stationmaster.domain.money.amounts import Money, zero
from stationmaster.domain.tariffs import Level
from stationmaster.storage import Work
from stationmaster.storage.lists import Found, Wanted


class BilledSession(msgspec.Struct, frozen=True, kw_only=True):
    """What a session was billed. The revision with the highest number holds; a later one books what it differs by from the one before.

    `booked` is in the ledger; `kept` is rated, and nobody pays for it: no customer, or one who charges for free; of one that is `taken_back` nothing is due.
    """

    id: str
    session: str
    revision: int
    state: bills.State
    customer: str | None
    site: str | None
    tariff: str
    terms: int
    decided_by: Level | None
    currency: str
    net: str
    tax: str
    round_off: str
    total: str
    made_at: datetime
    booked_on: date


class PaidFrom(msgspec.Struct, frozen=True):
    """Out of what a revision was paid; negative where something went back there. What is `owed` was not paid then."""

    bonus: str
    wallet: str
    owed: str


class BilledInFull(BilledSession, frozen=True, kw_only=True):
    """The same with every line; `price` is null where the bill is taken back."""

    paid_from: PaidFrom
    price: SessionPrice | None


OfCustomer = Annotated[str | None, QueryParameter(max_length=255, description="Only those of this customer")]
OfSite = Annotated[str | None, QueryParameter(max_length=255, description="Only those of sessions at this site")]
BookedFrom = Annotated[date | None, QueryParameter(description="Only those of this day in the books, or later")]
BookedTo = Annotated[date | None, QueryParameter(description="Only those of days before")]


@get("/bills", permission=Permission.VIEW)
async def list_bills(
    caller: GivenCaller,
    context: GivenContext,
    customer: OfCustomer = None,
    site: OfSite = None,
    booked_from: BookedFrom = None,
    booked_to: BookedTo = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[BilledSession]:
    """The bills that hold, newest first. What a session was billed before a correction is at the session."""

    def find(work: Work) -> Found[bills.ListedBill]:
        # An id of before may be somebody else's by now, so it is the customer that counts, not what they are called.
        key = None if customer is None else customers.get(work, caller.organization, customer).id
        return bills.list_bills(
            work,
            caller.organization,
            Wanted(limit, cursor),
            customer_id=key,
            site=site,
            booked_from=None if booked_from is None else booked_from.isoformat(),
            booked_to=None if booked_to is None else booked_to.isoformat(),
        )

    return page_of(await context.database.read(find), lambda row: BilledSession(**_facts(row)))


@get("/bills/{bill_id:str}", permission=Permission.VIEW)
async def get_bill(bill_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> BilledInFull:
    """One bill, with every line."""

    def read(work: Work) -> BilledInFull:
        return full_form(work, bills.get(work, caller.organization, bill_id))

    return await context.database.read(read)


@get("/sessions/{session_id:str}/bills", permission=Permission.VIEW)
async def list_bills_of_session(
    session_id: FromPath[str], caller: GivenCaller, context: GivenContext
) -> list[BilledInFull]:
    """What a session was billed, with every line: the revision that holds comes first. Empty while there is no bill."""

    def read(work: Work) -> list[BilledInFull]:
        sessions.get(work, caller.organization, session_id)
        return [full_form(work, row) for row in bills.of_session(work, caller.organization, session_id)]

    return await context.database.read(read)


router = Router("/", route_handlers=[list_bills, get_bill, list_bills_of_session], tags=["bills"])


def _facts(row: bills.ListedBill) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "id": row.public_id,
        "session": row.session,
        "revision": row.revision,
        "state": row.state,
        "customer": row.customer,
        "site": row.site,
        "tariff": row.tariff,
        "terms": row.terms,
        "decided_by": row.decided_by,
        "currency": row.currency,
        "made_at": row.made_at,
        "booked_on": date.fromisoformat(row.booked_on),
    }
    for name in ("net", "tax", "round_off", "total"):
        facts[name] = str(Money(getattr(row, name), row.currency).amount)
    return facts


def full_form(work: Work, row: bills.ListedBill) -> BilledInFull:
    """A bill with every line."""
    return BilledInFull(**_facts(row), paid_from=paid_form(work, row), price=price_form(row))


def price_form(row: bills.ListedBill) -> SessionPrice | None:
    """Every line of a bill; None where it is taken back."""
    bill = bills.read(row)
    if bill is None:
        return None
    return SessionPrice(
        session=row.session,
        tariff=row.tariff,
        terms=row.terms,
        decided_by=cast(Level | None, row.decided_by),
        time_zone=row.time_zone,
        limit=None,  # what a session may cost is about what goes on
        **bill_form(bill),
    )


def paid_form(work: Work, row: bills.BillRow) -> PaidFrom:
    """Out of what a revision was paid."""
    paid, nothing = bills.paid_from(work, row), zero(row.currency)
    return PaidFrom(**{name: str(paid.get(kind, nothing).amount) for name, kind in _PAID_FROM.items()})


_PAID_FROM = {"bonus": "bonus", "wallet": "wallet", "owed": "receivable"}
