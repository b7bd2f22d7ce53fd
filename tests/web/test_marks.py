"""What an operator must not overlook: an offline charger that was there before, and a session of a refused card."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.async_api import expect

from stationmaster.app import App
from stationmaster.domain import organizations, tokens
from tests.web.conftest import Visitor

pytestmark = pytest.mark.slow


async def test_O1_an_offline_charger_says_after_a_reload_when_it_was_last_heard(
    operator: Visitor, charger: Callable[..., Any]
) -> None:
    one = await charger("CP1")
    await one.call("StatusNotification", {"connectorId": 1, "status": "Charging", "errorCode": "NoError"})
    await one.start()
    await operator.open("/chargers/CP1")
    await expect(operator.page.get_by_text("Charging session").first).to_be_visible()
    await one.close()
    main = operator.page.locator("#main")
    for again in (False, True):
        if again:
            await operator.page.reload()
        await expect(main.get_by_text("last heard").first).to_contain_text(re.compile("now|second|minute"))
        await expect(main.get_by_text("Offline since")).to_be_visible()
        await expect(main.get_by_text("Never connected")).to_have_count(0)
        await expect(main.get_by_text("Waiting for its first connection")).to_have_count(0)
        await expect(main.get_by_text("Charging session").first).to_be_visible()  # no set-up help over what runs
    await operator.open("/chargers?state=offline")
    await expect(operator.see("fleet-row-CP1")).to_be_visible()
    await operator.open("/chargers?state=offline&away=60")  # longer than an hour: not yet
    await expect(operator.page.get_by_text("No charger matches")).to_be_visible()


@pytest.mark.parametrize(
    "tag, mark, held",
    [
        ("STRANGER", "card not known", True),
        ("LOST", "card blocked", True),
        ("OLD", "card expired", True),
        ("STRANGER", "card not known", False),
        ("TAG1", None, False),
    ],
    ids=["unknown", "blocked", "expired", "too little to charge for", "accepted"],
)
async def test_X_04_a_session_of_a_refused_card_is_marked_in_the_list_and_on_its_page(
    operator: Visitor, app: App, charger: Callable[..., Any], tag: str, mark: str | None, held: bool
) -> None:
    home = await app.database.write(organizations.home)
    await app.database.write(tokens.add, home, uid="LOST", status="blocked")
    await app.database.write(tokens.add, home, uid="OLD", expires_at=datetime(2025, 1, 1, tzinfo=UTC))
    one = await charger("CP1")
    started = await one.start(tag=tag)
    await one.stop(started["transactionId"], meter=1000 + (10_000 if held or mark is None else 50))

    await operator.open("/sessions")
    row = operator.page.locator("#main").get_by_role("row").nth(1)
    await expect(row).to_contain_text(tag)
    if mark is None:
        await expect(row).not_to_contain_text(re.compile("card (not known|blocked|expired)"))
    else:
        await expect(row).to_contain_text(mark)
    await row.get_by_role("link").first.click()
    refused = operator.page.get_by_text("the charger charged all the same")
    please_check = operator.page.get_by_text("A refused card took energy all the same; please check.")
    if mark is None:
        await expect(operator.page.get_by_text("Power and energy")).to_be_visible()
        await expect(refused).to_have_count(0)
    else:
        await expect(refused).to_contain_text(mark)
    await expect(please_check).to_have_count(1 if held else 0)
    await operator.open("/review")
    waiting = operator.page.get_by_role("region", name="Sessions to check")
    if held:
        await expect(waiting).to_contain_text(tag)
    else:
        await expect(operator.page.locator("#main")).to_be_visible()
        await expect(waiting.get_by_text(tag)).to_have_count(0)
