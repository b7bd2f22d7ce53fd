"""Lists that people work in: by keys, with several rows at once, kept as a view, and taken away as a workbook."""

from __future__ import annotations

from zipfile import ZipFile

import pytest
from playwright.async_api import expect

from stationmaster.app import App
from stationmaster.domain import organizations, tokens
from tests.web.conftest import EMAIL, Visitor

pytestmark = pytest.mark.slow


async def test_several_cards_are_blocked_by_keys_after_a_look_at_what_will_happen(operator: Visitor, app: App) -> None:
    home = await app.database.read(organizations.home)
    for uid, label, status in (("AA01", "Ida", "accepted"), ("AA02", "Omar", "blocked"), ("BB03", "Lin", "accepted")):
        await app.database.write(tokens.add, home, uid=uid, label=label, status=status)
    page, see = operator.page, operator.see
    await operator.open("/cards?sort=uid")
    await expect(page.get_by_role("row")).to_have_count(4)
    for key in "jxjx/":
        await page.keyboard.press(key)
    await page.keyboard.type("AA0")
    await expect(page.get_by_role("row")).to_have_count(3)
    await expect(page.get_by_role("group", name="With those that are chosen")).to_contain_text("2 chosen")

    await see("bulk-block").click()
    each = page.get_by_role("dialog").get_by_role("listitem")
    await expect(each).to_have_text(
        ["AA01 · Ida Can no longer start a charger", "AA02 · Omar Is blocked already: left out"]
    )
    await see("bulk-submit").click()
    await expect(each.first).to_contain_text("Blocked")
    await page.get_by_role("dialog").get_by_role("button", name="Close").last.click()
    await expect(page.get_by_role("row").nth(1)).to_contain_text("Blocked")

    await page.get_by_role("button", name="Order, columns, file").click()
    await page.get_by_role("menuitem", name="Keep this view…").click()
    await page.get_by_role("textbox", name="Name").fill("Lost ones")
    await page.get_by_role("button", name="Keep", exact=True).click()
    # The server keeps it; what a browser kept by itself, before the server did, is brought there once.
    old = {"/cards": {"By label": "?sort=label"}}
    key = f"stationmaster-views {EMAIL}"
    await page.evaluate("([key, old]) => localStorage.setItem(key, JSON.stringify(old))", [key, old])
    await operator.load("/cards")
    await page.get_by_role("button", name="Order, columns, file").click()
    await expect(page.get_by_role("menuitem", name="By label")).to_be_visible()
    assert await page.evaluate("key => localStorage.getItem(key)", key) is None
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Order, columns, file").click()
    await page.get_by_role("menuitem", name="Lost ones").click()
    await expect(page).to_have_url(f"{operator.url}/cards?sort=uid&q=AA0")

    await page.get_by_role("button", name="Order, columns, file").click()
    async with page.expect_download() as saved:
        await page.get_by_role("menuitem", name="Save as Excel workbook").click()
    book = ZipFile(await (await saved.value).path())
    inside = "".join(book.read(name).decode() for name in book.namelist() if name.endswith(".xml"))
    assert "AA01" in inside
    assert "BB03" not in inside
