"""Certification cases of 1.6: cold boot, and sessions as they usually go. The steps follow the specification."""

from __future__ import annotations

from tests.conformance.cp import TAG, Cp


async def test_TC_001(cp: Cp) -> None:
    await cp.booted()
    assert "currentTime" in await cp.call("Heartbeat", {})


async def test_TC_003(cp: Cp) -> None:
    await cp.booted()
    number = await cp.charging()
    await cp.status("Finishing")
    answer = await cp.stop(number, "Local", idTag=TAG)
    assert answer["idTagInfo"]["status"] == "Accepted"
    await cp.status("Available")
    await cp.ended("local")


async def test_TC_004_1(cp: Cp) -> None:
    await cp.booted()
    assert (await cp.authorize())["status"] == "Accepted"
    await cp.status("Preparing")
    number = await cp.start()
    await cp.status("Charging")
    answer = await cp.stop(number, idTag=TAG)
    assert answer["idTagInfo"]["status"] == "Accepted"
    await cp.status("Finishing")
    await cp.status("Available")
    await cp.ended("local")


async def test_TC_004_2(cp: Cp) -> None:
    """Nobody plugs in: the card was let in, and nothing comes of it."""
    await cp.booted()
    assert (await cp.authorize())["status"] == "Accepted"
    await cp.status("Preparing")
    await cp.status("Available")
    assert await cp.sessions() == []


async def test_TC_005_1(cp: Cp) -> None:
    await cp.booted()
    number = await cp.charging()
    await cp.status("SuspendedEV")
    await cp.stop(number, "EVDisconnected")
    await cp.status("Finishing")
    await cp.status("Available")
    await cp.ended("car_disconnected")


async def test_TC_007(cp: Cp) -> None:
    """The card is in the charge point's cache: nobody is asked, and the start says who it is."""
    await cp.booted()
    await cp.status("Preparing")
    await cp.start(TAG)
    await cp.status("Charging")
    [session] = await cp.sessions()
    assert (session.token, session.authorization, session.status) == (TAG, "accepted", "active")
