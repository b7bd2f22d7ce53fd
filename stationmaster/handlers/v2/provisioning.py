"""Block B, provisioning: boot and restart; read and write variables, one of which is the password (A01)."""

from __future__ import annotations

from stationmaster.domain import boots, commands, passwords, sessions, station_settings
from stationmaster.domain.commands import Answer, Awaits
from stationmaster.domain.credentials import Keys
from stationmaster.domain.errors import Conflict
from stationmaster.domain.station_settings import Setting
from stationmaster.domain.stations import Station
from stationmaster.handlers.routing import Ask, Routes
from stationmaster.handlers.v2 import words
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


@provisioning.on
def notify_report(work: Work, station: Station, req: v201.NotifyReport) -> v201.NotifyReportResponse:
    words.part(work, station, req.request_id, more=req.tbc)
    return v201.NotifyReportResponse()


@provisioning.sends
def reset(work: Work, station: Station, command: commands.Reset) -> Ask[v201.Reset]:
    request = v201.Reset(type="Immediate" if command.kind == "hard" else "OnIdle", evse_id=command.evse)
    whole = command.kind == "hard" and command.evse is None  # an EVSE that restarts does not boot
    return Ask([request], awaits=Awaits("boot", RESTART_S) if whole else None)


@provisioning.sends
def get_variables(work: Work, station: Station, command: commands.GetConfiguration) -> list[v201.GetVariables]:
    if not command.keys:
        raise Conflict("a 2.x charger tells its settings only by name: name them")
    asked = [
        v201.GetVariableDataType(component=component, variable=variable)
        for component, variable in (words.component_and_variable("keys", key) for key in command.keys)
    ]
    # B06.FR.16: more at once may be refused. One at a time is always right.
    at_once = station_settings.number(work, station, "DeviceDataCtrlr/ItemsPerMessage(GetVariables)") or 1
    return [v201.GetVariables(get_variable_data=portion) for portion in words.portions(asked, int(at_once))]


@provisioning.answers
def get_variables_answered(
    work: Work,
    station: Station,
    command: commands.GetConfiguration,
    request: v201.GetVariables,
    response: v201.GetVariablesResponse,
) -> Answer:
    results = response.get_variable_result
    named = [(words.setting_name(result.component, result.variable), result) for result in results]
    read = [Setting(name, result.attribute_value) for name, result in named if result.attribute_status == "Accepted"]
    station_settings.learn(work, station, read)
    return station_settings.read_answer(read, [name for name, result in named if result.attribute_status != "Accepted"])


@provisioning.sends
def set_variable(work: Work, station: Station, command: commands.ChangeConfiguration) -> v201.SetVariables:
    words.check_length("value", command.value, 1000)
    return _set(command.key, command.value)


@provisioning.answers
def set_variable_answered(
    work: Work,
    station: Station,
    command: commands.ChangeConfiguration,
    request: v201.SetVariables,
    response: v201.SetVariablesResponse,
) -> Answer:
    answer = _set_answer(response)
    if answer.outcome == "accepted":
        station_settings.learn(work, station, [Setting(command.key, command.value)])
    return answer


@provisioning.sends
def renew_password(work: Work, station: Station, command: commands.RenewPassword, keys: Keys) -> Ask[v201.SetVariables]:
    secret = passwords.offer(work, station, keys, longest=PASSWORD_CHARACTERS)
    return Ask([_set(PASSWORD, secret)], awaits=Awaits("login", passwords.LOGIN_S))


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
    return passwords.answered(work, station, keys, secret, _set_answer(response))


def _set(name: str, value: str) -> v201.SetVariables:
    component, variable = words.component_and_variable("key", name)
    data = v201.SetVariableDataType(attribute_value=value, component=component, variable=variable)
    return v201.SetVariables(set_variable_data=[data])


def _set_answer(response: v201.SetVariablesResponse) -> Answer:
    """We set one variable at a time, so there is one result."""
    result = response.set_variable_result[0]
    info = result.attribute_status_info
    return words.answer(result.attribute_status, None if info is None else info.additional_info or info.reason_code)
