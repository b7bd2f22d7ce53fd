"""The security profile of a charger, in the browser: what it has, what it must have at least, and why it may be lower."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from stationmaster.app import App
from stationmaster.domain import organizations, stations
from tests.web.conftest import Visitor

pytestmark = pytest.mark.slow


async def test_SEC_30_an_administrator_raises_it_and_lowers_it_with_a_reason(operator: Visitor, app: App) -> None:
    page = operator.page
    home = await app.database.read(organizations.home)
    await app.database.write(stations.create, home, app.keys, identity="TLS-1")
    await operator.open("/chargers/TLS-1")
    shown = operator.see("security-profile")
    await expect(shown).to_have_text("–")
    await choose(operator, "2: password, with TLS")
    await expect(operator.see("security-profile-reason")).to_have_count(0)
    await operator.see("security-profile-submit").click()
    await expect(shown).to_contain_text("(at least 2)")
    await choose(operator, "1: password, without TLS")
    await expect(operator.see("security-profile-submit")).to_be_disabled()
    await operator.see("security-profile-reason").fill("no TLS at this site yet")
    await operator.see("security-profile-submit").click()
    await expect(shown).to_have_text("–")
    await page.get_by_role("link", name="Who did what").first.click()
    await expect(page.get_by_text("TLS-1").first).to_be_visible()
    assert operator.troubles == []


async def test_SEC_22_an_administrator_lets_it_in_to_renew_a_certificate_that_has_ended(
    operator: Visitor, app: App
) -> None:
    home = await app.database.read(organizations.home)
    await app.database.write(stations.create, home, app.keys, identity="TLS-1")
    await operator.open("/chargers/TLS-1")
    shown, submit = operator.see("security-profile"), operator.see("expired-submit")
    await operator.see("security-profile-open").click()
    await expect(submit).to_be_disabled()
    await operator.see("expired-reason").fill("it was in a store for a year")
    await submit.click()
    await expect(submit).to_have_text("Let it in no more")
    await expect(shown).to_contain_text("(with an expired certificate until")
    entry = app.directory.find("TLS-1")
    assert entry is not None and entry.may_renew
    await submit.click()
    await expect(submit).to_have_text("Let it in to renew")
    await expect(shown).to_have_text("–")
    assert not entry.may_renew
    assert operator.troubles == []


async def choose(operator: Visitor, profile: str) -> None:
    await operator.see("security-profile-open").click()
    await operator.see("security-profile-lowest").click()
    await operator.page.get_by_role("option", name=profile).click()
