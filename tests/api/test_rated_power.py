"""What a connector can deliver, as a person says, and what the meter may say then (M-22)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from stationmaster.domain import connectors, metering
from stationmaster.domain.metering import Sample
from stationmaster.domain.stations import Station
from stationmaster.domain.times import Instant
from stationmaster.storage import Database, Work
from tests import telling
from tests.api.conftest import Client

API = "/api/v1"
AT = datetime(2026, 11, 1, 15, tzinfo=UTC)


@pytest.fixture
async def station(database: Database, charger: Any) -> Station:
    """CP1, which has told of two connectors."""
    station = Station(charger.id, "CP1", charger.organization_id, "1.6", "accepted", True)

    def tell(work: Work) -> None:
        for evse in (1, 2):
            connectors.report_status(
                work, station, evse=evse, connector=1, state="available", status="Available", at=work.now
            )

    await database.write(tell)
    return station


def read(work: Work, station: Station, number: int, minutes: int, wh: int, evse: int = 1) -> None:
    """The register of a session."""
    taken = Instant(AT + timedelta(minutes=minutes), f"{minutes} minutes")
    metering.record(
        work,
        station,
        evse=evse,
        transaction_id=str(number),
        taken=taken,
        samples=[Sample(str(wh))],
        raw=msgspec.json.encode([{"value": str(wh)}]),
    )


def charge(station: Station, wh: int, evse: int = 1) -> Callable[[Work], None]:
    """An hour that takes so much, if one believes the meter."""

    def tell(work: Work) -> None:
        number = telling.start(work, station, evse, at=AT, meter=0)
        read(work, station, number, 30, wh // 2, evse)
        telling.stop(work, station, number, at=AT + timedelta(hours=1), meter=wh)

    return tell


async def rate(admin: Client, max_power_w: int | None, evse: int = 1) -> None:
    answer = await admin.patch(f"{API}/stations/CP1/connectors/{evse}/1", json={"max_power_w": max_power_w})
    assert answer.status_code == 200, answer.text
    assert [each["max_power_w"] for each in answer.json()["connectors"] if each["evse"] == evse] == [max_power_w]


async def the_session(admin: Client) -> Any:
    [session] = (await admin.get(f"{API}/sessions")).json()["items"]
    return session


async def test_M_22_what_is_beyond_the_rated_power_is_held(admin: Client, station: Station, database: Database) -> None:
    await rate(admin, 11_000)
    await database.write(charge(station, 20_000))  # 11 kW, a quarter and a kilowatt-hour: 14,750 at the most
    session = await the_session(admin)
    assert "register_jump" in session["flags"]
    assert session["review"]


@pytest.mark.parametrize("max_power_w, evse", [(22_000, 1), (None, 1), (11_000, 2)], ids=["strong", "unknown", "other"])
async def test_M_22_the_same_is_believed_where_it_can_be(
    admin: Client, station: Station, database: Database, max_power_w: int | None, evse: int
) -> None:
    await rate(admin, max_power_w, evse)
    await database.write(charge(station, 20_000))
    session = await the_session(admin)
    assert (session["energy_wh"], session["flags"], session["review"]) == (20_000, [], False)


async def test_M_22_a_running_session_shows_no_step_beyond_the_rated_power(
    admin: Client, station: Station, database: Database
) -> None:
    def tell(work: Work) -> None:
        number = telling.start(work, station, at=AT, meter=0)
        read(work, station, number, 30, 5_000)
        read(work, station, number, 31, 15_000)

    await database.write(tell)
    assert (await the_session(admin))["energy_wh"] == 15_000
    await rate(admin, 11_000)
    assert (await the_session(admin))["energy_wh"] == 5_000


async def test_M_22_what_has_ended_keeps_its_figures(admin: Client, station: Station, database: Database) -> None:
    await database.write(charge(station, 20_000))
    before = await the_session(admin)
    await rate(admin, 11_000)
    assert await the_session(admin) == before


@pytest.mark.parametrize(
    "path, body, status",
    [
        ("1/1", {"max_power_w": 499}, 422),
        ("1/1", {"max_power_w": 4_000_001}, 422),
        ("1/1", {"max_power_w": "11 kW"}, 422),
        ("3/1", {"max_power_w": 11_000}, 404),
        ("1/2", {"max_power_w": 11_000}, 404),
    ],
)
async def test_what_is_no_power_or_no_connector_is_refused(
    admin: Client, station: Station, path: str, body: dict[str, Any], status: int
) -> None:
    assert (await admin.patch(f"{API}/stations/CP1/connectors/{path}", json=body)).status_code == status
