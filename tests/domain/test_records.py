"""DAT-09: a change of one field leaves every other as it was, secrets included."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, update

from stationmaster.domain import boots, customers, sites, stations, tariffs, tokens
from stationmaster.storage import Work

LATER = datetime(2027, 1, 1, tzinfo=UTC)


def full_station(work: Work, world: Any) -> None:
    home = world.home
    for name in ("Depot", "Harbour"):
        sites.create(work, home, name=name)
    stations.create(
        work,
        home,
        world.keys,
        identity="CP1",
        secret="a secret of a person",
        name="Left",
        site="Depot",
        pinned_version="1.6",
    )
    facts = boots.BootFacts("Acme", "One", "S1", "1.2", "iccid", "imsi", "meter", "M1")
    row = stations.get(work, home, "CP1")
    boots.record(work, stations.Station(row.id, "CP1", home, "1.6", "accepted", True), facts)
    tariff = tariffs.create(work, home, name="Day", currency="EUR", price_per_kwh=Decimal("0.35"))
    said = {
        "charger_type": "ac",
        "phase": "three_phase",
        "manufacturer": "Acme",
        "max_power_w": 22_000,
        "created_by": "Ann",
        "wanted_profile": 2,
        "expired_until": datetime(2026, 12, 1, tzinfo=UTC),
    }
    work.execute(update(stations.stations).values(offered_secrets=[], tariff_id=tariff.id, **said))


async def row(world: Any, table: Any) -> dict[str, Any]:
    return dict((await world(lambda work: work.execute(select(table)).one()))._mapping)


@pytest.mark.parametrize(
    "change, column",
    [
        ({"name": "Right"}, "name"),
        ({"name": None}, "name"),
        ({"registration": "pending"}, "registration"),
        ({"pinned_version": None}, "pinned_version"),
        ({"site": "Harbour"}, "site_id"),
        ({"site": None}, "site_id"),
        ({}, None),
    ],
    ids=str,
)
async def test_DAT_09_a_station_keeps_what_is_not_mentioned(
    world: Any, change: dict[str, Any], column: str | None
) -> None:
    await world(full_station, world)
    before = await row(world, stations.stations)
    assert None not in [before[name] for name in before if name != "deleted_at"]  # so that a loss would show
    world.now = LATER
    await world(stations.change, world.home, "CP1", change)
    after = await row(world, stations.stations)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == ({column, "changed_at", "change_number", "updated_at", "version"} if column else set())


async def test_DAT_09_a_new_secret_changes_the_secret_alone(world: Any) -> None:
    await world(full_station, world)
    before = await row(world, stations.stations)
    world.now = LATER
    await world(stations.new_secret, world.home, "CP1", world.keys)
    after = await row(world, stations.stations)
    changed = {name for name in before if before[name] != after[name]}
    assert changed - {"offered_secrets"} == {
        "secret_salt",
        "secret_digest",
        "secret_slow",
        "changed_at",
        "change_number",
    }


@pytest.mark.parametrize(
    "change",
    [
        {"label": "New"},
        {"label": None},
        {"group": "G2"},
        {"group": None},
        {"status": "blocked"},
        {"expires_at": None},
        {},
    ],
    ids=str,
)
async def test_DAT_09_a_card_keeps_what_is_not_mentioned(world: Any, change: dict[str, Any]) -> None:
    await world(customers.create, world.home, public_id="ann", name="Ann")
    await world(tokens.add, world.home, uid="04AB", label="Ann", group="G1", expires_at=LATER, customer="ann")
    before = await row(world, tokens.tokens)
    await world(tokens.change, world.home, "04AB", change | {"uid": "ignored", "organization_id": 4711})
    after = await row(world, tokens.tokens)
    told = change | ({"version": 2} if change else {})
    assert {name: after[name] for name in before if before[name] != after[name]} == told


async def test_DAT_09_a_boot_that_tells_less_says_that_there_is_less(world: Any) -> None:
    """What a station says of itself is a whole; what the operator has written is not touched by it."""
    await world(full_station, world)
    before = await row(world, stations.stations)
    station = stations.Station(before["id"], "CP1", world.home, "1.6", "accepted", True)
    await world(boots.record, station, boots.BootFacts("Acme", "One", "S1"))
    after = await row(world, stations.stations)
    operators = [
        "name",
        "site_id",
        "registration",
        "pinned_version",
        "secret_salt",
        "secret_digest",
        "secret_slow",
        "public_id",
    ]
    assert [after[name] for name in operators] == [before[name] for name in operators]
    assert (after["firmware"], after["meter_serial"]) == (None, None)
