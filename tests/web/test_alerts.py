"""An offline charger to the mail: told, seen, looked after, and over; in the browser, with a real mail server."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.async_api import expect
from sqlalchemy import update

from stationmaster.app import App
from stationmaster.domain import connections, organizations, stations
from stationmaster.domain.alerts import rules, watching
from stationmaster.domain.stations import Station
from stationmaster.storage import Work
from tests.background.mailboxes import receiving_mail
from tests.web.conftest import Visitor

pytestmark = pytest.mark.slow

BOSS = "boss@example.com"


async def look(app: App) -> None:
    """As the timer does every ten seconds."""
    for part in watching.parts(await app.database.read(watching.look)):
        await app.database.write(watching.apply, part)


def goes(work: Work) -> Station:
    """A charger of ours, which went ten minutes ago."""
    home = organizations.home(work)
    row = stations.get(work, home, "CP1")
    charger = Station(row.id, "CP1", home, "1.6", row.registration, True)
    connections.connected(work, charger, node="n", version="1.6", source="10.0.0.1")
    connections.disconnected(work, charger, node="n", reason="gone")
    work.execute(update(connections.connections).values(closed_at=work.now - timedelta(minutes=10)))
    return charger


async def test_S0_067_S4_025_an_offline_charger_is_mailed_seen_looked_after_and_over(
    operator: Visitor, app: App
) -> None:
    page, home = operator.page, await app.database.read(organizations.home)
    await app.database.write(rules.begin)
    await app.database.write(stations.create, home, app.keys, identity="CP1")
    async with receiving_mail() as boxes:
        app.settings.mail.host, app.settings.mail.port, app.settings.mail.tls = "127.0.0.1", boxes.port, "none"
        app.settings.web.public_url = operator.url
        # Nobody gets a message before a rule says so.
        await operator.open("/alerts")
        await expect(page.get_by_role("heading", name="All is well")).to_be_visible()
        await page.get_by_role("link", name="Say who is told").click()
        await page.get_by_role("button", name="Edit Charger offline").click()
        await operator.see("rule-addresses").fill(BOSS)
        await page.keyboard.press("Enter")
        await operator.see("rule-submit").click()
        await expect(page.get_by_role("row", name="Charger offline")).to_contain_text(BOSS)

        await operator.open("/")
        await expect(operator.see("stream-state")).to_have_text("Live")
        charger = await app.database.write(goes)
        await look(app)
        await expect(page.get_by_role("link", name="1 alert that nobody looks after")).to_be_visible()
        mail = await boxes.next(BOSS)
        assert mail["Subject"].startswith("Alert: CP1 is offline")
        link = next(line for line in str(mail.get_content()).split() if line.startswith("http"))

        await page.goto(link)
        await expect(page.get_by_role("row", name=BOSS)).to_contain_text("Sent")
        await operator.see("acknowledge").click()
        await operator.see("note").fill("I drive there")
        await operator.see("note-submit").click()
        await expect(operator.see("alert-state")).to_have_text("Being looked after")
        await expect(operator.see("alert-steps")).to_contain_text("I drive there")
        await app.database.write(connections.connected, charger, node="n", version="1.6", source="10.0.0.1")
        await look(app)
        await expect(operator.see("alert-state")).to_have_text("Over")  # by itself
        assert (await boxes.next(BOSS))["Subject"].startswith("Over: CP1")
