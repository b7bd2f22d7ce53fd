"""Every route is asked what its document allows, and what it does not: no 500, and no answer that the document does not know."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from stationmaster.app import App
from stationmaster.domain import accounts, organizations, stations, tokens
from tests.patience import PATIENCE_S

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = 2  # of each kind for a route; HYPOTHESIS_PROFILE=search asks more
NOT_ASKED = {
    "GET /api/v1/events": "never ends",
    "GET /api/v1/me/events": "never ends",
    "POST /api/v1/auth/login": "is slow on purpose",
    "POST /api/v1/auth/registration": "is slow on purpose",
    "DELETE /api/v1/api-keys/{key_id}": "could remove the key that this is done with",
}
EMAIL, PASSWORD = "owner@example.org", "correct horse battery staple"
SLOW = list(HealthCheck)


@pytest.mark.any_database
@pytest.mark.filterwarnings("ignore:Do not use the `random` module")  # the library does, and is given its seed here
async def test_no_500_and_no_answer_that_is_not_documented(app: App) -> None:
    home = await app.database.write(organizations.home)
    await app.database.write(accounts.add, home, email=EMAIL, password=PASSWORD, role="owner")
    await app.database.write(stations.create, home, app.keys, identity="CP1")
    await app.database.write(tokens.add, home, uid="TAG1")
    found = await asyncio.to_thread(lambda: list(failures(f"http://127.0.0.1:{app.web_port}")))
    assert not found, "\n".join(found)


def failures(server: str) -> Iterator[str]:
    """What was wrong, with the request that shows it."""
    headers = {"Authorization": f"Bearer {key(server)}"}
    schema = schemathesis.openapi.from_url(f"{server}/api/openapi.json", timeout=PATIENCE_S)
    known = set()
    for found in schema.get_all_operations():
        operation = found.ok()
        known.add(operation.label)
        if operation.label in NOT_ASKED:
            continue
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            yield from asked(operation, mode, headers)
    assert set(NOT_ASKED) <= known


def asked(operation: Any, mode: GenerationMode, headers: dict[str, str]) -> list[str]:
    wrong: list[str] = []
    many = hypothesis.settings.get_current_profile_name() == "search"

    @seed(1)
    @settings(
        max_examples=50 if many else EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=SLOW,
        phases=[Phase.generate],
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        answer = case.call(headers=headers, timeout=PATIENCE_S)
        kind = answer.headers.get("content-type", [""])[0]
        if kind.count("charset") > 1:
            wrong.append(f"{operation.label}: {kind}")
        try:
            case.validate_response(answer, checks=CHECKS)
        except BaseExceptionGroup as found:
            wrong.append(f"{operation.label}: {[str(each)[:300] for each in found.exceptions]}")

    with contextlib.suppress(hypothesis.errors.Unsatisfiable):  # nothing can be wrong in a route that takes nothing
        ask()
    return wrong


def key(server: str) -> str:
    """Of a program that may do everything."""
    login = requests.post(
        f"{server}/api/v1/auth/login", json={"email": EMAIL, "password": PASSWORD}, timeout=PATIENCE_S
    )
    bearer = {"Authorization": f"Bearer {login.json()['access_token']}"}
    body = {"name": "every answer", "role": "owner"}
    made = requests.post(f"{server}/api/v1/api-keys", json=body, headers=bearer, timeout=PATIENCE_S)
    return str(made.json()["key"])
