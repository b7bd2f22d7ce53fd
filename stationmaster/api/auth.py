"""Log in, stay logged in, log out (API-02, API-05 … API-09)."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import urlsplit

import msgspec
from litestar import Request, Response, Router, delete, get, patch, post
from litestar.datastructures import Cookie
from litestar.exceptions import PermissionDeniedException
from litestar.params import FromPath, JSONBody

from stationmaster.api import logins, throttle
from stationmaster.api.callers import Caller
from stationmaster.api.context import GivenCaller, GivenContext, source_of
from stationmaster.api.shapes import Page, given
from stationmaster.api.throttle import TooBusy
from stationmaster.domain import accounts, drivers, log_ins, organizations, second_factors, sites
from stationmaster.domain.accounts import WrongCredentials
from stationmaster.domain.errors import Invalid
from stationmaster.domain.permissions import Permission as Permission
from stationmaster.reason_words import Reason
from stationmaster.storage import StorageUnavailable, Work

L = TypeVar("L")
COOKIE = "stationmaster_refresh"
DEVICE_COOKIE = "stationmaster_device"  # marks a browser that has logged in before; stays when its person logs out
COOKIE_PATH = "/api/v1/auth"


class SignIn(msgspec.Struct, frozen=True):
    """A provider people may log in at: a browser is sent to /auth/providers/{name}/start."""

    name: str
    title: str


class Setup(msgspec.Struct, frozen=True):
    """Whether anybody can log in here, and how. Until then `command` says how the first user is made; afterwards it is null.

    `mail`: who forgets their password asks for a link by mail. `registration`: drivers may register by themselves.
    """

    ready: bool
    command: str | None
    mail: bool
    registration: bool
    providers: list[SignIn]


@get("/setup", permission=Permission.PUBLIC, security=[{}])
async def get_setup(context: GivenContext) -> Setup:
    """What is left to do before anybody can log in, and which ways there are to."""
    ready = await context.database.read(accounts.any_user)
    registration = context.settings.registration.open
    providers = [SignIn(each.name, each.title or each.name) for each in context.settings.single_sign_on.providers]
    command = None if ready else accounts.FIRST_USER
    return Setup(ready, command, mail=context.mails, registration=registration, providers=providers)


class Credentials(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person logs in with."""

    email: Annotated[str, msgspec.Meta(max_length=254)]
    password: Annotated[str, msgspec.Meta(max_length=accounts.MAX_PASSWORD)]


class Me(msgspec.Struct, frozen=True):
    """Who is asking: a person, by e-mail address, or a program with a key, by the key's name; and what they may do.

    `email` is empty and `role` is null for what has none. `sites` names those they are limited to. `language` and
    `time_zone` are what a person has chosen; null: as the browser says. `customer` is the id of the customer that a person is:
    what is under `/me` is that customer's.
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
    second_step: bool
    customer: str | None


class ProfileChanges(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What people change about themselves; what is left out stays, and null empties it."""

    name: Annotated[str, msgspec.Meta(max_length=200)] | msgspec.UnsetType | None = msgspec.UNSET
    language: Annotated[str, msgspec.Meta(max_length=35)] | msgspec.UnsetType | None = msgspec.UNSET
    time_zone: Annotated[str, msgspec.Meta(max_length=100)] | msgspec.UnsetType | None = msgspec.UNSET


class Login(msgspec.Struct, frozen=True):
    """An access token for the Authorization header; the cookie set beside it gets the next one.

    With `second_step` the token is good for that step alone, and there is no cookie yet. `code`: send a code of the app, or one
    of the kept ones, to /auth/second-step. `app`: the role wants a second step and there is none, so begin with /auth/second-step/app.
    """

    access_token: str
    expires_in: int
    user: Me
    token_type: str = "bearer"
    second_step: Literal["code", "app"] | None = None


@post("/login", permission=Permission.PUBLIC, security=[{}], status_code=200)
async def login(data: JSONBody[Credentials], request: Request[Any, Any, Any], context: GivenContext) -> Response[Login]:
    """Log in with e-mail address and password. Some need a second step then: see `second_step` of the answer."""
    device = throttle.known_device(
        context.keys.tokens, data.email, request.cookies.get(DEVICE_COOKIE), context.database.clock()
    )
    user = await _verified(context, data.email, data.password, source_of(request), device)
    has_one = await context.database.read(second_factors.has, user)
    if has_one or user.role in context.settings.security.second_factor_for:
        return Response(await _half_logged_in(context, user, "code" if has_one else "app"), status_code=200)
    return with_device(context, data.email, logged_in(context, await context.database.write(begin_login, user)))


@post("/refresh", permission=Permission.PUBLIC, security=[{}], status_code=200)
async def refresh(request: Request[Any, Any, Any], context: GivenContext) -> Response[Login]:
    """Trade the cookie for a new access token and a new cookie; each cookie works once."""
    _check_origin(request)
    token = request.cookies.get(COOKIE)
    two_steps_for = context.settings.security.second_factor_for
    continued = await context.database.write(_continue, token, two_steps_for) if token else None
    if continued is None:
        raise WrongCredentials("please log in again")
    return logged_in(context, continued)


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


@post("/logout-everywhere", permission=Permission.LOGGED_IN, status_code=204)
async def logout_everywhere(caller: GivenCaller, context: GivenContext) -> Response[None]:
    """End every log-in of mine, on every device, this one as well; my API keys go on."""
    check_person(caller)
    await context.database.write(lambda work: log_ins.end_all(work, myself(work, caller)))
    context.standings.forget_all()
    return Response(None, status_code=204, cookies=[_cookie(context, "", timedelta(0))])


class OwnLogin(msgspec.Struct, frozen=True):
    """A log-in of mine that goes on. `source` is the address it was last used from, `browser` what that one calls itself.

    `proof`: password, second step, or provider (made at somebody else's). `current`: the one that asks.
    """

    id: str
    current: bool
    began_at: datetime
    used_at: datetime
    source: str | None
    browser: str | None
    proof: log_ins.Proof


@get("/logins", permission=Permission.LOGGED_IN)
async def list_logins(caller: GivenCaller, context: GivenContext) -> Page[OwnLogin]:
    """Where I am logged in, the last used first."""
    check_person(caller)

    def read(work: Work) -> list[OwnLogin]:
        return [_own_login(row, caller) for row in log_ins.listed(work, myself(work, caller))]

    return Page(await context.database.read(read), None)


@delete("/logins/{login_id:str}", permission=Permission.LOGGED_IN)
async def end_own_login(login_id: FromPath[str], caller: GivenCaller, context: GivenContext) -> None:
    """End one of my log-ins, as that of a device I have lost; on other nodes within half a minute."""
    check_person(caller)
    await context.database.write(lambda work: log_ins.end_one(work, myself(work, caller), login_id))
    context.standings.forget(login_id)


@post("/logout-elsewhere", permission=Permission.LOGGED_IN, status_code=204)
async def logout_elsewhere(caller: GivenCaller, context: GivenContext) -> None:
    """End every log-in of mine but this one; my API keys go on."""
    check_person(caller)
    await context.database.write(lambda work: log_ins.end_others(work, myself(work, caller), caller.login or ""))
    context.standings.forget_all()


@get("/me", permission=Permission.LOGGED_IN)
async def get_me(caller: GivenCaller, context: GivenContext) -> Me:
    """Who I am, and what I may do."""
    if caller.actor.kind == "user":
        return await context.database.read(lambda work: _me(work, myself(work, caller)))

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
            second_step=False,
            customer=None,
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

    def change(work: Work) -> LoggedIn:
        user = accounts.set_password(work, email=email, password=password)
        return begin_login(work, user, "second step" if second_factors.has(work, user) else "password")

    begun = await context.database.write(change)
    context.standings.forget_all()
    return logged_in(context, begun)


router = Router(
    "/auth",
    route_handlers=[
        *(get_setup, login, refresh, logout, logout_everywhere, logout_elsewhere),
        *(list_logins, end_own_login, get_me, change_me, change_password),
    ],
    tags=["log-in"],
)


def check_person(caller: Caller) -> None:
    """Raises an error that is 403."""
    if caller.actor.kind != "user":
        raise PermissionDeniedException(detail=Reason("only people have a profile and a password"))


async def verified_again(context: GivenContext, caller: Caller, password: str, source: str, *, field: str) -> None:
    """The caller knows their own password. Raises `Invalid`.

    Counted for the person, so that whoever has stolen their access token cannot guess more often than a stranger.
    """
    try:
        await _verified(context, caller.actor.name, password, source, f"of {caller.actor.id}")
    except WrongCredentials:
        raise Invalid(field, "is not the password") from None


def myself(work: Work, caller: Caller) -> accounts.User:
    """The caller as a user."""
    return accounts.get(work, caller.organization, caller.actor.id)


def _own_login(row: log_ins.RefreshRow, caller: Caller) -> OwnLogin:
    return OwnLogin(
        id=row.family,
        current=row.family == caller.login,
        began_at=row.begun_at or row.created_at,
        used_at=row.created_at,
        source=row.source,
        browser=row.browser,
        proof=row.proof,
    )


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
        second_step=second_factors.has(work, user),
        customer=drivers.id_of(work, user),
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


class LoggedIn(msgspec.Struct, frozen=True):
    """A log-in as it goes out: whose it is, its name, and the refresh token in clear."""

    user: accounts.User
    me: Me
    login: str
    refresh_token: str


def begin_login(work: Work, user: accounts.User, proof: log_ins.Proof = "password") -> LoggedIn:
    """A log-in of this user, as it goes out."""
    return _logged(work, user, log_ins.begin_login(work, user, proof=proof))


async def _half_logged_in(context: GivenContext, user: accounts.User, step: Literal["code", "app"]) -> Login:
    lasts, issuer = logins.STEP_FOR, context.settings.security.token_issuer
    now = context.database.clock()
    token = logins.issue(context.keys.tokens, user, "", now, issuer=issuer, lasts=lasts, kind=logins.STEP_TYPE)
    me = await context.database.read(_me, user)
    return Login(token, int(lasts.total_seconds()), msgspec.structs.replace(me, permissions=[]), second_step=step)


def with_device(context: GivenContext, email: str, answer: Response[L]) -> Response[L]:
    """This browser is marked as one that has logged in to the account."""
    mark = throttle.new_device(context.keys.tokens, email, context.database.clock())
    answer.cookies.append(_cookie(context, mark, throttle.DEVICE_FOR, name=DEVICE_COOKIE))
    return answer


def _continue(work: Work, token: str, two_steps_for: Collection[str]) -> LoggedIn | None:
    # A reused token ends the whole log-in. That must be committed, so it is a result and not an exception (API-06).
    if log_ins.stolen(work, token):
        return None
    try:
        user, following = log_ins.continue_login(work, token, two_steps_for=two_steps_for)
    except WrongCredentials:
        return None
    return _logged(work, user, following)


def _logged(work: Work, user: accounts.User, token: str) -> LoggedIn:
    login = log_ins.login_of(work, token)
    assert login is not None
    return LoggedIn(user, _me(work, user), login, token)


def _end(work: Work, token: str) -> str | None:
    log_ins.end_login(work, token)
    return log_ins.login_of(work, token)


def logged_in(context: GivenContext, begun: LoggedIn) -> Response[Login]:
    """The answer to a log-in that is complete."""
    security = context.settings.security
    lasts = timedelta(minutes=security.token_minutes)
    now = context.database.clock()
    access = logins.issue(context.keys.tokens, begun.user, begun.login, now, issuer=security.token_issuer, lasts=lasts)
    said = Login(access, int(lasts.total_seconds()), begun.me)
    return Response(said, status_code=200, cookies=[_cookie(context, begun.refresh_token, log_ins.REFRESH_FOR)])


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
        raise PermissionDeniedException(detail=Reason("this request came from another site"))
