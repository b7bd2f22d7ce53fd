"""What the benchmark asks for is what the API has."""

from __future__ import annotations

import json

from stationmaster.api import description
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
