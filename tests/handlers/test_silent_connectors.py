"""A charger that has not told of its connectors since it has started, or since an update has ended, is asked for them, once (O-11)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from stationmaster.app import App
from stationmaster.domain import commands, silent_connectors
from stationmaster.gateway.silent_connectors import ask_for_statuses
from tests.handlers.asking import Asked
from tests.handlers.test_transfers import add_firmware


@pytest.fixture(params=["1.6", "2.0.1"])
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def is_due(one: Asked) -> bool:
    return await one.app.database.read(silent_connectors.to_ask, [one.id]) == [one.id]


async def is_asked(one: Asked) -> dict[str, Any]:
    """It is asked, and what for first; of 2.0.1 it is asked for each connector."""
    told: list[dict[str, Any]] = []

    async def answer() -> None:
        while True:
            _, message_id, action, payload = await one.raw.receive()
            assert (action, payload.pop("requestedMessage")) == ("TriggerMessage", "StatusNotification")
            told.append(payload)
            await one.raw.send([3, message_id, {"status": "Accepted"}])

    answering = asyncio.create_task(answer())
    await ask_for_statuses(one.app.database, one.app.switchboard)
    answering.cancel()
    return told[0]


class Update:
    """An update under way, and what the charger says of it."""

    def __init__(self, one: Asked) -> None:
        self._one = one
        self._named: dict[str, Any] = {}

    async def begin(self) -> Update:
        wanted = commands.UpdateFirmware(firmware=await add_firmware(self._one.app))
        came, [[_, sent]] = await self._one.ask(wanted, {} if self._one.old else {"status": "Accepted"})
        assert came.state == "awaiting"
        self._named = {} if self._one.old else {"requestId": sent["requestId"]}
        return self

    async def says(self, status: str) -> None:
        await self._one.call("FirmwareStatusNotification", {"status": status} | self._named)


@pytest.mark.any_database
async def test_O_11_the_status_is_asked_for_when_an_installation_has_failed(app: App, one: Asked) -> None:
    await one.status("Available")
    one.clock.forward(5)
    update = await Update(one).begin()
    await update.says("Installing")
    await one.status("Unavailable")
    one.clock.forward(5)
    assert not await is_due(one)  # it goes on
    await update.says("InstallationFailed")
    one.clock.forward(1)
    assert not await is_due(one)  # most tell by themselves
    one.clock.forward(2)
    assert await is_asked(one) == ({} if one.old else {"evse": {"id": 1, "connectorId": 1}})
    assert not await is_due(one)  # once is enough, whatever it says


@pytest.mark.parametrize("last_word", ["Installed", "InstallationFailed"])
async def test_O_11_who_tells_its_status_after_an_update_is_not_asked(app: App, one: Asked, last_word: str) -> None:
    await one.status("Available")
    one.clock.forward(5)
    update = await Update(one).begin()
    await update.says(last_word)
    assert not await is_due(one)
    one.clock.forward(3)
    assert await is_due(one)
    await one.status("Available")
    assert not await is_due(one)


async def test_who_tells_of_one_connector_of_two_after_a_start_is_asked_once(app: App, one: Asked) -> None:
    for evse in (1, 2):
        await one.status("Available", evse=evse)
    one.clock.forward(60)
    facts = {"chargePointVendor": "Acme", "chargePointModel": "Two"}
    new = {"reason": "PowerUp", "chargingStation": {"vendorName": "Acme", "model": "Two"}}
    await one.call("BootNotification", facts if one.old else new)
    await one.status("Available", evse=1)
    one.clock.forward(3)
    await is_asked(one)
    assert not await is_due(one)
    one.clock.forward(60)
    assert not await is_due(one)
