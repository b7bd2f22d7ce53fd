"""1.6 remote trigger profile (§5.17), and that of the security extension (whitepaper §5.5)."""

from __future__ import annotations

from stationmaster.domain import commands
from stationmaster.domain.errors import Conflict
from stationmaster.domain.stations import Station
from stationmaster.handlers.routing import Ask, Routes
from stationmaster.handlers.v16 import words
from stationmaster.ocpp import v16
from stationmaster.ocpp.dialects import V16
from stationmaster.storage import Work

trigger = Routes(V16)


_ABOUT_ONE = ("MeterValues", "StatusNotification")  # the messages that are about a connector
_PLAIN: dict[str, v16.MessageTrigger] = {
    "BootNotification": "BootNotification",
    "DiagnosticsStatusNotification": "DiagnosticsStatusNotification",
    "FirmwareStatusNotification": "FirmwareStatusNotification",
    "Heartbeat": "Heartbeat",
    "MeterValues": "MeterValues",
    "StatusNotification": "StatusNotification",
}
_EXTENDED: dict[str, v16.MessageTriggerEnumType] = {
    "LogStatusNotification": "LogStatusNotification",
    "SignChargingStationCertificate": "SignChargePointCertificate",
    "SignedFirmwareStatusNotification": "FirmwareStatusNotification",  # whitepaper §6.16: by it, the signed one is meant
}
"""Of the security extension."""


@trigger.sends
def trigger_message(
    work: Work, station: Station, command: commands.TriggerMessage
) -> Ask[v16.TriggerMessage] | Ask[v16.ExtendedTriggerMessage]:
    connector_id = None
    if command.evse is not None and command.message in _ABOUT_ONE:
        connector_id = words.connector_id(command.evse, command.connector)
    if command.message in _PLAIN:
        plain = v16.TriggerMessage(requested_message=_PLAIN[command.message], connector_id=connector_id)
        return Ask([plain], lets_in=(command.message,))
    if command.message not in _EXTENDED:
        raise Conflict("OCPP 1.6 has no {message} to ask for", message=command.message)
    wanted = _EXTENDED[command.message]
    sends = "SignCertificate" if wanted == "SignChargePointCertificate" else command.message
    return Ask([v16.ExtendedTriggerMessage(requested_message=wanted)], lets_in=(sends,))
