"""Mails to people: over the SMTP server in the settings, tried again for a day as every delivery is."""

from __future__ import annotations

import re
from email.errors import HeaderDefect, MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8, EmailPolicy
from email.utils import format_datetime, formataddr, parseaddr
from typing import cast

import aiosmtplib

from stationmaster.background.mail_texts import text_of
from stationmaster.domain import one_time_links
from stationmaster.domain.credentials import Keys
from stationmaster.domain.deliveries import Undeliverable, delivers
from stationmaster.domain.events import MailDue
from stationmaster.outside import Outside
from stationmaster.settings import Mail, Web

_NOT_ASCII = re.compile(r"[^\x00-\x7f]")


def receivers(event: MailDue, settings: Mail) -> list[str]:
    """The one address, where mail is set up."""
    return [] if settings.host is None else [event.email]


@delivers(to=receivers, timeout_s=130)
async def mail(outside: Outside, event: MailDue, settings: Mail, web: Web, keys: Keys) -> None:
    """Send one mail. The link in it is completed here, so that no secret waits in the queue."""
    if settings.host is None or web.public_url is None:
        raise Undeliverable("mail is no more in the settings")
    link = f"{web.public_url}/{event.path}"
    if event.link is not None:
        link = f"{link}{one_time_links.PAGES[cast(one_time_links.Kind, event.kind)]}#{one_time_links.secret(keys.once, event.link)}"
    message = written(event, link, sender=settings.sender)
    await send(message, settings, outside)


async def send(message: EmailMessage, settings: Mail, outside: Outside) -> None:
    """Over the server in the settings. Raises `Undeliverable` where there is no such mailbox."""
    message["Date"] = format_datetime(outside.database.clock())
    message["Message-ID"] = (
        f"<{outside.key}@{parseaddr(settings.sender)[1].rpartition('@')[2]}>"  # the same at each try
    )
    assert settings.host is not None
    receiver = message["To"].addresses[0].addr_spec
    try:
        await aiosmtplib.send(
            message,
            sender=parseaddr(settings.sender)[1],
            recipients=[receiver],
            hostname=settings.host,
            port=settings.port,
            username=settings.user,
            password=settings.password,
            use_tls=settings.tls == "tls",
            start_tls=settings.tls == "starttls",
            timeout=settings.timeout_s,
        )
    except aiosmtplib.SMTPRecipientsRefused as error:
        if all(500 <= each.code < 600 for each in error.recipients):
            raise Undeliverable(f"there is no such mailbox: {error.recipients[0].message}") from error
        raise


def written(event: MailDue, link: str, *, sender: str) -> EmailMessage:
    """The mail as it goes out. Raises `Undeliverable` when no mail can have this address."""
    text = text_of(event.kind, event.language)
    facts = {"email": event.email, "organization": event.organization, "link": link, "now": event.now}
    subject, body = text.subject.format_map(facts), text.body.format_map(facts)
    return addressed(event.email, subject, body, sender=sender, name=event.sender)


class _WayOut(str):
    """The value of a header that is written as it is, however long: folded, it would be encoded, and mail programs would not know the address."""

    name = "List-Unsubscribe"

    def fold(self, *, policy: EmailPolicy) -> str:
        return f"{self.name}: {self}{policy.linesep}"


def with_way_out(message: EmailMessage, address: str) -> EmailMessage:
    """With the headers by which mail programs show a button that ends such mails (RFC 8058)."""
    message[_WayOut.name] = _WayOut(f"<{address}>")
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return message


def addressed(email: str, subject: str, body: str, *, sender: str, name: str = "") -> EmailMessage:
    """A mail to somebody, from the sender in the settings, under another name where one is given. Raises `Undeliverable` when no mail can have this address."""
    message = EmailMessage(policy=SMTP if email.isascii() else SMTPUTF8)
    try:
        Address(addr_spec=_NOT_ASCII.sub("x", email))  # it judges ASCII only
        local, _, domain = email.rpartition("@")
        message["To"] = Address(username=local, domain=domain)
    except (ValueError, IndexError, HeaderDefect, MessageError) as error:
        raise Undeliverable("this is no address for mail") from error
    mailbox = parseaddr(sender)[1]
    message["From"] = formataddr((" ".join(name.split()), mailbox)) if name else sender
    message["Subject"] = " ".join(subject.split())
    message["Auto-Submitted"] = "auto-generated"  # no answer by a machine
    message.set_content(body + "\n")
    return message
