"""I02: what a session costs so far, on chargers whose settings say that they show it; on 1.6 in the OCA's messages."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from typing import Any

import pytest

from stationmaster.app import App
from stationmaster.domain import (
    bills,
    organizations,
    session_limits,
    session_terms,
    sessions,
    shown_costs,
    station_settings,
    tariffs,
)
from stationmaster.domain.station_settings import Setting
from stationmaster.gateway import spending
from stationmaster.storage import Work
from tests.handlers.asking import Asked, Clock
from tests.handlers.conftest import card, value


async def begun(app: App, one: Asked, *, shows: bool) -> None:
    """A session at 0.50 a kWh, 12.4 kWh of it taken."""

    def prepare(work: Work) -> None:
        home = organizations.home(work)
        facts: dict[str, Any] = {"currency": "EUR", "price_per_kwh": Decimal("0.50")}
        tariffs.create(work, home, public_id="day", name="Day", standard=True, **facts)
        entry = app.directory.find("CP1")
        assert entry is not None
        name = shown_costs.SETTINGS[one.version]
        station_settings.learn_value(work, entry.station, Setting(name, str(shows).lower()))

    await app.database.write(prepare)
    if one.old:
        await one.start()
        if shows:  # first what charging costs (test_shown_prices.py)
            price = await one.raw.receive()
            assert price[3]["messageId"] == "SetUserPrice"
            await one.raw.send([3, price[1], {"status": "Accepted"}])
    else:
        begin = value(0, at=one.clock.text(), context="Transaction.Begin")
        await one.event("Started", evse={"id": 1, "connectorId": 1}, idToken=card(), meterValue=begin)
    one.clock.forward(60)
    if one.old:
        meter = [{"timestamp": one.clock.text(), "sampledValue": [{"value": "12400"}]}]
        await one.call("MeterValues", {"connectorId": 1, "meterValue": meter})
    else:
        await one.event("Updated", meterValue=value(12_400, at=one.clock.text()))
    await app.database.write(session_limits.take_up, await app.database.read(session_terms.unfixed))


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
async def test_I02_a_charger_that_shows_costs_is_told_them_once(
    app: App, charger: Any, clock: Clock, version: str
) -> None:
    one = await Asked.connect(app, charger, version, clock)
    await begun(app, one, shows=True)
    await spending.show_costs(app.database, app.switchboard, app.errands)
    call = await one.raw.receive()
    if one.old:
        assert (call[2], call[3]["vendorId"], call[3]["messageId"]) == (
            "DataTransfer",
            "org.openchargealliance.costmsg",
            "RunningCost",
        )
        told = json.loads(call[3]["data"])
        assert isinstance(told.pop("transactionId"), int)
        assert told == {
            "timestamp": "2026-11-01T11:00:00.000Z",
            "meterValue": 12_400,
            "cost": 6.2,
            "state": "Charging",
            "chargingPrice": {"kWhPrice": 0.5},
        }
    else:
        assert call[2:] == ["CostUpdated", {"totalCost": 6.2, "transactionId": "tx-1"}]
    await one.raw.send([3, call[1], {"status": "Accepted"} if one.old else {}])
    async with asyncio.timeout(10):
        while (await one.newest()).state != "done":
            await asyncio.sleep(0.005)
    versions = {one.id: version}
    assert await app.database.read(shown_costs.due, versions) == []  # it has been told


@pytest.mark.any_database
async def test_a_charger_of_1_6_that_shows_costs_is_told_the_final_one(app: App, charger: Any, clock: Clock) -> None:
    one = await Asked.connect(app, charger, "1.6", clock)
    await begun(app, one, shows=True)
    [session] = await app.database.read(lambda work: work.execute(sessions.sessions.select()).all())
    assert await app.database.read(shown_costs.final, session.public_id) is None  # it goes on
    number, now = int(session.transaction_id), one.clock.text()
    await one.call("StopTransaction", {"transactionId": number, "meterStop": 15_000, "timestamp": now})
    await app.database.write(bills.settle, session.public_id)
    call = await one.raw.receive()
    assert (call[2], call[3]["messageId"]) == ("DataTransfer", "FinalCost")
    told = {"transactionId": number, "cost": 7.5, "priceText": "15.0 kWh, 7.50 EUR"}
    assert json.loads(call[3]["data"]) == told
    await one.raw.send([3, call[1], {"status": "Accepted"}])
    clock.forward(11)  # whoever hears of it later has left
    assert await app.database.read(shown_costs.final, session.public_id) is None


@pytest.mark.any_database
async def test_who_shows_nothing_is_told_nothing(app: App, charger: Any, clock: Clock) -> None:
    one = await Asked.connect(app, charger, "1.6", clock)
    await begun(app, one, shows=False)
    assert await app.database.read(shown_costs.due, {one.id: "1.6"}) == []
