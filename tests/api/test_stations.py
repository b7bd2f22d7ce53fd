"""Chargers and connectors as resources: what people say of them, and that the charger never writes there."""

from __future__ import annotations

from typing import Any

import pytest

from stationmaster.domain import boots, connectors, stations
from stationmaster.domain.stations import Station
from stationmaster.storage import Database, Work
from tests.api.conftest import Client

STATIONS = "/api/v1/stations"
SAID = {"charger_type": "dc", "phase": "three_phase", "manufacturer": "Okaya", "max_power_w": 60_000}


async def test_S1_024_a_charger_has_what_the_document_knows_of_it(admin: Client) -> None:
    await admin.post("/api/v1/sites", json={"name": "Yard"})
    body = {"id": "CP1", "name": "Gate", "site": "Yard", **SAID}
    plugs = [
        {"evse": 1, "type": "ccs2", "max_current_a": 200, "max_power_w": 60_000},
        {"evse": 1, "connector": 2, "type": "chademo"},
    ]
    made = await admin.post(STATIONS, json=body | {"connectors": plugs})
    assert made.status_code == 201, made.text
    got = await admin.get(f"{STATIONS}/CP1")
    assert got.json() == {name: value for name, value in made.json().items() if name != "secret"}
    assert got.headers["etag"] == made.headers["etag"]
    assert {name: got.json()[name] for name in body} == body
    assert got.json()["created_by"] == "administrator@example.com"
    shown = [
        {name: each[name] for name in ("evse", "connector", "type", "max_current_a", "max_power_w", "state", "since")}
        for each in got.json()["connectors"]
    ]
    nothing = {"state": None, "since": None}
    assert shown == [
        plugs[0] | {"connector": 1} | nothing,
        {"max_current_a": None, "max_power_w": None} | plugs[1] | nothing,
    ]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"charger_type": "AC"}, "charger_type"),
        ({"phase": "phase_x"}, "phase"),
        ({"max_power_w": 12}, "max_power_w"),
        ({"manufacturer": ""}, "manufacturer"),
        ({"site": "Nowhere"}, "site"),
        ({"connectors": [{"evse": 0}]}, "connectors[0].evse"),
        ({"connectors": [{"evse": 1, "type": "usb_c"}]}, "connectors[0].type"),
        ({"connectors": [{"evse": 1, "max_current_a": 0}]}, "connectors[0].max_current_a"),
        ({"public_id": "x"}, "public_id"),
        ({"version": 3}, "version"),
    ],
)
@pytest.mark.any_database
async def test_API_12_what_cannot_be_is_said_at_its_field_and_nothing_is_there(
    admin: Client, body: dict[str, Any], field: str
) -> None:
    answer = await admin.post(STATIONS, json={"id": "CP1"} | body)
    assert answer.status_code == 422, answer.text
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert (await admin.get(STATIONS)).json()["items"] == []


async def test_what_a_charger_tells_never_overwrites_what_people_say(
    admin: Client, database: Database, charger: Any
) -> None:
    """CP1 has booted. A person says what it is; it boots again, and tells of its connectors."""
    await admin.patch(f"{STATIONS}/CP1", json=SAID)
    path = f"{STATIONS}/CP1/connectors/1/1"
    assert (await admin.patch(path, json={"type": "type2"})).status_code == 404
    before = await admin.put(path, json={"type": "type2", "max_current_a": 32})
    assert before.status_code == 200, before.text
    states = await admin.get(f"{STATIONS}/CP1/states")  # of which there are none yet
    assert (states.status_code, states.json()["connectors"][0]["states"]) == (200, [])
    etag = (await admin.get(f"{STATIONS}/CP1")).headers["etag"]
    station = Station(charger.id, "CP1", charger.organization_id, "1.6", "accepted", True)

    def tell(work: Work) -> None:
        boots.record(work, station, boots.BootFacts("Other", "Two", "S2", "2.0"))
        at = work.now.replace(year=2020)  # its clock is years behind: it is its first word all the same
        connectors.report_status(work, station, evse=1, connector=1, state="charging", status="Charging", at=at)

    await database.write(tell)
    got = await admin.get(f"{STATIONS}/CP1")
    assert got.headers["etag"] == etag
    assert {name: got.json()[name] for name in SAID} == SAID
    assert (got.json()["vendor"], got.json()["model"]) == ("Other", "Two")
    [plug] = got.json()["connectors"]
    assert (plug["type"], plug["max_current_a"], plug["state"], plug["status"]) == ("type2", 32, "charging", "Charging")
    assert plug["status_at"].startswith("2020-")
    changed = (await admin.patch(path, json={"max_power_w": 22_000})).json()["connectors"][0]
    assert (changed["type"], changed["max_current_a"], changed["max_power_w"]) == ("type2", 32, 22_000)
    replaced = (await admin.put(path, json={"type": "ac_socket"})).json()["connectors"][0]
    assert (replaced["type"], replaced["max_current_a"], replaced["max_power_w"]) == ("ac_socket", None, None)
    refused = await admin.delete(path)
    assert (refused.status_code, "itself tells" in refused.text) == (409, True)


async def test_a_connector_that_only_a_person_has_told_of_can_be_removed(admin: Client) -> None:
    await admin.post(STATIONS, json={"id": "CP1", "connectors": [{"evse": 1}, {"evse": 2}]})
    left = (await admin.delete(f"{STATIONS}/CP1/connectors/2/1")).json()["connectors"]
    assert [(each["evse"], each["connector"]) for each in left] == [(1, 1)]
    assert (await admin.delete(f"{STATIONS}/CP1/connectors/2/1")).status_code == 404
    assert (await admin.put(f"{STATIONS}/CP1/connectors/0/1", json={})).status_code == 422
    assert (await admin.put(f"{STATIONS}/CP9/connectors/1/1", json={})).status_code == 404


async def test_a_connector_is_changed_only_as_its_changer_has_seen_the_charger(admin: Client) -> None:
    plug = f"{STATIONS}/CP1/connectors/1/1"
    seen = {"If-Match": (await admin.post(STATIONS, json={"id": "CP1", "connectors": [{"evse": 1}]})).headers["etag"]}
    same = await admin.patch(plug, json={"type": None}, headers=seen)
    assert {"If-Match": same.headers["etag"]} == seen
    now = await admin.put(plug, json={"type": "type2"}, headers=seen)
    assert (await admin.get(f"{STATIONS}/CP1")).headers["etag"] == now.headers["etag"] != seen["If-Match"]
    for method, path in (("PUT", plug), ("PATCH", plug), ("DELETE", plug), ("PUT", f"{STATIONS}/CP1/connectors/2/1")):
        late = await admin.request(method, path, json=None if method == "DELETE" else {}, headers=seen)
        assert late.status_code == 412, (method, path)
    assert (await admin.delete(plug, headers={"If-Match": now.headers["etag"]})).json()["connectors"] == []


async def test_a_charger_is_changed_only_as_its_changer_has_seen_it(admin: Client) -> None:
    made = await admin.post(STATIONS, json={"id": "CP1", "name": "Gate", **SAID})
    seen = {"If-Match": made.headers["etag"]}
    assert (await admin.patch(f"{STATIONS}/CP1", json={"name": "Gate"}, headers=seen)).headers["etag"] == seen[
        "If-Match"
    ]
    put = await admin.put(f"{STATIONS}/CP1", json={"name": "Door", "strict": True}, headers=seen)
    assert put.status_code == 200
    assert put.headers["etag"] != seen["If-Match"]
    assert {name: put.json()[name] for name in SAID} == dict.fromkeys(SAID)
    assert (put.json()["name"], put.json()["strict"], put.json()["registration"]) == ("Door", True, "accepted")
    for method, body in (("PUT", {}), ("PATCH", {"name": "x"}), ("DELETE", None)):
        late = await admin.request(method, f"{STATIONS}/CP1", json=body, headers=seen)
        assert late.status_code == 412, method
    assert (await admin.delete(f"{STATIONS}/CP1", headers={"If-Match": put.headers["etag"]})).status_code == 204


async def test_a_removed_charger_comes_back_with_its_secret_where_its_id_is_free(
    admin: Client, database: Database
) -> None:
    await admin.post("/api/v1/sites", json={"id": "Y", "name": "Yard"})
    body = {"id": "CP1", "site": "Yard", "connectors": [{"evse": 1, "type": "type2"}]}
    await admin.post(STATIONS, json=body)
    key = (await database.read(stations.get, 1, "CP1")).id
    before = await database.read(stations.entry, key)
    await admin.delete(f"{STATIONS}/CP1")
    assert (await admin.get(f"{STATIONS}/CP1")).status_code == 404
    [gone] = (await admin.get(STATIONS, params={"deleted": True})).json()["items"]
    assert (gone["id"], gone["site"], gone["deleted_at"] is None) == ("CP1", "Yard", False)
    await admin.delete("/api/v1/sites/Y")
    homeless = await admin.post(f"{STATIONS}/CP1/restore")
    assert (homeless.status_code, "restore it first" in homeless.text) == (409, True)
    await admin.post("/api/v1/sites/Y/restore")
    back = await admin.post(f"{STATIONS}/CP1/restore")
    assert back.status_code == 200, back.text
    assert (back.json()["site"], back.json()["connectors"][0]["type"]) == ("Yard", "type2")
    after = await database.read(stations.entry, key)
    assert before is not None and after is not None
    assert (after.secret_digest, after.identity) == (before.secret_digest, "CP1")
    await admin.delete(f"{STATIONS}/CP1")
    await admin.post(STATIONS, json={"id": "CP1"})
    assert (await admin.post(f"{STATIONS}/CP1/restore")).status_code == 409
    assert (await admin.post(f"{STATIONS}/CP2/restore")).status_code == 404


async def test_O_13_chargers_are_filtered_and_sorted(admin: Client) -> None:
    await admin.post("/api/v1/sites", json={"name": "Yard"})
    for body in (
        {"id": "B", "name": "zoo", "charger_type": "ac", "manufacturer": "EVRE"},
        {"id": "A", "name": "Ann", "charger_type": "dc", "manufacturer": "Okaya", "site": "Yard"},
        {"id": "C", "registration": "pending", "manufacturer": "okaya"},
    ):
        assert (await admin.post(STATIONS, json=body)).status_code == 201

    async def found(**which: Any) -> list[str]:
        answer = await admin.get(STATIONS, params=which)
        assert answer.status_code == 200, answer.text
        return [each["id"] for each in answer.json()["items"]]

    assert await found() == ["C", "A", "B"]
    assert await found(sort="id") == ["A", "B", "C"]
    assert await found(sort="name") == ["A", "B", "C"]
    assert await found(sort="site") == ["A", "B", "C"]
    assert await found(site="yard") == ["A"]
    assert await found(charger_type="ac") == ["B"]
    assert await found(manufacturer="OKAYA", sort="-id") == ["C", "A"]
    assert await found(registration="pending") == ["C"]
    first = (await admin.get(STATIONS, params={"sort": "site", "limit": 1})).json()
    assert await found(sort="site", limit=1, cursor=first["next"]) == ["B"]
    assert (await admin.get(STATIONS, params={"charger_type": "AC"})).status_code == 422


async def test_S1_157_a_maker_is_chosen_from_a_list_and_has_one_spelling(admin: Client, database: Database) -> None:
    async def makers() -> list[str]:
        return (await admin.get("/api/v1/manufacturers")).json()["items"]

    assert await makers() == ["EVRE", "Massive Mobility", "Okaya"]
    for identity, maker in (("CP1", "okaya"), ("CP2", "Alfen"), ("CP3", None), ("CP4", "Gone")):
        assert (await admin.post(STATIONS, json={"id": identity, "manufacturer": maker})).status_code == 201
    await admin.delete(f"{STATIONS}/CP4")

    def tell(work: Work) -> None:
        told = stations.stations.update()
        work.execute(told.where(stations.stations.c.identity == "CP1").values(vendor="ALFEN"))
        work.execute(told.where(stations.stations.c.identity == "CP3").values(vendor="Zaptec"))

    await database.write(tell)
    assert await makers() == ["Alfen", "EVRE", "Massive Mobility", "okaya", "Zaptec"]
