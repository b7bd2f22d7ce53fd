"""Document 004: its paths are ours, and its `jwt` settings are those of access tokens."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import jwt

from stationmaster.api.application import Application
from stationmaster.api.context import Context
from tests.api.conftest import Client


async def test_S4_033_S4_034_S4_035_its_paths(admin: Client, anonymous: Client, charger: Any) -> None:
    assert (await anonymous.get("/health")).json()["status"] == "ok"
    assert (await admin.get("/api/v1/status")).json()["stations"] == {"total": 1, "connected": 1}
    [active] = (await admin.get("/api/v1/connections")).json()["items"]
    assert active["station"] == "CP1"
    for path in ("/api/v1/status", "/api/v1/connections"):
        assert (await anonymous.get(path)).status_code == 401


async def test_S4_046_S4_047_how_long_and_in_whose_name_a_token_is_good_is_a_setting(
    context: Context, user: Callable[..., Any]
) -> None:
    await user("viewer")
    security = context.settings.security.model_copy(update={"token_minutes": 1440.0, "token_issuer": "csms"})
    theirs = dataclasses.replace(context, settings=context.settings.model_copy(update={"security": security}))
    async with Client(Application(theirs)) as client:
        said = await client.login("viewer@example.com")
        assert said.json()["expires_in"] == 24 * 3600
        claims = jwt.decode(said.json()["access_token"], options={"verify_signature": False})
        assert (claims["iss"], claims["exp"] - claims["iat"]) == ("csms", 24 * 3600)
        assert (await client.get("/api/v1/auth/me")).status_code == 200
        async with Client(Application(context)) as ours:
            ours.headers["Authorization"] = client.headers["Authorization"]
            assert (await ours.get("/api/v1/auth/me")).status_code == 401  # a token in another name
