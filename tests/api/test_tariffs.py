"""Tariffs over the API."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from stationmaster.domain import session_limits, sessions, stations
from stationmaster.domain.money.amounts import Money
from stationmaster.gateway import spending
from stationmaster.storage import Database, Work
from tests import telling
from tests.api.conftest import Client

TARIFFS = "/api/v1/tariffs"
DAY = {"id": "day", "name": "By day", "currency": "INR", "price_per_kwh": "12.50", "tax_percent": 18}


async def test_S1_046_a_tariff_has_what_the_document_knows_of_it(admin: Client) -> None:
    made = await admin.post(TARIFFS, json=DAY)
    assert made.status_code == 201, made.text
    shown = made.json()
    assert {name: shown[name] for name in ("id", "name", "currency", "price_per_kwh", "tax_percent", "status")} == {
        "id": "day",
        "name": "By day",
        "currency": "INR",
        "price_per_kwh": "12.5",
        "tax_percent": "18",
        "status": "active",
    }
    assert (shown["created_by"], shown["terms"], shown["deleted_at"]) == ("administrator@example.com", 1, None)
    got = await admin.get(f"{TARIFFS}/day")
    assert (got.json(), got.headers["etag"]) == (shown, made.headers["etag"])


@pytest.mark.any_database
async def test_a_price_is_never_a_float(admin: Client) -> None:
    """0.1 + 0.2 is 0.3 here: what was written is what is shown, as number and as text."""
    raw = b'{"name": "T", "currency": "EUR", "price_per_kwh": 0.300001, "price_per_minute": "0.1"}'
    made = await admin.post(TARIFFS, content=raw, headers={"Content-Type": "application/json"})
    assert (made.json()["price_per_kwh"], made.json()["price_per_minute"]) == ("0.300001", "0.1")


async def test_replace_patch_and_the_terms_that_were(admin: Client) -> None:
    await admin.post(TARIFFS, json=DAY)
    dearer = await admin.patch(f"{TARIFFS}/day", json={"price_per_kwh": "13", "price_per_minute": "0.5"})
    assert (dearer.json()["terms"], dearer.json()["price_per_kwh"], dearer.json()["tax_percent"]) == (2, "13", "18")
    whole = {"name": "By day", "currency": "INR", "price_per_kwh": "13"}
    replaced = (await admin.put(f"{TARIFFS}/day", json=whole)).json()
    assert (replaced["terms"], replaced["price_per_minute"], replaced["tax_percent"]) == (3, None, "0")
    terms = (await admin.get(f"{TARIFFS}/day/terms")).json()["items"]
    assert [(one["number"], one["price_per_kwh"], one["price_per_minute"], one["tax_percent"]) for one in terms] == [
        (3, "13", None, "0"),
        (2, "13", "0.5", "18"),
        (1, "12.5", None, "18"),
    ]
    assert {one["made_by"] for one in terms} == {"administrator@example.com"}


@pytest.mark.any_database
@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"price_per_kwh": -1}, "price_per_kwh"),
        ({"price_per_kwh": "NaN"}, "price_per_kwh"),
        ({"price_per_kwh": "1e999999"}, "price_per_kwh"),
        ({"price_per_kwh": "1e-999999"}, "price_per_kwh"),
        ({"price_per_kwh": None}, "price_per_kwh"),
        ({"tax_percent": 100.5}, "tax_percent"),
        ({"currency": "XYZ"}, "currency"),
        ({"id": "a/b"}, "id"),
        ({"terms": 7}, "terms"),  # API-12: nobody sets what is counted
        ({"created_by": "me"}, "created_by"),
    ],
)
async def test_API_12_what_is_wrong_is_told_with_its_field(admin: Client, fields: dict[str, Any], field: str) -> None:
    answer = await admin.post(TARIFFS, json=DAY | fields)
    assert answer.status_code == 422, answer.text
    assert field in answer.json()["errors"][0]["field"] + answer.json()["errors"][0]["reason"]
    assert (await admin.get(TARIFFS)).json()["items"] == []


@pytest.mark.any_database
async def test_the_standard_is_found_however_many_tariffs_there_are(admin: Client) -> None:
    await admin.post(TARIFFS, json=DAY | {"standard": True})
    await admin.post(TARIFFS, json=DAY | {"id": "night"})
    listed = {told: (await admin.get(TARIFFS, params={"standard": told})).json()["items"] for told in ("true", "false")}
    assert {told: [one["id"] for one in items] for told, items in listed.items()} == {
        "true": ["day"],
        "false": ["night"],
    }


async def test_a_tariff_that_is_the_standard_holds_everywhere_and_is_not_removed(admin: Client, charger: Any) -> None:
    await admin.post(TARIFFS, json=DAY | {"standard": True})
    held = (await admin.get("/api/v1/stations/CP1/tariffs")).json()["items"]
    assert held == [
        {"evse": 0, "connector": 0, "named": None, "tariff": "day", "name": "By day", "decided_by": "organization"},
    ]
    refused = await admin.delete(f"{TARIFFS}/day")
    assert (refused.status_code, "the organization" in refused.json()["detail"]) == (409, True)
    await admin.patch(f"{TARIFFS}/day", json={"standard": False})
    assert (await admin.delete(f"{TARIFFS}/day")).status_code == 204
    assert (await admin.get(f"{TARIFFS}/day")).status_code == 404
    assert (await admin.get(TARIFFS)).json()["items"] == []
    assert (await admin.get(f"{TARIFFS}?deleted=true")).json()["items"][0]["id"] == "day"
    assert (await admin.post(f"{TARIFFS}/day/restore")).json()["deleted_at"] is None


async def test_two_who_change_one_price_at_once_do_not_undo_each_other(admin: Client) -> None:
    tag = (await admin.post(TARIFFS, json=DAY)).headers["etag"]
    changes = [{"price_per_kwh": "13"}, {"price_per_kwh": "14"}]
    answers = await asyncio.gather(
        *(admin.patch(f"{TARIFFS}/day", json=change, headers={"If-Match": tag}) for change in changes)
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    assert len((await admin.get(f"{TARIFFS}/day/terms")).json()["items"]) == 2


async def test_tariffs_are_found_and_sorted(admin: Client) -> None:
    for name, currency in (("Night", "EUR"), ("day", "INR"), ("Evening", "EUR")):
        await admin.post(TARIFFS, json={"name": name, "currency": currency, "price_per_kwh": 1})

    async def names(query: str) -> list[str]:
        answer = await admin.get(f"{TARIFFS}?{query}")
        assert answer.status_code == 200, answer.text
        return [one["name"] for one in answer.json()["items"]]

    assert await names("sort=name") == ["day", "Evening", "Night"]
    assert await names("search=NIGHT") == ["Night"]
    assert await names("currency=eur&sort=-name") == ["Night", "Evening"]
    first = (await admin.get(f"{TARIFFS}?sort=name&limit=2")).json()
    assert await names(f"sort=name&limit=2&cursor={first['next']}") == ["Night"]


async def test_places_name_tariffs_and_the_audit_log_says_who_did_it(admin: Client, charger: Any) -> None:
    for name in ("day", "night"):
        await admin.post(TARIFFS, json=DAY | {"id": name})
    await admin.post("/api/v1/sites", json={"id": "H", "name": "Harbour"})
    await admin.patch("/api/v1/stations/CP1", json={"site": "Harbour"})
    assert (await admin.get("/api/v1/sites/H/tariff")).json() == {"tariff": None}
    assert (await admin.put("/api/v1/sites/H/tariff", json={"tariff": "night"})).json() == {"tariff": "night"}
    assert (await admin.get("/api/v1/sites/H/tariff")).json() == {"tariff": "night"}
    assert (await admin.put("/api/v1/stations/CP1/tariff", json={"tariff": "day"})).status_code == 200
    [whole] = (await admin.get("/api/v1/stations/CP1/tariffs")).json()["items"]
    assert (whole["named"], whole["tariff"], whole["decided_by"]) == ("day", "day", "station")
    assert (await admin.put("/api/v1/stations/CP1/tariff", json={"tariff": None})).status_code == 200
    [whole] = (await admin.get("/api/v1/stations/CP1/tariffs")).json()["items"]
    assert (whole["named"], whole["tariff"], whole["decided_by"]) == (None, "night", "site")
    acts = (await admin.get("/api/v1/audit?subject=station:CP1")).json()["items"]
    assert (acts[0]["action"], acts[0]["before"], acts[0]["after"]) == (
        "name_tariff",
        {"tariff": "day"},
        {"tariff": None},
    )
    refused = await admin.put("/api/v1/stations/CP1/tariff", json={"tariff": "none"})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "tariff")
    assert (await admin.put("/api/v1/stations/CP1/tariff", json={})).status_code == 422
    assert (await admin.put("/api/v1/sites/none/tariff", json={"tariff": None})).status_code == 404


NIGHT = {
    "elements": [
        {
            "price_components": [{"type": "energy", "price": 0.30, "taxes": [{"name": "VAT", "percent": "19"}]}],
            "restrictions": {"start_time": "22:00", "end_time": "06:00"},
        },
        {
            "price_components": [{"type": "energy", "price": "0.45"}],
            "restrictions": {"start_time": "06:00", "end_time": "21:00"},
        },
    ],
    "grace_minutes": 15,
}


async def test_a_tariff_may_have_elements_in_place_of_prices(admin: Client) -> None:
    made = await admin.post(TARIFFS, json={"id": "night", "name": "Night", "currency": "EUR", "structure": NIGHT})
    assert made.status_code == 201, made.text
    shown = made.json()
    first = shown["structure"]["elements"][0]["price_components"][0]
    assert (first["price"], first["taxes"]) == ("0.3", [{"name": "VAT", "percent": "19"}])
    assert (shown["price_per_kwh"], shown["unpriced"][0], len(shown["unpriced"])) == (None, "monday 21:00–22:00", 7)
    assert (await admin.get(f"{TARIFFS}/night")).json() == shown
    # The same again is no other price.
    same = await admin.patch(f"{TARIFFS}/night", json={"structure": shown["structure"]})
    assert same.json()["terms"] == 1
    simple = await admin.patch(f"{TARIFFS}/night", json={"structure": None, "price_per_kwh": "0.40"})
    assert (simple.json()["terms"], simple.json()["structure"], simple.json()["unpriced"]) == (2, None, [])
    terms = (await admin.get(f"{TARIFFS}/night/terms")).json()["items"]
    assert [one["structure"] is None for one in terms] == [True, False]


@pytest.mark.any_database
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"price_per_kwh": "0.40"}, "structure"),
        ({"tax_percent": 19}, "structure"),
        ({"structure": {"elements": []}}, "structure.elements"),
        ({"structure": {"elements": [{"price_components": [{"type": "energy", "price": "-1"}]}]}}, "structure.elements[0].price_components[0].price"),
        ({"currency": "JPY", "structure": {**NIGHT, "max_price": {"after_taxes": "10.50"}}}, "structure.max_price.after_taxes"),
        ({"currency": "EURO"}, "currency"),
    ],
)  # fmt: skip
async def test_what_is_no_structure_is_told_with_its_field(admin: Client, changes: dict[str, Any], field: str) -> None:
    refused = await admin.post(TARIFFS, json={"name": "Night", "currency": "EUR", "structure": NIGHT} | changes)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)
    unread = await admin.post(TARIFFS, json={"name": "Night", "currency": "EUR", "structure": {"elements": [{}]}})
    assert (unread.status_code, "structure.elements[0]" in unread.text) == (422, True)


async def test_a_session_shows_what_it_costs_and_would_cost(admin: Client, database: Database, charger: Any) -> None:
    def charge(work: Work) -> str:
        row = work.execute(stations.stations.select()).one()
        station = stations.Station(row.id, row.identity, row.organization_id, "1.6", "accepted", True)
        number = telling.start(work, station, meter=0, at=work.now - timedelta(hours=1))
        telling.stop(work, station, number, meter=18_735)
        return str(work.execute(sessions.sessions.select()).one().public_id)

    price = f"/api/v1/sessions/{await database.write(charge)}/price"
    assert (await admin.get(price)).status_code == 409  # no tariff holds there
    await admin.post(
        TARIFFS, json=DAY | {"currency": "EUR", "price_per_kwh": "0.39", "tax_percent": 19, "standard": True}
    )
    shown = (await admin.get(price)).json()
    assert (shown["tariff"], shown["decided_by"], shown["time_zone"]) == ("day", "organization", "UTC")
    # 18.735 × 0.39 = 7.30665; 19 % of 7.31 is 1.3889.
    assert (shown["net"], shown["taxes"], shown["total"]) == (
        "7.31",
        [{"name": "Tax", "percent": "19", "base": "7.31", "amount": "1.39"}],
        "8.70",
    )
    line = shown["lines"][0]
    assert (line["quantity"], line["unit"], line["unit_price"], line["taxes"]) == (18_735, "kwh", "0.39", ["Tax 19 %"])
    assert line["parts"][0]["end"] == {"at": shown["lines"][0]["ends_at"], "energy_wh": 18_735, "interpolated": False}
    await admin.post(TARIFFS, json={"id": "yen", "name": "Yen", "currency": "JPY", "price_per_kwh": "55"})
    other = (await admin.get(f"{price}?tariff=yen")).json()
    assert (other["total"], other["currency"], other["decided_by"]) == ("1030", "JPY", None)  # 1030.425
    assert (await admin.get(f"{price}?tariff=none")).status_code == 404


@pytest.mark.any_database
async def test_M_17_a_session_says_why_it_is_ended(admin: Client, database: Database, charger: Any) -> None:
    await admin.post(TARIFFS, json=DAY | {"currency": "EUR", "price_per_kwh": "0.39", "standard": True})

    def charge(work: Work) -> str:
        row = work.execute(stations.stations.select()).one()
        station = stations.Station(row.id, row.identity, row.organization_id, "1.6", "accepted", True)
        telling.start(work, station, meter=0, at=work.now)
        session = work.execute(sessions.sessions.select()).one()
        session_limits.set_aside(work, session.id, Money(Decimal("0.10"), "EUR"))
        return str(session.public_id)

    price = f"/api/v1/sessions/{await database.write(charge)}/price"
    assert (await admin.get(price)).json()["limit"] is None
    [ending] = await spending.look(database)
    limit = (await admin.get(price)).json()["limit"]
    assert (ending.because, limit["because"], limit["ended_at"]) == ("hold", "hold", limit["warned_at"])
