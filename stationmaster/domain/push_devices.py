"""Devices that a person is told things on while no page is open: the browsers that have given us their address at a push service.

Such an address is a secret, kept sealed: who has it may send there. A device goes when its person takes it back, when its push service says that it is gone,
and with the log-in it was added in, when that is ended; not when that only runs out, for a phone is told just because its page is not opened.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol, cast
from urllib.parse import urlsplit

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import (
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    delete,
    func,
    insert,
    select,
    update,
)

from stationmaster.domain import audit
from stationmaster.domain.audit import Actor, Subject
from stationmaster.domain.credentials import Keys
from stationmaster.domain.errors import Conflict, Invalid, NotFound
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, UtcTime, key, metadata, organization

push_devices = Table(
    "push_devices",
    metadata,
    key(),
    organization(),
    Column(
        "public_id", Text, nullable=False
    ),  # made from its address, so that the browser itself knows which one it is
    Column("user_id", BigInt, ForeignKey("users.id"), nullable=False, index=True),
    Column("login", Text),  # the log-in it was added in
    Column("subscription", LargeBinary, nullable=False),  # sealed
    Column("service", Text, nullable=False),  # the host of its push service
    Column("browser", Text),  # in its own words
    Column("created_at", UtcTime, nullable=False),
    Column("told_at", UtcTime),  # when its push service took a message last
    Column("why", Text),  # why it did not, since then
    UniqueConstraint("organization_id", "public_id"),
)
Index("ix_push_devices_login", push_devices.c.login)

MOST = 10
"""Devices of one person."""
MAX_WHY = 300
ITSELF = Actor("link", "", "the device itself")


class DeviceRow(Protocol):
    """A row of `push_devices`."""

    id: int
    organization_id: int
    public_id: str
    user_id: int
    login: str | None
    subscription: bytes
    service: str
    browser: str | None
    created_at: datetime
    told_at: datetime | None
    why: str | None


class Address(NamedTuple):
    """Where a device is reached, and the two keys that make a message readable for it alone."""

    endpoint: str
    p256dh: bytes
    auth: bytes


class Owner(NamedTuple):
    """Whose a device is, and in which log-in they added it."""

    organization_id: int
    user_key: int
    login: str | None


def add(work: Work, owner: Owner, keys: Keys, address: Address, *, browser: str | None) -> DeviceRow:
    """Tell a person on this device from now on. One that was somebody else's of the organization is theirs no more.

    Raises `Conflict` where they have `MOST` already.
    """
    public_id = id_of(address.endpoint)
    here = push_devices.c.organization_id == owner.organization_id
    forget(work, here, push_devices.c.public_id == public_id)
    theirs = select(func.count()).select_from(push_devices).where(push_devices.c.user_id == owner.user_key)
    if int(work.execute(theirs).scalar_one()) >= MOST:
        raise Conflict("there are {most} devices of yours already; remove one first", most=MOST)
    row = work.execute(
        insert(push_devices)
        .values(
            organization_id=owner.organization_id,
            public_id=public_id,
            user_id=owner.user_key,
            login=owner.login,
            subscription=keys.sealed(msgspec.json.encode(address).decode()),
            service=urlsplit(address.endpoint).hostname,
            browser=browser,
            created_at=work.now,
        )
        .returning(*push_devices.c)
    ).one()
    _record(work, "add_push_device", cast(DeviceRow, row))
    return cast(DeviceRow, row)


def listed(work: Work, user_key: int) -> list[DeviceRow]:
    """The devices of a person, newest first."""
    mine = select(push_devices).where(push_devices.c.user_id == user_key)
    return list(work.execute(mine.order_by(push_devices.c.id.desc())))


def ids_of(work: Work, user_key: int) -> Sequence[str]:
    """The ids of a person's devices: one indexed look, for nearly everybody has none."""
    mine = select(push_devices.c.public_id).where(push_devices.c.user_id == user_key)
    return work.execute(mine.order_by(push_devices.c.id)).scalars().all()


def get(work: Work, user_key: int, device_id: str) -> DeviceRow:
    """A device of a person. Raises `NotFound`."""
    mine = select(push_devices).where(push_devices.c.user_id == user_key, push_devices.c.public_id == device_id)
    row = cast(DeviceRow | None, work.execute(mine).one_or_none())
    if row is None:
        raise NotFound("there is no such device")
    return row


def remove(work: Work, user_key: int, device_id: str) -> None:
    """Nothing is told there any more. Raises `NotFound`."""
    row = get(work, user_key, device_id)
    forget(work, push_devices.c.id == row.id)
    _record(work, "remove_push_device", row)


def record_test(work: Work, row: DeviceRow) -> None:
    """Its person sends it a test."""
    audit.record(work, "test_push_device", Subject("push_device", row.public_id), organization=row.organization_id)


def renew(work: Work, keys: Keys, before: tuple[str, bytes], address: Address) -> DeviceRow:
    """The browser of a device was given another address: it says the one before, and the secret that came with that.

    Nobody needs to be logged in for it, as the browser does it while no page is open; the push service knows the address, but not the secret.
    Raises `NotFound`, whichever of the two is not known.
    """
    endpoint, secret = before
    mine = select(push_devices).where(push_devices.c.public_id == id_of(endpoint)).with_for_update()
    rows = [row for row in work.execute(mine.order_by(push_devices.c.id)).all() if _knows(row, keys, secret)]
    if not rows:
        raise NotFound("there is no such device")
    public_id, service = id_of(address.endpoint), urlsplit(address.endpoint).hostname
    sealed = keys.sealed(msgspec.json.encode(address).decode())
    values = {"public_id": public_id, "subscription": sealed, "service": service, "why": None}
    for row in rows:
        here = push_devices.c.organization_id == row.organization_id
        forget(work, here, push_devices.c.public_id == public_id, push_devices.c.id != row.id)
        work.execute(update(push_devices).where(push_devices.c.id == row.id).values(values))
        facts = ({"device": row.public_id, "service": row.service}, {"device": public_id, "service": service})
        said: Any = {"actor": ITSELF, "organization": row.organization_id}
        audit.record(
            work, "renew_push_device", Subject("push_device", public_id), before=facts[0], after=facts[1], **said
        )
    return cast(DeviceRow, work.execute(select(push_devices).where(push_devices.c.id == rows[0].id)).one())


def _knows(row: DeviceRow, keys: Keys, secret: bytes) -> bool:
    try:
        return hmac.compare_digest(address_of(row, keys).auth, secret)
    except ValueError:  # sealed with another key of the installation
        return False


def forget(work: Work, *which: ColumnElement[bool]) -> None:
    """The same for all that are so, where something else is recorded: the end of a log-in, that a person was erased."""
    work.execute(delete(push_devices).where(*which))


def gone(work: Work, row: DeviceRow) -> None:
    """Its push service does not know it any more. One that was given another address meanwhile stays."""
    forget(work, push_devices.c.id == row.id, push_devices.c.public_id == row.public_id)


def find(work: Work, organization_id: int, device_id: str) -> DeviceRow | None:
    """One, for who sends to it."""
    here = push_devices.c.organization_id == organization_id
    row = work.execute(select(push_devices).where(here, push_devices.c.public_id == device_id)).one_or_none()
    return cast(DeviceRow | None, row)


def address_of(row: DeviceRow, keys: Keys) -> Address:
    """Where it is reached. Raises `ValueError` when the installation has another key by now, which the push service would not know either."""
    return msgspec.json.decode(keys.opened(row.subscription), type=Address)


def told(work: Work, row: DeviceRow, *, why: str | None = None) -> None:
    """Its push service took a message, or did not, and why."""
    values: dict[str, Any] = {"told_at": work.now, "why": None} if why is None else {"why": why[:MAX_WHY]}
    work.execute(update(push_devices).where(push_devices.c.id == row.id).values(values))


def id_of(endpoint: str) -> str:
    """What a device is called: who knows its address can tell, and nobody can tell its address from it."""
    return hashlib.sha256(endpoint.encode()).hexdigest()[:32]


def checked(endpoint: str, p256dh: str, auth: str) -> Address:
    """What a browser says of itself. Raises `Invalid` by field; names are judged when they are looked up, at each message (X-02)."""
    try:
        parts = urlsplit(endpoint)
        _ = parts.port
    except ValueError:
        raise Invalid("endpoint", "is no address") from None
    if parts.scheme != "https" or not parts.hostname or not endpoint.isascii() or not endpoint.isprintable():
        raise Invalid("endpoint", "must begin with https://, and be the address that the browser gave out")
    if parts.username is not None or parts.password is not None:
        raise Invalid("endpoint", "must not hold a password")
    if "." not in parts.hostname or _is_number(parts.hostname):
        raise Invalid("endpoint", "must be at a push service, which has a name")
    public, secret = _bytes("p256dh", p256dh), _bytes("auth", auth)
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public)
    except ValueError:
        raise Invalid("p256dh", "must be a public key of the curve P-256") from None
    if len(public) != 65:
        raise Invalid("p256dh", "must have 65 bytes")
    if len(secret) != 16:
        raise Invalid("auth", "must have 16 bytes")
    return Address(endpoint, public, secret)


def secret_of(auth: str) -> bytes:
    """The secret of a device, as a browser says it. Raises `Invalid`."""
    return _bytes("auth", auth)


def _is_number(host: str) -> bool:
    """Also as resolvers read it that know the odd spellings: 127.1, 0x7f.1."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host.rpartition(".")[2][:1].isdigit()
    return True


def _bytes(field: str, text: str) -> bytes:
    try:
        return base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise Invalid(field, "must be base64url") from None


def _record(work: Work, action: str, row: DeviceRow) -> None:
    facts = {"service": row.service, "browser": row.browser}
    added = action == "add_push_device"
    audit.record(
        work,
        action,
        Subject("push_device", row.public_id),
        before=None if added else facts,
        after=facts if added else None,
        organization=row.organization_id,
    )
