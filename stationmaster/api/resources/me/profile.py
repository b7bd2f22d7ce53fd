"""Who one is as a customer."""

from __future__ import annotations

from datetime import datetime

import msgspec
from litestar import Response, get, patch
from litestar.params import JSONBody

from stationmaster.api.callers import Caller
from stationmaster.api.context import Context, GivenCaller, GivenContext
from stationmaster.api.payment_accounts import account_of
from stationmaster.api.shapes import IfMatch, Text, exact, given, tagged, tags_of
from stationmaster.domain import customers, drivers, organizations
from stationmaster.domain.customer_terms import Billing
from stationmaster.domain.customers import CustomerRow
from stationmaster.domain.errors import Invalid, NotFound
from stationmaster.domain.permissions import Permission
from stationmaster.storage import Work


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """A driver as a customer; `id` is the customer number. How one logs in is under `/auth/me`.

    `billing`: free, prepaid out of one's wallet, or postpaid: owed, up to `credit_limit`. `can_start` and `can_reserve` say what the
    organization lets drivers ask of chargers, `can_pay` whether one can pay here: without it nothing is topped up and no card is saved.
    """

    id: str
    name: str
    phone: str | None
    email: str | None
    billing: Billing
    currency: str | None
    credit_limit: str | None
    monthly_budget: str | None
    can_start: bool
    can_reserve: bool
    can_pay: bool
    created_at: datetime
    updated_at: datetime


class OwnChanges(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change; what is left out stays. `email` is the address one logs in with, which is confirmed, or none: another one, and
    the phone, are changed by whoever runs the chargers."""

    name: Text | msgspec.UnsetType = msgspec.UNSET
    email: Text | msgspec.UnsetType | None = msgspec.UNSET


@get("/", permission=Permission.LOGGED_IN)
async def get_profile(caller: GivenCaller, context: GivenContext) -> Response[Profile]:
    """Who one is as a customer; 404 for who is none."""

    def read(work: Work) -> Response[Profile]:
        return _form(work, context, caller, customer_of(work, caller))

    return await context.database.read(read)


@patch("/", permission=Permission.LOGGED_IN)
async def change_profile(
    data: JSONBody[OwnChanges], caller: GivenCaller, context: GivenContext, if_match: IfMatch = None
) -> Response[Profile]:
    """Change one's name, or where one is written to."""

    def change(work: Work) -> Response[Profile]:
        mine = customer_of(work, caller)
        expected = tags_of(if_match)
        if isinstance(data.email, str) and not drivers.may_be_written_to(work, mine, data.email):
            raise Invalid(
                "email", "can be the address that you log in with; another one is entered by whoever runs the chargers"
            )
        row = customers.change(work, caller.organization, mine.public_id, given(data), expected=expected)
        return _form(work, context, caller, row)

    return await context.database.write(change)


routes = [get_profile, change_profile]


def customer_of(work: Work, caller: Caller) -> CustomerRow:
    """The customer that a caller is. Raises `NotFound`."""
    if caller.actor.kind != "user":
        raise NotFound("who is no person has nothing of their own")
    return drivers.customer_of(work, caller.organization, caller.actor.id)


def _form(work: Work, context: Context, caller: Caller, row: CustomerRow) -> Response[Profile]:
    home = organizations.get(work, caller.organization)
    profile = Profile(
        id=row.public_id,
        name=row.name,
        phone=row.phone,
        email=row.email,
        billing=row.billing,
        currency=row.currency,
        credit_limit=exact(row.credit_limit),
        monthly_budget=exact(row.monthly_budget),
        can_start=home.drivers_start,
        can_reserve=home.drivers_reserve,
        can_pay=account_of(context.providers, work, caller.organization) is not None,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )
    return tagged(row, profile)
