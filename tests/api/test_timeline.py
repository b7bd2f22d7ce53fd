"""`GET /stations/{id}/timeline`: the story of a charger around one moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stationmaster.domain import connections, stations
from stationmaster.domain.stations import Station
from stationmaster.storage import Database
from tests.api.conftest import Client

PATH = "/api/v1/stations/CP1/timeline"
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
async def viewer(database: Database, charger: Any, as_role: Callable[..., Any]) -> Client:
    """It connected at noon, said nothing, and was gone at a quarter past."""
    station = Station(charger.id, charger.identity, charger.organization_id, "1.6", "accepted", True)
    yesterday = stations.stations.update().values(created_at=NOON - timedelta(days=1))
    await database.write(lambda work: work.execute(yesterday))
    database.clock = lambda: NOON
    await database.write(connections.connected, station, node="here", version="1.6", source="192.0.2.7")
    database.clock = lambda: NOON + timedelta(minutes=15)
    await database.write(connections.disconnected, station, node="here", reason="gone")
    database.clock = lambda: NOON + timedelta(minutes=40)
    client: Client = await as_role("viewer")
    return client


@pytest.mark.parametrize(
    "at, zone",
    [
        ("2026-05-01T12:10:00Z", None),
        ("2026-05-01 14:10", "Europe/Berlin"),
        ("14:10", "Europe/Berlin"),
        ("30 minutes ago", None),
        ("today 12:10", "UTC"),
    ],
)
async def test_explain_over_the_api_takes_a_moment_in_many_forms(viewer: Client, at: str, zone: str | None) -> None:
    answer = await viewer.get(PATH, params={"at": at, "minutes": 12} | ({} if zone is None else {"zone": zone}))
    assert answer.status_code == 200, answer.text
    story = answer.json()
    assert (story["at"], story["zone"]) == ("2026-05-01T12:10:00Z", zone or "UTC")
    assert [each["sentence"] for each in story["entries"] if each["kind"] in ("connection", "silence")] == [
        "It connected.",
        "Nothing was heard for 15 minutes.",
        "Its connection ended: gone.",
    ]
    assert story["left_out"] is False and story["removed_at"] is None


@pytest.mark.parametrize(
    "wrong, field",
    [
        ({"at": "noonish"}, "at"),
        ({"at": "2027-01-01T00:00:00Z"}, "at"),
        ({"at": "now", "zone": "Mars/Olympus"}, "zone"),
        ({"minutes": "0"}, "minutes"),
        ({"minutes": "721"}, "minutes"),
        ({"when": "now"}, "when"),
    ],
)
async def test_explain_over_the_api_says_what_is_wrong(viewer: Client, wrong: dict[str, str], field: str) -> None:
    answer = await viewer.get(PATH, params=wrong)
    assert answer.status_code in (400, 422) and field in answer.text, answer.text


async def test_explain_of_a_charger_that_never_was(viewer: Client) -> None:
    assert (await viewer.get("/api/v1/stations/CP9/timeline")).status_code == 404
