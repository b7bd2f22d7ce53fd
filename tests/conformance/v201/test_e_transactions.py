"""Certification cases of block E, Transactions (OCPP 2.0.1 part 6, 3.6)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from stationmaster.domain import commands, sessions
from stationmaster.gateway.doubts import ask_about
from tests.conformance.octt import CARD, Octt, now

INVALID = {"idToken": "NOBODY", "type": "ISO14443"}


async def authorize(octt: Octt, token: dict[str, Any] = CARD) -> None:
    assert (await octt.call("Authorize", {"idToken": token}))["idTokenInfo"]["status"] == "Accepted"


async def the_session(octt: Octt) -> sessions.ListedRow:
    [session] = await octt.sessions()
    return session


async def ended(octt: Octt, reason: str) -> None:
    """Its session has ended, for this reason."""
    session = await the_session(octt)
    assert (session.status, session.stop_reason) == ("completed", reason)


async def end(octt: Octt, trigger: str, reason: str, state: str | None = None, **more: Any) -> Any:
    info = {"stoppedReason": reason} | ({} if state is None else {"chargingState": state})
    return await octt.transact(trigger, kind="Ended", info=info, **more)


# Start


async def test_TC_E_01(octt: Octt) -> None:
    await octt.booted()
    await authorize(octt)
    await octt.notify("Occupied")
    suspended = {"chargingState": "SuspendedEVSE"}
    answer = await octt.transact("ChargingStateChanged", info=suspended, idToken=CARD, evse=octt.evse)
    assert answer["idTokenInfo"]["status"] == "Accepted"
    await octt.transact("ChargingStateChanged", info={"chargingState": "Charging"})
    assert (await the_session(octt)).charging_state == "charging"


async def test_TC_E_02(octt: Octt) -> None:
    await octt.booted()
    await authorize(octt)
    await octt.notify("Occupied")
    charging = {"chargingState": "Charging"}
    answer = await octt.transact("ChargingStateChanged", info=charging, idToken=CARD, evse=octt.evse)
    assert answer["idTokenInfo"]["status"] == "Accepted"
    session = await the_session(octt)
    assert (session.evse, session.connector, session.token, session.charging_state) == (1, 1, "TAG1", "charging")


async def test_TC_E_03(octt: Octt) -> None:
    await octt.booted()
    await octt.ev_connected_pre_session()
    await octt.authorized()
    await octt.energy_transfer_started()
    session = await the_session(octt)
    assert (session.evse, session.token, session.charging_state) == (1, "TAG1", "charging")


async def test_TC_E_04(octt: Octt) -> None:
    await octt.booted()
    await octt.authorized()
    await octt.energy_transfer_started()
    session = await the_session(octt)
    assert (session.evse, session.token, session.charging_state) == (1, "TAG1", "charging")


async def test_TC_E_09(octt: Octt) -> None:
    await octt.booted()
    await octt.ev_connected_pre_session()
    session = await the_session(octt)
    assert (session.evse, session.connector, session.charging_state, session.token) == (1, 1, "connected", None)


async def test_TC_E_10(octt: Octt) -> None:
    await octt.booted()
    await octt.authorized()
    session = await the_session(octt)
    assert (session.evse, session.token, session.authorization) == (None, "TAG1", "accepted")


async def test_TC_E_11(octt: Octt) -> None:
    await octt.booted()
    await authorize(octt)
    await octt.notify("Occupied")
    signed = {"signedMeterData": "T0NUVA==", "signingMethod": "", "encodingMethod": "OCMF", "publicKey": ""}
    sample = {"value": 0.0, "context": "Transaction.Begin", "signedMeterValue": signed}
    values = [{"timestamp": now(octt.app), "sampledValue": [sample]}]
    answer = await octt.transact("SignedDataReceived", idToken=CARD, evse=octt.evse, meterValue=values)
    assert answer["idTokenInfo"]["status"] == "Accepted"
    await octt.transact("ChargingStateChanged", info={"chargingState": "Charging"})
    session = await the_session(octt)
    assert (session.meter_start_wh, session.charging_state) == (0, "charging")


async def test_TC_E_12(octt: Octt) -> None:
    await octt.booted()
    assert await octt.transact("EVDetected") == {}
    assert (await the_session(octt)).status == "active"


async def test_TC_E_38(octt: Octt) -> None:
    await octt.booted()
    await octt.authorized()
    await octt.ev_connected_pre_session()
    assert await octt.transact("ChargingStateChanged", info={"chargingState": "SuspendedEV"}) == {}
    assert (await the_session(octt)).charging_state == "suspended_by_car"


# Stop


async def test_TC_E_39(octt: Octt) -> None:
    await octt.booted()
    await octt.authorized()
    await end(octt, "EVConnectTimeout", "Timeout")
    await ended(octt, "timed_out")


async def test_TC_E_14(octt: Octt) -> None:
    await octt.booted()
    await octt.ev_connected_post_session()
    await octt.ev_disconnected()
    await ended(octt, "car_disconnected")


async def test_TC_E_20(octt: Octt) -> None:
    await octt.booted()
    await octt.energy_transfer_suspended()
    await octt.ev_disconnected()
    await ended(octt, "car_disconnected")


async def test_TC_E_15(octt: Octt) -> None:
    await octt.booted()
    await octt.energy_transfer_started()
    await end(octt, "StopAuthorized", "Local")
    await ended(octt, "local")


async def test_TC_E_21(octt: Octt) -> None:
    await octt.booted()
    await octt.energy_transfer_started()
    stop = commands.RemoteStop((await the_session(octt)).public_id)
    record, calls = await octt.operator(stop, {"status": "Accepted"})
    assert calls == [("RequestStopTransaction", {"transactionId": octt.transaction})]
    assert record.outcome == "accepted"
    await end(octt, "RemoteStop", "Remote")
    await ended(octt, "remote")


async def test_TC_E_07(octt: Octt) -> None:
    await octt.booted()
    await octt.energy_transfer_started()
    await end(octt, "StopAuthorized", "Local")
    await ended(octt, "local")


async def test_TC_E_08(octt: Octt) -> None:
    await octt.booted()
    await octt.stop_authorized()
    await end(octt, "ChargingStateChanged", "Local", "EVConnected")
    await ended(octt, "local")


async def test_TC_E_16(octt: Octt) -> None:
    await octt.booted()
    answer = await octt.transact("Authorized", idToken=INVALID)
    assert answer["idTokenInfo"]["status"] in ("Invalid", "Unknown")
    await end(octt, "Deauthorized", "DeAuthorized")
    await ended(octt, "deauthorized")


async def test_TC_E_17(octt: Octt) -> None:
    await octt.booted()
    await octt.energy_transfer_suspended()
    await end(octt, "EVCommunicationLost", "EVDisconnected", "Idle")
    await ended(octt, "car_disconnected")


async def test_TC_E_22(octt: Octt) -> None:
    await octt.booted()
    await octt.energy_transfer_started()
    await end(octt, "ChargingStateChanged", "StoppedByEV", "SuspendedEV")
    await ended(octt, "car_stopped")


@pytest.mark.parametrize("ends, reason", [(True, "car_disconnected"), (False, "local")])
async def test_TC_E_19(octt: Octt, ends: bool, reason: str) -> None:
    """With the end that the reusable state sends, the case ends one transaction twice: the first end holds."""
    await octt.booted()
    await octt.ev_disconnected(ends=ends)
    assert await end(octt, "EVDeparted", "Local") == {}
    await ended(octt, reason)


async def test_TC_E_26(octt: Octt) -> None:
    await octt.booted()
    await octt.energy_transfer_suspended()
    await octt.transact("EVCommunicationLost", info={"chargingState": "Idle"})
    await octt.notify("Available")
    await octt.transact("CablePluggedIn", info={"chargingState": "EVConnected"})
    await octt.transact("ChargingStateChanged", info={"chargingState": "Charging"})
    session = await the_session(octt)
    assert (session.status, session.charging_state) == ("active", "charging")


# Does it still go on?


async def meter_values(octt: Octt) -> None:
    """What has been queued while there was no connection."""
    values = [{"timestamp": now(octt.app), "sampledValue": [{"value": 1500.0}]}]
    assert await octt.transact("MeterValuePeriodic", offline=True, meterValue=values) == {}


async def test_TC_E_29(octt: Octt, reconnect: Any) -> None:
    """The central system asks by itself, once a station is back."""
    await octt.booted()
    await octt.energy_transfer_started()
    await reconnect(octt)
    asking = asyncio.create_task(ask_about(octt.app.database, octt.app.switchboard, settled_after=timedelta(0)))
    calls = await octt.asked({"ongoingIndicator": True, "messagesInQueue": True})
    await asking
    assert calls == [("GetTransactionStatus", {"transactionId": octt.transaction})]
    await meter_values(octt)
    record = await octt.record()
    assert (record.sentence, record.data) == ("The session goes on.", {"ongoing": True, "queued": True})
    assert (await the_session(octt)).status == "active"


async def test_TC_E_30(octt: Octt) -> None:
    await octt.booted()
    await octt.energy_transfer_started()
    check = commands.CheckSession(octt.transaction)
    record, calls = await octt.operator(check, {"ongoingIndicator": True, "messagesInQueue": False})
    assert calls == [("GetTransactionStatus", {"transactionId": octt.transaction})]
    assert record.data == {"ongoing": True, "queued": False}
    assert (await the_session(octt)).status == "active"


async def test_TC_E_31(octt: Octt, reconnect: Any) -> None:
    await octt.booted()
    await octt.energy_transfer_started()
    await reconnect(octt)
    told = {"connectorStatus": "Available", "evseId": 1, "connectorId": 1, "timestamp": now(octt.app)}
    assert await octt.call("StatusNotification", told) == {}
    skipped = octt.skip(2)
    await octt.transact("EVCommunicationLost", kind="Ended", info={"chargingState": "Idle"}, offline=True)
    session = await the_session(octt)
    assert (session.status, session.gaps) == ("completed", [skipped])
    check = commands.CheckSession(session.public_id)
    record, calls = await octt.operator(check, {"ongoingIndicator": False, "messagesInQueue": True})
    assert calls == [("GetTransactionStatus", {"transactionId": octt.transaction})]
    assert record.data == {"ongoing": False, "queued": True}
    first, second = skipped
    await octt.transact("StopAuthorized", offline=True, seqNo=first)
    connected = {"chargingState": "EVConnected"}
    await octt.transact("ChargingStateChanged", info=connected, offline=True, seqNo=second)
    session = await the_session(octt)
    assert (session.status, session.gaps, session.charging_state) == ("completed", None, "idle")


async def test_TC_E_33(octt: Octt, reconnect: Any) -> None:
    await octt.booted()
    await octt.energy_transfer_started()
    await reconnect(octt)
    record, calls = await octt.operator(commands.CheckSession(), {"messagesInQueue": True})
    assert calls == [("GetTransactionStatus", {})]
    assert (record.sentence, record.data) == ("The charger has yet to tell of a session.", {"queued": True})
    await meter_values(octt)
    assert (await the_session(octt)).status == "active"


async def test_TC_E_34(octt: Octt) -> None:
    await octt.booted()
    record, calls = await octt.operator(commands.CheckSession(), {"messagesInQueue": False})
    assert calls == [("GetTransactionStatus", {})]
    assert (record.sentence, record.data) == ("The charger has told all there is of its sessions.", {"queued": False})


async def test_TC_E_53(octt: Octt) -> None:
    await octt.booted()
    for _ in range(2):
        await octt.energy_transfer_started()
        await octt.ev_disconnected()
        octt.next_transaction()
    found = [(each.transaction_id, each.status, each.gaps) for each in await octt.sessions()]
    assert found == [("octt-1", "completed", None), ("octt-2", "completed", None)]
