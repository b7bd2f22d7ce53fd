"""The second step of a log-in: a code of an app on somebody's phone, or one of ten codes they have kept, each good once (API-04).

The secret of an app is made from a key of the installation and a name that is kept here: a stolen database opens nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from sqlalchemy import Column, Delete, ForeignKey, Table, Text, delete, insert, select, update

from stationmaster.domain import accounts, audit, totp
from stationmaster.domain.accounts import User
from stationmaster.domain.errors import Conflict, Invalid
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, UtcTime, key, metadata

second_factors = Table(
    "second_factors",
    metadata,
    key(),
    Column("user_id", BigInt, ForeignKey("users.id"), nullable=False, unique=True),
    Column("name", Text, nullable=False),  # the secret is made from it
    Column("created_at", UtcTime, nullable=False),
    Column("confirmed_at", UtcTime),  # since when it counts
    Column("last_step", BigInt, nullable=False, server_default="0"),  # no code works twice
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    key(),
    Column("user_id", BigInt, ForeignKey("users.id"), nullable=False, index=True),
    Column("digest", Text, nullable=False),
)

CODES = 10
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is taken for another


class _Row(Protocol):
    id: int
    user_id: int
    name: str
    confirmed_at: datetime | None
    last_step: int


def has(work: Work, user: User) -> bool:
    """Whether their log-ins have a second step."""
    row = _find(work, user)
    return row is not None and row.confirmed_at is not None


def those_with(work: Work, user_keys: Collection[int]) -> set[int]:
    """Which of these users' log-ins have a second step."""
    mine = second_factors.c.user_id.in_(user_keys)
    return set(
        work.execute(select(second_factors.c.user_id).where(mine, second_factors.c.confirmed_at.is_not(None))).scalars()
    )


def begin(work: Work, key: bytes, user: User) -> bytes:
    """A new secret for their app, which counts once a code of it was typed (`confirm`). Raises `Conflict` when one counts already."""
    row = _find(work, user)
    if row is not None and row.confirmed_at is not None:
        raise Conflict("there is a second step already; remove it first")
    name = secrets.token_hex(16)
    if row is None:
        work.execute(insert(second_factors).values(user_id=user.key, name=name, created_at=work.now))
    else:
        work.execute(update(second_factors).where(second_factors.c.id == row.id).values(name=name, created_at=work.now))
    return _secret(key, name)


def confirm(work: Work, key: bytes, user: User, code: str) -> tuple[User, list[str]]:
    """The app shows the right code, so it counts from now on; every log-in ends. Returns ten codes to keep. Raises `Invalid`."""
    row = _find(work, user)
    if row is None or row.confirmed_at is not None:
        raise Conflict("there is nothing to confirm")
    _take_step(work, key, row, code)
    work.execute(update(second_factors).where(second_factors.c.id == row.id).values(confirmed_at=work.now))
    user = accounts.end_logins(work, user)
    _record(work, "add_second_step", user)
    return user, _new_codes(work, user)


def check(work: Work, key: bytes, user: User, code: str) -> None:
    """A code of the app, or one of those that were kept; it works once. Raises `Invalid`."""
    row = _find(work, user)
    if row is None or row.confirmed_at is None:
        raise Invalid("code", "there is no second step")
    typed = "".join(code.split()).replace("-", "").lower()
    if len(typed) == totp.DIGITS:
        _take_step(work, key, row, typed)
    elif not work.execute(_kept(user, typed)).rowcount:
        raise _wrong()


def renew_codes(work: Work, key: bytes, user: User, code: str) -> list[str]:
    """Ten new codes to keep; the old ones work no more. Raises `Invalid`."""
    check(work, key, user, code)
    _record(work, "renew_recovery_codes", user)
    return _new_codes(work, user)


def remove(work: Work, user: User) -> None:
    """Their log-ins have one step again; nothing when they had one."""
    had = has(work, user)
    work.execute(delete(second_factors).where(second_factors.c.user_id == user.key))
    work.execute(delete(recovery_codes).where(recovery_codes.c.user_id == user.key))
    if had:
        _record(work, "remove_second_step", user)


def _find(work: Work, user: User) -> _Row | None:
    row: _Row | None = work.execute(select(second_factors).where(second_factors.c.user_id == user.key)).one_or_none()
    return row


def _secret(key: bytes, name: str) -> bytes:
    return hmac.digest(key, f"totp {name}".encode(), "sha1")


def _take_step(work: Work, key: bytes, row: _Row, code: str) -> None:
    step = totp.step_with(_secret(key, row.name), code.strip(), work.now, after=row.last_step)
    # Another node may be given the same code at this moment: only one of the two finds it unused.
    later = update(second_factors).where(second_factors.c.id == row.id, second_factors.c.last_step < (step or 0))
    if step is None or not work.execute(later.values(last_step=step)).rowcount:
        raise _wrong()


def _new_codes(work: Work, user: User) -> list[str]:
    work.execute(delete(recovery_codes).where(recovery_codes.c.user_id == user.key))
    codes = ["".join(secrets.choice(_LETTERS) for _ in range(12)) for _ in range(CODES)]
    work.execute(insert(recovery_codes), [{"user_id": user.key, "digest": _digest(user, each)} for each in codes])
    return ["-".join((each[:4], each[4:8], each[8:])) for each in codes]


def _kept(user: User, typed: str) -> Delete:
    return delete(recovery_codes).where(
        recovery_codes.c.user_id == user.key, recovery_codes.c.digest == _digest(user, typed)
    )


def _digest(user: User, code: str) -> str:
    return hashlib.sha256(f"{user.id} {code}".encode(errors="replace")).hexdigest()


def _wrong() -> Invalid:
    return Invalid("code", "is not right, or was used already")


def _record(work: Work, action: str, user: User) -> None:
    audit.record(work, action, accounts.subject_of(user), organization=user.organization_id)
