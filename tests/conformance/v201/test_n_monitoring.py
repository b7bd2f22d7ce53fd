"""Certification cases of block N, diagnostics: what a station watches over (OCPP 2.0.1 part 6, 3.15)."""

from __future__ import annotations

from typing import Any

import pytest

from stationmaster.domain import commands
from stationmaster.domain.station_settings import monitors
from tests.conformance.octt import Octt, component, now

LIMIT = "MonitoringCtrlr/ItemsPerMessage(ClearVariableMonitoring)"
CHARGER = component("ChargingStation")
EVSE = {"name": "EVSE", "evse": {"id": 1}}
STATE = {"name": "AvailabilityState"}
POWER = {"name": "Power"}


async def read_limit(octt: Octt, most: int) -> None:
    """The memory state: the station has told how many monitors it clears at once."""
    variable = {"name": "ItemsPerMessage", "instance": "ClearVariableMonitoring"}
    asked_for = {"component": component("MonitoringCtrlr"), "variable": variable}
    told = asked_for | {"attributeStatus": "Accepted", "attributeValue": str(most)}
    _, calls = await octt.operator(commands.ReadSettings([LIMIT]), {"getVariableResult": [told]})
    assert calls == [("GetVariables", {"getVariableData": [asked_for]})]


async def ask(octt: Octt, status: str, *kinds: Any, settings: list[str] | None = None) -> Any:
    """A report of monitors is asked for: the request, and its number apart."""
    command = commands.ReportMonitors(list(kinds), settings or [])
    came, [(action, request)] = await octt.operator(command, {"status": status})
    assert action == "GetMonitoringReport"
    nothing = status == "EmptyResultSet"
    assert (came.state, came.outcome) == (("failed", "nothing_found") if nothing else ("awaiting", "accepted"))
    return request.pop("requestId"), request


async def report(octt: Octt, number: int, *parts: list[dict[str, Any]]) -> None:
    """The station tells its monitors, in so many parts."""
    for seq, told in enumerate(parts):
        head = {"requestId": number, "seqNo": seq, "generatedAt": now(octt.app), "tbc": seq < len(parts) - 1}
        assert await octt.call("NotifyMonitoringReport", head | {"monitor": told}) == {}
    assert ((await octt.record()).state, (await octt.record()).sentence) == ("done", "The charger has reported.")


def monitor(
    number: int, where: dict[str, Any], variable: dict[str, str], kind: str, value: float = 1
) -> dict[str, Any]:
    told = {"id": number, "transaction": False, "value": value, "type": kind, "severity": 8}
    return {"component": where, "variable": variable, "variableMonitoring": [told]}


async def watched(octt: Octt) -> list[tuple[int, str, str]]:
    """What an operator sees: the monitors by their numbers."""
    rows = await octt.read(monitors.listed, octt.id, limit=50, cursor=None)
    return sorted((row.number, row.name, row.kind) for row in rows)


@pytest.fixture(autouse=True)
async def booted(octt: Octt) -> None:
    await octt.booted()


async def test_TC_N_01(octt: Octt) -> None:
    await read_limit(octt, 10)
    _, request = await ask(octt, "EmptyResultSet", "change")
    assert request == {"monitoringCriteria": ["DeltaMonitoring"]}
    number, request = await ask(octt, "Accepted", "threshold")
    assert request == {"monitoringCriteria": ["ThresholdMonitoring"]}
    high = monitor(1, CHARGER, POWER, "UpperThreshold", 11_000)
    low = monitor(2, CHARGER, POWER, "LowerThreshold", 10)
    await report(octt, number, [high], [low])
    assert await watched(octt) == [(1, "ChargingStation/Power", "above"), (2, "ChargingStation/Power", "below")]


async def test_TC_N_02(octt: Octt) -> None:
    await read_limit(octt, 10)
    _, request = await ask(octt, "EmptyResultSet", settings=["ChargingStation/Power"])
    assert request == {"componentVariable": [{"component": CHARGER, "variable": POWER}]}
    number, request = await ask(octt, "Accepted", settings=["EVSE#1/AvailabilityState"])
    assert request == {"componentVariable": [{"component": EVSE, "variable": STATE}]}
    await report(octt, number, [monitor(3, EVSE, STATE, "Delta")])
    assert await watched(octt) == [(3, "EVSE#1/AvailabilityState", "change")]


async def test_TC_N_03(octt: Octt) -> None:
    await read_limit(octt, 10)
    _, request = await ask(octt, "EmptyResultSet", "change", settings=["EVSE#1/AvailabilityState"])
    assert request == {
        "monitoringCriteria": ["DeltaMonitoring"],
        "componentVariable": [{"component": EVSE, "variable": STATE}],
    }
    number, request = await ask(octt, "Accepted", "threshold", settings=["ChargingStation/Power"])
    assert request == {
        "monitoringCriteria": ["ThresholdMonitoring"],
        "componentVariable": [{"component": CHARGER, "variable": POWER}],
    }
    await report(octt, number, [monitor(4, CHARGER, POWER, "UpperThreshold", 11_000)])
    assert await watched(octt) == [(4, "ChargingStation/Power", "above")]


async def test_TC_N_60(octt: Octt) -> None:
    # The steps and the validations of this case name other kinds and variables; it follows the steps.
    await read_limit(octt, 10)
    _, request = await ask(octt, "EmptyResultSet", "threshold", settings=["ChargingStation/Power", "EVSE#1/Power"])
    assert request == {
        "monitoringCriteria": ["ThresholdMonitoring"],
        "componentVariable": [{"component": CHARGER, "variable": POWER}, {"component": EVSE, "variable": POWER}],
    }
    both = ["ChargingStation/AvailabilityState", "EVSE#1/AvailabilityState"]
    number, request = await ask(octt, "Accepted", "change", settings=both)
    assert request == {
        "monitoringCriteria": ["DeltaMonitoring"],
        "componentVariable": [{"component": CHARGER, "variable": STATE}, {"component": EVSE, "variable": STATE}],
    }
    await report(octt, number, [monitor(5, CHARGER, STATE, "Delta")], [monitor(6, EVSE, STATE, "Delta")])
    assert await watched(octt) == [(5, both[0], "change"), (6, both[1], "change")]


async def test_TC_N_47(octt: Octt) -> None:
    number, request = await ask(octt, "Accepted")
    assert request == {}  # neither criteria nor variables
    await report(octt, number, [monitor(1, CHARGER, POWER, "UpperThreshold")], [monitor(2, EVSE, STATE, "Delta")])
    assert [each for each, *_ in await watched(octt)] == [1, 2]


async def test_TC_N_05(octt: Octt) -> None:
    for base, theirs in (("all", "All"), ("factory_default", "FactoryDefault"), ("built_in_only", "HardWiredOnly")):
        came, calls = await octt.operator(commands.SetMonitoringBase(base), {"status": "Accepted"})  # type: ignore[arg-type]
        assert calls == [("SetMonitoringBase", {"monitoringBase": theirs})]
        assert (came.state, came.outcome) == ("done", "accepted")


async def set_monitors(octt: Octt, watches: list[commands.Watch], *wheres: dict[str, Any]) -> list[tuple[str, Any]]:
    """Monitors on the state of each of these; the station gives them numbers from 11 on."""
    results = [
        {"id": 11 + index, "status": "Accepted", "type": "Delta", "severity": 8, "component": where, "variable": STATE}
        for index, where in enumerate(wheres)
    ]
    came, calls = await octt.operator(commands.SetMonitors(watches), {"setMonitoringResult": results})
    assert (came.state, came.outcome) == ("done", "accepted")
    return calls


def delta(where: dict[str, Any]) -> dict[str, Any]:
    return {"value": 1, "type": "Delta", "severity": 8, "component": where, "variable": STATE}


async def test_TC_N_08(octt: Octt) -> None:
    calls = await set_monitors(octt, [commands.Watch("EVSE#1/AvailabilityState", "change", 1, 8)], EVSE)
    assert calls == [("SetVariableMonitoring", {"setMonitoringData": [delta(EVSE)]})]
    assert await watched(octt) == [(11, "EVSE#1/AvailabilityState", "change")]


async def test_TC_N_09(octt: Octt) -> None:
    variable = {"name": "ItemsPerMessage", "instance": "SetVariableMonitoring"}
    told = {"component": component("MonitoringCtrlr"), "variable": variable, "attributeStatus": "Accepted"}
    limit = commands.ReadSettings(["MonitoringCtrlr/ItemsPerMessage(SetVariableMonitoring)"])
    await octt.operator(limit, {"getVariableResult": [told | {"attributeValue": "2"}]})
    names = ["EVSE#1/AvailabilityState", "ChargingStation/AvailabilityState"]
    calls = await set_monitors(octt, [commands.Watch(name, "change", 1, 8) for name in names], EVSE, CHARGER)
    assert calls == [("SetVariableMonitoring", {"setMonitoringData": [delta(EVSE), delta(CHARGER)]})]
    assert await watched(octt) == [(11, names[0], "change"), (12, names[1], "change")]


async def test_TC_N_16(octt: Octt) -> None:
    came, calls = await octt.operator(commands.SetMonitoringLevel(4), {"status": "Accepted"})
    assert (calls, came.outcome) == ([("SetMonitoringLevel", {"severity": 4})], "accepted")


async def test_TC_N_17(octt: Octt) -> None:
    came, calls = await octt.operator(commands.SetMonitoringLevel(4), {"status": "Rejected"})
    assert (calls, came.state, came.outcome) == ([("SetMonitoringLevel", {"severity": 4})], "failed", "rejected")
    assert came.sentence == "The charger has refused."


async def test_TC_N_18(octt: Octt) -> None:
    await read_limit(octt, 2)
    ids = [1, 2, 3, 4, 5]
    answers = [[{"id": each, "status": "NotFound"} for each in part] for part in ([1, 2], [3, 4], [5])]
    came, calls = await octt.operator(
        commands.ClearMonitors(ids), *[{"clearMonitoringResult": each} for each in answers]
    )
    assert calls == [("ClearVariableMonitoring", {"id": each}) for each in ([1, 2], [3, 4], [5])]
    assert came.state == "failed"


async def test_TC_N_44(octt: Octt) -> None:
    await set_monitors(octt, [commands.Watch("EVSE#1/AvailabilityState", "change", 1, 8)], EVSE)
    rejected = {"clearMonitoringResult": [{"id": 11, "status": "Rejected"}]}
    came, calls = await octt.operator(commands.ClearMonitors([11]), rejected)
    assert calls == [("ClearVariableMonitoring", {"id": [11]})]
    assert (came.state, came.outcome, came.sentence) == ("failed", "rejected", "monitor 11: The charger has refused.")
    assert await watched(octt) == [(11, "EVSE#1/AvailabilityState", "change")]


async def found(octt: Octt, value: str, **more: Any) -> monitors.MonitorRow:
    """The station tells what a monitor has found; what an operator sees of it."""
    await set_monitors(octt, [commands.Watch("EVSE#1/AvailabilityState", "change", 1, 8)], EVSE)
    told = {"variableMonitoringId": 11, "eventNotificationType": "CustomMonitor"} | more
    assert await octt.event(EVSE, "AvailabilityState", value, **told) == {}
    rows = await octt.read(monitors.listed, octt.id, limit=50, cursor=None)
    return rows[0]


async def test_TC_N_24(octt: Octt) -> None:
    for value in ("Occupied", "Available", "Occupied"):
        row = await found(octt, value, trigger="Periodic")
        assert (row.number, row.triggered_by, row.triggered_at is not None) == (11, value, True)


async def test_TC_N_48(octt: Octt) -> None:
    row = await found(octt, "")
    assert (row.triggered_by, row.triggered_at is not None) == ("", True)


async def test_TC_N_49(octt: Octt) -> None:
    row = await found(octt, "Available", cleared=True)
    assert (row.triggered_by, row.cleared_at is not None) == ("Available", True)


async def test_TC_N_50(octt: Octt) -> None:
    row = await found(octt, "Occupied", trigger="Periodic")
    assert (row.triggered_by, row.triggered_at is not None, row.cleared_at) == ("Occupied", True, None)
