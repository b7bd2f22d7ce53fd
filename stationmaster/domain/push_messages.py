"""What a device is told of a notice: its words in short, where a tap leads, how long it is news, and whether a phone is woken for it.

It says no more than the mail of the same notice. What opens by itself, the addresses of receipts and of the way out, is in the mail only.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Literal, NamedTuple

import msgspec
from sqlalchemy import select

from stationmaster.domain import accounts, push_devices
from stationmaster.domain.alerts import telling as alerts
from stationmaster.domain.alerts import texts
from stationmaster.domain.alerts.telling import NoticeToSend
from stationmaster.domain.customer_notices import telling as customers
from stationmaster.domain.push_devices import DeviceRow
from stationmaster.storage import Work

Urgency = Literal["low", "normal", "high"]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LONGEST_TEXT = 500  # characters: no device shows more, and a push service takes 4 kB

# Of each kind how long it is news, whether it wakes a phone that saves its battery (RFC 8030 §5.3), and the page it leads to.
_KINDS: dict[str, tuple[timedelta, Urgency, str]] = {
    "started": (HOUR, "normal", "/my"),
    "nearly_full": (HOUR, "high", "/my"),
    "ended": (DAY, "normal", "/my/sessions"),
    "idle_fee": (HOUR, "high", "/my"),
    "reservation": (HOUR, "high", "/my"),
    "wallet_low": (DAY, "normal", "/my/money"),
    "receipt": (DAY, "low", "/my/money"),
    "opened": (DAY, "high", "/alerts"),
    "escalated": (DAY, "high", "/alerts"),
    "resolved": (DAY, "normal", "/alerts"),
    "digest": (DAY, "low", "/alerts"),
    "test": (HOUR, "high", "/alerts"),
}


class Shown(msgspec.Struct, frozen=True):
    """What the service worker of the pages shows (`web/operator/public/push.js`). A later message with the same tag takes its place."""

    title: str
    body: str
    lang: str
    tag: str
    link: str


class Message(NamedTuple):
    """A message, and how it is to be sent."""

    content: bytes
    keep_for: timedelta
    urgency: Urgency
    topic: str


def test(language: str | None) -> Message:
    """What a person sends to a device of their own, to see whether it arrives."""
    title, body = (texts.say(language, key, {}) for key in ("test.device", "test.device.body"))
    shown = Shown(title, body, texts.language_of(language), "test", "/")
    return Message(msgspec.json.encode(shown), HOUR, "high", "test")


class Due(NamedTuple):
    """A notice, and the device that it goes to; None where it is not to go there any more."""

    notice: NoticeToSend
    device: DeviceRow | None


def due(work: Work, notice_id: str, device_id: str) -> Due:
    """Raises `NotFound` where the notice was erased with its customer. Not to go: the device was removed or is another's by now, its person may not log in, is
    another customer, or does not want this kind any more."""
    notice = alerts.get(work, notice_id)
    device = push_devices.find(work, notice.organization_id, device_id)
    if device is None:
        return Due(notice, None)
    user = accounts.users
    theirs = select(user.c.customer_id, user.c.email).where(user.c.id == device.user_id, accounts.admitted)
    person = work.execute(theirs).one_or_none()
    if person is None:
        return Due(notice, None)
    if notice.customer_id is None:
        mine = person.email.lower() == notice.receiver.lower()
    else:
        mine = person.customer_id == notice.customer_id and customers.to_send(work, notice) is not None
    return Due(notice, device if mine else None)


def message(work: Work, notice: NoticeToSend) -> Message | None:
    """None where it is no news any more."""
    news, urgency, page = _KINDS[notice.kind]
    left = notice.at + news - work.now
    if left <= timedelta(0):
        return None
    about, _, rest = (notice.about or "").partition(":")
    subject = rest.partition(":")[0]
    if about == "session":
        page = f"/my/sessions/{subject}"
    elif notice.alert is not None:
        page = f"/alerts/{notice.alert}"
    # Of one session the end takes the place of the begin; of an alert, that it is over.
    named = (
        f"{about}:{subject}"
        if about in ("session", "reservation")
        else notice.about or notice.alert or notice.public_id
    )
    tag = hashlib.sha256(named.encode()).hexdigest()[:32]
    shown = Shown(notice.subject, _short(notice), notice.language, tag, page)
    return Message(msgspec.json.encode(shown), left, urgency, tag)


def _short(notice: NoticeToSend) -> str:
    """The body without what it says in its title, and without lines for links."""
    lines = [line for line in notice.body.splitlines() if line and "{link}" not in line and line != notice.subject]
    text = "\n".join(lines)
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"
