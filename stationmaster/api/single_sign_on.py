"""Log-in at a provider of the operator's choice (OpenID Connect): there, back, and in."""

from __future__ import annotations

import hmac
from datetime import timedelta
from typing import Annotated, Any

import jwt
import msgspec
import structlog
from litestar import Request, Router, get
from litestar.datastructures import Cookie
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect

from stationmaster.api import auth
from stationmaster.api.context import GivenContext, source_of
from stationmaster.domain import identities
from stationmaster.domain.errors import DomainError, NotFound
from stationmaster.domain.identities import Identity, NoAccount, Rules
from stationmaster.domain.permissions import Permission
from stationmaster.outside.openid import Attempt, Client, SignInFailed
from stationmaster.settings import Provider
from stationmaster.storage import Work

COOKIE = "stationmaster_sign_in"
TYPE = "sign-in+jwt"
ATTEMPT_FOR = timedelta(minutes=10)
FAILED, NO_ACCOUNT = "/#sign-in-failed", "/#no-account"  # what the page for logging in says something about

log = structlog.get_logger()
Told = Annotated[str | None, QueryParameter(max_length=4096)]
ToldState = Annotated[str | None, QueryParameter(name="state", max_length=200)]


@get("/{provider:str}/start", permission=Permission.PUBLIC, security=[{}], status_code=302)
async def begin(provider: FromPath[str], request: Request[Any, Any, Any], context: GivenContext) -> Redirect:
    """Send a browser to a provider to log in there. Providers are listed in /auth/setup."""
    chosen = _provider(context, provider)
    try:
        address, attempt = await context.openid.begin(_client(context, chosen))
    except SignInFailed as error:
        log.warning("sign_in.failed", provider=provider, why=str(error))
        return Redirect(FAILED, status_code=302)
    kept = {"exp": int((context.database.clock() + ATTEMPT_FOR).timestamp()), "provider": provider}
    text = jwt.encode(kept | attempt._asdict(), context.keys.tokens, algorithm="HS256", headers={"typ": TYPE})
    return Redirect(address, status_code=302, cookies=[_cookie(context, text, ATTEMPT_FOR)])


@get("/{provider:str}/callback", permission=Permission.PUBLIC, security=[{}], status_code=302)
async def finish(
    provider: FromPath[str],
    request: Request[Any, Any, Any],
    context: GivenContext,
    code: Told = None,
    sent: ToldState = None,
    iss: Told = None,
) -> Redirect:
    """Where a provider sends the browser back to. It is logged in then, and led to the pages."""
    chosen = _provider(context, provider)
    account, source = f"{provider} from {source_of(request)}", source_of(request)
    context.letters.attempt(account, source)
    try:
        attempt = _attempt(context, request, provider, sent)
        if code is None or iss not in (None, chosen.issuer):
            raise SignInFailed("the provider did not let them in, or was another one")
        now = context.database.clock()
        claims = await context.openid.finish(_client(context, chosen), attempt, code, now=now)
        rules = Rules(chosen.organization, chosen.link_by_email, chosen.default_role)

        def enter(work: Work) -> auth.LoggedIn:
            return auth.begin_login(work, identities.enter(work, Identity(*claims), rules), "provider")

        begun = await context.database.write(enter)
    except (SignInFailed, DomainError) as error:
        log.warning("sign_in.failed", provider=provider, why=str(error))
        where = NO_ACCOUNT if isinstance(error, NoAccount) else FAILED
        return Redirect(where, status_code=302, cookies=[_cookie(context, "", timedelta(0))])
    context.letters.succeeded(account, source)
    cookies = [*auth.logged_in(context, begun).cookies, _cookie(context, "", timedelta(0))]
    return Redirect("/", status_code=302, cookies=cookies)


router = Router("/auth/providers", route_handlers=[begin, finish], tags=["log-in"])


class _Kept(msgspec.Struct, frozen=True):
    exp: int
    provider: str
    state: str
    nonce: str
    verifier: str


def _provider(context: GivenContext, name: str) -> Provider:
    found = next((each for each in context.settings.single_sign_on.providers if each.name == name), None)
    if found is None:
        raise NotFound("there is no such provider")
    return found


def _client(context: GivenContext, chosen: Provider) -> Client:
    return Client(
        issuer=chosen.issuer,
        client_id=chosen.client_id,
        secret=chosen.client_secret,
        scopes=tuple(chosen.scopes),
        redirect_uri=f"{context.settings.web.public_url}/api/v1/auth/providers/{chosen.name}/callback",
    )


def _attempt(context: GivenContext, request: Request[Any, Any, Any], provider: str, state: str | None) -> Attempt:
    """What this very browser was sent away with. Raises `SignInFailed`."""
    try:
        whole = jwt.decode_complete(
            request.cookies.get(COOKIE, ""),
            context.keys.tokens,
            algorithms=["HS256"],
            options={"verify_exp": False},
        )
        kept = msgspec.convert(whole["payload"], _Kept)
    except (jwt.InvalidTokenError, msgspec.ValidationError, UnicodeError, RecursionError) as error:
        raise SignInFailed("this browser was not sent to the provider by us") from error
    fresh = context.database.clock().timestamp() < kept.exp
    same = hmac.compare_digest(kept.state.encode(), (state or "").encode(errors="replace"))
    if whole["header"].get("typ") != TYPE or kept.provider != provider or not fresh or not same:
        raise SignInFailed("this browser was sent to the provider for something else, or too long ago")
    return Attempt(kept.state, kept.nonce, kept.verifier)


def _cookie(context: GivenContext, value: str, age: timedelta) -> Cookie:
    """Lax, for the browser comes back from the provider's pages with it; it is good for nothing else."""
    return Cookie(
        COOKIE,
        value=value,
        path=auth.COOKIE_PATH,
        max_age=int(age.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=context.settings.web.secure_cookies,
    )
