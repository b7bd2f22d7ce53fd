"""Who is told of an alert, and how: a row for each message, written with the alert itself; `background/notices.py` sends them."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple, Protocol, cast

import msgspec
from sqlalchemy import select, update

from stationmaster.domain import accounts, audit, events, push_devices
from stationmaster.domain.alerts import rules, texts
from stationmaster.domain.alerts.tables import (
    AlertRow,
    By,
    ChannelRow,
    NoticeRow,
    alert_channels,
    alert_notices,
    alerts,
)
from stationmaster.domain.alerts.texts import Written
from stationmaster.domain.errors import NotFound
from stationmaster.storage import Work
from stationmaster.storage.lists import Found, Wanted, listed, only
from stationmaster.storage.queries import insert_once, not_deleted

Said = Literal["opened", "escalated", "resolved"]
Tell = Mapping[str, Sequence[str]]
MAX_WHY = 500


class NoticeToSend(NoticeRow, Protocol):
    """A message with the id of the alert that it is about."""

    alert: str | None


class Receiver(NamedTuple):
    """Somebody, or a channel, that gets a message."""

    channel: By
    name: str  # the address, or what the channel is called
    language: str | None = None
    channel_id: int | None = None
    user_key: int | None = None  # whose devices are told as well


def tell(work: Work, alert: AlertRow, who: Tell, *, kind: Said, but: Tell | None = None) -> int:
    """Write the messages about an alert, in the language of each; returns how many. `but`: those who were told already."""
    told = set(receivers(work, alert.organization_id, but, site_id=alert.site_id)) if but else set()
    count = 0
    for receiver in receivers(work, alert.organization_id, who, site_id=alert.site_id):
        if receiver in told:
            continue
        add(work, alert.organization_id, receiver, written(alert, kind, receiver.language), kind=kind, alert=alert)
        count += 1
    return count


def receivers(work: Work, organization_id: int, who: Tell, *, site_id: int | None) -> list[Receiver]:
    """Everybody once. A user who is limited to sites is told of those only; who may not log in is told nothing."""
    found: dict[tuple[str, str], Receiver] = {}
    for each in (*_people(work, organization_id, who, site_id), *_channels(work, organization_id, who)):
        found.setdefault((each.channel, each.name.lower() if each.channel == "email" else str(each.channel_id)), each)
    return list(found.values())


def written(alert: AlertRow, kind: Said, language: str | None) -> Written:
    """The message about an alert. `{link}` stays in it until it is sent, when it is known where the pages are."""
    zone = alert.zone
    title = texts.title(language, alert.kind, alert.facts, zone=zone, resolved=kind == "resolved")
    times = {"since": alert.since, "opened": alert.opened_at, "resolved": alert.resolved_at}
    facts = {name: texts.clock(at, zone) for name, at in times.items() if at is not None}
    facts |= {"title": title, "severity": texts.say(language, f"severity.{alert.severity}", {}), "link": "{link}"}
    body = texts.say(language, "body.resolved" if kind == "resolved" else "body", facts)
    return Written(texts.say(language, kind, {"title": title}), body, texts.language_of(language))


def add(
    work: Work,
    organization_id: int,
    receiver: Receiver,
    message: Written,
    *,
    kind: str,
    alert: AlertRow | None = None,
    customer_id: int | None = None,
    about: str | None = None,
) -> str | None:
    """A message that is to be sent; returns its id. A customer is told of what it is `about` once: None where they were."""
    public_id = secrets.token_hex(8)
    values = {
        "organization_id": organization_id,
        "public_id": public_id,
        "alert_id": None if alert is None else alert.id,
        "customer_id": customer_id,
        "kind": kind,
        "about": about,
        "channel": receiver.channel,
        "channel_id": receiver.channel_id,
        "receiver": receiver.name,
        "subject": message.subject[:300],
        "body": message.body,
        "language": message.language,
        "at": work.now,
        "state": "waiting",
    }
    once = insert_once(alert_notices, tuple(values), "(customer_id, kind, about) WHERE about IS NOT NULL")
    if work.first(once, **values) is None:
        return None
    for device in () if receiver.user_key is None else push_devices.ids_of(work, receiver.user_key):
        work.publish(events.PushDue(notice=public_id, device=device, organization_id=organization_id))
    if receiver.channel == "push" and receiver.channel_id is None:  # on their devices only
        return public_id
    queue = receiver.name.lower() if receiver.channel_id is None else f"channel {receiver.channel_id}"
    if customer_id is not None:  # their address is kept at one place, from where it can be erased
        queue = f"customer {customer_id}"
    work.publish(events.NoticeDue(notice=public_id, receiver=queue, organization_id=organization_id))
    return public_id


def get(work: Work, public_id: str) -> NoticeToSend:
    """One message, for who sends it. Raises `NotFound`."""
    mine = select(*alert_notices.c, alerts.c.public_id.label("alert")).select_from(alert_notices.outerjoin(alerts))
    row = work.execute(mine.where(alert_notices.c.public_id == public_id)).one_or_none()
    if row is None:
        raise NotFound("there is no such notice")
    return cast(NoticeToSend, row)


def test(work: Work, organization_id: int, rule_id: str, *, by: str) -> int:
    """Send a test to everybody whom a rule tells; returns how many that are. Raises `NotFound`."""
    rule = rules.get(work, organization_id, rule_id)
    told = receivers(work, organization_id, rule.tell, site_id=rule.site_id)
    for receiver in told:
        message = test_message(channel=rule.name, by=by, language=receiver.language)
        add(work, organization_id, receiver, message, kind="test")
    audit.record(work, "test_alert_rule", audit.Subject("alert_rule", rule_id), organization=organization_id)
    return len(told)


def test_message(*, channel: str, by: str, language: str | None = None) -> Written:
    """What a test says."""
    facts = {"channel": channel, "by": by}
    subject, body = (texts.say(language, key, facts) for key in ("test", "test.body"))
    return Written(subject, body, texts.language_of(language))


def posted_test(message: Written, at: datetime) -> bytes:
    """A test as a webhook gets it."""
    text = f"{message.subject}\n{message.body}"
    return msgspec.json.encode({"id": "test", "type": "test", "subject": message.subject, "text": text, "at": at})


def posted(row: NoticeRow, body: str) -> dict[str, Any]:
    """A message as a webhook gets it; `text` is what chat programs show of such a message."""
    return {
        "id": row.public_id,
        "type": row.kind,
        "subject": row.subject,
        "text": f"{row.subject}\n{body}",
        "at": row.at,
    }


def sent(work: Work, row: NoticeRow) -> None:
    """It has arrived there."""
    values: dict[str, Any] = {"state": "sent", "sent_at": work.now, "why": None, "tries": alert_notices.c.tries + 1}
    work.execute(update(alert_notices).where(alert_notices.c.id == row.id).values(values))


def pushed(work: Work, row: NoticeRow) -> None:
    """It has arrived on a device. What goes there only is sent by that."""
    values: dict[str, Any] = {"pushed_at": work.now}
    if _on_devices_only(row):
        values |= {"state": "sent", "sent_at": work.now}
    work.execute(update(alert_notices).where(alert_notices.c.id == row.id).values(values))


def not_pushed(work: Work, row: NoticeRow, why: str, *, final: bool) -> None:
    """A device has not got it. That is said of a notice that goes to devices only, and to none of them yet."""
    pushed_at = select(alert_notices.c.pushed_at).where(alert_notices.c.id == row.id)
    if _on_devices_only(row) and work.execute(pushed_at).scalar() is None:
        not_sent(work, row, why, final=final)


def _on_devices_only(row: NoticeRow) -> bool:
    return row.channel == "push" and row.channel_id is None


def not_sent(work: Work, row: NoticeRow, why: str, *, final: bool) -> None:
    """It has not; `final`: and is not tried again."""
    state = "not_sent" if final else "failed"
    values: dict[str, Any] = {"state": state, "why": why[:MAX_WHY], "tries": alert_notices.c.tries + 1}
    work.execute(update(alert_notices).where(alert_notices.c.id == row.id).values(values))


def list_notices(
    work: Work,
    organization_id: int,
    wanted: Wanted,
    *,
    alert_id: int | None = None,
    state: str | None = None,
    channel: str | None = None,
) -> Found[NoticeRow]:
    """What was sent, and what was not and why, newest first; not those to customers, which are on their pages."""
    mine = select(alert_notices).where(alert_notices.c.organization_id == organization_id)
    mine = mine.where(alert_notices.c.customer_id.is_(None))
    notice = alert_notices.c
    mine = only(mine, {notice.alert_id: alert_id, notice.state: state, notice.channel: channel})
    return listed(work, mine, wanted, key=notice.id, searched=(notice.receiver, notice.subject))


def _people(work: Work, organization_id: int, who: Tell, site_id: int | None) -> Iterator[Receiver]:
    users = accounts.users
    roles, ids = who.get("roles") or (), who.get("users") or ()
    if roles or ids:
        theirs = select(users).where(
            users.c.organization_id == organization_id,
            accounts.admitted,
            users.c.role.in_(roles) | users.c.public_id.in_(ids),
        )
        for row in work.execute(theirs.order_by(users.c.id)):
            if row.site_ids is None or site_id in row.site_ids:
                yield Receiver("email", row.email, row.language, user_key=row.id)
    for address in who.get("addresses") or ():
        yield Receiver("email", address)


def _channels(work: Work, organization_id: int, who: Tell) -> Iterator[Receiver]:
    ids = who.get("channels") or ()
    if not ids:
        return
    table = alert_channels
    mine = select(table).where(table.c.organization_id == organization_id, table.c.public_id.in_(ids))
    for row in cast(Sequence[ChannelRow], work.execute(mine.where(not_deleted(table), table.c.active)).all()):
        yield Receiver(row.kind, row.name, None, row.id)
