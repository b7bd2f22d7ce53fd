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


async def test_who_signs_in_while_the_pages_cannot_be_fetched_is_told_and_comes_in_when_they_can(
    stranger: Visitor,
) -> None:
    """The login is fetched first and the pages after it; a phone may lose its network between the two."""
    page = stranger.page
    await page.route("**/assets/app-*.js", lambda route: route.abort())
    await page.reload()
    await stranger.login()
    told = page.get_by_role("alert").or_(page.get_by_role("heading", name="can't be reached"))
    await expect(told).to_be_visible()
    await page.unroute("**/assets/app-*.js")
    assert stranger.troubles and all("/assets/app-" in trouble for trouble in stranger.troubles)
    stranger.troubles.clear()
    again = stranger.see("login-submit").or_(page.get_by_role("button", name="Try again"))
    await again.click()
    await expect(stranger.see("stream-state")).to_have_text("Live")
    await page.reload()  # now the pages are fetched while the server is asked who this is
    await expect(stranger.see("stream-state")).to_have_text("Live")
