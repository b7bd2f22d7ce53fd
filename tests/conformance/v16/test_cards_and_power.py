"""Certification cases of 1.6: cards that may not charge, faults, power and connections that fail."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.conformance.cp import TAG, Cp


async def refused(cp: Cp, tag: str, status: str) -> None:
    """The card is held to the reader, and nothing comes of it."""
    await cp.booted()
    await cp.status("Preparing")
    assert (await cp.authorize(tag))["status"] == status
    await cp.status("Available")
    assert await cp.sessions() == []


async def test_TC_023_1(cp: Cp) -> None:
    await refused(cp, "NOBODY", "Invalid")


async def test_TC_023_2(cp: Cp) -> None:
    await cp.card("OLD", expires_at=cp.later(days=-1)[0])
    await refused(cp, "OLD", "Expired")


async def test_TC_023_3(cp: Cp) -> None:
    await cp.card("STOLEN", status="blocked")
    await refused(cp, "STOLEN", "Blocked")


async def test_TC_024(cp: Cp) -> None:
    await cp.booted()
    assert (await cp.authorize())["status"] == "Accepted"
    await cp.status("Preparing")
    await cp.status("Faulted", error="ConnectorLockFailure")
    assert (await cp.connector_states())[1, 1] == "faulted"
    assert await cp.sessions() == []


@pytest.mark.parametrize("told", ["before it goes down", "after it boots"])
async def test_TC_032_1(cp: Cp, reconnect: Any, told: str) -> None:
    """The transaction ends with the power: the charge point says so while it can, or once it is back."""
    await cp.booted()
    number = await cp.charging()
    at = cp.later()[1]
    if told == "before it goes down":
        await cp.stop(number, "PowerLoss", at=at)
    await reconnect(cp)
    await cp.booted()
    if told == "after it boots":
        await cp.stop(number, "PowerLoss", at=at)
    await cp.ended("power_loss")


async def test_TC_037_1(cp: Cp, reconnect: Any) -> None:
    await cp.booted()
    at = cp.later(minutes=-10)[1]
    await reconnect(cp)
    await cp.status("Charging")
    number = await cp.start(at=at)
    [session] = await cp.sessions()
    assert (session.token, session.authorization, session.started_text) == (TAG, "accepted", at)
    assert (session.status, session.transaction_id) == ("active", str(number))


async def test_TC_037_3(cp: Cp, reconnect: Any) -> None:
    """StopTransactionOnInvalidId: told that the card is nobody's, it stops by itself."""
    await cp.booted()
    await reconnect(cp)
    await cp.status("Charging")
    number = await cp.start("NOBODY", at=cp.later(minutes=-10)[1], status="Invalid")
    await cp.stop(number, "DeAuthorized", meter=1200)
    await cp.status("Finishing")
    await cp.ended("deauthorized")
    [session] = await cp.sessions()
    assert session.authorization == "unknown" and "refused_card" in (session.flags or ())


async def test_TC_039(cp: Cp, reconnect: Any) -> None:
    await cp.booted()
    began, over = cp.later(minutes=-50), cp.later(minutes=-10)
    await reconnect(cp)
    number = await cp.start(at=began[1])
    answer = await cp.stop(number, "Local", at=over[1], idTag=TAG)
    assert answer["idTagInfo"]["status"] == "Accepted"
    [session] = await cp.sessions()
    assert (session.started_at, session.stopped_at, session.energy_wh) == (began[0], over[0], 5000)
    assert over[0] - began[0] == timedelta(minutes=40)
    await cp.ended("local")


@pytest.mark.parametrize(
    "told, status",
    [
        ({"vendorId": "org.example.nobody"}, "UnknownVendorId"),
        ({"vendorId": "org.example.nobody", "messageId": "hello", "data": "{}"}, "UnknownVendorId"),
    ],
)
async def test_TC_064(cp: Cp, told: dict[str, str], status: str) -> None:
    await cp.booted()
    assert await cp.call("DataTransfer", told) == {"status": status}
