"""Tenants: made, renamed, closed and opened by whoever runs the installation, and by nobody else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stationmaster.api.application import Application
from stationmaster.domain import organizations, stations, tenants
from stationmaster.domain.credentials import Keys
from stationmaster.domain.errors import Conflict
from stationmaster.domain.permissions import ROLES
from stationmaster.storage import Database, Work
from tests.api.conftest import PASSWORD, Client

API = "/api/v1"


@pytest.fixture
async def owner(as_role: Callable[..., Any]) -> Client:
    client: Client = await as_role("owner")
    return client


async def added(owner: Client, name: str = "Harbour", boss: str = "boss@harbour.example") -> dict[str, Any]:
    answer = await owner.post(f"{API}/organizations", json={"name": name, "owner": boss})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def let_in(client: Client, made: dict[str, Any], boss: str = "boss@harbour.example") -> None:
    token = made["link"]["url"].partition("#")[2]
    body = {"token": token, "password": PASSWORD}
    assert (await client.post(f"{API}/auth/new-password", json=body)).status_code == 204
    assert (await client.login(boss)).status_code == 200


async def test_a_tenant_is_made_with_its_first_owner(owner: Client, web: Application, database: Database) -> None:
    made = await added(owner)
    confines = True if database.kind == "postgresql" else None
    assert (await owner.get(f"{API}/status")).json()["database"]["confines_tenants"] is confines
    async with Client(web) as boss:
        await let_in(boss, made)
        me = (await boss.get(f"{API}/auth/me")).json()
        assert (me["organization"], me["role"]) == ("Harbour", "owner")
        # An owner of a tenant has all of it, and nothing of the installation.
        assert (await boss.get(f"{API}/status")).json()["database"]["confines_tenants"] is None
        assert me["permissions"] == sorted(ROLES["owner"] - {"manage_organizations"})
        for method, path in (
            ("GET", "organizations"),
            ("POST", "organizations"),
            ("PATCH", f"organizations/{made['id']}"),
        ):
            assert (await boss.request(method, f"{API}/{path}", json={"name": "Mine"})).status_code == 403
        body = {"email": "second@harbour.example", "password": PASSWORD, "role": "owner"}
        assert (await boss.post(f"{API}/users", json=body)).status_code == 201
        text = (await boss.post(f"{API}/api-keys", json={"name": "k", "role": "owner"})).json()["key"]
        wide = {"name": "k", "permissions": ["manage_organizations"]}
        assert (await boss.post(f"{API}/api-keys", json=wide)).status_code == 422
        assert (await boss.patch(f"{API}/organization", json={"name": "Old harbour"})).json()["name"] == "Old harbour"
        assert (await boss.get(f"{API}/organization")).json()["id"] == made["id"]
        assert (await boss.patch(f"{API}/organization", json={"name": "Home"})).status_code == 409
    async with Client(web) as program:
        program.headers["Authorization"] = f"Bearer {text}"
        assert (await program.get(f"{API}/users")).status_code == 200
        assert (await program.get(f"{API}/organizations")).status_code == 403
    names = [each["name"] for each in (await owner.get(f"{API}/organizations")).json()["items"]]
    assert names == ["Old harbour", "Home"]
    assert (await owner.get(f"{API}/organizations/{made['id']}")).json()["name"] == "Old harbour"
    assert len((await owner.get(f"{API}/users")).json()["items"]) == 1


async def test_X_01_who_belongs_to_a_closed_tenant_is_out_with_their_keys(owner: Client, web: Application) -> None:
    made = await added(owner)
    path = f"{API}/organizations/{made['id']}"
    async with Client(web) as boss, Client(web) as program:
        await let_in(boss, made)
        key = (await boss.post(f"{API}/api-keys", json={"name": "k", "role": "viewer"})).json()["key"]
        program.headers["Authorization"] = f"Bearer {key}"
        invited = (await boss.post(f"{API}/users", json={"email": "new@harbour.example", "role": "viewer"})).json()
        assert (await boss.post(f"{API}/stations", json={"id": "CP1"})).status_code == 201
        busy = await owner.patch(path, json={"closed": True})
        assert (busy.status_code, "chargers" in busy.json()["detail"]) == (409, True)
        assert (await boss.delete(f"{API}/stations/CP1")).status_code == 204
        assert (await owner.patch(path, json={"closed": True})).json()["closed"] is True
        assert (await boss.get(f"{API}/auth/me")).status_code == 401
        assert (await boss.post(f"{API}/auth/refresh")).status_code == 401
        assert (await boss.login("boss@harbour.example")).status_code == 401
        assert (await program.get(f"{API}/tokens")).status_code == 401
        body = {"token": invited["link"]["url"].partition("#")[2], "password": PASSWORD}
        assert (await boss.post(f"{API}/auth/new-password", json=body)).status_code == 422
        assert (await owner.patch(path, json={"closed": False, "name": "New"})).json() == {
            "id": made["id"],
            "name": "New",
            "created_at": made["created_at"],
            "closed": False,
            "drivers_start": True,
            "drivers_reserve": False,
        }
        assert (await boss.login("boss@harbour.example")).status_code == 200
        assert (await program.get(f"{API}/tokens")).status_code == 200
        log = (await boss.get(f"{API}/audit?subject=organization:{made['id']}")).json()["items"]
        assert [row["after"] for row in log] == [
            {"closed": False},
            {"name": "New"},
            {"closed": True},
            {"name": "Harbour"},
        ]
        assert {row["actor"]["name"] for row in log} == {"owner@example.com"}


async def test_the_organization_that_runs_the_installation_stays_open(owner: Client) -> None:
    [home] = (await owner.get(f"{API}/organizations")).json()["items"]
    assert (await owner.patch(f"{API}/organizations/{home['id']}", json={"closed": True})).status_code == 409
    assert (await owner.patch(f"{API}/organizations/nothing", json={"closed": True})).status_code == 404
    for wrong in ({"name": ""}, {"name": "a\nb"}, {"name": "   "}, {"id": "2"}):
        assert (await owner.patch(f"{API}/organizations/{home['id']}", json=wrong)).status_code == 422


async def test_an_address_is_one_persons_in_the_whole_installation(owner: Client) -> None:
    answer = await owner.post(f"{API}/organizations", json={"name": "Harbour", "owner": "OWNER@example.com"})
    assert answer.status_code == 409
    assert len((await owner.get(f"{API}/organizations")).json()["items"]) == 1  # and nothing is half done


async def test_nobody_but_the_installations_owners_manages_tenants(admin: Client) -> None:
    assert (await admin.get(f"{API}/organizations")).status_code == 403
    assert (await admin.patch(f"{API}/organization", json={"name": "x"})).status_code == 403


async def test_X_01_a_closed_tenant_is_given_no_charger(database: Database) -> None:
    """Neither by the command line, which needs no log-in, nor back: it would charge for nobody."""

    def tried(work: Work) -> None:
        keys = Keys(b"k" * 48)
        organizations.home(work)
        other = organizations.create(work, name="Other")
        stations.create(work, other.id, keys, identity="GONE")
        stations.delete(work, other.id, "GONE")
        closed = tenants.close(work, other)
        with pytest.raises(Conflict, match="closed"):
            stations.create(work, other.id, keys, identity="NEW")
        with pytest.raises(Conflict, match="closed"):
            stations.restore(work, other.id, "GONE")
        tenants.reopen(work, closed)
        assert stations.restore(work, other.id, "GONE").identity == "GONE"

    await database.write(tried)
