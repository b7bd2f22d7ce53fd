"""Users who log in, with a password (argon2id) of their own (API-01, API-02). Their log-ins are in `log_ins.py`."""

from __future__ import annotations

import functools
import hashlib
import re
import secrets
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

import argon2
import msgspec
from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, and_, insert, select, update

from stationmaster.domain import audit, one_time_links, organizations, permissions, push_devices, sites, versions
from stationmaster.domain.audit import Actor, Subject
from stationmaster.domain.errors import Conflict, DomainError, Invalid, NotFound
from stationmaster.domain.permissions import Permission
from stationmaster.domain.versions import Expected
from stationmaster.domain.weak_passwords import why_weak
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, Json, UtcTime, key, metadata
from stationmaster.storage.queries import not_deleted, page

users = Table(
    "users",
    metadata,
    key(),
    Column("organization_id", BigInt, ForeignKey("organizations.id"), nullable=False),
    Column("public_id", Text, nullable=False, unique=True),
    Column("email", Text, nullable=False),
    Column("email_key", Text, nullable=False),  # as it is compared: without regard to case
    Column("password_hash", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("site_ids", Json),  # what they are limited to; null: nothing
    Column("name", Text),
    Column("language", Text),
    Column("time_zone", Text),
    Column("version", Integer, nullable=False, server_default="1"),  # raised when what a token says is no longer true
    Column("created_at", UtcTime, nullable=False),
    Column("awaited_since", UtcTime),  # of who was invited, or registered, and has not confirmed it yet
    Column("locked_at", UtcTime),  # since when somebody may not log in
    Column("deleted_at", UtcTime),
    Column("customer_id", BigInt, ForeignKey("customers.id")),  # who they are where they charge (drivers.py)
)
_present = not_deleted(users)
for _name, _column in (("uq_users_email_key", users.c.email_key), ("uq_users_customer_id", users.c.customer_id)):
    Index(_name, _column, unique=True, sqlite_where=_present, postgresql_where=_present)

refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    key(),
    Column("user_id", BigInt, ForeignKey("users.id"), nullable=False, index=True),
    Column("family", Text, nullable=False, index=True),  # the log-in that it goes on
    Column("digest", Text, nullable=False, unique=True),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("used_at", UtcTime),
    Column("revoked_at", UtcTime),
    Column("proof", Text, nullable=False, server_default="password"),  # how this log-in was made
    Column("begun_at", UtcTime),  # when it was made
    Column("source", Text),  # the address that this token was given to, and the browser, in its own words
    Column("browser", Text),
)


class UserRow(Protocol):
    """A row of `users`."""

    id: int
    organization_id: int
    public_id: str
    email: str
    password_hash: str
    role: str
    site_ids: list[int] | None
    name: str | None
    language: str | None
    time_zone: str | None
    version: int
    created_at: datetime
    awaited_since: datetime | None
    locked_at: datetime | None
    customer_id: int | None
    at_home: bool


FIRST_USER = "stationmaster user add EMAIL --role owner"
"""What is typed at the server so that somebody can log in."""
MIN_PASSWORD = 12
MAX_PASSWORD = 1024
NO_PASSWORD = ""  # as it is kept of who has none (yet)

_ADMINISTRATORS = permissions.roles_with(Permission.MANAGE_USERS)
admitted = and_(
    not_deleted(users),
    users.c.locked_at.is_(None),
    users.c.awaited_since.is_(None),
    users.c.organization_id.not_in(organizations.closed),
)
selected = select(users, (users.c.organization_id == organizations.home_id).label("at_home"))
"""Users as `UserRow`."""
_EMAIL = re.compile(r"[^\s@\x00-\x1f]+@[^\s@\x00-\x1f]+\Z")
_LANGUAGE = re.compile(r"[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8})*\Z")
_hasher = argon2.PasswordHasher()


@functools.cache
def _nobody() -> str:
    """Checked for an unknown address, so that both take as long. Made when first needed: it costs a tenth of a second."""
    return _hasher.hash(secrets.token_hex(16))


class WrongCredentials(DomainError):
    """The address or the password is wrong; it is not said which."""


class User(msgspec.Struct, frozen=True):
    """Who is logged in. `id` is the public one; `sites` are those they are limited to, None means all."""

    id: str
    key: int
    organization_id: int
    email: str
    role: str
    version: int
    sites: frozenset[int] | None
    name: str | None
    language: str | None
    time_zone: str | None
    at_home: bool  # in the organization that runs the installation

    @property
    def permissions(self) -> frozenset[Permission]:
        """What they may do now."""
        return permissions.of_role(self.role, at_home=self.at_home)


class PasswordHash(msgspec.Struct, frozen=True):
    """A password that may be kept."""

    text: str


def hashed(password: str, *, email: str | None = None) -> PasswordHash:
    """Slow on purpose, so it belongs in a thread of its own, and not in a unit of work. Raises `Invalid`."""
    if len(password) < MIN_PASSWORD:
        raise Invalid("password", "must have at least {least} characters", least=MIN_PASSWORD)
    if len(password) > MAX_PASSWORD:
        raise Invalid("password", "must have at most {most} characters", most=MAX_PASSWORD)
    weak = why_weak(password, email=email)
    if weak is not None:
        raise Invalid("password", weak)
    return PasswordHash(_hasher.hash(password))


def actor_of(user: User) -> Actor:
    """A user as somebody who acts."""
    return Actor("user", user.id, user.email)


def add(
    work: Work,
    organization_id: int,
    *,
    email: str,
    password: str | PasswordHash | None,
    role: str,
    site_names: list[str] | None = None,
    name: str | None = None,
    awaited: bool = False,
) -> User:
    """A new user of an organization; who is `awaited` may not log in yet. Raises `Invalid`, `Conflict`."""
    email = _free_email(work, email)
    permissions.check_role(role)
    kept = hashed(password, email=email) if isinstance(password, str) else password
    row = work.execute(
        insert(users)
        .values(
            organization_id=organization_id,
            public_id=secrets.token_hex(8),
            email=email,
            email_key=email.lower(),
            password_hash=NO_PASSWORD if kept is None else kept.text,
            awaited_since=work.now if awaited else None,
            role=role,
            site_ids=None if site_names is None else sites.ids(work, organization_id, site_names),
            name=_checked_profile({"name": name})["name"],
            created_at=work.now,
        )
        .returning(users.c.public_id)
    ).one()
    after = {"email": email, "role": role} | ({} if site_names is None else {"sites": sorted(site_names)})
    audit.record(work, "add_user", Subject("user", row.public_id), after=after, organization=organization_id)
    return get(work, organization_id, row.public_id)


def get(work: Work, organization_id: int, public_id: str) -> User:
    """One user. Raises `NotFound`."""
    mine = selected.where(users.c.organization_id == organization_id, users.c.public_id == public_id)
    row = work.execute(mine.where(not_deleted(users))).one_or_none()
    if row is None:
        raise NotFound("there is no such user")
    return from_row(row)


def named(work: Work, organization_id: int, email: str) -> User:
    """The user with this address. Raises `NotFound`."""
    row = _find(work, email.strip())
    if row is None or row.organization_id != organization_id:
        raise NotFound("there is no user {email}", email=email)
    return from_row(row)


def listed(work: Work, organization_id: int, *, limit: int, cursor: str | None, deleted: bool = False) -> list[UserRow]:
    """Users, newest first; or those who were removed."""
    there = users.c.deleted_at.is_not(None) if deleted else not_deleted(users)
    mine = selected.where(users.c.organization_id == organization_id, there)
    return list(work.execute(page(mine, users.c.id, limit=limit, cursor=cursor)))


def row_of(work: Work, user: User) -> UserRow:
    """The row of a user."""
    row: UserRow = work.execute(selected.where(users.c.id == user.key)).one()
    return row


def tag(row: UserRow) -> str:
    """A name of what people say of a user now. The version alone would not do: it counts what ends log-ins, and no names."""
    said = (row.id, row.version, row.locked_at, row.customer_id, row.name, row.language, row.time_zone)
    return hashlib.blake2s(repr(said).encode(), digest_size=8).hexdigest()


def check_unchanged(work: Work, organization_id: int, public_id: str, expected: Expected) -> None:
    """Nobody else changes this user until the commit. Raises `NotFound`, and `Outdated` when they are not what the caller has seen."""
    if expected is None:
        return
    organizations.lock(work, organization_id)  # the first that whoever changes a user locks
    user = get(work, organization_id, public_id)
    row = work.execute(selected.where(users.c.id == user.key).with_for_update(of=users, key_share=True)).one()
    versions.check_tag(tag(row), expected)


def change_role(work: Work, organization_id: int, public_id: str, *, role: str) -> User:
    """Give a user another role. Raises `NotFound`, `Invalid`, `Conflict` for the last administrator."""
    permissions.check_role(role)
    organizations.lock(work, organization_id)
    user = get(work, organization_id, public_id)
    if role not in _ADMINISTRATORS:
        _check_another_administrator(work, user)
    work.execute(update(users).where(users.c.id == user.key).values(role=role, version=user.version + 1))
    audit.record(
        work,
        "change_user",
        subject_of(user),
        before={"role": user.role},
        after={"role": role},
        organization=organization_id,
    )
    return get(work, organization_id, public_id)


def limit(work: Work, organization_id: int, public_id: str, *, site_names: list[str] | None) -> User:
    """Limit a user to some sites, or to none with None; it holds at once. Raises as `change_role` does."""
    organizations.lock(work, organization_id)
    user = get(work, organization_id, public_id)
    allowed = None if site_names is None else sites.ids(work, organization_id, site_names)
    if allowed is not None:
        _check_another_administrator(work, user)
    before = None if user.sites is None else sites.names(work, user.sites)
    work.execute(update(users).where(users.c.id == user.key).values(site_ids=allowed, version=user.version + 1))
    audit.record(
        work,
        "change_user",
        subject_of(user),
        before={"sites": before},
        after={"sites": None if site_names is None else sorted(site_names)},
        organization=organization_id,
    )
    return get(work, organization_id, public_id)


def change_profile(work: Work, organization_id: int, public_id: str, changes: dict[str, str | None]) -> User:
    """Change `name`, `language` or `time_zone`; None empties one. Raises `NotFound`, `Invalid`."""
    user = get(work, organization_id, public_id)
    changes = _checked_profile(changes)
    if changes:
        work.execute(update(users).where(users.c.id == user.key).values(**changes))
    before = {field: getattr(user, field) for field in changes}
    audit.record(work, "change_user", subject_of(user), before=before, after=changes, organization=organization_id)
    return get(work, organization_id, public_id)


def change_email(work: Work, organization_id: int, public_id: str, *, email: str) -> User:
    """Another address to log in with, which has been confirmed or is vouched for. Raises `NotFound`, `Invalid`, `Conflict`."""
    user = get(work, organization_id, public_id)
    if email.strip().lower() != user.email.lower():
        email = _free_email(work, email)
    email = email.strip()
    changed = {"email": email, "email_key": email.lower(), "version": user.version + 1}
    work.execute(update(users).where(users.c.id == user.key).values(**changed))
    one_time_links.end_all(work, user.key)
    audit.record(
        work,
        "change_user",
        subject_of(user),
        before={"email": user.email},
        after={"email": email},
        organization=organization_id,
    )
    return get(work, organization_id, public_id)


def lock(work: Work, organization_id: int, public_id: str, *, locked: bool) -> User:
    """Lock a user out, or let them in again; while locked, their log-ins end and the keys they made rest.

    Raises `NotFound`, `Conflict` for the last administrator.
    """
    organizations.lock(work, organization_id)
    user = get(work, organization_id, public_id)
    row = row_of(work, user)
    if locked == (row.locked_at is not None):
        return user
    if locked:
        _check_another_administrator(work, user)
        _end_logins(work, user)
    changed = {"locked_at": work.now if locked else None, "version": user.version + 1}
    work.execute(update(users).where(users.c.id == user.key).values(**changed))
    audit.record(
        work,
        "change_user",
        subject_of(user),
        before={"locked": not locked},
        after={"locked": locked},
        organization=organization_id,
    )
    return get(work, organization_id, public_id)


def remove(work: Work, organization_id: int, public_id: str) -> None:
    """A user who leaves: their log-ins end, and their keys until they are restored; what they did keeps their name. Raises as `change_role` does."""
    organizations.lock(work, organization_id)
    user = get(work, organization_id, public_id)
    _check_another_administrator(work, user)
    work.execute(update(users).where(users.c.id == user.key).values(deleted_at=work.now, version=user.version + 1))
    _end_logins(work, user)
    audit.record(
        work,
        "remove_user",
        subject_of(user),
        before={"email": user.email, "role": user.role},
        organization=organization_id,
    )


def removed(work: Work, organization_id: int, public_id: str) -> User:
    """One who was removed. Raises `NotFound`."""
    mine = selected.where(users.c.organization_id == organization_id, users.c.public_id == public_id)
    row = work.execute(mine.where(users.c.deleted_at.is_not(None))).one_or_none()
    if row is None:
        raise NotFound("there is no such removed user")
    return from_row(row)


def restore(work: Work, organization_id: int, public_id: str) -> User:
    """Bring back one who was removed, as they were, and the keys they made. Links from before open nothing.

    Raises `NotFound`, `Conflict` when somebody else has their address by now, or is the same driver.
    """
    organizations.lock(work, organization_id)
    user = removed(work, organization_id, public_id)
    _free_email(work, user.email)
    customer = select(users.c.customer_id).where(users.c.id == user.key).scalar_subquery()
    if work.execute(select(users.c.id).where(users.c.customer_id == customer, not_deleted(users))).first() is not None:
        raise Conflict("another user is the driver that {email} was", email=user.email)
    one_time_links.end_all(work, user.key)
    work.execute(update(users).where(users.c.id == user.key).values(deleted_at=None, version=user.version + 1))
    after = {"email": user.email, "role": user.role}
    audit.record(work, "restore_user", subject_of(user), after=after, organization=organization_id)
    return get(work, organization_id, public_id)


def set_password(work: Work, *, email: str, password: str | PasswordHash, actor: Actor | None = None) -> User:
    """A new password; every log-in made with the old one, and every link, ends. Who was awaited may log in now.

    Raises `Invalid`, `WrongCredentials` (no such user).
    """
    kept = hashed(password, email=email.strip()) if isinstance(password, str) else password
    row = _find(work, email.strip())
    if row is None:
        raise WrongCredentials("there is no such user")
    changed = {"password_hash": kept.text, "version": row.version + 1, "awaited_since": None}
    work.execute(update(users).where(users.c.id == row.id).values(**changed))
    user = from_row(row)
    _end_logins(work, user)
    one_time_links.end_all(work, user.key)
    audit.record(work, "change_password", subject_of(user), actor=actor, organization=user.organization_id)
    return get(work, user.organization_id, user.id)


def end_logins(work: Work, user: User) -> User:
    """Every log-in of theirs ends, on this node and the others."""
    work.execute(update(users).where(users.c.id == user.key).values(version=user.version + 1))
    _end_logins(work, user)
    return get(work, user.organization_id, user.id)


def vouch_for(work: Work, user: User) -> User:
    """Somebody trustworthy says that the address is theirs: who was awaited may log in, without whatever password there was."""
    changed = {"awaited_since": None, "password_hash": NO_PASSWORD, "version": user.version + 1}
    work.execute(update(users).where(users.c.id == user.key).values(changed))
    one_time_links.end_all(work, user.key)
    audit.record(work, "confirm_user", subject_of(user), actor=actor_of(user), organization=user.organization_id)
    return get(work, user.organization_id, user.id)


def end_all_logins(work: Work, organization_id: int) -> None:
    """Every log-in of everybody of an organization ends."""
    mine = select(users.c.id).where(users.c.organization_id == organization_id)
    work.execute(update(users).where(users.c.id.in_(mine)).values(version=users.c.version + 1))
    ended = update(refresh_tokens).where(refresh_tokens.c.user_id.in_(mine), refresh_tokens.c.revoked_at.is_(None))
    work.execute(ended.values(revoked_at=work.now))
    push_devices.forget(work, push_devices.push_devices.c.organization_id == organization_id)


def admit(work: Work, user: User) -> User:
    """Who has registered has confirmed the address, and may log in."""
    work.execute(update(users).where(users.c.id == user.key).values(awaited_since=None))
    audit.record(work, "confirm_user", subject_of(user), actor=actor_of(user), organization=user.organization_id)
    return get(work, user.organization_id, user.id)


def any_user(work: Work) -> bool:
    """Whether anybody can log in yet."""
    return work.execute(select(users.c.id).where(not_deleted(users)).limit(1)).first() is not None


def login_row(work: Work, email: str) -> UserRow | None:
    """What `verified` needs of the user with this address; None when there is none, or their organization is closed."""
    row = _find(work, email.strip())
    return None if row is None or organizations.get(work, row.organization_id).closed_at is not None else row


def may_enter(row: UserRow) -> bool:
    """Whether they may log in: not while they are locked out, or have not confirmed their address."""
    return row.locked_at is None and row.awaited_since is None


def is_unconfirmed(row: UserRow) -> bool:
    """Whether somebody has registered at this address, and nobody knows yet whether it is theirs."""
    return row.awaited_since is not None and row.password_hash != NO_PASSWORD


def of_key(work: Work, key: int) -> User:
    """A user who may use a link: there, and not locked out. Raises `Invalid`."""
    there = users.c.organization_id.not_in(organizations.closed)
    row = work.execute(selected.where(users.c.id == key, not_deleted(users), there)).one_or_none()
    if row is None or row.locked_at is not None:
        raise Invalid("token", "this link works no more")
    return from_row(row)


def entering(work: Work, public_id: str) -> User | None:
    """A user who may log in."""
    row = work.execute(selected.where(users.c.public_id == public_id, admitted)).one_or_none()
    return None if row is None else from_row(row)


def check_email(email: str) -> None:
    """Raises `Invalid`."""
    email = email.strip()
    if not _EMAIL.match(email) or len(email) > 254:
        raise Invalid("email", "must be an e-mail address")


def verified(row: UserRow | None, password: str) -> User:
    """The slow half of checking a password, without the database: it belongs in a thread of its own."""
    try:
        _hasher.verify((row and row.password_hash) or _nobody(), password)
    except argon2.exceptions.VerificationError:
        row = None
    if row is None or row.password_hash == NO_PASSWORD or not may_enter(row):
        raise WrongCredentials("the e-mail address or the password is wrong")
    return from_row(row)


def subject_of(user: User) -> Subject:
    """A user as somebody who is acted upon."""
    return Subject("user", user.id)


def _check_another_administrator(work: Work, user: User) -> None:
    """Without somebody who may manage all users, nobody ever could again, except on the command line."""
    others = select(users.c.id).where(
        users.c.organization_id == user.organization_id,
        users.c.role.in_(_ADMINISTRATORS),
        users.c.site_ids.is_(None),
        users.c.id != user.key,
        admitted,
    )
    is_one = user.role in _ADMINISTRATORS and user.sites is None
    if is_one and work.execute(others.limit(1)).first() is None:
        raise Conflict("{email} is the last administrator", email=user.email)


def _free_email(work: Work, email: str) -> str:
    """The address as it is kept. Who registered at it and never confirmed it has no claim. Raises `Invalid`, `Conflict`."""
    check_email(email)
    with work.beyond():  # people log in by it, in whatever organization
        row = _find(work, email.strip())
        if row is not None and not is_unconfirmed(row):
            raise Conflict("there is a user {email} already", email=email.strip())
        if row is not None:
            work.execute(update(users).where(users.c.id == row.id).values(deleted_at=work.now))
            one_time_links.end_all(work, row.id)
    return email.strip()


def _checked_profile(changes: dict[str, str | None]) -> dict[str, str | None]:
    checked = {field: value.strip() or None if value is not None else None for field, value in changes.items()}
    name, language, time_zone = (checked.get(field) for field in ("name", "language", "time_zone"))
    if name is not None and (len(name) > 200 or any(not each.isprintable() for each in name)):
        raise Invalid("name", "must have at most 200 characters, on one line")
    if language is not None and not (_LANGUAGE.match(language) and len(language) <= 35):
        raise Invalid("language", "must be a language tag, as in en or de-AT")
    if time_zone is not None and not _is_time_zone(time_zone):
        raise Invalid("time_zone", "must be the name of a time zone, as in Europe/Berlin")
    return checked


def _is_time_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return False
    return True


def _end_logins(work: Work, user: User) -> None:
    mine = refresh_tokens.c.user_id == user.key
    push_devices.forget(work, push_devices.push_devices.c.user_id == user.key)
    work.execute(update(refresh_tokens).where(mine, refresh_tokens.c.revoked_at.is_(None)).values(revoked_at=work.now))


def _find(work: Work, email: str) -> UserRow | None:
    return work.execute(selected.where(users.c.email_key == email.lower(), not_deleted(users))).one_or_none()


def from_row(row: UserRow) -> User:
    """A row as a user."""
    return User(
        id=row.public_id,
        key=row.id,
        organization_id=row.organization_id,
        email=row.email,
        role=row.role,
        version=row.version,
        sites=None if row.site_ids is None else frozenset(row.site_ids),
        name=row.name,
        language=row.language,
        time_zone=row.time_zone,
        at_home=bool(row.at_home),
    )
