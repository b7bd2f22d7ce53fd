"""The makers of chargers, to choose from."""

from __future__ import annotations

import msgspec
from litestar import Router, get

from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.domain import manufacturers
from stationmaster.domain.permissions import Permission


class Manufacturers(msgspec.Struct, frozen=True):
    """Names, in order of the alphabet."""

    items: list[str]


@get("/", permission=Permission.VIEW)
async def list_manufacturers(caller: GivenCaller, context: GivenContext) -> Manufacturers:
    """Makers to choose from: those of your chargers, and some that are known. Any other name may be given as well."""
    return Manufacturers(await context.database.read(manufacturers.listed, caller.organization))


router = Router("/manufacturers", route_handlers=[list_manufacturers], tags=["chargers"])
