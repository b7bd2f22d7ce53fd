"""Messages on the display of a charger: set, reported, taken off; and what it shows of the cost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from stationmaster.app import App
from stationmaster.domain import commands, display_messages, organizations
from stationmaster.domain.display_messages import DisplayMessage
from stationmaster.domain.errors import Conflict, Invalid, NotFound
from tests.handlers.asking import START, Asked, Clock
from tests.handlers.conftest import Stored

ACCEPTED = {"status": "Accepted"}
CLOSED = commands.SetDisplayMessage(
    text="Closed tonight", priority="in_front", id=5, ends_at=START + timedelta(hours=2)
)


async def shown(app: App) -> list[DisplayMessage]:
    home = await app.database.write(organizations.home)
    return await app.database.read(display_messages.of_station, home, "CP1")


@pytest.mark.any_database
async def test_O01_a_message_is_shown_and_taken_off(app: App, one: Asked, clock: Clock) -> None:
    came, [[action, sent]] = await one.ask(CLOSED, ACCEPTED)
    content = {"format": "UTF8", "content": "Closed tonight"}
    message = {"id": 5, "priority": "InFront", "message": content, "endDateTime": "2026-11-01T12:00:00.000Z"}
    assert (action, sent) == ("SetDisplayMessage", {"message": message})
    assert (came.sentence, came.data) == ("The charger shows it as message 5.", {"id": 5})
    [held] = await shown(app)
    assert (held.id, held.text, held.priority, held.format) == (5, "Closed tonight", "in_front", "utf8")
    await one.ask(commands.SetDisplayMessage(text="Open", id=5, language="en", state="idle"), ACCEPTED)
    [held] = await shown(app)
    assert (held.text, held.language, held.state, held.ends_at) == ("Open", "en", "idle", None)
    came, [[action, sent]] = await one.ask(commands.ClearDisplayMessage(id=5), ACCEPTED)
    assert (action, sent, came.outcome) == ("ClearDisplayMessage", {"id": 5}, "accepted")
    assert await shown(app) == []


async def test_one_that_has_ended_is_not_shown(app: App, one: Asked, clock: Clock) -> None:
    await one.ask(CLOSED, ACCEPTED)
    assert len(await shown(app)) == 1
    clock.forward(120)
    assert await shown(app) == []


async def test_O02_FR_02_a_message_of_a_session_goes_with_it(app: App, one: Asked, stored: Stored) -> None:
    await one.start()
    session = await stored.session()
    for number, name in ((1, session.public_id), (2, session.transaction_id), (3, None)):
        await one.ask(commands.SetDisplayMessage(text="Hello", id=number, session=name), ACCEPTED)
    other = {"id": 4, "priority": "InFront", "message": {"format": "ASCII", "content": "Hi"}, "transactionId": "else"}
    await one.call("NotifyDisplayMessages", {"requestId": 9, "messageInfo": [other]})
    assert [each.id for each in await shown(app)] == [1, 2, 3, 4]
    ended = {"transactionId": "tx-1", "stoppedReason": "Local"}
    told = {"eventType": "Ended", "triggerReason": "StopAuthorized", "seqNo": 1, "timestamp": "2026-11-01T10:10:00Z"}
    await one.call("TransactionEvent", told | {"transactionInfo": ended})
    assert [each.id for each in await shown(app)] == [3, 4]  # a transaction that we know nothing of may go on


@pytest.mark.parametrize(
    "status, sentence",
    [
        ("NotSupportedMessageFormat", "The charger cannot show this format."),
        ("NotSupportedPriority", "The charger knows no such priority."),
        ("NotSupportedState", "The charger cannot show a message in this state only."),
        ("UnknownTransaction", "The charger knows no such session."),
        ("Rejected", "The charger has refused."),
    ],
)
async def test_a_refusal_says_why(app: App, one: Asked, status: str, sentence: str) -> None:
    came, _ = await one.ask(CLOSED, {"status": status})
    assert (came.state, came.outcome, came.sentence) == ("failed", "rejected", sentence)
    assert await shown(app) == []


@pytest.mark.any_database
async def test_O03_a_charger_reports_what_it_shows(app: App, one: Asked) -> None:
    came, [[action, sent]] = await one.ask(commands.GetDisplayMessages(priority="always_front"), ACCEPTED)
    assert (action, sent["priority"], came.state) == ("GetDisplayMessages", "AlwaysFront", "awaiting")
    content = {"format": "ASCII", "content": "Hello"}
    told = [{"id": number, "priority": "AlwaysFront", "message": content, "state": "Charging"} for number in (1, 2)]
    for index, message in enumerate([*told, told[1]]):
        part = {"requestId": sent["requestId"], "messageInfo": [message], "tbc": index < 2}
        assert await one.call("NotifyDisplayMessages", part) == {}
    assert [(each.id, each.text, each.state) for each in await shown(app)] == [
        (1, "Hello", "charging"),
        (2, "Hello", "charging"),
    ]
    [row] = await app.database.read(commands.listed, one.id, limit=1, cursor=None)
    assert (row.state, row.progress, row.detail) == ("done", "reported", "The charger has reported.")
    came, _ = await one.ask(commands.GetDisplayMessages(ids=[2]), {"status": "Unknown"})
    assert came.sentence == "The charger has no such message."
    assert [each.id for each in await shown(app)] == [1]
    came, _ = await one.ask(commands.ClearDisplayMessage(id=1), {"status": "Unknown"})
    assert (came.outcome, await shown(app)) == ("not_found", [])


@pytest.mark.every_case
@pytest.mark.parametrize(
    "facts, left",
    [
        ({}, [3]),
        ({"ids": [1, 3]}, [2, 3]),
        ({"priority": "in_front"}, [2, 3]),
        ({"state": "idle"}, [1, 3]),
        ({"priority": "in_front", "state": "idle"}, [1, 2, 3]),
    ],
)
@pytest.mark.parametrize("unknown", [True, False])
async def test_O03_O04_messages_that_a_charger_does_not_tell_are_gone(
    app: App, one: Asked, clock: Clock, facts: dict[str, Any], left: list[int], unknown: bool
) -> None:
    await one.ask(commands.SetDisplayMessage(text="x", id=1, priority="in_front"), ACCEPTED)
    await one.ask(commands.SetDisplayMessage(text="x", id=2, state="idle"), ACCEPTED)
    last = {"id": 3, "priority": "InFront", "message": {"format": "ASCII", "content": "x"}}
    clock.forward(1)
    if unknown:
        await one.ask(commands.GetDisplayMessages(**facts), {"status": "Unknown"})
        await one.call("NotifyDisplayMessages", {"requestId": 9, "messageInfo": [last]})
    else:
        _, [[_, sent]] = await one.ask(commands.GetDisplayMessages(**facts), ACCEPTED)
        part = {"requestId": sent["requestId"]}
        await one.call("NotifyDisplayMessages", part | {"messageInfo": [last], "tbc": True})
        assert [each.id for each in await shown(app)] == [1, 2, 3]
        await one.call("NotifyDisplayMessages", part)
    assert [each.id for each in await shown(app)] == left


async def test_what_cannot_be_shown_is_refused_at_its_field(app: App, one: Asked, version: str) -> None:
    with pytest.raises(Invalid, match="ends_at"):
        await one.ask(commands.SetDisplayMessage(text="x", ends_at=START))
    with pytest.raises(NotFound):
        await one.ask(commands.SetDisplayMessage(text="x", session="none"))
    if version == "2.0.1":
        with pytest.raises(Invalid, match="at most 512 characters"):
            await one.ask(commands.SetDisplayMessage(text="x" * 513))
        for facts in ({"state": "suspended"}, {"format": "qrcode"}):
            with pytest.raises(Conflict, match=r"2\.0\.1"):
                await one.ask(commands.SetDisplayMessage(text="x", **facts))  # type: ignore[arg-type]
    assert await shown(app) == []


async def test_I02_a_driver_sees_what_the_session_has_cost(app: App, one: Asked, stored: Stored) -> None:
    await one.start()
    session = await stored.session()
    came, [[action, sent]] = await one.ask(commands.ShowCost(session=session.public_id, total_cost=6.2), {})
    assert (action, sent) == ("CostUpdated", {"totalCost": 6.2, "transactionId": "tx-1"})
    assert (came.outcome, came.sentence) == ("accepted", "The charger has been told.")


async def test_a_charger_of_1_6_has_no_display(app: App, charger: Any, clock: Clock) -> None:
    old = await Asked.connect(app, charger, "1.6", clock)
    with pytest.raises(Conflict, match=r"OCPP 1\.6 has no such command"):
        await old.ask(CLOSED)
