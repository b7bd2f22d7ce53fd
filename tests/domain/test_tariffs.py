"""Tariffs: their terms in versions, and which one holds where."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from stationmaster.app import App
from stationmaster.domain import connectors, currencies, organizations, sites, stations, tariff_places, tariffs
from stationmaster.domain.errors import Conflict, Invalid, NotFound
from stationmaster.domain.tariffs import LEVELS, in_force
from stationmaster.settings import BadSettings, Settings
from stationmaster.storage import Work
from stationmaster.storage.lists import Wanted
from tests.domain.conftest import World

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def some(status: str = "active", *, gone: bool = False) -> Any:
    return SimpleNamespace(status=status, deleted_at=NOON if gone else None)


A, B = some(), some()


@pytest.mark.parametrize(
    "named, tariff, decided_by",
    [
        ({}, None, None),
        ({"organization": A}, A, "organization"),
        ({"site": A, "organization": B}, A, "site"),
        ({"station": A, "site": B, "organization": B}, A, "station"),
        ({"connector": A, "station": B, "site": B, "organization": B}, A, "connector"),
        ({"connector": None, "station": A}, A, "station"),
        ({"connector": some("inactive"), "station": A}, A, "station"),
        ({"station": some(gone=True), "organization": A}, A, "organization"),
        ({level: some("inactive") for level in LEVELS}, None, None),
    ],
)
def test_the_most_specific_place_decides(named: Any, tariff: Any, decided_by: str | None) -> None:
    held = tariffs.holding(named)
    assert (None, None) if held is None else (held.tariff, held.decided_by) == (tariff, decided_by)
    assert (held is None) == (tariff is None)


def terms(*minutes: int) -> list[Any]:
    """Terms that begin so many minutes after noon."""
    return [SimpleNamespace(number=n, valid_from=NOON + timedelta(minutes=m)) for n, m in enumerate(minutes, 1)]


@pytest.mark.parametrize(
    "minutes, at, number",
    [
        ((0,), 0, 1),
        ((0,), -5, 1),  # a session from before the tariff
        ((0, 10), 9, 1),
        ((0, 10), 10, 2),  # from its first moment on
        ((0, 10, 20), 99, 3),
        ((0, 10, 10), 10, 3),  # changed twice at once: the later is what was meant
    ],
)
def test_a_session_has_the_terms_in_force_when_it_began(minutes: tuple[int, ...], at: int, number: int) -> None:
    assert in_force(terms(*minutes), NOON + timedelta(minutes=at)).number == number


def test_currencies_have_their_own_decimals() -> None:
    assert [currencies.DECIMALS[code] for code in ("JPY", "EUR", "INR", "USD", "KWD")] == [0, 2, 2, 2, 3]
    assert currencies.checked(" inr ") == "INR"
    for code in ("", "EURO", "XXX", "E", "₹"):
        with pytest.raises(Invalid, match="ISO 4217"):
            currencies.checked(code)


async def tariff(world: World, **facts: Any) -> tariffs.TariffRow:
    given = {"name": "Day", "currency": "EUR", "price_per_kwh": Decimal("0.35")} | facts
    return await world(tariffs.create, world.home, **given)


async def test_another_price_makes_the_next_terms_and_another_name_does_not(world: World) -> None:
    first = await tariff(world, public_id="day", tax_percent=Decimal("19"))
    assert (first.number, first.price_per_kwh, first.tax_percent, first.price_per_minute) == (
        1,
        Decimal("0.35"),
        19,
        None,
    )
    world.now += timedelta(hours=1)
    renamed = await world(tariffs.change, world.home, "day", {"name": "By day"})
    assert (renamed.number, renamed.name, renamed.version) == (1, "By day", 2)
    same = await world(tariffs.change, world.home, "day", {"price_per_kwh": Decimal("0.350")})
    assert (same.number, same.version) == (1, 2)
    dearer = await world(tariffs.change, world.home, "day", {"price_per_kwh": Decimal("0.351234")})
    assert (dearer.number, dearer.price_per_kwh, dearer.tax_percent) == (2, Decimal("0.351234"), 19)
    kept = await world(tariffs.all_terms, world.home, "day")
    assert [(one.number, one.price_per_kwh, one.valid_from) for one in kept] == [
        (2, Decimal("0.351234"), world.now),
        (1, Decimal("0.35"), NOON),
    ]


@pytest.mark.parametrize(
    "facts, field",
    [
        ({"price_per_kwh": Decimal("-0.01")}, "price_per_kwh"),
        ({"price_per_kwh": Decimal("NaN")}, "price_per_kwh"),
        ({"price_per_kwh": Decimal("1e12")}, "price_per_kwh"),
        ({"price_per_minute": Decimal("0.0000001")}, "price_per_minute"),
        ({"price_per_kwh": None}, "price_per_kwh"),
        ({"tax_percent": Decimal(101)}, "tax_percent"),
        ({"tax_percent": Decimal(-1)}, "tax_percent"),
        ({"currency": "EURO"}, "currency"),
    ],
)
async def test_what_no_tariff_can_say_is_refused_with_its_field(world: World, facts: Any, field: str) -> None:
    with pytest.raises(Invalid) as wrong:
        await tariff(world, **facts)
    assert wrong.value.field == field
    assert (await world(tariffs.list_tariffs, world.home, Wanted())).rows == []


async def test_free_is_a_price(world: World) -> None:
    assert (await tariff(world, price_per_kwh=Decimal(0))).price_per_kwh == 0


async def test_S1_048_an_id_is_one_tariffs_until_it_is_removed(world: World) -> None:
    await tariff(world, public_id="day", name="Old")
    with pytest.raises(Conflict, match="'day'"):
        await tariff(world, public_id="day")
    await world(tariffs.remove, world.home, "day")
    with pytest.raises(NotFound):
        await world(tariffs.get, world.home, "day")
    await tariff(world, public_id="day", name="New")
    with pytest.raises(Conflict, match="'day'"):
        await world(tariffs.restore, world.home, "day")
    await world(tariffs.remove, world.home, "day")
    world.now += timedelta(minutes=1)
    assert (await world(tariffs.restore, world.home, "day")).name == "New"  # the one that was removed last
    gone = await world(tariffs.list_tariffs, world.home, Wanted(), deleted=True)
    assert [row.name for row in gone.rows] == ["Old"]


async def test_one_tariff_is_the_standard_at_a_time(world: World) -> None:
    await tariff(world, public_id="day", standard=True)
    await tariff(world, public_id="night", standard=True)
    listed = await world(tariffs.list_tariffs, world.home, Wanted())
    assert {row.public_id: row.standard for row in listed.rows} == {"day": False, "night": True}
    await world(tariffs.change, world.home, "day", {"standard": True})
    listed = await world(tariffs.list_tariffs, world.home, Wanted())
    assert {row.public_id: row.standard for row in listed.rows} == {"day": True, "night": False}


async def test_API_11_a_tariff_of_another_organization_is_not_there(world: World) -> None:
    other = (await world(organizations.create, name="Elsewhere")).id
    await world(tariffs.create, other, public_id="theirs", name="T", currency="EUR", price_per_kwh=Decimal(1))
    for ask in (tariffs.get, tariffs.all_terms, tariffs.remove, tariffs.restore):
        with pytest.raises(NotFound):
            await world(ask, world.home, "theirs")
    with pytest.raises(Invalid, match="'theirs'"):
        await world(tariffs.named, world.home, "theirs")


async def test_which_tariff_holds_at_each_connector_and_who_decided(world: World) -> None:
    station = await world.station()

    def place(work: Work) -> None:
        for evse in (1, 2):
            connectors.report_status(
                work, station, evse=evse, connector=1, state="available", status="Available", at=world.now
            )
        site = sites.create(work, world.home, name="Harbour", public_id="H")
        work.execute(stations.stations.update().values(site_id=site.id))

    async def held() -> list[Any]:
        found = await world(tariff_places.of_station, world.home, "CP1")
        return [one.holding and (one.holding.tariff.public_id, one.holding.decided_by) for one in found]

    await world(place)
    assert await held() == [None, None, None]
    for name in ("usual", "here", "this", "fast"):
        await tariff(world, public_id=name, standard=name == "usual")
    assert await held() == [("usual", "organization")] * 3
    await world(tariff_places.name_at_site, world.home, "H", "here")
    assert await held() == [("here", "site")] * 3
    await world(tariff_places.name_at_station, world.home, "CP1", "this")
    await world(tariff_places.name_at_connector, world.home, "CP1", "fast", evse=2, connector=1)
    assert await held() == [("this", "station"), ("this", "station"), ("fast", "connector")]
    for evse, connector in ((0, 0), (0, 1), (3, 1), (2, 2)):
        with pytest.raises(NotFound):
            await world(tariff_places.name_at_connector, world.home, "CP1", "fast", evse=evse, connector=connector)
    with pytest.raises(Invalid, match="'none'"):
        await world(tariff_places.name_at_station, world.home, "CP1", "none")
    await world(tariffs.change, world.home, "fast", {"status": "inactive"})
    assert await held() == [("this", "station")] * 3

    with pytest.raises(Conflict, match="connector 1 of EVSE 2 of charger CP1"):
        await world(tariff_places.remove, world.home, "fast")
    with pytest.raises(Conflict, match="charger CP1"):
        await world(tariff_places.remove, world.home, "this")
    with pytest.raises(Conflict, match="site Harbour"):
        await world(tariff_places.remove, world.home, "here")
    with pytest.raises(Conflict, match="the organization"):
        await world(tariff_places.remove, world.home, "usual")
    await world(tariff_places.name_at_connector, world.home, "CP1", None, evse=2, connector=1)
    await world(tariff_places.remove, world.home, "fast")


async def test_S4_048_the_tariff_of_the_settings_is_there_changes_with_them_and_stays_away_when_removed(
    world: World,
) -> None:
    async def start(price: str, currency: str = "INR") -> tariffs.TariffRow | None:
        await world.database.write(
            tariffs.keep_of_settings, world.home, price_per_kwh=Decimal(price), currency=currency
        )
        page = await world.database.read(tariffs.list_tariffs, world.home, Wanted())
        return next((row for row in page.rows if row.public_id == tariffs.OF_SETTINGS), None)

    first = await start("2500")
    assert first is not None
    assert (first.price_per_kwh, first.currency, first.standard, first.number) == (2500, "INR", True, 1)
    again = await start("2500")
    assert again is not None and again.number == 1
    dearer = await start("2600")
    assert dearer is not None and (dearer.price_per_kwh, dearer.number) == (2600, 2)
    with pytest.raises(Invalid):
        await start("1", "XXX")
    await world.database.write(tariffs.change, world.home, tariffs.OF_SETTINGS, {"standard": False})
    await world.database.write(tariff_places.remove, world.home, tariffs.OF_SETTINGS)
    assert await start("2700") is None


@pytest.mark.any_database
async def test_S4_048_a_server_starts_with_the_tariff_of_its_settings(settings: Settings) -> None:
    settings.tariff = settings.tariff.model_copy(update={"price_per_kwh": Decimal(2500), "currency": "INR"})
    async with App(settings).running() as app:
        home = await app.database.write(organizations.home)
        row = await app.database.read(tariffs.get, home, tariffs.OF_SETTINGS)
        assert (row.price_per_kwh, row.currency, row.standard) == (2500, "INR", True)
    settings.tariff = settings.tariff.model_copy(update={"currency": "XXX"})
    with pytest.raises(BadSettings, match=r"^tariff\.currency: "):
        async with App(settings).running():
            pass
