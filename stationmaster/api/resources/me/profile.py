"""Who one is as a customer."""

from __future__ import annotations

from datetime import datetime

import msgspec
from litestar import Response, get, patch
from litestar.params import JSONBody

from stationmaster.api.callers import Caller
from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.api.shapes import IfMatch, Text, given, tagged, tags_of
from stationmaster.domain import customers, drivers
from stationmaster.domain.customers import CustomerRow
from stationmaster.domain.errors import NotFound
from stationmaster.domain.permissions import Permission
from stationmaster.storage import Work


class Profile(msgspec.Struct, frozen=True):
    """A driver as a customer; `id` is the customer number. How one logs in is under `/auth/me`."""

    id: str
    name: str
    phone: str | None
    email: str | None
    created_at: datetime
    updated_at: datetime


class OwnChanges(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change; what is left out stays. The phone is changed by whoever runs the chargers, for it is one customer's alone."""

    name: Text | msgspec.UnsetType = msgspec.UNSET
    email: Text | msgspec.UnsetType | None = msgspec.UNSET


@get("/", permission=Permission.LOGGED_IN)
async def get_profile(caller: GivenCaller, context: GivenContext) -> Response[Profile]:
    """Who one is as a customer; 404 for who is none."""
    row = await context.database.read(customer_of, caller)
    return tagged(row, _public_form(row))


@patch("/", permission=Permission.LOGGED_IN)
async def change_profile(
    data: JSONBody[OwnChanges], caller: GivenCaller, context: GivenContext, if_match: IfMatch = None
) -> Response[Profile]:
    """Change one's name, or where one is written to."""

    def change(work: Work) -> CustomerRow:
        mine = customer_of(work, caller)
        expected = tags_of(if_match)
        return customers.change(work, caller.organization, mine.public_id, given(data), expected=expected)

    row = await context.database.write(change)
    return tagged(row, _public_form(row))


routes = [get_profile, change_profile]


def customer_of(work: Work, caller: Caller) -> CustomerRow:
    """The customer that a caller is. Raises `NotFound`."""
    if caller.actor.kind != "user":
        raise NotFound("who is no person has nothing of their own")
    return drivers.customer_of(work, caller.organization, caller.actor.id)


def _public_form(row: CustomerRow) -> Profile:
    return Profile(row.public_id, row.name, row.phone, row.email, row.created_at, row.updated_at)
