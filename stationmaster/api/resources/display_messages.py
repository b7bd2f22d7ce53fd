"""What a charger shows on its display. Messages are set and taken off by commands."""

from __future__ import annotations

from litestar import Router, get
from litestar.params import FromPath

from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.domain import display_messages
from stationmaster.domain.display_messages import DisplayMessage
from stationmaster.domain.permissions import Permission


@get("/{station_id:str}/display-messages", permission=Permission.VIEW)
async def list_display_messages(
    station_id: FromPath[str], caller: GivenCaller, context: GivenContext
) -> list[DisplayMessage]:
    """What this charger shows, as far as is known here."""
    return await context.database.read(display_messages.of_station, caller.organization, station_id)


router = Router("/stations", route_handlers=[list_display_messages], tags=["chargers"])
