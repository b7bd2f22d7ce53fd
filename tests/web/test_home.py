"""Home: what needs me, and the lists that its numbers are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import expect

from tests.web.conftest import Visitor

pytestmark = pytest.mark.slow


async def test_what_needs_me_leads_to_its_list_and_goes_when_it_is_mended(
    operator: Visitor, charger: Callable[..., Any]
) -> None:
    raw = await charger("CP1")
    await raw.call("StatusNotification", {"connectorId": 1, "status": "Faulted", "errorCode": "GroundFailure"})
    page, see = operator.page, operator.see
    await page.get_by_role("link", name="Home").first.click()
    await expect(see("needs")).to_contain_text("1 connector is faulted")
    await page.get_by_role("link", name="1 connector is faulted").click()
    await expect(page).to_have_url(f"{operator.url}/chargers?state=faulted")
    await expect(see("fleet-row-CP1")).to_be_visible()

    await page.go_back()
    await expect(see("needs")).to_contain_text("1 connector is faulted")
    await raw.call("StatusNotification", {"connectorId": 1, "status": "Available", "errorCode": "NoError"})
    await expect(see("needs")).to_contain_text("Nothing waits for you.")

    await raw.start()
    await expect(see("home-charging")).to_contain_text("1")
    await see("home-charging").get_by_role("link").click()
    await expect(page).to_have_url(f"{operator.url}/sessions?status=active")
    await expect(page.get_by_role("row")).to_have_count(2)
