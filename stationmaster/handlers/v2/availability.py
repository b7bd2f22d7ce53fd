"""Block G, availability."""

from __future__ import annotations

from stationmaster.domain import commands
from stationmaster.domain.stations import Station
from stationmaster.handlers.routing import Routes
from stationmaster.ocpp import v201
from stationmaster.ocpp.dialects import V201
from stationmaster.storage import Work

availability = Routes(V201)


@availability.sends
def change_availability(work: Work, station: Station, command: commands.ChangeAvailability) -> v201.ChangeAvailability:
    return v201.ChangeAvailability(
        operational_status="Operative" if command.operative else "Inoperative",
        # G04: without an EVSE it is the whole station.
        evse=v201.EVSEType(id=command.evse, connector_id=command.connector) if command.evse else None,
    )
