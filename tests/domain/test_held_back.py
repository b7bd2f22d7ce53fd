"""Which commands are held back from which chargers."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import update

from stationmaster.app import App
from stationmaster.domain import commands, held_back, stations
from stationmaster.domain.errors import Conflict
from stationmaster.domain.held_back import KNOWN, Rule
from stationmaster.settings import BadSettings, Settings
from tests import telling
from tests.domain.conftest import World

RULE = Rule(("reset", "unlock"), vendor="Acme*", firmware="1.8.?")


@pytest.mark.parametrize(
    "vendor, firmware, held",
    [
        ("Acme", "1.8.3", True),
        ("  ACME Ltd ", "1.8.3", True),
        ("Acme", "1.8.33", False),
        ("Acme", None, False),  # it has not told yet
        (None, "1.8.3", False),
        ("An Acme", "1.8.3", False),
    ],
)
def test_a_rule_holds_when_all_of_its_patterns_fit(vendor: str | None, firmware: str | None, held: bool) -> None:
    told = SimpleNamespace(identity="CP1", vendor=vendor, model=None, firmware=firmware)
    assert held_back.of(told, [RULE]) == ([RULE] if held else [])


def test_one_charger_alone_or_all_of_them() -> None:
    one, every = Rule(("reset",), charger="CP[1]"), Rule(("unlock",))
    told = SimpleNamespace(identity="CP1", vendor=None, model=None, firmware=None)
    assert held_back.of(told, [one, every]) == [one, every]


def test_names_that_are_no_commands_are_found_and_the_known_rules_have_none() -> None:
    assert held_back.unknown_commands([RULE, Rule(("restart", "Reset"))], commands.COMMANDS) == ["Reset", "restart"]
    assert held_back.unknown_commands(KNOWN, commands.COMMANDS) == []
    with pytest.raises(BadSettings, match=r"gateway\.held_back: there is no command 'restart'"):
        App(Settings.model_validate({"gateway": {"held_back": [{"commands": ["restart"]}]}}))


@pytest.mark.any_database
async def test_a_charger_that_needs_a_pause_after_a_session_is_not_started_at_once(world: World) -> None:
    station = await world.station()

    async def refused(vendor: str = "FOXESS") -> str | None:
        await world(lambda work: work.execute(update(stations.stations).values(vendor=vendor)))
        try:
            await world(held_back.check, station.id, "remote-start", held_back.KNOWN)
        except Conflict as error:
            return str(error)
        return None

    assert await refused() is None  # it has had no session
    number = await world(telling.start, station)
    assert await refused() is None
    await world(telling.stop, station, number)
    world.now += timedelta(minutes=1)
    assert "It is sent 120 seconds after the last session" in str(await refused())
    assert await refused("Acme") is None
    world.now += timedelta(minutes=2)
    assert await refused() is None
