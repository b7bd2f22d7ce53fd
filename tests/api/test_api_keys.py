"""API keys: what a program may, and to which sites it is limited."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stationmaster.api.application import Application
from stationmaster.domain import alarms, api_keys, stations
from stationmaster.domain.times import Instant
from stationmaster.storage import Database, Work
from tests import telling
from tests.api.conftest import PASSWORD, Client, listening
from tests.api.people import API, NEW, added, key, with_key


async def test_a_key_hears_live_events(admin: Client, web: Application) -> None:
    made = await key(admin, role="viewer")
    async with Client(web) as program:
        program.headers["Authorization"] = f"Bearer {made['key']}"
        async with listening(program) as stream:
            await admin.post(f"{API}/stations", json={"id": "CP7"})
            assert (await stream.until("station_changed"))["station"] == "CP7"


async def test_a_key_says_who_asks_and_is_shown_once(admin: Client, web: Application, database: Database) -> None:
    made = await key(admin, role="operator")
    assert re.fullmatch(r"smk_[0-9a-f]{12}_[\w-]{43}", made["key"])
    assert made["key"].startswith(made["prefix"])
    me = (await with_key(web, made["key"], "/auth/me")).json()
    assert (me["kind"], me["name"], me["email"], me["role"]) == ("api_key", "API key: billing", "", "operator")
    assert (await with_key(web, made["key"], "/tokens", "POST", json={"uid": "A"})).status_code == 201
    assert (await with_key(web, made["key"], "/sites", "POST", json={"name": "A"})).status_code == 403
    assert (await with_key(web, made["key"], "/auth/password", "POST", json={})).status_code == 422
    body = {"current": "a", "new": NEW}
    assert (await with_key(web, made["key"], "/auth/password", "POST", json=body)).status_code == 403
    [listed] = (await admin.get(f"{API}/api-keys")).json()["items"]
    assert "key" not in listed
    assert listed["made_by"] == "administrator@example.com"
    assert listed["last_used_at"] is not None
    row = (await admin.get(f"{API}/audit?subject=token:A")).json()["items"][0]
    assert row["actor"] == {"kind": "api_key", "id": made["id"], "name": "API key: billing"}

    def everything(work: Work) -> str:
        return repr(work.execute(api_keys.api_keys.select()).all())

    assert made["key"].split("_", 2)[2] not in await database.read(everything)


async def test_a_key_that_is_not_good(admin: Client, web: Application, database: Database) -> None:
    made = await key(admin, role="viewer")
    prefix = made["prefix"]
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    passing = await key(admin, role="viewer", expires_at=soon)
    assert (await with_key(web, passing["key"], "/tokens")).status_code == 200

    def expire(work: Work) -> None:
        work.execute(
            api_keys.api_keys.update().where(api_keys.api_keys.c.expires_at.is_not(None)).values(expires_at=work.now)
        )

    await database.write(expire)
    admin.app.context.standings.forget_all()
    removed = await key(admin, role="viewer")
    assert (await with_key(web, removed["key"], "/tokens")).status_code == 200
    assert (await admin.delete(f"{API}/api-keys/{removed['id']}")).status_code == 204
    assert (await admin.delete(f"{API}/api-keys/{removed['id']}")).status_code == 404
    for text in (
        "smk_",
        "smk_x",
        prefix,
        f"{prefix}_",
        f"{prefix}_{'a' * 43}",
        made["key"] + "a",
        made["key"][:-1],
        made["key"].upper(),
        passing["key"],
        removed["key"],
    ):
        assert (await with_key(web, text, "/tokens")).status_code == 401, text
    assert (await with_key(web, made["key"], "/tokens")).status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "a"}, "role"),
        ({"name": "a", "role": "viewer", "permissions": ["view"]}, "role"),
        ({"name": "a", "role": "god"}, "role"),
        ({"name": "a", "permissions": ["fly"]}, "permissions"),
        ({"name": "a", "permissions": ["public"]}, "permissions"),
        ({"name": "a", "role": "viewer", "sites": ["Nowhere"]}, "sites"),
        ({"name": "a", "role": "viewer", "sites": []}, "sites"),
        ({"name": "a", "role": "viewer", "expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"name": "", "role": "viewer"}, "name"),
    ],
)
async def test_a_key_that_cannot_be(admin: Client, body: dict[str, Any], field: str) -> None:
    answer = await admin.post(f"{API}/api-keys", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_nobody_gives_more_than_they_have(admin: Client, web: Application) -> None:
    made = await key(admin, permissions=["manage_keys", "manage_users", "discover", "view"])
    wide = {"name": "more", "role": "administrator"}
    assert (await with_key(web, made["key"], "/api-keys", "POST", json=wide)).status_code == 422
    narrow = {"name": "less", "permissions": ["view"]}
    assert (await with_key(web, made["key"], "/api-keys", "POST", json=narrow)).status_code == 201
    boss = {"email": "boss@example.com", "password": PASSWORD, "role": "administrator"}
    assert (await with_key(web, made["key"], "/users", "POST", json=boss)).status_code == 422
    viewer = boss | {"role": "viewer"}
    assert (await with_key(web, made["key"], "/users", "POST", json=viewer)).status_code == 201


async def test_a_key_does_no_more_than_its_maker_may_now(admin: Client, web: Application) -> None:
    maker = await added(admin, role="administrator")
    async with Client(web) as client:
        await client.login("op@example.com")
        made = await key(client, role="administrator")
    assert (await with_key(web, made["key"], "/users")).status_code == 200
    await admin.patch(f"{API}/users/{maker['id']}", json={"role": "viewer"})
    assert (await with_key(web, made["key"], "/users")).status_code == 403
    assert (await with_key(web, made["key"], "/tokens")).status_code == 200


async def test_a_scope_limits_everything_to_some_sites(
    admin: Client, web: Application, two_sites: None, database: Database
) -> None:
    made = await key(admin, role="administrator", sites=["Harbour"])
    assert made["sites"] == ["Harbour"]
    async with Client(web) as program:
        program.headers["Authorization"] = f"Bearer {made['key']}"
        assert (await program.get(f"{API}/auth/me")).json()["sites"] == ["Harbour"]

        async def ids(path: str, name: str = "id") -> list[str]:
            return [item[name] for item in (await program.get(API + path)).json()["items"]]

        await database.write(_busy)
        assert await ids("/stations") == ["CP1"]
        assert await ids("/stations?connected=false") == ["CP1"]
        assert await ids("/sites", "name") == ["Harbour"]
        assert await ids("/sessions", "station") == ["CP1"]
        assert await ids("/alarms", "station") == ["CP1"]
        assert (await program.get(f"{API}/status")).json()["stations"]["total"] == 1
        assert (await program.get(f"{API}/status")).json()["sessions"]["active"] == 1
        assert (await program.get(f"{API}/stations/CP1/messages")).status_code == 200
        for path in (
            "/stations/CP2",
            "/stations/CP2/messages",
            "/stations/CP2/commands",
            "/stations/CP2/connections",
            "/stations/CP2/orphan-meter-values",
            "/sessions/foreign",
            "/stations/CP3",
        ):
            assert (await program.get(API + path)).status_code == 404, path
        assert (await program.post(f"{API}/stations/CP2/commands/reset")).status_code == 404
        assert (await program.patch(f"{API}/stations/CP2", json={"name": "mine"})).status_code == 404
        assert (await program.delete(f"{API}/stations/CP2")).status_code == 404
        assert (await program.patch(f"{API}/stations/CP1", json={"site": "Office"})).status_code == 422
        assert (await program.post(f"{API}/stations", json={"id": "CP4", "site": "Office"})).status_code == 422
        assert (await program.patch(f"{API}/stations/CP1", json={"name": "mine"})).status_code == 200
        assert (await program.post(f"{API}/api-keys", json={"name": "k", "role": "viewer"})).status_code == 422
        more = {"name": "k", "role": "viewer", "sites": ["Office"]}
        assert (await program.post(f"{API}/api-keys", json=more)).status_code == 422
        async with listening(program) as stream:
            await admin.patch(f"{API}/stations/CP2", json={"name": "a"})
            await admin.patch(f"{API}/stations/CP1", json={"name": "b"})
            assert (await stream.until("station_changed"))["station"] == "CP1"
    assert len((await admin.get(f"{API}/stations")).json()["items"]) == 3


def _busy(work: Work) -> None:
    """A session and an alarm at each charger."""
    for row in work.execute(stations.stations.select()).all():
        station = stations.Station(row.id, row.identity, row.organization_id, "1.6", "accepted", True)
        telling.start(work, station, 1, token="TAG1", at=Instant(work.now), meter=0)
        alarms.raise_alarm(work, station, kind="test", detail=row.identity)
