"""People who log in."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response, Router, delete, get, patch, post
from litestar.params import FromPath, JSONBody

from stationmaster.api.auth import ProfileChanges
from stationmaster.api.callers import Caller
from stationmaster.api.context import Context, GivenCaller, GivenContext
from stationmaster.api.shapes import (
    Cursor,
    Deleted,
    IfMatch,
    Limit,
    OwnId,
    Page,
    Text,
    given,
    paged,
    tagged_as,
    tags_of,
)
from stationmaster.domain import (
    accounts,
    drivers,
    joining,
    one_time_links,
    organizations,
    permissions,
    second_factors,
    sites,
)
from stationmaster.domain.errors import Invalid
from stationmaster.domain.permissions import Permission
from stationmaster.storage import Work


class User(msgspec.Struct, frozen=True):
    """Somebody who can log in, or is `awaited`: was invited, or has registered, and has not confirmed it yet.

    `sites` names those they are limited to; null: they see all. `customer` is the id of the customer that they are: what is
    under `/me` is that customer's.
    """

    id: str
    email: str
    role: str
    locked: bool
    awaited: bool
    created_at: datetime
    sites: list[str] | None
    name: str | None
    language: str | None
    time_zone: str | None
    second_step: bool
    customer: str | None


class Link(msgspec.Struct, frozen=True):
    """A link that works once, to choose a password. `url` is null when it was mailed, else it is yours to hand on."""

    url: str | None
    expires_at: datetime


class AddedUser(User, frozen=True, kw_only=True):
    """A new user. `link` is their invitation; null when they were given a password."""

    link: Link | None


Sites = Annotated[list[Text], msgspec.Meta(min_length=1, max_length=200)]
Email = Annotated[str, msgspec.Meta(max_length=254)]


class NewUser(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A user to be added. Without `password` they are invited, and choose one themselves.

    `sites` are the names of those they are limited to; left out, they see all. `customer` is the id of the customer that they
    are, who is nobody else; it takes the permission to manage customers.
    """

    email: Email
    role: str
    password: Annotated[str, msgspec.Meta(max_length=accounts.MAX_PASSWORD)] | None = None
    sites: Sites | None = None
    name: str | None = None
    customer: OwnId | None = None


class UserChanges(ProfileChanges, frozen=True, forbid_unknown_fields=True):
    """What is changed of a user; what is left out stays. A new password ends their log-ins, so does `locked`.

    `sites` null: they are limited no more. `second_step` false: who lost their phone and their codes sets it up anew. `email` is the address they log in with; nobody asks whether it is theirs. `customer` is the customer that they are, null: none.
    """

    role: str | msgspec.UnsetType = msgspec.UNSET
    locked: bool | msgspec.UnsetType = msgspec.UNSET
    password: Annotated[str, msgspec.Meta(max_length=accounts.MAX_PASSWORD)] | msgspec.UnsetType = msgspec.UNSET
    email: Email | msgspec.UnsetType = msgspec.UNSET
    sites: Sites | msgspec.UnsetType | None = msgspec.UNSET
    second_step: Literal[False] | msgspec.UnsetType = msgspec.UNSET
    customer: OwnId | msgspec.UnsetType | None = msgspec.UNSET


@get("/", permission=Permission.MANAGE_USERS)
async def list_users(
    caller: GivenCaller,
    context: GivenContext,
    deleted: Deleted = False,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[User]:
    """Users, newest first."""

    def read(work: Work) -> Page[User]:
        rows = accounts.listed(work, caller.organization, limit=limit, cursor=cursor, deleted=deleted)
        two_steps = second_factors.those_with(work, [row.id for row in rows])
        whose = drivers.ids(work, [row.customer_id for row in rows])
        return paged(rows, limit, lambda row: _public_form(work, row, row.id in two_steps, whose))

    return await context.database.read(read)


@post("/", permission=Permission.MANAGE_USERS)
async def add_user(
    data: JSONBody[NewUser], request: Request[Any, Any, Any], caller: GivenCaller, context: GivenContext
) -> Response[AddedUser]:
    """Invite somebody, or add them with a password; their role and sites give them no more than you may do yourself.

    An invitation is a link that works once, for seven days. It is mailed; a server without mail gives it to you, to hand on.
    """
    permissions.check_role(data.role)
    _check_limit(data.sites, caller)
    _check_customer(data.customer, caller)
    accounts.check_email(data.email)
    password = None
    if data.password is not None:
        async with context.passwords.turn(known=True):
            password = await asyncio.to_thread(accounts.hashed, data.password, email=data.email.strip())
    facts: dict[str, Any] = {"role": data.role, "site_names": data.sites, "name": data.name}

    def add(work: Work) -> tuple[str, AddedUser]:
        _check_role(work, data.role, caller)
        link = None
        if password is not None:
            user = accounts.add(work, caller.organization, email=data.email, password=password, **facts)
        else:
            user, made = joining.invite(work, caller.organization, email=data.email, by_mail=context.mails, **facts)
            link = link_form(context, request, made)
        if data.customer is not None:
            user = drivers.link(work, caller.organization, user.id, customer=data.customer)
        tag, form = _one_form(work, user)
        return tag, AddedUser(**msgspec.structs.asdict(form), link=link)

    return tagged_as(*await context.database.write(add))


@get("/{user_id:str}", permission=Permission.MANAGE_USERS)
async def get_user(user_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> Response[User]:
    """One user."""

    def read(work: Work) -> tuple[str, User]:
        return _one_form(work, accounts.get(work, caller.organization, user_id))

    return tagged_as(*await context.database.read(read))


@post("/{user_id:str}/link", permission=Permission.MANAGE_USERS, status_code=200)
async def make_link(
    user_id: FromPath[str], request: Request[Any, Any, Any], caller: GivenCaller, context: GivenContext
) -> Link:
    """A new link that works once, for who lost their invitation (seven days) or forgot their password (30 minutes).

    It is mailed; a server without mail gives it to you, to hand on. An earlier one works no more.
    """

    def make(work: Work) -> Link:
        _check_reach(accounts.get(work, caller.organization, user_id), caller)
        _, made = joining.link_for(work, caller.organization, user_id, by_mail=context.mails)
        return link_form(context, request, made)

    return await context.database.write(make)


@patch("/{user_id:str}", permission=Permission.MANAGE_USERS)
async def change_user(
    user_id: FromPath[str],
    data: JSONBody[UserChanges],
    caller: GivenCaller,
    context: GivenContext,
    if_match: IfMatch = None,
) -> Response[User]:
    """Change a user, lock them out or let them in; it holds at once, and within half a minute on other nodes.

    Nobody changes somebody who may do more than they may themselves.
    """
    if data.sites is not msgspec.UNSET:
        _check_limit(data.sites, caller)
    if data.customer is not msgspec.UNSET:
        _check_customer(data.customer, caller)
    password = None
    if data.password is not msgspec.UNSET:
        async with context.passwords.turn(known=True):
            password = await asyncio.to_thread(accounts.hashed, data.password)

    expected = tags_of(if_match)

    def change(work: Work) -> tuple[str, User]:
        accounts.check_unchanged(work, caller.organization, user_id, expected)
        _check_reach(accounts.get(work, caller.organization, user_id), caller)
        if data.role is not msgspec.UNSET:
            _check_role(work, data.role, caller)
        user = _change(work, caller.organization, user_id, data, password)
        return _one_form(work, user)

    changed = await context.database.write(change)
    context.standings.forget_all()
    return tagged_as(*changed)


@delete("/{user_id:str}", permission=Permission.MANAGE_USERS)
async def remove_user(
    user_id: FromPath[str], caller: GivenCaller, context: GivenContext, if_match: IfMatch = None
) -> None:
    """Remove a user: their log-ins and open pages end, the API keys they made work no more; what they did keeps their name.

    Nobody removes somebody who may do more than they may themselves.
    """

    expected = tags_of(if_match)

    def remove(work: Work) -> None:
        accounts.check_unchanged(work, caller.organization, user_id, expected)
        _check_reach(accounts.get(work, caller.organization, user_id), caller)
        accounts.remove(work, caller.organization, user_id)

    await context.database.write(remove)
    context.standings.forget_all()


@post("/{user_id:str}/restore", permission=Permission.MANAGE_USERS, status_code=200)
async def restore_user(user_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> Response[User]:
    """Bring back a user who was removed, with their role, password and keys. 409 when somebody else has their address by now.

    Nobody brings back somebody who may do more than they may themselves.
    """

    def restore(work: Work) -> tuple[str, User]:
        _check_reach(accounts.removed(work, caller.organization, user_id), caller)
        user = accounts.restore(work, caller.organization, user_id)
        return _one_form(work, user)

    restored = await context.database.write(restore)
    context.standings.forget_all()
    return tagged_as(*restored)


router = Router(
    "/users",
    route_handlers=[list_users, add_user, get_user, make_link, change_user, remove_user, restore_user],
    tags=["users"],
)


def link_form(context: Context, request: Request[Any, Any, Any], link: one_time_links.Link) -> Link:
    """A link as whoever asked for it is told of it."""
    base = context.settings.web.public_url or str(request.base_url).rstrip("/")
    url = None if context.mails else one_time_links.address(base, context.keys.once, link)
    return Link(url, link.expires_at)


def _check_role(work: Work, role: str, caller: Caller) -> None:
    permissions.check_role(role)
    at_home = caller.organization == organizations.home(work)
    permissions.check_grant(permissions.of_role(role, at_home=at_home), caller.permissions, "role")


def _check_limit(sites: list[str] | None, caller: Caller) -> None:
    """Which sites they name is looked up within the caller's own."""
    if sites is None and caller.scope is not None:
        raise Invalid("sites", "must be given, since you are limited to some yourself")


def _check_customer(customer: str | None, caller: Caller) -> None:
    """Whoever makes somebody a customer's user gives them what that customer has. Raises `Invalid`."""
    if customer is not None:
        permissions.check_grant(frozenset({Permission.MANAGE_CUSTOMERS}), caller.permissions, "customer")


def _check_reach(user: accounts.User, caller: Caller) -> None:
    permissions.check_grant(user.permissions, caller.permissions, "role")
    if caller.scope is not None and (user.sites is None or not user.sites <= caller.scope):
        raise Invalid("sites", "this user sees more sites than you do")


def _change(
    work: Work, organization_id: int, user_id: str, data: UserChanges, password: accounts.PasswordHash | None
) -> accounts.User:
    user = accounts.get(work, organization_id, user_id)
    if data.email is not msgspec.UNSET:
        user = accounts.change_email(work, organization_id, user_id, email=data.email)
    if data.role is not msgspec.UNSET:
        user = accounts.change_role(work, organization_id, user_id, role=data.role)
    if data.customer is not msgspec.UNSET:
        user = drivers.link(work, organization_id, user_id, customer=data.customer)
    if data.sites is not msgspec.UNSET:
        user = accounts.limit(work, organization_id, user_id, site_names=data.sites)
    if data.locked is not msgspec.UNSET:
        user = accounts.lock(work, organization_id, user_id, locked=data.locked)
    if password is not None:
        user = accounts.set_password(work, email=user.email, password=password)
    if data.second_step is not msgspec.UNSET:
        second_factors.remove(work, user)
        user = accounts.end_logins(work, user)
    profile = {field: value for field, value in given(data).items() if field in ProfileChanges.__struct_fields__}
    if profile:
        user = accounts.change_profile(work, organization_id, user_id, profile)
    return user


def _one_form(work: Work, user: accounts.User) -> tuple[str, User]:
    """A user as they are shown, with the tag of what they are now."""
    row = accounts.row_of(work, user)
    second_step = second_factors.has(work, user)
    return accounts.tag(row), _public_form(work, row, second_step, drivers.ids(work, [row.customer_id]))


def _public_form(work: Work, row: accounts.UserRow, second_step: bool, customers: Mapping[int | None, str]) -> User:
    return User(
        id=row.public_id,
        email=row.email,
        role=row.role,
        locked=row.locked_at is not None,
        awaited=row.awaited_since is not None,
        created_at=row.created_at,
        sites=None if row.site_ids is None else sites.names(work, row.site_ids),
        name=row.name,
        language=row.language,
        time_zone=row.time_zone,
        second_step=second_step,
        customer=customers.get(row.customer_id),
    )
