"""The operator chooses what a customer is told, for one who has asked at the desk, and reads what they were told."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from playwright.async_api import expect
from sqlalchemy import func, select

from stationmaster.app import App
from stationmaster.domain import customers, organizations, stations, tokens
from stationmaster.domain.alerts import channels
from stationmaster.domain.alerts.tables import alert_notices
from stationmaster.domain.stations import Station
from stationmaster.storage import Work
from tests import telling
from tests.patience import PATIENCE_S
from tests.web.conftest import Visitor

pytestmark = pytest.mark.slow


async def test_a_customer_is_told_what_was_chosen_for_them(operator: Visitor, app: App) -> None:
    def set_up(work: Work) -> tuple[Station, int]:
        home = organizations.home(work)
        reached: dict[str, Any] = {"email": "ida@example.com", "phone": "+4915112345678"}
        row = customers.create(work, home, public_id="IDA", name="Ida Sommer", **reached)
        address = "vonage://12345678:abcdefghijklmnop@15551234567/15557654321"
        channels.create(work, home, app.keys, name="Our SMS", kind="sms", address=address)
        tokens.add(work, home, uid="IDA1", customer="IDA")
        made, _ = stations.create(work, home, app.keys, identity="CPX")
        return Station(made.id, "CPX", home, "1.6", "accepted", True), row.id

    station, ida = await app.database.write(set_up)
    page = operator.page
    await operator.open("/organization")
    await operator.see("offer-idle_fee").uncheck()
    await operator.see("offers-sms").click()
    await page.get_by_role("option", name="Our SMS").click()
    await operator.see("offers-submit").click()
    await expect(page.get_by_text("Saved", exact=True)).to_be_visible()

    await operator.open("/customers/IDA")
    await expect(operator.see("notice-idle_fee")).to_have_count(0)  # it is not offered
    await operator.see("notice-started").check()
    await operator.see("notice-nearly_full").check()
    await page.get_by_label("Nearly full is").fill("90")
    await operator.see("notices-submit").click()
    await expect(page.get_by_text("Saved", exact=True).last).to_be_visible()
    await app.database.write(telling.start, station, token="IDA1", customer_id=ida)
    await told(app, 1)
    await operator.open("/customers/IDA")
    await expect(operator.see("notice-started")).to_be_checked()
    await expect(page.get_by_text("Charging has started: Home")).to_be_visible()
    await expect(page.get_by_text("mail, or the address of the pages, is not set up here")).to_be_visible()

    await page.get_by_role("radio", name="SMS").check()
    await operator.see("notices-submit").click()
    await expect(page.get_by_text("Saved", exact=True).last).to_be_visible()
    await app.database.write(telling.start, station, evse=2, token="IDA1", customer_id=ida)
    await told(app, 2)
    await operator.open("/customers/IDA")
    await expect(page.get_by_role("radio", name="SMS")).to_be_checked()
    await expect(page.get_by_text("mail, or the address of the pages, is not set up here")).to_have_count(2)
    assert operator.troubles == []


async def told(app: App, count: int) -> None:
    """So many messages were written; that is after the commit of what they are about."""
    counted = select(func.count()).select_from(alert_notices)
    async with asyncio.timeout(PATIENCE_S):
        while await app.database.read(lambda work: work.execute(counted).scalar()) < count:
            await asyncio.sleep(0.005)
