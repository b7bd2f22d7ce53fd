"""A tariff tried out over the API: on a session that is only thought of, and on those of last month."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from stationmaster.domain.stations import Station
from stationmaster.storage import Database, Work
from tests import telling
from tests.api.conftest import NOW, Client

TARIFFS = "/api/v1/tariffs"
DAY = {"id": "day", "name": "By day", "currency": "EUR", "price_per_kwh": "0.40", "standard": True}
DEARER = {"currency": "EUR", "price_per_kwh": "0.50", "price_per_session": "1"}


@pytest.mark.any_database
async def test_S4_048_what_a_session_will_cost_is_worked_out_before_it(admin: Client) -> None:
    await admin.post(TARIFFS, json=DAY)
    asked = {"kwh": "20", "minutes": 60, "tariff": "day"}
    answer = await admin.post(f"{TARIFFS}/estimates", json=asked)
    assert (answer.status_code, answer.json()["total"], answer.json()["currency"]) == (200, "8.00", "EUR")
    parking = {"elements": [{"price_components": [{"type": "parking_time", "price": "3"}]}], "grace_minutes": 10}
    draft = {"currency": "EUR", "structure": parking}
    stands = {"kwh": "20", "minutes": 60, "parked_minutes": 30, "draft": draft}
    told = (await admin.post(f"{TARIFFS}/estimates", json=stands)).json()
    # 20 minutes of the 30 at 3.00 an hour.
    assert (told["total"], told["grace_s"], told["parked_s"]) == ("1.00", 600, 1800)


@pytest.mark.any_database
@pytest.mark.parametrize(
    "given, field",
    [
        ({}, "tariff"),
        ({"tariff": "day", "draft": DEARER}, "tariff"),
        ({"draft": {"currency": "XYZ", "price_per_kwh": 1}}, "draft.currency"),
        ({"draft": {"currency": "EUR"}}, "draft.price_per_kwh"),
        ({"draft": DEARER, "kwh": "-1"}, "kwh"),
        ({"draft": DEARER, "kwh": "NaN"}, "kwh"),
        ({"draft": DEARER, "time_zone": "Berlin"}, "zone"),
        ({"draft": DEARER, "begins_at": "2026-05-01T12:00:00"}, "begins_at"),
    ],
)
async def test_what_is_wrong_is_told_with_its_field(admin: Client, given: dict[str, Any], field: str) -> None:
    answer = await admin.post(f"{TARIFFS}/estimates", json={"kwh": 1, "minutes": 1} | given)
    assert answer.status_code == 422, answer.text
    assert field in [error["field"] for error in answer.json()["errors"]]


async def test_S4_016_all_sessions_of_a_time_under_another_tariff(
    admin: Client, charger: Any, database: Database
) -> None:
    station = Station(charger.id, "CP1", charger.organization_id, "1.6", "accepted", True)
    await admin.post(TARIFFS, json=DAY)

    def charge(work: Work) -> None:
        for hour, meter in ((0, 10_000), (2, 20_000), (4, 0)):
            begin = NOW + timedelta(hours=hour)
            number = telling.start(work, station, meter=0, at=begin)
            telling.stop(work, station, number, meter=meter, at=begin + timedelta(hours=1), repeat_key=f"{hour}")
        telling.start(work, station, meter=0, at=NOW + timedelta(hours=6))

    await database.write(charge)
    span = {"from": NOW.isoformat(), "to": (NOW + timedelta(days=1)).isoformat()}
    told = await admin.post(f"{TARIFFS}/simulations", json={"draft": DEARER, **span})
    assert told.status_code == 200, told.text
    whole = told.json()
    # 4.00 + 8.00 + 0; 6.00 + 11.00 + 0, because too little is delivered to be billed.
    assert {name: whole[name] for name in ("sessions", "looked_at", "energy_wh", "before", "after")} == {
        "sessions": 3,
        "looked_at": 3,
        "energy_wh": 30_000,
        "before": "12.00",
        "after": "17.00",
    }
    assert (whole["dearer"], whole["cheaper"], whole["not_compared"]) == (2, 0, 0)
    assert [(item["before"], item["after"]) for item in whole["items"]] == [
        ("8.00", "11.00"),
        ("4.00", "6.00"),
        ("0.00", "0.00"),
    ]
    elsewhere = await admin.post(f"{TARIFFS}/simulations", json={"draft": DEARER, **span, "site": "none"})
    assert elsewhere.json()["sessions"] == 0
    yen = await admin.post(f"{TARIFFS}/simulations", json={"draft": {"currency": "JPY", "price_per_kwh": 60}, **span})
    assert (yen.json()["looked_at"], yen.json()["not_compared"], yen.json()["after"]) == (3, 3, "0")
    assert (await admin.post(f"{TARIFFS}/simulations", json={"draft": DEARER})).json()["sessions"] == 0  # last month
