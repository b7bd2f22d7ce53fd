"""What is stored of a session, put before the rater; and under another tariff."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from stationmaster.domain import connectors, prices, sessions, sites, stations, tariff_places, tariffs
from stationmaster.domain.errors import Conflict, NotFound
from stationmaster.domain.reservations import reservations
from stationmaster.storage import Work
from tests import telling
from tests.domain.conftest import World

TEN = datetime(2026, 12, 1, 9, tzinfo=UTC)  # in Berlin
HOUR = timedelta(hours=1)


async def charged(
    world: World, *, hours: int = 1, meter: int | None = 10_000, charging_hours: int | None = None
) -> str:
    """A session from 10:00 on at a site in Berlin, with the states of its connector where it is said how long it charged."""
    world.now = TEN
    station = await world.station()
    await world(sites.create, world.home, public_id="H", name="Harbour", time_zone="Europe/Berlin")
    await world(stations.change, world.home, "CP1", {"site": "Harbour"})

    async def state(at: datetime, word: Any) -> None:
        world.now = at
        told = {"evse": 1, "connector": 1, "state": word, "status": word, "at": at}
        await world(lambda work: connectors.report_status(work, station, **told))

    await state(TEN, "charging")
    number = await world(telling.start, station, meter=0, at=TEN)
    if charging_hours is not None:
        await state(TEN + charging_hours * HOUR, "suspended_ev")
    world.now = TEN + hours * HOUR
    if meter is not None:
        await world(telling.stop, station, number, meter=meter, at=world.now)
    return await world(lambda work: str(work.execute(sessions.sessions.select()).one().public_id))


async def tariff(world: World, id: str, **facts: Any) -> None:
    await world(lambda work: tariffs.create(work, world.home, public_id=id, name=id, currency="EUR", **facts))


async def test_M_05_a_stored_session_is_priced_by_the_states_of_its_connector(world: World) -> None:
    world.now = TEN - HOUR
    await tariff(world, "day", standard=True, price_per_kwh=Decimal("0.30"), price_per_minute=Decimal("0.06"))
    session = await charged(world, hours=10, charging_hours=1)
    priced = await world(prices.of_session, world.home, session)
    assert (priced.tariff, priced.decided_by, priced.time_zone) == ("day", "organization", "Europe/Berlin")
    assert [(line.type, str(line.amount)) for line in priced.bill.lines] == [
        ("energy", "3.00 EUR"),
        ("time", "3.60 EUR"),
    ]
    assert (str(priced.bill.total), priced.bill.parked_s) == ("6.60 EUR", 9 * 3600)


async def test_M_16_the_terms_of_the_start_hold_and_another_tariff_is_that_of_today(world: World) -> None:
    world.now = TEN - HOUR
    await tariff(world, "day", price_per_kwh=Decimal("0.40"))
    await tariff(world, "night", price_per_kwh=Decimal("0.10"))
    session = await charged(world)
    await world(tariff_places.name_at_connector, world.home, "CP1", "day", evse=1, connector=1)
    for id in ("day", "night"):
        await world(tariffs.change, world.home, id, {"price_per_kwh": Decimal("0.60")})

    async def total(*tariff: str) -> tuple[str, int]:
        priced = await world(prices.of_session, world.home, session, *tariff)
        return str(priced.bill.total), priced.terms.number

    assert await total() == ("4.00 EUR", 1)
    assert await total("night") == ("6.00 EUR", 2)
    assert await total("day") == ("6.00 EUR", 2)


@pytest.mark.any_database
async def test_a_structure_is_judged_by_the_clock_of_the_site(world: World) -> None:
    world.now = TEN - HOUR
    night = {"price_components": [{"type": "energy", "price": "0.10"}], "restrictions": {"end_time": "10:30"}}
    day = {"price_components": [{"type": "energy", "price": "0.50"}]}
    await tariff(world, "clock", standard=True, structure={"elements": [night, day]})
    priced = await world(prices.of_session, world.home, await charged(world))
    # 5 kWh until 10:30 in Berlin, 5 after it.
    assert (str(priced.bill.total), priced.bill.notes) == ("3.00 EUR", ("interpolated",))


@pytest.mark.any_database
async def test_a_session_that_was_reserved_pays_for_the_wait(world: World) -> None:
    world.now = TEN - HOUR
    reserving = {
        "price_components": [{"type": "time", "price": "3.00"}],
        "restrictions": {"reservation": "reservation"},
    }
    energy = {"price_components": [{"type": "energy", "price": "0.10"}]}
    await tariff(world, "day", standard=True, structure={"elements": [reserving, energy]})
    session = await charged(world)

    def reserve(work: Work) -> None:
        row = work.execute(sessions.sessions.select()).one()
        told = {"station_id": row.station_id, "number": 1, "token": "TAG1", "token_key": "TAG1", "state": "used"}
        times = {"requested_at": TEN - HOUR, "accepted_at": TEN - HOUR / 3, "expires_at": TEN + HOUR}
        work.execute(reservations.insert().values(public_id="R", session=row.public_id, **told, **times))

    await world(reserve)
    priced = await world(prices.of_session, world.home, session)
    # A third of an hour reserved × 3.00, and 10 kWh × 0.10.
    assert [(line.reservation, str(line.amount)) for line in priced.bill.lines] == [
        (True, "1.00 EUR"),
        (False, "1.00 EUR"),
    ]


@pytest.mark.any_database
async def test_TX_09_a_session_in_doubt_is_priced_without_its_energy_and_held(world: World) -> None:
    await tariff(world, "day", price_per_kwh=Decimal("0.40"), price_per_session=Decimal("0.50"))
    session = await charged(world, meter=950_000_000)
    bill = (await world(prices.of_session, world.home, session, "day")).bill
    assert (str(bill.total), bill.notes, bill.energy_wh) == ("0.50 EUR", ("held", "energy_unknown"), None)


@pytest.mark.any_database
async def test_a_session_that_goes_on_has_a_price_by_now(world: World) -> None:
    await tariff(world, "day", price_per_minute=Decimal("0.06"), price_per_kwh=Decimal("0.30"))
    session = await charged(world, hours=2, meter=None)

    bill = (await world(prices.of_session, world.home, session, "day")).bill
    # No register on the way: its two hours are all that can be priced.
    assert (str(bill.total), bill.notes) == ("7.20 EUR", ("energy_unknown",))


@pytest.mark.any_database
async def test_no_tariff_and_no_session(world: World) -> None:
    session = await charged(world)
    with pytest.raises(Conflict, match="no tariff holds"):
        await world(prices.of_session, world.home, session)
    for missing in ((session, "none"), ("none",)):
        with pytest.raises(NotFound):
            await world(prices.of_session, world.home, *missing)
