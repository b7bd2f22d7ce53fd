"""Customers, what they drive, and what is found of them."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from stationmaster.domain import customers, organizations, phones, tokens, vehicles
from stationmaster.domain.errors import Conflict, Invalid, NotFound
from stationmaster.storage import Work
from stationmaster.storage.lists import Wanted
from tests.domain.conftest import World


@pytest.mark.parametrize(
    "typed, kept",
    [
        ("+49 30 1234567", "+49301234567"),
        ("0049 (30) 12 34-567", "+49301234567"),
        ("tel:+91-98765-43210", "+919876543210"),
        ("+1 650.253.0000", "+16502530000"),
        ("030 1234567", "0301234567"),  # nobody can say of which country
        ("98765 43210", "9876543210"),
        ("112", "112"),
    ],
)
def test_a_phone_is_kept_in_one_form(typed: str, kept: str) -> None:
    assert phones.kept(typed) == kept
    assert phones.kept(kept) == kept


@pytest.mark.parametrize(
    "typed", ["", "12", "phone", "+", "+49", "+999 123456", "+1 123", "1234567890123456", "+49x30", "٣٤٥٦"]
)
def test_what_is_no_phone_is_refused_with_its_field(typed: str) -> None:
    with pytest.raises(Invalid) as wrong:
        phones.kept(typed)
    assert wrong.value.field == "phone"


async def customer(world: World, **facts: Any) -> customers.CustomerRow:
    return await world(customers.create, world.home, **{"name": "Ann"} | facts)


async def found(world: World, **wanted: Any) -> list[str]:
    listed = await world(customers.list_customers, world.home, Wanted(**wanted))
    return [row.name for row in listed.rows]


async def test_S1_061_a_phone_is_one_customers(world: World) -> None:
    ann = await customer(world, public_id="ann", phone="+49 30 1234567", email=" ann@example.com ")
    assert (ann.phone, ann.email) == ("+49301234567", "ann@example.com")
    with pytest.raises(Conflict, match="'ann'"):
        await customer(world, name="Bob", phone="0049301234567")
    bob = await customer(world, name="Bob")
    with pytest.raises(Conflict, match="'ann'"):
        await world(customers.change, world.home, bob.public_id, {"phone": "+49301234567"})
    elsewhere = (await world(organizations.create, name="Elsewhere")).id
    await world(customers.create, elsewhere, name="Ann", phone="+49301234567")
    await world(customers.remove, world.home, "ann")
    await world(customers.change, world.home, bob.public_id, {"phone": "+49301234567"})
    with pytest.raises(Conflict, match=bob.public_id):
        await world(customers.restore, world.home, "ann")


@pytest.mark.parametrize(
    "facts, field",
    [
        ({"name": " "}, "name"),
        ({"email": "ann"}, "email"),
        ({"email": "a b@c.de"}, "email"),
        ({"phone": "call me"}, "phone"),
    ],
)
async def test_what_is_wrong_is_told_with_its_field(world: World, facts: Any, field: str) -> None:
    with pytest.raises(Invalid) as wrong:
        await customer(world, **facts)
    assert wrong.value.field == field


async def test_S1_119_a_search_finds_name_phone_email_and_card(world: World) -> None:
    await customer(world, name="Ann Müller", phone="+49 30 1234567", email="ann@example.com")
    await customer(world, name="Bob 100%", public_id="4711")

    def card(work: Work) -> None:
        bob = customers.named(work, world.home, "4711")
        tokens.add(work, world.home, uid="04A2B3", label="second car")
        work.execute(tokens.tokens.update().values(customer_id=bob))

    await world(card)
    for text in ("müller", "ANN@", "+4930", "0049 30 123", "030 1234567", "1234"):
        assert await found(world, search=text) == ["Ann Müller"], text
    for text in ("04a2", "second", "4711", "100%"):
        assert await found(world, search=text) == ["Bob 100%"], text
    for text in ("%", "_", "04A2B3 ", "nobody"):
        assert await found(world, search=text) == (["Bob 100%"] if text == "%" else []), text


async def test_S1_120_customers_are_listed_by_when_they_came(world: World) -> None:
    for name in ("Ann", "bob", "Cid"):
        await customer(world, name=name)
        world.now += timedelta(days=1)
    day = world.now - timedelta(days=2)
    listed = await world(
        customers.list_customers, world.home, Wanted(), created_from=day, created_to=day + timedelta(days=1)
    )
    assert [row.name for row in listed.rows] == ["bob"]
    assert await found(world, sort="name") == ["Ann", "bob", "Cid"]
    assert await found(world, sort="-created") == ["Cid", "bob", "Ann"]


async def test_a_customer_with_cards_is_not_removed(world: World) -> None:
    await customer(world, public_id="ann")

    def card(work: Work, status: str) -> None:
        tokens.add(work, world.home, uid="04A2", status=status)
        work.execute(tokens.tokens.update().values(customer_id=customers.named(work, world.home, "ann")))

    await world(card, "blocked")
    with pytest.raises(Conflict, match="one card"):
        await world(customers.remove, world.home, "ann")
    await world(tokens.remove, world.home, "04A2")
    await world(customers.remove, world.home, "ann")
    with pytest.raises(NotFound):
        await world(customers.get, world.home, "ann")
    assert (await world(customers.restore, world.home, "ann")).name == "Ann"


async def vehicle(world: World, **facts: Any) -> vehicles.VehicleRow:
    return await world(vehicles.create, world.home, **{"customer": "ann", "plate": "B-XY 1"} | facts)


async def defaults(world: World) -> list[str]:
    listed = await world(vehicles.list_vehicles, world.home, Wanted(sort="id"), customer="ann")
    return [row.public_id for row in listed.rows if row.is_default]


async def test_S1_063_one_vehicle_of_a_customer_is_the_default(world: World) -> None:
    await customer(world, public_id="ann")
    await vehicle(world, public_id="a")
    await vehicle(world, public_id="b", battery_wh=Decimal(77_000), connector_types=["ccs2", "type2"])
    assert await defaults(world) == ["a"]
    await world(vehicles.change, world.home, "b", {"is_default": True})
    assert await defaults(world) == ["b"]
    await vehicle(world, public_id="c", is_default=True)
    assert await defaults(world) == ["c"]
    await world(vehicles.remove, world.home, "c")
    assert await defaults(world) == []
    await vehicle(world, public_id="d")
    restored = await world(vehicles.restore, world.home, "c")
    assert not restored.is_default
    ann = await world(customers.get, world.home, "ann")
    assert (await world(vehicles.defaults, [ann.id]))[ann.id].public_id == "d"


@pytest.mark.parametrize(
    "facts, field",
    [
        ({"customer": "nobody"}, "customer"),
        ({"plate": None}, "name"),
        ({"vin": "WVWZZZ1JZXW00000"}, "vin"),
        ({"vin": "WVWZZZ1JZXW00000O"}, "vin"),
        ({"emaid": "DE8"}, "emaid"),
        ({"battery_wh": Decimal(0)}, "battery_wh"),
        ({"battery_wh": Decimal("Infinity")}, "battery_wh"),
    ],
)
async def test_what_is_no_vehicle_is_refused_with_its_field(world: World, facts: Any, field: str) -> None:
    await customer(world, public_id="ann")
    with pytest.raises(Invalid) as wrong:
        await vehicle(world, **facts)
    assert wrong.value.field == field


async def test_numbers_of_a_vehicle_are_kept_in_one_form(world: World) -> None:
    await customer(world, public_id="ann")
    row = await vehicle(world, vin="wvwzzz1jzxw000001", emaid="de-8aa-c12345678-9")
    assert (row.vin, row.emaid) == ("WVWZZZ1JZXW000001", "DE8AAC123456789")
    with pytest.raises(Conflict, match="restore it first"):
        await world(vehicles.remove, world.home, row.public_id)
        await world(customers.remove, world.home, "ann")
        await world(vehicles.restore, world.home, row.public_id)
