"""`GET /stations/{id}/states`: the timeline of a charger, and how much of it worked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stationmaster.domain import connections, connectors
from stationmaster.domain.connector_states import State
from stationmaster.domain.stations import Station
from stationmaster.storage import Database
from tests.api.conftest import Client

PATH = "/api/v1/stations/CP1/states"
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
async def day(database: Database, charger: Any) -> Station:
    """Available at noon, charging from one to two, faulted from three to four; offline from six to seven. It is ten."""
    station = Station(charger.id, charger.identity, charger.organization_id, "1.6", "accepted", True)

    async def at(hour: int, state: State) -> None:
        database.clock = lambda: NOON + hour * HOUR
        await database.write(
            lambda work: connectors.report_status(
                work, station, evse=1, connector=1, state=state, status=state.title(), at=work.now
            )
        )

    async def socket(hour: int, *, there: bool) -> None:
        database.clock = lambda: NOON + hour * HOUR
        if there:
            await database.write(connections.connected, station, node="here", version="1.6", source="192.0.2.7")
        else:
            await database.write(connections.disconnected, station, node="here", reason="gone")

    await socket(0, there=True)
    for hour, state in ((0, "available"), (1, "charging"), (2, "available"), (3, "faulted"), (4, "available")):
        await at(hour, state)  # type: ignore[arg-type]
    await socket(6, there=False)
    await socket(7, there=True)
    database.clock = lambda: NOON + 10 * HOUR
    return station


@pytest.fixture
async def viewer(day: Station, as_role: Callable[..., Any]) -> Client:
    client: Client = await as_role("viewer")
    return client


def span(state: str, since: int, until: int) -> dict[str, Any]:
    return {
        "state": state,
        "status": state.title(),
        "error_code": None,
        "since": time(since),
        "until": time(until),
    }


def time(hour: int) -> str:
    return (NOON + hour * HOUR).isoformat().replace("+00:00", "Z")


async def test_a_day_of_a_charger(viewer: Client) -> None:
    answer = await viewer.get(PATH, params={"from": time(-2), "to": time(10)})
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "station": "CP1",
        "since": time(-2),
        "until": time(10),
        "connectors": [
            {
                "evse": 1,
                "connector": 1,
                "states": [
                    span("available", 0, 1),
                    span("charging", 1, 2),
                    span("available", 2, 3),
                    span("faulted", 3, 4),
                    span("available", 4, 10),
                ],
            }
        ],
        "offline": [{"since": time(6), "until": time(7)}],
        "evses": [{"evse": 1, "uptime_percent": 80.0, "charging_s": 3600}],
    }


async def test_a_part_of_it_begins_with_what_held_then(viewer: Client) -> None:
    answer = (await viewer.get(PATH, params={"from": "2026-05-01T13:30:00Z", "to": time(2)})).json()
    [connector] = answer["connectors"]
    assert [(each["state"], each["since"], each["until"]) for each in connector["states"]] == [
        ("charging", "2026-05-01T13:30:00Z", time(2))
    ]
    assert answer["offline"] == []
    during = (await viewer.get(PATH, params={"from": "2026-05-01T18:15:00Z", "to": "2026-05-01T18:45:00Z"})).json()
    assert during["offline"] == [{"since": "2026-05-01T18:15:00Z", "until": "2026-05-01T18:45:00Z"}]
    assert during["evses"][0]["uptime_percent"] == 0.0


async def test_without_times_it_is_the_last_week_until_now(viewer: Client) -> None:
    answer = (await viewer.get(PATH)).json()
    assert (answer["since"], answer["until"]) == (time(10 - 7 * 24), time(10))


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"from": "2026-05-01T12:00:00"}, "from"),
        ({"from": "2026-05-02T12:00:00Z", "to": "2026-05-01T12:00:00Z"}, "from"),
        ({"from": "2024-05-01T12:00:00Z"}, "from"),
        ({"from": "2027-05-01T12:00:00Z"}, "from"),  # not yet
        ({"to": "yesterday"}, "to"),
    ],
)
async def test_what_cannot_be_asked(viewer: Client, asked: dict[str, str], field: str) -> None:
    answer = await viewer.get(PATH, params=asked)
    assert answer.status_code == 422, answer.text
    assert field in answer.text


async def test_a_charger_of_another_organization_does_not_exist(viewer: Client) -> None:
    assert (await viewer.get("/api/v1/stations/CP2/states")).status_code == 404


async def test_the_connector_says_since_when(viewer: Client) -> None:
    [connector] = (await viewer.get("/api/v1/stations/CP1")).json()["connectors"]
    assert (connector["state"], connector["status"]) == ("available", "Available")
    assert (connector["since"], connector["status_at"]) == (time(4), time(4))
