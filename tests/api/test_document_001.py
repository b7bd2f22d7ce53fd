"""The paths of document 001, in the columns of its tables and with its words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from stationmaster.domain import customers, organizations, tokens, vehicles
from stationmaster.domain.stations import Station
from stationmaster.domain.times import Instant
from stationmaster.storage import Database, Work
from tests import telling
from tests.api.conftest import Client
from tests.files.test_pictures import picture

CMS = "/api/cms"
# `CREATE TABLE` of the document, without SERIAL keys of ours.
COLUMNS = {
    "points": "id charging_point_name station_id device_id tariff_id charger_type phase oem_list max_power deleted"
    " created_at updated_at",
    "connectors": "connector_id connector_type power",
    "stations": "id station_id station_name organization address city state country pincode latitude longitude status"
    " grid_phase working_days opening_time closing_time contact_person contact_number email deleted created_at updated_at",
    "tariffs": "id tariff_id tariff_name currency base_charges tax status created_by deleted created_at updated_at",
    "customers": "id customer_name phone email default_vehicle created_at updated_at",
    "sessions": "id session_id customer_id charging_point_id connector_id start_time end_time energy_consumed"
    " billed_amount status created_at updated_at",
}
STATION = {
    "station_id": "ST-1",
    "station_name": "Harbour",
    "address": "1 Quay",
    "city": "Pune",
    "state": "Maharashtra",
    "country": "India",
    "pincode": "411001",
    "latitude": 18.5204,
    "longitude": 73.8567,
    "status": "Active",
    "grid_phase": "Three Phase",
    "working_days": ["sunday", "monday"],
    "opening_time": "09:00:00",
    "closing_time": "22:00",
    "contact_person": "Asha",
    "contact_number": "+91 20 1234567",
    "email": "asha@example.com",
}
TARIFF = {
    "tariff_id": "T-1",
    "tariff_name": "Day",
    "currency": "INR",
    "base_charges": 12.5,
    "tax": "18.00",
    "status": "Active",
}

POINT = {
    "charging_point_name": "Left",
    "station_id": "ST-1",
    "device_id": "P-1",
    "tariff_id": "T-1",
    "charger_type": "AC",
    "phase": "Phase R",
    "oem_list": "Massive Mobility",
    "max_power": "22.00",
    "connectors": [
        {"connector_id": "1", "connector_type": "type2", "power": "22.00"},
        {"connector_id": "2", "connector_type": "ac_socket", "power": 3.3},
    ],
}


@pytest.fixture
async def place(admin: Client) -> None:
    """A station and a tariff."""
    await admin.post(f"{CMS}/stations", json=STATION)
    await admin.post(f"{CMS}/tariffs", json=TARIFF)


def _station(row: Any) -> Station:
    return Station(row.id, row.identity, row.organization_id, "1.6", "accepted", True)


async def test_S1_098_S1_097_a_station_in_the_columns_of_the_table(admin: Client) -> None:
    made = await admin.post(f"{CMS}/stations", json=STATION | {"organization": "Home"})
    assert made.status_code == 201, made.text
    shown = (await admin.get(f"{CMS}/stations/ST-1")).json()
    assert shown == made.json()
    assert set(shown) == set(COLUMNS["stations"].split()) | {"images"}
    told = STATION | {"organization": "Home", "closing_time": "22:00:00", "deleted": False, "images": []}
    told["working_days"] = ["monday", "sunday"]  # in the order of the week
    assert {name: shown[name] for name in told} == told
    ours = (await admin.get("/api/v1/sites/ST-1")).json()
    assert (ours["status"], ours["grid_phase"], ours["opening_time"]) == ("active", "three_phase", "09:00")
    brought = await admin.post("/api/v1/sites/ST-1/images", content=picture(size=(8, 8)))
    assert (await admin.get(f"{CMS}/stations/ST-1")).json()["images"] == [brought.json()["url"]]
    assert (await admin.get(f"{CMS}/stations/none")).status_code == 404


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"status": "active"}, 422, "status"),
        ({"grid_phase": "Two Phase"}, 422, "grid_phase"),
        ({"organization": "massive_mobility"}, 422, "organization"),
        ({"country": None}, 422, "country"),
        ({"station_name": ""}, 422, "station_name"),
        ({"opening_time": "9am"}, 422, "opening_time"),
        ({"working_days": ["someday"]}, 422, "working_days[0]"),
        ({"latitude": 91}, 422, "latitude"),
        ({"deleted": True}, 422, "deleted"),
        ({"station_id": "ST-1", "station_name": "Another"}, 409, None),
    ],
    ids=str,
)
async def test_S1_122_S1_123_what_is_no_station(
    admin: Client, change: dict[str, Any], status: int, field: str | None
) -> None:
    await admin.post(f"{CMS}/stations", json=STATION)
    answer = await admin.post(f"{CMS}/stations", json=STATION | {"station_id": "ST-2", "station_name": "B"} | change)
    assert answer.status_code == status, answer.text
    assert [each["field"] for each in answer.json()["errors"]] == ([] if field is None else [field])
    assert answer.headers["content-type"] == "application/problem+json"


async def test_S1_099_S1_100_a_station_is_updated_by_what_is_given_and_softly_deleted(admin: Client) -> None:
    made = (await admin.post(f"{CMS}/stations", json=STATION)).json()
    updated = await admin.put(f"{CMS}/stations/ST-1", json={"status": "Maintenance", "contact_person": None})
    assert updated.status_code == 200
    assert updated.json() | {"updated_at": 0} == made | {
        "status": "Maintenance",
        "contact_person": None,
        "updated_at": 0,
    }
    assert (await admin.put(f"{CMS}/stations/ST-1", json={"station_id": "ST-2"})).status_code == 422
    gone = await admin.delete(f"{CMS}/stations/ST-1")
    assert (gone.status_code, gone.json()["deleted"]) == (200, True)
    assert (await admin.get(f"{CMS}/stations/ST-1")).status_code == 404
    assert (await admin.get(f"{CMS}/stations")).json() == []
    assert (await admin.post("/api/v1/sites/ST-1/restore")).status_code == 200  # it was there all the time
    assert (await admin.get(f"{CMS}/stations/ST-1")).json()["deleted"] is False


async def test_S1_096_stations_are_filtered_searched_and_paged(admin: Client) -> None:
    for number, city in enumerate(("Pune", "Mumbai", "Pune")):
        new = {"station_id": f"S{number}", "station_name": f"Place {number}", "city": city}
        await admin.post(f"{CMS}/stations", json=STATION | new)
    await admin.put(f"{CMS}/stations/S0", json={"status": "Inactive"})

    async def found(**params: Any) -> list[str]:
        answer = await admin.get(f"{CMS}/stations", params=params)
        assert answer.status_code == 200, answer.text
        return [each["station_id"] for each in answer.json()]

    assert await found() == ["S2", "S1", "S0"]
    assert await found(city="pune") == ["S2", "S0"]
    assert await found(status="Inactive") == ["S0"]
    assert await found(search="place 1") == ["S1"]
    assert await found(country="Nowhere") == []
    page = await admin.get(f"{CMS}/stations", params={"limit": 1, "city": "Pune"})
    rest = await admin.get(page.headers["link"].removeprefix("<").partition(">")[0])
    assert [each["station_id"] for each in rest.json()] == ["S0"] and "link" not in rest.headers
    assert (await admin.get(f"{CMS}/stations?towns=Pune")).status_code == 422


async def test_S1_103_S1_102_S1_121_a_point_with_its_connectors_in_the_columns_of_the_tables(
    admin: Client, place: None
) -> None:
    made = await admin.post(f"{CMS}/points", json=POINT)
    assert made.status_code == 201, made.text
    shown = (await admin.get(f"{CMS}/points/P-1")).json()
    assert made.json() == shown | {"secret": made.json()["secret"]} and len(made.json()["secret"]) >= 16
    assert set(shown) == set(COLUMNS["points"].split()) | {"connectors"}
    assert {name: shown[name] for name in POINT if name != "connectors"} == {
        name: value for name, value in POINT.items() if name != "connectors"
    }
    assert shown["connectors"] == [
        {"connector_id": "1", "connector_type": "type2", "power": "22.00"},
        {"connector_id": "2", "connector_type": "ac_socket", "power": "3.30"},
    ]
    ours = (await admin.get("/api/v1/stations/P-1")).json()
    assert (ours["site"], ours["phase"], ours["max_power_w"]) == ("Harbour", "phase_r", 22_000)
    [named, *_] = (await admin.get("/api/v1/stations/P-1/tariffs")).json()["items"]
    assert (named["named"], named["decided_by"]) == ("T-1", "station")
    without = await admin.post(f"{CMS}/points", json={**POINT, "device_id": "P-2", "connectors": []})
    assert without.json()["connectors"] == []
    unnamed = {name: value for name, value in POINT.items() if name != "device_id"}
    assert (await admin.post(f"{CMS}/points", json=unnamed)).json()["device_id"]


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"charger_type": "ac"}, 422, "charger_type"),
        ({"phase": "Phase X"}, 422, "phase"),
        ({"station_id": "none"}, 422, "station_id"),
        ({"tariff_id": "none"}, 422, "tariff_id"),
        ({"device_id": "a:b"}, 422, "device_id"),
        ({"max_power": -1}, 422, "max_power"),
        (
            {"connectors": [{"connector_id": "4", "connector_type": "type2", "power": 7}]},
            422,
            "connectors[0].connector_id",
        ),
        (
            {"connectors": [{"connector_id": "1", "connector_type": "iron", "power": 7}]},
            422,
            "connectors[0].connector_type",
        ),
        ({"connectors": [{"connector_id": "1", "connector_type": "gbt", "power": 7}] * 2}, 422, "connectors"),
        ({"connectors": [{"connector_id": "1", "connector_type": "gbt", "power": "NaN"}]}, 422, "connectors"),
        ({"deleted": True}, 422, "deleted"),
        ({"device_id": "P-1"}, 409, None),
    ],
    ids=str,
)
async def test_S1_103_what_is_no_point(
    admin: Client, place: None, change: dict[str, Any], status: int, field: str | None
) -> None:
    await admin.post(f"{CMS}/points", json=POINT)
    answer = await admin.post(f"{CMS}/points", json=POINT | {"device_id": "P-2"} | change)
    assert answer.status_code == status, answer.text
    assert [each["field"] for each in answer.json()["errors"]] == ([] if field is None else [field])
    assert (await admin.get(f"{CMS}/points/P-2")).status_code == 404  # nothing of it was kept


async def test_S1_104_S1_105_a_point_is_updated_by_what_is_given_and_softly_deleted(admin: Client, place: None) -> None:
    made = (await admin.post(f"{CMS}/points", json=POINT)).json()
    del made["secret"]
    updated = (await admin.put(f"{CMS}/points/P-1", json={"phase": "Phase Y", "tariff_id": None})).json()
    assert updated | {"updated_at": 0} == made | {"phase": "Phase Y", "tariff_id": None, "updated_at": 0}
    fewer = {"connectors": [{"connector_id": "3", "connector_type": "ccs2", "power": "60"}]}
    assert (await admin.put(f"{CMS}/points/P-1", json=fewer)).json()["connectors"] == [
        {"connector_id": "3", "connector_type": "ccs2", "power": "60.00"}
    ]
    assert (await admin.put(f"{CMS}/points/P-1", json={"device_id": "P-2"})).status_code == 422
    assert (await admin.delete(f"{CMS}/stations/ST-1")).status_code == 409  # it stands there
    gone = await admin.delete(f"{CMS}/points/P-1")
    assert (gone.status_code, gone.json()["deleted"]) == (200, True)
    assert (await admin.get(f"{CMS}/points/P-1")).status_code == 404
    assert (await admin.get(f"{CMS}/points")).json() == []
    assert (await admin.delete(f"{CMS}/points/P-1")).status_code == 404


async def test_S1_101_points_are_filtered_searched_and_paged(admin: Client, place: None) -> None:
    await admin.post(f"{CMS}/stations", json=STATION | {"station_id": "ST-2", "station_name": "Hill"})
    for number, change in enumerate(({}, {"charger_type": "DC"}, {"station_id": "ST-2", "oem_list": "Okaya"})):
        await admin.post(f"{CMS}/points", json=POINT | {"device_id": f"P{number}"} | change)

    async def found(**params: Any) -> list[str]:
        answer = await admin.get(f"{CMS}/points", params=params)
        assert answer.status_code == 200, answer.text
        return [each["device_id"] for each in answer.json()]

    assert await found() == ["P2", "P1", "P0"]
    assert await found(station_id="ST-1") == ["P1", "P0"]
    assert await found(charger_type="DC") == ["P1"]
    assert await found(oem_list="okaya") == ["P2"]
    assert await found(search="p0") == ["P0"]
    assert (await admin.get(f"{CMS}/points?station_id=none")).status_code == 404
    page = await admin.get(f"{CMS}/points", params={"limit": 2})
    rest = await admin.get(page.headers["link"].removeprefix("<").partition(">")[0])
    assert [each["device_id"] for each in rest.json()] == ["P0"]


async def test_S1_107_S1_108_S1_109_S1_110_a_tariff_lives_its_life(admin: Client) -> None:
    made = await admin.post(f"{CMS}/tariffs", json=TARIFF)
    assert made.status_code == 201, made.text
    shown = (await admin.get(f"{CMS}/tariffs/T-1")).json()
    assert shown == made.json() and set(shown) == set(COLUMNS["tariffs"].split())
    assert (shown["base_charges"], shown["tax"], shown["currency"], shown["status"]) == (
        "12.50",
        "18.00",
        "INR",
        "Active",
    )
    assert (shown["created_by"], shown["deleted"]) == ("administrator@example.com", False)
    updated = (await admin.put(f"{CMS}/tariffs/T-1", json={"base_charges": "13.123"})).json()
    assert (updated["base_charges"], updated["tax"], updated["tariff_name"]) == ("13.123", "18.00", "Day")
    assert (await admin.get("/api/v1/tariffs/T-1")).json()["terms"] == 2
    assert (await admin.put(f"{CMS}/tariffs/T-1", json={"tariff_id": "T-2"})).status_code == 422
    gone = await admin.delete(f"{CMS}/tariffs/T-1")
    assert (gone.status_code, gone.json()["deleted"]) == (200, True)
    assert (await admin.get(f"{CMS}/tariffs/T-1")).status_code == 404
    assert (await admin.get(f"{CMS}/tariffs")).json() == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"currency": "RUPEES"}, "currency"),
        ({"base_charges": -1}, "base_charges"),
        ({"base_charges": "free"}, "base_charges"),
        ({"tax": 101}, "tax"),
        ({"status": "Deleted"}, "status"),
        ({"created_by": "me"}, "created_by"),
    ],
    ids=str,
)
async def test_S1_108_what_is_no_tariff(admin: Client, change: dict[str, Any], field: str) -> None:
    answer = await admin.post(f"{CMS}/tariffs", json=TARIFF | change)
    assert (answer.status_code, [each["field"] for each in answer.json()["errors"]]) == (422, [field]), answer.text


async def test_S1_106_tariffs_are_filtered_and_paged(admin: Client) -> None:
    for number in range(3):
        status = "Active" if number else "Inactive"
        await admin.post(f"{CMS}/tariffs", json=TARIFF | {"tariff_id": f"T{number}", "status": status})
    listed = (await admin.get(f"{CMS}/tariffs", params={"status": "Active"})).json()
    assert [each["tariff_id"] for each in listed] == ["T2", "T1"]
    page = await admin.get(f"{CMS}/tariffs", params={"limit": 2})
    rest = await admin.get(page.headers["link"].removeprefix("<").partition(">")[0])
    assert [each["tariff_id"] for each in rest.json()] == ["T0"]


@pytest.fixture
async def customer(database: Database) -> str:
    """Asha, with a car and a card."""

    def add(work: Work) -> str:
        home = organizations.home(work)
        row = customers.create(
            work, home, public_id="C-1", name="Asha Rao", phone="+91 98200 12345", email="asha@example.com"
        )
        vehicles.create(work, home, customer=row.public_id, name="Nexon EV")
        tokens.add(work, home, uid="TAG1", customer=row.public_id)
        return row.public_id

    return await database.write(add)


async def test_S1_111_S1_112_S1_113_customers_and_their_empty_wallets(admin: Client, customer: str) -> None:
    [shown] = (await admin.get(f"{CMS}/customers")).json()
    assert set(shown) == set(COLUMNS["customers"].split())
    assert (shown["customer_name"], shown["phone"], shown["default_vehicle"]) == (
        "Asha Rao",
        "+919820012345",
        "Nexon EV",
    )
    assert (await admin.get(f"{CMS}/customers/{customer}")).json() == shown
    assert (await admin.get(f"{CMS}/customers/{customer}/wallet-transactions")).json() == []
    for path in ("none", "none/wallet-transactions"):
        assert (await admin.get(f"{CMS}/customers/{path}")).status_code == 404


async def test_S1_119_S1_120_customers_are_searched_and_found_by_their_days(admin: Client, customer: str) -> None:
    today = (await admin.get(f"{CMS}/customers")).json()[0]["created_at"][:10]

    async def count(**params: str) -> int:
        answer = await admin.get(f"{CMS}/customers", params=params)
        assert answer.status_code == 200, answer.text
        return len(answer.json())

    assert [await count(search=text) for text in ("asha", "RAO", "98200", "nobody")] == [1, 1, 1, 0]
    assert await count(start_date=today, end_date=today) == 1  # both days are in it
    assert await count(start_date="2000-01-01", end_date="2000-01-02") == 0
    assert await count(start_date="2100-01-01T00:00:00Z") == 0
    for wrong in ("yesterday", "2026-13-01", "2026-05-01T10:00:00", "0000-00-00"):
        answer = await admin.get(f"{CMS}/customers", params={"start_date": wrong})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "start_date"), wrong


async def test_S1_114_sessions_in_the_columns_of_the_table_filtered_and_paged(
    admin: Client, charger: Any, database: Database, customer: str
) -> None:
    def charge(work: Work) -> None:
        number = telling.start(work, _station(charger), 1, token="TAG1", at=Instant(work.now), meter=1000)
        telling.stop(work, _station(charger), number, at=Instant(work.now + timedelta(hours=1)), meter=12_346)
        telling.start(work, _station(charger), 1, token="OTHER", at=Instant(work.now), meter=12_346)

    await database.write(charge)
    going, ended = (await admin.get(f"{CMS}/sessions")).json()
    assert set(ended) == set(COLUMNS["sessions"].split())
    assert (ended["charging_point_id"], ended["connector_id"], ended["energy_consumed"]) == ("CP1", "1", "11.35")
    assert (ended["status"], going["status"], ended["billed_amount"]) == ("Completed", "Active", None)
    assert (going["end_time"], going["energy_consumed"]) == (None, None)

    async def found(**params: str) -> list[Any]:
        answer = await admin.get(f"{CMS}/sessions", params=params)
        assert answer.status_code == 200, answer.text
        return list(answer.json())

    assert await found(status="Completed") == [ended]
    assert await found(status="Cancelled") == []
    assert await found(charging_point_id="CP2") == []
    assert await found(customer_id=customer) == [each for each in (going, ended) if each["customer_id"] == customer]
    assert await found(station_id="nowhere") == []
    assert await found(end_date="2000-01-01") == []
    assert await found(limit="1") == [going]


async def test_S1_148_S1_149_they_are_protected_and_by_rights(
    anonymous: Client, as_role: Callable[..., Any], customer: str
) -> None:
    viewer = await as_role("viewer")
    for path in ("stations", "tariffs", "sessions"):
        assert (await anonymous.get(f"{CMS}/{path}")).status_code == 401
        assert (await viewer.get(f"{CMS}/{path}")).status_code == 200
    assert (await viewer.post(f"{CMS}/tariffs", json=TARIFF)).status_code == 403
    theirs, ours = [await viewer.get(f"{prefix}/customers") for prefix in (CMS, "/api/v1")]
    assert theirs.status_code == ours.status_code
