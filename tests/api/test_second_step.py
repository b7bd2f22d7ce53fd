"""The second step of a log-in (API-04): who has done one may do nothing yet, and no code works twice."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest

from stationmaster.api.application import Application
from stationmaster.api.context import Context
from stationmaster.domain import totp
from stationmaster.domain.permissions import ROLES
from stationmaster.domain.second_factors import recovery_codes, second_factors
from stationmaster.settings import RoleName
from stationmaster.storage import Database
from tests.api.conftest import PASSWORD, Client
from tests.patience import PATIENCE_S

AUTH = "/api/v1/auth"
EMAIL = "viewer@example.com"
NEW = "another good password"


class Phone:
    """Somebody's authenticator app, and the time."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC)
        self.secret = b""

    def scan(self, app: dict[str, str]) -> None:
        assert f"secret={app['secret']}&" in app["uri"]
        self.secret = base64.b32decode(app["secret"] + "=" * (-len(app["secret"]) % 8))

    def code(self) -> str:
        """The code of the next half minute, for none works twice."""
        self.at += timedelta(seconds=totp.STEP_S)
        return totp.code(self.secret, totp.step_of(self.at))

    def wrong(self) -> str:
        near = {totp.code(self.secret, totp.step_of(self.at) + step) for step in (-1, 0, 1)}
        return next(code for code in ("000000", "000001", "000002", "000003") if code not in near)


@pytest.fixture
def phone() -> Phone:
    return Phone()


@pytest.fixture
async def database(database_url: str, phone: Phone) -> AsyncIterator[Database]:
    """By the phone's time."""
    database = Database(database_url, stall_s=PATIENCE_S, clock=lambda: phone.at)
    database.start()
    yield database
    await database.stop()


async def half(client: Client, code_or_app: str, email: str = EMAIL) -> dict[str, Any]:
    answer = await client.login(email)
    told: dict[str, Any] = answer.json()
    assert (answer.status_code, told["second_step"], told["user"]["permissions"]) == (200, code_or_app, [])
    assert "set-cookie" not in answer.headers
    return told


async def whole(client: Client, phone: Phone, code: str | None = None) -> dict[str, Any]:
    answer = await client.post(f"{AUTH}/second-step", json={"code": code or phone.code()})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    client.headers["Authorization"] = f"Bearer {told['access_token']}"
    return told


async def enrolled(client: Client, phone: Phone) -> list[str]:
    """Set up as everybody may; returns the codes to keep."""
    phone.scan((await client.post(f"{AUTH}/app", json={"password": PASSWORD})).json())
    answer = await client.post(f"{AUTH}/app/confirmation", json={"code": phone.code()})
    assert answer.status_code == 200, answer.text
    client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    codes: list[str] = answer.json()["recovery_codes"]
    return codes


async def test_API_04_a_password_alone_opens_nothing(
    as_role: Callable[..., Any], web: Application, phone: Phone, database: Database
) -> None:
    viewer = await as_role("viewer")
    before = Client(web)
    await before.login(EMAIL)
    assert (await viewer.post(f"{AUTH}/app", json={"password": "not mine"})).status_code == 422
    codes = await enrolled(viewer, phone)
    assert len(set(codes)) == 10
    assert (await before.get(f"{AUTH}/me")).status_code == 401  # what was begun without it has ended
    assert (await before.post(f"{AUTH}/refresh")).status_code == 401
    assert (await viewer.get(f"{AUTH}/me")).json()["second_step"] is True
    assert (await viewer.post(f"{AUTH}/refresh")).json()["second_step"] is None
    async with Client(web) as client:
        await half(client, "code")
        for path in ("/api/v1/tokens", f"{AUTH}/me", "/api/v1/events"):
            assert (await client.get(path)).status_code == 401, path
        body = {"current": PASSWORD, "new": NEW}
        assert (await client.post(f"{AUTH}/password", json=body)).status_code == 401
        assert (await client.post(f"{AUTH}/app", json={"password": PASSWORD})).status_code == 401
        assert (await client.post(f"{AUTH}/refresh")).status_code == 401
        assert (await client.post(f"{AUTH}/second-step/app")).status_code == 409  # there is one, and it stays
        wrong = await client.post(f"{AUTH}/second-step", json={"code": phone.wrong()})
        assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "code")
        code = phone.code()
        done = await whole(client, phone, code)
        assert (done["user"]["role"], done["second_step"], done["recovery_codes"]) == ("viewer", None, None)
        assert (await client.get("/api/v1/tokens")).status_code == 200
        assert (
            await client.post(f"{AUTH}/second-step", json={"code": phone.code()})
        ).status_code == 401  # a whole token
        await half(client, "code")
        assert (
            await client.post(f"{AUTH}/second-step", json={"code": code})
        ).status_code == 422  # seen over a shoulder
        await whole(client, phone)
    await before.aclose()
    stored = await database.read(
        lambda work: repr([*work.execute(second_factors.select()), *work.execute(recovery_codes.select())])
    )
    for secret in (totp.shown(phone.secret), phone.secret.hex(), *codes, *(each.replace("-", "") for each in codes)):
        assert secret not in stored


async def test_API_04_a_kept_code_works_once(as_role: Callable[..., Any], web: Application, phone: Phone) -> None:
    viewer = await as_role("viewer")
    codes = await enrolled(viewer, phone)
    async with Client(web) as client:
        await half(client, "code")
        await whole(client, phone, codes[0].upper().replace("-", " "))
        await half(client, "code")
        again = await client.post(f"{AUTH}/second-step", json={"code": codes[0]})
        assert again.status_code == 422
        await whole(client, phone, codes[1])
        fresh = await client.post(f"{AUTH}/app/recovery-codes", json={"code": phone.code()})
        assert len(fresh.json()["recovery_codes"]) == 10
        await half(client, "code")
        assert (await client.post(f"{AUTH}/second-step", json={"code": codes[2]})).status_code == 422
        await whole(client, phone, fresh.json()["recovery_codes"][0])


async def test_API_04_where_the_role_wants_it_there_is_no_way_around(
    context: Context, web: Application, user: Callable[..., Any], phone: Phone, admin: Client
) -> None:
    """Set up at the first log-in; and who is given such a role later, does it before the role counts."""
    await user("operator")
    async with Client(web) as client:
        await client.login("operator@example.com")
        context.settings.security.second_factor_for = ["administrator"]
        assert (await client.post(f"{AUTH}/refresh")).status_code == 200
        [mine] = [each for each in (await admin.get("/api/v1/users")).json()["items"] if each["role"] == "operator"]
        assert mine["second_step"] is False
        await admin.patch(f"/api/v1/users/{mine['id']}", json={"role": "administrator"})
        assert (await client.get(f"{AUTH}/me")).status_code == 401
        assert (
            await client.post(f"{AUTH}/refresh")
        ).status_code == 401  # no token with such a role for a password alone
        client.cookies.clear()
        await half(client, "app", "operator@example.com")
        assert (await client.get("/api/v1/users")).status_code == 401
        nothing = await client.post(f"{AUTH}/second-step", json={"code": "123456"})
        assert nothing.status_code == 409
        phone.scan((await client.post(f"{AUTH}/second-step/app")).json())
        assert (await client.post(f"{AUTH}/second-step", json={"code": phone.wrong()})).status_code == 422
        done = await whole(client, phone)
        assert len(done["recovery_codes"]) == 10
        assert (await client.get("/api/v1/users")).status_code == 200
        assert (await client.post(f"{AUTH}/refresh")).status_code == 200
        kept = await client.post(f"{AUTH}/app/removal", json={"code": phone.code()})
        assert (kept.status_code, "second step" in kept.json()["detail"]) == (409, True)


async def test_API_04_a_lost_phone_is_an_administrators_business(
    as_role: Callable[..., Any], web: Application, phone: Phone, admin: Client
) -> None:
    viewer = await as_role("viewer")
    await enrolled(viewer, phone)
    [row] = [each for each in (await admin.get("/api/v1/users")).json()["items"] if each["email"] == EMAIL]
    assert row["second_step"] is True
    path = f"/api/v1/users/{row['id']}"
    assert (await admin.patch(path, json={"second_step": True})).status_code == 422
    assert (await admin.patch(path, json={"second_step": False})).json()["second_step"] is False
    assert (await viewer.get(f"{AUTH}/me")).status_code == 401
    assert (await viewer.post(f"{AUTH}/refresh")).status_code == 401
    assert (await viewer.login(EMAIL)).json()["second_step"] is None
    await enrolled(viewer, phone)
    assert (await viewer.post(f"{AUTH}/app/removal", json={"code": phone.wrong()})).status_code == 422
    assert (await viewer.post(f"{AUTH}/app/removal", json={"code": phone.code()})).status_code == 204
    assert (await viewer.login(EMAIL)).json()["second_step"] is None
    actions = [each["action"] for each in (await admin.get(f"/api/v1/audit?subject=user:{row['id']}")).json()["items"]]
    assert (actions.count("add_second_step"), actions.count("remove_second_step")) == (2, 2)


async def test_API_02_codes_are_not_guessed(as_role: Callable[..., Any], web: Application, phone: Phone) -> None:
    await enrolled(await as_role("viewer"), phone)
    async with Client(web, source="203.0.113.9") as thief:
        await half(thief, "code")
        answers = [
            (await thief.post(f"{AUTH}/second-step", json={"code": phone.wrong()})).status_code for _ in range(8)
        ]
        assert answers[:5] == [422] * 5
        assert 429 in answers
    async with Client(web) as client:
        await half(client, "code")
        await whole(client, phone)


@pytest.mark.any_database
async def test_API_04_the_token_of_the_first_step_is_good_for_ten_minutes(
    as_role: Callable[..., Any], web: Application, phone: Phone
) -> None:
    await enrolled(await as_role("viewer"), phone)
    async with Client(web) as client:
        await half(client, "code")
        phone.at += timedelta(minutes=10)
        assert (await client.post(f"{AUTH}/second-step", json={"code": phone.code()})).status_code == 401
        assert (await Client(web).post(f"{AUTH}/second-step", json={"code": phone.code()})).status_code == 401


def test_the_settings_know_the_roles() -> None:
    assert set(get_args(RoleName)) == set(ROLES)
