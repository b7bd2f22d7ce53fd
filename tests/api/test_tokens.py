"""Cards as a resource: lists, versions, kinds, and coming back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Client

TOKENS = "/api/v1/tokens"


@pytest.fixture
async def four(admin: Client) -> list[str]:
    for uid, body in {
        "0A": {"label": "Zoe", "group": "Fleet", "expires_at": "2020-01-01T00:00:00Z"},
        "0b": {"label": "ann", "group": "fleet", "expires_at": "2099-01-01T00:00:00Z"},
        "0C": {"label": None, "status": "blocked"},
        "DE1": {"label": "Ben", "kind": "eMAID"},
    }.items():
        assert (await admin.post(TOKENS, json={"uid": uid} | body)).status_code == 201
    return ["DE1", "0C", "0b", "0A"]


@pytest.mark.every_case
@pytest.mark.parametrize(
    ("which", "expected"),
    [
        ({}, ["DE1", "0C", "0b", "0A"]),
        ({"status": "blocked"}, ["0C"]),
        ({"kind": "emaid"}, ["DE1"]),
        ({"group": "FLEET"}, ["0b", "0A"]),
        ({"expired": "true"}, ["0A"]),
        ({"expired": "false"}, ["DE1", "0C", "0b"]),
        ({"search": "AN"}, ["0b"]),
        ({"search": "0"}, ["0C", "0b", "0A"]),
        ({"sort": "uid"}, ["0A", "0b", "0C", "DE1"]),
        ({"sort": "-label"}, ["0A", "DE1", "0b", "0C"]),
        ({"sort": "expires"}, ["0A", "0b", "0C", "DE1"]),
        ({"sort": "created", "status": "accepted"}, ["0A", "0b", "DE1"]),
        ({"deleted": "true"}, []),
    ],
)
async def test_O_13_cards_are_filtered_searched_and_sorted(
    admin: Client, four: list[str], which: dict[str, str], expected: list[str]
) -> None:
    found: list[str] = []
    cursor: dict[str, Any] = {}
    while True:
        answer = await admin.get(TOKENS, params=which | {"limit": "2"} | cursor)
        assert answer.status_code == 200, answer.text
        found += [each["uid"] for each in answer.json()["items"]]
        if answer.json()["next"] is None:
            break
        cursor = {"cursor": answer.json()["next"]}
    assert found == expected


@pytest.mark.parametrize("which", [{"status": "expired"}, {"sort": "status"}, {"expired": "maybe"}, {"uid": "0A"}])
@pytest.mark.any_database
async def test_O_13_a_filter_that_is_none_is_refused(admin: Client, which: dict[str, str]) -> None:
    answer = await admin.get(TOKENS, params=which)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] in which


async def test_a_card_is_changed_only_as_its_changer_has_seen_it(admin: Client, four: list[str]) -> None:
    seen = (await admin.get(f"{TOKENS}/0A")).headers["etag"]
    put = await admin.put(f"{TOKENS}/0a", json={"uid": "0A", "label": "New"}, headers={"If-Match": seen})
    assert put.status_code == 200
    assert [put.json()[name] for name in ("label", "group", "expires_at", "status")] == ["New", None, None, "accepted"]
    for method, body in (("PUT", {"uid": "0A"}), ("PATCH", {"label": "x"}), ("DELETE", None)):
        late = await admin.request(method, f"{TOKENS}/0A", json=body, headers={"If-Match": seen})
        assert late.status_code == 412, method
    assert (await admin.get(f"{TOKENS}/0A")).json() == put.json()
    wrong = await admin.put(f"{TOKENS}/0A", json={"uid": "0B"})
    assert wrong.json()["errors"] == [
        {"field": "uid", "reason": "cannot be changed", "code": "cannot_be_changed", "values": {}}
    ]
    assert (await admin.put(f"{TOKENS}/0A", json={"uid": "0A", "kind": "eMAID"})).status_code == 404
    assert (await admin.delete(f"{TOKENS}/0A", headers={"If-Match": put.headers["etag"]})).status_code == 204


async def test_a_removed_card_comes_back_where_no_other_has_its_place(admin: Client, four: list[str]) -> None:
    assert (await admin.post(f"{TOKENS}/0A/restore")).status_code == 404
    await admin.delete(f"{TOKENS}/0A")
    gone = (await admin.get(TOKENS, params={"deleted": True})).json()["items"]
    assert [(each["uid"], each["deleted_at"] is None) for each in gone] == [("0A", False)]
    back = await admin.post(f"{TOKENS}/0a/restore")
    assert (back.status_code, back.json()["label"], back.json()["deleted_at"]) == (200, "Zoe", None)
    await admin.delete(f"{TOKENS}/0A")
    await admin.post(TOKENS, json={"uid": "0a", "label": "another"})
    assert (await admin.post(f"{TOKENS}/0A/restore")).status_code == 409
    await admin.post(TOKENS, json={"uid": "0A", "kind": "Central"})  # of another kind: in nobody's way
    await admin.delete(f"{TOKENS}/0A", params={"kind": "Central"})
    assert (await admin.post(f"{TOKENS}/0A/restore", params={"kind": "Central"})).json()["kind"] == "Central"
