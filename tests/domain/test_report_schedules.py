"""Reports by schedule: when a period is due, that it goes out once, and what arrives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stationmaster.background.report_mails import mail_report, queue_reports
from stationmaster.domain import months, organizations, sites
from stationmaster.domain.deliveries import Undeliverable
from stationmaster.domain.errors import Invalid
from stationmaster.domain.events import ReportMailDue
from stationmaster.domain.figures import schedules
from stationmaster.domain.invoices import issuers
from stationmaster.outside import Http, Outside
from stationmaster.settings import Figures, Mail, Web
from stationmaster.storage.lists import Wanted
from tests.background.mailboxes import PASSWORD, USER, receiving_mail
from tests.domain.conftest import World

FACTS: dict[str, Any] = {
    "name": "To the board", "report": "site", "site": "H", "rhythm": "monthly", "format": "pdf", "language": None,
    "receivers": ["board@example.com"], "active": True,
}  # fmt: skip
NO_HOST = Mail()


def mail(port: int = 25) -> Mail:
    return Mail(host="127.0.0.1", port=port, tls="none", user=USER, password=PASSWORD, sender="csms@example.org")


@pytest.fixture
async def harbour(world: World) -> World:
    world.now = datetime(2026, 11, 12, tzinfo=UTC)
    await world(sites.create, world.home, public_id="H", name="Harbour", time_zone="America/New_York")
    await world(issuers.change, world.home, {"time_zone": "Europe/Berlin", "language": "de"})
    return world


@pytest.mark.any_database
async def test_S0_065_a_report_goes_out_once_for_each_month_as_a_file_in_its_language(harbour: World) -> None:
    world = harbour
    schedule = await world(schedules.create, world.home, FACTS | {"receivers": ["a@example.com", "b@example.com"]})
    assert schedule.sent_for == "2026-10"
    six_there = datetime(2026, 12, 1, 11, tzinfo=UTC)
    for world.now in (six_there - timedelta(seconds=1), six_there):
        assert world.told(ReportMailDue) == []
        await queue_reports(world.database, NO_HOST)  # nothing is lost where there is no mail yet
        await queue_reports(world.database, mail())
    told = world.told(ReportMailDue)
    assert [(each.email, each.period, each.site) for each in told] == [
        ("a@example.com", "2026-11", "H"), ("b@example.com", "2026-11", "H"),
    ]  # fmt: skip
    # Another node found it due in the same moment.
    assert not await world(schedules.send, schedule.id, "2026-11")
    await queue_reports(world.database, mail())
    assert len(world.told(ReportMailDue)) == 2
    assert (await world(schedules.get, world.home, schedule.public_id)).sent_for == "2026-11"

    outside = Outside(world.database, Http([], timeout_s=2), key="k")
    async with receiving_mail() as boxes:
        event = told[0]
        for kind, language in (("pdf", None), ("csv", "fr"), ("xlsx", "hi")):
            changed = ReportMailDue(
                organization_id=world.home, schedule=schedule.id, report="site", period="2026-11", site="H", format=kind, language=language,
                email=event.email,
            )  # fmt: skip
            web = Web(public_url="https://csms.example")
            await mail_report(outside, changed, mail(boxes.port), web, Figures())
            arrived = await boxes.next("a@example.com")
            [file] = arrived.iter_attachments()
            assert file.get_filename() == f"site-2026-11.{kind}"
            content = file.get_content()
            if kind == "pdf":
                assert arrived["Subject"].startswith("Standortbericht, November 2026 – ")
                assert "https://csms.example/reports" in arrived.get_body().get_content()
                assert content.startswith(b"%PDF-")
            elif kind == "csv":
                assert arrived["Subject"].startswith("Rapport du site, novembre 2026 – ")
                assert content.splitlines()[0] == "day,sessions,energy,plugged,charging"
            else:
                assert "नवंबर 2026" in arrived["Subject"] and content.startswith(b"PK")
    gone = ReportMailDue(
        organization_id=world.home,
        schedule=schedule.id,
        report="site",
        period="2026-11",
        site="X",
        email="a@example.com",
    )
    with pytest.raises(Undeliverable):
        await mail_report(outside, gone, mail(), Web(), Figures())
    mine = (world.home, schedule.public_id)
    assert (await world(schedules.get, *mine)).error == "a@example.com: there is no site 'X'"
    await world(schedules.arrived, schedule.id, "b@example.com")
    assert (await world(schedules.get, *mine)).error is not None
    await world(schedules.arrived, schedule.id, "a@example.com")
    after = await world(schedules.get, *mine)
    assert (after.error, after.sent_at) == (None, world.now)


async def test_weeks_pauses_and_what_is_sent_by_hand(harbour: World) -> None:
    world = harbour
    weekly = FACTS | {"report": "uptime", "site": None, "rhythm": "weekly"}
    schedule = await world(schedules.create, world.home, weekly)
    mine = (world.home, schedule.public_id)
    monday_in_berlin = datetime(2026, 11, 16, 5, tzinfo=UTC)
    for world.now in (monday_in_berlin - timedelta(minutes=1), monday_in_berlin):
        assert world.told(ReportMailDue) == []
        await queue_reports(world.database, mail())
    assert [each.period for each in world.told(ReportMailDue)] == ["2026-W46"]
    await world(schedules.change, *mine, {"active": False})
    world.now += timedelta(days=20)
    await queue_reports(world.database, mail())
    await world(schedules.change, *mine, {"active": True})  # the weeks of the pause are not made up for
    await queue_reports(world.database, mail())
    assert len(world.told(ReportMailDue)) == 1
    assert await world(schedules.send_now, *mine) == "2026-W48"
    assert await world(schedules.send_now, *mine) == "2026-W48"
    assert len(world.told(ReportMailDue)) == 3
    await world(schedules.change, *mine, {"rhythm": "monthly"})
    await queue_reports(world.database, mail())
    assert len(world.told(ReportMailDue)) == 3
    await world(schedules.remove, *mine)
    world.now += timedelta(days=90)
    await queue_reports(world.database, mail())
    assert len(world.told(ReportMailDue)) == 3
    assert (await world(schedules.list_schedules, world.home, Wanted(50, None))).rows == []


async def test_an_organization_that_is_closed_sends_nothing(harbour: World) -> None:
    world = harbour
    await world(schedules.create, world.home, FACTS)
    world.now += timedelta(days=60)
    assert len(await world(schedules.due)) == 1
    table = organizations.organizations
    await world(lambda work: work.execute(table.update().values(closed_at=work.now)))
    assert await world(schedules.due) == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"site": None}, "site"),
        ({"report": "host", "site": None}, "site"),
        ({"report": "revenue"}, "site"),
        ({"site": "nowhere"}, "site"),
        ({"name": " "}, "name"),
        ({"receivers": []}, "receivers"),
        ({"receivers": ["board"]}, "receivers"),
        ({"receivers": [f"{n}@example.com" for n in range(21)]}, "receivers"),
        ({"language": "tlh"}, "language"),
        ({"format": "docx"}, "format"),
        ({"rhythm": "daily"}, "rhythm"),
        ({"report": "weather"}, "report"),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_named(harbour: World, wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        await harbour(schedules.create, harbour.home, FACTS | wrong)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("name", "days"),
    [("2026-W01", ("2025-12-29", "2026-01-05")), ("2026-W53", ("2026-12-28", "2027-01-04")), ("2026-12", ("2026-12-01", "2027-01-01"))],
)  # fmt: skip
def test_a_period_is_a_month_or_a_week(name: str, days: tuple[str, str]) -> None:
    assert (months.period_named(name).days, str(months.period_named(name))) == (days, name)


@pytest.mark.parametrize("name", ["2025-W53", "2026-W54", "2026-W00", "2026-13", "2026-1", "26-W01", ""])
def test_what_is_no_period_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        months.period_named(name)
