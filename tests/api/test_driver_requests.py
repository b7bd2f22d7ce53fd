"""What drivers ask of chargers by themselves (API-34, D-02): no more than their card could do at the charger."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from stationmaster.api.application import Application
from stationmaster.domain import commands, connectors, reservations
from stationmaster.domain.stations import Station
from stationmaster.storage import Database, Work
from tests.api.conftest import Chargers, Client
from tests.api.drivers import Driver, charge, make_driver

API = "/api/v1"


@pytest.fixture
async def place(admin: Client, charger: Any, database: Database) -> str:
    """CP1 as the discovery shows it: at a site, with two EVSEs."""
    await admin.post(f"{API}/sites", json={"id": "H", "name": "Hafen", "latitude": 53.5, "longitude": 10})
    assert (await admin.patch(f"{API}/stations/CP1", json={"site": "Hafen"})).is_success
    station = Station(charger.id, "CP1", charger.organization_id, "1.6", "accepted", True)

    def told(work: Work) -> None:
        for evse in (1, 2):
            connectors.report_status(
                work, station, evse=evse, connector=1, state="available", status="Available", at=work.now
            )

    await database.write(told)
    return str(charger.public_id)


@pytest.fixture
async def ann(web: Application, database: Database, place: str) -> AsyncIterator[Driver]:
    driver = await make_driver(web, database, "ann")
    yield driver
    await driver.client.aclose()


@pytest.fixture
async def bob(web: Application, database: Database, place: str) -> AsyncIterator[Driver]:
    driver = await make_driver(web, database, "bob")
    yield driver
    await driver.client.aclose()


async def test_API_34_a_driver_starts_with_a_card_of_theirs_and_stops_what_they_began(
    ann: Driver, bob: Driver, place: str, chargers: Chargers, admin: Client, charger: Any, database: Database
) -> None:
    started = await ann.client.post(f"{API}/me/starts", json={"charger": place, "evse": 2, "card": "card-ann"})
    assert started.status_code == 200, started.text
    assert chargers.asked == [(charger.id, commands.RemoteStart(token="CARD-ann", evse=2))]
    one = f"{API}/me/requests/{started.json()['id']}"
    assert (await ann.client.get(one)).json() == started.json()
    assert (started.json()["what"], started.json()["charger"], started.json()["state"]) == ("start", place, "done")
    assert "CP1" not in started.text
    assert (await bob.client.get(one)).status_code == 404
    [act] = (await admin.get(f"{API}/audit?actor=ann@example.com&subject=station:CP1")).json()["items"]
    assert (act["action"], act["after"]["token"]) == ("remote-start", "CARD-ann")

    session = await charge(database, charger, ann, evse=2, ends=False)
    assert (await bob.client.post(f"{API}/me/sessions/{session}/stop")).status_code == 404
    stopped = await ann.client.post(f"{API}/me/sessions/{session}/stop")
    assert (stopped.status_code, stopped.json()["what"]) == (200, "stop")
    assert chargers.asked[1:] == [(charger.id, commands.RemoteStop(session=session))]
    ended = await charge(database, charger, ann)
    assert (await ann.client.post(f"{API}/me/sessions/{ended}/stop")).status_code == 409


@pytest.mark.any_database
async def test_API_34_what_a_card_could_not_do_at_the_charger_is_refused(
    ann: Driver, bob: Driver, place: str, chargers: Chargers, admin: Client, charger: Any, database: Database
) -> None:
    async def tried(driver: Driver = ann, **body: Any) -> int:
        start = {"charger": place, "evse": 1, "card": f"CARD-{driver.name}"} | body
        answer = await driver.client.post(f"{API}/me/starts", json=start)
        assert "CP1" not in answer.text or body.get("charger") == "CP1", answer.text
        return answer.status_code

    assert await tried(card="CARD-bob") == 422
    assert await tried(charger="CP1") == 404  # by the identity nobody finds it
    assert await tried(charger="none") == 404
    assert await tried(evse=3) == 422
    assert await tried(evse=None) == 422  # which?
    assert await tried(force=True) == 422
    await charge(database, charger, bob, evse=1, ends=False)
    assert await tried() == 409
    await bob.client.post(f"{API}/me/cards/CARD-bob/block")
    assert await tried(bob, evse=2) == 409
    twin = {"uid": "CARD-ann", "kind": "ISO14443", "customer": "CUSTOMER-bob"}
    assert (await admin.post(f"{API}/tokens", json=twin)).is_success
    assert await tried(evse=2) == 409  # whose session would it be?
    await admin.delete(f"{API}/tokens/CARD-ann?kind=ISO14443")
    assert chargers.asked == []
    del chargers.there[charger.id]
    assert await tried(evse=2) == 409
    await chargers.connect(charger)
    await admin.patch(f"{API}/stations/CP1", json={"site": None})
    assert await tried(evse=2) == 404


@pytest.mark.any_database
async def test_API_34_an_organization_may_keep_drivers_from_starting_from_afar(
    ann: Driver, place: str, chargers: Chargers, as_role: Any
) -> None:
    owner = await as_role("owner")
    body = {"charger": place, "evse": 1, "card": "CARD-ann"}
    rules = await owner.patch(f"{API}/organization", json={"drivers_start": False})
    assert (rules.json()["drivers_start"], rules.json()["drivers_reserve"], rules.json()["name"]) == (
        False,
        False,
        "Home",
    )
    assert (await ann.client.post(f"{API}/me/starts", json=body)).status_code == 409
    assert (await ann.client.post(f"{API}/me/reservations", json=body)).status_code == 409
    assert chargers.asked == []
    assert (await owner.patch(f"{API}/organization", json={"drivers_start": True})).is_success
    assert (await ann.client.post(f"{API}/me/starts", json=body)).status_code == 200
    chargers.there.clear()
    refused = await ann.client.post(f"{API}/me/starts", json=body)
    # What the operator calls the charger is not for drivers.
    assert (refused.status_code, refused.json()["detail"]) == (409, "the charger cannot be reached at this moment")


@pytest.mark.any_database
async def test_D_02_a_driver_is_told_that_nothing_began(
    ann: Driver, place: str, charger: Any, database: Database
) -> None:
    station = Station(charger.id, "CP1", charger.organization_id, "1.6", "accepted", True)

    def ask(work: Work) -> str:
        row = commands.ask(
            work,
            station,
            name="remote-start",
            arguments={"token": "CARD-ann"},
            by="ann@example.com",
            node="here",
            awaits=commands.Awaits("session", 75),
        )
        commands.record_answer(work, station, row.id, commands.Answer("accepted"))
        return row.public_id

    waiting = [await database.write(ask) for _ in range(3)]
    told = (await ann.client.get(f"{API}/me/requests/{waiting[0]}")).json()
    assert (told["state"], told["until"] is not None) == ("awaiting", True)
    # Whoever lets chargers wait for cars that do not come keeps others from them.
    body = {"charger": place, "evse": 1, "card": "CARD-ann"}
    assert (await ann.client.post(f"{API}/me/starts", json=body)).status_code == 409

    def later(work: Work) -> None:
        work.execute(commands.commands.update().values(until=work.now))
        commands.expire(work)

    await database.write(later)
    told = (await ann.client.get(f"{API}/me/requests/{waiting[0]}")).json()
    assert (told["state"], told["sentence"]) == ("expired", "Not started: no car was plugged in.")
    assert (await ann.client.post(f"{API}/me/starts", json=body)).status_code == 200


async def test_a_driver_reserves_one_place_for_a_while_and_gives_it_up(
    ann: Driver, bob: Driver, place: str, chargers: Chargers, as_role: Any, charger: Any, database: Database
) -> None:
    owner = await as_role("owner")
    await owner.patch(f"{API}/organization", json={"drivers_reserve": True})
    body = {"charger": place, "evse": 1, "card": "CARD-ann", "minutes": 30}
    asked = await ann.client.post(f"{API}/me/reservations", json=body)
    assert (asked.status_code, asked.json()["what"]) == (200, "reserve")
    [(_, command)] = chargers.asked
    assert (command.token, command.evse) == ("CARD-ann", 1)
    assert (await ann.client.post(f"{API}/me/reservations", json=body | {"minutes": 61})).status_code == 422
    station = Station(charger.id, "CP1", charger.organization_id, "1.6", "accepted", True)

    def taken(work: Work) -> None:  # what the switchboard of a real charger keeps
        for number, card in ((1, "CARD-ann"), (2, "CARD-bob")):
            until = work.now + timedelta(minutes=30)
            reservations.request(work, station, number=number, token=card, evse=number, expires_at=until)

    await database.write(taken)
    [mine] = (await ann.client.get(f"{API}/me/reservations")).json()["items"]
    assert (mine["charger"], mine["charger_name"], mine["site_name"]) == (place, None, "Hafen")
    [theirs] = (await bob.client.get(f"{API}/me/reservations")).json()["items"]
    assert (mine["card"], mine["evse"], mine["state"]) == ("CARD-ann", 1, "requested")
    assert (await ann.client.post(f"{API}/me/reservations", json=body)).status_code == 409  # one at a time
    assert (await ann.client.delete(f"{API}/me/reservations/{theirs['id']}")).status_code == 404
    given_up = await ann.client.delete(f"{API}/me/reservations/{mine['id']}")
    assert (given_up.status_code, given_up.json()["what"]) == (200, "give_up")
    assert chargers.asked[1:] == [(charger.id, commands.CancelReservation(reservation=mine["id"]))]
