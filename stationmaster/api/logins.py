"""Access tokens, who may still use them, and how often somebody may try a password. Nothing of HTTP in here."""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import jwt
import msgspec

from stationmaster.api.store import Store
from stationmaster.domain import accounts, api_keys
from stationmaster.domain.accounts import User
from stationmaster.domain.api_keys import ApiKey
from stationmaster.domain.errors import DomainError
from stationmaster.domain.permissions import Permission

ISSUER = "stationmaster"
AUDIENCE = "stationmaster-api"
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


def issue(key: bytes, user: User, login: str, now: datetime) -> str:
    """An access token, good for `ACCESS_FOR`."""
    at = int(now.timestamp())
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": user.id, "ver": user.version, "sid": login, "iat": at, "nbf": at}
    claims |= {"exp": at + int(ACCESS_FOR.total_seconds()), "jti": secrets.token_hex(8)}
    return jwt.encode(claims, key, algorithm="HS256", headers={"typ": TYPE})


def read(key: bytes, token: str, now: datetime) -> Claims:
    """What a token of ours says. Raises `NotLoggedIn`: one algorithm, one key, whatever its header claims (API-05)."""
    # The times are checked below, against the clock that was handed in.
    options = {"verify_exp": False, "verify_nbf": False, "verify_iat": False}
    try:
        whole = jwt.decode_complete(
            token,
            key,
            algorithms=["HS256"],
            audience=AUDIENCE,
            issuer=ISSUER,
            options=options,  # type: ignore[arg-type]
        )
        claims = msgspec.convert(whole["payload"], Claims)
    except (jwt.InvalidTokenError, msgspec.ValidationError, UnicodeError, RecursionError) as error:
        raise NotLoggedIn("the access token is not valid") from error
    if whole["header"].get("typ") != TYPE:
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

    async def key_stands(self, store: Store, text: str, permissions: frozenset[Permission]) -> bool:
        """Whether a key still works, and still allows what it did."""
        found = await self.key(store, text)
        return found is not None and found.permissions == permissions

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
            found = await store.read(accounts.standing, user_id, login)
            self._users[user_id, login] = (self._clock() + STANDING_FOR_S, found)
        return found


class TooManyAttempts(DomainError):
    """Come back later; `retry_after_s` says when."""

    def __init__(self, retry_after_s: int) -> None:
        super().__init__("Too many attempts; please wait a little.")
        self.retry_after_s = retry_after_s


class Throttle:
    """Slows down password guessing: for one account from one source, for a source, for an account (API-02).

    The wait doubles with every failure. What strangers do to an account costs it a minute at the most, and nothing for a
    source its owner has logged in from before: nobody can lock a person out. Known and unknown accounts are alike here.
    """

    KEPT = 10_000
    FORGET_S = 3600.0
    TRUST_S = 30 * 86400.0

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: dict[tuple[str, str], tuple[int, float]] = {}  # → how often, and when last
        self._trusted: dict[tuple[str, str], float] = {}

    def attempt(self, account: str, source: str) -> None:
        """Count an attempt as failed until `succeeded` is called. Raises `TooManyAttempts`."""
        account, source = account.strip().lower()[:254], network(source)
        limits = [((account, source), 5, 900.0), (("", source), 25, 900.0)]
        if not self._is_trusted(account, source):
            limits.append(((account, ""), 25, 60.0))
        wait = max(self._wait(key, free, longest) for key, free, longest in limits)
        if wait > 0:
            raise TooManyAttempts(int(wait) + 1)
        for key, _, _ in limits:
            count, _ = self._failures.pop(key, (0, 0.0))
            self._failures[key] = (count + 1, self._clock())
        while len(self._failures) > self.KEPT:
            del self._failures[next(iter(self._failures))]

    def forgive(self, account: str, source: str) -> None:
        """The attempt failed for a reason of ours, so it does not count (N17)."""
        account, source = account.strip().lower()[:254], network(source)
        for key in ((account, source), ("", source), (account, "")):
            count, last = self._failures.get(key, (0, 0.0))
            if count > 1:
                self._failures[key] = (count - 1, last)
            else:
                self._failures.pop(key, None)

    def succeeded(self, account: str, source: str) -> None:
        """The password was right."""
        account, source = account.strip().lower()[:254], network(source)
        for key in ((account, source), ("", source)):
            self._failures.pop(key, None)
        self._trusted.pop((account, source), None)
        self._trusted[account, source] = self._clock()
        while len(self._trusted) > self.KEPT:
            del self._trusted[next(iter(self._trusted))]

    def _is_trusted(self, account: str, source: str) -> bool:
        since = self._trusted.get((account, source))
        return since is not None and self._clock() - since < self.TRUST_S

    def _wait(self, key: tuple[str, str], free: int, longest: float) -> float:
        count, last = self._failures.get(key, (0, 0.0))
        passed = self._clock() - last
        if count < free or passed > self.FORGET_S:
            return 0.0
        return min(longest, 2.0 ** min(count - free, 20)) - passed


def network(source: str) -> str:
    """What counts as one source: an IPv4 address, or the /64 an IPv6 address is in."""
    try:
        address = ipaddress.ip_address(source)
    except ValueError:
        return source
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is None:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
