"""What a station says of energy and of time in its transactions of OCPP 1.6: rules TX-09, TX-10 and TX-12, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from stationmaster.app import App
from stationmaster.domain import metering

Connect = Callable[..., Any]


# TX-09


@pytest.mark.every_case
@pytest.mark.parametrize(
    "start, registers, stop, energy, flag",
    [
        (1000, ["2000", "4000"], 6000, 5000, None),
        (1000, [], 6000, 5000, None),
        (1000, [], 1000, 0, None),
        (6000, [], 1000, None, "register_rollback"),
        (1000, ["4000", "3900"], 6000, 5000, "register_rollback"),
        (1000, ["2000"], 99_000_000_000, None, "register_jump"),
        (1000, [], 99_000_000_000, None, "register_jump"),
        (1000, ["2000", "4000"], None, 3000, "estimated"),
        (1000, [], None, None, "estimated"),
        (1000, ["2000", "NaN", "1e400", ""], 6000, 5000, None),
        (1000, ["2000,5", " 4000 "], 6000, 5000, None),
        (1000, ["2000"], "6000", 5000, None),
        (1000, ["2000"], 1e30, 1000, "estimated"),
        (1000, ["2000"], -5, 1000, "estimated"),
        (10**30, ["2000"], 6000, None, "no_meter_start"),
    ],
)
async def test_TX_09_what_the_meter_says_is_kept_and_what_is_doubtful_is_not_billed(
    charger: Connect, stored: Any, start: int, registers: list[str], stop: Any, energy: int | None, flag: str | None
) -> None:
    one = await charger("CP1")
    number = (await one.start(meter=start))["transactionId"]
    for minute, register in enumerate(registers):
        assert await one.meter(register, transaction=number, at=f"2026-11-01T10:{minute:02}:00Z") == {}
    payload = {"transactionId": number, "timestamp": "2026-11-01T11:00:00Z", "meterStop": stop}
    if stop is None:
        del payload["meterStop"]
    assert await one.call("StopTransaction", payload) == {}
    session = await stored.session()
    assert (session.status, session.energy_wh) == ("completed", energy)
    assert session.review == (flag is not None)
    assert flag is None or flag in session.flags
    assert len(await stored.meter_values()) == len(registers)  # as received, all of them


async def test_TX_09_kwh_told_as_wh_is_seen_by_its_power(charger: Connect, stored: Any) -> None:
    one = await charger("CP1")
    number = (await one.start(meter=0))["transactionId"]
    for minute in range(0, 61, 10):
        samples = [
            {"value": str(round(minute * 0.11))},
            {"value": "6600", "measurand": "Power.Active.Import", "unit": "W"},
        ]
        value = {"timestamp": f"2026-11-01T1{minute // 60}:{minute % 60:02}:00Z", "sampledValue": samples}
        await one.call("MeterValues", {"connectorId": 1, "transactionId": number, "meterValue": [value]})
    await one.stop(number, meter=7)
    session = await stored.session()
    assert (session.energy_wh, session.flags, session.review) == (7, ["unit_suspect"], True)


async def test_TX_09_the_register_that_came_with_the_stop_serves_when_the_stop_names_none(
    charger: Connect, stored: Any
) -> None:
    one = await charger("CP1")
    number = (await one.start())["transactionId"]
    end = {
        "timestamp": "2026-11-01T11:00:00Z",
        "sampledValue": [{"value": "6.5", "unit": "kWh", "context": "Transaction.End"}],
    }
    payload = {"transactionId": number, "timestamp": "2026-11-01T11:00:00Z", "transactionData": [end]}
    assert await one.call("StopTransaction", payload) == {}
    session = await stored.session()
    assert (session.energy_wh, session.meter_stop_wh, session.flags) == (5500, 6500, ["estimated"])
    [value] = await stored.meter_values()
    assert (value.session_id, value.energy_wh, value.context) == (session.id, 6500, "Transaction.End")


# TX-10


@pytest.mark.parametrize(
    "text, believed",
    [
        ("2026-11-01T10:00:00Z", datetime(2026, 11, 1, 10, tzinfo=UTC)),
        ("2026-11-01T10:00:00", datetime(2026, 11, 1, 10, tzinfo=UTC)),
        ("2026-11-01T12:00:00+02:00", datetime(2026, 11, 1, 10, tzinfo=UTC)),
        ("2016-02-29T10:00:00Z", datetime(2016, 2, 29, 10, tzinfo=UTC)),
        ("2099-01-01T00:00:00Z", None),
        ("1970-01-01T00:00:00Z", None),
        ("222222017-10-27T19:10:11Z", None),
        ("yesterday", None),
    ],
)
async def test_TX_10_no_clock_is_refused(app: App, charger: Connect, stored: Any, text: str, believed: Any) -> None:
    one = await charger("CP1")
    before = datetime.now(UTC)
    number = (await one.start(at=text))["transactionId"]
    assert await one.meter("2000", transaction=number, at=text) == {}
    assert await one.stop(number, at=text) == {}
    session = await stored.session()
    [value] = await stored.meter_values()
    assert (session.started_text, value.taken_text) == (text, text)
    assert session.energy_wh == 5000
    if believed is None:
        assert before <= session.started_at <= value.taken_at <= session.stopped_at <= datetime.now(UTC)
        assert session.flags == ["clock"]
    else:
        assert session.started_at == value.taken_at == session.stopped_at == believed
    assert before <= session.received_at <= value.received_at <= session.stop_received_at


# TX-12


@pytest.mark.every_case
@pytest.mark.parametrize(
    "variant, belongs", [("running", True), ("closed", True), ("unknown", False), ("none", True), ("idle", False)]
)
async def test_TX_12_a_meter_value_is_stored_once_and_changes_no_state(
    charger: Connect, stored: Any, variant: str, belongs: bool
) -> None:
    one = await charger("CP1")
    number = None
    if variant != "idle":
        number = (await one.start())["transactionId"]
    if variant == "closed":
        await one.stop(number)
    before = await stored.sessions()
    transaction = {"running": number, "closed": number, "unknown": 4711}.get(variant)
    for _ in range(2):
        assert await one.meter("2000", transaction=transaction) == {}
    one.socket.transport.abort()
    one = await charger("CP1", boot=False)
    assert await one.meter("2000", transaction=transaction) == {}
    [value] = await stored.meter_values()
    assert value.session_id == (before[0].id if belongs else None)
    assert value.energy_wh == 2000
    assert await stored.sessions() == before


async def test_TX_12_orphans_are_shown_to_people(app: App, charger: Connect, stored: Any) -> None:
    one = await charger("CP1")
    await one.meter("2000", transaction=4711)
    station = app.directory.find("CP1").station
    [orphan] = await app.database.read(metering.orphans, station.id, limit=10, cursor=None)
    assert (orphan.transaction_id, orphan.energy_wh) == ("4711", 2000)
