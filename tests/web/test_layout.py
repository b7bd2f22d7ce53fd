"""Every page at four widths and in both themes, its accessibility, its reload, and the server that stops meanwhile.

One server and one browser for the whole module: the pages are looked at, not changed.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import websockets
from playwright.async_api import Browser, Page, expect

from stationmaster.app import App
from stationmaster.cli import demo_upkeep
from stationmaster.domain import (
    accounts,
    alarms,
    api_keys,
    charging_profiles,
    customer_groups,
    customers,
    display_messages,
    drivers,
    organizations,
    payments,
    sites,
    stations,
    tariffs,
    tokens,
    vehicles,
    webhooks,
)
from stationmaster.domain.alerts import book, channels, pauses, watching
from stationmaster.domain.alerts import rules as alert_rules
from stationmaster.domain.charging_profiles import ChargingProfile, Period
from stationmaster.domain.guests import places
from stationmaster.domain.money.amounts import Money
from stationmaster.domain.stations import Station
from stationmaster.settings import Settings
from stationmaster.storage import Work
from stationmaster.storage.lists import Wanted
from tests import factories
from tests.charger import Charger
from tests.web.conftest import EMAIL, PASSWORD, ROOT, Visitor, browsing

pytestmark = pytest.mark.slow

WIDTHS = (390, 820, 1280, 1440)
LOOKS = (Path(__file__).parent / "looks.js").read_text()
AXE = (ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js").read_text
LONG = "Underground-garage-of-the-old-town-hall-second-level"
DARK = "document.documentElement.setAttribute('data-mantine-color-scheme', {!r})"

# Each page by its address, what its tab says, and what is on it once it is loaded.
PAGES = {
    "/": ("Home", "What needs you"),
    "/analytics": ("Analytics", "Do drivers get to charge?"),
    "/chargers": ("Chargers", "North wall"),
    "/chargers?columns=name,connectors,power,energy,heard": ("Chargers", "Last heard"),
    "/chargers/CP1": ("CP1", "Charging session"),
    "/chargers/CP2": ("CP2", "Waiting for its first connection"),
    "/chargers/CP1?part=reservations": ("CP1", "Nobody came."),
    "/chargers/CP1?part=limits": ("CP1", "Each session at Connector 1"),
    "/chargers/CP1?part=cards": ("CP1", "Never sent"),
    "/chargers/CP1?part=firmware": ("CP1", "The file is here."),
    "/chargers/CP4?part=display": ("CP4", "Welcome"),
    "/chargers/CP4?part=firmware": ("CP4", "DownloadFailed"),
    "/map": ("Map", "1 site has no position"),
    "/sites": ("Sites", "Hauptstraße 12"),
    "/sites/SITE-1": ("Site", "Friday"),
    "/sessions": ("Sessions", "Completed"),
    "/sessions?sort=-energy&columns=started,state,station,energy,stopped,reason": ("Sessions", "Why it ended"),
    "/sessions/SESSION": ("Session", "Power and energy"),
    "/reports?report=uptime": ("Reports", "Sent by mail"),
    "/reservations": ("Reservations", "Nobody came."),
    "/firmware": ("Firmware", "1.1.0"),
    "/customers": ("Customers", "Ida Sommer"),
    "/customers/IDA": ("Customer", "Who it is"),
    "/groups": ("Customer groups", "Taxis"),
    "/payments": ("Payments", "Wallet"),
    "/invoices": ("Invoices", "Nothing was issued yet"),
    "/revenue": ("Revenue", "Customers’ money"),
    "/tariffs": ("Tariffs", "By day"),
    "/tariffs/DAY": ("Tariff", "Total"),
    "/cards": ("Cards", "Ida"),
    "/alerts": ("Alerts", "Suspicious connections"),
    "/alerts/ALERT": ("Alert", "What became of it"),
    "/alert-pauses": ("Planned work", "The fuse box is replaced"),
    "/alert-rules": ("Rules of alerts", "Nobody, but for the bell"),
    "/alert-channels": ("Channels", "https://example.com/…"),
    "/alert-messages": ("Messages", "Not sent"),
    "/review": ("To review", "Messages that fit nothing"),
    "/users": ("Users", EMAIL),
    "/account": ("My account", "Second step"),
    "/my": ("Charging", "Charge another car"),
    "/my/sessions": ("My sessions", "Completed"),
    "/my/sessions/OWN": ("My session", "Power and energy"),
    "/my/money": ("Money", "You charge now, and pay afterwards"),
    "/my/profile": ("Profile", "The car is nearly full"),
    "/api-keys": ("API keys", "billing"),
    "/webhooks": ("Webhooks", "Billing"),
    "/deliveries": ("Deliveries", "Billing"),
    "/organization": ("Organization", "About"),
    "/audit": ("Who did what", "Before and after"),
    "/start": ("First steps", "Charge once"),
    "/refused": ("Why can't my charger connect?", "NEW-1"),
    "/nowhere": ("Stationmaster", "There is no such page"),
}


class House:
    """The server, its chargers, and the page of somebody signed in."""

    def __init__(self, app: App, visitor: Visitor, session: str, alert: str, chargers: list[Charger]) -> None:
        self.app = app
        self.visitor = visitor
        self.names = {"SESSION": session, "OWN": session, "ALERT": alert}
        self.chargers = chargers

    async def open(self, path: str) -> None:
        await self.visitor.load(re.sub("SESSION|OWN|ALERT", lambda found: self.names[found[0]], path))
        await expect(self.visitor.page.locator("#main").get_by_text(PAGES[path][1]).first).to_be_visible()


def _settings(path: Path, *, gateway: int = 0, web: int = 0) -> Settings:
    made = factories.settings(f"sqlite:///{path}")
    made.gateway.port, made.web.port = gateway, web
    return made


async def _furnish(app: App) -> list[Charger]:
    """A few of everything, among them names as long as people make them."""
    home = await app.database.write(organizations.home)
    await app.database.write(
        lambda work: accounts.add(work, home, email=EMAIL, password=PASSWORD, role="administrator")
    )
    await app.database.write(
        lambda work: accounts.add(work, home, email=f"{LONG.lower()}@example.com", password=PASSWORD, role="technician")
    )
    await app.database.write(api_keys.create, home, name="billing", names=["view", "operate", "correct_sessions"])
    await app.database.write(api_keys.create, home, name=LONG, role="viewer")
    await app.database.write(_places, home)
    await app.database.write(
        webhooks.create, home, app.keys, url=f"https://example.com/{LONG}", name="Billing", events=["alarm"]
    )
    await app.database.write(tokens.add, home, uid="TAG1", label="Ida", customer="IDA")
    # Who works here may charge here as well: the pages of drivers are looked at with the same log-in.
    me = await app.database.read(accounts.named, home, EMAIL)
    await app.database.write(drivers.link, home, me.id, customer="IDA")
    await app.database.write(tokens.add, home, uid="04A1B2C3D4E5F60718293A4B", label=f"Card of {LONG}")
    await app.database.write(
        stations.create, home, app.keys, identity="CP1", secret="a secret of sixteen", name="North wall", site=LONG
    )
    await app.database.write(stations.create, home, app.keys, identity="CP2", name=LONG)
    await app.database.write(stations.create, home, app.keys, identity="CP3", secret="a secret of sixteen")
    chargers = [await Charger.connect(app.gateway_port, identity, "a secret of sixteen") for identity in ("CP1", "CP3")]
    for charger in chargers:
        await charger.boot(firmwareVersion="1.2.3-build-20261125-long-name", chargePointSerialNumber="A" * 25)
        for connector, status in ((0, "Available"), (1, "Charging"), (2, "Faulted")):
            error = "OtherError" if status == "Faulted" else "NoError"
            await charger.call("StatusNotification", {"connectorId": connector, "status": status, "errorCode": error})
    one, other = chargers
    for number in range(4):
        at = f"2026-11-0{number + 1}T1"
        transaction = (await one.start(connector=1, meter=1_000_000, at=f"{at}0:00:00Z"))["transactionId"]
        await one.meter(
            "1005000", transaction=transaction, at=f"{at}0:30:00Z", measurand="Energy.Active.Import.Register"
        )
        await one.stop(transaction, meter=1_012_345 + number, at=f"{at}1:00:00Z", reason="EVDisconnected")
    held = (await other.start(connector=2, meter=5000, at="2026-11-05T10:00:00Z"))["transactionId"]
    await other.stop(held, meter=4000, at="2026-11-05T11:00:00Z")
    await other.call("StopTransaction", {"transactionId": 4711, "meterStop": 1, "timestamp": "2026-11-01T10:00:00Z"})
    running = (await one.start(connector=1, meter=2_000_000, at="2026-11-06T10:00:00Z"))["transactionId"]
    await one.meter(
        "2003000", transaction=running, at="2026-11-06T10:10:00Z", measurand="Energy.Active.Import.Register"
    )
    with pytest.raises(websockets.InvalidStatus):
        await Charger.connect(app.gateway_port, "NEW-1", "the secret of another system")
    chargers.append(await _screens(app, home))
    return chargers


def _places(work: Work, home: int) -> None:
    """A site with all that can be said of one, and one with nothing but its name."""
    sites.create(
        work,
        home,
        public_id="SITE-1",
        name=LONG,
        address="Hauptstraße 12\nLevel -2",
        postal_code="10115",
        city="Berlin",
        country="Germany",
        latitude=52.52,
        longitude=13.405,
        time_zone="Europe/Berlin",
        working_days=["friday", "saturday"],
        opening_time="22:00",
        closing_time="04:00",
        contact_email=f"{LONG.lower()}@example.com",
        contact_number="+49 30 1234567",
    )
    customers.create(
        work, home, public_id="IDA", name="Ida Sommer", phone="+49301234567", billing="postpaid", currency="EUR"
    )
    customer_groups.create(work, home, name="Taxis")
    vehicles.create(work, home, customer="IDA", name=LONG, plate="B-IS 1234", connector_types=["ccs2", "type2"])
    payments.enter(work, home, "bank", Money(Decimal(50), "EUR"), reference=LONG, by=EMAIL, customer="IDA")
    customers.create(work, home, name=LONG, email=f"{LONG.lower()}@example.com")
    tariffs.create(
        work, home, public_id="DAY", name="By day", currency="EUR", price_per_kwh=Decimal("0.39"), standard=True
    )
    tariffs.create(work, home, name=LONG, currency="INR", price_per_minute=Decimal("0.000001"), status="inactive")
    sites.create(work, home, name="Airport", status="maintenance")


def _station(work: Work, identity: str) -> Station:
    row = stations.get(work, organizations.home(work), identity)
    return Station(row.id, identity, row.organization_id, row.ocpp_version or "", row.registration, True)


async def _alert(app: App) -> str:
    """Somebody seems to use a charger's name, and the one who is to be told by mail is not: there is no mail here."""
    home = await app.database.read(organizations.home)

    def begin(work: Work) -> None:
        alert_rules.begin(work)
        alert_rules.change(work, home, "suspicious", {"tell": {"addresses": [f"{LONG.lower()}@example.com"]}})
        until = work.now + timedelta(days=1)
        pauses.create(
            work, home, site="Airport", station=None, from_at=None, until_at=until, note="The fuse box is replaced"
        )
        channels.create(work, home, app.keys, name=LONG, kind="webhook", address="https://example.com/alerts")
        alarms.raise_alarm(work, _station(work, "CP1"), kind="takeovers", detail=f"12 from {LONG}")

    await app.database.write(begin)
    for part in watching.parts(await app.database.read(watching.look)):
        await app.database.write(watching.apply, part)
    found = await app.database.read(book.list_alerts, home, Wanted(1), kind="suspicious")
    return found.rows[0].public_id


async def _screens(app: App, home: int) -> Charger:
    """Something for each part of a charger's page, and a charger of 2.0.1, which has a display."""
    secret = "a secret of sixteen"
    await app.database.write(stations.create, home, app.keys, identity="CP4", secret=secret)
    modern = await Charger.connect(app.gateway_port, "CP4", secret, subprotocols=["ocpp2.0.1"])
    plate = {"model": "Two", "vendorName": "Acme"}
    await modern.call("BootNotification", {"reason": "PowerUp", "chargingStation": plate})

    def tell(work: Work) -> None:
        one, other = _station(work, "CP1"), _station(work, "CP4")
        for number, evse in ((1, 0), (2, 1)):
            purpose: charging_profiles.Purpose = "session_default" if evse else "station_max"
            profile = ChargingProfile(purpose, [Period(0, 32), Period(3600, 16.5)], starts_at=work.now, duration_s=7200)
            charging_profiles.accepted(work, one, evse=evse, number=number, profile=profile)
        told = {"schedules": []}
        charging_profiles.limited_from_elsewhere(work, one, evse=0, source="EMS", told=told)
        facts = {"language": "en", "state": "idle", "starts_at": None, "session": None, "ends_at": None}
        text = f"Welcome to the {LONG}"
        display_messages.has(work, other, 1, text=text, format="utf8", priority="in_front", **facts)  # type: ignore[arg-type]

    chargers = [await app.database.read(_station, identity) for identity in ("CP1", "CP4")]
    await demo_upkeep.past(app, chargers, ("TAG1", "04A1B2C3D4E5F60718293A4B", "A" * 36))
    await app.database.write(tell)
    return modern


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path, driven: Browser
) -> AsyncIterator[House]:
    folder = tmp_path_factory.mktemp("house")
    shutil.copy(sqlite_template, folder / "stationmaster.db")
    async with App(_settings(folder / "stationmaster.db")).running() as app, browsing(driven) as context:
        chargers = await _furnish(app)
        visitor = Visitor(context.pages[0], f"http://127.0.0.1:{app.web_port}")
        await visitor.open("/")
        await visitor.login()
        await expect(visitor.see("stream-state")).to_have_text("Live")
        await visitor.open("/sessions?status=completed")
        link = visitor.page.locator("#main").get_by_role("row").nth(1).get_by_role("link").first
        session = (await link.get_attribute("href") or "").rpartition("/")[2]
        yield House(app, visitor, session, await _alert(app), chargers)
        for charger in chargers:
            await charger.close()
        assert visitor.troubles == []


async def test_every_page_there_is_is_looked_at() -> None:
    files = (ROOT / "web/operator/src/features").glob("*/routes/*.tsx")
    pages = {"/" + file.stem.replace(".", "/").removesuffix("index").removesuffix("/") for file in files}
    looked_at = {re.sub("CP1|SESSION|OWN|SITE-1|IDA|DAY|ALERT", "$id", path.partition("?")[0]) for path in PAGES}
    assert pages <= looked_at


@pytest.mark.parametrize("path", PAGES)
async def test_O10_O12_a_page_is_whole_at_any_width_in_either_theme_accessible_and_survives_a_reload(
    house: House, path: str
) -> None:
    """One visit for all of it: opening the page takes longer than looking at it.

    It is opened by its address in a new document, which is all that a reload does.
    """
    page = house.visitor.page
    await house.open(path)
    title, _ = PAGES[path]
    await expect(page).to_have_title(title if title == "Stationmaster" else f"{title} · Stationmaster")
    cut_off = {}
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": 900})
        for theme in ("light", "dark"):
            await page.evaluate(DARK.format(theme))
            if faults := await page.evaluate(LOOKS):
                cut_off[width, theme] = faults
    await page.set_viewport_size({"width": 1280, "height": 900})
    assert (cut_off, await _barriers(page)) == ({}, [])


async def _barriers(page: Page) -> list[Any]:
    """What keeps somebody from using the page as it stands. The other theme has the same page in other colours.

    No rule that is asked needs the files of the page loaded once more (`preload`).
    """
    await page.evaluate(AXE())
    found = []
    for theme, rules in (("light", ""), ("dark", ", runOnly: ['color-contrast', 'link-in-text-block']")):
        await page.evaluate(DARK.format(theme))
        answer: Any = await page.evaluate(
            f"axe.run(document, {{ resultTypes: ['violations'], preload: false{rules} }})"
        )
        found += [
            (theme, each["id"], node["target"], node["failureSummary"][:300])
            for each in answer["violations"]
            for node in each["nodes"]
        ]
    return found


async def test_D_03_a_guest_finds_the_price_at_a_charger_without_a_log_in(house: House) -> None:
    home = await house.app.database.read(organizations.home)
    code = (await house.app.database.write(places.make, home, "CP1"))[0].public_id
    page = house.visitor.page
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))
    await house.visitor.load(f"/pay/{code}")
    await expect(page.get_by_text("€0.39 a kWh")).to_be_visible()
    await expect(page.get_by_text("One cannot pay here yet.")).to_be_visible()
    files = {url.rpartition("/")[2].partition("-")[0] for url in loaded}
    assert "base" in files and not files & {"first", "libraries", "shared"}  # a phone at a charger waits for each byte
    faults = {}
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": 900})
        faults[width] = await page.evaluate(LOOKS)
    barriers = await _barriers(page)
    assert ([*faults.values()], barriers) == ([[]] * len(WIDTHS), [])


async def test_O12_the_close_button_of_a_dialog_has_a_name(house: House) -> None:
    await house.open("/cards")
    await house.visitor.see("add-card").click()
    await house.visitor.page.get_by_role("dialog").get_by_role("button", name="Close").click()
    await expect(house.visitor.page.get_by_role("dialog")).to_have_count(0)


async def test_who_is_signed_in_and_the_way_out_stay_in_a_low_window(house: House) -> None:
    await house.open("/cards")
    page = house.visitor.page
    await page.set_viewport_size({"width": 1280, "height": 600})
    await expect(page.get_by_role("button", name="Account and appearance").first).to_be_in_viewport()
    await page.set_viewport_size({"width": 1280, "height": 900})


async def test_on_a_phone_the_words_below_stand_apart_and_what_is_said_stands_above_them(house: House) -> None:
    page = house.visitor.page
    await house.open("/organization")
    await page.evaluate("localStorage.setItem('stationmaster-language', 'de')")
    await page.reload()
    below = page.get_by_role("navigation", name="Seiten").last
    await expect(below.get_by_role("link", name="Ladestationen")).to_have_count(1)
    for width in (390, 360):
        await page.set_viewport_size({"width": width, "height": 800})
        boxes = await below.evaluate(
            """nav => [...nav.children].map(each => {
                 const words = document.createRange();
                 words.selectNodeContents(each);
                 const { left, right } = words.getBoundingClientRect();
                 return [left, right];
               })"""
        )
        apart = [after[0] - before[1] for before, after in pairwise(boxes)]
        assert min(apart) >= 8 and boxes[0][0] >= 2 and boxes[-1][1] <= width - 2, (width, boxes)
    await house.visitor.see("offers-submit").click()
    said = page.get_by_text("Gespeichert").last
    await expect(said).to_be_visible()
    over, under = await said.bounding_box(), await below.bounding_box()
    assert over is not None and under is not None and over["y"] + over["height"] <= under["y"]
    await page.evaluate("localStorage.removeItem('stationmaster-language')")
    await page.set_viewport_size({"width": 1280, "height": 900})


async def test_O11_what_the_server_refuses_stands_at_its_field_and_without_words_of_http(house: House) -> None:
    await house.open("/chargers")
    page = house.visitor.page
    await page.get_by_role("button", name="Add charger").click()
    dialog = page.get_by_role("dialog")
    house.visitor.will_be_refused(409)
    for entered, said in (("", "fill this in"), ("two:parts", "Letters, digits"), ("CP1", "already")):
        await house.visitor.see("add-charger-id").fill(entered)
        await dialog.get_by_role("button", name="Add charger").click()
        field = dialog.get_by_role("textbox", name="Id")
        await expect(field).to_have_attribute("aria-invalid", "true")
        await expect(dialog).to_contain_text(said)
        for word in ("Unprocessable", "Conflict", "id:", "422", "409"):
            assert word not in await dialog.inner_text()
    await dialog.get_by_role("button", name="Close").click()


async def test_O9_the_first_click_on_send_sends(house: House) -> None:
    await house.open("/chargers/CP1")
    page = house.visitor.page
    await house.visitor.see("action-raw").click()
    await house.visitor.see("raw-action").fill("ClearCache")
    payload = house.visitor.see("raw-payload")
    await payload.fill('{"a":1')
    await house.visitor.see("raw-submit").click()
    await expect(page.get_by_text("This must be a JSON object")).to_be_visible()
    await payload.fill('{"a":1}')
    await page.get_by_role("button", name="Format").click()
    await expect(payload).to_have_value('{\n  "a": 1\n}')
    await house.visitor.see("raw-submit").click()
    charger = house.chargers[0]
    kind, message_id, action, sent = await charger.receive()
    assert (kind, action, sent) == (2, "ClearCache", {"a": 1})
    await charger.send([3, message_id, {"status": "Accepted"}])
    await expect(house.visitor.see("raw-answer")).to_contain_text("CALLRESULT")


async def test_what_is_chosen_in_a_table_is_in_the_address(house: House) -> None:
    await house.open("/sessions")
    page = house.visitor.page
    energies = page.locator("#main tbody tr td:nth-last-child(2)")  # beside the price
    known = [f"12.34{last} kWh" for last in "5678"]
    unknown = ["–", "3.000 kWh"]  # one that waits for a person, and one that is still going on: last, whichever way
    await page.get_by_role("columnheader", name="Energy").get_by_role("button").click()
    await expect(page).to_have_url(f"{house.visitor.url}/sessions?sort=energy")
    await expect(energies).to_have_text(known + unknown)
    await page.get_by_role("columnheader", name="Energy").get_by_role("button").click()
    await expect(page).to_have_url(f"{house.visitor.url}/sessions?sort=-energy")
    await page.reload()
    await expect(page.get_by_role("columnheader", name="Energy")).to_have_attribute("aria-sort", "descending")
    await expect(energies).to_have_text(known[::-1] + unknown[::-1])
    async with page.expect_download() as saved:
        await page.get_by_role("button", name="Order, columns, file").click()
        await page.get_by_role("menuitem", name="Save as CSV").click()
    lines = _lines(await (await saved.value).path())
    assert lines[0] == "Started,State,Charger,Connector,Card,Customer,Duration (s),Energy (Wh),Price with tax"
    assert len(lines) == 1 + len(known + unknown)
    assert lines[1].endswith(",3600,12348,4.82")


def _lines(path: Path) -> list[str]:
    return path.read_text("utf-8-sig").splitlines()


async def test_a_map_has_a_list_beside_it_and_its_filters_in_the_address(house: House) -> None:
    page = house.visitor.page
    await house.open("/map")
    listed = house.visitor.see("map-list")
    await expect(listed.get_by_role("listitem")).to_have_count(2)
    await page.get_by_role("group", name="Filter by state").get_by_role("button", name="Faulted").click()
    await expect(listed.get_by_role("listitem")).to_have_count(1)
    await expect(page).to_have_url(re.compile(r"/map\?state=faulted$"))
    await expect(listed).to_contain_text("1 Faulted")
    # A browser that has no WebGL says so, and the page goes on.
    mark = page.get_by_test_id("map").get_by_role("button", name=LONG)
    without = page.get_by_text("it has no WebGL")
    await expect(mark.or_(without)).to_be_visible()
    if await mark.is_visible():
        await mark.click()
    else:
        await listed.get_by_role("link", name=LONG).click()
    await expect(page).to_have_url(re.compile("/sites/SITE-1$"))
    await house.open("/map")
    await listed.get_by_role("link", name="Enter its position: Airport").click()
    await expect(page.get_by_role("dialog").get_by_label("Latitude")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page).not_to_have_url(re.compile("edit"))
    # A window that becomes narrow loses the map, until it is asked for.
    await house.open("/map")
    await expect(page.get_by_test_id("map")).to_be_visible()
    await page.set_viewport_size({"width": 390, "height": 900})
    await expect(page.get_by_test_id("map")).to_have_count(0)
    await listed.get_by_role("button", name=f"Show {LONG} on the map").click()
    await expect(page.get_by_test_id("map")).to_be_in_viewport()
