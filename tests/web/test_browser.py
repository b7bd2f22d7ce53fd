"""What an operator sees and does, in a real browser, while chargers live."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import websockets
from playwright.async_api import expect
from sqlalchemy import select, update

from stationmaster.app import App
from stationmaster.domain import accounts, organizations, tokens
from stationmaster.domain.connector_states import connector_states as states
from stationmaster.storage import Work
from tests.charger import Charger
from tests.web.conftest import Visitor

pytestmark = pytest.mark.slow

# The meter counts finer than the Wh that its readings tell.
TWO_KWH, FIVE_KWH = re.compile(r"(1\.999|2\.00\d) kWh"), re.compile(r"(4\.999|5\.00\d) kWh")
BUTTONS = (
    "Add charger",
    "Import…",
    "Add card",
    "Block TAG1",
    "Remove TAG1",
    "Start charging",
    "Stop",
    "Restart",
    "Edit…",
)
HOSTILE = "<img src=x onerror=alert(1)>"


async def test_a_wrong_password_is_told_kindly_and_a_reload_stays_signed_in(stranger: Visitor) -> None:
    await stranger.login("not it")
    await expect(stranger.page.get_by_role("alert")).to_contain_text("don't match")
    await stranger.login()
    await expect(stranger.page.get_by_role("heading", name="Connect your first charger")).to_be_visible()
    await stranger.page.reload()
    await expect(stranger.page.get_by_role("heading", name="Connect your first charger")).to_be_visible()


async def test_a_session_is_live_on_the_fleet_and_charger_pages(
    operator: Visitor, simulated: Callable[..., Any]
) -> None:
    cp16 = await simulated("CP1")
    row, connector = operator.see("fleet-row-CP1"), operator.see("connector-CP1-1")
    await expect(connector).to_have_text("Available")

    await cp16.plug_in()
    await expect(connector).to_have_text("Preparing")
    await cp16.tap("TAG1")
    await expect(connector).to_have_text("Charging")
    await cp16.charge(kwh=2)
    await cp16.sample(cp16.connectors[1])
    await expect(row).to_contain_text("TAG1")
    await expect(row).to_contain_text(TWO_KWH)

    await row.click()
    await expect(operator.see("charger-energy")).to_have_text(TWO_KWH)
    await expect(operator.page.get_by_role("img", name="Power and energy of this session")).to_be_visible()
    await cp16.charge(kwh=3)
    await cp16.sample(cp16.connectors[1])
    await expect(operator.see("charger-energy")).to_have_text(FIVE_KWH)
    await expect(operator.see("charger-power")).to_contain_text("kW")
    await expect(operator.see("frame-log")).to_contain_text("MeterValues")

    await cp16.unplug()
    await expect(connector).to_have_text("Available")
    await expect(operator.page.get_by_role("heading", name="Last session")).to_be_visible()
    await operator.open("/sessions?station=CP1")
    await expect(operator.page.get_by_role("row").filter(has_text="Completed")).to_contain_text(FIVE_KWH)


async def test_start_stop_and_reset_by_button(operator: Visitor, simulated: Callable[..., Any]) -> None:
    cp16 = await simulated("CP1")
    await cp16.plug_in()
    await operator.see("fleet-row-CP1").click()
    outcome = operator.see("outcome")

    await operator.see("action-start").click()
    await operator.see("start-token").click()
    await operator.page.get_by_role("option", name="TAG1").click()
    await operator.see("action-start-submit").click()
    await expect(outcome).to_contain_text("Accepted")
    await expect(operator.see("connector-CP1-1")).to_have_text("Charging")
    assert cp16.connectors[1].transaction is not None

    await operator.see("action-stop").click()
    await expect(outcome).to_contain_text("Stop charging")
    await expect(operator.page.get_by_role("heading", name="Last session")).to_be_visible()
    assert cp16.connectors[1].transaction is None

    await operator.see("action-reset").click()
    await operator.see("action-reset-submit").click()
    await expect(outcome).to_contain_text("Restart")
    await expect(outcome).to_contain_text("Accepted")
    await expect(operator.see("frame-log")).to_contain_text("Reset")


async def test_X_06_a_card_that_may_not_charge_is_refused_with_the_reason_and_charges_anyway(
    operator: Visitor, app: App, simulated: Callable[..., Any]
) -> None:
    cp16 = await simulated("CP1")
    home = await app.database.write(organizations.home)
    await app.database.write(tokens.add, home, uid="BLOCKED1", status="blocked")
    await cp16.plug_in()
    await operator.see("fleet-row-CP1").click()
    outcome = operator.see("outcome")
    for card, reason in (("NOBODY", "The card NOBODY is unknown."), ("BLOCKED1", "The card BLOCKED1 is blocked.")):
        operator.will_be_refused(409)
        await operator.see("action-start").click()
        await operator.see("start-token").fill(card)
        await operator.see("action-start-submit").click()
        await expect(outcome).to_contain_text(reason)
        await expect(outcome).not_to_contain_text("force")
    await operator.see("start-anyway").click()
    await expect(outcome).to_contain_text("although it may not charge")
    await expect(operator.page.get_by_label("Command history")).to_contain_text("although it may not charge")


async def test_a_message_that_fits_nothing_is_put_right_and_said_again(
    operator: Visitor, charger: Callable[..., Any]
) -> None:
    raw = await charger("CP1")
    transaction = (await raw.start(meter=1000))["transactionId"]
    stop = {"transactionId": transaction + 1, "meterStop": 6000, "timestamp": "2026-11-01T11:00:00Z"}
    await raw.call("StopTransaction", stop)
    await operator.open("/review")
    await operator.page.get_by_role("button", name="Repair…").click()
    payload = operator.see("repair-payload")
    await payload.fill("[]")
    await operator.see("repair-preview").click()
    await expect(operator.page.get_by_text("This must be a JSON object")).to_be_visible()
    await payload.fill(json.dumps(stop | {"transactionId": transaction}))
    await operator.see("repair-preview").click()
    await expect(operator.see("repair-outcome")).to_contain_text("5.000 kWh")
    await operator.see("repair-replay").click()
    await expect(operator.page.get_by_role("heading", name="Nothing waits for you")).to_be_visible()
    await operator.open("/sessions?station=CP1")
    await expect(operator.page.get_by_role("row").filter(has_text="Completed")).to_contain_text("5.000 kWh")


async def test_many_that_wait_are_marked_as_seen_at_once(operator: Visitor, charger: Callable[..., Any]) -> None:
    raw = await charger("CP1")
    for number in range(3):
        stop = {"transactionId": 4711 + number, "meterStop": 1, "timestamp": f"2026-11-01T1{number}:00:00Z"}
        await raw.call("StopTransaction", stop)
    await operator.open("/review")
    await operator.see("all-seen-quarantine").click()
    await operator.page.get_by_role("dialog").get_by_role("button", name="Mark as seen").click()
    await expect(operator.page.get_by_role("heading", name="Nothing waits for you")).to_be_visible()


def hours_ago(work: Work) -> None:
    """All that connectors were was four hours earlier."""
    for since in work.execute(select(states.c.since)).scalars().all():
        work.execute(update(states).where(states.c.since == since).values(since=since - timedelta(hours=4)))


async def test_what_the_connectors_were_and_their_uptime_are_on_the_chargers_page(
    operator: Visitor, app: App, charger: Callable[..., Any]
) -> None:
    raw = await charger("CP1")
    for status in ("Available", "Preparing", "Faulted", "Available"):
        error = "OtherError" if status == "Faulted" else "NoError"
        await raw.call("StatusNotification", {"connectorId": 1, "status": status, "errorCode": error})
    await app.database.write(hours_ago)  # a part of known time is told from a second on
    await operator.open("/chargers/CP1")
    part = operator.see("availability")
    await expect(part).to_contain_text("Connector 1")
    await expect(part).to_contain_text(re.compile(r"\d %"))
    await expect(part.get_by_role("img")).to_have_attribute(
        "aria-label", re.compile("Available: .*Preparing: .*Faulted: ")
    )
    await part.get_by_text("24 hours").click()
    await expect(part).to_contain_text("Connector 1")


async def test_a_refused_charger_is_added_from_the_inbox_and_then_connects(
    operator: Visitor, app: App, simulated: Callable[..., Any]
) -> None:
    with pytest.raises(websockets.InvalidStatus):
        await Charger.connect(app.gateway_port, "NEW-1", "the secret of another system")
    await operator.page.get_by_role("link", name="Can't connect?").first.click()
    await expect(operator.page.get_by_text("No charger is registered as NEW-1")).to_be_visible()
    await operator.page.get_by_role("button", name="Add this charger").click()
    await operator.page.get_by_role("dialog").get_by_role("button", name="Add charger").click()
    secret = await operator.see("new-secret").inner_text()
    await operator.page.get_by_role("button", name="Done").click()

    await simulated("NEW-1", secret)
    await operator.page.get_by_role("link", name="Chargers").first.click()
    await expect(operator.see("connector-NEW-1-1")).to_have_text("Available")


async def test_what_waits_for_a_person_is_looked_at_and_gone(operator: Visitor, charger: Callable[..., Any]) -> None:
    raw = await charger("CP1")
    transaction = (await raw.start(meter=5000))["transactionId"]
    await raw.stop(transaction, meter=4000)  # a meter that runs backwards
    await raw.call("StopTransaction", {"transactionId": 4711, "meterStop": 1, "timestamp": "2026-11-01T10:00:00Z"})
    count = operator.page.get_by_role("link", name="To review")
    await expect(count).to_contain_text("2")
    await count.click()

    kept = operator.page.get_by_role("region", name="Messages that fit nothing")
    await kept.get_by_text("What it said").click()
    await expect(kept).to_contain_text("4711")
    await kept.get_by_role("button", name="Seen").click()
    await expect(kept).to_have_count(0)

    await (
        operator.page.get_by_role("region", name="Sessions to check")
        .get_by_role("row")
        .nth(1)
        .get_by_role("link")
        .first.click()
    )
    await expect(operator.page.get_by_text("The meter ran backwards")).to_be_visible()
    await operator.page.get_by_role("button", name="I have looked at it").click()
    await expect(operator.page.get_by_role("button", name="I have looked at it")).to_have_count(0)
    await count.click()
    await expect(operator.page.get_by_role("heading", name="Nothing waits for you")).to_be_visible()
    await expect(count).to_have_text("To review")


async def test_a_charger_is_named_and_put_on_a_new_site(operator: Visitor, simulated: Callable[..., Any]) -> None:
    await simulated("CP1")
    await operator.see("fleet-row-CP1").click()
    await operator.see("edit-charger").click()
    await operator.see("edit-charger-name").fill("North wall")
    await operator.page.get_by_role("combobox", name="Site").fill("Harbour garage")
    await operator.see("edit-charger-submit").click()
    await expect(operator.page.get_by_role("heading", name="North wall")).to_be_visible()
    await expect(operator.page.locator("#main").get_by_text("Harbour garage")).to_be_visible()
    await operator.open("/chargers")
    await expect(operator.see("fleet-row-CP1")).to_contain_text("North wall")

    await operator.page.get_by_role("button", name="Add charger").click()
    await operator.see("add-charger-id").fill("CP2")
    await operator.page.get_by_role("combobox", name="Site").click()
    await operator.page.get_by_role("option", name="Harbour garage").click()
    await operator.page.get_by_role("dialog").get_by_role("button", name="Add charger").click()
    await operator.page.get_by_role("button", name="Done").click()
    await expect(operator.see("fleet-row-CP2")).to_be_visible()


async def test_API_10_who_may_only_look_sees_no_button_that_would_be_refused(
    stranger: Visitor, app: App, charger: Callable[..., Any]
) -> None:
    raw = await charger("CP1")
    await raw.start()
    await app.database.write(lambda work: work.execute(accounts.users.update().values(role="viewer")))
    await stranger.login()
    await expect(stranger.see("fleet-row-CP1")).to_be_visible()
    main = stranger.page.locator("#main")
    for path, shown in (
        ("/chargers", "CP1"),
        ("/cards", "TAG1"),
        ("/review", "Nothing waits for you"),
        ("/chargers/CP1", "Charging session"),
    ):
        await stranger.open(path)
        await expect(main.get_by_text(shown).first).to_be_visible()
        for name in BUTTONS:
            await expect(main.get_by_role("button", name=name, exact=True)).to_have_count(0)


async def test_API_17_what_a_charger_says_is_shown_and_never_run(
    operator: Visitor, charger: Callable[..., Any]
) -> None:
    raw = await charger("CP1", boot=False)
    await raw.call(
        "BootNotification",
        {"chargePointVendor": HOSTILE[:20], "chargePointModel": HOSTILE[:20], "firmwareVersion": HOSTILE},
    )
    await raw.call(
        "StatusNotification",
        {"connectorId": 1, "status": "Faulted", "errorCode": "OtherError", "info": HOSTILE, "vendorId": HOSTILE},
    )
    await raw.call("DataTransfer", {"vendorId": HOSTILE, "messageId": HOSTILE, "data": HOSTILE})

    await operator.open("/chargers/CP1")
    await expect(operator.see("connector-CP1-1")).to_have_text("Faulted")
    await expect(operator.page.get_by_label("About this charger")).to_contain_text(HOSTILE)
    await expect(operator.page.get_by_label("Connectors")).to_contain_text(HOSTILE)
    await expect(operator.see("frame-log")).to_contain_text(HOSTILE)
    await operator.see("frame-log").get_by_role("button").filter(has_text="DataTransfer").click()
    await expect(operator.see("frame-log").locator("pre").first).to_contain_text(HOSTILE)
    for path in ("/", "/chargers", "/sessions", "/cards", "/review", "/refused"):
        await operator.open(path)
        await expect(operator.see("stream-state")).to_have_text("Live")
    assert await operator.page.locator("img[src=x]").count() == 0
