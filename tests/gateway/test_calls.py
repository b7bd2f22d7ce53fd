"""Calls in both directions: ids, order, one outstanding, time-outs, late and invalid answers (RPC-10 … RPC-17, CON-10)."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from stationmaster.domain import commands, events, organizations, tokens
from stationmaster.domain.commands import commands as history
from stationmaster.domain.errors import Conflict
from stationmaster.domain.message_log import messages
from stationmaster.domain.metering import meter_values
from stationmaster.domain.sessions import sessions
from stationmaster.gateway import units
from stationmaster.gateway.outbound import QUEUE, time_outs
from stationmaster.settings import SLOW_ANSWERS_S, BadSettings, Gateway
from tests.gateway.conftest import held, until
from tests.patience import PATIENCE_S

START = {"connectorId": 1, "idTag": "TAG1", "meterStart": 1000, "timestamp": "2026-11-01T10:00:00Z"}


def station_of(app: Any, identity: str = "CP1") -> int:
    return int(app.directory.find(identity).station.id)


async def finished(work: asyncio.Task[Any]) -> Any:
    async with asyncio.timeout(PATIENCE_S):
        return await work


# RPC-10: message ids


async def test_RPC_10_the_same_call_again_gets_the_same_answer_and_happens_once(raw: Any, rows: Any) -> None:
    one = await raw("CP1")
    call = [2, "start-1", "StartTransaction", START]
    one.send(call)
    first = await one.read()
    for _ in range(3):
        one.send(call)
        assert await one.read() == first
    assert len(await rows(sessions)) == 1
    assert len(await rows(messages, action="StartTransaction")) == 1


async def test_RPC_10_also_over_a_new_connection(raw: Any, rows: Any) -> None:
    one = await raw("CP1")
    call = [2, "start-1", "StartTransaction", START]
    one.send(call)
    first = await one.read()
    await one.close()
    again = await raw("CP1", boot=False)
    await again.exchange([2, "b", "Heartbeat", {}])
    again.send(call)
    assert await again.read() == first
    assert len(await rows(messages, action="StartTransaction")) == 1


async def test_RPC_10_also_after_more_was_said_on_the_new_connection(raw: Any, rows: Any) -> None:
    one = await raw("CP1")
    started = await one.exchange([2, "start-1", "StartTransaction", START])
    stop = [
        2,
        "stop-1",
        "StopTransaction",
        {"transactionId": started[2]["transactionId"], "meterStop": 9, "timestamp": "x"},
    ]
    one.send(stop)
    first = await one.read()
    again = await raw("CP1", boot=False)
    for number in range(10):
        await again.exchange([2, f"s{number}", "StatusNotification", STATUS])
    again.send(stop)
    assert await again.read() == first
    assert len(await rows(messages, action="StopTransaction")) == 1


STATUS = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}


async def test_L6_an_answer_that_hangs_on_time_or_state_is_never_served_from_memory(
    app: Any, raw: Any, rows: Any, heard: list[Any]
) -> None:
    one = await raw("CP1")
    for _ in range(3):
        await one.exchange([2, "1", "Heartbeat", {}])
    assert len(await rows(messages, action="Heartbeat")) == 3
    for status in ("Available", "Preparing", "Available"):
        assert (await one.exchange([2, "1", "StatusNotification", STATUS | {"status": status}]))[2] == {}
    again = await raw("CP1", boot=False)
    assert (await again.exchange([2, "1", "StatusNotification", STATUS | {"status": "Available"}]))[2] == {}
    assert len(await rows(messages, action="StatusNotification")) == 4
    card = [2, "2", "Authorize", {"idTag": "TAG1"}]
    assert (await again.exchange(card))[2]["idTagInfo"]["status"] == "Accepted"
    home = await app.database.write(organizations.home)
    await app.database.write(tokens.change, home, "TAG1", {"status": "blocked"})
    assert (await again.exchange(card))[2]["idTagInfo"]["status"] == "Blocked"


async def test_RPC_10_the_same_id_with_other_content_is_a_new_call_and_remarked(raw: Any, rows: Any) -> None:
    one = await raw("CP1")
    heartbeat = await one.exchange([2, "1", "Heartbeat", {}])
    started = await one.exchange([2, "1", "StartTransaction", START])
    number = started[2]["transactionId"]
    assert "currentTime" in heartbeat[2] and number > 0
    stop = {"transactionId": number, "meterStop": 5000, "timestamp": "2026-11-01T11:00:00Z"}
    stopped = await one.exchange([2, "1", "StopTransaction", stop])
    assert stopped[:2] == [3, "1"] and "currentTime" not in stopped[2]
    (session,) = await rows(sessions)
    assert session.status == "completed"
    remarked = {row.action for row in await rows(messages) if "message id was used before" in (row.remarks or "")}
    assert remarked == {"StopTransaction"}  # a Heartbeat's id is nothing to remember


async def test_RPC_10_ids_that_begin_anew_after_a_boot_are_no_repeats(app: Any, raw: Any, rows: Any) -> None:
    """Small chargers count from the same number after every start; the boot's answer carries the time, and a decision."""
    boot = [2, "1000000", "BootNotification", {"chargePointVendor": "Acme", "chargePointModel": "One"}]
    answers = []
    for _ in range(3):
        one = await raw("CP1", boot=False)
        answers.append(await one.exchange(boot))
        await one.exchange(
            [2, "1000001", "StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Available"}]
        )
        await one.close()
    assert len({answer[2]["currentTime"] for answer in answers}) == 3
    assert len(await rows(messages, action="BootNotification")) == 3


# RPC-11: one outstanding call of ours


@pytest.mark.any_database
async def test_RPC_11_one_command_at_a_time_and_calls_may_cross(app: Any, raw: Any) -> None:
    one = await raw("CP1")
    ask = app.switchboard.call
    first = asyncio.create_task(ask(station_of(app), "GetConfiguration", {"key": ["a"]}, timeout_s=5, by="test"))
    second = asyncio.create_task(ask(station_of(app), "GetConfiguration", {"key": ["b"]}, timeout_s=5, by="test"))
    call = await one.receive()
    assert call[2:] == ["GetConfiguration", {"key": ["a"]}]
    # The station has a question of its own; it is answered, and the second command still waits.
    answer = await one.exchange([2, "mine", "StartTransaction", START])
    assert answer[:2] == [3, "mine"]
    one.send([3, call[1], {}])
    call = await one.receive()
    assert call[2:] == ["GetConfiguration", {"key": ["b"]}]
    one.send([3, call[1], {}])
    assert [(await finished(task)).kind for task in (first, second)] == ["result", "result"]


@pytest.mark.any_database
async def test_RPC_11_the_queue_has_an_end(app: Any, raw: Any) -> None:
    one = await raw("CP1")
    asked = [
        asyncio.create_task(app.switchboard.call(station_of(app), "ClearCache", {}, timeout_s=5, by="test"))
        for _ in range(QUEUE + 1)
    ]
    await one.receive()
    with pytest.raises(Conflict):
        await app.switchboard.call(station_of(app), "ClearCache", {}, timeout_s=5, by="test")
    await one.close()
    assert [(await finished(task)).kind for task in asked] == ["lost"] + ["replaced"] * QUEUE
    assert QUEUE == 100


@pytest.mark.any_database
async def test_RPC_11_who_has_gone_away_is_not_asked_for(app: Any, raw: Any) -> None:
    one = await raw("CP1")
    ask = app.switchboard.call
    first = asyncio.create_task(ask(station_of(app), "ClearCache", {}, timeout_s=5, by="test"))
    gone = asyncio.create_task(ask(station_of(app), "Reset", {"type": "Hard"}, timeout_s=5, by="test"))
    third = asyncio.create_task(ask(station_of(app), "GetConfiguration", {}, timeout_s=5, by="test"))
    call = await one.receive()
    gone.cancel()
    await asyncio.sleep(0)
    one.send([3, call[1], {"status": "Accepted"}])
    call = await one.receive()
    assert call[2] == "GetConfiguration"
    one.send([3, call[1], {}])
    await finished(first), await finished(third)


# RPC-12, RPC-13, RPC-14: answers nobody waits for, late ones, none at all


@pytest.mark.any_database
@pytest.mark.gateway(burst=10_000)
async def test_RPC_12_three_thousand_unsolicited_answers_change_nothing(app: Any, raw: Any) -> None:
    one = await raw("CP1")
    asked = asyncio.create_task(
        app.switchboard.call(station_of(app), "Reset", {"type": "Soft"}, timeout_s=10, by="test")
    )
    call = await one.receive()
    for number in range(1000):
        one.send([3, f"nobody-{number}", {"status": "Rejected"}])
        one.send([4, f"nobody-{number}", "GenericError", "", {}])
        one.send([3, "-1", {}])
    assert (await one.exchange([2, "hb", "Heartbeat", {}]))[:2] == [3, "hb"]  # and nothing before it
    assert not asked.done()
    assert app.gate.counts.unexpected == 3000
    one.send([3, call[1], {"status": "Accepted"}])
    assert (await finished(asked)).payload == {"status": "Accepted"}
    one.send([3, call[1], {"status": "Rejected"}])  # once more, after it has been answered
    assert (await one.exchange([2, "hb2", "Heartbeat", {}]))[:2] == [3, "hb2"]
    assert app.gate.counts.unexpected == 3001


@pytest.mark.gateway(call_timeout_s=0.05)
async def test_RPC_13_an_answer_after_the_time_is_kept_as_late(app: Any, raw: Any, rows: Any) -> None:
    one = await raw("CP1")
    asked = await app.switchboard.send(station_of(app), commands.Reset(), by="test")
    assert asked.status == "timeout"
    call = await one.receive()
    one.send([3, call[1], {"status": "Accepted"}])

    async def late() -> Any:
        return [row for row in await rows(history) if row.status == "late"]

    (row,) = await until(late)
    assert row.response == {"status": "Accepted"} and row.public_id == asked.id


async def test_RPC_13_an_answer_that_overtakes_its_own_time_out_is_late_too(app: Any, raw: Any, rows: Any) -> None:
    """On several writer lanes the late answer may be stored before the word that it is late."""
    await raw("CP1")
    station = app.directory.find("CP1").station

    def ask(work: Any) -> Any:
        return commands.ask(work, station, name="reset", arguments={}, by="test", node="n")

    row = await app.database.write(ask)
    accepted, timeout = commands.Answer("accepted"), commands.Answer("timeout")
    late = {"response": {"status": "Accepted"}, "late": True}
    await app.database.write(commands.record_answer, station, row.id, accepted, **late)
    done = await app.database.write(commands.record_answer, station, row.id, timeout)
    assert (done.status, done.outcome) == ("late", "accepted")
    assert [(row.status, row.response) for row in await rows(history)] == [("late", {"status": "Accepted"})]


@pytest.mark.gateway(call_timeout_s=0.1)
async def test_RPC_14_no_answer_is_a_timeout_and_the_next_command_goes_out(app: Any, raw: Any, rows: Any) -> None:
    assert Gateway().call_timeout_s == 30
    one = await raw("CP1")
    silent = asyncio.create_task(app.switchboard.send(station_of(app), commands.Reset(), by="test"))
    waiting = asyncio.create_task(app.switchboard.send(station_of(app), commands.ClearCache(), by="test"))
    assert (await one.receive())[2] == "Reset"
    call = await one.receive()
    assert call[2] == "ClearCache"
    one.send([3, call[1], {"status": "Accepted"}])
    assert ((await finished(silent)).status, (await finished(waiting)).status) == ("timeout", "accepted")
    assert [(row.name, row.status) for row in await rows(history)] == [
        ("reset", "timeout"),
        ("clear-cache", "accepted"),
    ]
    # A call may have a time of its own.
    outcome = await app.switchboard.call(station_of(app), "GetDiagnostics", {}, timeout_s=0.01, by="test")
    assert outcome.kind == "timeout"
    kept = await until(lambda: rows(messages, action="GetDiagnostics"))
    assert (kept[0].direction, kept[0].outcome) == ("out", "timeout")


@pytest.mark.gateway(call_timeouts={"Reset": 0.05})
async def test_RPC_14_an_action_may_have_a_time_of_its_own(app: Any, raw: Any) -> None:
    one = await raw("CP1")
    patient = asyncio.create_task(app.switchboard.send(station_of(app), commands.ClearCache(), by="test"))
    call = await one.receive()
    hasty = asyncio.create_task(app.switchboard.send(station_of(app), commands.Reset(), by="test"))
    one.send([3, call[1], {"status": "Accepted"}])
    assert ((await finished(patient)).status, (await finished(hasty)).status) == ("accepted", "timeout")


@pytest.mark.parametrize(
    "settings, action, limit_s",
    [
        ({}, "Reset", 30),
        ({}, "UnlockConnector", 60),
        ({}, "AnythingElse", 30),
        ({"call_timeout_s": 90}, "UnlockConnector", 90),
        ({"call_timeout_s": 90, "call_timeouts": {"UnlockConnector": 20}}, "UnlockConnector", 20),
        ({"call_timeouts": {"Reset": 45}}, "Reset", 45),
        ({"call_timeouts": {"Reset": 45}}, "SendLocalList", 120),
    ],
)
def test_RPC_14_slow_answers_get_more_time_and_settings_win(
    settings: dict[str, Any], action: str, limit_s: float
) -> None:
    assert time_outs(Gateway(**settings))(action) == limit_s


def test_RPC_14_a_time_for_an_action_that_does_not_exist_is_a_bad_setting() -> None:
    assert all(time_outs(Gateway(call_timeouts={action: 5})) for action in SLOW_ANSWERS_S)
    with pytest.raises(BadSettings, match=r"gateway\.call_timeouts: there is no action Unlock "):
        time_outs(Gateway(call_timeouts={"Unlock": 5}))


# RPC-15: the reader never waits


@pytest.mark.any_database
async def test_RPC_15_an_answer_comes_in_while_a_message_of_the_station_is_in_hand(app: Any, raw: Any) -> None:
    one = await raw("CP1")
    asked = asyncio.create_task(app.switchboard.call(station_of(app), "ClearCache", {}, timeout_s=9, by="test"))
    call = await one.receive()
    with held(app.database):
        one.send([2, "held", "StartTransaction", START])
        one.send([2, "behind", "StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Charging"}])
        for blanks in (b"", b"     "):
            one.send(blanks + b"[\n  3,\n" + json.dumps(call[1]).encode() + b',\n  {"status": "Accepted"}\n]')
        assert (await finished(asked)).payload == {"status": "Accepted"}
    assert [(await one.receive())[1] for _ in range(2)] == ["held", "behind"]


@pytest.mark.any_database
async def test_RPC_15_what_follows_a_boot_is_asked_after_the_boot_is_answered(app: Any, raw: Any) -> None:
    asked: list[asyncio.Task[Any]] = []

    def hear(heard: list[Any]) -> None:
        for event in heard:
            if isinstance(event, events.StationBooted):
                command = app.switchboard.send(event.station_id, commands.GetConfiguration(), by="a reaction")
                asked.append(asyncio.create_task(command))

    app.database.after_commit.append(hear)
    one = await raw("CP1", boot=False)
    one.send([2, "boot", "BootNotification", {"chargePointVendor": "Acme", "chargePointModel": "One"}])
    one.send([2, "hb", "Heartbeat", {}])
    came = [await one.receive() for _ in range(3)]
    assert [frame[1] for frame in came[:2]] == ["boot", "hb"]
    assert came[2][2] == "GetConfiguration"
    one.send([3, came[2][1], {"configurationKey": []}])
    assert (await finished(asked[0])).status == "accepted"


# RPC-17: answers are checked, too


@pytest.mark.parametrize(
    "answer",
    [
        '[3,"{id}",{{}}]',
        '[3,"{id}",{{"status":"Perhaps"}}]',
        '[3,"{id}",{{"status":7}}]',
        '[3,"{id}"]',
        '[3,"{id}",[]]',
        '[3,"{id}",{{"status":"Accepted"}},{{}}]',
        '[3,"{id}",{{"status":"Accepted","status":"Rejected"}}]',
        '[4,"{id}"]',
        '[4,"{id}",7,"",{{}}]',
        '[4,"{id}","NoSuchCode","because",{{}}]',
    ],
)
@pytest.mark.any_database
async def test_RPC_17_an_invalid_answer_fails_the_command_and_nothing_else(
    app: Any, raw: Any, rows: Any, answer: str
) -> None:
    one = await raw("CP1")
    asked = asyncio.create_task(
        app.switchboard.send(station_of(app), commands.RemoteStart(token="TAG1", evse=1), by="test")
    )
    call = await one.receive()
    one.send(answer.format(id=call[1]))
    assert (await finished(asked)).status == "failed"
    asked = asyncio.create_task(app.switchboard.send(station_of(app), commands.Unlock(), by="test"))
    call = await one.receive()
    assert call[2] == "UnlockConnector"
    one.send([3, call[1], {"status": "Unlocked"}])
    assert (await finished(asked)).status == "accepted"
    assert [row.status for row in await rows(history)] == ["failed", "accepted"]


# CON-10: one lane


async def test_CON_10_messages_sent_without_waiting_are_handled_in_their_order(raw: Any, rows: Any) -> None:
    one = await raw("CP1")
    number = (await one.exchange([2, "start", "StartTransaction", START]))[2]["transactionId"]
    for step in range(60):
        value = {"timestamp": f"2026-11-01T10:{step:02}:00Z", "sampledValue": [{"value": str(1000 + step)}]}
        payload = {"connectorId": 1, "transactionId": number, "meterValue": [value]}
        one.send([2, f"meter-{step}", "MeterValues", payload])
        one.send([2, f"hb-{step}", "Heartbeat", {}])
    stop = {"transactionId": number, "meterStop": 1060, "timestamp": "2026-11-01T11:00:00Z"}
    one.send([2, "stop", "StopTransaction", stop])
    sent = [name for step in range(60) for name in (f"meter-{step}", f"hb-{step}")] + ["stop"]
    assert [(await one.receive())[1] for _ in sent] == sent
    kept = [row.message_id for row in await rows(messages) if row.message_id not in ("boot", "start")]
    assert [name for name in kept if not name.startswith("hb")] == [name for name in sent if not name.startswith("hb")]
    values = await rows(meter_values)
    assert [row.received_at for row in values] == sorted(row.received_at for row in values)
    (session,) = await rows(sessions)
    assert (session.status, session.energy_wh) == ("completed", 60)


@pytest.mark.any_database
async def test_CON_10_handlers_of_a_station_never_overlap_and_stations_do_not_wait_for_each_other(
    app: Any, raw: Any
) -> None:
    one, other = await raw("CP1"), await raw("CP2")
    submitted: list[str] = []
    submit = app.database.submit

    def watched(f: Any, args: Any, done: Any, **options: Any) -> None:
        if f is units.answer:
            submitted.append(args[0].message_id)
        submit(f, args, done, **options)

    app.database.submit = watched
    with held(app.database):
        for number in range(5):
            one.send([2, f"a{number}", "Authorize", {"idTag": f"TAG{number}"}])
        other.send([2, "b", "Authorize", {"idTag": "TAG1"}])
        await until(lambda: len(submitted) >= 2)
        await asyncio.sleep(0.05)
        assert sorted(submitted) == ["a0", "b"]  # one of each station
    assert [(await one.receive())[1] for _ in range(5)] == [f"a{number}" for number in range(5)]
    assert (await other.receive())[1] == "b"


@pytest.mark.gateway(messages_per_s=2000.0, burst=50)
async def test_RPC_24_an_offline_flush_is_slowed_down_and_nothing_is_refused(raw: Any, rows: Any) -> None:
    one = await raw("CP1")
    for number in range(2000):
        value = {"timestamp": "2026-11-01T10:00:00Z", "sampledValue": [{"value": str(number)}]}
        one.send([2, f"flush-{number}", "MeterValues", {"connectorId": 1, "meterValue": [value]}])
    answers = [await one.receive(20) for _ in range(2000)]
    assert [answer[:2] for answer in answers] == [[3, f"flush-{number}"] for number in range(2000)]
    kept = await rows(messages, action="MeterValues")
    assert [row.message_id for row in kept] == [f"flush-{number}" for number in range(2000)]
