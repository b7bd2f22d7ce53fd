"""Other people's transactions, and secrets in logs (ATK-05, ATK-13)."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
import structlog
from sqlalchemy import inspect, text

from stationmaster.domain import commands
from stationmaster.domain.alarms import alarms
from stationmaster.domain.metering import meter_values
from stationmaster.domain.quarantine import quarantine
from stationmaster.domain.sessions import sessions
from tests.gateway.conftest import settled
from tests.gateway.raw import Raw, request

CANARY = "canary-9f31c07b5e2d4a86"


# ATK-05: a transaction id is worth nothing at another charger


async def test_ATK_05_no_charger_stops_the_session_of_another(app: Any, charger: Any, rows: Any) -> None:
    mine, other = await charger("CP1"), await charger("CP2")
    number = (await mine.start())["transactionId"]
    assert isinstance(await other.stop(number, meter=999_999), dict)  # answered as any other
    (session,) = await rows(sessions)
    assert (session.status, session.meter_stop_wh) == ("active", None)
    (kept,) = await rows(quarantine)
    assert (kept.action, kept.station_id) == ("StopTransaction", app.directory.find("CP2").station.id)
    await other.stop(number, meter=999_999)  # again, as a charger does that was not heard
    assert len(await rows(quarantine)) == 1
    (alarm,) = await rows(alarms)
    assert (alarm.station_id, "another charger" in alarm.detail) == (kept.station_id, True)
    await mine.stop(number)
    (session,) = await rows(sessions)
    assert (session.status, session.energy_wh) == ("completed", 5000)


async def test_ATK_05_no_charger_writes_meter_values_into_the_session_of_another(charger: Any, rows: Any) -> None:
    mine, other = await charger("CP1"), await charger("CP2")
    number = (await mine.start())["transactionId"]
    assert await other.meter("900000", transaction=number) == {}
    (session,) = await rows(sessions)
    await mine.meter("2000", transaction=number)
    await mine.stop(number)
    (session,) = await rows(sessions)
    assert (session.status, session.energy_wh) == ("completed", 5000)
    foreign = [row for row in await rows(meter_values) if row.session_id is None]
    assert len(foreign) == 1  # kept, as an orphan of the charger that sent it
    assert foreign[0].station_id != session.station_id


# ATK-13: secrets that travel as OCPP payload


async def test_ATK_13_a_secret_that_we_set_or_are_told_is_nowhere_to_be_found(
    app: Any, charger: Any, rows: Any, caplog: pytest.LogCaptureFixture
) -> None:
    one = await charger("CP1")
    station = app.directory.find("CP1").station.id
    heard: list[Any] = []
    app.database.watched = lambda: True  # as while somebody looks at the live page
    app.database.after_commit.append(heard.extend)

    async def ask(command: Any, answer: Any) -> Any:
        asked = asyncio.create_task(command)
        call = await one.receive()
        await one.send([3, call[1], answer])
        await asked
        return call[3]

    secret = {"key": "AuthorizationKey", "value": CANARY}
    told = {"configurationKey": [{"key": "AuthorizationKey", "readonly": False, "value": CANARY}]}
    with structlog.testing.capture_logs() as logged, caplog.at_level(logging.DEBUG):
        switchboard = app.switchboard
        renewed = await ask(switchboard.send(station, commands.RenewPassword(), by="test"), {"status": "Accepted"})
        await ask(
            switchboard.call(station, "ChangeConfiguration", secret, timeout_s=5, by="test"), {"status": "Accepted"}
        )
        await ask(switchboard.send(station, commands.GetConfiguration(), by="test"), told)
        await ask(switchboard.call(station, "GetConfiguration", {}, timeout_s=5, by="test"), told)
        data = {"vendorId": "Acme", "data": f'{{"password":"{CANARY}"}}', "password": CANARY}
        await one.call("DataTransfer", data)
        guess = request(f"/ocpp/CP1?token={CANARY}", user="CP1", secret=CANARY)
        assert (await Raw.open(app.gateway_port, guess)).status == 401
        app.gate.write_refusals()
        await settled(app.database)
    assert len(await rows(commands.commands)) == 4

    def dump(work: Any) -> str:
        names = inspect(app.database.engine).get_table_names()
        return "\n".join(str(tuple(row)) for name in names for row in work.execute(text(f'SELECT * FROM "{name}"')))  # noqa: S608

    everything = await app.database.read(dump)
    assert "AuthorizationKey" in everything
    places = {"database": everything, "log": f"{logged} {caplog.text}", "events": repr(heard)}
    for canary in (CANARY, renewed["value"]):
        assert {place: canary in content for place, content in places.items()} == dict.fromkeys(places, False)
