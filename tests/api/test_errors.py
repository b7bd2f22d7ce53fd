"""Whatever goes wrong is told in one shape, and never more than the caller should know."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import structlog
from sqlalchemy.exc import OperationalError

from stationmaster.api.context import Context
from stationmaster.storage import StorageUnavailable
from tests.api.conftest import Client

TOKENS = "/api/v1/tokens"


def is_problem(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert {"type", "title", "status", "detail", "errors"} <= set(body)
    assert body["status"] == status
    return body


WRONG_BODIES: list[tuple[bytes, int, str]] = [
    (b"", 422, "body"),
    (b"{", 400, "body"),
    (b"null", 422, "body"),
    (b"[]", 422, "body"),
    (b"\xff\xfe", 400, "body"),
    (b'{"uid":"\xff"}', 400, "body"),
    (b"{}", 422, "uid"),
    (b'{"uid":""}', 422, "uid"),
    (b'{"uid":7}', 422, "uid"),
    (b'{"uid":null}', 422, "uid"),
    (b'{"uid":"A/B"}', 422, "uid"),
    (b'{"uid":"a\\nb"}', 422, "uid"),
    (b'{"uid":"a\\u0000"}', 422, "body"),
    (b'{"uid":"\\ud800"}', 400, "body"),
    (b'{"uid":"A","status":"maybe"}', 422, "status"),
    (b'{"uid":"A","expires_at":"soon"}', 422, "expires_at"),
    (b'{"uid":"A","expires_at":"2030-01-01T00:00:00"}', 422, "expires_at"),
    (b'{"uid":"A","organization_id":2}', 422, "organization_id"),
    (b'{"uid":"' + b"A" * 256 + b'"}', 422, "uid"),
]


async def test_API_12_a_wrong_body_names_the_field(admin: Client) -> None:
    for body, status, field in WRONG_BODIES:
        problem = is_problem(await admin.post(TOKENS, content=body), status)
        [error] = problem["errors"]
        assert error["field"] == field, body
        assert error["reason"]
    assert (await admin.get(TOKENS)).json()["items"] == []


async def test_API_12_a_reason_has_a_code_that_stays_and_the_values_in_it(admin: Client) -> None:
    answer = await admin.post(TOKENS, content=b'{"uid":"' + b"A" * 256 + b'"}')
    wrong = {"reason": "must have at most 255 characters", "code": "must_have_at_most_most_characters"}
    assert is_problem(answer, 422)["errors"] == [{"field": "uid", **wrong, "values": {"most": 255}}]
    await admin.post(TOKENS, json={"uid": "A1"})
    again = is_problem(await admin.post(TOKENS, json={"uid": "A1"}), 409)
    assert (again["detail"], again["errors"]) == ("there is a card 'A1' already", [])
    assert (again["code"], again["values"]) == ("there_is_a_card_card_already", {"card": "A1"})


async def test_API_31_bodies_have_a_size_and_a_depth(admin: Client, charger: Any) -> None:
    is_problem(await admin.post(TOKENS, content=b'{"uid":"' + b"a" * 2_000_000 + b'"}'), 413)
    deep = b'{"action":"A","payload":{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}}"
    is_problem(await admin.post("/api/v1/stations/CP1/call", content=deep), 400)


async def test_there_is_no_such_thing(admin: Client) -> None:
    for path in ("/api/v1/nothing", "/api/v1", "/api/v2/tokens", "/api/nothing", "/api/v1/tokens/none"):
        assert is_problem(await admin.get(path), 404)["detail"]
    is_problem(await admin.get("/api/v1/tokens/a%00b"), 404)
    is_problem(await admin.get("/api/v1/sessions?station=a%00b"), 404)
    is_problem(await admin.post("/api/v1/nothing", json={}), 404)


async def test_a_method_that_is_not_there(admin: Client) -> None:
    answer = await admin.put(TOKENS)
    is_problem(answer, 405)
    assert {"GET", "POST"} <= set(answer.headers["allow"].split(", "))
    is_problem(await admin.post("/sessions"), 405)


async def test_without_a_token(anonymous: Client) -> None:
    answer = await anonymous.get(TOKENS)
    assert is_problem(answer, 401)["detail"] == "please log in"
    assert answer.headers["www-authenticate"] == "Bearer"
    is_problem(await anonymous.get(TOKENS, headers={"Authorization": "Basic abc"}), 401)


@pytest.fixture
async def failing(context: Context, admin: Client, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Any]:
    """`failing(error)`: every read fails with this error from now on; who is logged in is remembered."""
    await admin.get("/api/v1/auth/me")

    def fail(error: Exception) -> None:
        async def read(*_: Any, **__: Any) -> None:
            raise error

        monkeypatch.setattr(context.database, "read", read)

    yield fail
    monkeypatch.undo()


async def test_API_24_our_own_mistake_is_in_the_log_not_in_the_answer(admin: Client, failing: Any) -> None:
    failing(RuntimeError("SELECT secret FROM cellar"))
    with structlog.testing.capture_logs() as logged:
        answer = await admin.get(TOKENS)
    problem = is_problem(answer, 500)
    assert "cellar" not in answer.text
    assert "Traceback" not in answer.text
    [line] = [each for each in logged if each["event"] == "api.failed"]
    assert line["instance"] == problem["instance"]
    assert "cellar" in line["exception"]
    assert admin.headers["Authorization"].split()[1] not in str(line)  # ATK-13


async def test_storage_that_is_down_is_worth_another_try(admin: Client, failing: Any) -> None:
    class ConnectionLost(Exception):
        sqlstate = "08006"

    for error in (StorageUnavailable("gone"), OperationalError("SELECT 1", {}, ConnectionLost())):
        failing(error)
        answer = await admin.get(TOKENS)
        is_problem(answer, 503)
        assert answer.headers["retry-after"] == "5"
        health = await admin.get("/health")
        assert (health.status_code, health.json()) == (
            503,
            {"status": "degraded", "database": False, "reason": "database"},
        )


async def test_health_needs_no_log_in(anonymous: Client) -> None:
    answer = await anonymous.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_O11_each_sentence_is_at_its_field_and_none_is_a_word_of_http(admin: Client) -> None:
    for path, body, field, reason in [
        ("/stations", {"id": "a/b"}, "id", "must have 1 to 48 characters"),
        ("/stations", {"id": 7}, "id", "must be a text"),
        ("/stations", {"id": "A", "secret": "short"}, "secret", "must have at least 16 characters"),
        ("/stations", {"id": "A", "name": ""}, "name", "must not be empty"),
        ("/stations", {"id": "A", "registration": "maybe"}, "registration", "cannot be 'maybe'"),
        ("/stations", {}, "id", "is missing"),
        ("/tokens", {"uid": "A", "expires_at": "2030-01-01T00:00:00"}, "expires_at", "must be a time with its zone"),
        ("/tokens", {"uid": "A", "colour": "red"}, "colour", "is not a field of this request"),
    ]:
        problem = is_problem(await admin.post(f"/api/v1{path}", json=body), 422)
        [error] = problem["errors"]
        assert error["field"] == field, body
        assert error["reason"].startswith(reason), body
        assert problem["detail"].startswith(f"{field} {reason}"), body
        assert problem["detail"].count(error["reason"]) == 1
        for word in ("Unprocessable", "Entity", "Expected", "`", "$."):
            assert word not in str(problem), body
    for path, field, reason in [
        ("/figures?from=yesterday", "from", "must be a day, as in 2026-05-01"),
        ("/bills?booked_to=2026-05-01T00:00:00Z", "booked_to", "must be a day, as in 2026-05-01"),
        ("/stations/CP1/states?from=2026-05-01", "from", "must be a time with its zone, as in 2026-05-01T12:00:00Z"),
    ]:
        [error] = is_problem(await admin.get(f"/api/v1{path}"), 422)["errors"]
        assert (error["field"], error["reason"]) == (field, reason)
    for day in (20260501, "1.5.2026"):
        element = {"price_components": [{"type": "flat", "price": "1"}], "restrictions": {"start_date": day}}
        draft = {"currency": "EUR", "structure": {"elements": [element]}, "example": {}}
        [error] = is_problem(await admin.post("/api/v1/tariff-previews", json=draft), 422)["errors"]
        assert error["reason"] == "must be a day, as in 2026-05-01", error
    for path in ("/tokens?limit=0", "/tokens?limit=many", "/tokens?cursor=%21"):
        [error] = is_problem(await admin.get(f"/api/v1{path}"), 422)["errors"]
        assert error["field"] in path
        assert "Expected" not in error["reason"]


async def test_A7_an_error_of_ours_is_in_the_log_once_and_whole(admin: Client, failing: Any) -> None:
    def deep(depth: int) -> None:
        if depth:
            deep(depth - 1)
        raise RuntimeError("the bottom of it")

    try:
        deep(30)
    except RuntimeError as error:
        failing(error)
    with structlog.testing.capture_logs() as logged:
        problem = is_problem(await admin.get(TOKENS), 500)
    told = str(logged)
    assert told.count("RuntimeError: the bottom of it") == 1
    assert told.count(problem["instance"]) == 1
    assert len(told) > 2000
