"""A connector that is free for a moment on its way out of service (P-12). That no other network hears of it waits for roaming."""

from __future__ import annotations

from typing import Any

import pytest

from stationmaster.app import App
from stationmaster.background.chores import tell_who_stayed_free
from stationmaster.domain import commands, connector_states, connectors, events
from tests.handlers.asking import Asked, Clock
from tests.handlers.conftest import Stored

SECOND = 1 / 60
OUT = commands.ChangeAvailability(operative=False, evse=1)


@pytest.fixture(params=["1.6", "2.0.1", "2.1"])
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def one(app: App, charger: Any, version: str) -> Asked:
    """A charger of two EVSEs, of which the first is in use."""
    one = await Asked.connect(app, charger, version, Clock(app))
    for evse in (1, 2):
        await one.status("Charging" if one.old else "Occupied", evse=evse)
    return one


def told(heard: list[Any], evse: int = 1) -> list[str]:
    """The statuses that whoever watches was told of."""
    changes = [event for event in heard if isinstance(event, events.ConnectorStatusChanged)]
    return [event.status for event in changes if event.evse == evse]


async def say(one: Asked, status: str, *, after_s: float = 1, evse: int = 1) -> None:
    one.clock.forward(after_s * SECOND)
    await one.status(status, evse=evse)
    await tell_who_stayed_free(one.app.database)


async def test_P_12_a_blink_of_available_is_told_to_nobody_and_kept(
    one: Asked, stored: Stored, heard: list[Any]
) -> None:
    came, _ = await one.ask(OUT, {"status": "Scheduled"})
    assert came.outcome == "scheduled"
    await say(one, "Available")
    await say(one, "Available")  # once more, as some do
    await say(one, "Unavailable", after_s=2)
    one.clock.forward(1)
    await tell_who_stayed_free(one.app.database)
    assert told(heard) == ["Unavailable"]
    rows = await stored.rows(connector_states.connector_states, connector_states.connector_states.c.evse == 1)
    assert [row.state for row in rows][1:] == ["available", "unavailable"]
    await say(one, "Available")  # it is back, and that is no blink
    assert told(heard) == ["Unavailable", "Available"]


async def test_P_12_who_stays_free_is_told_of_after_ten_seconds_and_once(one: Asked, heard: list[Any]) -> None:
    await one.ask(OUT, {"status": "Scheduled"})
    await say(one, "Available")
    for seconds in (9.5, 1, 60):
        assert told(heard) == ([] if seconds != 60 else ["Available"])
        one.clock.forward(seconds * SECOND)
        await tell_who_stayed_free(one.app.database)
    assert told(heard) == ["Available"]
    await say(one, "Charging" if one.old else "Occupied")
    await say(one, "Available")
    assert told(heard)[-1] == "Available" and len(told(heard)) == 3


@pytest.mark.any_database
async def test_P_12_who_is_in_use_again_is_told_of_at_once(one: Asked, heard: list[Any]) -> None:
    await one.ask(OUT, {"status": "Scheduled"})
    await say(one, "Available")
    await say(one, "Faulted")
    assert told(heard) == ["Faulted"]
    one.clock.forward(1)
    await tell_who_stayed_free(one.app.database)
    assert told(heard) == ["Faulted"]


@pytest.mark.parametrize(
    "asked",
    [
        [(OUT, "Rejected")],
        [(OUT, "Scheduled"), (commands.ChangeAvailability(operative=True, evse=1), "Accepted")],
        [(commands.ChangeAvailability(operative=False, evse=2), "Scheduled")],
        [(commands.ChangeAvailability(operative=True, evse=1), "Scheduled")],
    ],
    ids=["refused", "taken back", "of another", "into service"],
)
@pytest.mark.any_database
async def test_P_12_free_is_told_at_once_when_nothing_waits(one: Asked, heard: list[Any], asked: list[Any]) -> None:
    for command, status in asked:
        await one.ask(command, {"status": status})
    await say(one, "Available")
    assert told(heard) == ["Available"]


@pytest.mark.any_database
async def test_P_12_the_whole_charger_goes_out_of_service(one: Asked, heard: list[Any]) -> None:
    await one.ask(commands.ChangeAvailability(operative=False), {"status": "Scheduled"})
    for evse in (1, 2):
        await say(one, "Available", evse=evse)
        await say(one, "Unavailable", evse=evse)
        assert told(heard, evse) == ["Unavailable"]
    assert not await one.app.database.read(connectors.is_any_withheld)
