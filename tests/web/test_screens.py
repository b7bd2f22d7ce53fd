"""Reservations, limits, the card list, messages on the display, firmware and logs: what an operator does with them, against the simulator."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from stationmaster.app import App
from stationmaster.domain import accounts, connectors, organizations, stations, tokens
from stationmaster.simulator.clock import Clock
from stationmaster.simulator.station import Habits
from stationmaster.simulator.v2 import ChargingStation201
from stationmaster.simulator.v16 import ChargePoint16
from tests.web.conftest import Visitor, in_one_loop

pytestmark = pytest.mark.slow

# Each part, and what stands at its top.
PARTS = {
    "reservations": "Reservations",
    "limits": "What limits this charger",
    "cards": "Cards it lets in without asking",
    "display": "Messages on the display",
    "firmware": "Firmware",
}
BUTTONS = ("reserve", "set-limit", "composite-ask", "list-send", "list-send-all", "add-message", "get-log")


@in_one_loop
async def simulated(app: App) -> AsyncIterator[Callable[..., Any]]:
    """`await simulated("CP1")`: a charger of 1.6, or of another `kind`, that fetches and brings files. TAG1 may charge."""
    home = await app.database.write(organizations.home)
    await app.database.write(tokens.add, home, uid="TAG1", label="Ida")
    async with AsyncExitStack() as running:

        async def start(
            identity: str, kind: type[ChargePoint16 | ChargingStation201] = ChargePoint16
        ) -> ChargePoint16 | ChargingStation201:
            _, secret = await app.database.write(stations.create, home, app.keys, identity=identity)
            charger = kind(
                identity,
                f"ws://127.0.0.1:{app.gateway_port}/ocpp",
                password=secret,
                clock=Clock(jumps=True, start=datetime.now(UTC)),
                habits=Habits(call_timeout_s=10, transfers_files=True),
            )
            await running.enter_async_context(charger)
            await charger.settled()
            return charger

        yield start


async def part(visitor: Visitor, charger: str, name: str) -> Any:
    await visitor.open(f"/chargers/{charger}?part={name}")
    await expect(visitor.see(f"part-{name}")).to_have_attribute("aria-current", "page")
    return visitor.page.locator("#main")


async def test_a_connector_is_reserved_and_given_up(operator: Visitor, simulated: Callable[..., Any]) -> None:
    await simulated("CP1")
    main = await part(operator, "CP1", "reservations")
    await operator.see("reserve").click()
    await operator.see("reserve-token").fill("TAG1")
    await operator.see("reserve-submit").click()
    await expect(operator.see("part-outcome")).to_contain_text("The charger keeps it.")
    row = main.get_by_role("row").filter(has_text="TAG1")
    await expect(row).to_contain_text("Reserved")
    await operator.open("/reservations?state=accepted")
    await row.get_by_role("button", name="Cancel the reservation of TAG1").click()
    await operator.page.get_by_role("dialog").get_by_role("button", name="Cancel reservation").click()
    await expect(operator.page.get_by_role("heading", name="No reservation matches")).to_be_visible()
    await operator.open("/reservations")
    await expect(row).to_contain_text("Cancelled")


async def test_a_card_that_may_not_charge_is_reserved_for_only_when_a_person_insists(
    operator: Visitor, simulated: Callable[..., Any]
) -> None:
    await simulated("CP1")
    await part(operator, "CP1", "reservations")
    operator.will_be_refused(409)
    await operator.see("reserve").click()
    await operator.see("reserve-token").fill("NOBODY")
    await operator.see("reserve-submit").click()
    await expect(operator.see("part-outcome")).to_contain_text("The card NOBODY is unknown.")
    await operator.see("reserve-anyway").click()
    await expect(operator.see("part-outcome")).to_contain_text("although it may not charge")


async def test_a_limit_is_set_seen_in_the_composite_schedule_and_removed(
    operator: Visitor, simulated: Callable[..., Any]
) -> None:
    await simulated("CP1")
    main = await part(operator, "CP1", "limits")
    await operator.see("set-limit").click()
    await operator.see("limit-value").fill("many")
    await operator.see("limit-submit").click()
    await expect(operator.page.get_by_text("A number, such as 16")).to_be_visible()
    await operator.see("limit-value").fill("10")
    await operator.see("limit-submit").click()
    await expect(operator.see("part-outcome")).to_contain_text("Accepted")
    await expect(operator.see("limits")).to_contain_text(re.compile("10 A.*Whole charger.*until it is removed"))
    await operator.see("composite-ask").click()
    await expect(operator.see("composite-outcome")).to_contain_text("The limit is")
    await expect(main.get_by_role("img", name="The limit over the coming time:")).to_be_visible()
    await main.get_by_role("button", name="Remove…").click()
    await operator.page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    await expect(main.get_by_text("No limit is known")).to_be_visible()


async def test_the_card_list_is_sent_whole_and_then_what_has_changed(
    operator: Visitor, simulated: Callable[..., Any]
) -> None:
    await simulated("CP1")
    await part(operator, "CP1", "cards")
    known = operator.see("local-list")
    await expect(known).to_contain_text("Never sent")
    await operator.see("list-send-all").click()
    await expect(known).to_contain_text("The charger has it")
    await expect(known).to_contain_text("1 card")
    await expect(operator.page.get_by_role("row").filter(has_text="TAG1")).to_contain_text("Ida")
    operator.will_be_refused(409)
    await operator.see("list-send").click()
    await expect(operator.see("part-outcome").get_by_role("alert")).to_be_visible()  # nothing has changed
    await known.get_by_role("switch").click()
    await operator.page.reload()
    await expect(known.get_by_role("switch")).to_be_checked()


async def test_a_message_is_shown_on_a_display_and_taken_off(operator: Visitor, simulated: Callable[..., Any]) -> None:
    await simulated("CP2", ChargingStation201)
    main = await part(operator, "CP2", "display")
    await operator.see("add-message").click()
    await operator.see("message-text").fill("The garage closes at 23:00.")
    await operator.page.get_by_role("button", name="Until").click()
    await operator.page.get_by_role("button", name="Later").click()
    await operator.page.get_by_role("button", name=re.compile("^15 ")).click()
    await operator.page.get_by_role("button", name="Take it").click()
    await operator.see("message-submit").click()
    await expect(operator.see("messages")).to_contain_text("The garage closes at 23:00.")
    await expect(operator.see("messages")).to_contain_text(re.compile(r"until 15 \w+ \d+, 00:00"))
    await main.get_by_role("button", name=re.compile("Take off… .message")).click()
    await operator.page.get_by_role("dialog").get_by_role("button", name="Take off").click()
    await expect(main.get_by_text("No message of ours is shown")).to_be_visible()


async def test_escape_closes_a_calendar_and_not_the_dialog_beneath_it(
    operator: Visitor, simulated: Callable[..., Any]
) -> None:
    await simulated("CP2", ChargingStation201)
    await part(operator, "CP2", "display")
    await operator.see("add-message").click()
    page = operator.page
    dialog, calendar = page.get_by_role("dialog", name="Add a message"), page.get_by_role("dialog", name="Until")
    day, hours, take = (
        calendar.get_by_role("button", name=re.compile("^15 ")),
        calendar.get_by_label("Hours"),
        calendar.get_by_role("button", name="Take it"),
    )
    for inside in (None, day, hours, take, calendar):
        await page.get_by_role("button", name="Until").click()
        await expect(calendar.locator(":focus")).to_have_count(1)
        if inside is not None:
            await inside.focus()
        await page.keyboard.press("Escape")
        await expect(calendar).to_have_count(0)
        await expect(page.get_by_role("button", name="Until")).to_be_focused()
        await expect(dialog).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)


async def test_escape_closes_the_calendar_of_a_day_and_then_the_dialog(operator: Visitor) -> None:
    await operator.open("/cards")
    await operator.see("add-card").click()
    page = operator.page
    dialog, month = page.get_by_role("dialog"), page.locator("[data-dates-dropdown]")
    await page.get_by_label("Valid until").click()
    await expect(month).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(month).to_have_count(0)
    await expect(dialog).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)


@pytest.mark.parametrize(
    ("kind", "offered", "not_known"),
    [(ChargePoint16, "GetDiagnostics", "GetVariables"), (ChargingStation201, "GetVariables", "GetDiagnostics")],
)
async def test_a_raw_call_offers_the_actions_of_the_chargers_version(
    operator: Visitor, simulated: Callable[..., Any], kind: Any, offered: str, not_known: str
) -> None:
    await simulated("CP1", kind)
    await operator.open("/chargers/CP1")
    await operator.see("action-raw").click()
    await operator.see("raw-action").fill("Get")
    options = operator.page.get_by_role("option")
    await expect(options.filter(has_text=re.compile(f"^{offered}$"))).to_be_visible()
    await expect(options.filter(has_text=re.compile(f"^{not_known}$"))).to_have_count(0)


async def test_a_charger_of_1_6_has_no_part_for_its_display(operator: Visitor, simulated: Callable[..., Any]) -> None:
    await simulated("CP1")
    await operator.open("/chargers/CP1?part=display")
    await expect(operator.see("part-limits")).to_be_visible()
    await expect(operator.see("part-display")).to_have_count(0)
    await expect(operator.see("action-start")).to_be_visible()  # the overview stands in its place


async def test_firmware_is_uploaded_and_installed_step_by_step(
    operator: Visitor, simulated: Callable[..., Any], tmp_path: Path
) -> None:
    await simulated("CP2", ChargingStation201)
    image = tmp_path / "post-1.0.1.bin"
    image.write_bytes(b"firmware" * 1000)
    await part(operator, "CP2", "firmware")
    await operator.see("update-firmware").click()
    async with operator.page.expect_file_chooser() as chooser:
        await operator.see("firmware-file").click()
    await (await chooser.value).set_files(image)
    await operator.see("firmware-submit").click()
    await expect(operator.page.get_by_text("Please fill this in")).to_be_visible()
    await operator.see("firmware-version").fill("1.0.1")
    await operator.see("firmware-submit").click()
    await expect(operator.see("update-file")).to_have_value("1.0.1 · post-1.0.1.bin")
    await operator.see("update-submit").click()
    updates = operator.see("updates")
    await expect(updates).to_contain_text("1.0.0 to 1.0.1")
    await expect(updates).to_contain_text("The charger runs 1.0.1.")
    await expect(operator.see("update-outcome")).to_contain_text("The charger runs 1.0.1.")  # and no longer under way
    steps = updates.get_by_role("list", name="Steps").get_by_role("listitem")
    await expect(steps).to_have_count(5)
    for step in await steps.all():
        await expect(step).to_have_attribute("data-state", "done")
    await operator.open("/firmware")
    await expect(operator.page.get_by_role("row").filter(has_text="post-1.0.1.bin")).to_contain_text("8.0 kB")


async def test_a_log_is_brought_and_downloaded(operator: Visitor, simulated: Callable[..., Any]) -> None:
    await simulated("CP1")
    await part(operator, "CP1", "firmware")
    await operator.see("get-log").click()
    await operator.see("log-submit").click()
    logs = operator.see("logs")
    await expect(logs).to_contain_text("The file is here.")
    async with operator.page.expect_download() as saved:
        await logs.get_by_role("button", name=re.compile("Download ")).click()
    assert (await saved.value).suggested_filename == "CP1-diagnostics.log"


async def test_what_a_charger_refuses_or_lacks_is_said_as_it_says_it(
    operator: Visitor, charger: Callable[..., Any]
) -> None:
    raw = await charger("CP1")
    await part(operator, "CP1", "cards")
    said = operator.see("part-outcome")
    await operator.see("list-send-all").click()
    _, message_id, action, _ = await raw.receive()
    assert action == "SendLocalList"
    await raw.send([4, message_id, "NotSupported", "no lists here", {}])
    await expect(said).to_contain_text("The charger cannot do this.")
    await raw.close()
    await expect(operator.page.get_by_text("Actions are possible while the charger is connected.")).to_be_visible()
    await expect(operator.see("list-send-all")).to_be_disabled()


async def test_M_22_what_a_connector_can_deliver_is_entered_and_shown(
    operator: Visitor, app: App, charger: Callable[..., Any]
) -> None:
    raw = await charger("CP1")
    await raw.call("StatusNotification", {"connectorId": 1, "status": "Available", "errorCode": "NoError"})
    await operator.open("/chargers/CP1")
    await operator.see("edit-charger").click()
    for wrong, said in (("many", "A number of kW"), ("0.1", "From 0.5 to 4,000 kW")):
        await operator.see("rating-1-1").fill(wrong)
        await operator.see("edit-charger-submit").click()
        await expect(operator.page.get_by_text(said)).to_be_visible()
    await operator.see("rating-1-1").fill("22")
    await operator.see("edit-charger-submit").click()
    await expect(operator.page.get_by_label("Connectors")).to_contain_text("up to 22 kW")
    rows = await app.database.read(lambda work: work.execute(connectors.connectors.select()).all())
    assert [row.max_power_w for row in rows if row.number == 1] == [22_000]
    await operator.open("/chargers")
    await expect(operator.see("fleet-row-CP1")).to_contain_text("up to 22 kW")


@pytest.mark.parametrize("role", ["viewer", "operator", "technician"])
async def test_API_10_no_part_holds_a_button_that_would_be_refused(
    stranger: Visitor, app: App, simulated: Callable[..., Any], role: str
) -> None:
    await simulated("CP2", ChargingStation201)
    await app.database.write(lambda work: work.execute(accounts.users.update().values(role=role)))
    await stranger.login()
    await expect(stranger.see("stream-state")).to_have_text("Live")
    shown = set()
    for name, heading in PARTS.items():
        main = await part(stranger, "CP2", name)
        await expect(main.get_by_role("heading", name=heading, exact=True)).to_be_visible()
        shown |= {each for each in (*BUTTONS, "update-firmware") if await stranger.see(each).count()}
    may = {"viewer": set(), "operator": set(BUTTONS), "technician": {*BUTTONS, "update-firmware"}}
    assert shown == may[role]
    await stranger.open("/firmware")
    await expect(stranger.page.get_by_role("heading", name="No firmware yet")).to_be_visible()
    await expect(stranger.see("add-firmware")).to_have_count(1 if role == "technician" else 0)
