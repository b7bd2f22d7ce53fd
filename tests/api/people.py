"""Users and keys, as the tests of both make and use them."""

from __future__ import annotations

from typing import Any

from stationmaster.api.application import Application
from tests.api.conftest import PASSWORD, Client

API = "/api/v1"
NEW = "another good password"


async def added(admin: Client, email: str = "op@example.com", role: str = "operator") -> dict[str, Any]:
    answer = await admin.post(f"{API}/users", json={"email": email, "password": PASSWORD, "role": role})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def key(admin: Client, **fields: Any) -> dict[str, Any]:
    answer = await admin.post(f"{API}/api-keys", json={"name": "billing"} | fields)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def with_key(web: Application, text: str, path: str, method: str = "GET", **options: Any) -> Any:
    async with Client(web) as client:
        return await client.request(method, API + path, headers={"Authorization": f"Bearer {text}"}, **options)
