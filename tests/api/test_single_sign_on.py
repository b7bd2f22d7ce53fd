"""Log-in at a provider (OpenID Connect), against a provider's server that is not ours; and what liars sign (API-05, API-20)."""

from __future__ import annotations

import base64
import hmac
import ipaddress
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from stationmaster.api.application import Application
from stationmaster.api.context import Context
from stationmaster.outside import Answer, Http
from stationmaster.outside.openid import Client as OpenIdClient
from stationmaster.outside.openid import OpenId, SignInFailed
from stationmaster.settings import Provider as ProviderSettings
from stationmaster.settings import SingleSignOn
from tests.api.conftest import PASSWORD, Client
from tests.outside_provider import Provider, serving

AUTH = "/api/v1/auth"
ANN = "ann@example.com"
LOOPBACK = ipaddress.ip_network("127.0.0.0/8")


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """One for all tests here: it takes longer to start than they take."""
    with serving() as address:
        yield address


@pytest.fixture
async def provider(issuer: str) -> AsyncIterator[Provider]:
    provider = Provider(issuer)
    yield provider
    await provider.close()


@pytest.fixture
def trusted(context: Context, provider: Provider) -> Callable[..., None]:
    """`trusted(link_by_email=True)`: the provider is in the settings, with these rules."""
    object.__setattr__(context, "openid", OpenId(Http([LOOPBACK])))

    def trust(**rules: Any) -> None:
        settings = ProviderSettings(
            name="company", title="The company", issuer=provider.issuer, client_id="us", client_secret="s&cret", **rules
        )
        context.settings.single_sign_on = SingleSignOn(providers=[settings])
        context.settings.web.public_url = "http://stationmaster.test"

    trust()
    return trust


async def there(client: Client) -> str:
    """Where our server sends the browser."""
    answer = await client.get(f"{AUTH}/providers/company/start")
    assert answer.status_code == 302
    assert {"HttpOnly", "SameSite=lax"} <= set(answer.headers["set-cookie"].split("; "))
    return str(answer.headers["location"])


async def around(client: Client, provider: Provider, subject: str) -> str:
    """There and back; where the browser ends up."""
    back = await provider.sign_in(await there(client), subject)
    return str((await client.get(back)).headers["location"])


async def entered(client: Client) -> dict[str, Any]:
    answer = await client.post(f"{AUTH}/refresh")
    assert answer.status_code == 200, answer.text
    user: dict[str, Any] = answer.json()["user"]
    return user


@pytest.mark.any_database
async def test_who_is_linked_logs_in_ever_after_by_issuer_and_subject(
    web: Application, admin: Client, provider: Provider, trusted: Callable[..., None]
) -> None:
    await admin.post("/api/v1/users", json={"email": ANN, "password": PASSWORD, "role": "operator"})
    await provider.know("4711", email=ANN, email_verified=True, name="Ann")
    async with Client(web) as client:
        assert (await client.get(f"{AUTH}/setup")).json()["providers"] == [{"name": "company", "title": "The company"}]
        asked = parse_qs(urlsplit(await there(client)).query)
        assert asked["code_challenge_method"] == ["S256"]
        assert asked["redirect_uri"] == [f"http://stationmaster.test{AUTH}/providers/company/callback"]
        # The address alone opens nothing until the operator trusts the provider with addresses.
        assert await around(client, provider, "4711") == "/#no-account"
        assert (await client.post(f"{AUTH}/refresh")).status_code == 401
        trusted(link_by_email=True)
        assert await around(client, provider, "4711") == "/"
        assert (await entered(client))["email"] == ANN
        trusted()
        await provider.know("4711", email="other@example.com", email_verified=True)
        assert await around(client, provider, "4711") == "/"
        me = await entered(client)
        assert (me["email"], me["role"]) == (ANN, "operator")
        await admin.patch(f"/api/v1/users/{me['id']}", json={"locked": True})
        assert await around(client, provider, "4711") == "/#no-account"
    rows = (await admin.get(f"/api/v1/audit?subject=user:{me['id']}")).json()["items"]
    assert {"issuer": provider.issuer, "subject": "4711"} in [row["after"] for row in rows]


@pytest.mark.any_database
@pytest.mark.parametrize(
    ("claims", "rules"),
    [
        ({"email": ANN, "email_verified": False}, {"link_by_email": True, "default_role": "viewer"}),
        ({"email": ANN}, {"link_by_email": True, "default_role": "viewer"}),
        ({}, {"link_by_email": True, "default_role": "viewer"}),
        ({"email": ANN, "email_verified": True}, {"default_role": "viewer"}),  # the account is somebody's: not linked
        ({"email": "new@example.com", "email_verified": True}, {"link_by_email": True}),
    ],
)
async def test_who_is_not_known_stays_outside(
    web: Application,
    admin: Client,
    provider: Provider,
    trusted: Callable[..., None],
    claims: dict[str, Any],
    rules: dict[str, Any],
) -> None:
    await admin.post("/api/v1/users", json={"email": ANN, "password": PASSWORD, "role": "administrator"})
    await provider.know("eve", **claims)
    trusted(**rules)
    async with Client(web) as client:
        assert await around(client, provider, "eve") == "/#no-account"
        assert (await client.post(f"{AUTH}/refresh")).status_code == 401
    assert len((await admin.get("/api/v1/users")).json()["items"]) == 2


async def test_who_comes_first_is_added_and_who_was_invited_is_in(
    web: Application, admin: Client, provider: Provider, trusted: Callable[..., None], context: Context
) -> None:
    trusted(link_by_email=True, default_role="viewer")
    await provider.know("new", email="new@example.com", email_verified=True, name="New")
    await provider.know("ann", email=ANN, email_verified=True)
    invited = (await admin.post("/api/v1/users", json={"email": ANN, "role": "operator"})).json()
    context.settings.security.second_factor_for = ["viewer", "operator"]  # the steps there are the provider's business
    async with Client(web) as client:
        assert await around(client, provider, "new") == "/"
        me = await entered(client)
        assert (me["email"], me["role"], me["name"]) == ("new@example.com", "viewer", "New")
        assert (await client.login("new@example.com", "")).status_code == 401  # there is no password
        assert await around(client, provider, "ann") == "/"
        assert (await entered(client))["role"] == "operator"
        body = {"token": invited["link"]["url"].partition("#")[2], "password": PASSWORD}
        assert (await client.post(f"{AUTH}/new-password", json=body)).status_code == 422  # it has been accepted
        await admin.delete(f"/api/v1/users/{invited['id']}")
        trusted()
        assert await around(client, provider, "ann") == "/#no-account"


@pytest.mark.any_database
async def test_only_the_browser_that_was_sent_there_comes_in_and_only_once(
    web: Application, admin: Client, provider: Provider, trusted: Callable[..., None]
) -> None:
    trusted(default_role="viewer")
    await provider.know("ann", email=ANN, email_verified=True)
    async with Client(web) as client, Client(web, source="203.0.113.2") as victim:
        back = await provider.sign_in(await there(client), "ann")
        assert (await victim.get(back)).headers["location"] == "/#sign-in-failed"  # log-in CSRF: without any cookie
        await there(victim)
        assert (await victim.get(back)).headers["location"] == "/#sign-in-failed"  # and with one of its own
        stateless = back.partition("state=")[0]
        assert (await client.get(stateless)).headers["location"] == "/#sign-in-failed"
        await there(client)
        assert (await client.get(back)).headers["location"] == "/#sign-in-failed"  # the state of an earlier attempt
        back = await provider.sign_in(await there(client), "ann")
        attempt = client.cookies["stationmaster_sign_in"]
        assert (await client.get(back)).headers["location"] == "/"
        assert "stationmaster_sign_in" not in client.cookies
        client.cookies.set("stationmaster_sign_in", attempt, domain="stationmaster.test", path=AUTH)
        assert (await client.get(back)).headers["location"] == "/#sign-in-failed"  # the code was used
        denied = await provider.deny(await there(client))
        assert (await client.get(denied)).headers["location"] == "/#sign-in-failed"
        assert (await client.get(f"{AUTH}/providers/other/start")).status_code == 404
        assert (await client.get(f"{AUTH}/providers/other/callback?code=x")).status_code == 404


@pytest.mark.any_database
async def test_API_20_a_provider_on_a_private_network_is_not_reached_unless_it_is_allowed(
    web: Application, trusted: Callable[..., None], context: Context
) -> None:
    object.__setattr__(context, "openid", OpenId(Http()))
    async with Client(web) as client:
        answer = await client.get(f"{AUTH}/providers/company/start")
        assert (answer.status_code, answer.headers["location"]) == (302, "/#sign-in-failed")


# What a provider, or somebody in between, may sign. `Liar` stands for it; everything else is ours.

ISSUER = "https://provider.example"
AT = datetime(2026, 5, 1, 12, tzinfo=UTC)
OURS = OpenIdClient(ISSUER, "us", None, ("openid",), "https://csms.example/back")
RSA, OTHER_RSA = (rsa.generate_private_key(65537, 2048) for _ in range(2))
EC = ec.generate_private_key(ec.SECP256R1())
KEYS = [
    json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(RSA.public_key())) | {"kid": "rsa", "use": "sig"},
    json.loads(jwt.algorithms.ECAlgorithm.to_jwk(EC.public_key())) | {"kid": "ec"},
]
PEM = RSA.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
GOOD = {"iss": ISSUER, "sub": "ann", "aud": "us", "exp": AT.timestamp() + 300, "iat": AT.timestamp(), "nonce": "n"}


class Liar(Http):
    """Answers what a test says."""

    def __init__(self, token: str, **document: Any) -> None:
        super().__init__()
        self.token = token
        self.document = {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/auth",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/keys",
        } | document
        self.asked: list[str] = []

    async def get(self, url: str, headers: Any = None) -> Answer:
        self.asked.append(url)
        return Answer(200, json.dumps({"keys": KEYS} if url.endswith("/keys") else self.document).encode())

    async def post(self, url: str, body: bytes, headers: Any) -> Answer:
        return Answer(200, json.dumps({"id_token": self.token, "access_token": "a", "token_type": "Bearer"}).encode())


def signed(claims: dict[str, Any], key: Any = RSA, alg: str = "RS256", kid: str | None = "rsa", **header: Any) -> str:
    return jwt.encode(claims, key, algorithm=alg, headers=({"kid": kid} if kid else {}) | header)


def by_hand(header: dict[str, Any], claims: dict[str, Any], secret: bytes | None = None) -> str:
    """A token as no library makes one: with this secret (HS256), or with no signature at all."""

    def text(part: bytes) -> str:
        return base64.urlsafe_b64encode(part).decode().rstrip("=")

    said = f"{text(json.dumps(header).encode())}.{text(json.dumps(claims).encode())}"
    return f"{said}.{'' if secret is None else text(hmac.digest(secret, said.encode(), 'sha256'))}"


async def believed(token: str, **document: Any) -> Any:
    openid = OpenId(Liar(token, **document))
    _, attempt = await openid.begin(OURS)
    return await openid.finish(OURS, attempt._replace(nonce="n"), "code", now=AT)


@pytest.mark.parametrize(("key", "alg", "kid"), [(RSA, "RS256", "rsa"), (RSA, "PS256", "rsa"), (EC, "ES256", "ec")])
async def test_API_05_what_a_key_of_the_set_has_signed_is_believed(key: Any, alg: str, kid: str) -> None:
    claims = await believed(signed(GOOD, key, alg, kid))
    assert (claims.issuer, claims.subject, claims.email, claims.email_verified) == (ISSUER, "ann", None, False)


LIES: dict[str, str] = {
    "nobody signed": by_hand({"alg": "none", "typ": "JWT", "kid": "rsa"}, GOOD),
    "signed with the public key as a secret": by_hand({"alg": "HS256", "kid": "rsa"}, GOOD, PEM),
    "another key": signed(GOOD, OTHER_RSA),
    "a key that is not in the set": signed(GOOD, OTHER_RSA, kid="../../x"),
    "no key named, and there are two": signed(GOOD, kid=None),
    "a key of its own in the header": signed(GOOD, OTHER_RSA, kid="own", jwk=KEYS[0]),
    "the key of another algorithm": signed(GOOD, RSA, "RS256", "ec"),
    "for another program": signed(GOOD | {"aud": "others"}),
    "for several, by the order of another": signed(GOOD | {"aud": ["us", "others"], "azp": "others"}),
    "of another provider": signed(GOOD | {"iss": "https://evil.example"}),
    "over": signed(GOOD | {"exp": AT.timestamp() - 61}),
    "of the future": signed(GOOD | {"iat": AT.timestamp() + 61}),
    "for another browser": signed(GOOD | {"nonce": "other"}),
    "for no browser": signed({name: value for name, value in GOOD.items() if name != "nonce"}),
    "without an end": signed({name: value for name, value in GOOD.items() if name != "exp"}),
    "about nobody": signed({name: value for name, value in GOOD.items() if name != "sub"}),
    "no token": "rubbish",
    "nothing": "",
}


@pytest.mark.parametrize("token", LIES.values(), ids=LIES.keys())
async def test_API_05_what_is_not_to_be_believed(token: str) -> None:
    with pytest.raises(SignInFailed):
        await believed(token)


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "https://evil.example"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"token_endpoint": None},
        {"userinfo_endpoint": f"{ISSUER}/me"},  # which says that it is somebody else
    ],
    ids=str,
)
async def test_a_provider_that_describes_itself_wrongly(document: dict[str, Any]) -> None:
    with pytest.raises(SignInFailed):
        await believed(signed(GOOD), **document)


async def test_keys_and_descriptions_are_kept_and_unknown_keys_are_asked_for_now_and_then() -> None:
    now = [time.monotonic()]
    liar = Liar(signed(GOOD))
    openid = OpenId(liar, clock=lambda: now[0])
    for _ in range(3):
        _, attempt = await openid.begin(OURS)
        await openid.finish(OURS, attempt._replace(nonce="n"), "code", now=AT)
    assert len(liar.asked) == 2
    liar.token = LIES["a key that is not in the set"]
    for waited, asked in ((0, 2), (31, 3), (1, 3), (31, 4)):
        now[0] += waited
        with pytest.raises(SignInFailed):
            await openid.finish(OURS, attempt._replace(nonce="n"), "code", now=AT)
        assert len(liar.asked) == asked
