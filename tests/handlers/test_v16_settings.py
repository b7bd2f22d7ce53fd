"""The commands about settings, as a charger of 1.6 hears them: the same words, its own messages."""

from __future__ import annotations

from typing import Any

import pytest

from stationmaster.domain import commands, station_settings
from stationmaster.domain.commands import Change, Command
from stationmaster.domain.errors import Invalid
from stationmaster.handlers.v16 import routes
from tests.domain.conftest import world as world
from tests.handlers.test_v2_commands import exchange

READ = '{"configurationKey":[{"key":"A","readonly":false,"value":"1"}],"unknownKey":["B"]}'


async def test_settings_are_read_by_name_or_all(world: Any) -> None:
    station = await world.station()
    sent, answer = await exchange(world, routes, station, commands.ReadSettings(settings=["A", "B"]), READ)
    assert sent == [["GetConfiguration", {"key": ["A", "B"]}]]
    assert answer.data == {"settings": [{"name": "A", "value": "1", "read_only": False}], "unknown": ["B"]}
    sent, _ = await exchange(world, routes, station, commands.ReportSettings(), READ)
    assert sent == [["GetConfiguration", {}]]
    assert await world(station_settings.value, station, "a") == "1"


async def test_settings_are_changed_one_after_the_other_and_each_has_its_outcome(world: Any) -> None:
    station = await world.station()
    command = commands.ChangeSettings(changes=[Change("A", " x "), Change("B", ""), Change("C", "2"), Change("D", "3")])
    statuses = ["Accepted", "NotSupported", "RebootRequired", "Rejected"]
    sent, answer = await exchange(world, routes, station, command, *(f'{{"status":"{word}"}}' for word in statuses))
    assert sent[0] == ["ChangeConfiguration", {"key": "A", "value": " x "}]  # kept as it is, spaces and all
    assert sent[1] == ["ChangeConfiguration", {"key": "B", "value": ""}]
    told = [(each["name"], each["outcome"]) for each in answer.data["settings"]]
    assert told == [
        ("A", "accepted"),
        ("B", "unknown_setting"),
        ("C", "reboot_required"),
        ("D", "rejected"),
    ]
    assert not answer.good
    assert await world(station_settings.value, station, "A") == " x "


async def test_what_takes_effect_later_is_not_forgotten_for_what_is_accepted_after_it(world: Any) -> None:
    station = await world.station()
    command = commands.ChangeSettings(changes=[Change("A", "1"), Change("B", "2")])
    answers = '{"status":"RebootRequired"}', '{"status":"Accepted"}'
    _, answer = await exchange(world, routes, station, command, *answers)
    assert answer.outcome == "reboot_required"


@pytest.mark.parametrize(
    "command",
    [
        commands.ReadSettings(settings=["A"], attribute="target"),
        commands.ChangeSettings(changes=[Change("A", "1", "max")]),
        commands.ChangeSettings(changes=[Change("A", "x" * 501)]),
        commands.ReportSettings(scope="problem"),
        commands.ReportSettings(components=["A"]),
    ],
)
async def test_what_1_6_has_no_word_for_is_refused_before_anything_is_sent(world: Any, command: Command) -> None:
    with pytest.raises(Invalid):
        await exchange(world, routes, await world.station(), command)


@pytest.mark.parametrize("name", ["AuthorizationKey", "securityctrlr/basicauthpassword"])
async def test_C2_the_password_is_no_setting(world: Any, name: str) -> None:
    command = commands.ChangeSettings(changes=[Change("A", "1"), Change(name, "secret")])
    with pytest.raises(Invalid, match="renew-password"):
        await world(lambda work: command.check(work, None))
