"""The card list of a charger as the API shows it."""

from __future__ import annotations

from typing import Any

import pytest

from stationmaster.domain import local_lists, organizations, stations, tokens
from stationmaster.domain.stations import Station
from stationmaster.storage import Database, Work
from tests.api.conftest import Client

CARDS = "/api/v1/stations/CP1/local-list/cards"


@pytest.mark.any_database
@pytest.mark.parametrize(
    ("version", "held", "told"),
    [
        ("1.6", ["TAG 1", "GONE"], [("GONE", None, None), ("TAG 1", None, "Ida")]),
        ("2.0.1", ["ISO14443 TAG1", "eMAID GONE"], [("TAG1", "ISO14443", "Omar"), ("GONE", "eMAID", None)]),
        ("2.0.1", ["ISO14443 TAG 1"], [("TAG 1", "ISO14443", "Ida")]),
        ("2.1", ["TAG1"], [("TAG1", None, "Omar")]),  # accepted when the charger still spoke 1.6
    ],
)
async def test_the_cards_in_the_list_are_told_with_their_labels(
    admin: Client, charger: Any, database: Database, version: str, held: list[str], told: list[tuple[str, Any, Any]]
) -> None:
    assert (await admin.get(CARDS)).json() == []
    station = Station(charger.id, "CP1", charger.organization_id, version, "accepted", True)

    def accept(work: Work) -> None:
        work.execute(stations.stations.update().values(ocpp_version=version))
        tokens.add(work, organizations.home(work), uid="Tag 1", label="Ida")
        tokens.add(work, organizations.home(work), uid="TAG1", label="Omar")
        local_lists.accepted(work, station, version=1, full=True, put=dict.fromkeys(held, "said"), dropped=[])

    await database.write(accept)
    found = (await admin.get(CARDS)).json()
    assert [(each["token"], each["kind"], each["label"]) for each in found] == told
    assert (await admin.get("/api/v1/stations/CP1/local-list")).json()["cards"] == len(held)
