"""1.6 remote trigger profile (§5.17)."""

from __future__ import annotations

from stationmaster.domain import commands
from stationmaster.domain.stations import Station
from stationmaster.handlers.routing import Ask, Routes
from stationmaster.handlers.v16 import words
from stationmaster.ocpp import v16
from stationmaster.ocpp.dialects import V16
from stationmaster.storage import Work

trigger = Routes(V16)


_ABOUT_ONE = ("MeterValues", "StatusNotification")  # the messages that are about a connector


@trigger.sends
def trigger_message(work: Work, station: Station, command: commands.TriggerMessage) -> Ask[v16.TriggerMessage]:
    connector_id = None
    if command.evse is not None and command.message in _ABOUT_ONE:
        connector_id = words.connector_id(command.evse, command.connector)
    request = v16.TriggerMessage(requested_message=command.message, connector_id=connector_id)
    return Ask([request], lets_in=(command.message,))
