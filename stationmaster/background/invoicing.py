"""Invoices of the month that is over, and receipts and invoices by mail."""

from __future__ import annotations

import asyncio

import msgspec

from stationmaster.background import mails
from stationmaster.domain import looks, organizations
from stationmaster.domain.credentials import Keys
from stationmaster.domain.deliveries import Undeliverable, delivers
from stationmaster.domain.errors import NotFound
from stationmaster.domain.events import InvoiceMailDue
from stationmaster.domain.invoices import documents, invoices, issuers, issuing, links, printed
from stationmaster.domain.invoices.languages import words_of
from stationmaster.domain.links import plain_name
from stationmaster.domain.timers import every
from stationmaster.files import printing
from stationmaster.outside import Outside
from stationmaster.settings import Mail, Web
from stationmaster.storage import Database


@every(seconds=3600, once=True)
async def issue_monthly_invoices(database: Database) -> None:
    """For whoever pays later; each in a unit of its own, so that one which cannot be made keeps no other back.

    Raises all that went wrong, together, when the others are made.
    """
    failed: list[Exception] = []
    for organization in await database.read(organizations.listed):
        for account in await database.read(issuing.open_accounts, organization.id):
            try:
                while await database.write_aside(issuing.issue_monthly, account) is not None:
                    pass
            except Exception as error:
                error.add_note(f"This was the invoice of customer {account.customer_id} of {organization.name}.")
                failed.append(error)
    if failed:
        raise ExceptionGroup("Invoices could not be made", failed)


def receivers(event: InvoiceMailDue, settings: Mail) -> list[str]:
    """The one address, where mail is set up."""
    return [] if settings.host is None else [event.email]


@delivers(to=receivers, timeout_s=130)
async def mail_invoice(outside: Outside, event: InvoiceMailDue, settings: Mail, web: Web, keys: Keys) -> None:
    """The PDF, and a link that is good for 90 days."""
    if settings.host is None:
        raise Undeliverable("mail is no more in the settings")
    try:
        row = await outside.database.read(invoices.by_link, event.invoice)
    except NotFound:
        raise Undeliverable("there is no such receipt") from None
    # Aside, because a month of sessions takes its tenths of a second.
    document = await asyncio.to_thread(documents.decoded, row.document)
    sheet = await asyncio.to_thread(printed.sheet_of, document)
    words = words_of(document.language)
    title = f"{sheet.title} {row.number}"
    link = f"{web.public_url}/receipts/{links.key_of(keys.links, row)}" if web.public_url else ""
    body = words["mail"].format(title=title, seller=document.seller.name, total=sheet.total[1], link=link)
    subject = f"{title} – {document.seller.name}"
    name = await outside.database.read(looks.own_name, row.organization_id)
    message = mails.addressed(event.email, subject, body.rstrip(), sender=settings.sender, name=name)
    logo = await outside.database.read(issuers.logo_of, document.design)
    pdf = await printing.print_aside("invoice", msgspec.json.encode(sheet), at=row.issued_at, logo=logo)
    name = f"{row.kind}-{plain_name(row.number)}.pdf".replace("_", "-")
    message.add_attachment(pdf, maintype="application", subtype="pdf", filename=name)
    await mails.send(message, settings, outside)
