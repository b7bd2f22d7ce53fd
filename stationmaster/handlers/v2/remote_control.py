"""Block F, remote control."""

from __future__ import annotations

from stationmaster.domain import commands
from stationmaster.domain.stations import Station
from stationmaster.handlers.routing import Routes
from stationmaster.ocpp import v201
from stationmaster.ocpp.dialects import V201
from stationmaster.storage import Work

remote_control = Routes(V201)


@remote_control.sends
def unlock(work: Work, station: Station, command: commands.Unlock) -> v201.UnlockConnector:
    return v201.UnlockConnector(evse_id=command.evse, connector_id=command.connector)
