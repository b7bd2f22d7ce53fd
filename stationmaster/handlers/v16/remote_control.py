"""1.6 core profile, to the station: start, stop, restart, unlock, in and out of service (§5.2, §5.4, §5.11–5.14, §5.18)."""

from __future__ import annotations

from stationmaster.domain import commands, sessions, station_settings, tokens
from stationmaster.domain.commands import Awaits
from stationmaster.domain.errors import Conflict
from stationmaster.domain.stations import Station
from stationmaster.handlers.routing import Ask, Routes
from stationmaster.handlers.v16 import words
from stationmaster.handlers.v16.smart_charging import profile_type
from stationmaster.ocpp import v16
from stationmaster.ocpp.dialects import V16
from stationmaster.storage import Work

remote_control = Routes(V16)

PLUG_IN_SLACK_S = 15.0  # for the charger to tell what has happened
RESTART_S = 300.0


@remote_control.sends
def remote_start(work: Work, station: Station, command: commands.RemoteStart) -> Ask[v16.RemoteStartTransaction]:
    token = tokens.number_at(work, station, command.token)
    if len(token) > words.MAX_ID_TAG:
        raise Conflict("a 1.6 charger understands tokens of at most 20 characters")
    # §9.1.3: so long does a charger wait for the car before it gives up, and it tells nobody.
    plug_in_s = station_settings.number(work, station, "ConnectionTimeOut") or station.plug_in_timeout_s
    profile = None if command.profile is None else profile_type(work, station, command.profile, evse=None)
    request = v16.RemoteStartTransaction(id_tag=token, connector_id=command.evse, charging_profile=profile)
    return Ask([request], awaits=Awaits("session", plug_in_s + PLUG_IN_SLACK_S))


@remote_control.sends
def remote_stop(work: Work, station: Station, command: commands.RemoteStop) -> v16.RemoteStopTransaction:
    session = sessions.open_named(work, station, command.session)
    return v16.RemoteStopTransaction(transaction_id=int(session.transaction_id))


@remote_control.sends
def reset(work: Work, station: Station, command: commands.Reset) -> Ask[v16.Reset]:
    if command.evse is not None:
        raise Conflict("a 1.6 charger can only be restarted as a whole")
    # A soft reset may wait for its sessions as long as they take.
    awaits = Awaits("boot", RESTART_S) if command.kind == "hard" else None
    return Ask([v16.Reset(type="Hard" if command.kind == "hard" else "Soft")], awaits=awaits)


@remote_control.sends
def unlock(work: Work, station: Station, command: commands.Unlock) -> v16.UnlockConnector:
    return v16.UnlockConnector(connector_id=words.connector_id(command.evse, command.connector))


@remote_control.sends
def change_availability(work: Work, station: Station, command: commands.ChangeAvailability) -> v16.ChangeAvailability:
    kind: v16.AvailabilityType = "Operative" if command.operative else "Inoperative"
    return v16.ChangeAvailability(connector_id=words.connector_id(command.evse, command.connector), type=kind)


@remote_control.sends
def clear_cache(work: Work, station: Station, command: commands.ClearCache) -> v16.ClearCache:
    return v16.ClearCache()
