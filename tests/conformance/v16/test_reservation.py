"""Certification cases of 1.6: reservations."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from stationmaster.domain import commands, reservations
from tests.conformance.cp import TAG, Cp

ACCEPTED = {"status": "Accepted"}


async def reserve(cp: Cp, status: str = "Accepted", *, connector: int = 1, **more: Any) -> dict[str, Any]:
    """An operator reserves for the card of the tests; the request, whose number the reservation has."""
    until, told = cp.later(minutes=5)
    command = commands.ReserveNow(TAG, until, evse=connector or None)
    record, [(action, request)] = await cp.operator(command, {"status": status})
    number = (await cp.reservations())[-1].number
    wanted = {"connectorId": connector, "expiryDate": told, "idTag": TAG, "reservationId": number}
    assert (action, request) == ("ReserveNow", wanted | more)
    assert record.outcome == ("accepted" if status == "Accepted" else "rejected")
    return request


async def newest(cp: Cp) -> reservations.ListedReservation:
    return (await cp.reservations())[-1]


async def use(cp: Cp, request: dict[str, Any], tag: str = TAG) -> None:
    """The driver comes; the reservation is used by his session."""
    assert (await cp.authorize(tag))["status"] == "Accepted"
    await cp.status("Preparing")
    await cp.start(tag, reservationId=request["reservationId"])
    await cp.status("Charging")
    [session] = await cp.sessions()
    row = await newest(cp)
    assert (row.state, row.session, session.token) == ("used", session.public_id, tag)


async def test_TC_046(cp: Cp) -> None:
    await cp.booted()
    request = await reserve(cp)
    await cp.status("Reserved")
    assert (await newest(cp)).state == "accepted"
    await use(cp, request)


async def test_TC_047(cp: Cp, forward: Any) -> None:
    await cp.booted()
    await reserve(cp)
    await cp.status("Reserved")
    forward(timedelta(minutes=5))
    await cp.status("Available")
    await cp.app.database.write(reservations.expire)  # as the clock does every few seconds
    assert ((await newest(cp)).state, (await cp.connector_states())[1, 1]) == ("expired", "available")


async def refused(cp: Cp, status: str, shown: str | None, sentence: str) -> None:
    await cp.booted()
    if shown is not None:
        await cp.status(shown, error="OtherError" if shown == "Faulted" else "NoError")
    await reserve(cp, status)
    row = await newest(cp)
    assert (row.state, row.reason) == ("refused", sentence)


async def test_TC_048_1(cp: Cp) -> None:
    await refused(cp, "Faulted", "Faulted", "What was asked for has a fault.")


async def test_TC_048_2(cp: Cp) -> None:
    sentence = "What was asked for is in use or reserved already."
    await refused(cp, "Occupied", "Preparing", sentence)


async def test_TC_048_3(cp: Cp) -> None:
    await refused(cp, "Unavailable", "Unavailable", "What was asked for is out of service.")


async def test_TC_048_4(cp: Cp) -> None:
    sentence = "The charger has refused; many take no reservations, or only for one connector."
    await refused(cp, "Rejected", None, sentence)


async def test_TC_049(cp: Cp) -> None:
    await cp.booted()
    request = await reserve(cp, connector=0)
    await cp.status("Reserved")
    await use(cp, request)


async def cancel(cp: Cp, request: dict[str, Any], status: str) -> commands.CommandRecord:
    command = commands.CancelReservation((await newest(cp)).public_id)
    record, calls = await cp.operator(command, {"status": status})
    assert calls == [("CancelReservation", {"reservationId": request["reservationId"]})]
    return record


async def test_TC_051(cp: Cp) -> None:
    await cp.booted()
    request = await reserve(cp)
    await cp.status("Reserved")
    record = await cancel(cp, request, "Accepted")
    await cp.status("Available")
    assert (record.outcome, (await newest(cp)).state) == ("accepted", "cancelled")


async def test_TC_052(cp: Cp) -> None:
    await cp.booted()
    request = await reserve(cp)
    record = await cancel(cp, request, "Rejected")
    assert (record.state, record.outcome, (await newest(cp)).state) == ("failed", "rejected", "accepted")


async def test_TC_053(cp: Cp) -> None:
    """Another card of the same group comes; it is the parent that both have."""
    await cp.grouped("FAMILY")
    await cp.card("TAG2", group="FAMILY")
    await cp.booted()
    request = await reserve(cp, parentIdTag="FAMILY")
    await cp.status("Reserved")
    assert (await cp.authorize("TAG2"))["parentIdTag"] == "FAMILY"
    await use(cp, request, "TAG2")
