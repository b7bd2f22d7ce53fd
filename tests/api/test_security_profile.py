"""The lowest security profile of a charger, over the API (SEC-30), and whose certificate may have ended (SEC-22)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
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


# SEC-22


def later(**more: float) -> str:
    return (datetime.now(UTC) + timedelta(**more)).isoformat()


async def test_SEC_22_an_expired_certificate_is_allowed_for_a_while_and_with_a_reason(admin: Client) -> None:
    await admin.post("/api/v1/stations", json={"id": "CP1"})
    assert (await admin.get(WHERE)).json()["expired_until"] is None
    until, path = later(days=2), f"{WHERE}/expired-certificate"
    allowed = await admin.put(path, json={"until": until, "reason": "it was in a store for a year"})
    assert allowed.status_code == 200
    assert datetime.fromisoformat(allowed.json()["expired_until"]) == datetime.fromisoformat(until)
    assert (await admin.put(path, json={"until": None})).json()["expired_until"] is None
    kept = [each for each in (await admin.get("/api/v1/audit")).json()["items"] if "expired" in each["action"]]
    assert [(each["after"]["expired_until"] is None, each["after"]["reason"]) for each in kept] == [
        (True, None),
        (False, "it was in a store for a year"),
    ]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"until": later(days=1)}, "reason"),
        ({"until": later(days=1), "reason": " "}, "reason"),
        ({"until": later(days=31), "reason": "x"}, "until"),
        ({"until": later(minutes=-1), "reason": "x"}, "until"),
        ({"until": "2026-12-01T10:00:00", "reason": "x"}, "until"),
        ({"until": "tomorrow", "reason": "x"}, "until"),
        ({"reason": "x"}, "until"),
    ],
)
async def test_SEC_22_not_without_a_reason_and_not_for_ever(admin: Client, body: dict[str, Any], field: str) -> None:
    await admin.post("/api/v1/stations", json={"id": "CP1"})
    refused = await admin.put(f"{WHERE}/expired-certificate", json=body)
    assert refused.status_code in (400, 422)
    assert field in refused.text
    assert (await admin.get(WHERE)).json()["expired_until"] is None


async def test_SEC_22_an_operator_may_not_allow_it(admin: Client, as_role: Callable[..., Any]) -> None:
    await admin.post("/api/v1/stations", json={"id": "CP1"})
    said = {"until": later(days=1), "reason": "x"}
    assert (await (await as_role("operator")).put(f"{WHERE}/expired-certificate", json=said)).status_code == 403
