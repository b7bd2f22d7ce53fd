"""What chargers of the field do in 1.6 transactions, and what becomes of it. Nothing here may cost a session or a socket."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from stationmaster.domain import connectors
from tests.charger import Charger
from tests.patience import PATIENCE_S

Connect = Callable[..., Any]
NONE = [0, -1, 2**63 - 1]  # how firmwares say that they know no transaction id


async def values(one: Charger, *samples: dict[str, Any], transaction: int, at: str = "2026-11-01T10:30:00Z") -> Any:
    payload = {
        "connectorId": 1,
        "transactionId": transaction,
        "meterValue": [{"timestamp": at, "sampledValue": samples}],
    }
    return await one.call("MeterValues", payload)


async def still_there(one: Charger) -> bool:
    return "currentTime" in await one.call("Heartbeat")


async def test_a_start_sent_only_at_the_end_of_charging_is_back_dated(charger: Connect, stored: Any) -> None:
    one = await charger("CP1")
    started = await one.start(at="2026-10-01T10:00:00Z", meter=1000)
    await one.stop(started["transactionId"], at="2026-10-01T12:00:00Z", meter=21_000)
    session = await stored.session()
    assert session.started_at == datetime(2026, 10, 1, 10, tzinfo=UTC)
    assert session.stopped_at == datetime(2026, 10, 1, 12, tzinfo=UTC)
    assert (session.energy_wh, session.flags, session.review) == (20_000, None, False)


async def test_history_told_late_leaves_the_open_session_alone(charger: Connect, stored: Any) -> None:
    one = await charger("CP1")
    now = (await one.start(at="2026-11-01T10:00:00Z", meter=9000))["transactionId"]
    old = (await one.start(at="2026-10-01T10:00:00Z", meter=1000))["transactionId"]
    await one.meter("9500", at="2026-11-01T10:10:00Z")  # without an id it belongs to the one that is charging now
    live, late = await stored.sessions()
    assert (int(live.transaction_id), live.status, live.flags, live.suspect_since) == (now, "active", None, None)
    assert (int(late.transaction_id), late.status) == (old, "active")
    assert late.suspect_since is not None  # if its stop never comes, it does not stay open for ever
    await one.stop(old, at="2026-10-01T11:00:00Z", meter=4000)
    await one.stop(now, at="2026-11-01T11:00:00Z", meter=12_000)
    live, late = await stored.sessions()
    assert (late.energy_wh, late.flags, late.review) == (3000, None, False)
    assert (live.energy_wh, live.flags, live.review) == (3000, None, False)
    [value] = await stored.meter_values()
    assert value.session_id == live.id


@pytest.mark.parametrize("given, kept", [(None, None), (0, None), (-1, None), (2**40, None), (7, 7)])
async def test_reservation_id_zero_means_none(
    charger: Connect, stored: Any, given: int | None, kept: int | None
) -> None:
    one = await charger("CP1")
    payload = {"connectorId": 1, "idTag": "TAG1", "meterStart": 0, "timestamp": "2026-11-01T10:00:00Z"}
    await one.call("StartTransaction", payload if given is None else payload | {"reservationId": given})
    assert (await stored.session()).reservation_id == kept


@pytest.mark.parametrize("none", NONE)
async def test_meter_values_of_no_transaction_belong_to_the_one_that_is_open_there(
    charger: Connect, stored: Any, none: int
) -> None:
    one = await charger("CP1")
    await one.start(connector=1)
    await one.meter("2000", transaction=none, connector=1)
    await one.meter("2000", transaction=none, connector=2)
    here, elsewhere = await stored.meter_values()
    session = await stored.session()
    assert (here.session_id, elsewhere.session_id) == (session.id, None)


@pytest.mark.parametrize("by", ["number", *NONE])
async def test_meter_values_after_the_stop_open_nothing(charger: Connect, stored: Any, by: Any) -> None:
    one = await charger("CP1")
    number = (await one.start())["transactionId"]
    await one.stop(number)
    ended = await stored.session()
    assert await one.meter("6100", transaction=number if by == "number" else by, at="2026-11-01T11:01:00Z") == {}
    assert await stored.session() == ended
    [value] = await stored.meter_values()
    assert value.session_id == (ended.id if by == "number" else None)


async def test_a_stop_of_no_transaction_does_not_end_the_open_one(charger: Connect, stored: Any) -> None:
    """Free vending: the station starts without telling, and stops with 0."""
    one = await charger("CP1")
    number = (await one.start())["transactionId"]
    for none in NONE:
        assert await one.stop(none) == {}
    session = await stored.session()
    assert session.status == "active"
    assert [entry.proposed_session_id for entry in await stored.quarantine()] == [session.id] * 3
    await one.stop(number)
    assert (await stored.session()).status == "completed"


@pytest.mark.parametrize("connector", [0, -7, 2**31, 10**20])
async def test_an_absurd_connector_keeps_nothing_from_being_stored(
    charger: Connect, stored: Any, connector: int
) -> None:
    one = await charger("CP1")
    status = {"connectorId": connector, "errorCode": "NoError", "status": "Charging"}
    assert await one.call("StatusNotification", status) == {}
    number = (await one.start(connector=connector))["transactionId"]
    assert await one.meter("2000", connector=connector, transaction=number) == {}
    await one.stop(number)
    session = await stored.session()
    assert (session.status, session.energy_wh) == ("completed", 5000)
    [value] = await stored.meter_values()
    assert value.session_id == session.id
    [row] = await stored.rows(connectors.connectors)
    assert (row.evse, row.status) == (session.evse, "Charging")


POISON = ["A\x00B", "'; DROP TABLE sessions; --", "{{7*7}}", "<script>", "=1+1", "\u202eevil", "é" * 20]


@pytest.mark.every_case
@pytest.mark.parametrize("text", POISON, ids=ascii)
async def test_ATK_08_no_text_of_a_station_is_poison(charger: Connect, stored: Any, text: str) -> None:
    one = await charger("CP1")
    await one.boot(chargePointSerialNumber=text)
    status = {"connectorId": 1, "errorCode": "NoError", "status": "Available", "info": text, "vendorErrorCode": text}
    assert await one.call("StatusNotification", status) == {}
    started = await one.start(tag=text[:20])
    assert started["idTagInfo"]["status"] == "Invalid"
    number = started["transactionId"]
    assert await one.meter(text, transaction=number, measurand=text, unit=text) == {}
    await one.stop(number, idTag=text[:20], reason=text, vendor=text)
    assert await one.stop(0, idTag=text[:20]) == {"idTagInfo": {"status": "Invalid"}}
    session = await stored.session()
    assert (session.status, session.energy_wh) == ("completed", 5000)
    assert len(await stored.quarantine()) == 1
    assert await still_there(one)


@pytest.mark.every_case
@pytest.mark.parametrize(
    "sample, register",
    [
        ({"value": "2.5", "unit": "kWh"}, 2500),
        ({"value": "900000000000", "unit": "MWh"}, None),
        ({"value": "999999999999", "unit": "kWh"}, None),
        ({"value": "9" * 400}, None),
        ({"value": "1e400"}, None),
        ({"value": "Infinity"}, None),
        ({"value": "2000", "context": "Sample.Clock"}, 2000),
        ({"value": "2000", "location": "EV"}, None),
        ({"value": 2000}, 2000),
        ({"value": "2000", "unit": "wh"}, 2000),
    ],
    ids=str,
)
async def test_a_register_in_any_form_is_stored(
    charger: Connect, stored: Any, sample: dict[str, Any], register: int | None
) -> None:
    one = await charger("CP1")
    number = (await one.start())["transactionId"]
    assert await values(one, sample, transaction=number) == {}
    [value] = await stored.meter_values()
    assert value.energy_wh == register
    assert value.samples  # and beside it what was sent


async def test_a_begin_register_in_every_message_does_not_hide_the_current_one(charger: Connect, stored: Any) -> None:
    one = await charger("CP1")
    number = (await one.start(meter=0))["transactionId"]
    for minute in (10, 20):
        await values(
            one,
            {"value": "0", "context": "Transaction.Begin"},
            {"value": str(minute * 100), "context": "Sample.Periodic"},
            transaction=number,
            at=f"2026-11-01T10:{minute}:00Z",
        )
    await one.stop(number, meter=3000)
    assert [value.energy_wh for value in await stored.meter_values()] == [1000, 2000]
    assert (await stored.session()).flags is None


async def test_values_that_count_from_zero_beside_a_lifetime_register_are_no_fault(
    charger: Connect, stored: Any
) -> None:
    one = await charger("CP1")
    number = (await one.start(meter=500_000))["transactionId"]
    for minute in (0, 20, 40):
        await one.meter(str(minute * 100), transaction=number, at=f"2026-11-01T10:{minute:02}:00Z")
    await one.stop(number, meter=504_050)
    session = await stored.session()
    assert (session.energy_wh, session.flags, session.review) == (4050, None, False)


async def test_a_value_repeated_late_is_no_rollback(charger: Connect, stored: Any) -> None:
    one = await charger("CP1")
    number = (await one.start())["transactionId"]
    for minute, register in ((10, "1200"), (30, "5000"), (20, "1400")):
        await one.meter(register, transaction=number, at=f"2026-11-01T10:{minute}:00Z")
    await one.stop(number)
    session = await stored.session()
    assert (session.energy_wh, session.flags, session.review) == (5000, None, False)


async def test_a_charger_without_an_energy_meter_is_billed_by_its_power_after_a_look(
    charger: Connect, stored: Any
) -> None:
    one = await charger("CP1")
    number = (await one.start(meter=0))["transactionId"]
    for minute in range(0, 60, 15):
        power = {"value": "4000", "measurand": "Power.Active.Import", "unit": "W"}
        await values(one, power, transaction=number, at=f"2026-11-01T10:{minute:02}:00Z")
    await one.stop(number, meter=0)
    session = await stored.session()
    assert (session.energy_wh, session.flags, session.review) == (3000, ["estimated"], True)


async def test_one_message_id_for_everything_loses_nothing(charger: Connect, stored: Any) -> None:
    """Some firmwares count their message ids anew after each boot, or never count at all."""
    one = await charger("CP1")
    start = {"connectorId": 1, "idTag": "TAG1", "meterStart": 0, "timestamp": "2026-11-01T10:00:00Z"}
    number = (await one.call("StartTransaction", start, message_id="1"))["transactionId"]
    stop = {"transactionId": number, "meterStop": 10, "timestamp": "2026-11-01T11:00:00Z"}
    assert await one.call("StopTransaction", stop, message_id="1") == {}
    later = await one.call("StartTransaction", start | {"timestamp": "2026-11-01T12:00:00Z"}, message_id="1")
    assert later["transactionId"] != number
    assert [session.status for session in await stored.sessions()] == ["completed", "active"]


async def test_messages_sent_without_waiting_are_stored_in_their_order(charger: Connect, stored: Any) -> None:
    """CON-10: the lane of a station has no overtaking."""
    one = await charger("CP1")
    number = (await one.start())["transactionId"]
    for minute in range(20):
        at = f"2026-11-01T10:{minute:02}:00Z"
        value = {"timestamp": at, "sampledValue": [{"value": str(1000 + minute)}]}
        await one.send(
            [2, f"v{minute}", "MeterValues", {"connectorId": 1, "transactionId": number, "meterValue": [value]}]
        )
    await one.send(
        [
            2,
            "stop",
            "StopTransaction",
            {"transactionId": number, "meterStop": 1020, "timestamp": "2026-11-01T10:20:00Z"},
        ]
    )
    async with asyncio.timeout(PATIENCE_S):
        answers = [(await one.receive())[1] for _ in range(21)]
    assert answers == [*(f"v{minute}" for minute in range(20)), "stop"]
    assert [value.energy_wh for value in await stored.meter_values()] == [1000 + minute for minute in range(20)]
    assert (await stored.session()).energy_wh == 20
