"""What the benchmark asks for is what the API has."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from stationmaster.api import description
from stationmaster.domain import sites
from stationmaster.storage import Database
from tools import bench_requests

DOCUMENT = json.loads(description.FILE.read_text())


def test_every_list_is_measured_in_each_of_its_orders_and_with_each_of_its_filters() -> None:
    asked = [one.path for one in bench_requests.requests(DOCUMENT, {"station_id": "CP/1"})]
    assert len(asked) == len(set(asked))
    for path, operations in DOCUMENT["paths"].items():
        if "get" in operations and "{" not in path:
            measured = {one.partition("?")[0] for one in asked}
            assert (path in measured) is not bool(bench_requests.LEFT_OUT.match(path)), path
    assert {"/api/v1/sessions?sort=-energy", "/api/v1/sessions?status=invalid", "/api/v1/customers"} <= set(asked)
    assert "/api/v1/stations/CP%2F1/states" in asked
    assert next(one.searches for one in bench_requests.requests(DOCUMENT, {}) if "/tokens?search=" in one.path)


@pytest.mark.any_database
async def test_every_question_that_the_document_names_is_answered(
    database: Database, charger: Any, as_role: Callable[..., Any]
) -> None:
    """Each filter with each of its values: a statement is written when it is first asked, and may be wrong in one value only."""
    owner = await as_role("owner")
    await database.write(sites.create, charger.organization_id, public_id="site-1", name="Site 1")
    asked = bench_requests.requests(DOCUMENT, {"station_id": charger.identity, "charger_id": charger.identity})
    answers = {one.path: await owner.get(one.path) for one in asked}
    assert {path: answer.text for path, answer in answers.items() if answer.status_code >= 500} == {}
    # Few are values that a parameter does not take beside others.
    assert sum(answer.status_code == 422 for answer in answers.values()) < 20
