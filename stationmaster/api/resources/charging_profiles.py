"""What limits a charger: profiles it has accepted from here, and limits it has from elsewhere."""

from __future__ import annotations

from litestar import Router, get
from litestar.params import FromPath

from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.domain import limits
from stationmaster.domain.charging_profiles import KeptProfile
from stationmaster.domain.permissions import Permission


@get("/{station_id:str}/charging-profiles", permission=Permission.VIEW)
async def list_charging_profiles(
    station_id: FromPath[str], caller: GivenCaller, context: GivenContext
) -> list[KeptProfile]:
    """What limits this charger, as far as is known here."""
    return await context.database.read(limits.of_station, caller.organization, station_id)


router = Router("/stations", route_handlers=[list_charging_profiles], tags=["chargers"])
