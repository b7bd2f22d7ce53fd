"""The page shows a session of a client that is not ours, live."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import expect

from stationmaster.app import App
from stationmaster.domain import organizations, stations, tokens
from tests.scenarios import witness2
from tests.scenarios.witness import connected
from tests.web.conftest import Visitor

pytestmark = pytest.mark.slow


async def test_the_page_shows_a_client_that_is_not_ours_live(operator: Visitor, app: App) -> None:
    home = await app.database.write(organizations.home)
    await app.database.write(tokens.add, home, uid="04AABBCC")
    _, secret = await app.database.write(stations.create, home, app.keys, identity="WITNESS")
    row, connector = operator.see("fleet-row-WITNESS"), operator.see("connector-WITNESS-1")
    async with connected(app.gateway_port, "WITNESS", secret) as witness:
        await witness.boots()
        await expect(connector).to_have_text("Available")
        number = await witness.starts("04AABBCC", 12_000)
        await witness.measures(number, 12_003, 11_000)
        await expect(connector).to_have_text("Charging")
        await expect(row).to_contain_text("04AABBCC")
        await expect(row).to_contain_text("0.003 kWh")
        await expect(row).to_contain_text("11.0 kW")
        await row.click()
        await operator.see("action-stop").click()
        await asyncio.wait_for(witness.asked_to_stop.wait(), 5)
        await witness.stops(number, 12_005, "Remote")
        await expect(connector).to_have_text("Available")
    await operator.open("/sessions?station=WITNESS")
    await expect(operator.page.get_by_role("row").filter(has_text="Completed")).to_contain_text("0.005 kWh")


async def test_the_page_shows_a_charger_of_2_1_as_it_shows_one_of_1_6(operator: Visitor, app: App) -> None:
    home = await app.database.write(organizations.home)
    await app.database.write(tokens.add, home, uid="04AABBCC")
    _, secret = await app.database.write(stations.create, home, app.keys, identity="WITNESS")
    row, connector = operator.see("fleet-row-WITNESS"), operator.see("connector-WITNESS-1")
    async with witness2.connected(app.gateway_port, "WITNESS", secret, "2.1") as witness:
        await witness.boots()
        await expect(connector).to_have_text("Available")
        await witness.is_now("Occupied")
        await expect(connector).to_have_text("In use")
        card = {"id_token": "04AABBCC", "type": "ISO14443"}
        await witness.tells("Started", "Authorized", 30, 12.0, evse=witness2.EVSE, id_token=card)
        await witness.tells("Updated", "MeterValuePeriodic", 15, 13.5, info={"charging_state": "Charging"})
        await expect(connector).to_have_text("Charging")
        await expect(row).to_contain_text("04AABBCC")
        await expect(row).to_contain_text("1.500 kWh")
        await expect(row).to_contain_text("11.0 kW")
        await row.click()
        await operator.see("action-stop").click()
        assert await asyncio.wait_for(witness.asked_to_stop.get(), 5) == witness2.TRANSACTION
        await witness.tells("Ended", "RemoteStop", 0, 16.25, info={"stopped_reason": "Remote"})
        await witness.is_now("Available")
        await expect(connector).to_have_text("Available")
    await operator.open("/sessions?station=WITNESS")
    await expect(operator.page.get_by_role("row").filter(has_text="Completed")).to_contain_text("4.250 kWh")
