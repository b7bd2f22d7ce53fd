"""The history of commands says what came of each, whatever became of the server."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from stationmaster.domain import commands, events
from stationmaster.domain.commands import Answer, Awaits


async def test_what_was_asked_before_a_restart_has_failed_and_the_rest_stays(world: Any) -> None:
    station = await world.station()
    row = await world(commands.ask, station, name="reset", arguments={"kind": "soft"}, by="a@example.org", node="n1")
    await world(commands.record_answer, station, row.id, Answer("accepted"))
    await world(commands.ask, station, name="clear-cache", arguments={}, by="a@example.org", node="n1")
    assert await world(commands.interrupted, ["n1"]) == 1
    last, first = await world(commands.listed, station.id, limit=10, cursor=None)
    assert (last.status, first.status) == ("failed", "accepted")
    assert "was stopped before" in last.detail and last.finished_at == world.now
    assert await world(commands.interrupted, ["n1"]) == 0


START = {"name": "remote-start", "by": "me", "node": "n1", "awaits": Awaits("session", 75.0)}


async def accepted_start(world: Any, station: Any, **arguments: Any) -> int:
    row = await world(commands.ask, station, arguments={"token": "TAG1", "evse": None} | arguments, **START)
    await world(commands.record_answer, station, row.id, Answer("accepted"))
    return int(row.id)


async def newest(world: Any, station: Any) -> Any:
    return (await world(commands.listed, station.id, limit=1, cursor=None))[0]


async def test_D_02_after_its_time_the_history_says_that_no_car_was_plugged_in(world: Any) -> None:
    station = await world.station()
    await accepted_start(world, station)
    assert await world(commands.are_awaiting)
    world.now += timedelta(seconds=74)
    assert await world(commands.expire) == 0
    world.now += timedelta(seconds=1)
    world.heard.clear()
    assert await world(commands.expire) == 1
    row = await newest(world, station)
    assert (row.state, row.detail) == ("expired", "Not started: no car was plugged in.")
    assert (row.status, row.outcome, row.finished_at) == ("failed", "accepted", world.now)
    [told] = world.told(events.CommandChanged)
    assert told.station == "CP1" and told.command.sentence == row.detail
    assert await world(commands.expire) == 0 and not await world(commands.are_awaiting)


# A session of TAG1 at EVSE 1; the command was asked at 0 s, and its time is over at 75 s.
@pytest.mark.parametrize(
    "asked, began_s, told_s, named",
    [
        ({}, 20, 20, True),
        ({"evse": 1}, 20, 20, True),
        ({"evse": 2}, 20, 20, False),
        ({"token": " tag1 "}, 20, 20, True),
        ({"token": "TAG2"}, 20, 20, False),
        ({}, 70, 600, True),  # in time, told later
        ({}, 80, 80, False),
        ({}, 70, 4000, False),  # too late to be told of
        ({}, 20 + 7200, 20, True),  # another time zone
        ({}, 20 - 7200, 20, True),
        ({}, 20 - 7200, 600, False),  # an old session, told after the charger was offline
        ({}, 20 - 200_000, 20, False),
    ],
)
async def test_D_02_which_session_came_of_it(
    world: Any, asked: dict[str, Any], began_s: float, told_s: float, named: bool
) -> None:
    station, start = await world.station(), world.now
    await accepted_start(world, station, **asked)
    world.now = start + timedelta(seconds=told_s)
    await world(commands.expire)
    session = {"session": "s1", "evse": 1, "token": "TAG1", "at": start + timedelta(seconds=began_s)}
    await world(commands.session_began, station, **session)
    row = await newest(world, station)
    assert row.session == ("s1" if named else None)
    if named:
        assert (row.state, row.status, row.detail) == ("done", "accepted", "The session has begun.")


async def test_D_02_two_starts_name_a_session_each_and_a_foreign_charger_none(world: Any) -> None:
    station, other = await world.station(), await world.station("CP2")
    first, second = await accepted_start(world, station), await accepted_start(world, station)
    for number in (1, 2):
        session = {"session": f"s{number}", "evse": number, "token": "TAG1", "at": world.now}
        await world(commands.session_began, other, **session)
        await world(commands.session_began, station, **session)
    rows = {row.id: row.session for row in await world(commands.listed, station.id, limit=9, cursor=None)}
    assert rows == {second: "s1", first: "s2"}


async def test_a_later_message_names_the_command_by_its_request_id(world: Any) -> None:
    station, other = await world.station(), await world.station("CP2")
    report = {"name": "get-report", "arguments": {}, "by": "me", "node": "n1"}
    row = await world(commands.ask, station, request_id=7, awaits=Awaits("report", 60.0), **report)
    await world(commands.record_answer, station, row.id, Answer("accepted"))
    assert not await world(commands.progress, other, 7, "part 1")
    assert not await world(commands.progress, station, 8, "part 1")
    assert await world(commands.progress, station, 7, "part 1", data={"settings": ["a"]})
    assert (await newest(world, station)).state == "awaiting"
    assert await world(commands.progress, station, 7, "part 2", data={"settings": ["b"]}, ended="done")
    row = await newest(world, station)
    assert (row.state, row.progress, row.data) == ("done", "part 2", {"settings": ["a", "b"]})
    assert row.finished_at == world.now


async def test_a_report_that_does_not_come_is_no_success(world: Any) -> None:
    station = await world.station()
    row = await world(commands.ask, station, name="x", arguments={}, by="me", node="n1", awaits=Awaits("report", 60.0))
    await world(commands.record_answer, station, row.id, Answer("accepted"))
    world.now += timedelta(seconds=60)
    await world(commands.expire)
    row = await newest(world, station)
    assert (row.state, row.status) == ("expired", "failed") and "nothing followed" in row.detail


async def test_interrupted_starts_name_their_session_all_the_same(world: Any) -> None:
    station = await world.station()
    await world(commands.ask, station, arguments={"token": "TAG1"}, **START)
    await world(commands.interrupted, ["n1"])
    await world(commands.session_began, station, session="s1", evse=1, token="TAG1", at=world.now)
    row = await newest(world, station)
    assert (row.session, row.state, row.outcome) == ("s1", "done", "interrupted")


LOG = {"name": "get-log", "arguments": {}, "by": "me", "node": "n1", "awaits": Awaits("log", 60.0), "request_id": 7}


@pytest.mark.parametrize("ended", ["done", "failed"])
async def test_what_ended_before_its_answer_stays_ended(world: Any, ended: Any) -> None:
    station = await world.station()
    row = await world(commands.ask, station, **LOG)
    await world(commands.progress, station, 7, "told", ended=ended, sentence="So it ended.")
    await world(commands.record_answer, station, row.id, Answer("accepted"))
    row = await newest(world, station)
    assert (row.state, row.status, row.detail, row.finished_at) == (ended, "accepted", "So it ended.", world.now)
    assert not await world(commands.are_awaiting)


async def test_what_was_done_after_the_time_out_stays_done_when_the_answer_comes(world: Any) -> None:
    station = await world.station()
    row = await world(commands.ask, station, **LOG)
    await world(commands.record_answer, station, row.id, Answer("timeout"))
    await world(commands.progress, station, 7, "uploaded", ended="done")
    await world(commands.record_answer, station, row.id, Answer("accepted"), late=True)
    assert ((await newest(world, station)).state, (await newest(world, station)).status) == ("done", "late")


async def test_an_answer_after_the_time_out_is_waited_on_as_ever(world: Any) -> None:
    station = await world.station()
    row = await world(commands.ask, station, **LOG)
    await world(commands.record_answer, station, row.id, Answer("timeout"))
    await world(commands.record_answer, station, row.id, Answer("accepted"), late=True)
    assert (await newest(world, station)).state == "awaiting"


async def test_what_was_done_before_the_server_stopped_is_done(world: Any) -> None:
    station = await world.station()
    await world(commands.ask, station, **LOG)
    await world(commands.progress, station, 7, "uploaded", ended="done", sentence="The file is here.")
    assert await world(commands.interrupted, ["n1"]) == 1
    row = await newest(world, station)
    assert (row.state, row.status, row.detail) == ("done", "accepted", "The file is here.")


PASSWORD = {"name": "renew-password", "arguments": {}, "by": "me", "node": "n1", "awaits": Awaits("login", 60.0)}


@pytest.mark.parametrize("outcome", ["timeout", "lost", None])
async def test_C2_a_login_with_the_new_password_is_the_answer_that_was_lost(world: Any, outcome: Any) -> None:
    station = await world.station()
    older = await world(commands.ask, station, **PASSWORD)
    await world(commands.record_answer, station, older.id, Answer("lost"))
    row = await world(commands.ask, station, **PASSWORD)
    if outcome is not None:
        await world(commands.record_answer, station, row.id, Answer(outcome))
    await world(commands.fulfil, station, "login", "It has logged in.")
    newer, older = await world(commands.listed, station.id, limit=2, cursor=None)
    assert (newer.state, newer.status, newer.detail) == ("done", "accepted", "It has logged in.")
    assert older.state == "failed"


async def test_C2_a_login_says_nothing_of_what_was_refused_or_is_another_matter(world: Any) -> None:
    station = await world.station()
    for asked, answer in ((PASSWORD, Answer("rejected")), (LOG, Answer("lost"))):
        row = await world(commands.ask, station, **asked)
        await world(commands.record_answer, station, row.id, answer)
    await world(commands.fulfil, station, "login", "It has logged in.")
    assert [row.state for row in await world(commands.listed, station.id, limit=2, cursor=None)] == ["failed", "failed"]
