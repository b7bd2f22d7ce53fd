"""Sites: what a resource can do, with sites as the first."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from stationmaster.domain import sites, versions
from stationmaster.domain.versions import Outdated
from stationmaster.storage import Database
from tests.api.conftest import Client

SITES = "/api/v1/sites"
WHOLE = {
    "id": "STN-001",
    "name": "Connaught Place",
    "address": "Inner Circle 12\nBlock A",
    "city": "New Delhi",
    "state": "Delhi",
    "country": "India",
    "postal_code": "110001",
    "latitude": 28.63151234,
    "longitude": 77.21672345,
    "status": "active",
    "grid_phase": "three_phase",
    "time_zone": "Asia/Kolkata",
    "working_days": ["monday", "saturday"],
    "opening_time": "08:00",
    "closing_time": "24:00",
    "contact_person": "Asha Rao",
    "contact_number": "+91 98765 43210",
    "contact_email": "asha@example.in",
}


async def test_S1_001_a_site_has_everything_that_the_document_knows_of_it(admin: Client) -> None:
    made = await admin.post(SITES, json=WHOLE)
    assert made.status_code == 201, made.text
    assert {name: made.json()[name] for name in WHOLE} == WHOLE
    assert made.json()["created_by"] == "administrator@example.com"
    assert made.json()["created_at"] == made.json()["updated_at"]
    assert made.json()["deleted_at"] is None
    got = await admin.get(f"{SITES}/STN-001")
    assert got.json() == made.json()
    assert got.headers["etag"] == made.headers["etag"]


async def test_a_site_needs_no_more_than_a_name(admin: Client) -> None:
    made = (await admin.post(SITES, json={"name": "Yard"})).json()
    assert (made["status"], made["time_zone"], made["working_days"]) == ("active", "UTC", None)
    assert (await admin.get(f"{SITES}/{made['id']}")).json() == made


@pytest.mark.parametrize(
    ("fields", "field", "reason"),
    [
        ({"time_zone": "Mars/Olympus"}, "time_zone", "is no time zone known here"),
        ({"time_zone": "../../etc/passwd"}, "time_zone", "is no time zone known here"),
        ({"latitude": 91, "longitude": 0}, "latitude", "must be at most 90"),
        ({"latitude": 10}, "longitude", "is missing"),
        ({"longitude": 10}, "latitude", "is missing"),
        ({"opening_time": "08:00"}, "closing_time", "is missing"),
        ({"opening_time": "8:00", "closing_time": "20:00"}, "opening_time", "not allowed here"),
        ({"opening_time": "24:00", "closing_time": "20:00"}, "opening_time", "not allowed here"),
        ({"working_days": ["caturday"]}, "working_days", "cannot be 'caturday'"),
        ({"status": "Active"}, "status", "cannot be 'Active'"),
        ({"grid_phase": "two"}, "grid_phase", "cannot be 'two'"),
        ({"contact_email": "nobody"}, "contact_email", "not allowed here"),
        ({"contact_number": "=cmd()"}, "contact_number", "not allowed here"),
        ({"name": ""}, "name", "must not be empty"),
        ({"name": None}, "name", "must be a text"),
        ({"id": "a/b"}, "id", "not allowed here"),
        ({"id": ".."}, "id", "not allowed here"),
        ({"organization_id": 2}, "organization_id", "is not a field of this request"),
        ({"version": 7}, "version", "is not a field of this request"),
        ({"created_by": "me"}, "created_by", "is not a field of this request"),
    ],
)
async def test_API_12_what_cannot_be_is_said_at_its_field(
    admin: Client, fields: dict[str, Any], field: str, reason: str
) -> None:
    answer = await admin.post(SITES, json={"name": "Yard"} | fields)
    assert answer.status_code == 422, answer.text
    [wrong] = answer.json()["errors"]
    assert wrong["field"].partition("[")[0] == field
    assert reason in wrong["reason"]
    assert (await admin.get(SITES)).json()["items"] == []


async def test_DAT_09_patch_sets_what_is_given_and_put_makes_it_what_is_given(admin: Client) -> None:
    await admin.post(SITES, json=WHOLE)
    changed = (await admin.patch(f"{SITES}/STN-001", json={"city": "Pune", "state": None})).json()
    assert changed == (await admin.get(f"{SITES}/STN-001")).json()
    assert {name: changed[name] for name in WHOLE} == WHOLE | {"city": "Pune", "state": None}
    assert (await admin.patch(f"{SITES}/STN-001", json={})).json() == changed
    put = await admin.put(f"{SITES}/STN-001", json={"name": "Yard", "id": "STN-001"})
    empty = (await admin.post(SITES, json={"name": "Other"})).json()
    ours = ("id", "name", "created_at", "updated_at")
    assert {k: v for k, v in put.json().items() if k not in ours} == {k: v for k, v in empty.items() if k not in ours}
    assert put.json()["created_at"] == changed["created_at"]
    assert (await admin.put(f"{SITES}/STN-001", json={"name": "Yard", "id": "STN-2"})).status_code == 422
    assert (await admin.put(f"{SITES}/STN-9", json={"name": "Yard"})).status_code == 404
    alone = await admin.patch(f"{SITES}/STN-001", json={"latitude": 3})
    assert alone.json()["errors"][0]["field"] == "longitude"
    assert (await admin.patch(f"{SITES}/STN-001", json={"name": "Other"})).status_code == 409


async def test_a_change_holds_only_for_what_its_maker_has_seen(admin: Client) -> None:
    made = await admin.post(SITES, json=WHOLE)
    seen = made.headers["etag"]
    first = await admin.patch(f"{SITES}/STN-001", json={"city": "Pune"}, headers={"If-Match": seen})
    assert first.status_code == 200
    assert first.headers["etag"] != seen
    for method, body in (("PATCH", {"city": "Goa"}), ("PUT", {"name": "Yard"}), ("DELETE", None)):
        late = await admin.request(method, f"{SITES}/STN-001", json=body, headers={"If-Match": seen})
        assert late.status_code == 412, method
        assert late.headers["content-type"] == "application/problem+json"
        assert "changed since you looked" in late.json()["detail"]
    assert (await admin.get(f"{SITES}/STN-001")).json() == first.json()
    again = await admin.patch(f"{SITES}/STN-001", json={"city": "Pune"}, headers={"If-Match": first.headers["etag"]})
    assert again.headers["etag"] == first.headers["etag"]  # what changes nothing is no new version
    for condition in ("*", f'"other", {first.headers["etag"]}', f"W/{first.headers['etag']}"):
        answer = await admin.patch(f"{SITES}/STN-001", json={"city": "Pune"}, headers={"If-Match": condition})
        assert answer.status_code == 200, condition
    for condition in ("nonsense", "", '"a" "b"', '"a'):
        answer = await admin.patch(f"{SITES}/STN-001", json={"city": "Goa"}, headers={"If-Match": condition})
        assert answer.status_code == 422, condition
        assert answer.json()["errors"][0]["field"] == "If-Match"


@pytest.mark.every_case
async def test_of_two_who_change_it_at_once_on_two_nodes_one_is_told(
    admin: Client, database: Database, database_url: str
) -> None:
    await admin.post(SITES, json=WHOLE)
    site = await database.read(sites.get, 1, "STN-001")
    seen = frozenset({versions.tag(site)})
    other = Database(database_url)
    other.start()
    try:
        done = await asyncio.gather(
            *(
                node.write(sites.change, 1, "STN-001", {"city": f"City {turn}"}, expected=seen)
                for turn in range(5)
                for node in (database, other)
            ),
            return_exceptions=True,
        )
    finally:
        await other.stop()
    [kept] = [one for one in done if not isinstance(one, Outdated)]
    assert not isinstance(kept, BaseException)
    assert (await admin.get(f"{SITES}/STN-001")).json()["city"] == kept.city
    assert (await database.read(sites.get, 1, "STN-001")).version == 2


async def test_a_removed_site_is_restored_and_its_id_and_name_are_free_meanwhile(admin: Client) -> None:
    made = (await admin.post(SITES, json=WHOLE)).json()
    await admin.post("/api/v1/stations", json={"id": "CP1", "site": WHOLE["name"]})
    refused = await admin.delete(f"{SITES}/STN-001")
    assert (refused.status_code, "chargers stand" in refused.text) == (409, True)
    await admin.delete("/api/v1/stations/CP1")
    assert (await admin.delete(f"{SITES}/STN-001")).status_code == 204
    for method, path in (("GET", ""), ("PATCH", ""), ("DELETE", "")):
        assert (await admin.request(method, f"{SITES}/STN-001{path}", json={})).status_code == 404
    assert (await admin.get(SITES)).json()["items"] == []
    [gone] = (await admin.get(SITES, params={"deleted": True})).json()["items"]
    assert (gone["id"], gone["deleted_at"] is None) == ("STN-001", False)
    back = await admin.post(f"{SITES}/STN-001/restore")
    assert back.status_code == 200
    assert {name: back.json()[name] for name in WHOLE} == WHOLE
    assert back.json()["created_at"] == made["created_at"]
    assert (await admin.post(f"{SITES}/STN-001/restore")).status_code == 404
    await admin.delete(f"{SITES}/STN-001")
    taken = (await admin.post(SITES, json=WHOLE | {"name": "Another"})).json()
    assert (await admin.post(f"{SITES}/STN-001/restore")).status_code == 409
    await admin.delete(f"{SITES}/{taken['id']}")
    assert (await admin.post(f"{SITES}/STN-001/restore")).json()["name"] == "Another"  # the one removed last


async def test_O_13_sites_are_filtered_searched_and_sorted(admin: Client) -> None:
    for number, (name, city, status) in enumerate(
        [("Anger", "Pune", "active"), ("bahnhof", None, "maintenance"), ("Center", "PUNE", "active")]
    ):
        body = {"id": f"S{number}", "name": name, "city": city, "status": status, "country": "India"}
        assert (await admin.post(SITES, json=body)).status_code == 201

    async def found(**which: Any) -> list[str]:
        answer = await admin.get(SITES, params=which)
        assert answer.status_code == 200, answer.text
        return [each["name"] for each in answer.json()["items"]]

    assert await found() == ["Center", "bahnhof", "Anger"]
    assert await found(city="pune") == ["Center", "Anger"]
    assert await found(status="maintenance") == ["bahnhof"]
    assert await found(country="INDIA", status="active", city="Pune") == ["Center", "Anger"]
    assert await found(city="") == []
    assert await found(search="BAHN") == ["bahnhof"]
    assert await found(search="s2") == ["Center"]
    assert await found(search="%") == []
    assert await found(sort="name") == ["Anger", "bahnhof", "Center"]
    assert await found(sort="-name") == ["Center", "bahnhof", "Anger"]
    assert await found(sort="city") == ["Anger", "Center", "bahnhof"]
    first = (await admin.get(SITES, params={"sort": "name", "limit": 2})).json()
    assert await found(sort="name", limit=2, cursor=first["next"]) == ["Center"]
    for wrong in ({"sort": "colour"}, {"cursor": first["next"]}, {"sort": "city", "cursor": first["next"]}):
        assert (await admin.get(SITES, params=wrong)).status_code == 422, wrong
    assert (await admin.get(SITES, params={"search": "a\x00"})).status_code == 404


@pytest.mark.any_database
async def test_API_10_a_caller_limited_to_a_site_sees_and_changes_no_other(
    admin: Client, as_role: Callable[..., Any]
) -> None:
    await admin.post(SITES, json={"id": "A", "name": "A"})
    await admin.post(SITES, json={"id": "B", "name": "B"})
    body = {"name": "k", "permissions": ["view", "administer"], "sites": ["A"]}
    key = (await admin.post("/api/v1/api-keys", json=body)).json()["key"]
    mine = Client(admin.app)
    mine.headers["Authorization"] = f"Bearer {key}"
    assert [each["id"] for each in (await mine.get(SITES)).json()["items"]] == ["A"]
    assert (await mine.patch(f"{SITES}/A", json={"city": "Pune"})).status_code == 200
    for method in ("GET", "PATCH", "DELETE"):
        assert (await mine.request(method, f"{SITES}/B", json={})).status_code == 404, method
    await mine.aclose()
