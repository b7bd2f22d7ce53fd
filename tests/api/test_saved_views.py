"""Views of lists: a person's own on every device of theirs, shared by who may, gone with who kept them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import insert

from stationmaster.domain import accounts, organizations, personal_data, saved_views
from stationmaster.storage import Database, Work
from tests.api.conftest import Client

VIEWS = "/api/v1/auth/me/views"
LOST = {"page": "/cards", "name": "Lost ones", "search": "?sort=uid&q=AA0"}


async def names(client: Client) -> list[tuple[str, bool]]:
    return [(view["name"], view["mine"]) for view in (await client.get(VIEWS)).json()["items"]]


async def test_a_view_is_a_persons_own_and_shared_by_who_may(as_role: Callable[..., Any]) -> None:
    viewer, boss, driver = await as_role("viewer"), await as_role("administrator"), await as_role("driver")
    kept = await viewer.post(VIEWS, json=LOST)
    assert (kept.status_code, kept.json()["search"], kept.json()["shared"]) == (201, "?sort=uid&q=AA0", False)
    again = (await viewer.post(VIEWS, json=LOST | {"search": "?q=B"})).json()
    assert (again["id"], again["search"]) == (kept.json()["id"], "?q=B")
    refused = await viewer.post(VIEWS, json=LOST | {"shared": True})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "shared")
    shared = (await boss.post(VIEWS, json=LOST | {"name": "Ours", "shared": True})).json()
    assert await names(viewer) == [("Lost ones", True), ("Ours", False)]
    assert await names(boss) == [("Ours", True)]
    assert await names(driver) == []  # customers are not told what operators look for
    assert (await viewer.delete(f"{VIEWS}/{shared['id']}")).status_code == 404
    assert (await boss.delete(f"{VIEWS}/{again['id']}")).status_code == 404  # not shared, so nobody else's business
    owner = await as_role("owner")
    assert (await owner.delete(f"{VIEWS}/{shared['id']}")).status_code == 204
    assert await names(viewer) == [("Lost ones", True)]
    assert (await viewer.delete(f"{VIEWS}/{again['id']}")).status_code == 204
    assert await names(viewer) == []


async def test_what_is_no_view_is_refused_by_its_field(admin: Client) -> None:
    for field, values in {
        "page": ("cards", "https://elsewhere.example", "/cards?q=1", "/cards\n", "/" + "x" * 200),
        "search": ("q=1", "?q=#", "?q=\n", "?" + "x" * 2000),
        "name": ("", "  ", "a\nb", "x" * 41),
    }.items():
        for value in values:
            answer = await admin.post(VIEWS, json=LOST | {field: value})
            assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field), value


async def test_a_person_has_so_many_views_and_no_more(admin: Client, database: Database) -> None:
    def fill(work: Work) -> None:
        user = accounts.named(work, organizations.home(work), "administrator@example.com")
        facts = {"organization_id": user.organization_id, "user_id": user.key, "created_at": work.now}
        rows = [
            facts | {"public_id": f"v{n}", "page": "/cards", "name": f"{n}", "search": "", "shared": False}
            for n in range(saved_views.MOST)
        ]
        work.execute(insert(saved_views.saved_views), rows)

    await database.write(fill)
    refused = await admin.post(VIEWS, json=LOST)
    assert (refused.status_code, "200 views" in refused.json()["detail"]) == (409, True)
    assert (await admin.post(VIEWS, json=LOST | {"name": "7"})).status_code == 201  # in the place of another


async def test_views_go_with_who_kept_them(as_role: Callable[..., Any], database: Database) -> None:
    owner, boss = await as_role("owner"), await as_role("administrator")
    await boss.post(VIEWS, json=LOST | {"shared": True})
    assert await names(owner) == [("Lost ones", False)]
    user = (await boss.get("/api/v1/auth/me")).json()["id"]
    assert (await owner.delete(f"/api/v1/users/{user}")).status_code == 204
    assert await names(owner) == []
    assert (await owner.post(f"/api/v1/users/{user}/restore")).status_code == 200
    assert await names(owner) == [("Lost ones", False)]


async def test_API_35_who_is_erased_leaves_no_views(
    admin: Client, as_role: Callable[..., Any], database: Database
) -> None:
    driver = await as_role("driver")
    await driver.post(VIEWS, json=LOST)
    me = (await driver.get("/api/v1/auth/me")).json()["id"]
    await admin.post("/api/v1/customers", json={"id": "ME", "name": "Me"})
    await admin.patch(f"/api/v1/users/{me}", json={"customer": "ME"})

    def erase(work: Work) -> list[Any]:
        personal_data.erase(work, organizations.home(work), "ME")
        return list(work.execute(saved_views.saved_views.select()))

    assert await database.write(erase) == []
