"""Log-ins: refresh tokens that rotate, of which only a digest is kept (API-06, API-07)."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Literal, Protocol

from sqlalchemy import ColumnElement, insert, select, update

from stationmaster.domain import accounts, audit, push_devices
from stationmaster.domain.accounts import User, WrongCredentials, refresh_tokens, users
from stationmaster.domain.audit import Signature
from stationmaster.domain.errors import NotFound
from stationmaster.storage import Work

_device = push_devices.push_devices.c
REFRESH_FOR = timedelta(days=14)
Proof = Literal["password", "second step", "provider"]
"""How a log-in was made: with a password alone, with a second step, or at somebody else's, whose business the steps are."""


class RefreshRow(Protocol):
    """A row of `refresh_tokens`."""

    id: int
    user_id: int
    family: str
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None
    proof: Proof
    created_at: datetime
    begun_at: datetime | None
    source: str | None
    browser: str | None


def standing(work: Work, public_id: str, login: str) -> User | None:
    """The user as they are now, or None when they or this log-in (its family of refresh tokens) ended (API-07)."""
    alive = select(refresh_tokens.c.id).where(
        refresh_tokens.c.family == login,
        refresh_tokens.c.user_id == users.c.id,
        refresh_tokens.c.revoked_at.is_(None),
        refresh_tokens.c.expires_at > work.now,
    )
    row = work.execute(
        accounts.selected.where(users.c.public_id == public_id, accounts.admitted, alive.exists())
    ).one_or_none()
    return None if row is None else accounts.from_row(row)


def login_of(work: Work, token: str) -> str | None:
    """The name of the log-in a refresh token belongs to."""
    row = _token(work, token)
    return None if row is None else row.family


def begin_login(work: Work, user: User, *, proof: Proof = "password") -> str:
    """A refresh token of a new family, in clear; only its digest is kept."""
    audit.record(
        work, "log_in", accounts.subject_of(user), actor=accounts.actor_of(user), organization=user.organization_id
    )
    return _issue(work, user.key, secrets.token_hex(16), proof, work.now)


def continue_login(work: Work, token: str, *, two_steps_for: Collection[str] = ()) -> tuple[User, str]:
    """Use a refresh token once: the user and the next one. Raises `WrongCredentials`, also when the user has one of the roles
    `two_steps_for` by now, and this log-in was made with a password alone.

    Ask `stolen` first: a token that is used twice was stolen, and ending its log-ins must be committed, which raising an
    error here would prevent (API-06).
    """
    row = _token(work, token)
    if row is None or row.revoked_at is not None or row.used_at is not None or row.expires_at <= work.now:
        raise WrongCredentials("please log in again")
    # Another node may use it at this moment: only one of the two finds it unused.
    unused = update(refresh_tokens).where(refresh_tokens.c.id == row.id, refresh_tokens.c.used_at.is_(None))
    if not work.execute(unused.values(used_at=work.now)).rowcount:
        raise WrongCredentials("please log in again")
    user = work.execute(accounts.selected.where(users.c.id == row.user_id, accounts.admitted)).one_or_none()
    if user is None or (row.proof == "password" and user.role in two_steps_for):
        raise WrongCredentials("please log in again")
    return accounts.from_row(user), _issue(work, row.user_id, row.family, row.proof, row.begun_at)


def stolen(work: Work, token: str) -> bool:
    """If this refresh token was used before, end every log-in of its family; asked before `continue_login`."""
    row = _token(work, token)
    if row is None or row.used_at is None:
        return False
    end_login(work, token)
    return True


def end_all(work: Work, user: User) -> None:
    """Log out everywhere: no log-in of this user goes on, on any device."""
    accounts.end_logins(work, user)
    after = {"everywhere": True}
    audit.record(work, "log_out", accounts.subject_of(user), after=after, organization=user.organization_id)


def end_login(work: Work, token: str) -> None:
    """Log out: no refresh token of this family works any more."""
    row = _token(work, token)
    if row is None:
        return
    family = refresh_tokens.c.family == row.family
    ended = update(refresh_tokens).where(family, refresh_tokens.c.revoked_at.is_(None)).values(revoked_at=work.now)
    push_devices.forget(work, _device.login == row.family)
    if work.execute(ended).rowcount:
        user = accounts.from_row(work.execute(accounts.selected.where(users.c.id == row.user_id)).one())
        audit.record(
            work, "log_out", accounts.subject_of(user), actor=accounts.actor_of(user), organization=user.organization_id
        )


_SHOWN = 200


def listed(work: Work, user: User) -> list[RefreshRow]:
    """The log-ins of a user that go on, each as its newest token; the last used first, and no more than a page can show."""
    mine = select(refresh_tokens).where(
        refresh_tokens.c.user_id == user.key,
        refresh_tokens.c.used_at.is_(None),
        refresh_tokens.c.revoked_at.is_(None),
        refresh_tokens.c.expires_at > work.now,
    )
    return list(
        work.execute(mine.order_by(refresh_tokens.c.created_at.desc(), refresh_tokens.c.id.desc()).limit(_SHOWN))
    )


def end_one(work: Work, user: User, login: str) -> None:
    """End one of a user's log-ins. Raises `NotFound`."""
    push_devices.forget(work, _device.user_id == user.key, _device.login == login)
    if not _end(work, user, refresh_tokens.c.family == login):
        raise NotFound("there is no such log-in that goes on")


def end_others(work: Work, user: User, login: str) -> None:
    """End all log-ins of a user but this one."""
    push_devices.forget(work, _device.user_id == user.key, _device.login.is_distinct_from(login))
    _end(work, user, refresh_tokens.c.family != login)


def _end(work: Work, user: User, which: ColumnElement[bool]) -> bool:
    """Whether there was one that went on."""
    mine = (refresh_tokens.c.user_id == user.key, which, refresh_tokens.c.revoked_at.is_(None))
    went_on = work.execute(select(refresh_tokens.c.id).where(*mine, refresh_tokens.c.expires_at > work.now)).first()
    work.execute(update(refresh_tokens).where(*mine).values(revoked_at=work.now))
    if went_on is None:
        return False
    audit.record(work, "log_out", accounts.subject_of(user), organization=user.organization_id)
    return True


def _issue(work: Work, user_key: int, family: str, proof: Proof, begun_at: datetime | None) -> str:
    token = secrets.token_urlsafe(32)
    signature: Signature | None = work.signature
    expires_at: datetime = work.now + REFRESH_FOR
    work.execute(
        insert(refresh_tokens).values(
            user_id=user_key,
            family=family,
            digest=_digest(token),
            created_at=work.now,
            expires_at=expires_at,
            proof=proof,
            begun_at=begun_at,
            source=None if signature is None else signature.source or None,
            browser=None if signature is None else signature.browser or None,
        )
    )
    return token


def _token(work: Work, token: str) -> RefreshRow | None:
    return work.execute(select(refresh_tokens).where(refresh_tokens.c.digest == _digest(token))).one_or_none()


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
