"""Reports: from a session to the file of its month, and to the mail that brings it by itself."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from playwright.async_api import expect
from sqlalchemy import select

from stationmaster.api.resources import reports
from stationmaster.app import App
from stationmaster.background.report_mails import queue_reports
from stationmaster.domain import organizations, sessions, sites, stations
from stationmaster.settings import Mail, Settings
from stationmaster.storage import Work
from tests.api.test_invoices import issue_receipt
from tests.background.mailboxes import PASSWORD as SMTP_PASSWORD
from tests.background.mailboxes import USER, Mailboxes, receiving_mail
from tests.web.conftest import Visitor, in_one_loop

pytestmark = pytest.mark.slow


@in_one_loop
async def boxes() -> AsyncIterator[Mailboxes]:
    async with receiving_mail() as boxes:
        yield boxes


@pytest.fixture
def settings(settings: Settings, boxes: Mailboxes) -> Settings:
    settings.mail = Mail(
        host="127.0.0.1", port=boxes.port, tls="none", user=USER, password=SMTP_PASSWORD, sender="csms@example.org"
    )
    settings.web.public_url = "https://csms.example"
    return settings


async def test_S0_065_from_months_end_to_the_report(
    app: App, boxes: Mailboxes, operator: Visitor, charger: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "PREVIEWED", 3)
    home = await app.database.write(organizations.home)
    await app.database.write(sites.create, home, public_id="H", name="Harbour", time_zone="Europe/Berlin")
    raw = await charger("CP1")
    await app.database.write(stations.change, home, "CP1", {"site": "Harbour"})
    transaction = (await raw.start())["transactionId"]
    await raw.stop(transaction, meter=8000)

    page, see = operator.page, operator.see
    await operator.open("/reports")
    await expect(page.get_by_text("This report is about one site.")).to_be_visible()
    await expect(see("report-pdf")).to_be_disabled()
    await see("report-site").click()
    await page.get_by_role("option", name="Harbour").click()
    await see("report-period").click()
    await page.get_by_role("option").first.click()  # the month that goes on
    await expect(see("report-preview")).to_contain_text("Site report")
    await expect(see("report-preview")).to_contain_text("Harbour")
    await expect(page.get_by_role("row")).to_have_count(1 + 3 + 1)  # the head, and the sum of all
    await expect(page.get_by_text(re.compile(r"… and 2[5-8] more rows, which the file has\."))).to_be_visible()
    for kind, begins in (("pdf", b"%PDF-"), ("xlsx", b"PK"), ("csv", b"day,sessions,")):
        async with page.expect_download() as saved:
            await see(f"report-{kind}").click()
        file = await saved.value
        assert file.suggested_filename.startswith("site-") and file.suggested_filename.endswith(f".{kind}")
        assert (await file.path()).read_bytes().startswith(begins)
    await page.reload()  # what was chosen is in the address
    await expect(see("report-preview")).to_contain_text("Harbour")

    await page.get_by_test_id("add-schedule").click()
    await see("schedule-name").fill("To the host")
    await see("schedule-submit").click()
    await expect(page.get_by_text("Choose the site that it is about")).to_be_visible()
    await expect(page.get_by_text("Name at least one address")).to_be_visible()
    await see("schedule-site").click()
    await page.get_by_role("option", name="Harbour").click()
    await see("schedule-receivers").fill("host@example.com")
    await see("schedule-receivers").press("Enter")
    await see("schedule-submit").click()
    await expect(page.get_by_role("row", name="To the host")).to_contain_text("host@example.com")

    await queue_reports(app.database, app.settings.mail)
    assert boxes.mails == []  # the month goes on
    await page.get_by_role("button", name="Send To the host now").click()
    mail = await boxes.next("host@example.com")
    [sheet] = mail.iter_attachments()
    assert mail["Subject"].startswith("Site report, ") and sheet.get_content().startswith(b"%PDF-")
    boxes.answers = ["550 no such user"]
    await page.get_by_role("button", name="Send To the host now").click()
    await expect(page.get_by_text("host@example.com: there is no such mailbox")).to_be_visible()

    # Who pays by another tariff, and what was issued and is taken back.
    await operator.open("/groups")
    await see("add-group").click()
    await see("group-name").fill("Taxis")
    await see("group-submit").click()
    await expect(page.get_by_role("row", name="Taxis")).to_contain_text("The one of the place")

    def issue(work: Work) -> str:
        one = work.execute(select(sessions.sessions.c.public_id)).scalar_one()
        return issue_receipt(work, home, one).number

    number = await app.database.write(issue)
    await operator.open("/invoices")
    await expect(page.get_by_role("row", name=number)).to_contain_text("€1.00")
    await page.get_by_role("button", name=f"Take back {number}").click()
    await page.get_by_label("Why").fill("Billed to the wrong one")
    await see("credit-submit").click()
    await expect(page.get_by_role("row", name="Credit note")).to_contain_text("-€1.00")
