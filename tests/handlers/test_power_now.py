"""What is drawn now: what a charger told last is no power of now where it is away, or its connector free again."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from stationmaster.app import App
from stationmaster.domain import organizations
from stationmaster.domain.figures import overview
from stationmaster.domain.figures.asking import Which
from tests.patience import PATIENCE_S


@pytest.mark.any_database
async def test_power_is_that_of_chargers_that_are_here_and_of_connectors_that_are_taken(app: App, charger: Any) -> None:
    async def now() -> tuple[int, int]:
        home = await app.database.write(organizations.home)
        asked: dict[str, Any] = {"money": False, "deliveries_too": False, "server": False}
        told = (await app.database.read(overview.of, home, Which(), **asked)).now
        return told.charging, int(told.power_w)

    one, two = await charger("CP1"), await charger("CP2")
    for each, watts in ((one, "7000"), (two, "11000")):
        await each.call("StatusNotification", {"connectorId": 1, "status": "Charging", "errorCode": "NoError"})
        number = (await each.start())["transactionId"]
        await each.meter(watts, transaction=number, measurand="Power.Active.Import", unit="W")
    assert await now() == (2, 18_000)
    # It was restarted, and has forgotten its session: nobody has told its end, and nothing is drawn.
    await one.call("StatusNotification", {"connectorId": 1, "status": "Available", "errorCode": "NoError"})
    assert await now() == (2, 11_000)
    await two.close()
    async with asyncio.timeout(PATIENCE_S):
        while await now() != (2, 0):
            await asyncio.sleep(0.005)
