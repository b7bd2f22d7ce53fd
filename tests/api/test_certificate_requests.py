"""Requests for certificates as the API shows them."""

from __future__ import annotations

from typing import Any

import pytest

from stationmaster.domain import certificate_requests
from stationmaster.domain.stations import Station
from stationmaster.storage import Database, Work
from tests.api.conftest import Client
from tests.handlers.signed import CSR, CSR_RSA


@pytest.mark.any_database
async def test_requests_are_listed_by_charger_and_state(admin: Client, charger: Any, database: Database) -> None:
    station = Station(charger.id, "CP1", charger.organization_id, "1.6", "accepted", True)

    def ask(work: Work) -> None:
        for csr in (CSR, CSR_RSA, "no request"):
            certificate_requests.receive(work, station, csr=csr, use="charger")

    now = database.clock().replace(microsecond=0)
    database.clock = lambda: now
    await database.write(ask)
    everything = (await admin.get("/api/v1/certificate-requests")).json()["items"]
    assert [(each["state"], each["subject"]) for each in everything] == [
        ("refused", None),
        ("received", "O=Acme, CN=S-1"),
        ("replaced", "C=NL, O=Acme, CN=CP1"),
    ]
    waiting = everything[1]
    assert waiting["csr"] == CSR_RSA
    assert (waiting["station"], waiting["use"], waiting["asked_at"]) == (
        "CP1",
        "charger",
        now.isoformat().replace("+00:00", "Z"),
    )
    assert (await admin.get(f"/api/v1/certificate-requests/{waiting['id']}")).json() == waiting
    received = {"station": "CP1", "state": "received"}
    found = (await admin.get("/api/v1/certificate-requests", params=received)).json()["items"]
    assert found == [waiting]
    for path, status in (
        ("/api/v1/certificate-requests/none", 404),
        ("/api/v1/certificate-requests?station=CP7", 404),
        ("/api/v1/certificate-requests?state=lost", 422),
        ("/api/v1/certificate-requests?stat=sent", 422),
    ):
        assert (await admin.get(path)).status_code == status, path
