"""Certification cases of 1.6: what is asked of a charge point, and how it obeys or refuses."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from stationmaster.domain import commands
from tests.conformance.cp import TAG, Cp

ACCEPTED = {"status": "Accepted"}


async def remote_start(cp: Cp, answer: Any = ACCEPTED) -> commands.CommandRecord:
    record, calls = await cp.operator(commands.RemoteStart(TAG, evse=1), answer)
    assert calls == [("RemoteStartTransaction", {"idTag": TAG, "connectorId": 1})]
    return record


async def started(cp: Cp, record: commands.CommandRecord) -> None:
    """The session that the command has come to goes on."""
    [session] = await cp.sessions()
    done = await cp.record(record.id)
    assert (done.state, done.session, session.status) == ("done", session.public_id, "active")


async def test_TC_010(cp: Cp) -> None:
    await cp.booted()
    await cp.status("Preparing")
    record = await remote_start(cp)
    assert (await cp.authorize())["status"] == "Accepted"
    await cp.start()
    await cp.status("Charging")
    await started(cp, record)


async def test_TC_011_1(cp: Cp) -> None:
    await cp.booted()
    record = await remote_start(cp)
    assert (await cp.authorize())["status"] == "Accepted"
    await cp.status("Preparing")
    await cp.start()
    await cp.status("Charging")
    await started(cp, record)


async def test_TC_011_2(cp: Cp, forward: Any) -> None:
    await cp.booted()
    record = await remote_start(cp)
    assert (await cp.authorize())["status"] == "Accepted"
    await cp.status("Preparing")
    forward(timedelta(minutes=10))
    await cp.status("Available")
    await cp.app.database.write(commands.expire)  # as the clock does every few seconds
    assert (await cp.record(record.id)).state == "expired"
    assert await cp.sessions() == []


async def test_TC_012(cp: Cp) -> None:
    await cp.booted()
    number = await cp.charging()
    [session] = await cp.sessions()
    record, calls = await cp.operator(commands.RemoteStop(session.public_id), ACCEPTED)
    assert (calls, record.outcome) == ([("RemoteStopTransaction", {"transactionId": number})], "accepted")
    await cp.status("Finishing")
    await cp.stop(number, "Remote")
    await cp.status("Available")
    await cp.ended("remote")


async def test_TC_013(cp: Cp) -> None:
    await cp.booted()
    record, calls = await cp.operator(commands.Reset("hard"), ACCEPTED)
    assert (calls, record.awaits) == ([("Reset", {"type": "Hard"})], "boot")
    await cp.booted()
    await cp.app.database.write(commands.expire)  # as the clock does every few seconds
    assert (await cp.record(record.id)).state == "done"


async def test_TC_014(cp: Cp) -> None:
    await cp.booted()
    number = await cp.charging()
    record, calls = await cp.operator(commands.Reset("soft"), ACCEPTED)
    assert (calls, record.outcome) == ([("Reset", {"type": "Soft"})], "accepted")
    await cp.stop(number, "SoftReset")
    await cp.booted()
    await cp.ended("soft_reset")


async def unlock(cp: Cp, status: str) -> commands.CommandRecord:
    record, calls = await cp.operator(commands.Unlock(), {"status": status})
    assert calls == [("UnlockConnector", {"connectorId": 1})]
    return record


async def test_TC_017_1(cp: Cp) -> None:
    await cp.booted()
    record = await unlock(cp, "Unlocked")
    assert (record.state, record.outcome) == ("done", "unlocked")


async def test_TC_017_2(cp: Cp) -> None:
    """The cable is fixed to the charge point: there is nothing to unlock."""
    await cp.booted()
    record = await unlock(cp, "NotSupported")
    assert (record.state, record.outcome) == ("failed", "not_supported")


async def test_TC_018_1(cp: Cp) -> None:
    await cp.booted()
    number = await cp.charging()
    record = await unlock(cp, "Unlocked")
    assert record.outcome == "unlocked"
    await cp.status("Finishing")
    await cp.stop(number, "UnlockCommand")
    await cp.status("Available")
    await cp.ended("unlocked")


async def test_TC_030(cp: Cp) -> None:
    await cp.booted()
    record = await unlock(cp, "UnlockFailed")
    assert (record.state, record.outcome) == ("failed", "unlock_failed")


async def test_TC_031(cp: Cp) -> None:
    await cp.booted()
    record, calls = await cp.operator(commands.Unlock(evse=9), {"status": "NotSupported"})
    assert calls == [("UnlockConnector", {"connectorId": 9})]
    assert (record.state, record.outcome) == ("failed", "not_supported")


async def test_TC_026(cp: Cp) -> None:
    await cp.booted()
    record = await remote_start(cp, {"status": "Rejected"})
    assert (record.state, record.outcome) == ("failed", "rejected")


async def test_TC_028(cp: Cp) -> None:
    await cp.booted()
    number = await cp.charging()
    record, calls = await cp.operator(commands.RemoteStop(str(number)), {"status": "Rejected"})
    assert calls == [("RemoteStopTransaction", {"transactionId": number})]
    assert (record.state, record.outcome) == ("failed", "rejected")
    [session] = await cp.sessions()
    assert session.status == "active"


async def test_TC_061(cp: Cp) -> None:
    await cp.booted()
    record, calls = await cp.operator(commands.ClearCache(), ACCEPTED)
    assert (calls, record.state, record.outcome) == ([("ClearCache", {})], "done", "accepted")


# Configuration

INTERVAL = "MeterValueSampleInterval"


def keys(*told: tuple[str, str], unknown: tuple[str, ...] = ()) -> dict[str, Any]:
    found = [{"key": key, "readonly": False, "value": value} for key, value in told]
    return {"configurationKey": found, "unknownKey": list(unknown)}


async def test_TC_019_1(cp: Cp) -> None:
    await cp.booted()
    told = [(INTERVAL, "60"), ("SupportedFeatureProfiles", "Core,Reservation")]
    record, calls = await cp.operator(commands.ReportSettings(), keys(*told))
    assert (calls, record.outcome) == ([("GetConfiguration", {})], "accepted")
    assert await cp.settings() == dict(told)


async def test_TC_019_2(cp: Cp) -> None:
    await cp.booted()
    name = "SupportedFeatureProfiles"
    record, calls = await cp.operator(commands.ReadSettings([name]), keys((name, "Core")))
    assert (calls, record.outcome) == ([("GetConfiguration", {"key": [name]})], "accepted")
    assert await cp.settings() == {name: "Core"}


async def change(cp: Cp, name: str, value: str, status: str) -> commands.CommandRecord:
    record, calls = await cp.operator(commands.ChangeConfiguration(name, value), {"status": status})
    assert calls == [("ChangeConfiguration", {"key": name, "value": value})]
    return record


async def test_TC_021(cp: Cp) -> None:
    await cp.booted()
    record = await change(cp, INTERVAL, "30", "Accepted")
    assert (record.outcome, await cp.settings()) == ("accepted", {INTERVAL: "30"})


async def test_TC_040_1(cp: Cp) -> None:
    await cp.booted()
    record = await change(cp, "NoSuchKey", "1", "NotSupported")
    assert (record.state, record.outcome) == ("failed", "unknown_setting")
    assert await cp.settings() == {}


async def test_TC_040_2(cp: Cp) -> None:
    await cp.booted()
    record = await change(cp, INTERVAL, "-1", "Rejected")
    assert (record.state, record.outcome) == ("failed", "rejected")
    assert await cp.settings() == {}


# Trigger


@pytest.mark.parametrize(
    "message, connector, sent",
    [
        ("MeterValues", 1, {"connectorId": 1, "meterValue": []}),
        ("Heartbeat", None, {}),
        ("StatusNotification", 1, {"connectorId": 1, "status": "Available", "errorCode": "NoError"}),
        ("DiagnosticsStatusNotification", None, {"status": "Idle"}),
        ("FirmwareStatusNotification", None, {"status": "Idle"}),
    ],
)
async def test_TC_054(cp: Cp, message: Any, connector: int | None, sent: dict[str, Any]) -> None:
    await cp.booted()
    record, [(action, request)] = await cp.operator(commands.TriggerMessage(message, evse=connector), ACCEPTED)
    assert (action, request["requestedMessage"], request.get("connectorId")) == ("TriggerMessage", message, connector)
    assert record.outcome == "accepted"
    if message == "MeterValues":
        sample = {"value": "1200", "context": "Trigger", "unit": "Wh"}
        sent = sent | {"meterValue": [{"timestamp": cp.later()[1], "sampledValue": [sample]}]}
    answer = await cp.call(message, sent)
    assert set(answer) == ({"currentTime"} if message == "Heartbeat" else set())


async def test_TC_055(cp: Cp) -> None:
    await cp.booted()
    record, calls = await cp.operator(commands.TriggerMessage("MeterValues", evse=1), {"status": "Rejected"})
    assert calls == [("TriggerMessage", {"requestedMessage": "MeterValues", "connectorId": 1})]
    assert (record.state, record.outcome) == ("failed", "rejected")
