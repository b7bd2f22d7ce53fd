"""Log-in, log-out, access tokens and the cookie that renews them."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from typing import Any

import httpx
import jwt
import pytest
from sqlalchemy import event, update

from stationmaster.api import logins, throttle
from stationmaster.api.application import Application
from stationmaster.api.auth import COOKIE, DEVICE_COOKIE
from stationmaster.api.context import Context
from stationmaster.api.logins import Standings
from stationmaster.api.throttle import Throttle, TooManyAttempts
from stationmaster.app import App
from stationmaster.domain import accounts, log_ins
from stationmaster.domain.accounts import WrongCredentials
from stationmaster.settings import Settings
from stationmaster.storage import Database, Work
from tests.api.conftest import Client

LOGINS = "/api/v1/auth/logins"


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


async def test_login_gives_a_token_and_says_who_one_is(web: Application, user: Callable[..., Any]) -> None:
    await user("operator")
    async with Client(web) as client:
        answer = await client.login("Operator@Example.com")
        assert answer.status_code == 200
        assert answer.json()["token_type"] == "bearer"
        assert answer.json()["expires_in"] == 900
        me = (await client.get("/api/v1/auth/me")).json()
        assert me == answer.json()["user"]
        assert me["email"] == "operator@example.com"
        assert me["role"] == "operator"


async def test_API_07_a_person_sees_where_they_are_logged_in_and_ends_it(
    web: Application, user: Callable[..., Any]
) -> None:
    await user("viewer")
    await user("operator")
    async with Client(web) as here, Client(web) as there, Client(web) as other:
        there.headers["User-Agent"] = "Phone\u200b 1.0".encode().decode("latin-1")
        for client, name in ((here, "viewer"), (there, "viewer"), (other, "operator")):
            assert (await client.login(f"{name}@example.com")).status_code == 200
        lost, mine = (await here.get(LOGINS)).json()["items"]
        assert (mine["current"], lost["current"], mine["proof"]) == (True, False, "password")
        assert (lost["source"], lost["browser"][:5], mine["browser"][:5]) == ("203.0.113.1", "Phone", "pytho")
        assert (await other.delete(f"{LOGINS}/{lost['id']}")).status_code == 404
        assert (await there.post("/api/v1/auth/refresh")).status_code == 200
        renewed = (await here.get(LOGINS)).json()["items"][0]  # the same log-in, used anew
        assert (renewed["id"], renewed["began_at"]) == (lost["id"], lost["began_at"])
        assert (await here.delete(f"{LOGINS}/{lost['id']}")).status_code == 204
        assert (await there.get("/api/v1/auth/me")).status_code == 401
        assert (await there.post("/api/v1/auth/refresh")).status_code == 401
        assert (await here.delete(f"{LOGINS}/{lost['id']}")).status_code == 404
        await there.login("viewer@example.com")
        assert (await here.post("/api/v1/auth/logout-elsewhere")).status_code == 204
        assert (await there.post("/api/v1/auth/refresh")).status_code == 401
        assert [each["id"] for each in (await here.get(LOGINS)).json()["items"]] == [mine["id"]]
        assert len((await other.get(LOGINS)).json()["items"]) == 1


async def test_API_02_wrong_password_and_unknown_address_get_one_answer(
    anonymous: Client, user: Callable[..., Any]
) -> None:
    await user("viewer")
    wrong = await anonymous.login("viewer@example.com", "not the password at all")
    unknown = await anonymous.login("nobody@example.com", "not the password at all")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()
    assert "set-cookie" not in wrong.headers


async def test_API_02_guessing_is_slowed_down_and_the_owner_gets_in_from_elsewhere(
    web: Application, user: Callable[..., Any]
) -> None:
    await user("viewer")
    async with Client(web, source="198.51.100.66") as attacker, Client(web, source="203.0.113.9") as owner:
        answers = [await attacker.login("viewer@example.com", f"guess number {number}") for number in range(8)]
        codes = [answer.status_code for answer in answers]
        assert codes[:5] == [401] * 5
        assert set(codes[5:]) == {429}
        assert int(answers[-1].headers["retry-after"]) >= 1
        # The right password does not help from there either, and unknown accounts are answered alike.
        assert (await attacker.login("viewer@example.com")).status_code == 429
        assert (await owner.login("viewer@example.com")).status_code == 200


def test_API_02_the_wait_doubles_and_ends() -> None:
    clock = Clock()
    throttle = Throttle(clock)
    waits = []
    for _ in range(12):
        try:
            throttle.attempt("a@example.com", "198.51.100.1")
        except TooManyAttempts as error:
            waits.append(error.retry_after_s)
            clock.now += error.retry_after_s
            throttle.attempt("a@example.com", "198.51.100.1")
    assert waits == [2, 3, 5, 9, 17, 33, 65]


def test_API_02_strangers_cannot_lock_a_person_out() -> None:
    clock = Clock()
    throttle = Throttle(clock)
    throttle.succeeded("a@example.com", "203.0.113.9")
    for number in range(200):
        try:
            throttle.attempt("a@example.com", f"198.51.100.{number}")
        except TooManyAttempts as error:
            assert error.retry_after_s <= 61
    throttle.attempt("a@example.com", "203.0.113.9")  # from where they have logged in before: at once
    with pytest.raises(TooManyAttempts):
        throttle.attempt("a@example.com", "192.0.2.200")


@pytest.mark.any_database
@pytest.mark.parametrize("proxies, elsewhere", [(["127.0.0.0/8"], 401), ([], 429)])
async def test_API_02_the_source_behind_a_proxy_counts_when_the_proxy_is_trusted(
    settings: Settings, proxies: list[str], elsewhere: int
) -> None:
    settings.web.trusted_proxies = [ip_network(one) for one in proxies]
    async with App(settings).running() as app, httpx.AsyncClient() as client:
        url = f"http://127.0.0.1:{app.web_port}/api/v1/auth/login"

        async def guess(forwarded: str) -> int:
            guessed = {"email": "viewer@example.com", "password": "not the password at all"}
            return (await client.post(url, json=guessed, headers={"X-Forwarded-For": forwarded})).status_code

        assert [await guess("203.0.113.9, 192.0.2.66") for _ in range(6)] == [401] * 5 + [429]
        assert await guess("203.0.113.10, 192.0.2.66") == 429  # what a client says of itself does not help
        assert await guess("192.0.2.1") == elsewhere


def forged(context: Context, user: accounts.User, key: bytes | None = None, **changes: Any) -> str:
    now = int(datetime.now(UTC).timestamp())
    claims: dict[str, Any] = {"iss": logins.ISSUER, "aud": logins.AUDIENCE, "sub": user.id, "ver": user.version}
    claims |= {"sid": "x", "iat": now, "nbf": now, "exp": now + 60}
    header = {"typ": changes.pop("typ", logins.TYPE)} | changes.pop("header", {})
    algorithm = changes.pop("algorithm", "HS256")
    claims = {name: value for name, value in (claims | changes).items() if value is not None}
    secret = "" if algorithm == "none" else key or context.keys.tokens
    return jwt.encode(claims, secret, algorithm=algorithm, headers=header)


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")  # of HS512, which is refused
async def test_API_05_only_our_own_fresh_access_tokens_pass(
    anonymous: Client, context: Context, database: Database, user: Callable[..., Any]
) -> None:
    viewer = await user("viewer")
    login = await database.write(log_ins.begin_login, viewer)
    name = await database.read(log_ins.login_of, login)
    now = int(datetime.now(UTC).timestamp())
    good: dict[str, Any] = {"sid": name}
    bad: list[dict[str, Any]] = [
        {"algorithm": "none"},
        {"algorithm": "HS512"},
        {"key": b"another key of the right length!"},
        {"aud": "someone-else"},
        {"iss": "someone-else"},
        {"typ": "JWT"},
        {"exp": now - 1},
        {"exp": None},
        {"nbf": now + 120},
        {"nbf": None},
        {"sub": "nobody"},
        {"sub": None},
        {"ver": viewer.version + 1},
        {"ver": "1"},
        {"sid": "no such log-in"},
        {"sid": None},
    ]

    async def status(token: str) -> int:
        return (await anonymous.get("/api/v1/auth/me", headers={"Authorization": f"Bearer {token}"})).status_code

    assert await status(forged(context, viewer, **good)) == 200
    assert await status(forged(context, viewer, **good, header={"kid": "../../x"})) == 200  # nobody looks at it
    for changes in bad:
        assert await status(forged(context, viewer, **(good | changes))) == 401, changes
    for text in ("", "a.b.c", login, "é", "x" * 5000):
        answer = await anonymous.get("/api/v1/auth/me", headers={"Authorization": f"Bearer {text}".encode()})
        assert answer.status_code == 401


@pytest.mark.parametrize("ahead_s, status", [(5, 200), (55, 200), (-5, 200), (90, 401)])
async def test_N3_a_token_of_a_node_whose_clock_is_a_little_ahead_is_good(
    anonymous: Client, context: Context, database: Database, user: Callable[..., Any], ahead_s: int, status: int
) -> None:
    viewer = await user("viewer")
    login = await database.write(log_ins.begin_login, viewer)
    name = await database.read(log_ins.login_of, login)
    assert name is not None
    token = logins.issue(context.keys.tokens, viewer, name, datetime.now(UTC) + timedelta(seconds=ahead_s))
    answer = await anonymous.get("/api/v1/auth/me", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == status


@pytest.mark.every_case
async def test_N12_of_two_nodes_that_use_one_cookie_at_the_same_moment_one_wins(
    database: Database, user: Callable[..., Any]
) -> None:
    """Both have read it unused; only one of the two updates finds it so."""
    token = await database.write(log_ins.begin_login, await user("viewer"))
    url = database.url.render_as_string(hide_password=False)
    other = Database(url)
    other.start()
    both_have_read = threading.Barrier(2)

    def wait_for_the_other(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("UPDATE refresh_tokens"):
            with contextlib.suppress(threading.BrokenBarrierError):  # SQLite lets only one of them read
                both_have_read.wait(1)

    def use(work: Work) -> str | None:
        try:
            return log_ins.continue_login(work, token)[1]
        except WrongCredentials:
            return None

    for node in (database, other):
        event.listen(node.engine, "before_cursor_execute", wait_for_the_other)
    try:
        following = await asyncio.gather(database.write(use), other.write(use))
    finally:
        await other.stop()
    assert len([one for one in following if one is not None]) == 1


async def test_API_06_the_cookie_works_once_and_reuse_ends_the_log_in(
    web: Application, user: Callable[..., Any]
) -> None:
    await user("viewer")
    async with Client(web) as thief, Client(web) as client:
        await client.login("viewer@example.com")
        stolen = client.cookies[COOKIE]
        first = await client.post("/api/v1/auth/refresh")
        assert first.status_code == 200
        assert client.cookies[COOKIE] != stolen
        token = {"Authorization": f"Bearer {first.json()['access_token']}"}
        assert (await client.get("/api/v1/auth/me", headers=token)).status_code == 200

        replayed = await thief.post("/api/v1/auth/refresh", headers={"Cookie": f"{COOKIE}={stolen}"})
        assert replayed.status_code == 401
        assert (await client.post("/api/v1/auth/refresh")).status_code == 401  # the owner's next one died with it


async def test_API_06_only_a_digest_is_kept(web: Application, user: Callable[..., Any], database: Database) -> None:
    await user("viewer")
    async with Client(web) as client:
        await client.login("viewer@example.com")
        cookie = client.cookies[COOKIE]

    def everything(work: Work) -> str:
        rows = work.execute(accounts.refresh_tokens.select()).all()
        assert len(rows) == 1
        return repr(rows)

    assert cookie not in await database.read(everything)


async def test_API_07_log_out_ends_the_access_token_too(web: Application, user: Callable[..., Any]) -> None:
    await user("viewer")
    async with Client(web) as here, Client(web) as elsewhere:
        await here.login("viewer@example.com")
        await elsewhere.login("viewer@example.com")
        assert (await here.get("/api/v1/auth/me")).status_code == 200
        assert (await here.post("/api/v1/auth/logout")).status_code == 204
        assert COOKIE not in here.cookies
        assert (await here.get("/api/v1/auth/me")).status_code == 401
        assert (await here.post("/api/v1/auth/refresh")).status_code == 401
        assert (await elsewhere.get("/api/v1/auth/me")).status_code == 200  # another log-in of the same person


async def test_API_07_a_changed_role_counts_within_a_minute(database: Database, user: Callable[..., Any]) -> None:
    clock = Clock()
    standings = Standings(clock)
    operator = await user("operator")
    token = await database.write(log_ins.begin_login, operator)
    name = await database.read(log_ins.login_of, token)
    assert name is not None
    claims = logins.Claims(operator.id, operator.version, name, 0, 2**40)
    assert (await standings.user(database, claims)).role == "operator"

    def demote(work: Work) -> None:
        work.execute(update(accounts.users).values(role="viewer", version=accounts.users.c.version + 1))

    await database.write(demote)
    assert (await standings.user(database, claims)).role == "operator"  # remembered for a moment
    clock.now += 60
    with pytest.raises(logins.NotLoggedIn):
        await standings.user(database, claims)


async def test_API_09_the_cookie_is_for_our_own_pages_only(web: Application, user: Callable[..., Any]) -> None:
    await user("viewer")
    async with Client(web) as client:
        cookie = (await client.login("viewer@example.com")).headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert "Path=/api/v1/auth" in cookie
        for headers in (
            {"Origin": "https://evil.example"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
        ):
            assert (await client.post("/api/v1/auth/refresh", headers=headers)).status_code == 403
            assert (await client.post("/api/v1/auth/logout", headers=headers)).status_code == 403
        own = {"Origin": "http://stationmaster.test"}
        assert (await client.post("/api/v1/auth/refresh", headers=own)).status_code == 200


async def test_API_09_behind_https_the_cookie_is_secure(context: Context, web: Application, user: Any) -> None:
    await user("viewer")
    context.settings.web.secure_cookies = True
    async with Client(web) as client:
        assert "Secure" in (await client.login("viewer@example.com")).headers["set-cookie"]


async def test_API_25_no_database_no_entry(context: Context, admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    async def down(*_: Any) -> None:
        raise OSError("gone")

    context.standings.forget(jwt.decode(admin.headers["Authorization"][7:], options={"verify_signature": False})["sid"])
    monkeypatch.setattr(context.database, "read", down)
    assert (await admin.get("/api/v1/tokens")).status_code == 500


def test_access_tokens_last_a_quarter_of_an_hour() -> None:
    assert timedelta(minutes=15) >= logins.ACCESS_FOR


async def test_A17_a_flood_of_log_ins_is_a_short_queue_and_an_early_no(
    web: Application, user: Callable[..., Any]
) -> None:
    """300 from 300 addresses: a few wait, the others are told at once to come back, and a known browser has its place."""
    await user("viewer")
    async with Client(web, "198.51.100.200") as owner:
        await owner.login("viewer@example.com")
        turns = web.context.passwords
        async with turns.turn(), turns.turn():  # both that check passwords are busy
            crowd = [
                asyncio.create_task(_guess(web, f"198.51.{number // 250}.{number % 250}", f"u{number}@example.com"))
                for number in range(300)
            ]
            done, waiting = await asyncio.wait(crowd, return_when=asyncio.FIRST_COMPLETED)
            while len(done) < 288:
                more, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                done |= more
            assert {task.result().status_code for task in done} == {503}
            assert all(int(task.result().headers["retry-after"]) > 0 for task in done)
            known = asyncio.create_task(owner.login("viewer@example.com"))
            while turns.there < 2 + len(waiting) + 1:
                await asyncio.sleep(0)
            assert not known.done()  # it waits for its turn, while strangers are sent away
        assert (await known).status_code == 200
        assert {task.result().status_code for task in (await asyncio.wait(waiting))[0]} == {401}


async def _guess(web: Application, source: str, email: str) -> httpx.Response:
    async with Client(web, source) as client:
        return await client.login(email, "a wrong password")


async def test_A17_a_guesser_behind_the_owners_address_does_not_lock_the_owner_out(
    web: Application, user: Callable[..., Any]
) -> None:
    await user("viewer")
    async with Client(web) as owner, Client(web) as guesser:
        await owner.login("viewer@example.com")
        await owner.post("/api/v1/auth/logout")
        answers = [(await guesser.login("viewer@example.com", "a guess of a password")).status_code for _ in range(8)]
        assert answers[-1] == 429
        assert (await guesser.login("viewer@example.com")).status_code == 429  # from there nobody gets in now …
        assert (await owner.login("viewer@example.com")).status_code == 200  # … but the browser that has been in before


async def test_A17_the_mark_of_a_browser_is_ours_of_this_account_and_not_for_ever() -> None:
    now = datetime.now(UTC)
    key = b"k" * 48
    mark = throttle.new_device(key, "a@example.com", now)
    device = throttle.known_device(key, " A@example.com", mark, now)
    assert device
    assert throttle.known_device(key, "b@example.com", mark, now) is None
    assert throttle.known_device(b"j" * 48, "a@example.com", mark, now) is None
    assert throttle.known_device(key, "a@example.com", mark, now + throttle.DEVICE_FOR) is None
    for other in (None, "", ".", "..", "1.2.3", mark[:-1], "x" + mark, mark.replace(device, "0" * 16), "é.è.ê"):
        assert throttle.known_device(key, "a@example.com", other, now) is None, other


async def test_A17_the_mark_alone_opens_nothing_and_is_slowed_down_as_well(
    web: Application, user: Callable[..., Any]
) -> None:
    await user("viewer")
    async with Client(web) as owner:
        await owner.login("viewer@example.com")
        answers = [(await owner.login("viewer@example.com", "a guess of a password")).status_code for _ in range(8)]
        assert answers[:5] == [401] * 5
        assert 429 in answers
        cookie = next(each for each in owner.cookies.jar if each.name == DEVICE_COOKIE)
        assert cookie.path == "/api/v1/auth"
    async with Client(web) as other:
        assert (
            await other.login("viewer@example.com")
        ).status_code == 200  # the owner elsewhere does not suffer for it


async def test_A17_an_attempt_nobody_looked_at_does_not_count(web: Application, user: Callable[..., Any]) -> None:
    await user("viewer")
    async with contextlib.AsyncExitStack() as full, Client(web) as client:
        context = web.context
        await full.enter_async_context(context.passwords.turn())
        await full.enter_async_context(context.passwords.turn())
        waiting = [asyncio.create_task(_guess(web, f"198.51.100.{number}", f"{number}@x")) for number in range(12)]
        while context.passwords.there < 14:
            await asyncio.sleep(0)
        for _ in range(20):
            assert (await client.login("viewer@example.com")).status_code == 503
    await asyncio.wait(waiting)
    async with Client(web) as client:
        assert (await client.login("viewer@example.com")).status_code == 200


async def test_an_empty_installation_says_how_its_first_user_is_made_and_nothing_afterwards(
    anonymous: Client, user: Callable[..., Any]
) -> None:
    empty = (await anonymous.get("/api/v1/auth/setup")).json()
    assert (empty["ready"], empty["command"]) == (False, "stationmaster user add EMAIL --role owner")
    await user("viewer")
    for question in ("", "?email=viewer@example.com", "?email=nobody@example.com"):
        answer = await anonymous.get(f"/api/v1/auth/setup{question}")
        assert (answer.json()["ready"], answer.json()["command"]) == (True, None)
