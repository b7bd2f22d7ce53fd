"""People who log in."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated

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
    created_at: datetime


class NewUser(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A user to be added."""

    email: Annotated[str, msgspec.Meta(max_length=254)]
    password: Annotated[str, msgspec.Meta(max_length=accounts.MAX_PASSWORD)]
    role: str


class UserChanges(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Another role."""

    role: str


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
    """Give a user another role; it holds at once, and within half a minute on other nodes."""
    _check_role(data.role, caller.permissions)
    row = await context.database.write(_change, caller.organization, user_id, data.role)
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


def _change(work: Work, organization_id: int, user_id: str, role: str) -> accounts.UserRow:
    user = accounts.change_role(work, organization_id, user_id, role=role)
    return accounts.row_of(work, user)


def _public_form(row: accounts.UserRow) -> User:
    return User(row.public_id, row.email, row.role, row.created_at)
