"""Drivers with one of everything, for tests of what is their own."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from stationmaster.domain import (
    accounts,
    commands,
    customers,
    drivers,
    organizations,
    reservations,
    tokens,
    vehicles,
)
from stationmaster.domain.stations import Station
from stationmaster.domain.times import Instant
from stationmaster.storage import Database, Work
from tests import telling
from tests.api.conftest import PASSWORD, Client
from tests.background.browsers import Browser


class Driver:
    """Somebody who charges: a client that is logged in, and the ids of what is theirs."""

    def __init__(self, client: Client, name: str) -> None:
        self.client = client
        self.name = name
        self.ids: dict[str, str] = {}

    @property
    def email(self) -> str:
        return f"{self.name}@example.com"


async def make_driver(web: Any, database: Database, name: str) -> Driver:
    """A driver who is a customer with a card and a vehicle."""

    def add(work: Work) -> None:
        home = organizations.home(work)
        user = accounts.add(work, home, email=f"{name}@example.com", password=PASSWORD, role="driver")
        customers.create(work, home, public_id=f"CUSTOMER-{name}", name=f"{name} of the canaries")
        drivers.link(work, home, user.id, customer=f"CUSTOMER-{name}")
        vehicles.create(work, home, customer=f"CUSTOMER-{name}", public_id=f"CAR-{name}", make="Acme")
        tokens.add(work, home, uid=f"CARD-{name}", customer=f"CUSTOMER-{name}")

    await database.write(add)
    driver = Driver(Client(web), name)
    assert (await driver.client.login(driver.email)).status_code == 200
    phone = Browser(name)
    assert (await driver.client.post("/api/v1/me/push-devices", json=phone.subscription)).status_code == 201
    driver.ids = {"uid": f"CARD-{name}", "vehicle_id": f"CAR-{name}", "device_id": phone.id}
    return driver


async def charge(database: Database, row: Any, driver: Driver, *, evse: int = 1, ends: bool = True) -> str:
    """A session of a driver at a charger; its id."""
    station = Station(row.id, row.identity, row.organization_id, "1.6", "accepted", True)

    def told(work: Work) -> str:
        card = driver.ids["uid"]
        owner = tokens.authorize(work, station, card).customer_id
        number = telling.start(
            work, station, evse, token=card, customer_id=owner, at=Instant(work.now, f"{work.now} {card}")
        )
        if ends:
            telling.stop(work, station, number)
        home = organizations.home(work)
        mine = drivers.customer_of(work, home, accounts.named(work, home, driver.email).id)
        return str(telling.newest_of(work, mine.id))

    driver.ids["session_id"] = await database.write(told)
    return driver.ids["session_id"]


async def ask(database: Database, row: Any, driver: Driver, *, number: int = 1) -> None:
    """Something that a driver has asked of a charger, and a place that it keeps for them."""
    station = Station(row.id, row.identity, row.organization_id, "1.6", "accepted", True)

    def asked(work: Work) -> None:
        card, until = driver.ids["uid"], work.now + timedelta(minutes=15)
        start = commands.ask(work, station, name="remote-start", arguments={}, by=driver.email, node="")
        driver.ids["own_request_id"] = start.public_id
        reservations.request(work, station, number=number, token=card, expires_at=until)
        home = organizations.home(work)
        mine = drivers.customer_of(work, home, accounts.named(work, home, driver.email).id)
        driver.ids["reservation_id"] = reservations.open_for(work, home, mine.id)[0].public_id

    await database.write(asked)
