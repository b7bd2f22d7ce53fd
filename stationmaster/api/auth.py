"""Log in, stay logged in, log out (API-02, API-05 … API-09)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec
from litestar import Request, Response, Router, get, patch, post
from litestar.datastructures import Cookie
from litestar.exceptions import PermissionDeniedException
from litestar.params import JSONBody

from stationmaster.api import logins, throttle
from stationmaster.api.callers import Caller
from stationmaster.api.context import GivenCaller, GivenContext, source_of
from stationmaster.api.shapes import given
from stationmaster.api.throttle import TooBusy
from stationmaster.domain import accounts, organizations, sites
from stationmaster.domain.accounts import WrongCredentials
from stationmaster.domain.errors import Invalid
from stationmaster.domain.permissions import Permission as Permission
from stationmaster.storage import StorageUnavailable, Work

COOKIE = "stationmaster_refresh"
DEVICE_COOKIE = "stationmaster_device"  # marks a browser that has logged in before; stays when its person logs out
COOKIE_PATH = "/api/v1/auth"


class Setup(msgspec.Struct, frozen=True):
    """Whether anybody can log in here, and how. Until then `command` says how the first user is made; afterwards it is null.

    `mail`: who forgets their password asks for a link by mail. `registration`: drivers may register by themselves.
    """

    ready: bool
    command: str | None
    mail: bool
    registration: bool


@get("/setup", permission=Permission.PUBLIC, security=[{}])
async def get_setup(context: GivenContext) -> Setup:
    """What is left to do before anybody can log in, and which ways there are to."""
    ready = await context.database.read(accounts.any_user)
    registration = context.settings.registration.open
    return Setup(ready, None if ready else accounts.FIRST_USER, mail=context.mails, registration=registration)


class Credentials(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person logs in with."""

    email: Annotated[str, msgspec.Meta(max_length=254)]
    password: Annotated[str, msgspec.Meta(max_length=accounts.MAX_PASSWORD)]


class Me(msgspec.Struct, frozen=True):
    """Who is asking: a person, by e-mail address, or a program with a key, by the key's name; and what they may do.

    `email` is empty and `role` is null for what has none. `sites` names those they are limited to. `language` and
    `time_zone` are what a person has chosen; null: as the browser says.
    """

    id: str
    email: str
    role: str | None
    kind: str
    name: str
    organization: str
    permissions: list[str]
    sites: list[str] | None
    language: str | None
    time_zone: str | None


class ProfileChanges(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What people change about themselves; what is left out stays, and null empties it."""

    name: Annotated[str, msgspec.Meta(max_length=200)] | msgspec.UnsetType | None = msgspec.UNSET
    language: Annotated[str, msgspec.Meta(max_length=35)] | msgspec.UnsetType | None = msgspec.UNSET
    time_zone: Annotated[str, msgspec.Meta(max_length=100)] | msgspec.UnsetType | None = msgspec.UNSET


class Login(msgspec.Struct, frozen=True):
    """An access token for the Authorization header; the cookie set beside it gets the next one."""

    access_token: str
    expires_in: int
    user: Me
    token_type: str = "bearer"


@post("/login", permission=Permission.PUBLIC, security=[{}], status_code=200)
async def login(data: JSONBody[Credentials], request: Request[Any, Any, Any], context: GivenContext) -> Response[Login]:
    """Log in with e-mail address and password."""
    device = throttle.known_device(
        context.keys.tokens, data.email, request.cookies.get(DEVICE_COOKIE), context.database.clock()
    )
    user = await _verified(context, data.email, data.password, source_of(request), device)
    answer = _logged_in(context, await context.database.write(_begin, user))
    mark = throttle.new_device(context.keys.tokens, data.email, context.database.clock())
    answer.cookies.append(_cookie(context, mark, throttle.DEVICE_FOR, name=DEVICE_COOKIE))
    return answer


@post("/refresh", permission=Permission.PUBLIC, security=[{}], status_code=200)
async def refresh(request: Request[Any, Any, Any], context: GivenContext) -> Response[Login]:
    """Trade the cookie for a new access token and a new cookie; each cookie works once."""
    _check_origin(request)
    token = request.cookies.get(COOKIE)
    continued = await context.database.write(_continue, token) if token else None
    if continued is None:
        raise WrongCredentials("please log in again")
    return _logged_in(context, continued)


@post("/logout", permission=Permission.PUBLIC, security=[{}], status_code=204)
async def logout(request: Request[Any, Any, Any], context: GivenContext) -> Response[None]:
    """End this log-in, everywhere it is used."""
    _check_origin(request)
    token = request.cookies.get(COOKIE)
    if token:
        ended = await context.database.write(_end, token)
        if ended is not None:
            context.standings.forget(ended)
    return Response(None, status_code=204, cookies=[_cookie(context, "", timedelta(0))])


@get("/me", permission=Permission.LOGGED_IN)
async def get_me(caller: GivenCaller, context: GivenContext) -> Me:
    """Who I am, and what I may do."""
    if caller.actor.kind == "user":
        return await context.database.read(lambda work: _me(work, _myself(work, caller)))

    def key(work: Work) -> Me:
        return Me(
            id=caller.actor.id,
            email="",
            role=caller.role,
            kind=caller.actor.kind,
            name=caller.actor.name,
            organization=organizations.get(work, caller.organization).name,
            permissions=sorted(caller.permissions),
            sites=None if caller.scope is None else sites.names(work, caller.scope),
            language=None,
            time_zone=None,
        )

    return await context.database.read(key)


@patch("/me", permission=Permission.LOGGED_IN)
async def change_me(data: JSONBody[ProfileChanges], caller: GivenCaller, context: GivenContext) -> Me:
    """Change my own name, language or time zone. What I may do is not mine to change."""
    check_person(caller)

    def change(work: Work) -> Me:
        return _me(work, accounts.change_profile(work, caller.organization, caller.actor.id, given(data)))

    return await context.database.write(change)


class PasswordChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The password as it is, and as it shall be."""

    current: Annotated[str, msgspec.Meta(max_length=accounts.MAX_PASSWORD)]
    new: Annotated[str, msgspec.Meta(max_length=accounts.MAX_PASSWORD)]


@post("/password", permission=Permission.LOGGED_IN, status_code=200)
async def change_password(
    data: JSONBody[PasswordChange], request: Request[Any, Any, Any], caller: GivenCaller, context: GivenContext
) -> Response[Login]:
    """Give myself another password. Every log-in of mine ends but this one, which is begun anew."""
    check_person(caller)
    email = caller.actor.name
    await verified_again(context, caller, data.current, source_of(request), field="current")
    async with context.passwords.turn(known=True):
        try:
            password = await asyncio.to_thread(accounts.hashed, data.new, email=email)
        except Invalid as error:
            raise Invalid("new", error.reason) from None

    def change(work: Work) -> _LoggedIn:
        return _begin(work, accounts.set_password(work, email=email, password=password))

    begun = await context.database.write(change)
    context.standings.forget_all()
    return _logged_in(context, begun)


router = Router(
    "/auth",
    route_handlers=[get_setup, login, refresh, logout, get_me, change_me, change_password],
    tags=["log-in"],
)


def check_person(caller: Caller) -> None:
    """Raises an error that is 403."""
    if caller.actor.kind != "user":
        raise PermissionDeniedException("only people have a profile and a password")


async def verified_again(context: GivenContext, caller: Caller, password: str, source: str, *, field: str) -> None:
    """The caller knows their own password. Raises `Invalid`.

    Counted for the person, so that whoever has stolen their access token cannot guess more often than a stranger.
    """
    try:
        await _verified(context, caller.actor.name, password, source, f"of {caller.actor.id}")
    except WrongCredentials:
        raise Invalid(field, "is not the password") from None


def _myself(work: Work, caller: Caller) -> accounts.User:
    return accounts.get(work, caller.organization, caller.actor.id)


def _me(work: Work, user: accounts.User) -> Me:
    return Me(
        id=user.id,
        email=user.email,
        role=user.role,
        kind="user",
        name=user.name or user.email,
        organization=organizations.get(work, user.organization_id).name,
        permissions=sorted(user.permissions),
        sites=None if user.sites is None else sites.names(work, user.sites),
        language=user.language,
        time_zone=user.time_zone,
    )


async def _verified(context: GivenContext, email: str, password: str, source: str, device: str | None) -> accounts.User:
    """Who has this password. Raises `WrongCredentials`, `TooManyAttempts`, `TooBusy`."""
    context.throttle.attempt(email, source, device)
    try:
        row = await context.database.read(accounts.login_row, email)
        async with context.passwords.turn(known=device is not None):
            user = await asyncio.to_thread(accounts.verified, row, password)
    except (StorageUnavailable, TooBusy):
        context.throttle.forgive(email, source, device)
        raise
    context.throttle.succeeded(email, source, device)
    return user


class _LoggedIn(msgspec.Struct, frozen=True):
    """A log-in as it goes out: whose it is, its name, and the refresh token in clear."""

    user: accounts.User
    me: Me
    login: str
    refresh_token: str


def _begin(work: Work, user: accounts.User) -> _LoggedIn:
    return _logged(work, user, accounts.begin_login(work, user))


def _continue(work: Work, token: str) -> _LoggedIn | None:
    # A reused token ends the whole log-in. That must be committed, so it is a result and not an exception (API-06).
    if accounts.stolen(work, token):
        return None
    try:
        user, following = accounts.continue_login(work, token)
    except WrongCredentials:
        return None
    return _logged(work, user, following)


def _logged(work: Work, user: accounts.User, token: str) -> _LoggedIn:
    login = accounts.login_of(work, token)
    assert login is not None
    return _LoggedIn(user, _me(work, user), login, token)


def _end(work: Work, token: str) -> str | None:
    accounts.end_login(work, token)
    return accounts.login_of(work, token)


def _logged_in(context: GivenContext, begun: _LoggedIn) -> Response[Login]:
    security = context.settings.security
    lasts = timedelta(minutes=security.token_minutes)
    now = context.database.clock()
    access = logins.issue(context.keys.tokens, begun.user, begun.login, now, issuer=security.token_issuer, lasts=lasts)
    said = Login(access, int(lasts.total_seconds()), begun.me)
    return Response(said, status_code=200, cookies=[_cookie(context, begun.refresh_token, accounts.REFRESH_FOR)])


def _cookie(context: GivenContext, value: str, age: timedelta, *, name: str = COOKIE) -> Cookie:
    return Cookie(
        name,
        value=value,
        path=COOKIE_PATH,
        max_age=int(age.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=context.settings.web.secure_cookies,
    )


def _check_origin(request: Request[Any, Any, Any]) -> None:
    """The cookie alone counts for nothing when another site makes the browser send it (API-09)."""
    fetched_by = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if fetched_by is not None:
        foreign = fetched_by not in ("same-origin", "none")
    else:
        foreign = origin is not None and urlsplit(origin).netloc.lower() != request.headers.get("host", "").lower()
    if foreign:
        raise PermissionDeniedException("this request came from another site")
