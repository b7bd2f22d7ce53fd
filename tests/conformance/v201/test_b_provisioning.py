"""Certification cases of block B, Provisioning (OCPP 2.0.1 part 6, 3.3)."""

from __future__ import annotations

from typing import Any

import pytest

from stationmaster.domain import commands
from tests.charger import CallError
from tests.conformance.octt import CARD, MODEL, Octt, component, now

POWER_UP = {"reason": "PowerUp", "chargingStation": MODEL}


async def test_TC_B_01(octt: Octt) -> None:
    await octt.booted()


async def test_TC_B_02(octt: Octt, decide: Any) -> None:
    await decide("pending")
    first = await octt.call("BootNotification", POWER_UP)
    assert (first["status"], first["interval"] > 0) == ("Pending", True)
    await decide("accepted")
    await octt.booted()


@pytest.mark.parametrize("registration", ["pending", "rejected"])
async def test_TC_B_30(octt: Octt, decide: Any, registration: str) -> None:
    await decide(registration)
    assert (await octt.call("BootNotification", POWER_UP))["status"] == registration.capitalize()
    told = {"connectorStatus": "Available", "evseId": 1, "connectorId": 1, "timestamp": "2026-11-01T10:00:00Z"}
    with pytest.raises(CallError) as status:
        await octt.call("StatusNotification", told)
    with pytest.raises(CallError) as event:
        await octt.event(component("Connector", octt.evse), "AvailabilityState", "Available")
    assert (status.value.code, event.value.code) == ("SecurityError", "SecurityError")


@pytest.mark.parametrize("registration", ["pending", "rejected"])
async def test_TC_B_31(octt: Octt, decide: Any, registration: str) -> None:
    await decide(registration)
    assert (await octt.call("BootNotification", POWER_UP))["status"] == registration.capitalize()
    _, [(action, request)] = await octt.operator(commands.TriggerMessage("BootNotification"), {"status": "Accepted"})
    assert (action, request["requestedMessage"]) == ("TriggerMessage", "BootNotification")
    await decide("accepted")
    assert (await octt.call("BootNotification", POWER_UP | {"reason": "Triggered"}))["status"] == "Accepted"
    await octt.notify("Available")


# The device model


def part(name: str) -> dict[str, Any]:
    """Component and variable of a name, as a station writes them."""
    component_name, variable = name.split("/")
    variable, _, instance = variable.rstrip(")").partition("(")
    return {
        "component": {"name": component_name},
        "variable": {"name": variable} | ({"instance": instance} if instance else {}),
    }


def values(**told: str) -> dict[str, Any]:
    """The answer to GetVariables."""
    results = [{"attributeStatus": "Accepted", "attributeValue": value, **part(name)} for name, value in told.items()]
    return {"getVariableResult": results}


def set_results(*names: str) -> dict[str, Any]:
    return {"setVariableResult": [{"attributeStatus": "Accepted", **part(name)} for name in names]}


LIMIT, OTHER_LIMIT = "DeviceDataCtrlr/ItemsPerMessage(GetVariables)", "DeviceDataCtrlr/ItemsPerMessage(SetVariables)"
GETS = ("GetReport", "GetVariables")
OFFLINE, REMOTE = "OCPPCommCtrlr/OfflineThreshold", "AuthCtrlr/AuthorizeRemoteStart"


async def with_limit(octt: Octt) -> None:
    """The central system has read how much the station takes at once: four."""
    await octt.booted()
    one_by_one = [values(**{LIMIT: "4"}), values(**{OTHER_LIMIT: "4"})]
    await octt.operator(commands.ReadSettings([LIMIT]), one_by_one[0])
    await octt.operator(commands.ReadSettings([OTHER_LIMIT]), one_by_one[1])


def asked_of(request: dict[str, Any]) -> list[dict[str, Any]]:
    """What a GetVariables asks for, and that it asks for the actual values."""
    assert all(each.get("attributeType", "Actual") == "Actual" for each in request["getVariableData"])
    return [{name: each[name] for name in ("component", "variable")} for each in request["getVariableData"]]


def set_to(request: dict[str, Any]) -> list[tuple[dict[str, Any], str]]:
    """What a SetVariables sets, and to what."""
    assert all(each.get("attributeType", "Actual") == "Actual" for each in request["setVariableData"])
    return [
        ({name: each[name] for name in ("component", "variable")}, each["attributeValue"])
        for each in request["setVariableData"]
    ]


async def test_TC_B_06(octt: Octt) -> None:
    await octt.booted()
    record, [(action, request)] = await octt.operator(commands.ReadSettings([OFFLINE]), values(**{OFFLINE: "60"}))
    assert (action, asked_of(request)) == ("GetVariables", [part(OFFLINE)])
    assert (await octt.settings())[OFFLINE] == "60"
    assert record.data is not None
    assert [(each["name"], each["value"]) for each in record.data["settings"]] == [(OFFLINE, "60")]


async def test_TC_B_07(octt: Octt) -> None:
    await with_limit(octt)
    answer = values(**{OFFLINE: "60", REMOTE: "false"})
    record, [(action, request)] = await octt.operator(commands.ReadSettings([OFFLINE, REMOTE]), answer)
    assert (action, asked_of(request)) == ("GetVariables", [part(OFFLINE), part(REMOTE)])
    assert record.outcome == "accepted"
    assert {name: (await octt.settings())[name] for name in (OFFLINE, REMOTE)} == {OFFLINE: "60", REMOTE: "false"}


async def test_TC_B_08(octt: Octt) -> None:
    await with_limit(octt)
    each = {f"DeviceDataCtrlr/{what}({of})": "4000" for what in ("ItemsPerMessage", "BytesPerMessage") for of in GETS}
    each |= {LIMIT: "4", REMOTE: "true"}
    first, last = dict(list(each.items())[:4]), {REMOTE: "true"}
    record, calls = await octt.operator(commands.ReadSettings(list(each)), values(**first), values(**last))
    assert [action for action, _ in calls] == ["GetVariables", "GetVariables"]
    assert [asked_of(request) for _, request in calls] == [[part(name) for name in first], [part(REMOTE)]]
    assert record.outcome == "accepted"
    known = await octt.settings()
    assert {name: known[name] for name in each} == each


async def test_TC_B_09(octt: Octt) -> None:
    await octt.booted()
    change = commands.ChangeSettings([commands.Change(OFFLINE, "123")])
    record, [(action, request)] = await octt.operator(change, set_results(OFFLINE))
    assert (action, set_to(request)) == ("SetVariables", [(part(OFFLINE), "123")])
    assert (record.outcome, (await octt.settings())[OFFLINE]) == ("accepted", "123")


async def test_TC_B_10(octt: Octt) -> None:
    await with_limit(octt)
    change = commands.ChangeSettings([commands.Change(OFFLINE, "123"), commands.Change(REMOTE, "false")])
    record, [(action, request)] = await octt.operator(change, set_results(OFFLINE, REMOTE))
    assert (action, set_to(request)) == ("SetVariables", [(part(OFFLINE), "123"), (part(REMOTE), "false")])
    known = await octt.settings()
    assert (record.outcome, known[OFFLINE], known[REMOTE]) == ("accepted", "123", "false")


# Reports


async def report(octt: Octt, request_id: int, **told: str) -> None:
    """The report, each variable in a part of its own."""
    for seq, (name, value) in enumerate(told.items()):
        one = part(name) | {"variableAttribute": [{"value": value}]}
        more = {"tbc": True} if seq < len(told) - 1 else {}
        answer = await octt.call(
            "NotifyReport",
            {"requestId": request_id, "generatedAt": now(octt.app), "seqNo": seq, "reportData": [one], **more},
        )
        assert answer == {}


async def base_report(octt: Octt, scope: Any, base: str) -> None:
    await octt.booted()
    record, [(action, request)] = await octt.operator(commands.ReportSettings(scope), {"status": "Accepted"})
    assert (action, request["reportBase"], request["requestId"] >= 0) == ("GetBaseReport", base, True)
    assert (record.state, record.awaits) == ("awaiting", "report")
    told = {OFFLINE: "60", REMOTE: "true", "EVSE/AvailabilityState": "Available"}
    await report(octt, request["requestId"], **told)
    assert (await octt.record(record.id)).state == "done"
    assert (await octt.settings()).items() >= told.items()


async def test_TC_B_12(octt: Octt) -> None:
    await base_report(octt, "configuration", "ConfigurationInventory")


async def test_TC_B_13(octt: Octt) -> None:
    await base_report(octt, "all", "FullInventory")


async def test_TC_B_14(octt: Octt) -> None:
    await base_report(octt, "summary", "SummaryInventory")


async def test_TC_B_18(octt: Octt) -> None:
    await octt.booted()
    asked = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "AvailabilityState"}}
    names = ["EVSE#1/AvailabilityState"]
    problem = commands.ReportSettings("problem", components=names)
    record, [(action, request)] = await octt.operator(problem, {"status": "EmptyResultSet"})
    assert (action, request["componentCriteria"], request["componentVariable"]) == ("GetReport", ["Problem"], [asked])
    assert record.outcome == "nothing_found"
    available = commands.ReportSettings("available", components=names)
    record, [(action, request)] = await octt.operator(available, {"status": "Accepted"})
    assert (action, request["componentCriteria"], request["componentVariable"]) == ("GetReport", ["Available"], [asked])
    told = {"requestId": request["requestId"], "generatedAt": now(octt.app), "seqNo": 0}
    data = asked | {"variableAttribute": [{"value": "Occupied"}]}
    assert await octt.call("NotifyReport", told | {"reportData": [data]}) == {}
    assert (await octt.record(record.id)).state == "done"
    assert (await octt.settings())[names[0]] == "Occupied"


# Reset


async def reset(octt: Octt, command: commands.Reset, status: str, **asked: Any) -> commands.CommandRecord:
    record, calls = await octt.operator(command, {"status": status})
    assert calls == [("Reset", asked)]
    return record


async def driver_leaves(octt: Octt) -> None:
    """The transaction for which a reset waits comes to its end."""
    answer = await octt.transact("StopAuthorized", info={"chargingState": "EVConnected"}, idToken=CARD)
    assert answer["idTokenInfo"]["status"] == "Accepted"
    idle = {"chargingState": "Idle", "stoppedReason": "EVDisconnected"}
    await octt.transact("EVCommunicationLost", kind="Ended", info=idle)
    await has_ended(octt, "car_disconnected")


async def is_cut_off(octt: Octt) -> None:
    info = {"chargingState": "EVConnected", "stoppedReason": "ImmediateReset"}
    assert await octt.transact("ResetCommand", kind="Ended", info=info) == {}
    await has_ended(octt, "hard_reset")


async def has_ended(octt: Octt, reason: str) -> None:
    [session] = await octt.sessions()
    assert (session.status, session.stop_reason) == ("completed", reason)


async def test_TC_B_20(octt: Octt) -> None:
    await octt.booted()
    record = await reset(octt, commands.Reset(), "Accepted", type="OnIdle")
    assert (record.state, record.outcome) == ("done", "accepted")
    await octt.booted(reason="RemoteReset")


async def test_TC_B_21(octt: Octt) -> None:
    await octt.booted()
    await octt.energy_transfer_started()
    record = await reset(octt, commands.Reset(), "Scheduled", type="OnIdle")
    assert record.outcome == "scheduled"
    await driver_leaves(octt)
    await octt.booted(reason="ScheduledReset")


async def test_TC_B_22(octt: Octt) -> None:
    await octt.booted()
    await octt.energy_transfer_started()
    record = await reset(octt, commands.Reset("hard"), "Accepted", type="Immediate")
    assert (record.outcome, record.awaits) == ("accepted", "boot")
    await is_cut_off(octt)
    await octt.booted(reason="RemoteReset", occupied=1)
    await octt.app.database.write(commands.expire)  # as the clock does every few seconds
    assert (await octt.record(record.id)).state == "done"


async def test_TC_B_25(octt: Octt) -> None:
    await octt.booted()
    record = await reset(octt, commands.Reset(evse=1), "Accepted", type="OnIdle", evseId=1)
    assert (record.state, record.outcome) == ("done", "accepted")


async def test_TC_B_26(octt: Octt) -> None:
    await octt.booted()
    await octt.energy_transfer_started()
    record = await reset(octt, commands.Reset(evse=1), "Scheduled", type="OnIdle", evseId=1)
    assert record.outcome == "scheduled"
    await driver_leaves(octt)


async def test_TC_B_27(octt: Octt) -> None:
    await octt.booted()
    await octt.energy_transfer_started()
    record = await reset(octt, commands.Reset("hard", evse=1), "Accepted", type="Immediate", evseId=1)
    assert (record.state, record.outcome) == ("done", "accepted")
    await is_cut_off(octt)


# How it reaches a server


async def network_profile(octt: Octt, status: str) -> commands.CommandRecord:
    """A profile is set in slot 2, as it is configured for the cases."""
    await octt.booted()
    url = "wss://charging.example.org/ocpp"
    command = commands.SetNetworkProfile(2, url, security_profile=2, interface="wireless0", message_timeout_s=45)
    record, [(action, request)] = await octt.operator(command, {"status": status})
    assert (action, request["configurationSlot"]) == ("SetNetworkProfile", 2)
    assert request["connectionData"] == {
        "messageTimeout": 45,
        "ocppCsmsUrl": url,
        "ocppInterface": "Wireless0",
        "ocppTransport": "JSON",
        "ocppVersion": "OCPP20",
        "securityProfile": 2,
    }
    return record


async def test_TC_B_42(octt: Octt) -> None:
    record = await network_profile(octt, "Accepted")
    assert (record.state, record.outcome) == ("done", "accepted")


async def test_TC_B_44(octt: Octt) -> None:
    record = await network_profile(octt, "Failed")
    assert (record.state, record.outcome) == ("failed", "rejected")
    assert record.sentence == "The charger could not store it."
