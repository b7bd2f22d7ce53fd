"""Block F, remote control: start and stop, unlock, trigger."""

from __future__ import annotations

from stationmaster.domain import commands, station_settings, tokens
from stationmaster.domain.commands import Awaits
from stationmaster.domain.stations import Station
from stationmaster.handlers.routing import Ask, Routes
from stationmaster.handlers.v2 import words
from stationmaster.ocpp import v201
from stationmaster.ocpp.dialects import V201
from stationmaster.storage import Work

remote_control = Routes(V201)

PLUG_IN_SLACK_S = 15.0  # for the charger to tell what has happened
_ABOUT_ONE = ("MeterValues", "StatusNotification")  # the messages that are about an EVSE
_TRIGGERS: dict[str, v201.MessageTriggerEnumType] = {
    "BootNotification": "BootNotification",
    "DiagnosticsStatusNotification": "LogStatusNotification",  # what 1.6 calls diagnostics is a log here
    "FirmwareStatusNotification": "FirmwareStatusNotification",
    "Heartbeat": "Heartbeat",
    "MeterValues": "MeterValues",
    "StatusNotification": "StatusNotification",
}


@remote_control.sends
def remote_start(work: Work, station: Station, command: commands.RemoteStart) -> Ask[v201.RequestStartTransaction]:
    words.check_length("token", command.token, words.LONGEST_TOKEN.get(station.version, 36))
    # F02: so long does a charger wait for the car before it gives up.
    plug_in_s = station_settings.number(work, station, "TxCtrlr/EVConnectionTimeOut") or station.plug_in_timeout_s
    # As the card itself, so that it can stop at the charger what was started from here.
    kind = tokens.kind_of(work, station, command.token) or "Central"
    number = commands.new_request_id()  # F01.FR.25: by this the transaction will say what it has come of
    request = v201.RequestStartTransaction(
        id_token=v201.IdTokenType(id_token=command.token, type=kind),  # type: ignore[arg-type]
        remote_start_id=number,
        evse_id=command.evse,
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
    message = _TRIGGERS[command.message]
    where = None
    if command.evse is not None and command.message in _ABOUT_ONE:
        where = v201.EVSEType(id=command.evse, connector_id=command.connector)
    # B02: a station that is pending may then send it, and nothing else.
    return Ask([v201.TriggerMessage(requested_message=message, evse=where)], lets_in=(message,))
