"""What drivers see and change of their own, and that it is nothing of anybody else's (D-01)."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from stationmaster.api.application import Application
from stationmaster.domain import accounts, customers, drivers, event_log, events, joining, organizations, tariffs
from stationmaster.domain.errors import Conflict, Invalid, NotFound
from stationmaster.domain.money.amounts import of_minor
from stationmaster.domain.payments import manual
from stationmaster.domain.stations import Station
from stationmaster.storage import Database, Work
from tests.api.conftest import PASSWORD, Client, listening
from tests.api.drivers import Driver, ask, charge, make_driver
from tests.api.test_access import MATRIX
from tests.api.test_invoices import issue_receipt

API = "/api/v1"
HOUR = timedelta(hours=1)


@pytest.fixture
async def ann(web: Application, database: Database, charger: Any) -> AsyncIterator[Driver]:
    driver = await make_driver(web, database, "ann")
    await charge(database, charger, driver)
    await ask(database, charger, driver)
    yield driver
    await driver.client.aclose()


@pytest.fixture
async def bob(web: Application, database: Database, charger: Any) -> AsyncIterator[Driver]:
    driver = await make_driver(web, database, "bob")
    await charge(database, charger, driver, evse=2)
    await ask(database, charger, driver, number=2)
    yield driver
    await driver.client.aclose()


async def test_S0_041_a_driver_sees_what_they_have_charged(ann: Driver, admin: Client, database: Database) -> None:
    assert (
        await admin.post(f"{API}/sites", json={"id": "H", "name": "Hafen", "time_zone": "Europe/Berlin"})
    ).is_success
    assert (await admin.patch(f"{API}/stations/CP1", json={"site": "Hafen", "name": "CP1 at the gate"})).is_success
    [listed] = (await ann.client.get(f"{API}/me/sessions")).json()["items"]
    assert (listed["id"], listed["status"], listed["energy_wh"]) == (ann.ids["session_id"], "completed", 5000)
    assert (listed["site"], listed["time_zone"], listed["card"]) == ("H", "Europe/Berlin", "CARD-ann")
    # The identity of a charger is for nobody outside (ATK-04): neither by itself nor in its name.
    one = await ann.client.get(f"{API}/me/sessions/{listed['id']}")
    assert one.json() == listed | {"series": one.json()["series"], "values_dropped": False}
    assert one.json()["series"][-1]["energy_wh"] == 5000
    assert "CP1" not in one.text
    assert (await ann.client.get(f"{API}/discovery/chargers/{listed['charger']}")).status_code == 200
    for query, count in (
        ("?status=active", 0),
        ("?site=H&status=completed", 1),
        ("?site=X", 0),
        ("?card=card-ANN", 1),
        ("?card=CARD-bob", 0),
        ("?started_from=2100-01-01T00:00:00Z", 0),
    ):
        assert len((await ann.client.get(f"{API}/me/sessions{query}")).json()["items"]) == count, query
    for query in ("?customer=CUSTOMER-bob", "?started_from=2026-01-01", "?sort=station"):
        assert (await ann.client.get(f"{API}/me/sessions{query}")).status_code == 422, query
    [row] = csv.DictReader(io.StringIO((await ann.client.get(f"{API}/me/exports/sessions")).text, newline=""))
    assert (row["id"], row["energy_kwh"], row["site"]) == (listed["id"], "5.000000", "Hafen")
    assert row["started_at"].endswith(("+01:00", "+02:00"))


@pytest.mark.any_database
async def test_S0_041_a_session_that_goes_on_is_told_as_it_is_now(
    ann: Driver, charger: Any, database: Database
) -> None:
    going_on = await charge(database, charger, ann, evse=2, ends=False)
    [active] = (await ann.client.get(f"{API}/me/sessions?status=active")).json()["items"]
    assert (active["id"], active["stopped_at"]) == (going_on, None)
    values = await ann.client.get(f"{API}/me/sessions/{going_on}/meter-values")
    assert (values.status_code, values.json()["next"]) == (200, None)


async def pay(database: Database, driver: Driver) -> None:
    """A payment of a driver, and a receipt for their session."""

    def paid(work: Work) -> None:
        home = organizations.home(work)
        customer = customers.get(work, home, f"CUSTOMER-{driver.name}")
        told: Any = {"reference": "Receipt", "by": "Eve", "customer": customer.public_id}
        driver.ids["own_payment_id"] = manual.enter(work, home, "cash", of_minor(100, "EUR"), **told).public_id
        receipt = issue_receipt(work, home, driver.ids["session_id"], customer_id=customer.id)
        driver.ids["invoice_id"] = receipt.public_id

    await database.write(paid)


async def test_D_01_a_driver_with_anothers_ids_finds_nothing(ann: Driver, bob: Driver, database: Database) -> None:
    async def everything(driver: Driver) -> dict[str, str]:
        told = {}
        for route in sorted(MATRIX):
            method, path = route.split(" ")
            # What is printed is told as well, as JSON; and nothing was signed here.
            if path == f"{API}/me/events" or path.endswith(("/pdf", "/signed-values")):
                continue
            if method == "GET" and path.startswith(f"{API}/me"):
                answer = await driver.client.get(path.format(**driver.ids, month="2026-11"))
                assert answer.status_code == 200, (route, answer.text)
                told[route] = answer.text
        return told

    price: Any = {"name": "Day", "currency": "EUR", "standard": True, "price_per_kwh": Decimal("0.3")}
    await database.write(lambda work: tariffs.create(work, organizations.home(work), **price))
    for driver in (ann, bob):
        await pay(database, driver)
    mine, theirs = await everything(ann), await everything(bob)
    for route, text in mine.items():
        assert "bob" not in text and not any(
            bob.ids[name] in text
            for name in ("session_id", "own_request_id", "reservation_id", "own_payment_id", "invoice_id")
        ), route
    tried = 0
    for route in sorted(MATRIX):
        method, path = route.split(" ")
        if path.startswith(f"{API}/me/") and "{" in path and "{month}" not in path:
            answer = await ann.client.request(method, path.format(**bob.ids), json=BODIES.get(route))
            assert answer.status_code == 404, (route, answer.text)
            assert "canaries" not in answer.text, route
            tried += 1
    assert tried >= 10
    assert await everything(bob) == theirs


@pytest.mark.any_database
async def test_D_01_a_driver_hears_of_their_own_sessions_alone(
    ann: Driver, bob: Driver, admin: Client, charger: Any, database: Database
) -> None:
    station = Station(charger.id, "CP1", charger.organization_id, "1.6", "accepted", True)

    async def read_meter(evse: int) -> None:
        facts: dict[str, Any] = {
            "station_id": station.id,
            "station": "CP1",
            "evse": evse,
            "transaction_id": None,
            "soc_percent": None,
        }
        figures = {"energy_wh": Decimal(3000), "power_w": Decimal(7000)}
        await database.write(lambda work: work.publish(events.MeterRead(**facts, **figures, at=work.now + HOUR)))

    database.before_commit.append(event_log.keep)
    async with listening(ann.client, path=f"{API}/me/events") as mine, listening(admin) as all_of_it:
        theirs = await charge(database, charger, bob, evse=2, ends=False)
        await read_meter(2)
        begun = await charge(database, charger, ann, ends=False)
        await read_meter(1)
        (began, told), (measured, now) = await mine.next(), await mine.next()
        assert (began, told["session"], told["status"], told["stopped_at"]) == ("session", begun, "active", None)
        assert (measured, now["session"], now["energy_wh"], now["power_w"]) == ("session_updated", begun, 2000, 7000)
        assert "CP1" not in repr((told, now))
        # Who may look hears of all, and whose each is.
        heard = [(await all_of_it.until("session_started"))["session"] for _ in range(2)]
        assert [(one["id"], one["customer"]) for one in heard] == [(theirs, "CUSTOMER-bob"), (begun, "CUSTOMER-ann")]
    await database.write(event_log.number_new)
    logged = (await admin.get(f"{API}/events/log?type=session_started&limit=200")).json()["items"]
    assert {one["session"]["customer"] for one in logged} == {"CUSTOMER-ann", "CUSTOMER-bob"}


BODIES = {"PATCH /api/v1/me/vehicles/{vehicle_id}": {"make": "Other"}}


@pytest.mark.any_database
async def test_D_01_elsewhere_a_driver_may_only_look_where_to_charge(ann: Driver, bob: Driver) -> None:
    """The matrix of rights says so for every route; here with ids that exist."""
    for path in (
        f"/sessions/{ann.ids['session_id']}",
        "/sessions",
        "/tokens/CARD-ann",
        "/vehicles",
        "/stations",
        "/events",
    ):
        assert (await ann.client.get(API + path)).status_code == 403, path


async def test_D_01_who_has_the_customer_number_of_somebody_removed_sees_nothing_of_theirs(
    ann: Driver, admin: Client, web: Application, database: Database
) -> None:
    await admin.delete(f"{API}/tokens/CARD-ann")
    assert (await admin.delete(f"{API}/customers/CUSTOMER-ann")).status_code == 204
    assert (await ann.client.get(f"{API}/me")).status_code == 404
    assert (await ann.client.get(f"{API}/me/sessions")).status_code == 404
    await admin.post(f"{API}/customers", json={"id": "CUSTOMER-ann", "name": "Anton"})
    new = {"email": "anton@example.com", "role": "driver", "password": PASSWORD, "customer": "CUSTOMER-ann"}
    assert (await admin.post(f"{API}/users", json=new)).json()["customer"] == "CUSTOMER-ann"
    async with Client(web) as anton:
        await anton.login("anton@example.com")
        assert (await anton.get(f"{API}/me")).json()["name"] == "Anton"
        for path in ("/me/sessions", "/me/cards", "/me/vehicles"):
            assert (await anton.get(API + path)).json()["items"] == [], path
        assert len((await anton.get(f"{API}/me/exports/sessions")).text.splitlines()) == 1


@pytest.mark.any_database
async def test_a_driver_changes_their_profile(ann: Driver, bob: Driver) -> None:
    first = await ann.client.get(f"{API}/me")
    told = first.json()
    assert (told["billing"], told["currency"], told["credit_limit"], told["monthly_budget"]) == (
        "free",
        None,
        None,
        None,
    )
    assert (told["can_start"], told["can_reserve"], told["can_pay"]) == (True, False, False)  # there is no provider
    assert (await ann.client.get(f"{API}/auth/me")).json()["customer"] == told["id"]
    changed = await ann.client.patch(
        f"{API}/me", json={"name": "Ann", "email": "Ann@example.com"}, headers={"If-Match": first.headers["ETag"]}
    )
    assert (changed.json()["name"], changed.json()["email"]) == ("Ann", "Ann@example.com")
    outdated = await ann.client.patch(f"{API}/me", json={"name": "X"}, headers={"If-Match": first.headers["ETag"]})
    assert outdated.status_code == 412
    for body in (
        {"email": "no address"},
        {"email": "somebody.else@example.org"},
        {"name": None},
        {"phone": "+491"},
        {"id": "CUSTOMER-bob"},
    ):
        assert (await ann.client.patch(f"{API}/me", json=body)).status_code == 422, body
    assert (await ann.client.get(f"{API}/me")).json()["name"] == "Ann"


@pytest.mark.any_database
async def test_a_driver_blocks_a_card_that_is_lost_and_does_not_unblock_it(ann: Driver, admin: Client) -> None:
    blocked = await ann.client.post(f"{API}/me/cards/card-ann/block")
    assert (blocked.status_code, blocked.json()["status"]) == (200, "blocked")
    assert (await ann.client.post(f"{API}/me/cards/CARD-ann/block")).status_code == 200
    assert (await admin.get(f"{API}/tokens/CARD-ann")).json()["status"] == "blocked"
    acts = (await admin.get(f"{API}/audit?actor=ann@example.com&subject=token:CARD-ann")).json()["items"]
    assert acts[-1]["after"] == {"status": "blocked"}


@pytest.mark.any_database
async def test_a_card_of_somebody_else_with_the_same_number_is_not_there(
    ann: Driver, bob: Driver, admin: Client
) -> None:
    card = {"uid": "CARD-ann", "kind": "ISO14443", "customer": "CUSTOMER-bob"}
    assert (await admin.post(f"{API}/tokens", json=card)).status_code == 201
    assert (await ann.client.get(f"{API}/me/cards/CARD-ann")).json()["kind"] is None
    assert (await bob.client.get(f"{API}/me/cards/CARD-ann")).json()["kind"] == "ISO14443"
    assert (await ann.client.post(f"{API}/me/cards/CARD-ann/block?kind=ISO14443")).status_code == 404
    await ann.client.post(f"{API}/me/cards/CARD-ann/block")
    assert (await bob.client.get(f"{API}/me/cards/CARD-ann")).json()["status"] == "accepted"


@pytest.mark.any_database
async def test_a_driver_manages_their_vehicles(ann: Driver) -> None:
    made = await ann.client.post(f"{API}/me/vehicles", json={"plate": "B-XY 1", "battery_kwh": 40.5, "default": True})
    assert (made.status_code, made.json()["default"], made.json()["battery_kwh"]) == (201, True, 40.5)
    path = f"{API}/me/vehicles/{made.json()['id']}"
    assert (await ann.client.patch(path, json={"make": "Acme"})).json()["make"] == "Acme"
    # An id of one's own choice would tell which ids are taken.
    assert (await ann.client.post(f"{API}/me/vehicles", json={"plate": "A", "id": "CAR-bob"})).status_code == 422
    assert (await ann.client.delete(path)).status_code == 204
    assert [one["id"] for one in (await ann.client.get(f"{API}/me/vehicles")).json()["items"]] == ["CAR-ann"]


@pytest.mark.any_database
async def test_who_is_no_customer_has_nothing(as_role: Callable[..., Any], admin: Client, anonymous: Client) -> None:
    viewer = await as_role("viewer")
    assert "not a customer" in (await viewer.get(f"{API}/me")).json()["detail"]
    key = (await admin.post(f"{API}/api-keys", json={"name": "k", "role": "viewer"})).json()["key"]
    anonymous.headers["Authorization"] = f"Bearer {key}"
    assert (await anonymous.get(f"{API}/me")).status_code == 404


@pytest.mark.any_database
async def test_an_administrator_says_which_customer_somebody_is(ann: Driver, bob: Driver, admin: Client) -> None:
    users = {one["email"]: one for one in (await admin.get(f"{API}/users")).json()["items"]}
    assert users["ann@example.com"]["customer"] == "CUSTOMER-ann"
    assert users["administrator@example.com"]["customer"] is None
    path = f"{API}/users/{users['ann@example.com']['id']}"
    assert (await admin.patch(path, json={"customer": "CUSTOMER-bob"})).status_code == 409
    assert (await admin.patch(path, json={"customer": "nobody"})).status_code == 422
    assert (await ann.client.get(f"{API}/me")).status_code == 200  # nothing has changed, and nobody was logged out
    assert (await admin.patch(path, json={"customer": None})).json()["customer"] is None
    await ann.client.login("ann@example.com")
    assert (await ann.client.get(f"{API}/me/sessions")).status_code == 404
    await admin.delete(f"{API}/users/{users['bob@example.com']['id']}")
    assert (await admin.patch(path, json={"customer": "CUSTOMER-bob"})).status_code == 200
    assert [one["id"] for one in (await ann.client.get(f"{API}/me/sessions")).json()["items"]] == [
        bob.ids["session_id"]
    ]


async def test_who_may_not_manage_customers_makes_nobody_a_customer(database: Database) -> None:
    def tried(work: Work) -> None:
        home = organizations.home(work)
        other = organizations.create(work, name="Other").id
        customers.create(work, other, public_id="THEIRS", name="Theirs")
        user = accounts.add(work, home, email="a@example.com", password=PASSWORD, role="driver")
        with pytest.raises(Invalid):  # of another organization
            drivers.link(work, home, user.id, customer="THEIRS")
        customers.create(work, home, public_id="MINE", name="Mine")
        drivers.link(work, home, user.id, customer="MINE")
        second = accounts.add(work, home, email="b@example.com", password=PASSWORD, role="driver")
        with pytest.raises(Conflict, match=r"a@example\.com"):
            drivers.link(work, home, second.id, customer="MINE")
        with pytest.raises(NotFound):
            drivers.customer_of(work, other, user.id)

    await database.write(tried)


@pytest.mark.parametrize(
    ("email", "name", "written_to"),
    [
        ("ann@example.com", "Ann", "ann@example.com"),
        ("ann@example.com", None, "ann@example.com"),
        ("a@b..c", None, None),  # one may log in with it; a customer cannot have it
    ],
)
async def test_S0_033_who_registers_is_a_customer_of_their_own(
    database: Database, email: str, name: str | None, written_to: str | None
) -> None:
    def registered(work: Work) -> None:
        home = organizations.home(work)
        customers.create(work, home, public_id="OLD", name="Ann", email="ann@example.com")
        user = accounts.add(work, home, email=email, password=PASSWORD, role=drivers.ROLE, name=name)
        drivers.become_customer(work, user)
        drivers.become_customer(work, user)
        mine = drivers.customer_of(work, home, user.id)
        assert (mine.name, mine.email) == (name or email, written_to)
        assert mine.public_id != "OLD"  # the address of a customer is what somebody once typed
        viewer, _ = joining.invite(work, home, email="v@example.com", role="viewer", by_mail=False)
        drivers.become_customer(work, viewer)
        with pytest.raises(NotFound):
            drivers.customer_of(work, home, viewer.id)

    await database.write(registered)
