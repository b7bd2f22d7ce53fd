"""By which tariff a session is priced: the most specific that is named, as it was when the session began."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from stationmaster.domain import (
    connectors,
    customer_groups,
    customers,
    prices,
    session_limits,
    session_terms,
    sessions,
    sites,
    stations,
    tariff_places,
    tariffs,
)
from stationmaster.domain.errors import Conflict
from stationmaster.domain.prices import Priced
from stationmaster.domain.stations import Station
from stationmaster.domain.times import Instant
from tests import telling
from tests.domain.conftest import World

TEN = datetime(2026, 12, 1, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)


async def tariff(world: World, id: str, **facts: Any) -> None:
    facts = {"price_per_kwh": Decimal("0.40"), **facts}
    await world(lambda work: tariffs.create(work, world.home, public_id=id, name=id, currency="EUR", **facts))


async def charges(world: World, station: Station, customer: int | None = None) -> int:
    """A session that begins at ten."""
    world.now = TEN
    return await world(telling.start, station, meter=0, at=TEN, customer_id=customer)


async def newest(world: World) -> Any:
    return await world(
        lambda work: work.execute(sessions.sessions.select().order_by(sessions.sessions.c.id.desc())).first()
    )


async def price(world: World) -> Priced:
    return await world(prices.of_session, world.home, (await newest(world)).public_id)


async def look(world: World) -> list[int]:
    """What the timer does."""
    found = await world(session_terms.unfixed)
    await world(session_limits.take_up, found)
    return found


async def test_the_most_specific_that_is_named_decides(world: World) -> None:
    world.now = TEN - HOUR
    for name in ("own", "group", "connector", "station", "site", "standard"):
        await tariff(world, name, standard=name == "standard")
    await world(tariffs.keep_of_settings, world.home, price_per_kwh=Decimal(1), currency="EUR")
    station = await world.station()
    told: dict[str, Any] = {"evse": 1, "connector": 1, "state": "available", "status": "Available", "at": world.now}
    await world(lambda work: connectors.report_status(work, station, **told))
    await world(sites.create, world.home, public_id="H", name="Harbour")
    await world(stations.change, world.home, "CP1", {"site": "Harbour"})
    await world(customer_groups.create, world.home, public_id="G", name="Staff", tariff="group")
    ann = await world(
        lambda work: customers.create(work, world.home, public_id="A", name="Ann", group="G", tariff="own")
    )
    await charges(world, station, ann.id)

    async def decided() -> tuple[str, str | None]:
        priced = await price(world)
        return priced.tariff, priced.decided_by

    await world(tariff_places.name_at_site, world.home, "H", "site")
    await world(tariff_places.name_at_station, world.home, "CP1", "station")
    await world(tariff_places.name_at_connector, world.home, "CP1", "connector", evse=1, connector=1)
    assert await decided() == ("own", "customer")
    await world(customers.change, world.home, "A", {"tariff": None})
    assert await decided() == ("group", "customer_group")
    await world(tariffs.change, world.home, "group", {"status": "inactive"})  # decides nothing any more
    assert await decided() == ("connector", "connector")
    await world(tariff_places.name_at_connector, world.home, "CP1", None, evse=1, connector=1)
    assert await decided() == ("station", "station")
    await world(tariff_places.name_at_station, world.home, "CP1", None)
    assert await decided() == ("site", "site")
    await world(tariff_places.name_at_site, world.home, "H", None)
    assert await decided() == ("standard", "organization")
    await world(tariffs.change, world.home, "standard", {"standard": False})
    assert await decided() == ("settings", "setting")
    await world(tariffs.remove, world.home, "settings")
    with pytest.raises(Conflict, match="no tariff holds"):
        await price(world)


async def test_M_16_what_is_named_or_changed_meanwhile_is_for_the_next_session(world: World) -> None:
    world.now = TEN - HOUR
    await tariff(world, "day", standard=True)
    await tariff(world, "night", price_per_kwh=Decimal("0.10"))
    station = await world.station()
    number = await charges(world, station)
    assert len(await look(world)) == 1
    assert await look(world) == []
    world.now = TEN + HOUR / 2
    await world(tariffs.change, world.home, "day", {"price_per_kwh": Decimal("0.60")})
    await world(tariff_places.name_at_station, world.home, "CP1", "night")
    world.now = TEN + HOUR
    await world(telling.stop, station, number, meter=10_000, at=world.now)
    await world(tariffs.change, world.home, "day", {"standard": False})
    await world(tariffs.remove, world.home, "day")
    priced = await price(world)
    assert (str(priced.bill.total), priced.tariff, priced.terms.number, priced.decided_by) == (
        "4.00 EUR",
        "day",
        1,
        "organization",
    )
    again = await world(prices.of_session, world.home, (await newest(world)).public_id, "night")
    assert str(again.bill.total) == "1.00 EUR"


async def test_who_shows_a_card_after_the_plug_pays_by_their_own_tariff(world: World) -> None:
    world.now = TEN - HOUR
    await tariff(world, "day", standard=True)
    await tariff(world, "own", price_per_kwh=Decimal("0.10"))
    station = await world.station()
    await world(lambda work: customers.create(work, world.home, public_id="A", name="Ann", tariff="own"))
    ann = await world(customers.get, world.home, "A")
    world.now = TEN
    told = {"transaction_id": "tx-1", "at": Instant(TEN, "10:00"), "evse": 1, "connector": 1, "meter_wh": Decimal(0)}
    await world(sessions.tell, station, sessions.TransactionTold(kind="started", **told))
    assert len(await look(world)) == 1
    assert ((await price(world)).tariff, await look(world)) == ("day", [])
    card: dict[str, Any] = {"token": "ANN", "customer_id": ann.id, "authorization": "accepted", "sequence": 1}
    await world(sessions.tell, station, sessions.TransactionTold(kind="updated", **told | card))
    assert len(await look(world)) == 1
    await world(customers.change, world.home, "A", {"tariff": None})
    priced = await price(world)
    assert (priced.tariff, priced.decided_by, await look(world)) == ("own", "customer", [])


@pytest.mark.any_database
async def test_M_16_a_price_that_follows_its_changes_does(world: World) -> None:
    world.now = TEN - HOUR
    await tariff(world, "law", standard=True, follows_changes=True)
    station = await world.station()
    number = await charges(world, station)
    await look(world)
    world.now = TEN + HOUR / 2
    await world(tariffs.change, world.home, "law", {"price_per_kwh": Decimal("0.60")})
    world.now = TEN + HOUR
    await world(telling.stop, station, number, meter=10_000, at=world.now)
    # 5 kWh at 0.40, and 5 at 0.60.
    assert str((await price(world)).bill.total) == "5.00 EUR"


@pytest.mark.any_database
async def test_where_no_tariff_held_none_does_later(world: World) -> None:
    """Somebody who began to charge for nothing is not told a price afterwards."""
    world.now = TEN - HOUR
    await tariff(world, "day")
    station = await world.station()
    await charges(world, station)
    await look(world)
    await world(tariffs.change, world.home, "day", {"standard": True})
    with pytest.raises(Conflict, match="no tariff holds"):
        await price(world)
    assert await look(world) == []
