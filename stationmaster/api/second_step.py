"""The second step of a log-in, and setting it up (API-04).

Until it is done the caller has a token that nothing but these routes takes, and no cookie.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import msgspec
from litestar import Request, Response, Router, post
from litestar.params import JSONBody

from stationmaster.api import auth, callers, logins
from stationmaster.api.auth import Login
from stationmaster.api.context import GivenCaller, GivenContext, source_of
from stationmaster.api.logins import NotLoggedIn
from stationmaster.domain import accounts, organizations, second_factors, totp
from stationmaster.domain.accounts import User
from stationmaster.domain.errors import Conflict
from stationmaster.domain.permissions import Permission
from stationmaster.storage import StorageUnavailable, Work

T = TypeVar("T")
Step = Request[Any, Any, Any]


class App(msgspec.Struct, frozen=True):
    """What an authenticator app is given: `uri` as a QR code, or `secret` typed."""

    secret: str
    uri: str


class Code(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Six digits of the app; or one of the ten codes that were kept, each of which works once."""

    code: Annotated[str, msgspec.Meta(max_length=40)]


class SecondStep(Login, frozen=True, kw_only=True):
    """A complete log-in. `recovery_codes` are ten codes to keep, shown only this once, when the app was set up with this code."""

    recovery_codes: list[str] | None


class RecoveryCodes(msgspec.Struct, frozen=True):
    """Ten codes to keep, shown only this once."""

    recovery_codes: list[str]


class Password(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One's own password, once more."""

    password: Annotated[str, msgspec.Meta(max_length=accounts.MAX_PASSWORD)]


@post("/second-step", permission=Permission.PUBLIC, status_code=200)
async def take_second_step(data: JSONBody[Code], request: Step, context: GivenContext) -> Response[SecondStep]:
    """Complete a log-in that wants a second step, with its token as bearer. Where an app is being set up, this ends it."""
    user = await _half_logged_in(request, context)

    def step(work: Work) -> tuple[auth.LoggedIn, list[str] | None]:
        if second_factors.has(work, user):
            second_factors.check(work, context.keys.second_steps, user, data.code)
            return auth.begin_login(work, user, "second step"), None
        confirmed, codes = second_factors.confirm(work, context.keys.second_steps, user, data.code)
        return auth.begin_login(work, confirmed, "second step"), codes

    begun, codes = await _tried(context, request, user, step)
    return auth.with_device(context, user.email, _answer(context, begun, codes))


@post("/second-step/app", permission=Permission.PUBLIC, status_code=200)
async def set_up_app_first(request: Step, context: GivenContext) -> App:
    """Set up an app where the role wants a second step and there is none, with the token of the log-in as bearer."""
    user = await _half_logged_in(request, context)
    return await context.database.write(_begin, context.keys.second_steps, user)


@post("/app", permission=Permission.LOGGED_IN, status_code=200)
async def set_up_app(data: JSONBody[Password], request: Step, caller: GivenCaller, context: GivenContext) -> App:
    """Set up an app for the second step of my log-ins; it counts once a code of it was confirmed."""
    auth.check_person(caller)
    await auth.verified_again(context, caller, data.password, source_of(request), field="password")

    def begin(work: Work) -> App:
        return _begin(work, context.keys.second_steps, auth.myself(work, caller))

    return await context.database.write(begin)


@post("/app/confirmation", permission=Permission.LOGGED_IN, status_code=200)
async def confirm_app(
    data: JSONBody[Code], request: Step, caller: GivenCaller, context: GivenContext
) -> Response[SecondStep]:
    """The app shows this code, so it counts from now on. Every log-in of mine ends but this one, which is begun anew."""
    auth.check_person(caller)
    user = await context.database.read(auth.myself, caller)

    def confirm(work: Work) -> tuple[auth.LoggedIn, list[str] | None]:
        confirmed, codes = second_factors.confirm(work, context.keys.second_steps, user, data.code)
        return auth.begin_login(work, confirmed, "second step"), codes

    begun, codes = await _tried(context, request, user, confirm)
    return _answer(context, begun, codes)


@post("/app/recovery-codes", permission=Permission.LOGGED_IN, status_code=200)
async def renew_recovery_codes(
    data: JSONBody[Code], request: Step, caller: GivenCaller, context: GivenContext
) -> RecoveryCodes:
    """Ten new codes to keep; the old ones work no more."""
    auth.check_person(caller)
    user = await context.database.read(auth.myself, caller)

    def renew(work: Work) -> list[str]:
        return second_factors.renew_codes(work, context.keys.second_steps, user, data.code)

    return RecoveryCodes(await _tried(context, request, user, renew))


@post("/app/removal", permission=Permission.LOGGED_IN, status_code=204)
async def remove_app(data: JSONBody[Code], request: Step, caller: GivenCaller, context: GivenContext) -> None:
    """My log-ins have one step again; not where my role wants two."""
    auth.check_person(caller)
    user = await context.database.read(auth.myself, caller)
    if user.role in context.settings.security.second_factor_for:
        raise Conflict("the role {role} logs in with a second step", role=user.role)

    def remove(work: Work) -> None:
        second_factors.check(work, context.keys.second_steps, user, data.code)
        second_factors.remove(work, user)

    await _tried(context, request, user, remove)


router = Router(
    "/auth",
    route_handlers=[take_second_step, set_up_app_first, set_up_app, confirm_app, renew_recovery_codes, remove_app],
    tags=["log-in"],
)


async def _half_logged_in(request: Step, context: GivenContext) -> User:
    """Whose password was right a moment ago. Raises `NotLoggedIn`."""
    token = callers.bearer(request)
    if token is None:
        raise NotLoggedIn("please log in")
    claims = logins.read(
        context.keys.tokens,
        token,
        context.database.clock(),
        issuer=context.settings.security.token_issuer,
        kind=logins.STEP_TYPE,
    )
    user = await context.database.read(accounts.entering, claims.sub)
    if user is None or user.version != claims.ver:
        raise NotLoggedIn("please log in again")
    return user


async def _tried(context: GivenContext, request: Step, user: User, f: Callable[[Work], T]) -> T:
    """Wrong codes are counted as wrong passwords are (API-02)."""
    account, source = f"codes of {user.id}", source_of(request)
    context.throttle.attempt(account, source)
    try:
        result = await context.database.write(f)
    except (StorageUnavailable, Conflict):
        context.throttle.forgive(account, source)
        raise
    context.throttle.succeeded(account, source)
    context.standings.forget_all()
    return result


def _begin(work: Work, key: bytes, user: User) -> App:
    secret = second_factors.begin(work, key, user)
    issuer = organizations.get(work, user.organization_id).name
    return App(totp.shown(secret), totp.uri(secret, issuer=f"Stationmaster {issuer}", account=user.email))


def _answer(context: GivenContext, begun: auth.LoggedIn, codes: list[str] | None) -> Response[SecondStep]:
    plain = auth.logged_in(context, begun)
    whole = SecondStep(**msgspec.structs.asdict(plain.content), recovery_codes=codes)
    return Response(whole, status_code=200, cookies=plain.cookies)
