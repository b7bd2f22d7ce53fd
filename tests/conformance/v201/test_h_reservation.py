"""Certification cases of block H, Reservation (OCPP 2.0.1 part 6, 3.9)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from stationmaster.domain import commands, organizations, tokens
from tests.conformance.octt import CARD, Octt

ACCEPTED = {"status": "Accepted"}
pytestmark = pytest.mark.usefixtures("card")


async def reserve(octt: Octt, answer: Any = ACCEPTED, **what: Any) -> tuple[commands.CommandRecord, dict[str, Any]]:
    """What the operator is told, and the request without its number; the reservation that is kept has that number."""
    until, told = octt.later(minutes=5)
    record, [(action, request)] = await octt.operator(commands.ReserveNow(CARD["idToken"], until, **what), answer)
    assert (action, request.pop("idToken"), request.pop("expiryDateTime")) == ("ReserveNow", CARD, told)
    assert request.pop("id") == (await octt.reservations())[-1].number
    return record, request


async def states(octt: Octt) -> list[str]:
    return [row.state for row in await octt.reservations()]


async def test_TC_H_01(octt: Octt) -> None:
    await octt.booted()
    await octt.reserved()
    assert await states(octt) == ["accepted"]
    assert (await octt.connector_states())[1, 1] == "reserved"


async def test_TC_H_07(octt: Octt, forward: Any) -> None:
    await octt.booted()
    _, request = await reserve(octt, evse=1)
    assert request == {"evseId": 1}
    await octt.notify("Reserved")
    forward(timedelta(minutes=5))
    await octt.notify("Available")
    await expire_at_station(octt, "Expired")
    assert await states(octt) == ["expired"]
    assert (await octt.connector_states())[1, 1] == "available"


async def expire_at_station(octt: Octt, status: str) -> None:
    number = (await octt.reservations())[-1].number
    told = {"reservationId": number, "reservationUpdateStatus": status}
    assert await octt.call("ReservationStatusUpdate", told) == {}


async def test_TC_H_08(octt: Octt) -> None:
    await octt.booted(evses=1)
    record, request = await reserve(octt)
    assert (record.outcome, request) == ("accepted", {})
    await octt.notify("Reserved")
    assert await states(octt) == ["accepted"]


async def test_TC_H_14(octt: Octt) -> None:
    await octt.booted(evses=2)
    for _ in range(2):
        record, request = await reserve(octt)
        assert (record.outcome, request) == ("accepted", {})
    for evse in (1, 2):
        await octt.notify("Reserved", evse=evse)
    assert await states(octt) == ["accepted", "accepted"]
    assert await octt.connector_states() == {(1, 1): "reserved", (2, 1): "reserved"}


@pytest.mark.parametrize("kind", ["sType2", "cCCS2"])
async def test_TC_H_15(octt: Octt, kind: str) -> None:
    await octt.booted()
    record, request = await reserve(octt, connector_type=kind)
    assert (record.outcome, request) == ("accepted", {"connectorType": kind})
    await octt.notify("Reserved")
    assert [(row.state, row.connector_type) for row in await octt.reservations()] == [("accepted", kind)]


async def test_TC_H_17(octt: Octt) -> None:
    await octt.booted()
    _, request = await reserve(octt, evse=1)
    assert request == {"evseId": 1}
    await octt.notify("Reserved")
    [kept] = await octt.reservations()
    record, [call] = await octt.operator(commands.CancelReservation(kept.public_id), ACCEPTED)
    assert call == ("CancelReservation", {"reservationId": kept.number})
    assert record.outcome == "accepted"
    await octt.notify("Available")
    assert await states(octt) == ["cancelled"]
    assert (await octt.connector_states())[1, 1] == "available"


@pytest.mark.parametrize("whose", ["the card's own", "another"])
async def test_TC_H_19(octt: Octt, whose: str) -> None:
    await octt.booted()
    home = await octt.app.database.write(organizations.home)
    await octt.app.database.write(tokens.change, home, CARD["idToken"], {"group": "FLEET"})
    named = {} if whose == "the card's own" else {"group": "GUESTS"}
    record, request = await reserve(octt, evse=1, **named)
    group = named.get("group", "FLEET")
    assert (record.outcome, request) == (
        "accepted",
        {"evseId": 1, "groupIdToken": {"idToken": group, "type": "Central"}},
    )
    await octt.notify("Reserved")
    assert [(row.state, row.group) for row in await octt.reservations()] == [("accepted", group)]


async def test_TC_H_20(octt: Octt) -> None:
    await octt.booted()
    _, request = await reserve(octt, evse=1)
    assert request == {"evseId": 1}
    await octt.notify("Reserved")
    await octt.notify("Faulted")
    await expire_at_station(octt, "Removed")
    assert await states(octt) == ["removed"]
    assert (await octt.connector_states())[1, 1] == "faulted"


async def test_TC_H_22(octt: Octt) -> None:
    await octt.booted()
    record, request = await reserve(octt, {"status": "Rejected"}, evse=1)
    assert request == {"evseId": 1}
    assert (record.state, record.outcome) == ("failed", "rejected")
    assert await states(octt) == ["refused"]
