"""A charger charges and measures, and has told of no session: one is made here, held for a person, and joined when the start comes."""

from __future__ import annotations

from datetime import timedelta

import pytest

from stationmaster.app import App
from stationmaster.background import chores
from stationmaster.domain import commands, sessions
from stationmaster.domain.errors import Conflict
from stationmaster.domain.sessions import seen
from tests.handlers.asking import Asked
from tests.handlers.conftest import Stored


async def measure(one: Asked, wh: int, power_w: int = 11_000) -> None:
    samples = [("Energy.Active.Import.Register", wh), ("Power.Active.Import", power_w)]
    told = [{"measurand": name, "value": str(value) if one.old else value} for name, value in samples]
    place = {"connectorId": 1} if one.old else {"evseId": 1}
    await one.call("MeterValues", place | {"meterValue": [{"timestamp": one.clock.text(), "sampledValue": told}]})


async def look(app: App) -> None:
    """A minute has passed."""
    await chores.see_untold_sessions(app.database)


async def charge(one: Asked) -> None:
    await one.status("Charging" if one.old else "Occupied")
    for wh in (1000, 1300, 1600):
        one.clock.forward(2)
        await measure(one, wh)


@pytest.fixture(params=["1.6", "2.0.1"])
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def test_a_charger_that_never_tells_of_a_start_has_a_session_that_a_person_looks_at(
    app: App, one: Asked, stored: Stored
) -> None:
    await charge(one)
    await look(app)
    await look(app)
    row = await stored.session()
    assert (row.status, row.evse, row.flags, row.review, row.token) == ("active", 1, ["no_start", "seen"], True, None)
    assert row.meter_start_wh == 1000
    one.clock.forward(2)
    await measure(one, 2500)
    one.clock.forward(1)
    await one.status("Available")
    await look(app)
    row = await stored.session()
    assert (row.status, row.energy_wh, row.review) == ("completed", 1500, True)
    assert {each.session_id for each in await stored.meter_values()} == {row.id}
    one.clock.forward(10)
    await look(app)
    assert len(await stored.sessions()) == 1


@pytest.mark.any_database
@pytest.mark.parametrize("told_at", [-7, 0])  # as it was before we saw it, or as it comes
async def test_the_start_that_comes_late_takes_over_what_was_measured(
    app: App, one: Asked, stored: Stored, told_at: int
) -> None:
    await charge(one)
    await look(app)
    at = one.clock.text(told_at)
    if one.old:
        began = await one.call(
            "StartTransaction", {"connectorId": 1, "idTag": "TAG1", "meterStart": 1000, "timestamp": at}
        )
    else:
        await one.event("Started", evse={"id": 1, "connectorId": 1}, timestamp=at, triggerReason="CablePluggedIn")
    await look(app)
    made, real = await stored.sessions()
    assert (made.status, made.flags[-1], made.energy_wh, made.review) == ("cancelled", "joined", 0, False)
    assert (real.status, real.suspect_since, real.review) == ("active", None, False)
    assert {each.session_id for each in await stored.meter_values()} == {real.id}
    one.clock.forward(5)
    if one.old:
        stop = {"transactionId": began["transactionId"], "meterStop": 2000, "timestamp": one.clock.text()}
        await one.call("StopTransaction", stop)
        assert (await stored.sessions())[1].energy_wh == 1000
    await look(app)
    assert len(await stored.sessions()) == 2


@pytest.mark.parametrize("version", ["1.6"])
async def test_a_start_that_comes_when_all_is_over_is_found_however_many_wait_for_a_person(
    app: App, one: Asked, stored: Stored
) -> None:
    for _ in range(2):
        await charge(one)
        await look(app)
        began = one.clock.text(-7)
        one.clock.forward(1)
        await one.status("Available")
        await look(app)
        one.clock.forward(5)
    assert await app.database.read(seen.followed) == []
    start = {"connectorId": 1, "idTag": "TAG1", "meterStart": 1000, "timestamp": began}
    await one.call("StartTransaction", start)
    older, newer, real = await stored.sessions()
    assert await app.database.read(seen.followed, newest=1) == [newer.id]
    await look(app)
    older, newer, real = await stored.sessions()
    assert (older.status, older.review, newer.status, newer.review) == ("completed", True, "cancelled", False)
    assert {each.session_id for each in await stored.meter_values()} == {older.id, real.id}


@pytest.mark.any_database
@pytest.mark.parametrize("version", ["1.6"])
async def test_the_next_car_is_another_session(app: App, one: Asked, stored: Stored) -> None:
    await charge(one)
    await look(app)
    one.clock.forward(1)
    await one.status("Available")
    one.clock.forward(1)
    await one.start()
    await look(app)
    made, real = await stored.sessions()
    assert (made.status, made.energy_wh, made.review, real.status) == ("completed", 600, True, "active")


@pytest.mark.any_database
@pytest.mark.parametrize("version", ["1.6"])
@pytest.mark.parametrize("what", ["too soon", "no power", "one value", "after an end", "free", "an open session"])
async def test_nothing_is_made_of_what_is_no_session(app: App, one: Asked, stored: Stored, what: str) -> None:
    if what in ("after an end", "an open session"):
        await one.start()
    await one.status("Charging")
    one.clock.forward(1)
    if what == "after an end":
        row = await stored.session()
        stop = {"transactionId": int(row.transaction_id), "meterStop": 900, "timestamp": one.clock.text()}
        await one.call("StopTransaction", stop)
    for minute in range(1 if what in ("one value", "too soon") else 3):
        one.clock.forward(0.5 if what == "too soon" else 2)
        await measure(one, 1000 + (0 if what == "no power" else 300 * minute), 0 if what == "no power" else 11_000)
    if what == "free":
        await one.status("Available")
    before = len(await stored.sessions())
    await look(app)
    assert len(await stored.sessions()) == before


@pytest.mark.any_database
@pytest.mark.parametrize("version", ["2.0.1"])
async def test_a_session_whose_evse_is_not_told_yet_may_be_the_one(app: App, one: Asked, stored: Stored) -> None:
    await one.event("Started", idToken={"idToken": "TAG1", "type": "ISO14443"})
    await charge(one)
    await look(app)
    assert (await stored.session()).flags is None


@pytest.mark.any_database
async def test_what_only_we_have_a_name_for_is_told_to_no_charger(app: App, one: Asked, stored: Stored) -> None:
    await charge(one)
    await look(app)
    row = await stored.session()
    with pytest.raises(Conflict, match="has not told of this session"):
        await one.ask(commands.RemoteStop(session=row.public_id))
    connected = {row.station_id: one.clock.now + timedelta(minutes=1)}
    assert await app.database.write(sessions.in_doubt, connected) == []
