"""Reservations as the API shows them: a list, one of them, and the connector that is kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from stationmaster.domain import connectors, reservations
from stationmaster.domain.stations import Station
from stationmaster.storage import Database, Work
from tests.api.conftest import NOW, Client


@pytest.mark.any_database
async def test_reservations_are_listed_and_the_connector_says_for_whom_it_is_kept(
    admin: Client, charger: Any, database: Database
) -> None:
    station = Station(charger.id, "CP1", charger.organization_id, "1.6", "accepted", True)
    until = NOW + timedelta(days=3650)

    def reserve(work: Work) -> None:
        for evse in (1, 2):
            connectors.report_status(
                work, station, evse=evse, connector=1, state="available", status="Available", at=work.now
            )
        for number in (1, 2, 3):
            reservations.request(work, station, number=number, token=f"TAG{number}", expires_at=until, evse=1)
        reservations.refuse(work, station, 1, "It is in use.")
        reservations.accept(work, station, 2)

    await database.write(reserve)
    everything = (await admin.get("/api/v1/reservations")).json()["items"]
    assert [(each["token"], each["state"], each["reason"]) for each in everything] == [
        ("TAG3", "requested", None),
        ("TAG2", "accepted", None),
        ("TAG1", "refused", "It is in use."),
    ]
    assert everything[1]["expires_at"] == until.isoformat().replace("+00:00", "Z")
    one = await admin.get(f"/api/v1/reservations/{everything[1]['id']}")
    assert one.json() == everything[1]
    refused = (await admin.get("/api/v1/reservations", params={"station": "CP1", "state": "refused"})).json()
    assert [each["token"] for each in refused["items"]] == ["TAG1"]
    shown = (await admin.get("/api/v1/stations/CP1")).json()["connectors"]
    kept = {"id": everything[1]["id"], "token": "TAG2", "state": "accepted", "expires_at": everything[1]["expires_at"]}
    assert [each["reservation"] for each in shown] == [kept, None]
    for path, status in (
        ("/api/v1/reservations/none", 404),
        ("/api/v1/reservations?station=CP7", 404),
        ("/api/v1/reservations?state=lost", 422),
        ("/api/v1/reservations?stat=used", 422),
    ):
        assert (await admin.get(path)).status_code == status, path
