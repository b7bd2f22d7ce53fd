"""People who log in."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, NamedTuple

import msgspec
from litestar import Router, delete, get, patch, post
from litestar.params import FromPath, JSONBody

from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.api.shapes import Cursor, Limit, Page, paged
from stationmaster.domain import accounts, permissions
from stationmaster.domain.permissions import Permission
from stationmaster.storage import Work


class User(msgspec.Struct, frozen=True):
    """Somebody who can log in."""

    id: str
    email: str
    role: str
    locked: bool
    created_at: datetime


class NewUser(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A user to be added."""

    email: Annotated[str, msgspec.Meta(max_length=254)]
    password: Annotated[str, msgspec.Meta(max_length=accounts.MAX_PASSWORD)]
    role: str


class UserChanges(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is changed of a user; what is left out stays. A new password ends their log-ins, so does `locked`."""

    role: str | msgspec.UnsetType = msgspec.UNSET
    locked: bool | msgspec.UnsetType = msgspec.UNSET
    password: Annotated[str, msgspec.Meta(max_length=accounts.MAX_PASSWORD)] | msgspec.UnsetType = msgspec.UNSET


@get("/", permission=Permission.MANAGE_USERS)
async def list_users(
    caller: GivenCaller, context: GivenContext, limit: Limit = 50, cursor: Cursor = None
) -> Page[User]:
    """Users, newest first."""
    rows = await context.database.read(accounts.listed, caller.organization, limit=limit, cursor=cursor)
    return paged(rows, limit, _public_form)


@post("/", permission=Permission.MANAGE_USERS)
async def add_user(data: JSONBody[NewUser], caller: GivenCaller, context: GivenContext) -> User:
    """Add somebody who can log in with this password; their role gives them no more than you may do yourself."""
    _check_role(data.role, caller.permissions)
    async with context.passwords.turn(known=True):
        password = await asyncio.to_thread(accounts.hashed, data.password)

    def add(work: Work) -> accounts.UserRow:
        user = accounts.add(work, caller.organization, email=data.email, password=password, role=data.role)
        return accounts.row_of(work, user)

    return _public_form(await context.database.write(add))


@patch("/{user_id:str}", permission=Permission.MANAGE_USERS)
async def change_user(
    user_id: FromPath[str], data: JSONBody[UserChanges], caller: GivenCaller, context: GivenContext
) -> User:
    """Give a user another role or password, lock them out or let them in; it holds at once, and within half a minute on other nodes.

    Nobody changes somebody who may do more than they may themselves.
    """
    role, locked, password = (None if value is msgspec.UNSET else value for value in msgspec.structs.astuple(data))
    if role is not None:
        _check_role(role, caller.permissions)
    kept = None
    if password is not None:
        async with context.passwords.turn(known=True):
            kept = await asyncio.to_thread(accounts.hashed, password)
    changes = _Changes(role, locked, kept)
    row = await context.database.write(_change, caller.organization, user_id, changes, caller.permissions)
    context.standings.forget_all()
    return _public_form(row)


@delete("/{user_id:str}", permission=Permission.MANAGE_USERS)
async def remove_user(user_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> None:
    """Remove a user: their log-ins, their open pages and the API keys they made end; what they did keeps their name."""
    await context.database.write(accounts.remove, caller.organization, user_id)
    context.standings.forget_all()


router = Router("/users", route_handlers=[list_users, add_user, change_user, remove_user], tags=["users"])


def _check_role(role: str, mine: frozenset[Permission]) -> None:
    permissions.check_role(role)
    permissions.check_grant(permissions.of_role(role), mine, "role")


class _Changes(NamedTuple):
    role: str | None
    locked: bool | None
    password: accounts.PasswordHash | None


def _change(
    work: Work, organization_id: int, user_id: str, changes: _Changes, mine: frozenset[Permission]
) -> accounts.UserRow:
    user = accounts.get(work, organization_id, user_id)
    permissions.check_grant(permissions.of_role(user.role), mine, "role")
    if changes.role is not None:
        user = accounts.change_role(work, organization_id, user_id, role=changes.role)
    if changes.locked is not None:
        user = accounts.lock(work, organization_id, user_id, locked=changes.locked)
    if changes.password is not None:
        user = accounts.set_password(work, email=user.email, password=changes.password)
    return accounts.row_of(work, user)


def _public_form(row: accounts.UserRow) -> User:
    return User(row.public_id, row.email, row.role, row.locked_at is not None, row.created_at)
