"""Sends reports by mail when their time has come, each period once."""

from __future__ import annotations

from email.message import EmailMessage

import msgspec

from stationmaster.background import mails
from stationmaster.domain.deliveries import Undeliverable, delivers
from stationmaster.domain.errors import DomainError
from stationmaster.domain.events import ReportMailDue
from stationmaster.domain.figures import report_words, reports, schedules
from stationmaster.domain.figures.reports import Asked, Report
from stationmaster.domain.invoices import issuers
from stationmaster.domain.timers import every
from stationmaster.files import printing
from stationmaster.outside import Outside
from stationmaster.settings import Figures, Mail, Web
from stationmaster.storage import Database


@every(seconds=300, once=True)
async def queue_reports(database: Database, mail: Mail) -> None:
    """What is due, where mail is set up; without it nothing is marked as sent, and the last period goes out when it is."""
    if mail.host is None:
        return
    for schedule, period in await database.read(schedules.due):
        await database.write(schedules.send, schedule, period)


def receivers(event: ReportMailDue, settings: Mail) -> list[str]:
    """The one address, where mail is set up."""
    return [] if settings.host is None else [event.email]


@delivers(to=receivers, timeout_s=130)
async def mail_report(outside: Outside, event: ReportMailDue, settings: Mail, web: Web, figures: Figures) -> None:
    """The report as it is at this moment, as a file. What goes wrong stands at its schedule, too."""
    try:
        await _send(outside, event, settings, web, figures)
    except Exception as error:
        await outside.database.write(schedules.failed, event.schedule, event.email, str(error) or type(error).__name__)
        raise
    await outside.database.write(schedules.arrived, event.schedule, event.email)


async def _send(outside: Outside, event: ReportMailDue, settings: Mail, web: Web, figures: Figures) -> None:
    if settings.host is None:
        raise Undeliverable("mail is no more in the settings")
    asked = Asked(kind=event.report, period=event.period, site=event.site)
    co2 = figures.co2_saved_kg_per_kwh
    try:
        report = await outside.database.read(reports.make, event.organization_id, asked, co2=co2)
    except DomainError as error:
        raise Undeliverable(str(error)) from None
    link = f"{web.public_url}/reports" if web.public_url else ""
    await mails.send(await _written(outside, event, report, settings, link=link), settings, outside)


async def _written(
    outside: Outside, event: ReportMailDue, report: Report, settings: Mail, *, link: str
) -> EmailMessage:
    sheet = reports.sheet_of(report, event.language)
    words = report_words.words_of(event.language or report.issuer.language)
    name = report.issuer.own_name
    facts = {"title": sheet.title, "period": sheet.period, "organization": report.issuer.name, "link": link}
    subject = f"{sheet.title}, {sheet.period} – {report.issuer.name}"
    message = mails.addressed(
        event.email, subject, words["mail"].format_map(facts).rstrip(), sender=settings.sender, name=name
    )
    if event.format == "pdf":
        now = outside.database.clock()
        logo = await outside.database.read(issuers.logo_of, report.issuer.design)
        content = await printing.print_aside("report", msgspec.json.encode(sheet), at=now, logo=logo)
    else:
        content = reports.table_of(report, event.format)
    maintype, _, subtype = reports.MEDIA_TYPES[event.format].partition(";")[0].partition("/")
    message.add_attachment(content, maintype=maintype, subtype=subtype, filename=reports.name_of(report, event.format))
    return message
