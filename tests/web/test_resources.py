"""Sites, customers and tariffs: added, edited, removed and restored in the browser, and what stands at a field that is wrong."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from playwright.async_api import FilePayload, Locator, expect

from stationmaster.api.shapes import MAX_PAGE
from stationmaster.app import App
from stationmaster.domain import customers, organizations, sites, tariffs, tokens
from stationmaster.storage import Work
from tests.charger import Charger
from tests.web.conftest import Visitor

pytestmark = pytest.mark.slow


def dialog(visitor: Visitor) -> Locator:
    return visitor.page.get_by_role("dialog")


async def restore(visitor: Visitor, path: str, name: str) -> None:
    """The one that was removed is not in the list, and comes back from among the removed."""
    main = visitor.page.locator("#main")
    await visitor.open(f"{path}?state=removed")
    await main.get_by_role("button", name=f"Restore {name}").click()
    await expect(main.get_by_role("heading", name="Nothing was removed")).to_be_visible()
    await visitor.open(path)
    await expect(main.get_by_role("link", name=name)).to_be_visible()


async def test_S1_127_a_site_is_added_edited_removed_and_restored(operator: Visitor, app: App) -> None:
    page, see = operator.page, operator.see
    await page.get_by_role("link", name="Sites").first.click()
    await see("add-site").click()
    await see("site-submit").click()
    await expect(dialog(operator).get_by_text("Please fill this in")).to_have_count(1)
    await see("site-name").fill("Old town")
    await see("site-latitude").fill("95")
    await see("site-email").fill("nobody")
    await see("site-whole-day").uncheck()
    await see("site-opens").fill("22:00")
    await see("site-submit").click()
    for reason in (
        "Degrees from −90 to 90",
        "Latitude and longitude, or neither",
        "An e-mail address",
        "Please fill this in",
    ):
        await expect(dialog(operator).get_by_text(reason)).to_be_visible()
    await see("site-latitude").fill("52,5")
    await see("site-longitude").fill("13.4")
    await see("site-email").fill("ida@example.com")
    await see("site-closes").fill("04:00")
    await expect(dialog(operator).get_by_text("The next day")).to_be_visible()
    await dialog(operator).get_by_role("checkbox", name="Sunday").uncheck()
    await see("site-submit").click()
    await expect(page.get_by_role("heading", name="Old town")).to_be_visible()
    main = page.locator("#main")
    await expect(main.get_by_role("row").filter(has_text="Monday")).to_contain_text("22:00 to 04:00 the next day")
    await expect(main.get_by_role("row").filter(has_text="Sunday")).to_contain_text("Closed")
    await expect(main.get_by_text("52.5, 13.4")).to_be_visible()

    await see("remove-site").click()
    await dialog(operator).get_by_role("button", name="Remove").click()
    await expect(main.get_by_role("heading", name="No sites yet")).to_be_visible()
    await restore(operator, "/sites", "Old town")


async def test_S1_132_a_form_is_filled_in_and_what_somebody_else_has_changed_meanwhile_is_a_choice(
    operator: Visitor, app: App
) -> None:
    home = await app.database.write(organizations.home)
    await app.database.write(
        lambda work: sites.create(
            work, home, public_id="S", name="Old town", city="Berlin", closing_time="24:00", opening_time="07:30"
        )
    )

    async def somebody_else(**changes: Any) -> None:
        await app.database.write(sites.change, home, "S", changes)

    see, form = operator.see, dialog(operator)
    await operator.open("/sites/S")
    await see("edit-site").click()
    await expect(see("site-name")).to_have_value("Old town")
    await expect(see("site-city")).to_have_value("Berlin")
    await expect(see("site-opens")).to_have_value("07:30")
    await expect(see("site-closes")).to_have_value("00:00")

    await see("site-city").fill("Potsdam")
    await somebody_else(city="Bern", contact_person="Jane")
    operator.will_be_refused(412)
    await see("site-submit").click()
    await expect(see("outdated")).to_contain_text("Somebody else has changed this since you opened it")
    await form.get_by_role("button", name="Show theirs, drop mine").click()
    await expect(see("site-city")).to_have_value("Bern")

    await see("site-city").fill("Potsdam")
    await somebody_else(contact_person="Joan")
    operator.will_be_refused(412)
    await see("site-submit").click()
    await form.get_by_role("button", name="Save mine all the same").click()
    await expect(form).to_have_count(0)
    main = operator.page.locator("#main")
    await expect(main.get_by_text("Potsdam")).to_be_visible()
    await expect(main.get_by_text("Joan")).to_be_visible()  # what I had not touched stays as they have made it


async def test_what_is_entered_is_not_lost_by_a_key_or_the_back_button(operator: Visitor, app: App) -> None:
    home = await app.database.write(organizations.home)
    await app.database.write(lambda work: sites.create(work, home, public_id="S", name="Old town"))
    page, see = operator.page, operator.see
    await page.get_by_role("link", name="Sites").first.click()
    await page.get_by_role("link", name="Old town").click()
    await see("edit-site").click()
    await page.keyboard.press("Escape")
    await expect(dialog(operator)).to_have_count(0)  # nothing was entered

    await see("edit-site").click()
    await see("site-city").fill("Potsdam")
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Go on editing").click()
    await page.go_back()
    await page.get_by_role("button", name="Go on editing").click()
    await expect(see("site-city")).to_have_value("Potsdam")
    await page.go_back()
    await page.get_by_role("button", name="Leave without saving").click()
    await expect(page.get_by_role("heading", name="Sites")).to_be_visible()
    await expect(dialog(operator)).to_have_count(0)
    site = await app.database.read(sites.get, home, "S")
    assert site.city is None


async def test_S1_131_a_customer_is_added_edited_removed_and_restored(operator: Visitor) -> None:
    page, see = operator.page, operator.see
    main = page.locator("#main")
    await page.get_by_role("link", name="Customers").first.click()
    await see("add-customer").click()
    await see("customer-name").fill("Ida Sommer")
    await see("customer-phone").fill("12")
    operator.will_be_refused(422)
    await see("customer-submit").click()
    await expect(see("customer-phone")).to_have_attribute("aria-invalid", "true")
    await see("customer-phone").fill("+49 30 1234567")
    await see("customer-submit").click()
    await expect(main.get_by_role("link", name="+49301234567")).to_be_visible()
    await see("edit-customer").click()
    await expect(see("customer-phone")).to_have_value("+49301234567")
    await see("customer-phone").fill("+49 30 7654321")
    await see("customer-submit").click()
    await expect(main.get_by_role("link", name="+49307654321")).to_be_visible()
    await see("remove-customer").click()
    await dialog(operator).get_by_role("button", name="Remove").click()
    await expect(page.get_by_role("heading", name="No customers yet")).to_be_visible()
    await restore(operator, "/customers", "Ida Sommer")


async def test_S1_131_a_customer_has_cards_and_vehicles_and_a_select_finds_any_customer(
    operator: Visitor, app: App
) -> None:
    home = await app.database.write(organizations.home)

    def furnish(work: Work) -> None:
        customers.create(work, home, public_id="IDA", name="Ida Sommer")
        for number in range(MAX_PAGE + 1):
            customers.create(work, home, name=f"Driver {number}.")
        tokens.add(work, home, uid="0004A2", label="Spare")

    await app.database.write(furnish)
    page, see = operator.page, operator.see
    cards = page.get_by_role("region", name="Cards")
    await operator.open("/customers/IDA")
    await see("add-card").click()
    await see("add-card-uid").fill("04B1")
    await see("card-submit").click()
    await expect(cards.get_by_role("row").filter(has_text="04B1")).to_contain_text("Accepted")
    await see("assign-card").click()
    await see("assign-uid").fill("Spa")
    await page.get_by_role("option", name="0004A2").click()
    await see("assign-submit").click()
    await cards.get_by_role("button", name="Block 0004A2").click()
    await expect(cards.get_by_role("row").filter(has_text="0004A2")).to_contain_text("Blocked")
    await cards.get_by_role("button", name="Take back 04B1").click()
    await expect(cards.get_by_role("row").filter(has_text="04B1")).to_have_count(0)

    vehicles = page.get_by_role("region", name="Vehicles")
    for plate, battery in (("B-IS 1", "77,5"), ("B-IS 2", "")):
        await see("add-vehicle").click()
        await see("vehicle-plate").fill(plate)
        await see("vehicle-battery").fill(battery)
        await see("vehicle-submit").click()
    await expect(vehicles.get_by_role("row").filter(has_text="B-IS 1")).to_contain_text("77.5 kWh")
    await vehicles.get_by_role("button", name="Make usual: B-IS 2").click()
    await expect(vehicles.get_by_role("row").filter(has_text="B-IS 2")).to_contain_text("Usually")
    await expect(page.get_by_role("region", name="Who it is")).to_contain_text("B-IS 2")

    await operator.open("/cards")
    await page.get_by_role("button", name="Edit 04B1").click()
    await see("card-customer").fill("Driver 0.")  # the oldest: a list begins with the newest
    await page.get_by_role("option", name="Driver 0.").click()
    await see("card-submit").click()
    await expect(page.get_by_role("row").filter(has_text="04B1")).to_contain_text("Driver 0.")
    await page.get_by_role("button", name="Remove 04B1").click()
    await dialog(operator).get_by_role("button", name="Remove").click()
    await operator.open("/cards?state=removed")
    await page.get_by_role("button", name="Restore 04B1").click()
    await operator.open("/cards?customer=IDA")
    await expect(page.get_by_role("row").filter(has_text="0004A2")).to_be_visible()
    await expect(page.get_by_role("row").filter(has_text="04B1")).to_have_count(0)


async def test_S1_130_a_tariff_is_added_gets_another_price_and_is_removed_and_restored(
    operator: Visitor, app: App
) -> None:
    page, see = operator.page, operator.see
    await operator.open("/tariffs")
    await see("add-tariff").click()
    await see("tariff-name").fill("By day")
    await see("tariff-kwh").fill("0,3a")
    await see("tariff-submit").click()
    await expect(see("tariff-kwh")).to_have_attribute("aria-invalid", "true")
    await see("tariff-kwh").fill("0,350001")  # exact, and with a comma
    await see("tariff-tax").fill("19")
    # The first one holds everywhere; one that holds somewhere is not removed.
    await expect(see("tariff-standard")).to_be_checked()
    await see("tariff-standard").uncheck()
    await see("tariff-submit").click()
    costs = page.get_by_role("region", name="What it costs")
    await expect(costs).to_contain_text("€0.350001 a kWh")
    await see("edit-tariff").click()
    await expect(see("tariff-kwh")).to_have_value("0.350001")
    await see("tariff-kwh").fill("0.39")
    await see("tariff-submit").click()
    await expect(costs).to_contain_text("€0.39 a kWh")
    had = page.get_by_role("region", name="Prices it has had").get_by_role("row")
    await expect(had.filter(has_text="€0.3")).to_have_count(2)
    await see("remove-tariff").click()
    await dialog(operator).get_by_role("button", name="Remove").click()
    await expect(page.get_by_role("heading", name="No tariffs yet")).to_be_visible()
    await operator.open("/tariffs?state=removed")
    await page.get_by_role("button", name="Restore By day").click()
    await operator.open("/tariffs")
    await expect(page.get_by_role("row").filter(has_text="By day")).to_be_visible()
    home = await app.database.read(organizations.home)
    await app.database.write(sites.create, home, name="Harbour", public_id="S")
    await operator.load("/sites/S")
    await see("site-tariff").click()
    await page.get_by_role("option", name="By day").click()
    await expect(page.get_by_text("Saved")).to_be_visible()
    await operator.open("/sites/S")
    await expect(see("site-tariff")).to_have_value("By day")


async def test_a_new_tariff_takes_the_place_of_none_that_holds_everywhere(operator: Visitor, app: App) -> None:
    page, see = operator.page, operator.see
    await operator.open("/tariffs")
    await see("add-tariff").click()
    await expect(see("tariff-standard")).to_be_checked()
    await page.keyboard.press("Escape")
    await expect(see("tariff-standard")).to_have_count(0)
    home = await app.database.read(organizations.home)  # meanwhile somebody else has added it
    price = {"currency": "EUR", "price_per_kwh": Decimal("0.39")}
    await app.database.write(tariffs.create, home, public_id="all", name="All", standard=True, **price)
    await see("add-tariff").click()
    await expect(see("tariff-standard")).not_to_be_checked()


async def test_a_customer_is_removed_only_as_it_was_when_it_was_asked_about(operator: Visitor, app: App) -> None:
    home = await app.database.write(organizations.home)
    await app.database.write(lambda work: customers.create(work, home, public_id="C", name="Ida Sommer"))
    page, question = operator.page, dialog(operator)
    await operator.open("/customers/C")
    await operator.see("remove-customer").click()
    await expect(question.get_by_text("Ida Sommer leaves the list")).to_be_visible()
    await app.database.write(customers.change, home, "C", {"name": "Ida Winter"})
    operator.will_be_refused(412)
    await question.get_by_role("button", name="Remove").click()
    await expect(question.get_by_text("It has been changed since you looked at it")).to_be_visible()
    await expect(question.get_by_text("Ida Winter leaves the list")).to_be_visible()
    await question.get_by_role("button", name="Remove").click()
    await expect(page.get_by_role("heading", name="No customers yet")).to_be_visible()


async def test_a_site_chooses_among_all_tariffs_not_only_those_of_one_page(operator: Visitor, app: App) -> None:
    home = await app.database.write(organizations.home)

    def create(work: Work) -> None:
        sites.create(work, home, public_id="S", name="Old town")
        for number in range(MAX_PAGE + 1):
            price = Decimal(number)
            tariffs.create(work, home, name=f"Tariff {number}.", currency="EUR", price_per_kwh=price)

    await app.database.write(create)
    await operator.open("/sites/S")
    await operator.see("site-tariff").fill("Tariff 0.")  # the oldest: a list begins with the newest
    await operator.page.get_by_role("option", name="Tariff 0.").click()
    await expect(operator.page.get_by_text("Saved")).to_be_visible()


async def test_O_04_a_file_is_looked_at_row_by_row_before_it_is_taken(operator: Visitor, app: App) -> None:
    home = await app.database.write(organizations.home)
    await app.database.write(tokens.add, home, uid="04B1", label="Spare")
    page, see, asked = operator.page, operator.see, dialog(operator)
    await operator.open("/cards")
    await see("import-tokens").click()

    async def choose(text: str) -> None:
        chosen = FilePayload(name="cards.csv", mimeType="text/csv", buffer=text.encode())
        async with page.expect_file_chooser() as opening:
            await see("import-file").click()
        await (await opening.value).set_files(chosen)

    await choose("number,name,expiry\n0004A2,Ida,\n04B1,Ben,\n04C3,Cid,soon\n")
    wrong = asked.get_by_role("row").filter(has_text="expires_at")
    await expect(wrong).to_contain_text("must be a time with its zone")
    await expect(asked.get_by_role("row").filter(has_text="0004A2")).to_contain_text("New")
    await expect(asked.get_by_role("row").filter(has_text="04B1")).to_contain_text("label")
    await expect(see("import-submit")).to_have_count(0)

    await choose("number,name,expiry\n0004A2,Ida,\n04B1,Ben,\n04C3,Cid,2030-12-31\n")
    await expect(asked.get_by_role("row").filter(has_text="04C3")).to_contain_text("New")
    await see("import-submit").click()
    await expect(asked).to_have_count(0)
    await expect(page.get_by_role("row").filter(has_text="0004A2")).to_contain_text("Ida")
    await expect(page.get_by_role("row").filter(has_text="04B1")).to_contain_text("Ben")

    await operator.open("/chargers")
    await see("import-stations").click()
    await choose("id,name\nCP9,North gate\n")
    await see("import-submit").click()
    secret = await see("secret-CP9").text_content()
    charger = await Charger.connect(app.gateway_port, "CP9", secret)
    await charger.close()
    await see("secrets-kept").click()
    await expect(see("fleet-row-CP9")).to_contain_text("North gate")
