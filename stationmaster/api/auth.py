"""Log in, stay logged in, log out; and the one guard that decides who may do what (API-02, API-05 … API-10)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.exceptions import NotFoundException, PermissionDeniedException
from litestar.handlers import BaseRouteHandler
from litestar.params import JSONBody

from stationmaster.api import logins
from stationmaster.api.context import Context, GivenCaller, GivenContext
from stationmaster.api.logins import Caller, NotLoggedIn
from stationmaster.domain import accounts
from stationmaster.domain.accounts import WrongCredentials
from stationmaster.storage import Work


class Permission(StrEnum):
    """What a route asks of its caller; every route names one."""

    PUBLIC = "public"
    VIEW = "view"
    OPERATE = "operate"
    ADMINISTER = "administer"


MAY: dict[str, frozenset[Permission]] = {
    "viewer": frozenset({Permission.VIEW}),
    "operator": frozenset({Permission.VIEW, Permission.OPERATE}),
    "administrator": frozenset({Permission.VIEW, Permission.OPERATE, Permission.ADMINISTER}),
}

COOKIE = "stationmaster_refresh"
COOKIE_PATH = "/api/v1/auth"


async def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Deny by default: a route that names no permission is for nobody."""
    if "\x00" in connection.scope["path"] or b"%00" in connection.scope["query_string"]:
        raise NotFoundException("there is nothing with such a name")  # PostgreSQL has no such character
    permission = handler.opt.get("permission")
    if permission is Permission.PUBLIC:
        return
    caller = await authenticate(connection)
    if permission not in MAY.get(caller.user.role, ()):
        raise PermissionDeniedException(f"the role {caller.user.role} does not allow this")
    connection.scope["user"] = caller


async def authenticate(connection: ASGIConnection[Any, Any, Any, Any]) -> Caller:
    """Who holds the access token of this request. Raises `NotLoggedIn`."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise NotLoggedIn("please log in")
    context: Context = connection.app.state.context
    claims = logins.read(context.keys.tokens, token.strip(), context.database.clock())
    return Caller(await context.standings.user(context.database, claims), claims.sid)


def caller(request: Request[Any, Any, Any]) -> Caller:
    """Handed to routes as `caller`."""
    who: Caller = request.scope["user"]
    return who


class Credentials(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person logs in with."""

    email: Annotated[str, msgspec.Meta(max_length=254)]
    password: Annotated[str, msgspec.Meta(max_length=accounts.MAX_PASSWORD)]


class Me(msgspec.Struct, frozen=True):
    """Who is logged in."""

    id: str
    email: str
    role: str


class Login(msgspec.Struct, frozen=True):
    """An access token for the Authorization header; the cookie set beside it gets the next one."""

    access_token: str
    expires_in: int
    user: Me
    token_type: str = "bearer"


@post("/login", permission=Permission.PUBLIC, security=[{}], status_code=200)
async def login(data: JSONBody[Credentials], request: Request[Any, Any, Any], context: GivenContext) -> Response[Login]:
    """Log in with e-mail address and password."""
    source = request.client.host if request.client else ""
    context.throttle.attempt(data.email, source)
    row = await context.database.read(accounts.login_row, data.email)
    async with context.verifying:
        user = await asyncio.to_thread(accounts.verified, row, data.password)
    context.throttle.succeeded(data.email, source)
    refresh_token, login_name = await context.database.write(_begin, user)
    return _logged_in(context, user, login_name, refresh_token)


@post("/refresh", permission=Permission.PUBLIC, security=[{}], status_code=200)
async def refresh(request: Request[Any, Any, Any], context: GivenContext) -> Response[Login]:
    """Trade the cookie for a new access token and a new cookie; each cookie works once."""
    _check_origin(request)
    token = request.cookies.get(COOKIE)
    continued = await context.database.write(_continue, token) if token else None
    if continued is None:
        raise WrongCredentials("please log in again")
    return _logged_in(context, *continued)


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


@get("/me", permission=Permission.VIEW)
async def get_me(caller: GivenCaller) -> Me:
    """Who I am."""
    return Me(caller.user.id, caller.user.email, caller.user.role)


router = Router("/auth", route_handlers=[login, refresh, logout, get_me], tags=["log-in"])


def _begin(work: Work, user: accounts.User) -> tuple[str, str]:
    token = accounts.begin_login(work, user)
    return token, _name(work, token)


def _continue(work: Work, token: str) -> tuple[accounts.User, str, str] | None:
    # Reuse ends the whole log-in, and that must be committed: so it is answered, not raised (API-06).
    if accounts.stolen(work, token):
        return None
    try:
        user, following = accounts.continue_login(work, token)
    except WrongCredentials:
        return None
    return user, _name(work, following), following


def _end(work: Work, token: str) -> str | None:
    accounts.end_login(work, token)
    return accounts.login_of(work, token)


def _name(work: Work, token: str) -> str:
    name = accounts.login_of(work, token)
    assert name is not None
    return name


def _logged_in(context: GivenContext, user: accounts.User, login_name: str, refresh_token: str) -> Response[Login]:
    access = logins.issue(context.keys.tokens, user, login_name, context.database.clock())
    said = Login(access, int(logins.ACCESS_FOR.total_seconds()), Me(user.id, user.email, user.role))
    return Response(said, status_code=200, cookies=[_cookie(context, refresh_token, accounts.REFRESH_FOR)])


def _cookie(context: GivenContext, value: str, age: timedelta) -> Cookie:
    return Cookie(
        COOKIE,
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
