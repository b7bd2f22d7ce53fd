"""The lowest security profile of a charger, over the API (SEC-30)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.api.conftest import Client

pytestmark = pytest.mark.any_database
WHERE = "/api/v1/stations/CP1"


async def test_SEC_30_a_person_says_the_lowest_and_lowers_it_only_with_a_reason(admin: Client) -> None:
    await admin.post("/api/v1/stations", json={"id": "CP1"})
    made = (await admin.get(WHERE)).json()
    assert [made[f"{name}_profile"] for name in ("security", "wanted", "connected")] == [1, None, None]
    assert (await admin.put(f"{WHERE}/security-profile", json={"lowest": 3})).json()["security_profile"] == 3
    for body in ({"lowest": 2}, {"lowest": 2, "reason": " "}):
        refused = await admin.put(f"{WHERE}/security-profile", json=body)
        assert (refused.status_code, refused.json()["detail"]) == (
            422,
            "reason must say why, for a lower security profile than before.",
        )
    assert (await admin.get(WHERE)).json()["security_profile"] == 3
    said = {"lowest": 2, "reason": "its certificate has ended"}
    assert (await admin.put(f"{WHERE}/security-profile", json=said)).json()["security_profile"] == 2
    kept = [each for each in (await admin.get("/api/v1/audit")).json()["items"] if "profile" in each["action"]]
    assert [(each["before"], each["after"]) for each in kept] == [
        ({"security_profile": 3}, {"security_profile": 2, "reason": "its certificate has ended"}),
        ({"security_profile": 1}, {"security_profile": 3, "reason": None}),
    ]


@pytest.mark.parametrize("lowest", [0, 4, -1, "2", None, 2.5])
async def test_there_are_three_of_them(admin: Client, lowest: object) -> None:
    await admin.post("/api/v1/stations", json={"id": "CP1"})
    assert (await admin.put(f"{WHERE}/security-profile", json={"lowest": lowest})).status_code == 422
    assert (await admin.put("/api/v1/stations/CP9/security-profile", json={"lowest": 2})).status_code == 404


async def test_an_operator_may_not(admin: Client, as_role: Callable[..., Any]) -> None:
    await admin.post("/api/v1/stations", json={"id": "CP1"})
    operator = await as_role("operator")
    assert (await operator.put(f"{WHERE}/security-profile", json={"lowest": 2})).status_code == 403
