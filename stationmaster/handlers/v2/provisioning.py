"""Block B, provisioning: boot and restart, and the password (A01). The device model is in settings.py."""

from __future__ import annotations

from stationmaster.domain import boots, commands, passwords, sessions
from stationmaster.domain.commands import Answer, Awaits
from stationmaster.domain.credentials import Keys
from stationmaster.domain.stations import Station
from stationmaster.handlers.routing import Ask, Routes
from stationmaster.handlers.v2 import words
from stationmaster.handlers.v2.settings import set_one, set_one_answer
from stationmaster.ocpp import v201
from stationmaster.ocpp.dialects import V201
from stationmaster.ocpp.messages import now_text
from stationmaster.storage import Work

provisioning = Routes(V201)

RESTART_S = 300.0
PASSWORD_CHARACTERS = 32  # A00.FR.205: 16 to 40
PASSWORD = "SecurityCtrlr/BasicAuthPassword"


_REGISTRATION: dict[str, v201.RegistrationStatusEnumType] = {
    "accepted": "Accepted",
    "pending": "Pending",
    "rejected": "Rejected",
}


@provisioning.on
def boot_notification(work: Work, station: Station, req: v201.BootNotification) -> v201.BootNotificationResponse:
    told = req.charging_station
    facts = boots.BootFacts(
        vendor=told.vendor_name,
        model=told.model,
        serial=told.serial_number,
        firmware=told.firmware_version,
        iccid=None if told.modem is None else told.modem.iccid,
        imsi=None if told.modem is None else told.modem.imsi,
    )
    registration = boots.record(work, station, facts)
    if req.reason != "Triggered":  # we have asked, and it goes on as before
        sessions.suspect(work, station)
    return v201.BootNotificationResponse(
        status=_REGISTRATION[registration],
        current_time=now_text(work.now),
        interval=words.spread(station.heartbeat_interval_s),
    )


@provisioning.sends
def reset(work: Work, station: Station, command: commands.Reset) -> Ask[v201.Reset]:
    request = v201.Reset(type="Immediate" if command.kind == "hard" else "OnIdle", evse_id=command.evse)
    whole = command.kind == "hard" and command.evse is None  # an EVSE that restarts does not boot
    return Ask([request], awaits=Awaits("boot", RESTART_S) if whole else None)


@provisioning.sends
def renew_password(work: Work, station: Station, command: commands.RenewPassword, keys: Keys) -> Ask[v201.SetVariables]:
    secret = passwords.offer(work, station, keys, longest=PASSWORD_CHARACTERS)
    return Ask([set_one(PASSWORD, secret)], awaits=Awaits("login", passwords.LOGIN_S))


@provisioning.answers
def renew_password_answered(
    work: Work,
    station: Station,
    command: commands.RenewPassword,
    request: v201.SetVariables,
    response: v201.SetVariablesResponse,
    keys: Keys,
) -> Answer:
    secret = request.set_variable_data[0].attribute_value
    return passwords.answered(work, station, keys, secret, set_one_answer(response))
