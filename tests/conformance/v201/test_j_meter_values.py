"""Certification cases of block J, Meter Values (OCPP 2.0.1 part 6, 3.11)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from stationmaster.domain import metering
from tests.conformance.octt import Octt, component, now

INTERVAL = timedelta(minutes=15)
SIGNED = {
    "signedMeterData": "T0NNRnx7fXx7fQ==",
    "signingMethod": "ECDSA-secp256r1-SHA256",
    "encodingMethod": "OCMF",
    "publicKey": "MFkwEwYHKoZIzj0CAQ==",
}


def measured(octt: Octt, wh: float, context: str, *, signed: bool = False) -> dict[str, Any]:
    """The register, as it is now."""
    sample: dict[str, Any] = {"value": wh, "context": context, "measurand": "Energy.Active.Import.Register"}
    sample |= {"location": "Outlet", "unitOfMeasure": {"unit": "Wh"}}
    if signed:
        sample["signedMeterValue"] = SIGNED
    return {"timestamp": now(octt.app), "sampledValue": [sample]}


def told(rows: list[metering.MeterValueRow]) -> list[tuple[str | None, float | None]]:
    return [(row.context, None if row.energy_wh is None else float(row.energy_wh)) for row in rows]


async def clock_aligned(octt: Octt, evse: int, wh: float) -> None:
    """A meter value and an event of one EVSE that no session is at: both are what a case means by "notifies"."""
    sent = {"evseId": evse, "meterValue": [measured(octt, wh, "Sample.Clock")]}
    assert await octt.call("MeterValues", sent) == {}
    meter = component("FiscalMetering", {"id": evse} if evse else None)
    assert await octt.event(meter, "EnergyImportRegister", str(wh), trigger="Periodic") == {}


async def test_TC_J_01(octt: Octt, forward: Any) -> None:
    await octt.booted()
    for number in range(3):
        for evse in (0, 1, 2):
            await clock_aligned(octt, evse, 1000.0 * number + evse)
        forward(INTERVAL)
    rows = await octt.read(metering.orphans, octt.id, limit=50, cursor=None)
    assert {(row.evse, *one) for row, one in zip(rows, told(rows), strict=True)} == {
        (evse, "Sample.Clock", 1000.0 * number + evse) for number in range(3) for evse in (0, 1, 2)
    }
    assert (await octt.settings())["FiscalMetering#2/EnergyImportRegister"] == "2002.0"


async def test_TC_J_02(octt: Octt, forward: Any) -> None:
    await octt.booted()
    await octt.energy_transfer_started()
    for number in range(3):
        for evse in (0, 2):
            await clock_aligned(octt, evse, float(evse))
        value = [measured(octt, 1000.0 * number, "Sample.Clock")]
        assert await octt.transact("MeterValueClock", kind="Updated", meterValue=value) == {}
        forward(INTERVAL)
    assert told(await octt.meter_values()) == [("Sample.Clock", 1000.0 * number) for number in range(3)]
    orphans = await octt.read(metering.orphans, octt.id, limit=50, cursor=None)
    assert sorted(row.evse for row in orphans) == [0, 0, 0, 2, 2, 2]


async def ended_with(octt: Octt, forward: Any, context: str, *, signed: bool = False) -> None:
    """The event that ends a transaction brings its meter values, the last of them of its end; all are kept, and make its energy."""
    await octt.booted()
    await octt.energy_transfer_started()
    values = [measured(octt, 1000.0, "Transaction.Begin", signed=signed)]
    for wh, what in ((4000.0, context), (7000.0, context), (9000.0, "Transaction.End")):
        forward(INTERVAL)
        values.append(measured(octt, wh, what, signed=signed))
    await octt.ev_disconnected(meterValue=values)
    rows = await octt.meter_values()
    whole = [("Transaction.Begin", 1000.0), (context, 4000.0), (context, 7000.0), ("Transaction.End", 9000.0)]
    assert told(rows) == whole
    for row in rows:
        [sample] = json.loads(row.samples)
        assert sample.get("signedMeterValue") == (SIGNED if signed else None)
    [session] = await octt.sessions()
    assert (session.status, session.energy_wh) == ("completed", 8000)
    assert (session.meter_start_wh, session.meter_stop_wh) == (1000, 9000)


async def test_TC_J_03(octt: Octt, forward: Any) -> None:
    await ended_with(octt, forward, "Sample.Clock")


async def test_TC_J_04(octt: Octt, forward: Any) -> None:
    await ended_with(octt, forward, "Sample.Clock", signed=True)


async def test_TC_J_07(octt: Octt) -> None:
    await octt.booted()
    await octt.ev_connected_pre_session(meterValue=[measured(octt, 1000.0, "Transaction.Begin")])
    [session] = await octt.sessions()
    assert (session.evse, session.connector, session.meter_start_wh) == (1, 1, 1000)
    assert told(await octt.meter_values()) == [("Transaction.Begin", 1000.0)]


async def test_TC_J_08(octt: Octt) -> None:
    await octt.booted()
    await octt.authorized()
    assert (await octt.sessions())[0].evse is None
    await octt.ev_connected_pre_session(meterValue=[measured(octt, 1000.0, "Transaction.Begin")])
    await octt.energy_transfer_started()
    [session] = await octt.sessions()
    assert (session.evse, session.connector, session.charging_state) == (1, 1, "charging")
    assert told(await octt.meter_values()) == [("Transaction.Begin", 1000.0)]
    await octt.ev_disconnected(meterValue=[measured(octt, 5000.0, "Transaction.End")])
    [session] = await octt.sessions()
    assert (session.meter_start_wh, session.meter_stop_wh, session.energy_wh) == (1000, 5000, 4000)


async def test_TC_J_09(octt: Octt, forward: Any) -> None:
    await octt.booted()
    await octt.energy_transfer_started()
    for number in range(3):
        value = [measured(octt, 1000.0 * number, "Sample.Periodic")]
        assert await octt.transact("MeterValuePeriodic", kind="Updated", meterValue=value) == {}
        forward(INTERVAL)
    assert told(await octt.meter_values()) == [("Sample.Periodic", 1000.0 * number) for number in range(3)]


async def test_TC_J_10(octt: Octt, forward: Any) -> None:
    await ended_with(octt, forward, "Sample.Periodic")


async def test_TC_J_11(octt: Octt, forward: Any) -> None:
    await ended_with(octt, forward, "Sample.Periodic", signed=True)
