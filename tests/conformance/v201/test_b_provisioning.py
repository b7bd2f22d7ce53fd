"""Certification cases of block B, Provisioning (OCPP 2.0.1 part 6, 3.3)."""

from __future__ import annotations

from typing import Any

import pytest

from stationmaster.domain import commands
from tests.charger import CallError
from tests.conformance.octt import MODEL, Octt, component

POWER_UP = {"reason": "PowerUp", "chargingStation": MODEL}


async def test_TC_B_01(octt: Octt) -> None:
    await octt.booted()


async def test_TC_B_02(octt: Octt, decide: Any) -> None:
    await decide("pending")
    first = await octt.call("BootNotification", POWER_UP)
    assert (first["status"], first["interval"] > 0) == ("Pending", True)
    await decide("accepted")
    await octt.booted()


@pytest.mark.parametrize("registration", ["pending", "rejected"])
async def test_TC_B_30(octt: Octt, decide: Any, registration: str) -> None:
    await decide(registration)
    assert (await octt.call("BootNotification", POWER_UP))["status"] == registration.capitalize()
    told = {"connectorStatus": "Available", "evseId": 1, "connectorId": 1, "timestamp": "2026-11-01T10:00:00Z"}
    with pytest.raises(CallError) as status:
        await octt.call("StatusNotification", told)
    with pytest.raises(CallError) as event:
        await octt.event(component("Connector", octt.evse), "AvailabilityState", "Available")
    assert (status.value.code, event.value.code) == ("SecurityError", "SecurityError")


@pytest.mark.parametrize("registration", ["pending", "rejected"])
async def test_TC_B_31(octt: Octt, decide: Any, registration: str) -> None:
    await decide(registration)
    assert (await octt.call("BootNotification", POWER_UP))["status"] == registration.capitalize()
    _, [(action, request)] = await octt.operator(commands.TriggerMessage("BootNotification"), {"status": "Accepted"})
    assert (action, request["requestedMessage"]) == ("TriggerMessage", "BootNotification")
    await decide("accepted")
    assert (await octt.call("BootNotification", POWER_UP | {"reason": "Triggered"}))["status"] == "Accepted"
    await octt.notify("Available")
