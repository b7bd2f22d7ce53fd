"""The reader's language, the help of a page and the first steps, in the browser."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from playwright.async_api import expect

from stationmaster.app import App
from stationmaster.domain import accounts, organizations, sites, stations, tariffs, tokens
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
    await operator.see("step-charger").get_by_role("link").click()
    await expect(page).to_have_url(f"{operator.url}/chargers")
    await operator.open("/start")
    await operator.see("step-card").get_by_role("link").click()
    await page.keyboard.press("?")
    await expect(operator.see("help")).to_contain_text("Which cards may charge.")


async def test_the_first_page_leads_from_an_empty_installation_to_the_first_price(
    operator: Visitor, charger: Callable[..., Any], app: App
) -> None:
    page, see = operator.page, operator.see
    await operator.open("/")
    steps = see("first-steps")
    await expect(steps).to_contain_text("1 of 5 are done")  # the card of the tests
    await steps.get_by_role("link", name="To the sites").click()
    await see("add-site").first.click()
    await see("site-name").fill("Harbour")
    # Prices by time of day go by this clock: that of who adds the site, unless they say another.
    zone = await page.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone")
    await expect(page.get_by_role("combobox", name="Time zone")).to_have_value(zone)
    await see("site-submit").click()
    await see("add-charger-here").click()
    await see("add-charger-id").fill("CP1")
    await expect(page.get_by_role("dialog").get_by_label("Site")).to_have_value("Harbour")
    await page.get_by_role("dialog").get_by_role("button", name="Add charger").click()
    charger.secrets["CP1"] = await see("new-secret").inner_text()  # type: ignore[attr-defined]
    await page.get_by_role("button", name="Done, I have kept it").click()
    await expect(page.get_by_role("link", name="CP1").first).to_be_visible()
    home = await app.database.read(organizations.home)
    # A tariff that holds nowhere is no price.
    await app.database.write(
        tariffs.create, home, public_id="odd", name="Odd", currency="EUR", price_per_kwh=Decimal("0.10")
    )
    await operator.open("/start")
    await expect(see("step-tariff")).to_contain_text("it holds nowhere yet")
    await see("step-tariff").get_by_role("link").click()
    await see("add-tariff").first.click()
    await see("tariff-name").fill("Day")
    await see("tariff-kwh").fill("40")
    await expect(see("tariff-standard")).to_be_checked()
    await see("tariff-submit").click()
    await expect(page.get_by_text("Wherever no other does")).to_be_visible()
    raw, begin = await charger("CP1"), datetime.now(UTC)
    started = await raw.start(at=begin.isoformat())
    await raw.stop(started["transactionId"], meter=2500, at=(begin + timedelta(minutes=3)).isoformat())
    await operator.open("/start")
    await expect(page.get_by_text("All is set up")).to_be_visible()
    await operator.open("/sessions")
    await expect(page.get_by_role("row").nth(1)).to_contain_text("€60.00")
    await operator.open("/")
    await expect(see("needs").or_(page.get_by_text("What needs you")).first).to_be_visible()
    await expect(steps).to_have_count(0)


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
