"""Links that work once: to accept an invitation, to choose a new password, to confirm an address.

The secret in a link is a signature of its row's name with a key of the installation. So no table, no queue of mails and no backup
holds anything that opens a door.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, Protocol

from sqlalchemy import Column, ColumnElement, ForeignKey, Table, Text, insert, select, update

from stationmaster.domain.errors import Invalid
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, UtcTime, key, metadata

one_time_links = Table(
    "one_time_links",
    metadata,
    key(),
    Column("public_id", Text, nullable=False, unique=True),
    Column("user_id", BigInt, ForeignKey("users.id"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("email", Text, nullable=False),  # the address it is about
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("used_at", UtcTime),  # or taken back
)

Kind = Literal["invitation", "password", "registration", "email"]
GOOD_FOR: dict[Kind, timedelta] = {
    "invitation": timedelta(days=7),
    "password": timedelta(minutes=30),
    "registration": timedelta(days=1),
    "email": timedelta(days=1),
}
PAGES: dict[Kind, str] = {
    "invitation": "welcome",
    "password": "new-password",
    "registration": "confirm",
    "email": "confirm",
}


class Link(NamedTuple):
    """A link as it was made; `address` tells the whole of it."""

    public_id: str
    kind: Kind
    email: str
    expires_at: datetime


class Used(NamedTuple):
    """Whose link it was, and what for."""

    user_key: int
    kind: Kind
    email: str


class _Row(Protocol):
    id: int
    user_id: int
    kind: Kind
    email: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None


def make(work: Work, user_key: int, kind: Kind, *, email: str) -> Link:
    """A new link; an older one of this kind works no more."""
    end_all(work, user_key, kind)
    link = Link(secrets.token_hex(12), kind, email, work.now + GOOD_FOR[kind])
    work.execute(insert(one_time_links).values(user_id=user_key, created_at=work.now, **link._asdict()))
    return link


def made_at(work: Work, user_key: int, kind: Kind) -> datetime | None:
    """When the link of this kind was made that still works."""
    mine = select(one_time_links.c.created_at).where(*_open(user_key, kind), one_time_links.c.expires_at > work.now)
    return work.execute(mine).scalars().first()


def address(base: str, key: bytes, link: Link) -> str:
    """Where it leads. What opens the door stands behind the #, which browsers send to no server and no log (API-08)."""
    return f"{base}/{PAGES[link.kind]}#{secret(key, link.public_id)}"


def secret(key: bytes, public_id: str) -> str:
    """What a link is used with."""
    return f"{public_id}.{hmac.new(key, public_id.encode(), hashlib.sha256).hexdigest()}"


def check(work: Work, key: bytes, text: str, kinds: Collection[Kind]) -> Used:
    """Whose link this is, without using it. Raises `Invalid`."""
    row = _row(work, key, text, kinds)
    return Used(row.user_id, row.kind, row.email)


def use(work: Work, key: bytes, text: str, kinds: Collection[Kind]) -> Used:
    """Use a link, which works once. Raises `Invalid`."""
    row = _row(work, key, text, kinds)
    # Another node may use it at this moment: only one of the two finds it unused.
    unused = update(one_time_links).where(one_time_links.c.id == row.id, one_time_links.c.used_at.is_(None))
    if not work.execute(unused.values(used_at=work.now)).rowcount:
        raise _over()
    return Used(row.user_id, row.kind, row.email)


def end_all(work: Work, user_key: int, kind: Kind | None = None) -> None:
    """No link of this user, or none of one kind, works any more."""
    work.execute(update(one_time_links).where(*_open(user_key, kind)).values(used_at=work.now))


def _open(user_key: int, kind: Kind | None) -> list[ColumnElement[bool]]:
    mine: list[ColumnElement[bool]] = [one_time_links.c.user_id == user_key, one_time_links.c.used_at.is_(None)]
    return mine if kind is None else [*mine, one_time_links.c.kind == kind]


def _row(work: Work, key: bytes, text: str, kinds: Collection[Kind]) -> _Row:
    public_id = text.partition(".")[0]
    if not hmac.compare_digest(secret(key, public_id).encode(), text.encode(errors="replace")):
        raise _over()
    row: _Row | None = work.execute(select(one_time_links).where(one_time_links.c.public_id == public_id)).one_or_none()
    if row is None or row.kind not in kinds or row.used_at is not None or row.expires_at <= work.now:
        raise _over()
    return row


def _over() -> Invalid:
    return Invalid("token", "this link was used already, or its time is over; ask for a new one")
