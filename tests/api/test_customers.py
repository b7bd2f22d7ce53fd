"""Customers, their vehicles and cards, and their sessions, over the API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from stationmaster.domain import accounts, organizations, sessions, tokens
from stationmaster.domain.stations import Station
from stationmaster.domain.times import Instant
from stationmaster.storage import Database, Work
from tests.api.conftest import NOW, PASSWORD, Client

API = "/api/v1"
ANN = {"id": "ann", "name": "Ann Rao", "phone": "+91 98765 43210", "email": "ann@example.in"}


@pytest.fixture
async def ann(admin: Client) -> dict[str, Any]:
    """A customer with a vehicle and a card."""
    made = await admin.post(f"{API}/customers", json=ANN)
    assert made.status_code == 201, made.text
    car = {
        "id": "car",
        "customer": "ann",
        "make": "Tata",
        "model": "Nexon",
        "plate": "KA 01 AB 1234",
        "battery_kwh": 40.5,
    }
    assert (await admin.post(f"{API}/vehicles", json=car)).status_code == 201
    card = await admin.post(f"{API}/tokens", json={"uid": "04a2b7c9d1e380", "label": "Ann", "customer": "ann"})
    assert (card.status_code, card.json()["customer"]) == (201, "ann")
    body: dict[str, Any] = made.json()
    return body


async def charge(database: Database, row: Any, card: str, *, ends: bool = True, number: int = 0) -> None:
    """A session at CP1 with this card, as a charger of 1.6 tells of it."""
    station = Station(row.id, "CP1", row.organization_id, "1.6", "accepted", True)

    def told(work: Work) -> None:
        auth = tokens.authorize_told(work, station, card)
        at = Instant(NOW + timedelta(hours=number), f"{number}")
        begun = sessions.tell(
            work,
            station,
            sessions.TransactionTold(
                kind="started",
                numbered=True,
                evse=1,
                connector=1,
                token=card,
                customer_id=auth.customer_id,
                authorization=auth.status,
                at=at,
                meter_wh=Decimal(0),
            ),
        )
        assert begun is not None
        if ends:
            end = sessions.TransactionTold(
                kind="ended",
                numbered=True,
                transaction_id=begun.transaction_id,
                at=Instant(at.at + timedelta(minutes=30), "end"),
                meter_wh=Decimal(5000),
                token=card,
                content=begun.transaction_id,
            )
            sessions.tell(work, station, end)

    await database.write(told)


async def test_S1_058_a_customer_has_what_the_document_knows_of_it(admin: Client, ann: dict[str, Any]) -> None:
    got = await admin.get(f"{API}/customers/ann")
    assert got.json() == ann | {"default_vehicle": {"id": "car", "name": "Tata Nexon KA 01 AB 1234"}}
    assert (ann["phone"], ann["email"], ann["created_by"]) == (
        "+919876543210",
        "ann@example.in",
        "administrator@example.com",
    )
    listed = (await admin.get(f"{API}/customers?search=98765")).json()["items"]
    assert listed == [got.json()]
    car = (await admin.get(f"{API}/vehicles?customer=ann")).json()["items"]
    assert [(one["id"], one["default"], one["battery_kwh"]) for one in car] == [("car", True, 40.5)]
    patched = await admin.patch(f"{API}/customers/ann", json={"email": None})
    assert (patched.json()["email"], patched.json()["phone"]) == (None, "+919876543210")
    replaced = await admin.put(
        f"{API}/customers/ann", json={"name": "Ann"}, headers={"If-Match": patched.headers["etag"]}
    )
    assert (replaced.json()["phone"], replaced.json()["default_vehicle"]["id"]) == (None, "car")
    assert (
        await admin.patch(f"{API}/customers/ann", json={}, headers={"If-Match": got.headers["etag"]})
    ).status_code == 412


async def test_S1_078_a_session_is_the_customers_whose_card_it_was_when_it_began(
    admin: Client, ann: dict[str, Any], charger: Any, database: Database
) -> None:
    await charge(database, charger, "04A2B7C9D1E380")
    await charge(database, charger, "SOMEBODY", number=1)
    await admin.patch(f"{API}/tokens/04A2B7C9D1E380", json={"customer": None})
    await charge(database, charger, "04A2B7C9D1E380", number=2)

    async def customers_of(query: str) -> list[Any]:
        return [one["customer"] for one in (await admin.get(f"{API}/sessions{query}")).json()["items"]]

    assert await customers_of("") == [None, None, "ann"]
    assert await customers_of("?customer=ann") == ["ann"]
    assert await customers_of("?customer=nobody") == []
    [mine] = (await admin.get(f"{API}/sessions?customer=ann")).json()["items"]
    assert (await admin.get(f"{API}/sessions/{mine['id']}")).json()["customer"] == "ann"
    assert (await admin.get(f"{API}/tokens?customer=ann")).json()["items"] == []


async def test_D_01_and_API_35_who_may_look_at_people(as_role: Callable[..., Any], ann: dict[str, Any]) -> None:
    viewer, operator, driver = [await as_role(role) for role in ("viewer", "operator", "driver")]
    for client, status in ((viewer, 403), (driver, 403), (operator, 200)):
        for path in ("/customers", "/customers/ann", "/customers/ann/data", "/vehicles", "/vehicles/car"):
            assert (await client.get(API + path)).status_code == status, path
    for client, name in ((viewer, None), (operator, "Ann Rao")):
        one = (await client.get(f"{API}/tokens/04A2B7C9D1E380")).json()
        [listed] = (await client.get(f"{API}/tokens?customer=ann")).json()["items"]
        assert (one["customer"], one["customer_name"], listed["customer_name"]) == ("ann", name, name)
    assert (await operator.post(f"{API}/customers/ann/erase")).status_code == 403


async def test_API_35_all_that_is_kept_of_a_person_is_given_out(
    admin: Client, ann: dict[str, Any], charger: Any, database: Database
) -> None:
    await charge(database, charger, "04A2B7C9D1E380")
    await charge(database, charger, "SOMEBODY", number=1)
    await admin.delete(f"{API}/vehicles/car")
    data = (await admin.get(f"{API}/customers/ann/data")).json()
    assert data["customer"]["name"] == "Ann Rao"
    assert [(one["id"], one["deleted_at"] is not None) for one in data["vehicles"]] == [("car", True)]
    assert [one["uid"] for one in data["tokens"]] == ["04a2b7c9d1e380"]
    assert [(one["token"], one["energy_wh"]) for one in data["sessions"]] == [("04A2B7C9D1E380", 5000)]
    assert (await admin.get(f"{API}/customers/bob/data")).status_code == 404


async def everywhere(database: Database) -> str:
    """All rows of all tables but the message log, as one text."""

    def read(work: Work) -> str:
        tables = [table for name, table in sessions.sessions.metadata.tables.items() if name != "messages"]
        return "\n".join(f"{table.name} {row}" for table in tables for row in work.execute(table.select()))

    return await database.read(read)


async def test_API_35_erased_the_sessions_remain_and_the_person_is_gone(
    admin: Client, ann: dict[str, Any], charger: Any, database: Database
) -> None:
    await charge(database, charger, "04A2B7C9D1E380")
    await charge(database, charger, "04A2B7C9D1E380", number=1)
    await charge(database, charger, "OTHER", number=2)
    await charge(database, charger, "04A2B7C9D1E380", number=3, ends=False)
    goes_on = await admin.post(f"{API}/customers/ann/erase")
    assert goes_on.status_code == 409, goes_on.text
    [active] = (await admin.get(f"{API}/sessions?status=active")).json()["items"]
    assert (await admin.post(f"{API}/sessions/{active['id']}/end", json={"note": "over"})).status_code == 200
    await admin.patch(f"{API}/customers/ann", json={"phone": "+91 98765 00000"})
    assert (await admin.post(f"{API}/tokens/04A2B7C9D1E380/aliases", json={"alias": "A71A5B2C3D4"})).status_code == 201
    before = (await admin.get(f"{API}/sessions?limit=10")).json()["items"]

    assert (await admin.post(f"{API}/customers/ann/erase")).status_code == 204
    after = (await admin.get(f"{API}/sessions?limit=10")).json()["items"]
    for was, now in zip(before, after, strict=True):
        person = {"token": None, "customer": None, "customer_name": None}
        assert was | person == now | person
    [other, *theirs] = sorted(after, key=lambda one: one["token"] != "OTHER")
    assert (other["token"], other["customer"]) == ("OTHER", None)
    assert len({(one["token"], one["customer"]) for one in theirs}) == 1  # still of one card and one customer
    nobody = theirs[0]["customer"]
    assert nobody.startswith("erased-")
    kept = await everywhere(database)
    for trace in (
        "Ann",
        "9876500000",
        "98765 00000",
        "ann@",
        "KA 01",
        "04A2B7C9D1E380",
        "04a2b7c9d1e380",
        "A71A5B2C3D4",
        "'ann'",
        "'car'",
    ):
        assert trace not in kept, trace
    for path in (f"/customers/{nobody}", "/customers/ann", "/vehicles/car", "/tokens/04A2B7C9D1E380"):
        assert (await admin.get(API + path)).status_code == 404, path
    assert (await admin.post(f"{API}/customers/{nobody}/restore")).status_code == 404
    for path in ("/customers", "/customers?deleted=true", "/vehicles?deleted=true"):
        assert (await admin.get(API + path)).json()["items"] == [], path
    acts = [one["action"] for one in (await admin.get(f"{API}/audit?limit=50")).json()["items"]]
    assert acts[0] == "erase_customer"
    assert "add_customer" in acts  # that somebody did it stays


async def test_API_35_somebody_removed_is_erased_too(admin: Client, ann: dict[str, Any], database: Database) -> None:
    await admin.delete(f"{API}/tokens/04a2b7c9d1e380")
    assert (await admin.delete(f"{API}/customers/ann")).status_code == 204
    assert (await admin.post(f"{API}/customers/ann/erase")).status_code == 204
    assert "Ann" not in await everywhere(database)
    assert (await admin.post(f"{API}/customers/ann/erase")).status_code == 404


@pytest.mark.parametrize("role", ["driver", "operator"])
async def test_API_35_erased_the_user_of_a_driver_goes_and_who_works_here_stays(
    role: str, web: Any, admin: Client, ann: dict[str, Any], database: Database
) -> None:
    new = {"email": "ann@raos.example", "name": "Ann R", "role": role, "password": PASSWORD, "customer": "ann"}
    assert (await admin.post(f"{API}/users", json=new)).status_code == 201
    async with Client(web) as theirs:
        await theirs.login("ann@raos.example")
        assert (await theirs.post(f"{API}/me/vehicles", json={"plate": "X"})).status_code == 201
        assert (await admin.get(f"{API}/customers/ann/data")).json()["user"]["email"] == "ann@raos.example"
        assert (await admin.post(f"{API}/customers/ann/erase")).status_code == 204
        kept = await everywhere(database)
        if role == "driver":
            assert "raos" not in kept and "Ann R" not in kept
            assert (await theirs.login("ann@raos.example")).status_code == 401
        else:
            assert "Ann Rao" not in kept
            await theirs.login("ann@raos.example")
            assert (await theirs.get(f"{API}/me")).status_code == 404


async def test_API_35_who_is_limited_to_sites_erases_nobody(
    web: Any, admin: Client, ann: dict[str, Any], database: Database
) -> None:
    """They would erase a part, and leave the rest where nobody looks for it any more."""
    await admin.post(f"{API}/sites", json={"name": "Harbour"})

    def add(work: Work) -> None:
        home = organizations.home(work)
        accounts.add(work, home, email="h@example.com", password=PASSWORD, role="administrator", site_names=["Harbour"])

    await database.write(add)
    async with Client(web) as limited:
        await limited.login("h@example.com")
        assert (await limited.post(f"{API}/customers/ann/erase")).status_code == 409
        assert (await limited.get(f"{API}/customers/ann/data")).status_code == 409
    assert (await admin.get(f"{API}/customers/ann")).status_code == 200


async def test_API_11_people_of_another_organization_are_not_there(admin: Client, database: Database) -> None:
    def elsewhere(work: Work) -> None:
        from stationmaster.domain import customers, vehicles

        other = organizations.create(work, name="Elsewhere").id
        customers.create(work, other, public_id="theirs", name="Zoe")
        vehicles.create(work, other, public_id="their-car", customer="theirs", plate="Z")

    await database.write(elsewhere)
    for method, path, body in (
        ("GET", "/customers/theirs", None),
        ("PUT", "/customers/theirs", {"name": "x"}),
        ("PATCH", "/customers/theirs", {}),
        ("DELETE", "/customers/theirs", None),
        ("POST", "/customers/theirs/restore", None),
        ("POST", "/customers/theirs/erase", None),
        ("GET", "/customers/theirs/data", None),
        ("GET", "/customers/theirs/wallet-transactions", None),
        ("GET", "/vehicles/their-car", None),
        ("PATCH", "/vehicles/their-car", {}),
        ("DELETE", "/vehicles/their-car", None),
    ):
        assert (await admin.request(method, API + path, json=body)).status_code == 404, path
    assert (await admin.post(f"{API}/vehicles", json={"customer": "theirs", "plate": "x"})).status_code == 422
    assert (await admin.post(f"{API}/tokens", json={"uid": "X", "customer": "theirs"})).status_code == 422
    assert (await admin.get(f"{API}/customers?search=Zoe")).json()["items"] == []


async def test_S1_113_a_wallet_in_which_nothing_is_yet_says_so(admin: Client, ann: dict[str, Any]) -> None:
    answer = await admin.get(f"{API}/customers/ann/wallet-transactions")
    assert (answer.status_code, answer.json()) == (200, {"items": [], "next": None})


@pytest.mark.any_database
@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/customers", {"name": "x", "balance": 100}, "balance"),  # API-12
        ("/customers", {"name": "x", "phone": "call me"}, "phone"),
        ("/customers", {"name": "x", "email": "nobody"}, "email"),
        ("/customers", {"name": "x", "id": "../y"}, "id"),
        ("/customers", {"name": "\u0000"}, "body"),
        ("/vehicles", {"customer": "ann", "plate": "x", "battery_kwh": 0}, "battery_kwh"),
        ("/vehicles", {"customer": "ann", "plate": "x", "battery_kwh": "1e999999"}, "battery_kwh"),
        ("/vehicles", {"customer": "ann", "plate": "x", "battery_kwh": "NaN"}, "battery_kwh"),
        ("/vehicles", {"customer": "ann"}, "name"),
        ("/tokens", {"uid": "Y", "customer": "nobody"}, "customer"),
    ],
)
async def test_API_12_what_is_wrong_is_told_with_its_field(
    admin: Client, ann: dict[str, Any], path: str, body: dict[str, Any], field: str
) -> None:
    answer = await admin.post(API + path, json=body)
    assert answer.status_code == 422, answer.text
    first = answer.json()["errors"][0]
    assert field in first["field"] + first["reason"]
