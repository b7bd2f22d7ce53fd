"""A charger of 2.0.1 mis-speaks in five ways, and its page explains each in words that an electrician understands (issue 7)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import Route, expect

from stationmaster.app import App
from stationmaster.domain import deviations, organizations, stations
from stationmaster.domain.deviations import NAMED
from tests.charger import Charger
from tests.gateway.test_deviations import MISSPOKEN, said
from tests.patience import PATIENCE_S
from tests.web.conftest import Visitor

pytestmark = pytest.mark.slow

BOOT = {"reason": "PowerUp", "chargingStation": {"model": "M", "vendorName": "Acme"}}
TERMS = re.compile(r"JSON|schema|payload|enum|CALL|null\b(?!”)|Violation")
WORDS = {
    "null": "It writes “null” where a value should be left out. The value counts as not told.",
    "comma-too-many": "It puts a comma too many. The comma is left out.",
    "too-long-text": "A text is longer than the specification allows. The text is kept, up to 1,000 characters.",
    "unknown-field": "It sends a field that this message does not have."
    " The field is ignored, the rest of the message is used.",
    "number-as-text": "It puts a number in quotes, so that it is a text, or writes it with a decimal comma."
    " The number in it is used.",
}


async def until_written(app: App, *, repaired: int, refused: int) -> None:
    """Counts are written beside the answers, at the latest when the socket is closed."""
    entry = app.directory.find("CP201")
    assert entry is not None
    async with asyncio.timeout(PATIENCE_S):
        while True:
            rows = await app.database.read(deviations.of_station, entry.station.id)
            all_repaired = sum(row.repaired == repaired for row in rows if row.rule in MISSPOKEN) == len(MISSPOKEN)
            if all_repaired and sum(row.refused for row in rows if row.rule == "null") == refused:
                return
            await asyncio.sleep(0.005)


async def test_a_2_0_1_charger_that_mis_speaks_in_five_ways_is_explained_on_its_page(
    operator: Visitor, app: App
) -> None:
    home = await app.database.write(organizations.home)
    _, secret = await app.database.write(stations.create, home, app.keys, identity="CP201")
    part = operator.see("deviations")
    await operator.open("/chargers/CP201")
    await expect(part).to_contain_text("Nothing: all it has said was as its OCPP version wants it.")
    one = await Charger.connect(app.gateway_port, "CP201", secret, subprotocols=["ocpp2.0.1"])
    await one.call("BootNotification", BOOT)
    for text, _ in MISSPOKEN.values():
        assert (await said(one, text))[0] == 3
    await one.close()
    await until_written(app, repaired=1, refused=0)
    await operator.page.reload()
    lines = part.locator("li")
    await expect(lines).to_have_count(5)
    for rule in MISSPOKEN:
        await expect(lines.filter(has_text=NAMED[rule].wrong)).to_contain_text(WORDS[rule])
        await expect(lines.filter(has_text=NAMED[rule].wrong)).to_contain_text("repaired once")
    said_wrong = await lines.locator("strong").all_inner_texts()
    assert len(said_wrong) == 5
    assert not TERMS.search(" ".join(said_wrong))
    switch = part.get_by_role("switch", name="Hold it strictly")
    await switch.check()
    await expect(switch).to_be_enabled()  # saved
    held = await Charger.connect(app.gateway_port, "CP201", secret, subprotocols=["ocpp2.0.1"])
    for text, code in MISSPOKEN.values():
        assert (await said(held, text))[2] == code
    await held.close()
    await until_written(app, repaired=1, refused=1)
    await operator.page.reload()
    await expect(switch).to_be_checked()
    strictly = "The charger is held strictly: it is answered with an error."
    await expect(lines.filter(has_text=NAMED["null"].wrong)).to_contain_text(strictly)
    await expect(lines.filter(has_text=NAMED["null"].wrong)).to_contain_text("answered with an error once")
    await switch.uncheck()
    await expect(switch).to_be_enabled()
    again = await Charger.connect(app.gateway_port, "CP201", secret, subprotocols=["ocpp2.0.1"])
    for text, _ in MISSPOKEN.values():
        assert (await said(again, text))[0] == 3
    await again.close()
    await until_written(app, repaired=2, refused=1)
    await operator.page.reload()
    await expect(lines.filter(has_text=NAMED["null"].wrong)).to_contain_text(WORDS["null"])
    await expect(lines.filter(has_text=NAMED["null"].wrong)).to_contain_text("repaired 2 times")

    # What it falls over is never sent, until somebody says otherwise.
    await operator.see("exception-command").fill("memory")
    await operator.page.get_by_role("option").first.click()
    await operator.see("exception-why").fill("It reboots")
    await operator.see("exception-submit").click()
    exception = operator.see("held-back").get_by_role("listitem").filter(has_text="It reboots")
    await expect(exception).to_contain_text("never sent")
    await exception.get_by_role("button", name="Back to the rules").click()
    await expect(exception).to_have_count(0)


async def test_a_switch_stands_as_turned_until_it_is_saved_and_goes_back_when_it_could_not_be(
    operator: Visitor, app: App
) -> None:
    home = await app.database.write(organizations.home)
    await app.database.write(stations.create, home, app.keys, identity="CP201")
    page, switch = operator.page, operator.see("hold-strictly")
    saving = asyncio.Event()

    async def hold(route: Route) -> None:
        if route.request.method != "PATCH":
            return await route.continue_()
        await saving.wait()
        return await route.fulfill(status=500)

    operator.will_be_refused(500)
    await operator.open("/chargers/CP201")
    await page.route("**/api/v1/stations/CP201", hold)
    await switch.check()  # fails unless it stands so right after the click
    await expect(switch).to_be_disabled()
    await expect(switch).to_be_checked()
    saving.set()
    await expect(page.get_by_role("alert")).to_be_visible()
    await expect(switch).to_be_enabled()
    await expect(switch).not_to_be_checked()


async def test_a_person_switches_on_that_a_charger_is_started_for_a_card_and_back(operator: Visitor, app: App) -> None:
    home = await app.database.write(organizations.home)
    await app.database.write(stations.create, home, app.keys, identity="CP201")
    part = operator.see("deviations")
    await operator.open("/chargers/CP201")
    await expect(part).to_contain_text(
        "it is expected to begin a session by itself when a card was accepted. By the rules"
    )
    await operator.see("auto-start").click()
    await expect(part).to_contain_text("no session has begun after 20 seconds, it is started from here, once")
    await expect(part).to_contain_text("Said by operator@example.com")
    await operator.page.reload()
    await expect(operator.see("auto-start")).to_be_checked()
    await operator.see("auto-start-back").click()
    await expect(part).to_contain_text("By the rules of this server.")
    await expect(operator.see("auto-start")).not_to_be_checked()


async def test_what_a_charger_can_measure_is_tried_out_in_its_settings(
    operator: Visitor, simulated: Callable[..., Any]
) -> None:
    cp16 = await simulated("CP1")
    cp16.configuration.change("MeterValuesSampledData", "Energy.Active.Import.Register")
    await operator.open("/chargers/CP1")
    await operator.see("action-settings").click()
    await operator.see("measurands-find").click()
    told = "In a session it tells: Energy.Active.Import.Register, Power.Active.Import, Current.Import, Voltage, SoC."
    await expect(operator.see("measurands-found")).to_contain_text(told)
    assert set(cp16.measurands) >= {"Power.Active.Import", "SoC"}
