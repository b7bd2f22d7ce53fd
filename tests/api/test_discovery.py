"""Where to charge, for drivers: nearby, by connector, power, free and open now; and nothing of others (D-01, ATK-04)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from stationmaster.domain import connectors, discovery, stations
from stationmaster.domain.connector_states import State
from stationmaster.domain.errors import NotFound
from stationmaster.domain.stations import Station
from stationmaster.storage import Database, Work
from tests import telling
from tests.api.conftest import Chargers, Client

FIND = "/api/v1/discovery"
HERE = {"latitude": 28.6139, "longitude": 77.2090}
SECRETS = ("CP-NEAR", "CP-FAR", "CARD-OF-OTHERS", "Asha")


@pytest.fixture
async def driver(
    admin: Client, database: Database, chargers: Chargers, as_role: Callable[[str], Awaitable[Client]]
) -> Client:
    """Two sites of which the nearer has a charger that is in use, and one thousands of kilometres away."""
    for body in (
        {"id": "near", "name": "Near", "latitude": 28.62, "longitude": 77.21, "contact_person": "Asha Rao"},
        {
            "id": "far",
            "name": "Far",
            "latitude": 28.70,
            "longitude": 77.21,
            "opening_time": "06:00",
            "closing_time": "06:01",
        },
        {"id": "away", "name": "Away", "latitude": 19.07, "longitude": 72.87},
        {"id": "shut", "name": "Shut", "latitude": 28.62, "longitude": 77.22, "status": "maintenance"},
        {"id": "nowhere", "name": "Nowhere"},
    ):
        assert (await admin.post("/api/v1/sites", json=body)).status_code == 201
    plugs = [{"evse": 1, "type": "ccs2", "max_power_w": 60_000}, {"evse": 2, "type": "type2", "max_power_w": 22_000}]
    for identity, site, name in (
        ("CP-NEAR", "Near", "Gate"),
        ("CP-FAR", "Far", "Charger CP-FAR"),
        ("CP-AWAY", "Away", None),
        ("CP-SHUT", "Shut", None),
        ("CP-NOWHERE", "Nowhere", None),
        ("CP-HOMELESS", None, None),
    ):
        body = {"id": identity, "site": site, "name": name, "connectors": plugs}
        assert (await admin.post("/api/v1/stations", json=body)).status_code == 201

    def told(identity: str, *states: State) -> Callable[[Work], Station]:
        def tell(work: Work) -> Station:
            row = stations.get(work, 1, identity)
            station = Station(row.id, identity, 1, "1.6", "accepted", True)
            for evse, state in enumerate(states, 1):
                connectors.report_status(work, station, evse=evse, connector=1, state=state, status="x", at=work.now)
            if "charging" in states:
                telling.start(work, station, 1, token="CARD-OF-OTHERS", at=work.now, meter=1000)
            return station

        return tell

    near = await database.write(told("CP-NEAR", "charging", "available"))
    far = await database.write(told("CP-FAR", "available", "faulted"))
    for station in (near, far):
        await chargers.connect(station)
    return await as_role("driver")


async def names(client: Client, **which: Any) -> list[str]:
    answer = await client.get(FIND, params=HERE | which)
    assert answer.status_code == 200, answer.text
    return [each["name"] for each in answer.json()["items"]]


async def test_S0_042_a_driver_finds_what_is_near_the_nearest_first(driver: Client) -> None:
    assert await names(driver, radius_km=50) == ["Near", "Far"]
    assert await names(driver, radius_km=5) == ["Near"]
    assert await names(driver, radius_km=0.5) == []
    assert await names(driver, radius_km=50, limit=1) == ["Near"]
    assert await names(driver, latitude=19.0, longitude=72.8, radius_km=50) == ["Away"]
    assert await names(driver, radius_km=50, open_now=True) == ["Near"]
    assert await names(driver, radius_km=50, connector_type="ccs2") == ["Near", "Far"]
    assert await names(driver, radius_km=50, connector_type="nacs") == []
    assert await names(driver, radius_km=50, min_power_w=60_000) == ["Near", "Far"]
    assert await names(driver, radius_km=50, min_power_w=60_001) == []
    assert await names(driver, radius_km=50, free=True) == ["Near", "Far"]
    # All of it must be true of one connector: the fast one of the nearer site is in use.
    assert await names(driver, radius_km=50, free=True, connector_type="ccs2") == ["Far"]
    assert await names(driver, radius_km=50, free=True, min_power_w=20_000, connector_type="type2") == ["Near"]


@pytest.mark.any_database
async def test_S0_042_who_gives_no_position_searches_by_name_address_or_the_number_of_a_charger(driver: Client) -> None:
    async def found(**asked: Any) -> Any:
        answer = await driver.get(FIND, params=asked)
        return [each["name"] for each in answer.json()["items"]] if answer.is_success else answer.status_code

    assert await found(search="a") == ["Away", "Far", "Near"]
    assert await found(search=" nEAr ") == ["Near"]
    assert await found(search="a", limit=1) == ["Away"]
    assert await found(search="a", free=True) == ["Far", "Near"]
    [near] = (await driver.get(FIND, params={"search": "Near"})).json()["items"]
    assert near["distance_m"] is None
    assert await found(search=near["chargers"][0]["id"].upper()) == ["Near"]
    assert await found(search="Nowhere") == ["Nowhere"]  # which has no position
    for nothing in ("CP-NEAR", "Gate", "Shut", "%"):
        assert await found(search=nothing) == [], nothing
    for wrong in ({}, {"search": " "}, {"latitude": 1}, {"longitude": 1, "search": "a"}, HERE | {"search": "a"}):
        assert await found(**wrong) == 422, wrong


async def test_D_01_of_others_a_driver_sees_only_that_something_is_in_use(driver: Client) -> None:
    answer = await driver.get(FIND, params=HERE | {"radius_km": 50})
    near, far = answer.json()["items"]
    assert [(near["id"], near["distance_m"], near["open"]), (far["id"], far["open"])] == [
        ("near", 685, True),
        ("far", False),
    ]
    [point] = near["chargers"]
    assert point["name"] == "Gate"
    assert [(plug["type"], plug["availability"]) for plug in point["connectors"]] == [
        ("ccs2", "in_use"),
        ("type2", "free"),
    ]
    assert far["chargers"][0]["name"] is None  # it tells the identity
    assert [plug["availability"] for plug in far["chargers"][0]["connectors"]] == ["free", "out_of_order"]
    one = await driver.get(f"{FIND}/chargers/{point['id']}")
    assert one.json()["chargers"] == [point]
    for secret in SECRETS:
        assert secret not in answer.text + one.text
    for path in (f"{FIND}/chargers/CP-NEAR", f"{FIND}/chargers/none"):
        assert (await driver.get(path)).status_code == 404
    for path in ("stations", "sessions", "tokens", "sites", "connections"):
        assert (await driver.get(f"/api/v1/{path}")).status_code == 403


async def test_what_cannot_be_reached_is_unknown_and_not_free(driver: Client, admin: Client) -> None:
    answer = await driver.get(FIND, params={"latitude": 19.0, "longitude": 72.8, "radius_km": 50})
    [away] = answer.json()["items"]
    assert [plug["availability"] for plug in away["chargers"][0]["connectors"]] == ["unknown", "unknown"]
    assert await names(driver, latitude=19.0, longitude=72.8, radius_km=50, free=True) == []
    await admin.patch("/api/v1/stations/CP-NEAR", json={"registration": "pending"})
    assert await names(driver, radius_km=5) == []


@pytest.mark.parametrize(
    ("which", "field"),
    [
        ({"latitude": 91}, "latitude"),
        ({"longitude": "east"}, "longitude"),
        ({"longitude": "nan"}, "longitude"),
        ({"radius_km": 0}, "radius_km"),
        ({"radius_km": 1000}, "radius_km"),
        ({"connector_type": "usb"}, "connector_type"),
        ({"limit": 201}, "limit"),
        ({"organization": 2}, "organization"),
    ],
)
@pytest.mark.any_database
async def test_API_15_what_is_asked_has_its_limits(admin: Client, which: dict[str, Any], field: str) -> None:
    answer = await admin.get(FIND, params=HERE | which)
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]


@pytest.mark.any_database
async def test_API_11_another_organization_is_not_there(driver: Client, database: Database) -> None:
    public_id = (await database.read(stations.get, 1, "CP-NEAR")).public_id
    assert (await driver.get(f"{FIND}/chargers/{public_id}")).status_code == 200
    with pytest.raises(NotFound):
        await database.read(discovery.charger, 2, public_id)

    def found(work: Work, organization_id: int) -> list[discovery.Place]:
        return discovery.nearby(work, organization_id, discovery.Asked(), **HERE, radius_m=50_000, limit=9)

    assert len(await database.read(found, 1)) == 2
    assert await database.read(found, 2) == []


async def test_S0_042_a_driver_sees_what_charging_costs_them_there(admin: Client, driver: Client) -> None:
    """The most specific of connector, charger, site and organization; and before them what the driver, as a customer, has."""

    async def costs(client: Client, charger: int = 0) -> list[tuple[str | None, str | None]]:
        [near, *_] = (await client.get(FIND, params=HERE | {"radius_km": 5})).json()["items"]
        terms = near["tariffs"]
        plugs = near["chargers"][charger]["connectors"]
        assert (await client.get(f"{FIND}/chargers/{near['chargers'][0]['id']}")).json()["tariffs"] == terms
        assert set(terms) == {plug["tariff"] for plug in plugs} - {None}
        return [(plug["tariff"], terms[plug["tariff"]]["price_per_kwh"] if plug["tariff"] else None) for plug in plugs]

    assert await costs(driver) == [(None, None)] * 2
    for name, price in (("all", "0.30"), ("site", "0.40"), ("fast", "0.60"), ("friends", "0.10")):
        body = {"id": name, "name": name, "price_per_kwh": price, "currency": "EUR", "standard": name == "all"}
        assert (await admin.post("/api/v1/tariffs", json=body)).status_code == 201
    assert await costs(driver) == [("all", "0.3")] * 2
    await admin.put("/api/v1/sites/near/tariff", json={"tariff": "site"})
    await admin.put("/api/v1/stations/CP-NEAR/connectors/1/1/tariff", json={"tariff": "fast"})
    assert await costs(driver) == [("fast", "0.6"), ("site", "0.4")]
    await admin.post("/api/v1/customers", json={"id": "DAN", "name": "Dan", "tariff": "friends"})
    me = (await driver.get("/api/v1/auth/me")).json()["id"]
    assert (await admin.patch(f"/api/v1/users/{me}", json={"customer": "DAN"})).is_success
    assert await costs(driver) == [("friends", "0.1")] * 2
    assert await costs(admin) == [("fast", "0.6"), ("site", "0.4")]  # who is no customer sees what everybody pays
