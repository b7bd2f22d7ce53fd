"""API keys: how a program of a customer's says who it is. Shown once; only a prefix, to find it by, and a digest are kept."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Column, ForeignKey, Index, Select, Table, Text, func, insert, select, update

from stationmaster.domain import accounts, audit, organizations, permissions, sites
from stationmaster.domain.accounts import users
from stationmaster.domain.audit import Subject
from stationmaster.domain.errors import Invalid, NotFound
from stationmaster.domain.permissions import Permission
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, Json, UtcTime, key, metadata
from stationmaster.storage.queries import not_deleted, page

api_keys = Table(
    "api_keys",
    metadata,
    key(),
    Column("organization_id", BigInt, ForeignKey("organizations.id"), nullable=False),
    Column("public_id", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("prefix", Text, nullable=False, unique=True),
    Column("digest", Text, nullable=False),
    Column("role", Text),
    Column("permissions", Json),  # where there is no role
    Column("site_ids", Json),  # what it is limited to; null: nothing
    Column("made_by", BigInt, ForeignKey("users.id")),  # null: the command line
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime),
    Column("last_used_at", UtcTime),
    Column("deleted_at", UtcTime),
)
Index("ix_api_keys_organization_id", api_keys.c.organization_id, api_keys.c.id)

START = "smk_"
USED_AGAIN = timedelta(minutes=1)  # "last used" is true to the minute


class ApiKey(NamedTuple):
    """A key as it stands now. `permissions` are what it was given and its maker still has."""

    id: int
    public_id: str
    organization_id: int
    name: str
    prefix: str
    role: str | None
    permissions: frozenset[Permission]
    sites: frozenset[int] | None
    site_names: list[str] | None
    made_by: str | None
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


def create(
    work: Work,
    organization_id: int,
    *,
    name: str,
    role: str | None = None,
    names: Sequence[str] | None = None,
    site_names: Sequence[str] | None = None,
    expires_at: datetime | None = None,
    made_by: str | None = None,
    within: frozenset[Permission] | None = None,
) -> tuple[ApiKey, str]:
    """A new key and its text, to be shown once. It has a role or permissions; `within` is what its maker may do.

    Raises `Invalid`.
    """
    if (role is None) == (names is None):
        raise Invalid("role", "either a role or a list of permissions must be given")
    if role is not None:
        permissions.check_role(role)
    at_home = organization_id == organizations.home(work)
    given = permissions.of_role(role, at_home=at_home) if role is not None else permissions.named(names or ())
    if within is not None:
        permissions.check_grant(given, within, "role" if role is not None else "permissions")
    if expires_at is not None and expires_at <= work.now:
        raise Invalid("expires_at", "is over already")
    prefix, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    allowed = None if site_names is None else sites.ids(work, organization_id, site_names)
    maker = None if made_by is None else accounts.get(work, organization_id, made_by).key
    made = insert(api_keys).values(
        organization_id=organization_id,
        public_id=secrets.token_hex(8),
        name=name,
        prefix=prefix,
        digest=_digest(secret),
        role=role,
        permissions=None if role is not None else sorted(given),
        site_ids=allowed,
        made_by=maker,
        created_at=work.now,
        expires_at=expires_at,
    )
    row_id = work.execute(made.returning(api_keys.c.id)).scalar_one()
    row = work.execute(_found().where(api_keys.c.id == row_id)).one()
    facts = {"name": name, "role": role, "permissions": sorted(given), "sites": site_names, "expires_at": expires_at}
    audit.record(work, "add_api_key", Subject("api_key", row.public_id), after=facts, organization=organization_id)
    return _api_key(work, row), f"{START}{prefix}_{secret}"


def find(work: Work, text: str) -> ApiKey | None:
    """The key with this text, as it stands now; None when there is none, or it is over, or its maker is gone or locked out."""
    prefix, _, secret = text.removeprefix(START).partition("_")
    row = work.execute(_found().where(api_keys.c.prefix == prefix)).one_or_none()
    if row is None or not hmac.compare_digest(row.digest, _digest(secret)):
        return None
    over = row.expires_at is not None and row.expires_at <= work.now
    return None if over or row.maker_out is not None else _api_key(work, row)


def used(work: Work, key_id: int) -> None:
    """Note that the key is in use."""
    work.execute(update(api_keys).where(api_keys.c.id == key_id).values(last_used_at=work.now))


def remove(work: Work, organization_id: int, public_id: str) -> None:
    """The key does not work any more. Raises `NotFound`."""
    mine = _found().where(api_keys.c.organization_id == organization_id).where(api_keys.c.public_id == public_id)
    row = work.execute(mine).one_or_none()
    if row is None:
        raise NotFound("there is no such key")
    work.execute(update(api_keys).where(api_keys.c.id == row.id).values(deleted_at=work.now))
    audit.record(
        work, "remove_api_key", Subject("api_key", public_id), before={"name": row.name}, organization=organization_id
    )


def listed(work: Work, organization_id: int, *, limit: int, cursor: str | None) -> list[ApiKey]:
    """Keys, newest first."""
    mine = _found().where(api_keys.c.organization_id == organization_id)
    return [_api_key(work, row) for row in work.execute(page(mine, api_keys.c.id, limit=limit, cursor=cursor))]


class _KeyRow(Protocol):
    """A row of the table, with who made it."""

    id: int
    organization_id: int
    public_id: str
    name: str
    prefix: str
    role: str | None
    permissions: list[str] | None
    site_ids: list[int] | None
    made_by: int | None
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    maker: str | None
    maker_role: str
    maker_sites: list[int] | None
    at_home: bool


def _found() -> Select[Any]:
    maker = [
        users.c.email.label("maker"),
        users.c.role.label("maker_role"),
        users.c.site_ids.label("maker_sites"),
        func.coalesce(users.c.deleted_at, users.c.locked_at).label("maker_out"),
    ]
    at_home = (api_keys.c.organization_id == organizations.home_id).label("at_home")
    joined = select(api_keys, *maker, at_home).outerjoin(users, users.c.id == api_keys.c.made_by)
    return joined.where(not_deleted(api_keys), api_keys.c.organization_id.not_in(organizations.closed))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


def _api_key(work: Work, row: _KeyRow) -> ApiKey:
    # A key with a role follows what the role may do; from a list, permissions that no longer exist are left out.
    given = (
        permissions.of_role(row.role, at_home=True)
        if row.role is not None
        else frozenset(each for each in Permission if each in (row.permissions or ()))
    )
    if row.made_by is not None:
        given &= permissions.of_role(row.maker_role, at_home=True)
    given = permissions.there(given, at_home=row.at_home)
    allowed = _within(row.site_ids, row.maker_sites)
    return ApiKey(
        id=row.id,
        public_id=row.public_id,
        organization_id=row.organization_id,
        name=row.name,
        prefix=START + row.prefix,
        role=row.role,
        permissions=given,
        sites=allowed,
        site_names=None if allowed is None else sites.names(work, allowed),
        made_by=row.maker,
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
    )


def _within(own: list[int] | None, makers: list[int] | None) -> frozenset[int] | None:
    """The sites that both allow; None allows all."""
    if own is None or makers is None:
        both = own if makers is None else makers
        return None if both is None else frozenset(both)
    return frozenset(own) & frozenset(makers)
