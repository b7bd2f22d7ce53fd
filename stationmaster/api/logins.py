"""Access tokens, and who may still use them. Nothing of HTTP in here."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import jwt
import msgspec

from stationmaster.api.store import Store
from stationmaster.domain import api_keys, log_ins
from stationmaster.domain.accounts import User
from stationmaster.domain.api_keys import ApiKey
from stationmaster.domain.errors import DomainError

ISSUER = "stationmaster"
AUDIENCE = "stationmaster-api"
STEP_TYPE = "second-step+jwt"  # of a log-in that wants its second step: good for that, and for nothing else
STEP_FOR = timedelta(minutes=10)
TYPE = "at+jwt"  # RFC 9068: nothing else signed with this key passes for an access token
ACCESS_FOR = timedelta(minutes=15)
CLOCKS_APART = timedelta(minutes=1)  # a token of a node whose clock is ahead of ours is good already
STANDING_FOR_S = 30.0  # API-07 allows 60


class NotLoggedIn(DomainError):
    """There is no access token, or it is not good any more."""


class Claims(msgspec.Struct, frozen=True):
    sub: str
    ver: int
    sid: str
    nbf: int
    exp: int


def issue(
    key: bytes,
    user: User,
    login: str,
    now: datetime,
    *,
    issuer: str = ISSUER,
    lasts: timedelta = ACCESS_FOR,
    kind: str = TYPE,
) -> str:
    """An access token."""
    at = int(now.timestamp())
    claims = {"iss": issuer, "aud": AUDIENCE, "sub": user.id, "ver": user.version, "sid": login, "iat": at, "nbf": at}
    claims |= {"exp": at + int(lasts.total_seconds()), "jti": secrets.token_hex(8)}
    return jwt.encode(claims, key, algorithm="HS256", headers={"typ": kind})


def read(key: bytes, token: str, now: datetime, *, issuer: str = ISSUER, kind: str = TYPE) -> Claims:
    """What a token of ours says. Raises `NotLoggedIn`: one algorithm, one key, whatever its header claims (API-05)."""
    # The times are checked below, against the clock that was handed in.
    options = {"verify_exp": False, "verify_nbf": False, "verify_iat": False}
    try:
        whole = jwt.decode_complete(
            token,
            key,
            algorithms=["HS256"],
            audience=AUDIENCE,
            issuer=issuer,
            options=options,  # type: ignore[arg-type]
        )
        claims = msgspec.convert(whole["payload"], Claims)
    except (jwt.InvalidTokenError, msgspec.ValidationError, UnicodeError, RecursionError) as error:
        raise NotLoggedIn("the access token is not valid") from error
    if whole["header"].get("typ") != kind:
        raise NotLoggedIn("this is not an access token")
    if not claims.nbf - CLOCKS_APART.total_seconds() <= now.timestamp() < claims.exp:
        raise NotLoggedIn("the access token has expired")
    return claims


class Standings:
    """Who still has what they came with, asked of the database twice a minute at the most for each log-in and each key."""

    KEPT = 10_000

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._users: dict[tuple[str, str], tuple[float, User | None]] = {}
        self._keys: dict[str, tuple[float, ApiKey]] = {}

    async def user(self, store: Store, claims: Claims) -> User:
        """The user as they are now. Raises `NotLoggedIn` when they, or this log-in, have ended."""
        user = await self._user(store, claims.sub, claims.sid)
        if user is None or user.version != claims.ver:
            raise NotLoggedIn("please log in again")
        return user

    async def stands(self, store: Store, claims: Claims) -> bool:
        """Whether this log-in, and what it said of its user, still hold."""
        user = await self._user(store, claims.sub, claims.sid)
        return user is not None and user.version == claims.ver

    async def key(self, store: Store, text: str) -> ApiKey | None:
        """The API key with this text as it is now, or None. What is no key is asked again each time."""
        name = hashlib.sha256(text.encode(errors="replace")).hexdigest()
        until, found = self._keys.get(name, (0.0, None))
        if found is not None and until > self._clock():
            return found
        self._keys.pop(name, None)
        found = await store.read(api_keys.find, text)
        if found is not None:
            last = found.last_used_at
            if last is None or store.clock() - last >= api_keys.USED_AGAIN:
                await store.write(api_keys.used, found.id)
            if len(self._keys) >= self.KEPT:
                self._keys.clear()
            self._keys[name] = (self._clock() + STANDING_FOR_S, found)
        return found

    async def key_stands(self, store: Store, text: str, before: ApiKey) -> bool:
        """Whether a key still works, and still allows what it did."""
        found = await self.key(store, text)
        return found is not None and (found.permissions, found.sites) == (before.permissions, before.sites)

    def forget(self, login: str) -> None:
        """Log-out works at once here, and within `STANDING_FOR_S` on other nodes."""
        for key in [key for key in self._users if key[1] == login]:
            del self._users[key]

    def forget_all(self) -> None:
        """Somebody left, or may do something else now: at once here, and within `STANDING_FOR_S` on other nodes."""
        self._users.clear()
        self._keys.clear()

    async def _user(self, store: Store, user_id: str, login: str) -> User | None:
        until, found = self._users.get((user_id, login), (0.0, None))
        if until <= self._clock():
            if len(self._users) >= self.KEPT:
                self._users.clear()
            found = await store.read(log_ins.standing, user_id, login)
            self._users[user_id, login] = (self._clock() + STANDING_FOR_S, found)
        return found
