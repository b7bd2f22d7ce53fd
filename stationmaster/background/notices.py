"""Sends what somebody is to be told, by mail and by channels, tried again for a day as every delivery is; the notice keeps what came of it."""

from __future__ import annotations

import msgspec

from stationmaster.background import mails
from stationmaster.domain.alerts import channels, telling
from stationmaster.domain.alerts.telling import NoticeToSend
from stationmaster.domain.credentials import Keys
from stationmaster.domain.customer_notices import links, looking
from stationmaster.domain.customer_notices import telling as customers
from stationmaster.domain.deliveries import Undeliverable, delivers
from stationmaster.domain.errors import NotFound
from stationmaster.domain.events import NoticeDue
from stationmaster.domain.invoices import links as receipts
from stationmaster.domain.timers import every
from stationmaster.outside import Outside, Refused, messengers
from stationmaster.settings import Mail, Web
from stationmaster.storage import Database


@delivers(to=lambda event: [event.receiver], timeout_s=130)
async def notice(outside: Outside, event: NoticeDue, settings: Mail, web: Web, keys: Keys) -> None:
    """Send one, and note what came of it."""
    database = outside.database
    try:
        row = await database.read(telling.get, event.notice)
    except NotFound:  # its customer was erased
        raise Undeliverable("there is no such notice any more") from None
    if row.state == "sent":  # a crash came between the effect and the mark of its delivery
        return
    try:
        await _send(outside, row, settings, web, keys)
    except (Undeliverable, Refused) as error:
        await database.write(telling.not_sent, row, str(error), final=True)
        raise
    except Exception as error:
        why = str(error) or type(error).__name__
        await database.write(telling.not_sent, row, why, final=False)
        raise
    await database.write(telling.sent, row)


@every(seconds=60, once=True)
async def tell_customers(database: Database) -> None:
    """What no message tells: one look at those who have chosen such notices; it writes only where there is something to tell."""
    for found in await database.read(looking.look):
        await database.write_apart(customers.tell, found)


async def _to_customer(outside: Outside, row: NoticeToSend, settings: Mail, web: Web, keys: Keys) -> None:
    """With the way out, by a link and by the button of a mail program."""
    by_sms = row.channel == "sms"
    if web.public_url is None or (settings.host is None and not by_sms):
        raise Undeliverable("mail, or the address of the pages, is not set up here")
    if customers.is_stale(row, outside.database.clock()):
        raise Undeliverable("it could not be sent in time, and is no news any more")
    found = await outside.database.read(customers.to_send, row)
    if found is None or (found.phone if by_sms else found.email) is None:
        raise Undeliverable("the customer wants it no more, is gone, or has no address")
    stop = f"{web.public_url}/unsubscribe/{links.key_of(keys.links, found.choice, found.kind)}"
    receipt = ""
    if found.invoice is not None:
        receipt = f"{web.public_url}/receipts/{receipts.key_of(keys.links, found.invoice)}"
    body = row.body.replace("{link}", receipt) if found.kind == "receipt" else row.body
    if by_sms:
        target = await _target(outside, row, keys)
        text = f"{found.sender}: {body}" if found.sender else body
        await messengers.send(target.address, subject="", body=f"{text}\n{found.footer} {stop}", to=row.receiver)
        return
    body = f"{body}\n\n{found.footer}\n{stop}"
    message = mails.addressed(row.receiver, row.subject, body, sender=settings.sender, name=found.sender)
    await mails.send(mails.with_way_out(message, stop), settings, outside)


async def _send(outside: Outside, row: NoticeToSend, settings: Mail, web: Web, keys: Keys) -> None:
    if row.customer_id is not None:
        await _to_customer(outside, row, settings, web, keys)
        return
    about = "" if row.alert is None else f"/{row.alert}"
    link = "" if web.public_url is None else f"{web.public_url}/alerts{about}"
    body = row.body.replace("{link}", link).rstrip()
    if row.channel == "email":
        if settings.host is None:
            raise Undeliverable("mail is not set up here")
        await mails.send(mails.addressed(row.receiver, row.subject, body, sender=settings.sender), settings, outside)
        return
    target = await _target(outside, row, keys)
    if target.kind != "webhook":
        await messengers.send(target.address, subject=row.subject, body=body)
        return
    message = msgspec.json.encode(telling.posted(row, body))
    headers = {"Content-Type": "application/json", "Idempotency-Key": row.public_id, "User-Agent": "Stationmaster"}
    answer = await outside.http.post(target.address, message, headers)
    if not answer.fine:
        raise ConnectionError(f"the receiver answered {answer.status}")


async def _target(outside: Outside, row: NoticeToSend, keys: Keys) -> channels.Target:
    """Where a message by a channel goes. Raises `Undeliverable`."""
    assert row.channel_id is not None
    try:
        target = await outside.database.read(channels.target, row.channel_id, keys)
    except ValueError as error:
        raise Undeliverable(str(error)) from None
    if target is None or not target.active:
        raise Undeliverable("this channel was removed" if target is None else "this channel is switched off")
    return target
