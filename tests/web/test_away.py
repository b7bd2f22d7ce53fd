"""The server stops while a page is open, and comes back."""

from __future__ import annotations

import pytest
from playwright.async_api import BrowserContext, expect

from stationmaster.app import App
from stationmaster.domain import accounts, organizations, stations
from stationmaster.settings import Settings, Web
from tests.charger import Charger
from tests.web.conftest import EMAIL, PASSWORD, Visitor

pytestmark = pytest.mark.slow


async def test_O8_a_page_says_how_old_it_is_while_the_server_is_away_and_goes_on_by_itself(
    settings: Settings, browser: BrowserContext
) -> None:
    async with App(settings).running() as app:
        home = await app.database.write(organizations.home)
        await app.database.write(accounts.add, home, email=EMAIL, password=PASSWORD, role="administrator")
        await app.database.write(stations.create, home, app.keys, identity="CP1", secret="a secret of sixteen")
        port = app.web_port
        visitor = Visitor(browser.pages[0], f"http://127.0.0.1:{port}")
        await visitor.open("/chargers/CP1")
        await visitor.login()
        charger = await Charger.connect(app.gateway_port, "CP1", "a secret of sixteen")
        await charger.boot()
        await expect(visitor.see("action-start")).to_be_enabled()
        await expect(visitor.see("away")).to_be_hidden()
        await charger.close()
    await expect(visitor.see("away")).to_contain_text("As of ")
    for action in ("action-start", "action-reset", "edit-charger"):
        await expect(visitor.see(action)).to_be_disabled()
    async with App(settings.model_copy(update={"web": Web(port=port)})).running():
        await expect(visitor.see("away")).to_be_hidden()
        await expect(visitor.see("stream-state")).to_have_text("Live")
        await expect(visitor.see("edit-charger")).to_be_enabled()
