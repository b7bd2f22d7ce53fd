"""Block F, remote control: start and stop, unlock, trigger."""

from __future__ import annotations

from stationmaster.domain import commands, connectors, station_settings
from stationmaster.domain.commands import Awaits
from stationmaster.domain.errors import Conflict
from stationmaster.domain.stations import Station
from stationmaster.handlers.routing import Ask, Routes
from stationmaster.handlers.v2 import words
from stationmaster.handlers.v2.smart_charging import profile_type
from stationmaster.ocpp import v21, v201
from stationmaster.ocpp.dialects import V201
from stationmaster.storage import Work

remote_control = Routes(V201)

PLUG_IN_SLACK_S = 15.0  # for the charger to tell what has happened
_ABOUT_ONE = ("MeterValues", "StatusNotification", "TransactionEvent")  # the messages that are about an EVSE
_TRIGGERS: dict[str, v21.MessageTriggerEnumType] = {
    "BootNotification": "BootNotification",
    "DiagnosticsStatusNotification": "LogStatusNotification",  # what 1.6 calls diagnostics is a log here
    "FirmwareStatusNotification": "FirmwareStatusNotification",
    "Heartbeat": "Heartbeat",
    "LogStatusNotification": "LogStatusNotification",
    "MeterValues": "MeterValues",
    "PublishFirmwareStatusNotification": "PublishFirmwareStatusNotification",
    "SignChargingStationCertificate": "SignChargingStationCertificate",
    "SignCombinedCertificate": "SignCombinedCertificate",
    "SignV2GCertificate": "SignV2GCertificate",
    "SignedFirmwareStatusNotification": "FirmwareStatusNotification",
    "StatusNotification": "StatusNotification",
    "TransactionEvent": "TransactionEvent",
}
_TRIGGERS_21 = _TRIGGERS | {"CustomTrigger": "CustomTrigger", "SignV2G20Certificate": "SignV2G20Certificate"}


@remote_control.sends
def remote_start(work: Work, station: Station, command: commands.RemoteStart) -> Ask[v201.RequestStartTransaction]:
    # F02: so long does a charger wait for the car before it gives up.
    plug_in_s = station_settings.number(work, station, "TxCtrlr/EVConnectionTimeOut") or station.plug_in_timeout_s
    number = commands.new_request_id()  # F01.FR.25: by this the transaction will say what it has come of
    request = v201.RequestStartTransaction(
        id_token=words.id_token(work, station, command.token),
        remote_start_id=number,
        evse_id=command.evse,
        charging_profile=None if command.profile is None else profile_type(work, station, command.profile, evse=None),
    )
    return Ask([request], awaits=Awaits("session", plug_in_s + PLUG_IN_SLACK_S), request_id=number)


@remote_control.sends
def remote_stop(work: Work, station: Station, command: commands.RemoteStop) -> v201.RequestStopTransaction:
    return v201.RequestStopTransaction(transaction_id=words.open_transaction(work, station, command.session))


@remote_control.sends
def unlock(work: Work, station: Station, command: commands.Unlock) -> v201.UnlockConnector:
    return v201.UnlockConnector(evse_id=command.evse, connector_id=command.connector)


@remote_control.sends
def trigger_message(work: Work, station: Station, command: commands.TriggerMessage) -> Ask[v201.TriggerMessage]:
    message = (_TRIGGERS_21 if station.version == "2.1" else _TRIGGERS).get(command.message)
    if message is None:
        raise Conflict("OCPP {version} has no {message} to ask for", version=station.version, message=command.message)
    # B02: a station that is pending may then send it, and nothing else.
    lets_in = ("SignCertificate" if message.startswith("Sign") else message,)
    places = _places(work, station, command) if command.message in _ABOUT_ONE else [None]
    # The request of 2.1 is that of 2.0.1 where it names no trigger of the maker's own.
    requests: list[v201.TriggerMessage] = [
        v21.TriggerMessage(requested_message=message, evse=place, custom_trigger=command.custom) for place in places
    ]
    return Ask(requests, lets_in=lets_in)


def _places(work: Work, station: Station, command: commands.TriggerMessage) -> list[v21.EVSEType | None]:
    """What the message is asked of. A status is asked connector by connector (F06.FR.12), of all that we know of."""
    if command.message != "StatusNotification" or command.connector is not None:
        return [None if command.evse is None else v21.EVSEType(id=command.evse, connector_id=command.connector)]
    known = [row for row in connectors.of_stations(work, [station.id]) if row.evse and row.number]
    meant = [row for row in known if command.evse in (None, row.evse)]
    if meant:
        return [v21.EVSEType(id=row.evse, connector_id=row.number) for row in meant]
    return [None if command.evse is None else v21.EVSEType(id=command.evse, connector_id=1)]
