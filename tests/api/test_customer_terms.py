"""On which terms customers charge: prepaid, postpaid or free; their groups and tariffs, over the API."""

from __future__ import annotations

from typing import Any

import pytest

from stationmaster.storage import Database
from tests.api.conftest import Client

API = "/api/v1"
TARIFF = {"id": "day", "name": "By day", "currency": "EUR", "price_per_kwh": "0.40"}
TERMS = {
    "billing": "postpaid",
    "currency": "EUR",
    "credit_limit": "200.00",
    "monthly_budget": "50",
    "language": "de-AT",
    "billing_address": {"street": "Hafen 1", "postal_code": "20457", "city": "Hamburg", "country": "de"},
    "tax_number": "DE123456789",
    "group": "staff",
    "tariff": "day",
}


async def test_S4_016_a_customer_has_terms_a_group_and_a_tariff(admin: Client) -> None:
    assert (await admin.post(f"{API}/tariffs", json=TARIFF)).status_code == 201
    made = await admin.post(f"{API}/customer-groups", json={"id": "staff", "name": "Staff", "tariff": "day"})
    assert (made.status_code, made.json()["tariff"]) == (201, "day")
    ann = await admin.post(f"{API}/customers", json={"id": "ann", "name": "Ann"} | TERMS)
    assert ann.status_code == 201, ann.text
    address = {**TERMS["billing_address"], "country": "DE", "name": None, "region": None}  # type: ignore[dict-item]
    kept = TERMS | {"billing_address": address, "credit_limit": "200", "monthly_budget": "50"}
    assert {name: ann.json()[name] for name in TERMS} == kept
    changed = await admin.patch(f"{API}/customers/ann", json={"billing": "prepaid", "group": None})
    assert {name: changed.json()[name] for name in TERMS} == kept | {"billing": "prepaid", "group": None}
    plain = (await admin.put(f"{API}/customers/ann", json={"name": "Ann"})).json()
    assert {name: plain[name] for name in TERMS} == dict.fromkeys(TERMS) | {"billing": "free"}


@pytest.mark.any_database
@pytest.mark.parametrize(
    "given, field",
    [
        ({"billing": "never"}, "billing"),
        ({"currency": "EURO"}, "currency"),
        ({"currency": "XYZ"}, "currency"),
        ({"credit_limit": "10"}, "currency"),  # in which?
        ({"currency": "JPY", "credit_limit": "10.50"}, "credit_limit"),
        ({"currency": "EUR", "monthly_budget": "-1"}, "monthly_budget"),
        ({"currency": "EUR", "monthly_budget": "NaN"}, "monthly_budget"),
        ({"language": "German"}, "language"),
        ({"billing_address": {"country": "Germany"}}, "billing_address.country"),
        ({"group": "nobody"}, "group"),
        ({"tariff": "none"}, "tariff"),
    ],
)
async def test_what_is_wrong_is_told_with_its_field(admin: Client, given: dict[str, Any], field: str) -> None:
    answer = await admin.post(f"{API}/customers", json={"name": "Ann"} | given)
    assert answer.status_code == 422, answer.text
    assert field in [error["field"] for error in answer.json()["errors"]]


@pytest.mark.any_database
async def test_what_somebody_names_is_not_removed(admin: Client) -> None:
    await admin.post(f"{API}/tariffs", json=TARIFF)
    await admin.post(f"{API}/customer-groups", json={"id": "staff", "name": "Staff", "tariff": "day"})
    await admin.post(f"{API}/customers", json={"id": "ann", "name": "Ann", "tariff": "day", "group": "staff"})
    refused = await admin.delete(f"{API}/tariffs/day")
    assert (refused.status_code, refused.json()["detail"]) == (
        409,
        "tariff 'day' is in use at customer Ann, customers of the group Staff",
    )
    assert (await admin.delete(f"{API}/customer-groups/staff")).status_code == 409
    await admin.patch(f"{API}/customers/ann", json={"group": None, "tariff": None})
    assert (await admin.delete(f"{API}/customer-groups/staff")).status_code == 204
    assert (await admin.delete(f"{API}/tariffs/day")).status_code == 204


async def test_API_35_who_is_erased_has_no_address_any_more(admin: Client, database: Database) -> None:
    from stationmaster.domain.customers import customers

    about = {name: TERMS[name] for name in ("language", "billing_address", "tax_number")}
    await admin.post(f"{API}/customers", json={"id": "ann", "name": "Ann"} | about)
    assert (await admin.post(f"{API}/customers/ann/erase")).status_code == 204
    row = await database.read(lambda work: work.execute(customers.select()).one())
    assert [getattr(row, name) for name in about] == [None, None, None]
