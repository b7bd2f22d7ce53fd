"""Commands both ways: our question in their words, their answer in ours, and what follows from it."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest

from stationmaster.domain import commands, events, station_settings, tokens
from stationmaster.domain.commands import commands as history
from stationmaster.domain.errors import Conflict, Invalid
from stationmaster.domain.message_log import messages
from stationmaster.gateway.switchboard import NotConnected
from stationmaster.storage import StorageUnavailable
from tests.gateway.conftest import held, until
from tests.patience import PATIENCE_S

START = {"connectorId": 1, "idTag": "TAG1", "meterStart": 1000, "timestamp": "2026-11-01T10:00:00Z"}


def station_of(app: Any, identity: str = "CP1") -> int:
    return int(app.directory.find(identity).station.id)


async def ask(app: Any, one: Any, command: commands.Command, *answers: Any) -> tuple[Any, list[Any]]:
    """Send a command, answer each call with the next payload; what came of it, and the calls."""
    asked = asyncio.create_task(app.switchboard.send(station_of(app), command, by="me"))
    calls = []
    for answer in answers:
        call = await one.receive()
        calls.append(call[2:])
        one.send([4, call[1], *answer] if isinstance(answer, tuple) else [3, call[1], answer])
    async with asyncio.timeout(PATIENCE_S):
        return await asked, calls


# C1: the answer, as it was meant


@pytest.mark.parametrize("status", ["Accepted", "accepted", "ACCEPTED", " Accepted"])
@pytest.mark.any_database
async def test_C1_the_repaired_answer_decides(app: Any, raw: Any, status: str) -> None:
    came, _ = await ask(app, await raw("CP1"), commands.ClearCache(), {"status": status})
    assert (came.status, came.outcome, came.state) == ("accepted", "accepted", "done")
    assert came.response == {"status": status}


@pytest.mark.parametrize(
    "command, answer, outcome, state, status",
    [
        (commands.Unlock(), {"status": "unlocked"}, "unlocked", "done", "accepted"),
        (commands.Unlock(), {"status": "UnlockFailed"}, "unlock_failed", "failed", "rejected"),
        (commands.Unlock(), {"status": "NotSupported"}, "not_supported", "failed", "rejected"),
        (commands.ChangeAvailability(operative=False), {"status": "Scheduled"}, "scheduled", "done", "accepted"),
        (
            commands.ChangeConfiguration(key="a", value="b"),
            {"status": "RebootRequired"},
            "reboot_required",
            "done",
            "accepted",
        ),
        (
            commands.ChangeConfiguration(key="a", value="b"),
            {"status": "NotSupported"},
            "unknown_setting",
            "failed",
            "rejected",
        ),
        (commands.ClearCache(), ("NotImplemented", "", {}), "not_supported", "failed", "rejected"),
        (commands.ClearCache(), ("GenericError", "busy", {}), "error", "failed", "failed"),
        (commands.ClearCache(), {}, "invalid_answer", "failed", "failed"),
    ],
)
@pytest.mark.any_database
async def test_C1_every_answer_has_a_word_of_ours_and_a_sentence(
    app: Any, raw: Any, command: commands.Command, answer: Any, outcome: str, state: str, status: str
) -> None:
    came, _ = await ask(app, await raw("CP1"), command, answer)
    assert (came.outcome, came.state, came.status) == (outcome, state, status)
    assert came.sentence.endswith(".") or "busy" in came.sentence or "status" in came.sentence
    assert came.finished_at is not None and came.answered_at is not None


async def test_a_command_has_a_life_and_each_step_is_told(app: Any, raw: Any, heard: list[Any]) -> None:
    one = await raw("CP1")
    await ask(app, one, commands.ClearCache(), {"status": "Accepted"})
    steps = [event.command for event in heard if isinstance(event, events.CommandChanged)]
    assert [step.state for step in steps] == ["asked", "sent", "done"]
    assert steps[1].sent_at is not None and steps[2].asked_by == "me"


# C3: X-06, the card


@pytest.mark.parametrize("card, status", [("TAG2", "blocked"), ("TAG3", "expired"), ("NOBODY", "unknown")])
async def test_C3_X_06_a_card_that_may_not_charge_is_refused_unless_forced(
    app: Any, raw: Any, rows: Any, card: str, status: str
) -> None:
    one = await raw("CP1")
    home = app.directory.find("CP1").station.organization_id
    yesterday = app.database.clock() - timedelta(days=1)
    await app.database.write(tokens.add, home, uid="TAG2", status="blocked")
    await app.database.write(tokens.add, home, uid="TAG3", expires_at=yesterday)
    with pytest.raises(Conflict, match=status):
        await app.switchboard.send(station_of(app), commands.RemoteStart(token=card, evse=1), by="me")
    assert await rows(history) == []
    forced = commands.RemoteStart(token=card, evse=1, force=True)
    came, [call] = await ask(app, one, forced, {"status": "Accepted"})
    assert call == ["RemoteStartTransaction", {"connectorId": 1, "idTag": card}]
    assert (came.remark, came.arguments["force"]) == (f"forced: the card is {status}", True)


@pytest.mark.any_database
async def test_C3_X_06_what_is_forced_without_need_is_remarked_by_nobody(app: Any, raw: Any) -> None:
    came, _ = await ask(app, await raw("CP1"), commands.RemoteStart(token="tag1", force=True), {"status": "Accepted"})
    assert came.remark is None


# C3: D-02, accepted and nothing begins


async def test_C3_D_02_the_command_names_the_session_that_came_of_it(app: Any, raw: Any, rows: Any) -> None:
    one = await raw("CP1")
    came, _ = await ask(app, one, commands.RemoteStart(token="TAG1", evse=1), {"status": "Accepted"})
    assert (came.state, came.awaits, came.session) == ("awaiting", "session", None)
    assert came.until - came.answered_at == timedelta(seconds=75)
    now = app.database.clock().isoformat()
    await one.exchange([2, "other", "StartTransaction", START | {"connectorId": 2, "timestamp": now}])
    assert [row.session for row in await rows(history)] == [None]
    await one.exchange([2, "start", "StartTransaction", START | {"idTag": "tag1", "timestamp": now}])
    (row,) = await rows(history)
    assert row.session is not None and (row.state, row.status) == ("done", "accepted")
    await one.exchange([2, "again", "StartTransaction", START | {"meterStart": 2000, "timestamp": now}])
    assert [each.session for each in await rows(history)] == [row.session]


async def test_C3_D_02_a_session_told_before_the_answer_counts(app: Any, raw: Any, rows: Any) -> None:
    one = await raw("CP1")
    asked = asyncio.create_task(app.switchboard.send(station_of(app), commands.RemoteStart(token="TAG1"), by="me"))
    call = await one.receive()
    await one.exchange([2, "start", "StartTransaction", START | {"timestamp": app.database.clock().isoformat()}])
    one.send([3, call[1], {"status": "Accepted"}])
    came = await asked
    assert came.session is not None and (came.state, came.status) == ("done", "accepted")


@pytest.mark.any_database
async def test_C3_D_02_the_time_is_the_chargers_own_when_it_has_told_it(app: Any, raw: Any) -> None:
    one = await raw("CP1")
    told = {"configurationKey": [{"key": "ConnectionTimeout", "readonly": False, "value": "120"}]}
    await ask(app, one, commands.GetConfiguration(keys=["ConnectionTimeOut"]), told)
    came, _ = await ask(app, one, commands.RemoteStart(token="TAG1"), {"status": "Accepted"})
    assert came.until - came.answered_at == timedelta(seconds=135)
    await ask(app, one, commands.ChangeConfiguration(key="ConnectionTimeOut", value="30"), {"status": "Accepted"})
    came, _ = await ask(app, one, commands.RemoteStart(token="TAG1"), {"status": "Accepted"})
    assert came.until - came.answered_at == timedelta(seconds=45)


@pytest.mark.any_database
async def test_C3_D_02_a_refused_start_awaits_nothing(app: Any, raw: Any, rows: Any) -> None:
    one = await raw("CP1")
    came, _ = await ask(app, one, commands.RemoteStart(token="TAG1"), {"status": "Rejected"})
    assert (came.state, came.until) == ("failed", None)
    await one.exchange([2, "start", "StartTransaction", START | {"timestamp": app.database.clock().isoformat()}])
    assert [row.session for row in await rows(history)] == [None]


@pytest.mark.gateway(call_timeout_s=0.05)
async def test_C3_D_02_a_start_without_an_answer_may_have_been_obeyed(app: Any, raw: Any, rows: Any) -> None:
    one = await raw("CP1")
    came = await app.switchboard.send(station_of(app), commands.RemoteStart(token="TAG1"), by="me")
    assert (came.status, came.state) == ("timeout", "failed")
    await one.receive()
    await one.exchange([2, "start", "StartTransaction", START | {"timestamp": app.database.clock().isoformat()}])
    (row,) = await rows(history)
    assert (row.state, row.status, row.session is None) == ("done", "timeout", False)


# C4: lost after sending


async def test_C4_a_call_that_was_sent_is_lost_and_one_that_was_not_is_replaced(app: Any, raw: Any, rows: Any) -> None:
    one = await raw("CP1")
    station_id = station_of(app)
    sent = asyncio.create_task(app.switchboard.call(station_id, "Reset", {"type": "Hard"}, timeout_s=9, by="me"))
    await one.receive()
    queued = asyncio.create_task(app.switchboard.call(station_id, "ClearCache", {}, timeout_s=9, by="me"))
    await until(lambda: rows(history, name="call", state="asked"))
    await one.close()
    async with asyncio.timeout(PATIENCE_S):
        assert [(await call).kind for call in (sent, queued)] == ["lost", "replaced"]
    lost, replaced = await rows(history)
    assert (lost.outcome, replaced.outcome) == ("lost", "not_sent")
    assert "not known" in lost.detail and "has not heard" in replaced.detail
    with pytest.raises(NotConnected):
        await app.switchboard.call(station_id, "ClearCache", {}, timeout_s=9, by="me")


# C5: evse where the message is about one


@pytest.mark.parametrize(
    "message, sent",
    [
        ("BootNotification", {}),
        ("Heartbeat", {}),
        ("DiagnosticsStatusNotification", {}),
        ("FirmwareStatusNotification", {}),
        ("MeterValues", {"connectorId": 2}),
        ("StatusNotification", {"connectorId": 2}),
    ],
)
@pytest.mark.any_database
async def test_C5_the_connector_is_left_out_where_the_message_has_none(
    app: Any, raw: Any, message: Any, sent: dict[str, Any]
) -> None:
    command = commands.TriggerMessage(message=message, evse=2)
    _, [call] = await ask(app, await raw("CP1"), command, {"status": "Accepted"})
    assert call == ["TriggerMessage", {"requestedMessage": message} | sent]


@pytest.mark.parametrize(
    "command", [commands.Unlock(evse=1, connector=2), commands.ChangeAvailability(operative=True, evse=1, connector=2)]
)
@pytest.mark.any_database
async def test_C5_a_second_connector_of_an_evse_is_nothing_1_6_knows(
    app: Any, raw: Any, command: commands.Command
) -> None:
    await raw("CP1")
    with pytest.raises(Conflict, match="numbered through"):
        await app.switchboard.send(station_of(app), command, by="me")


# C6, A10: who asked for a raw call


async def test_C6_A10_a_raw_call_is_kept_with_who_asked_and_without_its_secrets(app: Any, raw: Any, rows: Any) -> None:
    one = await raw("CP1")
    payload = {"key": "AuthorizationKey", "value": "6162636465666768"}
    call = app.switchboard.call(station_of(app), "ChangeConfiguration", payload, timeout_s=9, by="ops@example.org")
    called = asyncio.create_task(call)
    frame = await one.receive()
    assert frame[3] == payload
    one.send([3, frame[1], {"status": "Rejected"}])
    await called
    (row,) = await rows(history)
    assert (row.name, row.asked_by, row.state) == ("call", "ops@example.org", "done")
    assert row.arguments == {
        "action": "ChangeConfiguration",
        "payload": {"key": "AuthorizationKey", "value": "•••"},
    }
    assert (row.status, row.outcome, row.response) == ("answered", "answered", {"status": "Rejected"})


@pytest.mark.any_database
async def test_C6_a_raw_call_gets_the_answer_in_the_chargers_own_words(app: Any, raw: Any, rows: Any) -> None:
    one = await raw("CP1")
    called = asyncio.create_task(app.switchboard.call(station_of(app), "ClearCache", {}, timeout_s=9, by="me"))
    frame = await one.receive()
    own = {"status": "accepted", "vendorNote": "cleared 7"}
    one.send([3, frame[1], own])
    assert (await called).payload == own
    kept = await until(lambda: rows(messages, action="ClearCache"))
    assert json.loads(kept[0].response) == own


@pytest.mark.gateway(call_timeout_s=0.05)
async def test_C6_a_raw_call_that_brings_no_answer_is_kept_as_well(app: Any, raw: Any, rows: Any) -> None:
    one = await raw("CP1")
    await app.switchboard.call(station_of(app), "GetLog", {}, timeout_s=0.05, by="me")
    call = await one.receive()
    assert [(row.status, row.outcome) for row in await rows(history)] == [("timeout", "timeout")]
    one.send([3, call[1], {"filename": "log.txt"}])

    async def late() -> Any:
        return await rows(history, status="late")

    assert (await until(late))[0].response == {"filename": "log.txt"}


# N13: storage is away while a command is under way


async def test_N13_what_storage_took_too_late_is_written_when_it_is_back(app: Any, raw: Any, rows: Any) -> None:
    one = await raw("CP1")
    asked = asyncio.create_task(app.switchboard.send(station_of(app), commands.ClearCache(), by="me"))
    call = await one.receive()
    await rows(history)
    app.database.hold_s = 0.3
    with held(app.database):
        one.send([3, call[1], {"status": "Accepted"}])
        with pytest.raises(StorageUnavailable):
            await asked

    async def written() -> Any:
        return await rows(history, status="accepted", state="done")

    assert await until(written)


async def test_N13_what_was_asked_for_too_late_is_not_sent(app: Any, raw: Any, rows: Any) -> None:
    one = await raw("CP1")
    app.database.hold_s = 0.3
    with held(app.database), pytest.raises(StorageUnavailable):
        await app.switchboard.send(station_of(app), commands.ClearCache(), by="me")
    app.database.hold_s = 10.0
    await app.switchboard.pay()
    assert await rows(history, status="pending") == []
    await ask(app, one, commands.Reset(), {"status": "Accepted"})


@pytest.mark.any_database
async def test_a_queue_that_is_full_leaves_no_command_pending(app: Any, raw: Any, rows: Any) -> None:
    one = await raw("CP1")
    waiting = [
        asyncio.create_task(app.switchboard.send(station_of(app), commands.ClearCache(), by="me")) for _ in range(102)
    ]
    await one.receive()
    refused = await until(lambda: [task for task in waiting if task.done()])
    assert isinstance(refused[0].exception(), Conflict)
    assert len(await rows(history, outcome="not_sent")) == 1
    await one.close()
    async with asyncio.timeout(PATIENCE_S):
        await asyncio.gather(*waiting, return_exceptions=True)
    assert await rows(history, status="pending") == []


# Settings


async def test_settings_that_were_read_are_told_in_our_shape_and_remembered(app: Any, raw: Any, rows: Any) -> None:
    one = await raw("CP1")
    told = {
        "configurationKey": [
            {"key": "HeartbeatInterval", "readonly": False, "value": "300"},
            {"key": "AuthorizationKey", "readonly": False, "value": "6162636465666768"},
        ],
        "unknownKey": ["Colour"],
    }
    came, _ = await ask(app, one, commands.GetConfiguration(keys=["HeartbeatInterval", "Colour"]), told)
    assert came.data == {
        "settings": [
            {"name": "HeartbeatInterval", "value": "300", "read_only": False},
            {"name": "AuthorizationKey", "value": "•••", "read_only": False},
        ],
        "unknown": ["Colour"],
    }
    kept = {row.name: row.value for row in await rows(station_settings.station_settings)}
    assert kept == {"HeartbeatInterval": "300", "AuthorizationKey": "•••"}
    came, _ = await ask(
        app, one, commands.GetConfiguration(keys=["Colour"]), {"configurationKey": [], "unknownKey": ["Colour"]}
    )
    assert (came.outcome, came.sentence) == ("unknown_setting", "The charger does not know Colour.")


@pytest.mark.any_database
async def test_a_command_may_be_several_requests_and_is_one_answer(app: Any, raw: Any, rows: Any) -> None:
    one = await raw("CP1")
    limit = {"configurationKey": [{"key": "GetConfigurationMaxKeys", "readonly": True, "value": "2"}]}
    await ask(app, one, commands.GetConfiguration(), limit)

    def answer(*keys: str) -> dict[str, Any]:
        return {"configurationKey": [{"key": key, "readonly": True, "value": key.lower()} for key in keys]}

    came, calls = await ask(app, one, commands.GetConfiguration(keys=["A", "B", "C"]), answer("A", "B"), answer("C"))
    assert [call[1] for call in calls] == [{"key": ["A", "B"]}, {"key": ["C"]}]
    assert [setting["value"] for setting in came.data["settings"]] == ["a", "b", "c"]
    assert (came.status, came.state) == ("accepted", "done")
    assert len(await rows(history)) == 2
    # One that brings an error does not keep the others from being asked, and the whole says so.
    came, calls = await ask(
        app, one, commands.GetConfiguration(keys=["A", "B", "C"]), ("InternalError", "", {}), answer("C")
    )
    assert len(calls) == 2
    assert (came.outcome, [setting["name"] for setting in came.data["settings"]]) == ("error", ["C"])


@pytest.mark.any_database
async def test_what_this_version_has_no_room_for_is_refused_before_it_is_sent(app: Any, raw: Any, rows: Any) -> None:
    await raw("CP1")
    for command in (
        commands.GetConfiguration(keys=["k" * 51]),
        commands.ChangeConfiguration(key="k", value="v" * 501),
        commands.ChangeConfiguration(key="authorizationkey", value="6162636465666768"),
    ):
        with pytest.raises(Invalid):
            await app.switchboard.send(station_of(app), command, by="me")
    assert await rows(history) == []


# What must follow


async def test_a_hard_reset_is_done_when_the_charger_has_booted(app: Any, raw: Any, rows: Any) -> None:
    one = await raw("CP1")
    came, _ = await ask(app, one, commands.Reset(kind="hard"), {"status": "Accepted"})
    assert (came.state, came.awaits) == ("awaiting", "boot")
    assert await app.database.write(commands.expire) == 0
    await raw("CP1")
    assert await app.database.write(commands.expire) == 1
    (row,) = await rows(history)
    assert (row.state, row.status, row.detail) == ("done", "accepted", "The charger has restarted.")


@pytest.mark.any_database
async def test_RPC_15_a_command_that_is_under_way_when_storage_hangs_is_answered(app: Any, raw: Any) -> None:
    one = await raw("CP1")
    asked = asyncio.create_task(app.switchboard.send(station_of(app), commands.ClearCache(), by="me"))
    call = await one.receive()
    with held(app.database):
        one.send([3, call[1], {"status": "Accepted"}])
    assert (await asked).status == "accepted"
