"""The list of cards that a charger lets in without asking, in three versions: whole, what has changed, in portions, and kept fresh."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from stationmaster.app import App
from stationmaster.domain import commands, local_lists, organizations, station_settings, tokens
from stationmaster.domain.errors import Conflict
from stationmaster.domain.station_settings import Setting
from stationmaster.gateway.local_lists import keep_local_lists_fresh
from tests.handlers.asking import START, Asked, Clock
from tests.handlers.conftest import Stored

ACCEPTED = {"status": "Accepted"}
LIMIT = {"1.6": "SendLocalListMaxLength", "2.0.1": "LocalAuthListCtrlr/ItemsPerMessage"}


@pytest.fixture(params=["1.6", "2.0.1", "2.1"])
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def one(app: App, charger: Any, version: str, clock: Clock) -> Asked:
    """Four cards: TAG1, one of a group with an end, one that is blocked, and one that has expired."""
    one = await Asked.connect(app, charger, version, clock)
    await card(app, "A", group="FAMILY", expires_at=START + timedelta(days=1))
    await card(app, "B", status="blocked")
    await card(app, "C", expires_at=START - timedelta(days=1))
    return one


async def card(app: App, uid: str, **facts: Any) -> None:
    home = await app.database.write(organizations.home)
    await app.database.write(tokens.add, home, uid=uid, **facts)


async def change(app: App, uid: str, **facts: Any) -> None:
    home = await app.database.write(organizations.home)
    await app.database.write(tokens.change, home, uid, facts)


async def remove(app: App, uid: str) -> None:
    home = await app.database.write(organizations.home)
    await app.database.write(tokens.remove, home, uid)


async def learn(app: App, name: str, value: str) -> None:
    found = app.directory.find("CP1")
    assert found is not None
    await app.database.write(station_settings.learn, found.station, [Setting(name, value)])


def told(call: Any) -> tuple[Any, Any, dict[str, Any]]:
    """Kind of update, version, and what it says of each card."""
    action, sent = call
    assert action == "SendLocalList"
    cards = {}
    for entry in sent.get("localAuthorizationList", []):
        token, info = entry.get("idTag") or entry["idToken"], entry.get("idTagInfo") or entry.get("idTokenInfo")
        cards[token if isinstance(token, str) else token["idToken"]] = info
    return sent["updateType"], sent.get("listVersion", sent.get("versionNumber")), cards


async def only(stored: Stored) -> Any:
    [row] = await stored.rows(local_lists.local_lists)
    return row


@pytest.mark.any_database
async def test_the_first_list_is_whole_and_then_what_has_changed_is_sent(
    app: App, one: Asked, stored: Stored, version: str
) -> None:
    came, [call] = await one.ask(commands.SendLocalList(), ACCEPTED)
    if version == "1.6":
        ends = {"expiryDate": "2026-11-02T10:00:00.000Z", "parentIdTag": "FAMILY"}
    else:
        ends = {"cacheExpiryDateTime": "2026-11-02T10:00:00.000Z"}
        ends["groupIdToken"] = {"idToken": "FAMILY", "type": "Central"}  # type: ignore[assignment]
        assert {entry["idToken"]["type"] for entry in call[1]["localAuthorizationList"]} == {"ISO14443"}
    cards = {"TAG1": {"status": "Accepted"}, "A": {"status": "Accepted"} | ends, "B": {"status": "Blocked"}}
    assert told(call) == ("Full", 1, cards)
    assert (came.outcome, came.sentence) == ("accepted", "The charger has taken it: version 1, 3 cards.")
    with pytest.raises(Conflict, match="this list already"):
        await one.ask(commands.SendLocalList())
    await change(app, "B", status="accepted", label="a label is no matter of the list")
    await remove(app, "TAG1")
    await card(app, "D")
    _, [call] = await one.ask(commands.SendLocalList(), ACCEPTED)
    assert told(call) == ("Differential", 2, {"TAG1": None, "B": {"status": "Accepted"}, "D": {"status": "Accepted"}})
    row = await only(stored)
    assert (row.state, row.version, len(row.entries), row.accepted_at) == ("accepted", 2, 3, START)
    _, [call] = await one.ask(commands.SendLocalList(full=True), ACCEPTED)
    assert told(call)[:2] == ("Full", 3)
    assert sorted(told(call)[2]) == ["A", "B", "D"]


@pytest.mark.any_database
async def test_D01_FR_11_a_long_list_is_sent_in_portions_the_first_of_which_is_full(
    app: App, one: Asked, stored: Stored, version: str
) -> None:
    for number in range(4):
        await card(app, f"N{number}")
    await learn(app, LIMIT.get(version, LIMIT["2.0.1"]), "3")
    came, calls = await one.ask(commands.SendLocalList(), ACCEPTED, ACCEPTED, ACCEPTED)
    assert [told(call)[:2] for call in calls] == [("Full", 1), ("Differential", 2), ("Differential", 3)]
    assert [len(told(call)[2]) for call in calls] == [3, 3, 1]
    assert came.sentence == "The charger has taken it: version 3, 7 cards."
    assert (await only(stored)).version == 3


async def test_after_a_refusal_the_other_portions_are_not_sent(
    app: App, one: Asked, stored: Stored, version: str
) -> None:
    await learn(app, LIMIT.get(version, LIMIT["2.0.1"]), "1")
    came, calls = await one.ask(commands.SendLocalList(), ACCEPTED, {"status": "Failed"}, ACCEPTED)
    assert [told(call)[0] for call in calls] == ["Full", "Differential"]
    said = "The charger could not take the list. All of it is sent again."
    assert (came.state, came.outcome, came.sentence) == ("failed", "rejected", said)
    assert ((await only(stored)).state, (await only(stored)).entries) == ("refused", None)


@pytest.mark.any_database
@pytest.mark.parametrize("status", ["Failed", "VersionMismatch"])
async def test_D01_FR_03_what_has_changed_is_refused_and_the_whole_list_is_sent_by_itself(
    app: App, one: Asked, stored: Stored, status: str
) -> None:
    await one.ask(commands.SendLocalList(), ACCEPTED)
    await card(app, "D")
    came, _ = await one.ask(commands.SendLocalList(), {"status": status})
    assert came.outcome == "rejected"
    tick = asyncio.create_task(keep_local_lists_fresh(app.database, app.switchboard))
    call = await one.raw.receive()
    assert (told(call[2:])[:2], sorted(told(call[2:])[2])) == (("Full", 2), ["A", "B", "D", "TAG1"])
    await one.raw.send([3, call[1], {"status": "Failed"}])
    await tick
    row = await only(stored)
    assert (row.state, row.next_at) == ("refused", None)  # nobody wants it kept: a person decides
    await keep_local_lists_fresh(app.database, app.switchboard)
    assert (await one.call("Heartbeat"))["currentTime"]  # nothing else has been sent


@pytest.mark.any_database
async def test_a_list_that_is_kept_follows_the_cards(app: App, one: Asked, stored: Stored, clock: Clock) -> None:
    home = await app.database.write(organizations.home)
    shown = await app.database.write(local_lists.keep, home, "CP1", True)
    assert (shown.keep, shown.state, shown.cards, shown.next_at) == (True, "never_sent", 0, START)

    async def tick(answer: Any) -> Any:
        running = asyncio.create_task(keep_local_lists_fresh(app.database, app.switchboard))
        call = await one.raw.receive()
        await one.raw.send([3, call[1], answer])
        await running
        return told(call[2:])

    assert (await tick(ACCEPTED))[0] == "Full"
    await change(app, "A", label="no matter of the list")
    assert (await only(stored)).next_at is None
    await change(app, "A", status="blocked")
    assert (await tick(ACCEPTED))[::2] == ("Differential", {"A": (await blocked(one))})
    await change(app, "A", status="accepted")
    await change(app, "A", status="blocked")  # and back again: there is nothing to send
    await keep_local_lists_fresh(app.database, app.switchboard)
    row = await only(stored)
    assert (row.version, row.next_at, row.state) == (2, None, "accepted")
    await app.database.write(local_lists.keep, home, "CP1", False)
    await card(app, "D")
    assert (await only(stored)).next_at is None


async def blocked(one: Asked) -> dict[str, Any]:
    """What is said of card A when it is blocked."""
    if one.old:
        return {"status": "Blocked", "parentIdTag": "FAMILY", "expiryDate": "2026-11-02T10:00:00.000Z"}
    group = {"idToken": "FAMILY", "type": "Central"}
    return {"status": "Blocked", "groupIdToken": group, "cacheExpiryDateTime": "2026-11-02T10:00:00.000Z"}


@pytest.mark.parametrize("error", ["NotImplemented", "NotSupported"])
async def test_a_charger_that_takes_no_list_is_not_asked_again(
    app: App, one: Asked, stored: Stored, error: str
) -> None:
    home = await app.database.write(organizations.home)
    await app.database.write(local_lists.keep, home, "CP1", True)
    came, _ = await one.ask(commands.SendLocalList(), (error, "", {}))
    assert came.outcome == "not_supported"
    assert ((await only(stored)).state, (await only(stored)).next_at) == ("not_supported", None)


async def test_a_list_whose_answer_is_lost_is_sent_whole_again(
    app: App, one: Asked, stored: Stored, charger: Any, clock: Clock, version: str
) -> None:
    home = await app.database.write(organizations.home)
    await app.database.write(local_lists.keep, home, "CP1", True)
    asked = asyncio.create_task(app.switchboard.send(one.id, commands.SendLocalList(), by="me"))
    await one.raw.receive()
    await one.raw.close()
    assert (await asked).outcome == "lost"
    assert (await only(stored)).next_at == START + local_lists.SOON
    again = await Asked.connect(app, charger, version, clock)
    _, [call] = await again.ask(commands.SendLocalList(), ACCEPTED)
    assert told(call)[0] == "Full"


@pytest.mark.any_database
@pytest.mark.parametrize(
    "answer, outcome, sentence, whole",
    [
        (1, "accepted", "The list has version 1.", False),
        (7, "accepted", "The list has version 7.", True),
        (0, "accepted", "The charger has no list.", True),
        (-1, "not_supported", "The charger takes no list.", True),
    ],
)
async def test_its_version_is_asked_and_another_than_ours_makes_the_next_list_whole(
    app: App, one: Asked, stored: Stored, version: str, answer: int, outcome: str, sentence: str, whole: bool
) -> None:
    await one.ask(commands.SendLocalList(), ACCEPTED)
    came, [[action, sent]] = await one.ask(
        commands.GetLocalListVersion(), {"listVersion" if version == "1.6" else "versionNumber": answer}
    )
    assert (action, sent) == ("GetLocalListVersion", {})
    assert (came.outcome, came.sentence, came.data) == (outcome, sentence, {"version": answer})
    row = await only(stored)
    assert (row.told_version, row.told_at, row.entries is None) == (answer, START, whole)
    await card(app, "D")
    _, [call] = await one.ask(commands.SendLocalList(), ACCEPTED)
    assert told(call)[:2] == ("Full" if whole else "Differential", max(answer, 1) + 1)


@pytest.mark.parametrize("version", ["1.6"])
async def test_there_is_room_for_the_cards_that_may_charge_or_nothing_is_sent(
    app: App, one: Asked, version: str
) -> None:
    await card(app, "T" * 21)  # 1.6 has no room for it
    await learn(app, "LocalAuthListMaxLength", "2")
    _, [call] = await one.ask(commands.SendLocalList(), ACCEPTED)
    assert sorted(told(call)[2]) == ["A", "TAG1"]
    await card(app, "D")
    with pytest.raises(Conflict, match="there are 3 cards, and charger CP1 has room for 2"):
        await one.ask(commands.SendLocalList())


@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_a_message_is_no_longer_than_the_charger_takes(app: App, one: Asked, version: str) -> None:
    await learn(app, "LocalAuthListCtrlr/BytesPerMessage", "600")
    _, calls = await one.ask(commands.SendLocalList(), *[ACCEPTED] * 3)
    assert len(calls) == 2


async def test_an_empty_list_is_a_list(app: App, one: Asked, stored: Stored) -> None:
    for uid in ("TAG1", "A", "B"):
        await remove(app, uid)
    came, [call] = await one.ask(commands.SendLocalList(), ACCEPTED)
    assert told(call) == ("Full", 1, {})
    assert came.sentence == "The charger has taken it: version 1, 0 cards."
