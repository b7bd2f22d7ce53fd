"""Certification cases of block G, Availability (OCPP 2.0.1 part 6, 3.8)."""

from __future__ import annotations

from typing import Any

from stationmaster.domain import commands
from tests.conformance.octt import Octt, component

ACCEPTED = {"status": "Accepted"}
SCHEDULED = {"status": "Scheduled"}
STATION: dict[str, Any] = {}
EVSE = {"evse": {"id": 1}}
CONNECTOR = {"evse": {"id": 1, "connectorId": 1}}


async def change(octt: Octt, *, operative: bool, where: dict[str, Any], answer: Any = ACCEPTED) -> None:
    """An operator takes something out of service or back, and is told what the station says."""
    place = where.get("evse", {})
    command = commands.ChangeAvailability(
        operative=operative, evse=place.get("id", 0), connector=place.get("connectorId")
    )
    record, [call] = await octt.operator(command, answer)
    status = "Operative" if operative else "Inoperative"
    assert call == ("ChangeAvailability", {"operationalStatus": status} | where)
    assert (record.state, record.outcome) == ("done", answer["status"].lower())


async def notify_all(octt: Octt, status: str) -> None:
    """Of both connectors, and it is what people see."""
    for evse in (1, 2):
        await octt.notify(status, evse=evse)
    assert await octt.connector_states() == {(1, 1): status.lower(), (2, 1): status.lower()}


async def test_TC_G_03(octt: Octt) -> None:
    await octt.booted()
    await octt.unavailable()
    assert await octt.connector_states() == {(1, 1): "unavailable", (2, 1): "available"}


async def test_TC_G_04(octt: Octt) -> None:
    await octt.booted()
    await octt.unavailable()
    await change(octt, operative=True, where=EVSE)
    await octt.notify("Available")
    assert await octt.event(component("EVSE", {"id": 1}), "AvailabilityState", "Available") == {}
    assert (await octt.connector_states())[1, 1] == "available"


async def test_TC_G_05(octt: Octt) -> None:
    await octt.booted()
    await change(octt, operative=False, where=STATION)
    await notify_all(octt, "Unavailable")


async def test_TC_G_06(octt: Octt) -> None:
    await octt.booted()
    await change(octt, operative=False, where=STATION)
    await notify_all(octt, "Unavailable")
    await change(octt, operative=True, where=STATION)
    await notify_all(octt, "Available")


async def test_TC_G_07(octt: Octt) -> None:
    await octt.booted()
    await change(octt, operative=False, where=CONNECTOR)
    await octt.notify("Unavailable")
    assert await octt.connector_states() == {(1, 1): "unavailable", (2, 1): "available"}


async def test_TC_G_08(octt: Octt) -> None:
    await octt.booted()
    await change(octt, operative=False, where=CONNECTOR)
    await octt.notify("Unavailable")
    await change(octt, operative=True, where=CONNECTOR)
    await octt.notify("Available")
    assert (await octt.connector_states())[1, 1] == "available"


async def test_TC_G_11(octt: Octt) -> None:
    await octt.booted()
    await octt.energy_transfer_started()
    await change(octt, operative=False, where=EVSE, answer=SCHEDULED)
    assert [row.status for row in await octt.sessions()] == ["active"]
    await octt.ev_disconnected()
    await octt.notify("Unavailable")
    assert await octt.connector_states() == {(1, 1): "unavailable", (2, 1): "available"}
    assert [row.status for row in await octt.sessions()] == ["completed"]


async def test_TC_G_14(octt: Octt) -> None:
    await octt.booted()
    await octt.energy_transfer_started()
    await change(octt, operative=False, where=STATION, answer=SCHEDULED)
    await octt.notify("Unavailable", evse=2)
    assert await octt.connector_states() == {(1, 1): "occupied", (2, 1): "unavailable"}
    await octt.ev_disconnected()
    await octt.notify("Unavailable")
    assert await octt.connector_states() == {(1, 1): "unavailable", (2, 1): "unavailable"}
    assert [row.status for row in await octt.sessions()] == ["completed"]


async def test_TC_G_17(octt: Octt) -> None:
    await octt.booted()
    await octt.energy_transfer_started()
    await change(octt, operative=False, where=CONNECTOR, answer=SCHEDULED)
    await octt.ev_disconnected()
    await octt.notify("Unavailable")
    assert await octt.connector_states() == {(1, 1): "unavailable", (2, 1): "available"}
    assert [row.status for row in await octt.sessions()] == ["completed"]


async def test_TC_G_20(octt: Octt) -> None:
    await octt.booted()
    lock = component("ConnectorPlugRetentionLock", octt.evse)
    assert await octt.event(lock, "Problem", "true") == {}
    assert (await octt.settings())["ConnectorPlugRetentionLock#1#1/Problem"] == "true"
