"""The load generator sends what the bar counts: valid messages, in the order of a session, never the same twice."""

import asyncio
import json
from typing import Any

import pytest

from stationmaster.ocpp.dialects import V16, V201
from stationmaster.simulator.load import CannotRun, Load, Tally, Times
from tests.simulator.central_system import CALL_ERROR, SILENCE, CentralSystem

SESSION = [
    "Authorize",
    "StartTransaction",
    *["MeterValues"] * 3,
    "Heartbeat",
    *["MeterValues"] * 4,
    "Heartbeat",
    *["MeterValues"] * 3,
    "StopTransaction",
]


async def run(server: CentralSystem, stations: int, until_sessions: int) -> Load:
    load = Load(server.url, {f"S{number}": "secret" for number in range(stations)}, "BENCH")
    await load.connect_all()
    load.reset_tally()
    load.run_sessions()
    await server.until(lambda: load.tally.sessions + load.stalled() >= until_sessions)
    load.close()
    return load


async def test_one_session_after_the_other_with_one_call_outstanding(server: CentralSystem):
    load = await run(server, stations=1, until_sessions=3)
    assert server.actions[1 : 1 + 3 * len(SESSION)] == SESSION * 3
    assert load.tally.answers >= 3 * len(SESSION)
    starts, stops = server.heard("StartTransaction"), server.heard("StopTransaction")
    energies = [stop["meterStop"] - start["meterStart"] for start, stop in zip(starts, stops, strict=False)]
    assert set(energies) == {180}
    assert [stop["transactionId"] for stop in stops[:3]] == [1001, 1002, 1003]


async def test_every_message_is_valid_and_unique(server: CentralSystem):
    await run(server, stations=3, until_sessions=6)
    for _, action, payload in server.calls:
        _, remarks = V16.decode_request(action, json.dumps(payload).encode(), strict=True)
        assert remarks == ()
    for action in ("StartTransaction", "MeterValues", "StopTransaction"):
        told = [json.dumps(payload) for payload in server.heard(action)]
        assert len(told) == len(set(told))
    five = server.heard("MeterValues")[0]["meterValue"][0]["sampledValue"]
    assert len(five) == 5


async def test_the_mix_of_201_tells_the_same_sessions() -> None:
    async with CentralSystem("ocpp2.0.1").running() as csms:
        load = Load(csms.url, {f"S{number}": "secret" for number in range(3)}, "BENCH", "2.0.1")
        await load.connect_all()
        load.reset_tally()
        load.run_sessions()
        await csms.until(lambda: load.tally.sessions >= 6)
        load.close()
        for _, action, payload in csms.calls:
            _, remarks = V201.decode_request(action, json.dumps(payload).encode(), strict=True)
            assert remarks == ()
        chains: dict[str, list[dict[str, Any]]] = {}
        for event in csms.heard("TransactionEvent"):
            chains.setdefault(event["transactionInfo"]["transactionId"], []).append(event)
        whole = [chain for chain in chains.values() if chain[-1]["eventType"] == "Ended"]
        assert len(whole) >= 6
        for chain in whole:
            assert [event["eventType"] for event in chain] == ["Started", *["Updated"] * 10, "Ended"]
            assert [event["seqNo"] for event in chain] == list(range(12))
            registers = [event["meterValue"][0]["sampledValue"][0]["value"] for event in chain]
            assert registers[-1] - registers[0] == 180
        assert csms.actions.count("Heartbeat") >= 12


async def test_only_answers_count(server: CentralSystem):
    server.rules["Heartbeat"] = lambda _: CALL_ERROR
    server.rules["StopTransaction"] = lambda _: SILENCE
    load = Load(server.url, {"S1": "secret"}, "BENCH")
    await load.connect_all()
    load.reset_tally()
    load.run_sessions()
    await server.until(lambda: "StopTransaction" in server.actions)
    await asyncio.sleep(0)
    result = load.result("mix", 1.0)
    load.close()
    assert (result["answers"], result["errors"], result["sessions"]) == (12, 2, 0)


async def test_a_command_of_the_server_does_not_count_as_an_answer(server: CentralSystem):
    load = Load(server.url, {"S1": "secret"}, "BENCH")
    await load.connect_all()
    assert (await server.call("S1", "Reset", {"type": "Soft"}))[2] == "NotImplemented"
    assert load.tally.answers == 1  # the boot
    load.close()


async def test_a_refused_station_ends_the_run_with_a_sentence(server: CentralSystem):
    server.passwords["S1"] = b"other"
    with pytest.raises(CannotRun, match="401: S1 was refused"):
        await Load(server.url, {"S1": "secret"}, "BENCH").connect_all()


def test_percentiles():
    tally = Tally()
    for milliseconds in range(1, 101):
        tally.took(milliseconds / 1000 - 0.00005)
    assert [tally.percentile_ms(p) for p in (50, 95, 99)] == [50.0, 95.0, 99.0]
    tally.took(3600)
    assert tally.percentile_ms(100) == 10_000.1
    assert Tally().percentile_ms(50) is None


def test_times_are_written_as_the_specification_likes_them():
    times = Times()
    assert times.text(1_777_888_999_007) == b"2026-05-04T10:03:19.007Z"
    assert times.text(1_777_888_999_999) == b"2026-05-04T10:03:19.999Z"
    assert times.text(1_777_889_000_000) == b"2026-05-04T10:03:20.000Z"
