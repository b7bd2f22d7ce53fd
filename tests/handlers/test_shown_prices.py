"""I01: what charging costs whoever shows a card, on chargers whose settings say that they show prices; on 1.6 in the OCA's message."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text as sql

from stationmaster.app import App
from stationmaster.domain import (
    commands,
    customers,
    organizations,
    shown_prices,
    station_settings,
    tariff_places,
    tariffs,
    tokens,
)
from stationmaster.domain.events import PriceWanted
from stationmaster.domain.station_settings import Setting
from stationmaster.storage import Work
from tests.handlers.asking import Asked, Clock
from tests.patience import PATIENCE_S

V2 = ["2.0.1", "2.1"]
WAITING = sql("SELECT count(*) FROM deliveries WHERE done_at IS NULL AND dead_at IS NULL")
PRICE = "0.50 EUR/kWh"


async def known(app: App, one: Asked, *, shows: str = "true", price: str | None = "0.50") -> None:
    """A charger of two connectors that shows prices, a card, and what charging costs."""

    def prepare(work: Work) -> None:
        home = organizations.home(work)
        if price is not None:
            facts: dict[str, Any] = {"currency": "EUR", "price_per_kwh": Decimal(price)}
            tariffs.create(work, home, public_id="day", name="Day", standard=True, **facts)
        entry = app.directory.find("CP1")
        assert entry is not None
        station_settings.learn_value(work, entry.station, Setting(shown_prices.SETTINGS[one.version], shows))

    await app.database.write(prepare)
    for evse in (1, 2):
        await one.status("Available", evse=evse)


async def authorized(one: Asked, card: str = "TAG1") -> dict[str, Any]:
    """The answer to a card that is shown."""
    if one.old:
        return dict(await one.call("Authorize", {"idTag": card}))["idTagInfo"]
    return dict(await one.call("Authorize", {"idToken": {"idToken": card, "type": "ISO14443"}}))["idTokenInfo"]


async def shown(one: Asked, status: str = "Accepted") -> dict[str, Any]:
    """What a charger of 1.6 is told to show next, which it answers so."""
    call = await one.raw.receive()
    assert (call[2], call[3]["vendorId"], call[3]["messageId"]) == (
        "DataTransfer",
        "org.openchargealliance.costmsg",
        "SetUserPrice",
    )
    await one.raw.send([3, call[1], {"status": status}])
    async with asyncio.timeout(PATIENCE_S):
        while (await prices_told(one))[0].answered_at is None:
            await asyncio.sleep(0.005)
    return dict(json.loads(call[3]["data"]))


async def times_told(one: Asked) -> int:
    """How often it was told a price, when whatever waited has been delivered."""
    async with asyncio.timeout(PATIENCE_S):
        while await one.app.database.read(lambda work: work.execute(WAITING).scalar()):
            await asyncio.sleep(0.005)
    return len(await prices_told(one))


async def prices_told(one: Asked) -> list[Any]:
    """Newest first."""
    asked = await one.app.database.read(commands.listed, one.id, limit=10, cursor=None)
    return [each for each in asked if each.name == "show-price"]


@pytest.mark.parametrize("version", V2)
async def test_I01_a_card_is_answered_with_what_charging_costs(
    app: App, charger: Any, clock: Clock, version: str
) -> None:
    one = await Asked.connect(app, charger, version, clock)
    await known(app, one)
    assert await authorized(one) == {"status": "Accepted", "personalMessage": {"format": "UTF8", "content": PRICE}}
    assert await authorized(one, "NOBODY") == {"status": "Unknown"}


@pytest.mark.parametrize("version", V2)
@pytest.mark.parametrize("shows, price", [("false", "0.50"), ("true", None)])
async def test_I01_FR_02_where_no_price_is_shown_or_known_none_is_told(
    app: App, charger: Any, clock: Clock, version: str, shows: str, price: str | None
) -> None:
    one = await Asked.connect(app, charger, version, clock)
    await known(app, one, shows=shows, price=price)
    assert await authorized(one) == {"status": "Accepted"}


@pytest.mark.any_database
async def test_I01_a_charger_of_1_6_is_told_the_price_after_the_answer(app: App, charger: Any, clock: Clock) -> None:
    one = await Asked.connect(app, charger, "1.6", clock)
    await known(app, one, shows="True")
    assert (await authorized(one))["status"] == "Accepted"
    assert await shown(one) == {"idToken": "TAG1", "priceText": PRICE}
    await one.start()  # it shows it already
    assert await times_told(one) == 1


async def test_one_that_takes_a_price_in_a_session_only_is_told_it_again_then(
    app: App, charger: Any, clock: Clock
) -> None:
    one = await Asked.connect(app, charger, "1.6", clock)
    await known(app, one)
    await authorized(one)
    await shown(one, "Rejected")
    await one.start()
    assert await shown(one) == {"idToken": "TAG1", "priceText": PRICE}


async def test_one_that_asks_for_a_card_over_and_over_is_told_twice(app: App, charger: Any, clock: Clock) -> None:
    one = await Asked.connect(app, charger, "1.6", clock)
    await known(app, one)
    for _ in range(2):
        await authorized(one)
        await shown(one, "Rejected")
    await authorized(one)
    assert await times_told(one) == 2
    clock.forward(6)
    await authorized(one)
    await shown(one)
    await authorized(one)
    assert await times_told(one) == 3


async def test_a_start_that_is_told_late_shows_nothing(app: App, charger: Any, clock: Clock) -> None:
    one = await Asked.connect(app, charger, "1.6", clock)
    await known(app, one)
    late = {"connectorId": 1, "idTag": "TAG1", "meterStart": 0, "timestamp": clock.text(-60)}
    await one.call("StartTransaction", late)
    assert await times_told(one) == 0


@pytest.mark.parametrize("shows, price", [("false", "0.50"), ("true", None)])
async def test_a_charger_of_1_6_that_shows_none_or_has_none_is_told_none(
    app: App, charger: Any, clock: Clock, shows: str, price: str | None
) -> None:
    one = await Asked.connect(app, charger, "1.6", clock)
    await known(app, one, shows=shows, price=price)
    await authorized(one)
    await authorized(one, "NOBODY")
    assert await times_told(one) == 0


@pytest.mark.any_database
async def test_a_driver_reads_their_own_price_in_their_language(app: App, charger: Any, clock: Clock) -> None:
    one = await Asked.connect(app, charger, "2.0.1", clock)
    await known(app, one)

    def theirs(work: Work) -> None:
        home = organizations.home(work)
        facts: dict[str, Any] = {"currency": "EUR", "price_per_session": Decimal("2")}
        tariffs.create(work, home, public_id="flat", name="Flat", **facts)
        customers.create(work, home, public_id="C", name="Ida", language="de", tariff="flat")
        tokens.add(work, home, uid="TAG2", customer="C")

    await app.database.write(theirs)
    assert (await authorized(one, "TAG2"))["personalMessage"]["content"] == "2.00 EUR je Ladevorgang"
    assert (await authorized(one))["personalMessage"]["content"] == PRICE


async def test_connectors_of_other_prices_are_told_apart(app: App, charger: Any, clock: Clock) -> None:
    one = await Asked.connect(app, charger, "2.0.1", clock)
    await known(app, one)

    def fast(work: Work) -> None:
        home = organizations.home(work)
        facts: dict[str, Any] = {"currency": "EUR", "price_per_kwh": Decimal("0.79")}
        tariffs.create(work, home, public_id="fast", name="Fast", **facts)
        tariff_places.name_at_connector(work, home, "CP1", "fast", evse=2, connector=1)

    await app.database.write(fast)
    assert (await authorized(one))["personalMessage"]["content"] == "1: 0.50 EUR/kWh\n2: 0.79 EUR/kWh"


async def test_a_price_is_never_longer_than_a_display_takes(app: App, charger: Any, clock: Clock) -> None:
    one = await Asked.connect(app, charger, "1.6", clock)
    await known(app, one, price=None)

    def wordy(work: Work) -> None:
        structure = {
            "elements": [{"price_components": [{"type": "energy", "price": "0.5"}]}],
            "texts": [{"language": "en", "text": "long " * 150}],
        }
        home = organizations.home(work)
        tariffs.create(work, home, public_id="day", name="Day", standard=True, currency="EUR", structure=structure)

    await app.database.write(wordy)
    wanted = PriceWanted(organization_id=1, station_id=one.id, token="TAG1")
    told = await app.database.read(shown_prices.wanted, wanted)
    assert told is not None
    assert len(told.command.text) == commands.LONGEST_PRICE
