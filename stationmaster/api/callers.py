"""Who is asking. One list of authenticators answers that, and everything behind it knows a `Caller` only.

A new kind of caller is one function here, added to `AUTHENTICATORS`.
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import msgspec
from litestar.connection import ASGIConnection

from stationmaster.api import logins
from stationmaster.api.logins import NotLoggedIn
from stationmaster.domain import accounts, api_keys
from stationmaster.domain.audit import Actor
from stationmaster.domain.permissions import Permission

if TYPE_CHECKING:
    from stationmaster.api.context import Context


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who is asking, for which organization, and what they may do there.

    `scope` holds the sites they are limited to, None means all. `stands` says whether all this is still so; what lasts
    longer than a request, such as a stream of events, asks it from time to time. It raises when that cannot be told. `login` is the
    name of a person's log-in.
    """

    actor: Actor
    organization: int
    permissions: frozenset[Permission]
    scope: frozenset[int] | None = None
    role: str | None = None
    login: str | None = None
    stands: Callable[[], Awaitable[bool]]


# None: the request carries nothing of this kind. Raises `NotLoggedIn` when it does, and that is not good.
Authenticator = Callable[[ASGIConnection[Any, Any, Any, Any], "Context"], Awaitable[Caller | None]]


async def authenticate(connection: ASGIConnection[Any, Any, Any, Any], context: Context) -> Caller:
    """Who is asking. Raises `NotLoggedIn`."""
    for authenticator in AUTHENTICATORS:
        caller = await authenticator(connection, context)
        if caller is not None:
            return caller
    raise NotLoggedIn("please log in")


async def by_access_token(connection: ASGIConnection[Any, Any, Any, Any], context: Context) -> Caller | None:
    """A person who has logged in with a password, by the access token they got for it."""
    token = bearer(connection)
    if token is None:
        return None
    issuer = context.settings.security.token_issuer
    claims = logins.read(context.keys.tokens, token, context.database.clock(), issuer=issuer)
    user = await context.standings.user(context.database, claims)
    return Caller(
        actor=accounts.actor_of(user),
        organization=user.organization_id,
        permissions=user.permissions,
        scope=user.sites,
        role=user.role,
        login=claims.sid,
        stands=functools.partial(context.standings.stands, context.database, claims),
    )


async def by_api_key(connection: ASGIConnection[Any, Any, Any, Any], context: Context) -> Caller | None:
    """A program, by its key."""
    text = bearer(connection)
    if text is None or not text.startswith(api_keys.START):
        return None
    found = await context.standings.key(context.database, text)
    if found is None:
        raise NotLoggedIn("this API key is not valid")
    return Caller(
        actor=Actor("api_key", found.public_id, f"API key: {found.name}"),
        organization=found.organization_id,
        permissions=found.permissions,
        scope=found.sites,
        role=found.role,
        stands=functools.partial(context.standings.key_stands, context.database, text, found),
    )


AUTHENTICATORS: list[Authenticator] = [by_api_key, by_access_token]


def bearer(connection: ASGIConnection[Any, Any, Any, Any]) -> str | None:
    """What the Authorization header carries."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None
