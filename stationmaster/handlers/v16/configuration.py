"""1.6 core profile, to the station: its configuration keys (§5.3, §5.8), one of which is its password (whitepaper A01)."""

from __future__ import annotations

from stationmaster.domain import commands, passwords, station_settings
from stationmaster.domain.commands import Answer, Awaits
from stationmaster.domain.credentials import Keys
from stationmaster.domain.station_settings import Setting
from stationmaster.domain.stations import Station
from stationmaster.handlers.routing import Ask, Routes
from stationmaster.handlers.v16 import words
from stationmaster.ocpp import v16
from stationmaster.ocpp.dialects import V16
from stationmaster.storage import Work

configuration = Routes(V16)

PASSWORD_BYTES = 20  # whitepaper §7.2: sent as up to 40 hexadecimal digits, used as bytes


@configuration.sends
def get_configuration(work: Work, station: Station, command: commands.GetConfiguration) -> list[v16.GetConfiguration]:
    if not command.keys:
        return [v16.GetConfiguration()]
    for key in command.keys:
        words.check_length("keys", key, 50)
    # §9.1.8: some chargers take only so many keys at once.
    at_once = station_settings.number(work, station, "GetConfigurationMaxKeys") or len(command.keys)
    return [v16.GetConfiguration(key=keys) for keys in words.portions(command.keys, int(at_once))]


@configuration.answers
def get_configuration_answered(
    work: Work,
    station: Station,
    command: commands.GetConfiguration,
    request: v16.GetConfiguration,
    response: v16.GetConfigurationResponse,
) -> Answer:
    read = [Setting(each.key, each.value, each.readonly) for each in response.configuration_key or ()]
    unknown = response.unknown_key or []
    station_settings.learn(work, station, read)
    return station_settings.read_answer(read, unknown)


@configuration.sends
def change_configuration(
    work: Work, station: Station, command: commands.ChangeConfiguration
) -> v16.ChangeConfiguration:
    words.check_length("key", command.key, 50)
    words.check_length("value", command.value, 500)
    return v16.ChangeConfiguration(key=command.key, value=command.value)


@configuration.answers
def change_configuration_answered(
    work: Work,
    station: Station,
    command: commands.ChangeConfiguration,
    request: v16.ChangeConfiguration,
    response: v16.ChangeConfigurationResponse,
) -> Answer:
    if response.status == "NotSupported":  # §7.22: in this answer it means that the key is not known
        return Answer("unknown_setting")
    if response.status == "Accepted":
        station_settings.learn(work, station, [Setting(command.key, command.value)])
    return words.answer(response.status)


@configuration.sends
def renew_password(
    work: Work, station: Station, command: commands.RenewPassword, keys: Keys
) -> Ask[v16.ChangeConfiguration]:
    secret = passwords.offer(work, station, keys, longest=PASSWORD_BYTES)
    request = v16.ChangeConfiguration(key="AuthorizationKey", value=secret.encode().hex())
    return Ask([request], awaits=Awaits("login", passwords.LOGIN_S))


@configuration.answers
def renew_password_answered(
    work: Work,
    station: Station,
    command: commands.RenewPassword,
    request: v16.ChangeConfiguration,
    response: v16.ChangeConfigurationResponse,
    keys: Keys,
) -> Answer:
    answer = words.answer(response.status)
    return passwords.answered(work, station, keys, bytes.fromhex(request.value).decode(), answer)
