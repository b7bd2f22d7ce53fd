"""The reader's language, the help of a page and the first steps, in the browser."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import expect

from stationmaster.app import App
from stationmaster.domain import accounts, organizations, sites, stations, tokens
from tests.web.conftest import EMAIL, Visitor

pytestmark = pytest.mark.slow


async def test_the_first_steps_tick_themselves_off_and_every_page_has_its_help(operator: Visitor, app: App) -> None:
    page, home = operator.page, await app.database.read(organizations.home)
    await operator.open("/start")
    done = page.locator('[data-testid^="step-"][data-done="true"]')
    await expect(operator.see("step-site")).to_have_attribute("aria-current", "step")
    await expect(done).to_have_count(0)
    await app.database.write(sites.create, home, name="Harbour")
    await app.database.write(tokens.add, home, uid="TAG1")
    await app.database.write(stations.create, home, app.keys, identity="CP1")
    await operator.open("/start")
    await expect(done).to_have_count(2)
    # Added is not connected: it says what is left to do.
    await expect(operator.see("step-charger")).to_have_attribute("aria-current", "step")
    await expect(operator.see("step-charger")).to_contain_text("It is added.")
    await operator.see("step-card").get_by_role("link").click()
    await page.keyboard.press("?")
    await expect(operator.see("help")).to_contain_text("Which cards may charge.")


async def test_who_chooses_a_language_reads_it_everywhere_and_finds_it_in_another_browser(
    operator: Visitor, app: App, driven: Any
) -> None:
    page = operator.page
    await page.get_by_role("button", name="Account and appearance").first.click()
    await page.get_by_role("menuitem", name="Deutsch").click()
    await expect(page.locator("html")).to_have_attribute("lang", "de")
    await expect(page.get_by_role("link", name="Ladestationen").first).to_be_visible()
    user = await app.database.read(accounts.login_row, EMAIL)
    assert user is not None and user.language == "de"
    # What only the server has against an entry is German too.
    operator.will_be_refused(422)
    await operator.open("/customers")
    await operator.see("add-customer").click()
    await operator.see("customer-name").fill("Ida")
    await operator.see("customer-phone").fill("12")
    await operator.see("customer-submit").click()
    await expect(page.get_by_text("muss mindestens 3 Zeichen haben")).to_be_visible()
    await expect(operator.see("customer-phone")).to_be_focused()  # the form is longer than the window
    # Another browser, which reads French, speaks French until it knows who is there.
    other = await driven.new_context(locale="fr-FR", reduced_motion="reduce")
    try:
        elsewhere = Visitor(await other.new_page(), operator.url)
        await elsewhere.open("/")
        await expect(elsewhere.page.locator("html")).to_have_attribute("lang", "fr")
        await expect(elsewhere.see("login-submit")).to_have_text("Se connecter")
        await elsewhere.login()
        await expect(elsewhere.page.locator("html")).to_have_attribute("lang", "de")
    finally:
        await other.close()
    assert elsewhere.troubles == []
