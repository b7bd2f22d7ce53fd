"""Channels: where messages go beside mail. Their address holds the key of an account elsewhere, so it is sealed, and never shown again."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from sqlalchemy import Select, func, insert, select

from stationmaster.domain import audit, versions, webhooks
from stationmaster.domain.alerts.tables import ChannelKind, ChannelRow, alert_channels
from stationmaster.domain.audit import Subject
from stationmaster.domain.credentials import Keys
from stationmaster.domain.errors import Conflict, Invalid, NotFound
from stationmaster.storage import Work
from stationmaster.storage.lists import Found, Wanted, listed
from stationmaster.storage.queries import not_deleted

MOST = 50  # of one organization
FACTS = ("name", "active")

# What apprise calls each service, of those whose messages go to a server of their own and to no other: an address that a person has entered must lead
# nowhere else. What speaks to a server of one's own is a webhook, which goes the way of all our requests.
SERVICES: dict[ChannelKind, tuple[str, ...]] = {
    "sms": ("twilio", "vonage", "nexmo", "msgbird", "sinch", "plivo", "clicksend", "bulksms", "d7sms", "msg91", "sns"),
    "chat": ("slack", "discord", "tgram", "gchat", "wxteams", "pagerduty", "opsgenie"),
    "push": ("pover", "pbul", "prowl", "join", "spush"),
    "webhook": ("https", "http"),
}
_SCHEME = re.compile(r"([a-z0-9]{2,20})://\S+\Z")


class Target(NamedTuple):
    """Where to send."""

    kind: ChannelKind
    name: str
    address: str
    active: bool


def create(
    work: Work, organization_id: int, keys: Keys, *, name: str, kind: ChannelKind, address: str, active: bool = True
) -> ChannelRow:
    """A new channel. Raises `Invalid`, `Conflict`."""
    counted = select(func.count()).select_from(_mine(organization_id).where(not_deleted(alert_channels)).subquery())
    if int(work.execute(counted).scalar_one()) >= MOST:
        raise Conflict("there are {most} channels already; remove one first", most=MOST)
    values = {
        "organization_id": organization_id,
        "public_id": secrets.token_hex(8),
        "name": name,
        "kind": kind,
        "active": active,
        **_sealed(keys, kind, address),
    }
    row = work.execute(insert(alert_channels).values(values | versions.first(work)).returning(*alert_channels.c)).one()
    _record(work, "add_alert_channel", cast(ChannelRow, row))
    return cast(ChannelRow, row)


def get(work: Work, organization_id: int, channel_id: str, *, lock: bool = False) -> ChannelRow:
    """One channel. Raises `NotFound`."""
    mine = _mine(organization_id).where(alert_channels.c.public_id == channel_id, not_deleted(alert_channels))
    row: ChannelRow | None = versions.find(work, mine, lock=lock)
    if row is None:
        raise NotFound("there is no such channel")
    return row


def list_channels(work: Work, organization_id: int, wanted: Wanted) -> Found[ChannelRow]:
    """Channels, newest first."""
    mine = _mine(organization_id).where(not_deleted(alert_channels))
    return listed(work, mine, wanted, key=alert_channels.c.id, searched=(alert_channels.c.name,))


def change(
    work: Work,
    organization_id: int,
    channel_id: str,
    keys: Keys,
    changes: Mapping[str, Any],
    *,
    expected: versions.Expected = None,
) -> ChannelRow:
    """Set what is given of name, address and active. Raises `NotFound`, `Outdated`, `Invalid`."""
    row = get(work, organization_id, channel_id, lock=True)
    versions.check(row, expected)
    values = {name: changes[name] for name in FACTS if name in changes}
    if "address" in changes:
        values |= _sealed(keys, row.kind, changes["address"])
    changed = versions.change(work, alert_channels, row, values)
    _record(work, "change_alert_channel", changed, before=row)
    return changed


def remove(work: Work, organization_id: int, channel_id: str, *, expected: versions.Expected = None) -> None:
    """Nothing is sent there any more, whichever rule names it. Raises `NotFound`, `Outdated`."""
    row = get(work, organization_id, channel_id, lock=True)
    versions.check(row, expected)
    versions.delete(work, alert_channels, row)
    _record(work, "remove_alert_channel", row)


def record_test(work: Work, row: ChannelRow) -> None:
    """Somebody tries it."""
    _record(work, "test_alert_channel", row)


def target(work: Work, key: int, keys: Keys) -> Target | None:
    """Where a channel's messages go; None when it was removed. Raises `ValueError` when its address cannot be read."""
    mine = select(alert_channels).where(alert_channels.c.id == key, not_deleted(alert_channels))
    row = cast(ChannelRow | None, work.execute(mine).one_or_none())
    return None if row is None else Target(row.kind, row.name, keys.opened(row.address), row.active)


def check_address(kind: ChannelKind, address: str) -> None:
    """Raises `Invalid`."""
    if kind == "webhook":
        try:
            webhooks.check_url(address)
        except Invalid as error:
            raise Invalid("address", error.reason) from None
        return
    found = _SCHEME.match(address)
    if found is None or found[1] not in SERVICES[kind]:
        services = ", ".join(SERVICES[kind])
        raise Invalid("address", "must be an address of apprise for one of these services: {known}", known=services)


def _sealed(keys: Keys, kind: ChannelKind, address: str) -> dict[str, Any]:
    check_address(kind, address)
    shown = address.partition("://")[0] + "://…" if kind != "webhook" else _origin(address)
    return {"address": keys.sealed(address), "shown": shown}


def _origin(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}/…"


def _mine(organization_id: int) -> Select[Any]:
    return select(alert_channels).where(alert_channels.c.organization_id == organization_id)


def _record(work: Work, action: str, row: ChannelRow, *, before: ChannelRow | None = None) -> None:
    names = ("name", "kind", "shown", "active")
    audit.record(
        work,
        action,
        Subject("alert_channel", row.public_id),
        before=None if before is None else {name: getattr(before, name) for name in names},
        after={name: getattr(row, name) for name in names},
        organization=row.organization_id,
    )
