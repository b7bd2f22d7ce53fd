"""A driver's own pages on a phone: paying in, starting, seeing it go on, stopping, the bill and the receipt; and nothing of an operator's."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from playwright.async_api import expect

from stationmaster.app import App
from stationmaster.domain import accounts, customers, drivers, organizations, sites, stations, tariffs, tokens
from stationmaster.domain.invoices import issuers
from stationmaster.settings import PaymentAccount, Payments, Settings
from stationmaster.storage import Work
from tests.background.browsers import Browser as Phone
from tests.web.conftest import EMAIL, Visitor

pytestmark = pytest.mark.slow

# A browser that is allowed to show messages, and reaches the push service of its maker.
SUBSCRIBES = """
(() => {
  const given = GIVEN;
  const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0)).buffer;
  Object.defineProperty(Notification, "permission", { get: () => "granted" });
  Notification.requestPermission = async () => "granted";
  let subscription = null;
  PushManager.prototype.getSubscription = async () => subscription;
  PushManager.prototype.subscribe = async ({ applicationServerKey }) => (subscription = {
    endpoint: given.endpoint, options: { applicationServerKey: bytes(applicationServerKey) }, getKey: (name) => bytes(given[name]),
    unsubscribe: async () => { subscription = null; return true; },
  });
})();
""".replace("GIVEN", msgspec.json.encode(Phone().subscription).decode())
TWO_KWH = re.compile(r"(1\.999|2\.00\d) kWh")
OPERATORS = ("Chargers", "Customers", "Home", "Alerts", "More")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    bank = PaymentAccount(name="test", kind="test")
    return settings.model_copy(update={"payments": Payments(providers=[bank])})


def _places(work: Work) -> None:
    """CP1 at a site with a price, and a customer who pays in advance."""
    home = organizations.home(work)
    sites.create(work, home, name="Hafen", latitude=53.5, longitude=10.0)
    stations.change(work, home, "CP1", {"site": "Hafen", "name": "Gate"})
    price: Any = {"name": "Day", "currency": "EUR", "standard": True, "price_per_kwh": Decimal("0.5")}
    tariffs.create(work, home, **price)
    issuers.change(work, home, {"legal_name": "Harbour Charging", "address": "Quay 1", "country": "DE"})
    customers.create(work, home, public_id="IDA", name="Ida", billing="prepaid", currency="EUR")
    tokens.change(work, home, "TAG1", {"customer": "IDA"})


def _charges(work: Work) -> None:
    home = organizations.home(work)
    drivers.link(work, home, accounts.named(work, home, EMAIL).id, customer="IDA")


async def test_D_01_a_driver_pays_in_charges_and_has_a_receipt_on_a_phone(
    stranger: Visitor, app: App, simulated: Callable[..., Any]
) -> None:
    page, see = stranger.page, stranger.see
    cp16 = await simulated("CP1")
    await cp16.plug_in()
    await app.database.write(_places)
    await app.database.write(lambda work: work.execute(accounts.users.update().values(role="driver")))
    await page.set_viewport_size({"width": 390, "height": 844})
    await stranger.open("/")
    await stranger.login()
    # Who is no customer yet is told what to do, and lands on what is their own.
    await expect(page.get_by_role("heading", name="You are not a customer here yet")).to_be_visible()
    await expect(page).to_have_url(f"{stranger.url}/my")
    await app.database.write(_charges)
    await page.reload()
    pages = page.get_by_role("navigation", name="Pages")
    await expect(pages.get_by_role("link")).to_have_text(["Charging", "Sessions", "Money", "Profile"])
    for name in OPERATORS:
        await expect(page.get_by_role("link", name=name, exact=True)).to_have_count(0)

    await pages.get_by_role("link", name="Money").click()
    await see("top-up-amount").fill("twenty")
    await see("top-up-submit").click()
    await expect(page.get_by_text("An amount, as in 20 or 12.50")).to_be_visible()
    await see("top-up-amount").fill("20")
    await see("top-up-submit").click()
    await page.get_by_role("button", name="4242424242424242").click()
    await expect(see("payment-paid")).to_contain_text("€20.00 is paid")
    await expect(see("own-wallet")).to_contain_text("€20.00")

    await pages.get_by_role("link", name="Charging").click()
    await see("where").fill("haf")
    await see("start-here").first.click()
    going = see("going-on")
    await expect(going).to_contain_text("Hafen · Gate · Connector 1")
    await cp16.charge(kwh=2)
    await cp16.sample(cp16.connectors[1])
    await expect(going).to_contain_text(TWO_KWH)
    await expect(see("cost")).to_have_text("€1.00")
    await see("stop").click()
    await expect(see("latest")).to_contain_text(TWO_KWH)
    assert cp16.connectors[1].transaction is None

    await page.get_by_role("link", name="Bill and details").click()
    await expect(see("own-price")).to_contain_text("€1.00 from the wallet")
    await see("own-price").get_by_role("link", name="Receipts and invoices").click()
    async with page.expect_download() as saved:
        await page.get_by_role("button", name=re.compile("PDF of ")).first.click()
    assert (await (await saved.value).path()).read_bytes().startswith(b"%PDF")

    # A card that is lost is blocked after a question, and charges no more.
    await pages.get_by_role("link", name="Profile").click()
    await page.get_by_role("button", name="Block TAG1").click()
    await page.get_by_role("dialog").get_by_role("button", name="Block it").click()
    await expect(page.get_by_text("The card TAG1 is blocked")).to_be_visible()

    # Their phone is told while the page is closed; the headless browser allows no messages by itself.
    await expect(see("push-devices")).to_contain_text("Messages from this page are blocked in the browser")
    await page.add_init_script(SUBSCRIBES)
    await page.reload()
    await see("push-here").check()
    await expect(see("push-device")).to_contain_text("Here")
    assert await page.evaluate("navigator.serviceWorker.ready.then(({ active }) => active.scriptURL)") == (
        f"{stranger.url}/push.js"
    )
    known = "caches.open('push').then((kept) => kept.match('/push/known')).then((said) => said.json())"
    assert (await page.evaluate(known))["endpoint"] == Phone().endpoint
    await see("push-test").click()  # nobody takes messages for that browser
    await expect(page.get_by_text(re.compile("was not reached: "))).to_be_visible()
    await see("push-here").uncheck()
    await expect(see("push-device")).to_have_count(0)
    await pages.get_by_role("link", name="Charging").click()
    await expect(page.get_by_role("heading", name="None of your cards may charge")).to_be_visible()
