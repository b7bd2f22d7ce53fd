"""What an operator keeps of a charger and of the organization: the record, its connectors, pictures, and all of it as a file."""

from __future__ import annotations

import io
import zipfile

import pytest
from PIL import Image
from playwright.async_api import expect

from stationmaster.app import App
from stationmaster.domain import accounts, organizations, stations
from stationmaster.storage import Work
from tests.web.conftest import EMAIL, Visitor

pytestmark = pytest.mark.slow


async def test_S1_131_what_a_charger_is_is_entered_and_what_somebody_else_has_changed_meanwhile_is_a_choice(
    operator: Visitor, app: App
) -> None:
    page, see = operator.page, operator.see
    home = await app.database.read(organizations.home)
    await app.database.write(stations.create, home, app.keys, identity="CP1")
    await operator.open("/chargers/CP1")
    await see("edit-charger").click()
    await see("edit-charger-manufacturer").fill("mass")  # S1-157
    await page.get_by_role("option", name="Massive Mobility").click()
    await see("edit-charger-current").click()
    await page.get_by_role("option", name="DC").click()
    await see("edit-charger-power").fill("150,5")
    for number in (1, 2):
        await see("add-connector").click()
        await see(f"current-{number}-1").fill("400")
    await page.get_by_role("textbox", name="EVSE").nth(1).fill("1")
    await see("edit-charger-submit").click()
    await expect(page.get_by_text("There is this one already")).to_be_visible()
    await page.get_by_role("textbox", name="EVSE").nth(1).fill("2")
    await see("type-1-1").click()
    await page.get_by_role("option", name="CCS 2").click()
    await app.database.write(stations.change, home, "CP1", {"name": "Theirs"})
    operator.will_be_refused(412)
    await see("edit-charger-submit").click()
    await see("outdated").get_by_role("button", name="Save mine all the same").click()
    await expect(page.get_by_role("heading", name="Theirs")).to_be_visible()  # which nobody has entered here
    await expect(page.get_by_label("About this charger")).to_contain_text("150.5 kW")
    await expect(page.get_by_label("About this charger")).to_contain_text("Massive Mobility")

    await see("edit-charger").click()
    await page.get_by_role("button", name="Take away Connector 2").click()
    await see("edit-charger-submit").click()
    await expect(page.get_by_role("dialog")).to_have_count(0)
    shown = await operator.page.evaluate("fetch('/api/v1/auth/refresh', {method: 'POST'}).then(a => a.json())")
    answer = await page.request.get(
        f"{operator.url}/api/v1/stations/CP1", headers={"Authorization": f"Bearer {shown['access_token']}"}
    )
    told = await answer.json()
    assert [told[each] for each in ("manufacturer", "charger_type", "max_power_w")] == [
        "Massive Mobility",
        "dc",
        150_500,
    ]
    [connector] = told["connectors"]
    assert (connector["type"], connector["max_current_a"], connector["max_power_w"]) == ("ccs2", 400, None)


async def test_API_22_pictures_of_a_charger_are_brought_looked_at_and_removed(operator: Visitor, app: App) -> None:
    page = operator.page
    home = await app.database.read(organizations.home)
    await app.database.write(stations.create, home, app.keys, identity="CP1")
    await operator.open("/chargers/CP1")
    taken = io.BytesIO()
    Image.new("RGB", (64, 48), "green").save(taken, "JPEG")
    files = page.locator("input[type=file]")
    await expect(operator.see("add-picture")).to_be_visible()
    await files.set_input_files({"name": "front.jpg", "mimeType": "image/jpeg", "buffer": taken.getvalue()})
    picture = page.get_by_role("img", name="CP1, view 1")
    await expect(picture).to_be_visible()
    await expect(picture).to_have_js_property("complete", True)
    assert await picture.evaluate("it => it.naturalWidth") > 0
    operator.will_be_refused(422)
    await files.set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": b"<svg onload=alert(1)>"})
    await expect(page.get_by_text("a.png is no picture that can be read")).to_be_visible()
    await page.get_by_role("button", name="Remove picture 1").click()
    await page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    await expect(picture).to_have_count(0)


async def test_an_organization_says_how_it_shows_itself_and_is_taken_away_as_a_file(visitor: Visitor, app: App) -> None:
    def own(work: Work) -> None:
        row = accounts.login_row(work, EMAIL)
        assert row is not None
        accounts.change_role(work, row.organization_id, row.public_id, role="owner")

    await app.database.write(own)
    page, see = visitor.page, visitor.see
    await visitor.open("/organization")
    await visitor.login()
    part = page.get_by_role("region", name="Name, logo and colour")
    drawn = io.BytesIO()
    Image.new("RGB", (60, 20), "green").save(drawn, "PNG")
    await see("look-name").fill("Harbour Charging")
    await part.locator("input[type=file]").set_input_files(
        {"name": "logo.png", "mimeType": "image/png", "buffer": drawn.getvalue()}
    )
    await expect(part.get_by_role("img", name="The logo")).to_be_visible()
    await see("look-submit").click()  # what was typed before the logo came is saved over its version
    await expect(see("brand").first).to_have_text("Harbour Charging")
    await expect(see("brand").first.locator("img")).to_have_js_property("naturalWidth", 60)
    await part.get_by_role("button", name="Remove").click()
    await expect(part.get_by_text("No logo yet")).to_be_visible()
    await expect(see("brand").first.locator("img")).to_have_attribute("src", "/icon.svg")  # ours
    async with visitor.page.expect_download() as started:
        await visitor.see("export-submit").click()
    with zipfile.ZipFile(await (await started.value).path()) as file:
        assert "users.jsonl" in file.namelist()
