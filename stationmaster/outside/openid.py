"""Log-in at somebody else's: OpenID Connect, the code flow with PKCE, against any provider that describes itself (API-05).

Everything goes through our one client (API-20). A token of theirs is believed when a key of their own set has signed it, with an
algorithm of our list, for us, just now, and for the very browser that was sent there.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import jwt
import msgspec

from stationmaster.outside.http import Failed, Http, Refused

T = TypeVar("T")
ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"})
CLOCKS_APART_S = 60
KEPT_S = 600.0  # what a provider says of itself
KEYS_AGAIN_S = 30.0  # a key we do not know may be new; so often it is asked for at the most


class SignInFailed(Exception):
    """The provider did not say who this is, or not in a way that is to be believed; the reason in a sentence."""


class Client(NamedTuple):
    """What the provider knows us by. Without a secret, PKCE alone shows that it is us."""

    issuer: str
    client_id: str
    secret: str | None
    scopes: tuple[str, ...]
    redirect_uri: str


class Claims(NamedTuple):
    """Who somebody is, as their provider says."""

    issuer: str
    subject: str
    email: str | None
    email_verified: bool
    name: str | None


class Attempt(NamedTuple):
    """What the browser that is sent there comes back with. All of it is random, and used once."""

    state: str
    nonce: str
    verifier: str


class _Document(msgspec.Struct, frozen=True):
    """What a provider says of itself (OpenID Connect Discovery 1.0 §3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


class _Tokens(msgspec.Struct, frozen=True):
    id_token: str
    access_token: str


class _Keys(msgspec.Struct, frozen=True):
    keys: list[dict[str, Any]]


class OpenId:
    """Asks providers; keeps what they say of themselves for ten minutes."""

    def __init__(self, http: Http, clock: Callable[[], float] = time.monotonic) -> None:
        self._http = http
        self._clock = clock
        self._documents: dict[str, tuple[float, _Document]] = {}
        self._keys: dict[str, tuple[float, list[dict[str, Any]]]] = {}

    async def begin(self, client: Client) -> tuple[str, Attempt]:
        """Where the browser is sent. Raises `SignInFailed`."""
        document = await self._document(client.issuer)
        attempt = Attempt(*(secrets.token_urlsafe(32) for _ in range(3)))
        challenge = base64.urlsafe_b64encode(hashlib.sha256(attempt.verifier.encode()).digest()).decode().rstrip("=")
        asked = {
            "response_type": "code",
            "client_id": client.client_id,
            "redirect_uri": client.redirect_uri,
            "scope": " ".join(client.scopes),
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        joint = "&" if urlsplit(document.authorization_endpoint).query else "?"
        return f"{document.authorization_endpoint}{joint}{urlencode(asked)}", attempt

    async def finish(self, client: Client, attempt: Attempt, code: str, *, now: datetime) -> Claims:
        """Who it is that came back with this code. Raises `SignInFailed`."""
        document = await self._document(client.issuer)
        tokens = await self._exchange(document, client, attempt, code)
        told = await self._believed(document, client, tokens.id_token, attempt.nonce, now)
        if told.get("email") is None and document.userinfo_endpoint is not None:
            bearer = {"Authorization": f"Bearer {tokens.access_token}", "Accept": "application/json"}
            more = _read(await self._ask("GET", document.userinfo_endpoint, headers=bearer), dict[str, Any])
            if more.get("sub") != told["sub"]:
                raise SignInFailed("the provider speaks of two different people")
            told = more | told
        return Claims(
            issuer=document.issuer,
            subject=str(told["sub"]),
            email=_text(told.get("email")),
            email_verified=told.get("email_verified") in (True, "true"),
            name=_text(told.get("name")),
        )

    async def _exchange(self, document: _Document, client: Client, attempt: Attempt, code: str) -> _Tokens:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": client.redirect_uri,
            "code_verifier": attempt.verifier,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        if client.secret is None:
            form["client_id"] = client.client_id
        elif "client_secret_basic" in document.token_endpoint_auth_methods_supported:
            # RFC 6749 §2.3.1: both are written as in a form first.
            both = f"{quote(client.client_id, safe='')}:{quote(client.secret, safe='')}"
            headers["Authorization"] = f"Basic {base64.b64encode(both.encode()).decode()}"
        else:
            form |= {"client_id": client.client_id, "client_secret": client.secret}
        answer = await self._ask("POST", document.token_endpoint, headers=headers, body=urlencode(form).encode())
        return _read(answer, _Tokens)

    async def _believed(
        self, document: _Document, client: Client, token: str, nonce: str, now: datetime
    ) -> dict[str, Any]:
        """What an ID token says (OpenID Connect Core §3.1.3.7)."""
        try:
            header = jwt.get_unverified_header(token)
            key = jwt.PyJWK.from_dict(await self._key(document, header), header["alg"])
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[header["alg"]],
                audience=client.client_id,
                issuer=document.issuer,
                # The times are checked below, against the clock that was handed in.
                options={
                    "require": ["iss", "sub", "aud", "exp", "iat"],
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                },
            )
        except (jwt.PyJWTError, UnicodeError, RecursionError, ValueError) as error:
            raise SignInFailed(f"what the provider has signed is not good: {error}") from error
        at = now.timestamp()
        expires = claims["exp"]
        if not isinstance(expires, int | float) or expires + CLOCKS_APART_S <= at:
            raise SignInFailed("what the provider has signed is over")
        if not isinstance(claims["iat"], int | float) or claims["iat"] - CLOCKS_APART_S > at:
            raise SignInFailed("what the provider has signed is of the future; look at the clocks")
        if claims.get("nonce") != nonce:
            raise SignInFailed("what the provider has signed is for another browser")
        if claims.get("azp", client.client_id) != client.client_id:
            raise SignInFailed("what the provider has signed is for another program")
        return claims

    async def _key(self, document: _Document, header: dict[str, Any]) -> dict[str, Any]:
        """The key of the provider's own set that a header names, whatever else stands in that header."""
        if header.get("alg") not in ALGORITHMS:
            raise SignInFailed(f"the provider signs with {header.get('alg')}, which is not taken")
        until, keys = self._keys.get(document.jwks_uri, (0.0, []))
        found = _named(keys, header)
        if found is None and until - KEPT_S + KEYS_AGAIN_S <= self._clock():
            keys = _read(await self._ask("GET", document.jwks_uri), _Keys).keys
            self._keys[document.jwks_uri] = (self._clock() + KEPT_S, keys)
            found = _named(keys, header)
        if found is None:
            raise SignInFailed("the provider has signed with a key that is not in its set")
        return found

    async def _document(self, issuer: str) -> _Document:
        until, document = self._documents.get(issuer, (0.0, None))
        if document is not None and until > self._clock():
            return document
        url = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
        document = _read(await self._ask("GET", url), _Document)
        if document.issuer != issuer:
            raise SignInFailed(f"the provider calls itself {document.issuer}, and the settings {issuer}")
        schemes = {"https", urlsplit(issuer).scheme}
        if urlsplit(document.authorization_endpoint).scheme not in schemes:
            raise SignInFailed("the provider sends people to an address that is none")
        self._documents[issuer] = (self._clock() + KEPT_S, document)
        return document

    async def _ask(self, method: str, url: str, *, headers: dict[str, str] | None = None, body: bytes = b"") -> bytes:
        try:
            if method == "POST":
                answer = await self._http.post(url, body, headers or {})
            else:
                answer = await self._http.get(url, headers or {"Accept": "application/json"})
        except (Failed, Refused, TimeoutError) as error:
            raise SignInFailed(f"the provider was not reached: {error}") from error
        if not answer.fine:
            raise SignInFailed(f"the provider answered {answer.status}")
        return answer.body


def _named(keys: list[dict[str, Any]], header: dict[str, Any]) -> dict[str, Any] | None:
    signing = [key for key in keys if key.get("use", "sig") == "sig"]
    if "kid" not in header:
        return signing[0] if len(signing) == 1 else None
    return next((key for key in signing if key.get("kid") == header["kid"]), None)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _read(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise SignInFailed(f"the provider's answer cannot be read: {error}") from error
