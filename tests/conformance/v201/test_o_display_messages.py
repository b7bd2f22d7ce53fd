"""Certification cases of block O, display messages (OCPP 2.0.1 part 6, 3.16)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from stationmaster.domain import commands, display_messages, organizations
from stationmaster.domain.display_messages import DisplayMessage
from tests.conformance.octt import Octt

ACCEPTED = {"status": "Accepted"}
CONFIGURED = 77  # the id of the message that a case finds in the station


async def set_message(octt: Octt, status: str = "Accepted", **facts: Any) -> tuple[commands.CommandRecord, Any]:
    """What the operator was told, and the message that was sent."""
    came, [(action, request)] = await octt.operator(
        commands.SetDisplayMessage(**{"text": "Hello"} | facts), {"status": status}
    )
    assert action == "SetDisplayMessage"
    message = request["message"]
    assert message["id"] >= 1
    assert message["message"]["content"] == "Hello"
    return came, message


async def get_messages(octt: Octt, status: str = "Accepted", **facts: Any) -> tuple[commands.CommandRecord, Any]:
    """What the operator was told, and what was asked for."""
    came, [(action, request)] = await octt.operator(commands.GetDisplayMessages(**facts), {"status": status})
    assert (action, request["requestId"] >= 1) == ("GetDisplayMessages", True)
    return came, request


async def report(octt: Octt, asked: dict[str, Any], *messages: dict[str, Any]) -> commands.CommandRecord:
    """The station tells what it has; what the operator sees of that then."""
    told = {"requestId": asked["requestId"], "messageInfo": list(messages)}
    assert await octt.call("NotifyDisplayMessages", told) == {}
    return await octt.record()


async def shown(octt: Octt) -> list[DisplayMessage]:
    home = await octt.app.database.write(organizations.home)
    return await octt.read(display_messages.of_station, home, octt.identity)


@pytest.fixture
async def showing(octt: Octt) -> dict[str, Any]:
    """The memory state "a display message is configured": that message, as the station tells of it."""
    await octt.booted()
    _, message = await set_message(octt, id=CONFIGURED, priority="in_front", state="idle")
    return dict(message)


async def test_TC_O_01(octt: Octt) -> None:
    await octt.booted()
    came, message = await set_message(octt, priority="always_front", format="ascii", state="charging")
    assert (message["priority"], message["message"]["format"]) == ("AlwaysFront", "ASCII")
    assert message["state"] == "Charging"
    assert (came.state, came.data) == ("done", {"id": message["id"]})
    assert [each.id for each in await shown(octt)] == [message["id"]]


async def test_TC_O_02(octt: Octt, showing: dict[str, Any]) -> None:
    came, asked = await get_messages(octt)
    assert (set(asked), came.state) == ({"requestId"}, "awaiting")
    other = showing | {"id": 78, "priority": "NormalCycle"}
    came = await report(octt, asked, showing, other)
    assert (came.state, came.sentence) == ("done", "The charger has reported.")
    assert [(each.id, each.priority) for each in await shown(octt)] == [(CONFIGURED, "in_front"), (78, "normal_cycle")]


async def test_TC_O_03(octt: Octt) -> None:
    await octt.booted()
    came, _ = await get_messages(octt, "Unknown")
    assert (came.outcome, came.sentence) == ("nothing_found", "The charger has no such message.")


async def test_TC_O_04(octt: Octt, showing: dict[str, Any]) -> None:
    _, asked = await get_messages(octt)
    await report(octt, asked, showing)
    [message] = await shown(octt)
    came, calls = await octt.operator(commands.ClearDisplayMessage(id=message.id), ACCEPTED)
    assert calls == [("ClearDisplayMessage", {"id": showing["id"]})]
    assert (came.outcome, await shown(octt)) == ("accepted", [])


async def test_TC_O_05(octt: Octt) -> None:
    await octt.booted()
    came, calls = await octt.operator(commands.ClearDisplayMessage(id=5), {"status": "Unknown"})
    assert calls == [("ClearDisplayMessage", {"id": 5})]
    assert (came.outcome, came.sentence) == ("not_found", "The charger has no such message.")


async def test_TC_O_06(octt: Octt) -> None:
    await octt.booted()
    await octt.energy_transfer_started()
    _, message = await set_message(octt, session=octt.transaction, priority="always_front")
    assert (message["transactionId"], message["priority"]) == (octt.transaction, "AlwaysFront")
    assert [each.session for each in await shown(octt)] == [octt.transaction]
    await octt.ev_disconnected()
    assert await shown(octt) == []  # O02.FR.02: it goes with its transaction


async def get_a_specific_one(octt: Octt, showing: dict[str, Any], **facts: Any) -> dict[str, Any]:
    """The request without its number."""
    came, asked = await get_messages(octt, **facts)
    assert came.state == "awaiting"
    came = await report(octt, asked, showing)
    assert (came.state, [each.id for each in await shown(octt)]) == ("done", [CONFIGURED])
    return {name: value for name, value in asked.items() if name != "requestId"}


async def test_TC_O_07(octt: Octt, showing: dict[str, Any]) -> None:
    assert await get_a_specific_one(octt, showing, ids=[CONFIGURED]) == {"id": [CONFIGURED]}


async def test_TC_O_08(octt: Octt, showing: dict[str, Any]) -> None:
    assert await get_a_specific_one(octt, showing, priority="in_front") == {"priority": "InFront"}


async def test_TC_O_09(octt: Octt, showing: dict[str, Any]) -> None:
    assert await get_a_specific_one(octt, showing, state="idle") == {"state": "Idle"}


async def test_TC_O_10(octt: Octt) -> None:
    await octt.booted()
    await octt.energy_transfer_started()
    came, message = await set_message(octt, "UnknownTransaction", session=octt.transaction, priority="in_front")
    assert (message["transactionId"], message["priority"]) == (octt.transaction, "InFront")
    assert (came.outcome, came.sentence) == ("rejected", "The charger knows no such session.")
    assert await shown(octt) == []


async def test_TC_O_11(octt: Octt, showing: dict[str, Any]) -> None:
    came, asked = await get_messages(octt, "Unknown", ids=[CONFIGURED + 1])
    assert asked == {"id": [CONFIGURED + 1], "requestId": asked["requestId"]}
    assert (came.outcome, came.sentence) == ("nothing_found", "The charger has no such message.")
    assert [each.id for each in await shown(octt)] == [CONFIGURED]


async def test_TC_O_12(octt: Octt, showing: dict[str, Any]) -> None:
    _, message = await set_message(octt, id=CONFIGURED, priority="always_front")
    assert (message["id"], message["priority"]) == (CONFIGURED, "AlwaysFront")
    [held] = await shown(octt)
    assert (held.id, held.priority, held.state) == (CONFIGURED, "always_front", None)


async def test_TC_O_13(octt: Octt) -> None:
    await octt.booted()
    at, told = octt.later(hours=1)
    _, message = await set_message(octt, starts_at=at)
    assert (message["startDateTime"], "endDateTime" in message) == (told, False)
    assert [(each.id, each.starts_at) for each in await shown(octt)] == [(message["id"], at)]


async def test_TC_O_14(octt: Octt, forward: Any) -> None:
    await octt.booted()
    at, told = octt.later(hours=1)
    _, message = await set_message(octt, ends_at=at)
    assert (message["endDateTime"], "startDateTime" in message) == (told, False)
    assert [(each.id, each.ends_at) for each in await shown(octt)] == [(message["id"], at)]
    forward(timedelta(hours=2))
    assert await shown(octt) == []


async def refused(octt: Octt, status: str, **facts: Any) -> tuple[Any, str | None]:
    """The message that was sent, and why it is not shown."""
    await octt.booted()
    came, message = await set_message(octt, status, **facts)
    assert (came.state, came.outcome, await shown(octt)) == ("failed", "rejected", [])
    return message, came.sentence


async def test_TC_O_17(octt: Octt) -> None:
    message, why = await refused(octt, "NotSupportedPriority", priority="always_front")
    assert (message["priority"], why) == ("AlwaysFront", "The charger knows no such priority.")


async def test_TC_O_18(octt: Octt) -> None:
    message, why = await refused(octt, "NotSupportedState", state="faulted")
    assert (message["state"], why) == ("Faulted", "The charger cannot show a message in this state only.")


async def test_TC_O_19(octt: Octt) -> None:
    message, why = await refused(octt, "NotSupportedMessageFormat", format="html")
    assert (message["message"]["format"], why) == ("HTML", "The charger cannot show this format.")


@pytest.mark.parametrize("state", ["charging", "faulted", "idle", "unavailable"])
async def test_TC_O_25(octt: Octt, state: str) -> None:
    await octt.booted()
    _, message = await set_message(octt, id=CONFIGURED, state=state)
    assert (message["id"], message["state"]) == (CONFIGURED, state.capitalize())
    assert [(each.id, each.state) for each in await shown(octt)] == [(CONFIGURED, state)]


async def test_TC_O_26(octt: Octt) -> None:
    message, why = await refused(octt, "Rejected", priority="normal_cycle")
    assert (message["priority"], why) == ("NormalCycle", "The charger has refused.")


async def test_TC_O_27(octt: Octt) -> None:
    await octt.booted()
    await octt.energy_transfer_started()
    at, told = octt.later(hours=1)
    _, message = await set_message(octt, session=octt.transaction, starts_at=at)
    assert (message["transactionId"], message["startDateTime"]) == (octt.transaction, told)
    assert [(each.session, each.starts_at) for each in await shown(octt)] == [(octt.transaction, at)]


async def test_TC_O_28(octt: Octt, forward: Any) -> None:
    await octt.booted()
    await octt.energy_transfer_started()
    at, told = octt.later(hours=1)
    facts = {"session": octt.transaction, "ends_at": at, "priority": "in_front", "state": "charging"}
    _, message = await set_message(octt, **facts)
    assert (message["transactionId"], message["endDateTime"]) == (octt.transaction, told)
    assert (message["priority"], message["state"]) == ("InFront", "Charging")
    assert [(each.session, each.ends_at) for each in await shown(octt)] == [(octt.transaction, at)]
    forward(timedelta(hours=2))
    assert await shown(octt) == []
