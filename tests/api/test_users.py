"""Users: who is let in, who is out, and how soon."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from stationmaster.api.application import Application
from stationmaster.api.context import Context
from stationmaster.api.logins import Standings
from stationmaster.domain import accounts, api_keys, organizations
from stationmaster.domain.errors import Conflict
from stationmaster.storage import Database, Work
from tests.api.conftest import PASSWORD, Client
from tests.api.people import API, NEW, added, key, with_key


async def test_users_are_added_listed_and_given_another_role(admin: Client, web: Application) -> None:
    made = await added(admin)
    assert "password" not in made
    emails = [user["email"] for user in (await admin.get(f"{API}/users")).json()["items"]]
    assert emails == ["op@example.com", "administrator@example.com"]
    async with Client(web) as client:
        assert (await client.login("op@example.com")).status_code == 200
        assert (await client.post(f"{API}/tokens", json={"uid": "A"})).status_code == 201
        changed = await admin.patch(f"{API}/users/{made['id']}", json={"role": "viewer"})
        assert changed.json()["role"] == "viewer"
        assert (await client.post(f"{API}/tokens", json={"uid": "B"})).status_code == 401  # what it said is not so now
        assert (await client.post(f"{API}/auth/refresh")).json()["user"]["role"] == "viewer"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"email": "x", "password": PASSWORD, "role": "viewer"}, "email"),
        ({"email": "a b@example.com", "password": PASSWORD, "role": "viewer"}, "email"),
        ({"email": "a@example.com", "password": "short", "role": "viewer"}, "password"),
        ({"email": "a@example.com", "password": PASSWORD, "role": "god"}, "role"),
        ({"email": "a@example.com", "password": PASSWORD}, "role"),
    ],
)
async def test_a_user_that_cannot_be(admin: Client, body: dict[str, str], field: str) -> None:
    answer = await admin.post(f"{API}/users", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_a_user_is_changed_only_as_their_changer_has_seen_them(admin: Client) -> None:
    user = f"{API}/users/{(await added(admin))['id']}"
    seen = {"If-Match": (await admin.get(user)).headers["etag"]}
    same = await admin.patch(user, json={"name": None}, headers=seen)
    assert {"If-Match": same.headers["etag"]} == seen
    for change in ({"name": "Ann"}, {"role": "viewer"}, {"locked": True}, {"time_zone": "Asia/Kolkata"}):
        now = await admin.patch(user, json=change, headers=seen)
        assert now.status_code == 200, now.text
        for method, body in (("PATCH", {"name": "Bob"}), ("DELETE", None)):
            assert (await admin.request(method, user, json=body, headers=seen)).status_code == 412, (method, change)
        seen = {"If-Match": now.headers["etag"]}
        assert (await admin.get(user)).headers["etag"] == seen["If-Match"]
    assert (await admin.delete(user, headers=seen)).status_code == 204
    assert (await admin.get(user)).status_code == 404


async def test_X_01_a_leaver_is_out_at_once(admin: Client, web: Application, context: Context) -> None:
    leaver = await added(admin, role="administrator")
    async with Client(web) as client:
        await client.login("op@example.com")
        made = await key(client, role="viewer")
        assert (await with_key(web, made["key"], "/tokens")).status_code == 200
        assert (await admin.delete(f"{API}/users/{leaver['id']}")).status_code == 204
        assert (await client.get(f"{API}/tokens")).status_code == 401
        assert (await client.post(f"{API}/auth/refresh")).status_code == 401
        assert (await with_key(web, made["key"], "/tokens")).status_code == 401
        assert (await client.login("op@example.com")).status_code == 401
    names = {row["actor"]["name"] for row in (await admin.get(f"{API}/audit")).json()["items"]}
    assert "op@example.com" in names  # history keeps the name
    assert (await added(admin))["id"] != leaver["id"]  # the address may be used again; it is somebody else


async def test_X_01_on_another_node_a_leaver_is_out_within_a_minute(
    admin: Client, database: Database, context: Context
) -> None:
    now = 0.0
    elsewhere = Standings(lambda: now)
    leaver = await added(admin)

    def make(work: Work) -> tuple[str, Any]:
        _, text = api_keys.create(work, 1, name="k", role="viewer", made_by=leaver["id"])
        return text, None

    text, _ = await database.write(make)
    found = await elsewhere.key(database, text)
    assert found is not None
    await admin.delete(f"{API}/users/{leaver['id']}")
    assert await elsewhere.key(database, text) is not None  # remembered for a moment
    now = 60.0
    assert await elsewhere.key(database, text) is None
    assert not await elsewhere.key_stands(database, text, found.permissions)


async def test_who_is_locked_out_is_out_at_once_and_comes_back_as_they_were(admin: Client, web: Application) -> None:
    locked = await added(admin, role="administrator")
    path = f"{API}/users/{locked['id']}"
    async with Client(web) as client:
        await client.login("op@example.com")
        made = await key(client, role="viewer")
        assert (await admin.patch(path, json={"locked": True})).json()["locked"] is True
        assert (await client.get(f"{API}/tokens")).status_code == 401
        assert (await client.post(f"{API}/auth/refresh")).status_code == 401
        assert (await with_key(web, made["key"], "/tokens")).status_code == 401
        assert (await client.login("op@example.com")).status_code == 401
        assert (await admin.patch(path, json={"locked": False})).json()["locked"] is False
        assert (await client.login("op@example.com")).status_code == 200
        assert (await with_key(web, made["key"], "/tokens")).status_code == 200
    rows = (await admin.get(f"{API}/audit", params={"subject": f"user:{locked['id']}"})).json()["items"]
    assert [(row["before"], row["after"]) for row in rows if row["action"] == "change_user"] == [
        ({"locked": True}, {"locked": False}),
        ({"locked": False}, {"locked": True}),
    ]


async def test_a_locked_administrator_is_no_other_administrator(admin: Client) -> None:
    me = (await admin.get(f"{API}/auth/me")).json()
    other = await added(admin, "second@example.com", "administrator")
    assert (await admin.patch(f"{API}/users/{other['id']}", json={"locked": True})).status_code == 200
    for change in ({"locked": True}, {"role": "viewer"}):
        assert (await admin.patch(f"{API}/users/{me['id']}", json=change)).status_code == 409
    assert (await admin.delete(f"{API}/users/{me['id']}")).status_code == 409


async def test_a_password_is_given_anew_and_the_log_ins_with_the_old_one_end(admin: Client, web: Application) -> None:
    forgetful = await added(admin)
    path = f"{API}/users/{forgetful['id']}"
    async with Client(web) as client:
        await client.login("op@example.com")
        refused = await admin.patch(path, json={"password": "short"})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "password")
        assert (await client.get(f"{API}/tokens")).status_code == 200
        assert (await admin.patch(path, json={"password": NEW})).status_code == 200
        assert (await client.get(f"{API}/tokens")).status_code == 401
        assert (await client.login("op@example.com")).status_code == 401
        assert (await client.login("op@example.com", NEW)).status_code == 200


@pytest.mark.parametrize("change", [{"password": NEW}, {"locked": True}, {"role": "viewer"}])
async def test_nobody_changes_somebody_who_may_do_more(admin: Client, web: Application, change: dict[str, Any]) -> None:
    """A key that may manage users could otherwise take an administrator's place."""
    other = await added(admin, "second@example.com", "administrator")
    made = await key(admin, permissions=["view", "manage_users"])
    answer = await with_key(web, made["key"], f"/users/{other['id']}", "PATCH", json=change)
    assert answer.status_code == 422
    assert "more than you may" in answer.json()["errors"][0]["reason"]


async def test_X_01_the_last_administrator_cannot_be_removed(admin: Client) -> None:
    me = (await admin.get(f"{API}/auth/me")).json()
    for answer in (
        await admin.delete(f"{API}/users/{me['id']}"),
        await admin.patch(f"{API}/users/{me['id']}", json={"role": "operator"}),
    ):
        assert answer.status_code == 409
        assert "last administrator" in answer.json()["detail"]
    other = await added(admin, "second@example.com", "administrator")
    assert (await admin.delete(f"{API}/users/{other['id']}")).status_code == 204
    assert (await admin.delete(f"{API}/users/{me['id']}")).status_code == 409


@pytest.mark.every_case
async def test_X_01_two_administrators_who_remove_each_other_leave_one(database: Database) -> None:
    def two(work: Work) -> list[accounts.User]:
        home = organizations.home(work)
        return [
            accounts.add(work, home, email=f"{name}@example.com", password=PASSWORD, role="administrator")
            for name in ("a", "b")
        ]

    first, second = await database.write(two)

    def submit(user: accounts.User, lane: int) -> asyncio.Future[Any]:
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        database.submit(
            lambda work: accounts.remove(work, user.organization_id, user.id),
            (),
            lambda _, error: future.set_result(error),
            lane=lane,
        )
        return future

    errors = await asyncio.gather(submit(first, 0), submit(second, 1))
    assert sorted(type(error) for error in errors if error is not None) == [Conflict]


async def test_users_of_another_organization_are_not_there(admin: Client, database: Database) -> None:
    def abroad(work: Work) -> accounts.User:
        other = organizations.create(work, name="Other")
        return accounts.add(work, other.id, email="x@example.com", password=PASSWORD, role="administrator")

    foreign = await database.write(abroad)
    assert len((await admin.get(f"{API}/users")).json()["items"]) == 1
    assert (await admin.delete(f"{API}/users/{foreign.id}")).status_code == 404
    assert (await admin.patch(f"{API}/users/{foreign.id}", json={"role": "viewer"})).status_code == 404


async def test_X_01_who_was_removed_comes_back_as_they_were_unless_their_address_is_in_use(
    admin: Client, web: Application, database: Database
) -> None:
    jane = {"email": "jane@example.com", "password": NEW, "role": "viewer", "name": "Jane"}
    user = (await admin.post(f"{API}/users", json=jane)).json()
    path = f"{API}/users/{user['id']}"
    assert (await admin.post(f"{path}/restore")).status_code == 404  # nobody has removed her
    await admin.delete(path)
    async with Client(web) as elsewhere:
        assert (await elsewhere.login("jane@example.com", NEW)).status_code == 401
        [removed] = (await admin.get(f"{API}/users", params={"deleted": "true"})).json()["items"]
        assert removed["email"] == "jane@example.com"
        back = await admin.post(f"{path}/restore")
        assert (back.status_code, back.json()) == (200, {key: value for key, value in user.items() if key != "link"})
        assert (await elsewhere.login("jane@example.com", NEW)).status_code == 200
        assert (await admin.get(f"{API}/users", params={"deleted": "true"})).json()["items"] == []
    await admin.delete(path)
    await admin.post(f"{API}/users", json=jane)
    assert (await admin.post(f"{path}/restore")).status_code == 409

    def owner(work: Work) -> accounts.User:
        home = organizations.home(work)
        gone = accounts.add(work, home, email="owner@example.com", password=PASSWORD, role="owner")
        accounts.remove(work, home, gone.id)
        return gone

    gone = await database.write(owner)
    assert (await admin.post(f"{API}/users/{gone.id}/restore")).status_code == 422  # an administrator makes no owners


async def test_X_01_who_logs_out_everywhere_is_out_on_every_device(
    as_role: Callable[..., Any], web: Application
) -> None:
    viewer = await as_role("viewer")
    async with Client(web) as elsewhere:
        await elsewhere.login("viewer@example.com")
        assert (await elsewhere.post(f"{API}/auth/logout-everywhere")).status_code == 204
        for device in (viewer, elsewhere):
            assert (await device.get(f"{API}/tokens")).status_code == 401
            assert (await device.post(f"{API}/auth/refresh")).status_code == 401
        assert (await elsewhere.login("viewer@example.com")).status_code == 200


async def test_my_own_password(as_role: Callable[..., Any], web: Application) -> None:
    viewer = await as_role("viewer")
    async with Client(web) as elsewhere:
        await elsewhere.login("viewer@example.com")
        wrong = await viewer.post(f"{API}/auth/password", json={"current": "no", "new": NEW})
        assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "current")
        short = await viewer.post(f"{API}/auth/password", json={"current": PASSWORD, "new": "short"})
        assert (short.status_code, short.json()["errors"][0]["field"]) == (422, "new")
        done = await viewer.post(f"{API}/auth/password", json={"current": PASSWORD, "new": NEW})
        assert done.status_code == 200
        assert (await elsewhere.get(f"{API}/tokens")).status_code == 401
        assert (await viewer.get(f"{API}/tokens")).status_code == 401
        viewer.headers["Authorization"] = f"Bearer {done.json()['access_token']}"
        assert (await viewer.get(f"{API}/tokens")).status_code == 200
        assert (await viewer.post(f"{API}/auth/refresh")).status_code == 200
        assert (await elsewhere.login("viewer@example.com")).status_code == 401
        assert (await elsewhere.login("viewer@example.com", NEW)).status_code == 200


async def test_my_own_password_is_not_guessed_with_a_stolen_access_token(as_role: Callable[..., Any]) -> None:
    viewer = await as_role("viewer")
    body = {"current": "no", "new": NEW}
    answers = [(await viewer.post(f"{API}/auth/password", json=body)).status_code for _ in range(8)]
    assert answers[:5] == [422] * 5
    assert 429 in answers


@pytest.mark.parametrize("role", ["owner", "driver"])
async def test_the_roles_at_both_ends_are_given_and_taken(
    admin: Client, as_role: Callable[..., Any], role: str
) -> None:
    """An administrator makes drivers; owners are made by owners."""
    owner = await as_role("owner")
    made = await added(owner, role=role)
    assert made["role"] == role
    for answer in (
        await admin.patch(f"{API}/users/{made['id']}", json={"role": "viewer"}),
        await admin.delete(f"{API}/users/{made['id']}"),
    ):
        assert answer.is_success == (role == "driver")
    refused = await admin.post(f"{API}/users", json={"email": "x@example.com", "password": PASSWORD, "role": role})
    assert refused.is_success == (role == "driver")


@pytest.mark.every_case
async def test_X_01_an_owner_is_an_administrator_who_may_be_the_last(
    admin: Client, as_role: Callable[..., Any]
) -> None:
    owner = await as_role("owner")
    boss, me = [(await each.get(f"{API}/auth/me")).json()["id"] for each in (owner, admin)]
    assert (await owner.patch(f"{API}/users/{me}", json={"role": "viewer"})).status_code == 200
    for change in ({"role": "driver"}, {"locked": True}, {"sites": ["Harbour"]}):
        await owner.post(f"{API}/sites", json={"name": "Harbour"})
        assert (await owner.patch(f"{API}/users/{boss}", json=change)).status_code == 409, change


async def test_a_driver_sees_nothing_of_the_organization(as_role: Callable[..., Any]) -> None:
    driver = await as_role("driver")
    assert (await driver.get(f"{API}/auth/me")).json()["permissions"] == ["discover"]
    for path in ("stations", "sessions", "tokens", "sites", "users", "events", "alarms", "audit", "status"):
        assert (await driver.get(f"{API}/{path}")).status_code == 403, path


async def test_a_person_is_limited_to_sites_as_a_key_is(
    admin: Client, web: Application, two_sites: None, database: Database
) -> None:
    """What is not theirs is not there; their keys follow; and it holds at once."""
    made = await added(admin, role="administrator")
    path = f"{API}/users/{made['id']}"
    assert made["sites"] is None
    async with Client(web) as client:
        await client.login("op@example.com")
        wide = await key(client, role="viewer")
        assert (await admin.patch(path, json={"sites": ["Harbour"]})).json()["sites"] == ["Harbour"]
        assert (await client.get(f"{API}/stations")).status_code == 401  # what the token said is not so now
        login = (await client.login("op@example.com")).json()
        assert login["user"]["sites"] == ["Harbour"]
        assert [each["id"] for each in (await client.get(f"{API}/stations")).json()["items"]] == ["CP1"]
        assert (await client.get(f"{API}/stations/CP2")).status_code == 404
        assert (await client.post(f"{API}/stations/CP2/commands/reset")).status_code == 404
        assert (await client.patch(f"{API}/stations/CP1", json={"site": "Office"})).status_code == 422
        seen = (await with_key(web, wide["key"], "/stations")).json()["items"]
        assert [each["id"] for each in seen] == ["CP1"]
        # Nobody is given, or keeps, more sites than whoever gives them.
        body = {"email": "new@example.com", "password": PASSWORD, "role": "viewer"}
        for sites in (None, ["Office"], ["Harbour", "Office"]):
            refused = await client.post(f"{API}/users", json=body | {"sites": sites})
            assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "sites")
        mine = await client.post(f"{API}/users", json=body | {"sites": ["Harbour"]})
        assert (mine.status_code, mine.json()["sites"]) == (201, ["Harbour"])
        for change in ({"sites": None}, {"sites": ["Office"]}):
            assert (await client.patch(f"{API}/users/{mine.json()['id']}", json=change)).status_code == 422
            assert (await client.patch(path, json=change)).status_code == 422
        wider = await added(admin, "wide@example.com", "viewer")
        assert (await client.patch(f"{API}/users/{wider['id']}", json={"role": "viewer"})).status_code == 422
        assert (await client.delete(f"{API}/users/{wider['id']}")).status_code == 422
        assert (await admin.patch(path, json={"sites": None})).json()["sites"] is None
        await client.login("op@example.com")
        assert len((await client.get(f"{API}/stations")).json()["items"]) == 3
    rows = (await admin.get(f"{API}/audit?subject=user:{made['id']}")).json()["items"]
    assert ({"sites": None}, {"sites": ["Harbour"]}) in [(row["before"], row["after"]) for row in rows]


async def test_S0_040_my_own_profile(as_role: Callable[..., Any], web: Application, admin: Client) -> None:
    driver = await as_role("driver")
    mine = {"name": "Ann Ödegård", "language": "de-AT", "time_zone": "Europe/Vienna"}
    changed = await driver.patch(f"{API}/auth/me", json=mine)
    assert changed.status_code == 200, changed.text
    assert changed.json().items() >= mine.items()
    assert (await driver.patch(f"{API}/auth/me", json={"language": None})).json()["name"] == "Ann Ödegård"
    me = (await driver.get(f"{API}/auth/me")).json()
    assert (me["language"], me["time_zone"]) == (None, "Europe/Vienna")
    assert (await driver.patch(f"{API}/auth/me", json={"name": None})).json()["name"] == "driver@example.com"
    for wrong in ({"time_zone": "Mars/Base"}, {"time_zone": "../etc/passwd"}, {"language": "!"}, {"name": "a\nb"}):
        refused = await driver.patch(f"{API}/auth/me", json=wrong)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, next(iter(wrong)))
    # API-12: what they may do is not theirs to change.
    for more in (
        {"role": "owner"},
        {"sites": None},
        {"permissions": ["view"]},
        {"email": "boss@example.com"},
        {"id": "1"},
    ):
        assert (await driver.patch(f"{API}/auth/me", json=more)).status_code == 422
    made = await key(admin, role="administrator")
    assert (await with_key(web, made["key"], "/auth/me", "PATCH", json={"name": "x"})).status_code == 403


async def test_another_address_given_by_an_administrator(admin: Client, web: Application) -> None:
    made = await added(admin)
    path = f"{API}/users/{made['id']}"
    taken = await admin.patch(path, json={"email": "ADMINISTRATOR@example.com"})
    assert taken.status_code == 409
    assert (await admin.patch(path, json={"email": "no address"})).status_code == 422
    assert (await admin.patch(path, json={"email": "New@example.com"})).json()["email"] == "New@example.com"
    assert (await admin.patch(path, json={"email": "new@example.com"})).json()["email"] == "new@example.com"
    async with Client(web) as client:
        assert (await client.login("op@example.com")).status_code == 401
        assert (await client.login("new@example.com")).status_code == 200


async def test_X_01_without_mail_an_administrator_hands_on_the_link(admin: Client, web: Application) -> None:
    """An invitation, a reset: each is a link that works once, and a newer one ends it."""
    made = (await admin.post(f"{API}/users", json={"email": "ann@example.com", "role": "operator"})).json()
    assert made["awaited"]
    assert made["link"]["url"].startswith("http://stationmaster.test/welcome#")
    async with Client(web) as ann:
        first = made["link"]["url"].partition("#")[2]
        again = (await admin.post(f"{API}/users/{made['id']}/link")).json()["url"]
        assert "/welcome#" in again
        body = {"password": PASSWORD}
        stale = await ann.post(f"{API}/auth/new-password", json=body | {"token": first})
        assert (stale.status_code, stale.json()["errors"][0]["field"]) == (422, "token")
        assert (await ann.login("ann@example.com")).status_code == 401
        used = await ann.post(f"{API}/auth/new-password", json=body | {"token": again.partition("#")[2], "name": "Ann"})
        assert used.status_code == 204
        assert (await ann.login("ann@example.com")).json()["user"]["name"] == "Ann"
        reset = (await admin.post(f"{API}/users/{made['id']}/link")).json()["url"]
        assert "/new-password#" in reset
        body = {"password": NEW, "token": reset.partition("#")[2]}
        assert (await ann.post(f"{API}/auth/new-password", json=body)).status_code == 204
        assert (await ann.get(f"{API}/auth/me")).status_code == 401
        assert (await ann.post(f"{API}/auth/new-password", json=body)).status_code == 422
        assert (await ann.login("ann@example.com", NEW)).status_code == 200
        # What a stranger may ask for without mail, says so.
        for path, asked in (("password-reset", {"email": "x@y.z"}), ("email", {"email": "x@y.z", "password": NEW})):
            answer = await ann.post(f"{API}/auth/{path}", json=asked)
            assert (answer.status_code, "no mail" in answer.json()["detail"]) == (409, True)
        closed = await ann.post(f"{API}/auth/registration", json={"email": "x@y.z", "password": NEW})
        assert closed.status_code == 403
        setup = (await ann.get(f"{API}/auth/setup")).json()
        assert (setup["mail"], setup["registration"]) == (False, False)


async def test_a_link_of_somebody_who_left_or_is_locked_out_opens_nothing(admin: Client, web: Application) -> None:
    async with Client(web) as ann:
        for change in ("locked", "removed", "another address", "a password"):
            body = {"email": f"{change.split()[-1]}@example.com", "role": "operator"}
            made = (await admin.post(f"{API}/users", json=body)).json()
            path = f"{API}/users/{made['id']}"
            if change == "removed":
                await admin.delete(path)
            else:
                changes = {"another address": {"email": "new@example.com"}, "a password": {"password": NEW}}
                assert (await admin.patch(path, json=changes.get(change, {"locked": True}))).status_code == 200
            token = made["link"]["url"].partition("#")[2]
            answer = await ann.post(f"{API}/auth/new-password", json={"token": token, "password": PASSWORD})
            assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "token"), change
            if change == "locked":
                assert (await admin.post(f"{path}/link")).status_code == 409
        for token in ("", ".", "x", "x.y", made["link"]["url"].partition("#")[2][:-1], "ü" * 50):
            answer = await ann.post(f"{API}/auth/new-password", json={"token": token, "password": PASSWORD})
            assert answer.status_code == 422


async def test_nobody_gets_a_link_of_somebody_who_may_do_more(admin: Client, as_role: Callable[..., Any]) -> None:
    await as_role("owner")
    boss = next(each for each in (await admin.get(f"{API}/users")).json()["items"] if each["role"] == "owner")
    assert (await admin.post(f"{API}/users/{boss['id']}/link")).status_code == 422
