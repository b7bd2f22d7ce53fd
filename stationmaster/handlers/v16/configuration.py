"""1.6 core profile, to the station: its configuration keys (§5.3, §5.8), one of which is its password (whitepaper A01)."""

from __future__ import annotations

from collections.abc import Sequence

from stationmaster.domain import commands, passwords, security_profiles, station_settings
from stationmaster.domain.commands import Answer, Asked, Awaits
from stationmaster.domain.credentials import Keys
from stationmaster.domain.errors import Invalid
from stationmaster.domain.station_settings import Result, Setting
from stationmaster.domain.stations import Station
from stationmaster.handlers.routing import Ask, Routes
from stationmaster.handlers.v16 import words
from stationmaster.ocpp import v16
from stationmaster.ocpp.dialects import V16
from stationmaster.reason_words import Reason
from stationmaster.storage import Work

configuration = Routes(V16)

ONLY_ACTUAL = Reason("a setting of 1.6 has only its actual value")
SECURITY_PROFILE = "SecurityProfile"  # whitepaper A05
PASSWORD_BYTES = 20  # whitepaper §7.2: sent as up to 40 hexadecimal digits, used as bytes


@configuration.sends
def get_configuration(work: Work, station: Station, command: commands.GetConfiguration) -> list[v16.GetConfiguration]:
    return _read(work, station, "keys", command.keys)


@configuration.answers
def get_configuration_answered(
    work: Work,
    station: Station,
    command: commands.GetConfiguration,
    request: v16.GetConfiguration,
    response: v16.GetConfigurationResponse,
) -> Answer:
    return _read_answer(work, station, response)


@configuration.sends
def read_settings(work: Work, station: Station, command: commands.ReadSettings) -> list[v16.GetConfiguration]:
    if command.attribute != "actual":
        raise Invalid("attribute", ONLY_ACTUAL)
    return _read(work, station, "settings", list(dict.fromkeys(command.settings)))


@configuration.answers
def read_settings_answered(
    work: Work,
    station: Station,
    command: commands.ReadSettings,
    request: v16.GetConfiguration,
    response: v16.GetConfigurationResponse,
) -> Answer:
    return _read_answer(work, station, response)


@configuration.sends
def report_settings(work: Work, station: Station, command: commands.ReportSettings) -> list[v16.GetConfiguration]:
    if command.components or command.scope not in ("all", "configuration"):
        raise Invalid("components" if command.components else "scope", "a charger of 1.6 tells all of its settings")
    return _read(work, station, "scope", [])


@configuration.answers
def report_settings_answered(
    work: Work,
    station: Station,
    command: commands.ReportSettings,
    request: v16.GetConfiguration,
    response: v16.GetConfigurationResponse,
) -> Answer:
    return _read_answer(work, station, response)


@configuration.sends
def change_configuration(
    work: Work, station: Station, command: commands.ChangeConfiguration
) -> v16.ChangeConfiguration:
    words.check_length("key", command.key, 50)
    words.check_length("value", command.value, 500)
    _check_profile(work, station, command.key, command.value)
    return v16.ChangeConfiguration(key=command.key, value=command.value)


@configuration.answers
def change_configuration_answered(
    work: Work,
    station: Station,
    command: commands.ChangeConfiguration,
    request: v16.ChangeConfiguration,
    response: v16.ChangeConfigurationResponse,
    asked: Asked | None = None,
) -> Answer:
    return _changed(work, station, request, response, asked)


@configuration.sends
def change_settings(work: Work, station: Station, command: commands.ChangeSettings) -> list[v16.ChangeConfiguration]:
    for change in command.changes:
        if change.attribute != "actual":
            raise Invalid("changes", ONLY_ACTUAL)
        words.check_length("changes", change.setting, 50)
        words.check_length("changes", change.value, 500)
        _check_profile(work, station, change.setting, change.value)
    return [v16.ChangeConfiguration(key=change.setting, value=change.value) for change in command.changes]


@configuration.answers
def change_settings_answered(
    work: Work,
    station: Station,
    command: commands.ChangeSettings,
    request: v16.ChangeConfiguration,
    response: v16.ChangeConfigurationResponse,
    asked: Asked | None = None,
) -> Answer:
    outcome = _changed(work, station, request, response, asked).outcome
    return station_settings.change_answer([Result(request.key, outcome, request.value)])


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


def _read(work: Work, station: Station, field: str, keys: Sequence[str]) -> list[v16.GetConfiguration]:
    if not keys:
        return [v16.GetConfiguration()]
    for key in keys:
        words.check_length(field, key, 50)
    # §9.1.8: some chargers take only so many keys at once.
    at_once = station_settings.number(work, station, "GetConfigurationMaxKeys") or len(keys)
    return [v16.GetConfiguration(key=portion) for portion in words.portions(keys, int(at_once))]


def _read_answer(work: Work, station: Station, response: v16.GetConfigurationResponse) -> Answer:
    read = [Setting(each.key, each.value, each.readonly) for each in response.configuration_key or ()]
    station_settings.learn(work, station, read)
    return station_settings.read_answer(read, response.unknown_key or [])


def _changed(
    work: Work,
    station: Station,
    request: v16.ChangeConfiguration,
    response: v16.ChangeConfigurationResponse,
    asked: Asked | None,
) -> Answer:
    if response.status == "NotSupported":  # §7.22: in this answer it means that the key is not known
        return Answer("unknown_setting")
    if response.status == "Accepted":
        station_settings.learn(work, station, [Setting(request.key, request.value)], asked=asked)
    answer = words.answer(response.status)
    profile = _profile(request.key, request.value)
    if not answer.good or profile is None or not security_profiles.asked(work, station, profile):
        return answer
    sentence = security_profiles.ASKED.format(profile=profile)
    return Answer(answer.outcome, sentence if answer.outcome == "accepted" else f"{answer.words} {sentence}")


def _check_profile(work: Work, station: Station, key: str, value: str) -> None:
    """Raises `Conflict` for a lower security profile than it must have."""
    profile = _profile(key, value)
    if profile is not None:
        security_profiles.check_upgrade(work, station, profile)


def _profile(key: str, value: str) -> int | None:
    """The security profile that is asked for, if that is what is set."""
    is_one = key.casefold() == SECURITY_PROFILE.casefold() and value.strip() in ("0", "1", "2", "3")
    return int(value) if is_one else None
