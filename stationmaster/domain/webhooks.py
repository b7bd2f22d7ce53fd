"""Webhooks of an organization: addresses of other programs that are told what happens, from the event log.

Each has its place in the log. `feed` takes what stands behind it, makes a delivery of whatever the webhook wants, and moves the place on, in
one transaction: nothing is left out or queued twice, also where a webhook was switched off for a while, or a node has died.
Those in the settings are the operator's own (`background/webhooks.py::webhook`).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlsplit

import msgspec
from sqlalchemy import Boolean, Column, ForeignKey, LargeBinary, Select, Table, Text, func, insert, select, true, update

from stationmaster.domain import audit, deliveries, event_log
from stationmaster.domain.audit import Subject
from stationmaster.domain.credentials import Keys
from stationmaster.domain.errors import Conflict, Invalid, NotFound
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, Json, UtcTime, key, metadata
from stationmaster.storage.queries import not_deleted, page

webhooks = Table(
    "webhooks",
    metadata,
    key(),
    Column("organization_id", BigInt, ForeignKey("organizations.id"), nullable=False, index=True),
    Column("public_id", Text, nullable=False, unique=True),
    Column("name", Text),
    Column("url", Text, nullable=False),
    Column("secret", LargeBinary, nullable=False),  # sealed: it is needed in clear to sign with
    Column("events", Json, nullable=False),  # what to tell; everything when empty
    Column("active", Boolean, nullable=False, server_default=true()),
    Column("place", BigInt, nullable=False),  # in the event log: what stands behind it is still to be told
    Column("replay_place", BigInt),  # the same of a part of the log that is told again, up to `replay_until`
    Column("replay_until", BigInt),
    Column("created_at", UtcTime, nullable=False),
    Column("changed_at", UtcTime, nullable=False),
    Column("deleted_at", UtcTime),
)

MOST = 50  # of one organization
HOOKS_AT_ONCE = 10
SIGNATURE = "Stationmaster-Signature"
_encode = msgspec.json.Encoder(decimal_format="number").encode


class WebhookRow(Protocol):
    """A row of the table."""

    id: int
    organization_id: int
    public_id: str
    name: str | None
    url: str
    secret: bytes
    events: list[str]
    active: bool
    place: int
    replay_place: int | None
    replay_until: int | None
    created_at: datetime
    changed_at: datetime


def create(
    work: Work,
    organization_id: int,
    keys: Keys,
    *,
    url: str,
    name: str | None = None,
    events: Sequence[str] = (),
    active: bool = True,
    secret: str | None = None,
) -> tuple[WebhookRow, str]:
    """A new webhook, told what happens from now on, and its secret, to be shown once. Raises `Invalid`, `Conflict`."""
    check_url(url)
    event_log.check_types(events)
    counted = select(func.count()).select_from(_mine(organization_id).subquery())
    if int(work.execute(counted).scalar_one()) >= MOST:
        raise Conflict("there are {most} webhooks already; remove one first", most=MOST)
    shown = secret or secrets.token_urlsafe(32)
    values = {
        "organization_id": organization_id,
        "public_id": secrets.token_hex(8),
        "name": name,
        "url": url,
        "secret": keys.sealed(shown),
        "events": list(events),
        "active": active,
        "place": event_log.last_number(work),
        "created_at": work.now,
        "changed_at": work.now,
    }
    row = work.execute(insert(webhooks).values(values).returning(*webhooks.c)).one()
    _record(work, "add_webhook", row, after=_facts(row))
    return row, shown


def get(work: Work, organization_id: int, public_id: str) -> WebhookRow:
    """One webhook. Raises `NotFound`."""
    row = work.execute(_mine(organization_id).where(webhooks.c.public_id == public_id)).one_or_none()
    if row is None:
        raise NotFound("there is no such webhook")
    return row


def listed(work: Work, organization_id: int, *, limit: int, cursor: str | None) -> list[WebhookRow]:
    """Webhooks, newest first."""
    return list(work.execute(page(_mine(organization_id), webhooks.c.id, limit=limit, cursor=cursor)))


def change(work: Work, organization_id: int, public_id: str, changes: dict[str, Any]) -> WebhookRow:
    """Set what is given. One that is switched on again is told what it has missed, as far as the log goes back."""
    before = get(work, organization_id, public_id)
    if "url" in changes:
        check_url(changes["url"])
    if "events" in changes:
        event_log.check_types(changes["events"])
    work.execute(update(webhooks).where(webhooks.c.id == before.id).values(**changes, changed_at=work.now))
    row = get(work, organization_id, public_id)
    _record(work, "change_webhook", row, before=_facts(before), after=_facts(row))
    return row


def new_secret(work: Work, organization_id: int, public_id: str, keys: Keys, *, secret: str | None = None) -> str:
    """Replace the secret; what is sent from now on is signed with the new one, which is returned in clear."""
    row = get(work, organization_id, public_id)
    shown = secret or secrets.token_urlsafe(32)
    work.execute(update(webhooks).where(webhooks.c.id == row.id).values(secret=keys.sealed(shown), changed_at=work.now))
    _record(work, "change_webhook_secret", row)
    return shown


def remove(work: Work, organization_id: int, public_id: str) -> None:
    """It is told nothing more; what waits for it is put aside at its next try."""
    row = get(work, organization_id, public_id)
    work.execute(update(webhooks).where(webhooks.c.id == row.id).values(deleted_at=work.now))
    _record(work, "remove_webhook", row, before=_facts(row))


def replay(work: Work, organization_id: int, public_id: str, *, since: datetime, until: datetime | None) -> int:
    """Tell again what the log has of this time; returns how many numbers of the log that spans. Raises `Conflict`, `Invalid`."""
    row = get(work, organization_id, public_id)
    if row.replay_until is not None:
        raise Conflict("a replay is still going on; its deliveries are made in parts")
    if until is not None and until <= since:
        raise Invalid("to_at", "must be later than from_at")
    first = event_log.first_number_since(work, organization_id, since)
    last = event_log.last_number(work) if until is None else event_log.first_number_since(work, organization_id, until)
    last = min(last, row.place)  # what has not been told yet will be told anyway
    _record(work, "replay_webhook", row, after={"from_at": since, "to_at": until})
    if last <= first:
        return 0
    work.execute(update(webhooks).where(webhooks.c.id == row.id).values(replay_place=first, replay_until=last))
    return last - first


def record_test(work: Work, row: WebhookRow) -> None:
    """Somebody has it posted to."""
    _record(work, "test_webhook", row)


def are_behind(work: Work) -> bool:
    """Whether there is something to number or to feed; a look that locks nothing."""
    if event_log.are_new(work):
        return True
    behind = webhooks.c.active & (
        (webhooks.c.place < event_log.last_number(work)) | webhooks.c.replay_until.is_not(None)
    )
    return work.execute(select(webhooks.c.id).where(behind, not_deleted(webhooks)).limit(1)).first() is not None


def feed(work: Work, *, delivery: str) -> int:
    """Number what is new in the log, and make deliveries of it; returns how many. `delivery` is the name of what posts them."""
    event_log.number_new(work)  # it lets one node at a time come further than this
    last, made = event_log.last_number(work), 0
    behind = (webhooks.c.place < last) | webhooks.c.replay_until.is_not(None)
    next_ones = select(webhooks).where(webhooks.c.active, behind, not_deleted(webhooks)).order_by(webhooks.c.place)
    rows = work.execute(next_ones.limit(HOOKS_AT_ONCE)).all()
    for row in rows:
        # Chargers wait while this is written, so the room of one unit is shared out.
        most = event_log.AT_ONCE // len(rows)
        place, queued = _queue(work, row, delivery, after=row.place, until=last, most=most)
        values: dict[str, Any] = {"place": place}
        made += queued
        if row.replay_until is not None:
            again, queued = _queue(
                work, row, delivery, after=row.replay_place, until=row.replay_until, most=most, again=True
            )
            over = again >= row.replay_until
            values |= {"replay_place": None, "replay_until": None} if over else {"replay_place": again}
            made += queued
        work.execute(update(webhooks).where(webhooks.c.id == row.id).values(values))
    return made


def _queue(
    work: Work, row: WebhookRow, delivery: str, *, after: int, until: int, most: int, again: bool = False
) -> tuple[int, int]:
    """Deliveries of a part of the log; how far that went, and how many there are."""
    entries = event_log.after(work, row.organization_id, after, types=row.events, until=until, limit=most)
    for entry in entries:
        key = f"{row.public_id}.{entry.number}" + (f".{secrets.token_hex(4)}" if again else "")
        deliveries.add(
            work,
            key=key,
            name=delivery,
            receiver=row.public_id,
            organization_id=row.organization_id,
            station_id=entry.station_id,
            event=entry.event,
            payload=entry.payload,
        )
    return (entries[-1].number if len(entries) == most else until), len(entries)


class Target(NamedTuple):
    """Where to post, and what to sign with."""

    url: str
    secret: str


def target(work: Work, public_id: str, keys: Keys) -> Target | None:
    """Where a webhook's deliveries go now; None when it was removed. Raises `ValueError` when its secret cannot be read."""
    row = work.execute(select(webhooks).where(webhooks.c.public_id == public_id, not_deleted(webhooks))).one_or_none()
    return None if row is None else Target(row.url, keys.opened(row.secret))


def message(key: str, words: dict[str, Any]) -> bytes:
    """The body of a delivery. `event` is the number in the log, the same when it is told again under another `id`."""
    parts = key.split(".")
    number = {"event": parts[1]} if len(parts) > 1 else {}
    return _encode({"id": key} | number | words)


def headers(key: str, secret: str, body: bytes, at: datetime) -> dict[str, str]:
    """What goes with a body."""
    return {
        "Content-Type": "application/json",
        "Idempotency-Key": key,
        SIGNATURE: signature(secret, body, at),
        "User-Agent": "Stationmaster",
    }


def signature(secret: str, body: bytes, at: datetime) -> str:
    """`t=<seconds>,v1=<hex>`: HMAC-SHA256 of the time, a point and the body. The time lets a receiver refuse old ones."""
    seconds = int(at.astimezone(UTC).timestamp())
    digest = hmac.new(secret.encode(), b"%d.%s" % (seconds, body), hashlib.sha256).hexdigest()
    return f"t={seconds},v1={digest}"


def check_url(url: str) -> None:
    """Raises `Invalid`."""
    try:
        parsed = urlsplit(url)
        _ = parsed.port
    except ValueError:
        raise Invalid("url", "is no address") from None
    if parsed.scheme not in ("https", "http") or not parsed.hostname:
        raise Invalid("url", "must begin with https:// (http:// for allowed networks only)")
    if parsed.username is not None or parsed.password is not None:
        raise Invalid("url", "must not hold a password; the signature says who we are")


def _mine(organization_id: int) -> Select[Any]:
    return select(webhooks).where(webhooks.c.organization_id == organization_id, not_deleted(webhooks))


def _facts(row: WebhookRow) -> dict[str, Any]:
    return {"name": row.name, "url": row.url, "events": row.events, "active": row.active}


def _record(work: Work, action: str, row: WebhookRow, **facts: Any) -> None:
    audit.record(work, action, Subject("webhook", row.public_id), organization=row.organization_id, **facts)
