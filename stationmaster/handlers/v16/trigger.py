"""1.6 remote trigger profile (§5.17)."""

from __future__ import annotations

from stationmaster.domain import commands
from stationmaster.domain.stations import Station
from stationmaster.handlers.routing import Routes
from stationmaster.ocpp import v16
from stationmaster.ocpp.dialects import V16
from stationmaster.storage import Work

trigger = Routes(V16)


@trigger.sends
def trigger_message(work: Work, station: Station, command: commands.TriggerMessage) -> v16.TriggerMessage:
    return v16.TriggerMessage(requested_message=command.message, connector_id=command.evse)
