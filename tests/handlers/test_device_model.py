"""The device model of 2.x, frame by frame: reports in any order, values, monitors (B05 to B08, N02 to N08)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from stationmaster.app import App
from stationmaster.domain import commands, organizations, stations
from stationmaster.domain.commands import Command, CommandRecord
from stationmaster.domain.commands import commands as commands_table
from stationmaster.domain.secrets_by_kind import HIDDEN
from stationmaster.domain.station_settings import setting_changes, setting_monitors, station_settings
from stationmaster.gateway.reports import ask_again
from tests.handlers.conftest import Station2, Stored

AT = "2026-11-01T10:00:00Z"


def variable(name: str, value: str | None, *, component: str = "Ctrlr", **attribute: Any) -> dict[str, Any]:
    """One variable of a report."""
    told = attribute if value is None else {"value": value, **attribute}
    return {"component": {"name": component}, "variable": {"name": name}, "variableAttribute": [told]}


def part(request: int, seq: int, *told: dict[str, Any], more: bool = True) -> dict[str, Any]:
    payload: dict[str, Any] = {"requestId": request, "seqNo": seq, "generatedAt": AT, "tbc": more}
    return payload | ({"reportData": list(told)} if told else {})


async def ask(app: App, one: Station2, command: Command, answer: dict[str, Any]) -> tuple[list[Any], CommandRecord]:
    """The frame that a command becomes, and what came of it when the charger has given this answer."""
    found = app.directory.find("CP1")
    assert found is not None
    asked = asyncio.create_task(app.switchboard.send(found.station.id, command, by="ann"))
    sent = await one.raw.receive()
    await one.raw.send([3, sent[1], answer])
    return sent, await asked


@pytest.fixture
def decide(app: App) -> Callable[..., Any]:
    async def change(registration: str) -> None:
        home = await app.database.write(organizations.home)
        await app.database.write(stations.change, home, "CP1", {"registration": registration})

    return change


async def values(stored: Stored) -> dict[str, str | None]:
    return {row.name: row.value for row in await stored.rows(station_settings)}


async def test_P_10_a_long_report_while_pending(app: App, station: Any, stored: Stored, decide: Any) -> None:
    one = await station(boot=False)
    await decide("pending")
    assert (await one.boot())["status"] == "Pending"
    sent, asked = await ask(app, one, commands.ReportSettings(), {"status": "Accepted"})
    request = sent[3]["requestId"]
    assert (sent[2], asked.state, asked.awaits) == ("GetBaseReport", "awaiting", "report")
    order = [*range(9), 9, 9, 10, 11, 13]  # part 9 comes twice, part 12 last
    for seq in order:
        told = part(request, seq, variable(f"V{seq}", f"is {seq}"), more=seq != 13)
        assert await one.call("NotifyReport", told) == {}
    [row] = await stored.rows(commands_table)
    assert (row.state, row.progress, row.detail) == (
        "awaiting",
        "reporting",
        "The report is not whole. Missing: part 12.",
    )
    assert row.data["report"]["missing"] == [[12, 12]]
    await one.call("NotifyReport", part(request, 12, variable("V12", "is 12")))
    [row] = await stored.rows(commands_table)
    assert (row.state, row.progress, row.data["report"]["items"]) == ("done", "reported", 14)
    assert await values(stored) == {f"Ctrlr/V{seq}": f"is {seq}" for seq in range(14)}


async def test_P_10_a_report_with_a_part_that_is_lost_is_asked_for_again_once(
    app: App, station: Any, stored: Stored
) -> None:
    one = await station()
    sent, _ = await ask(app, one, commands.ReportSettings(scope="configuration"), {"status": "Accepted"})
    request = sent[3]["requestId"]
    await one.call("NotifyReport", part(request, 0, variable("A", "1")))
    await one.call("NotifyReport", part(request, 2, variable("C", "1"), more=False))
    await ask_again(app.database, app.switchboard, quiet_for=timedelta(hours=1))  # it may still come
    [row] = await stored.rows(commands_table)
    assert row.state == "awaiting"
    asking = asyncio.create_task(ask_again(app.database, app.switchboard, quiet_for=timedelta(0)))
    again = await one.raw.receive()
    await one.raw.send([3, again[1], {"status": "Accepted"}])
    await asking
    assert again[2:] == ["GetBaseReport", sent[3] | {"requestId": again[3]["requestId"]}]
    first, second = await stored.rows(commands_table)
    assert (first.state, first.detail) == (
        "expired",
        "The report is not whole. Missing: part 1. It is asked for again.",
    )
    assert (second.state, second.asked_by) == ("awaiting", "stationmaster")
    await one.call("NotifyReport", part(again[3]["requestId"], 1, variable("B", "1"), more=False))
    await ask_again(app.database, app.switchboard, quiet_for=timedelta(0))
    first, second = await stored.rows(commands_table)
    assert (second.state, second.detail) == ("expired", "The report is not whole. Missing: part 0.")
    await one.call("NotifyReport", part(request, 1, variable("B", "late")))  # what was lost comes after all
    first, second = await stored.rows(commands_table)
    assert (first.state, first.status, first.progress) == ("done", "accepted", "reported")


async def test_P_10_nothing_of_an_earlier_request_mixes_in(app: App, station: Any, stored: Stored) -> None:
    one = await station()
    first, _ = await ask(app, one, commands.ReportSettings(), {"status": "Accepted"})
    second, _ = await ask(app, one, commands.ReportSettings(), {"status": "Accepted"})
    early, late = first[3]["requestId"], second[3]["requestId"]
    await one.call("NotifyReport", part(late, 0, variable("A", "new"), more=False))
    await one.call("NotifyReport", part(early, 1, variable("A", "old"), variable("B", "old"), more=False))
    assert await values(stored) == {"Ctrlr/A": "new", "Ctrlr/B": "old"}
    states = {row.request_id: row.state for row in await stored.rows(commands_table)}
    assert states == {early: "awaiting", late: "done"}


async def test_a_report_that_is_told_before_its_answer_is_whole(app: App, station: Any, stored: Stored) -> None:
    one = await station()
    found = app.directory.find("CP1")
    assert found is not None
    asked = asyncio.create_task(app.switchboard.send(found.station.id, commands.ReportSettings(), by="ann"))
    sent = await one.raw.receive()
    await one.call("NotifyReport", part(sent[3]["requestId"], 0, variable("A", "1"), more=False))
    await one.raw.send([3, sent[1], {"status": "Accepted"}])
    record = await asked
    assert (record.state, record.progress) == ("done", "reported")
    assert record.data is not None and record.data["report"]["items"] == 1


async def test_there_may_be_nothing_to_report(app: App, station: Any) -> None:
    one = await station()
    command = commands.ReportSettings(scope="problem", components=["EVSE#1", "Ctrlr/A"])
    sent, record = await ask(app, one, command, {"status": "EmptyResultSet"})
    assert sent[2] == "GetReport" and sent[3].pop("requestId") > 0
    assert sent[3] == {
        "componentCriteria": ["Problem"],
        "componentVariable": [
            {"component": {"name": "EVSE", "evse": {"id": 1}}},
            {"component": {"name": "Ctrlr"}, "variable": {"name": "A"}},
        ],
    }
    assert (record.state, record.outcome) == ("failed", "nothing_found")


async def test_what_is_told_of_a_variable(station: Any, stored: Stored) -> None:
    one = await station()
    told = {
        "component": {"name": "EVSE", "instance": "left", "evse": {"id": 1, "connectorId": 2}},
        "variable": {"name": "Power", "instance": "max"},
        "variableAttribute": [
            {"type": "Actual", "value": "11000", "mutability": "ReadOnly"},
            {"type": "MaxSet", "value": "22000"},
        ],
        "variableCharacteristics": {
            "dataType": "OptionList",
            "supportsMonitoring": True,
            "unit": "W",
            "minLimit": 0.5,
            "maxLimit": 22000,
            "valuesList": "1,2",
        },
    }
    await one.call("NotifyReport", part(7, 0, told, more=False))
    actual, highest = await stored.rows(station_settings)
    assert (actual.name, actual.attribute, actual.value) == ("EVSE(left)#1#2/Power(max)", "actual", "11000")
    assert (actual.component, actual.instance, actual.evse, actual.connector) == ("EVSE", "left", 1, 2)
    assert (actual.variable, actual.variable_instance) == ("Power", "max")
    assert (actual.read_only, actual.kind, actual.unit) == (True, "option_list", "W")
    assert (actual.min_limit, actual.max_limit, actual.choices) == (0.5, 22000.0, "1,2")
    assert (highest.attribute, highest.value, highest.read_only) == ("max", "22000", False)


async def test_A9_a_secret_of_the_device_model_is_not_kept(station: Any, stored: Stored) -> None:
    one = await station()
    told = [
        variable("BasicAuthPassword", "canary-9f31", mutability="ReadWrite"),
        variable("Psk", "canary-9f31", component="WifiCtrlr"),
        variable("Server", "ftp://u:canary-9f31@files.example/"),
    ]
    await one.call("NotifyReport", part(7, 0, *told, more=False))
    kept = await values(stored)
    assert kept["Ctrlr/BasicAuthPassword"] == kept["WifiCtrlr/Psk"] == HIDDEN
    assert "canary" not in str(kept) and "files.example" in str(kept["Ctrlr/Server"])


async def test_what_changes_is_history_and_says_by_whom(app: App, station: Any, stored: Stored) -> None:
    one = await station()
    await one.call("NotifyReport", part(7, 0, variable("A", "1"), variable("B", "1"), more=False))
    assert await stored.rows(setting_changes) == []  # told for the first time
    await one.call("NotifyReport", part(8, 0, variable("A", "2"), variable("B", "1"), more=False))
    command = commands.ChangeSettings(changes=[commands.Change("Ctrlr/A", "3"), commands.Change("Ctrlr/C", "9")])
    await one.call("NotifyReport", part(9, 0, limit("SetVariables", 5), more=False))
    results = [result("A", "Accepted"), result("C", "Rejected", statusInfo=True)]
    sent, record = await ask(app, one, command, {"setVariableResult": results})
    assert [each["attributeValue"] for each in sent[3]["setVariableData"]] == ["3", "9"]
    assert (record.outcome, record.sentence) == ("rejected", "Ctrlr/C: The charger has refused. It says: busy")
    assert record.data is not None
    assert [(each["name"], each["outcome"]) for each in record.data["settings"]] == [
        ("Ctrlr/A", "accepted"),
        ("Ctrlr/C", "rejected"),
    ]
    told = [(row.name, row.before, row.after, row.by, row.command) for row in await stored.rows(setting_changes)]
    assert told == [("Ctrlr/A", "1", "2", None, None), ("Ctrlr/A", "2", "3", "ann", record.id)]
    assert (await values(stored))["Ctrlr/A"] == "3"


def limit(action: str, number: int, what: str = "ItemsPerMessage") -> dict[str, Any]:
    told = variable(what, str(number), component="DeviceDataCtrlr")
    return told | {"variable": {"name": what, "instance": action}}


def result(name: str, status: str, *, statusInfo: bool = False) -> dict[str, Any]:
    told = {"component": {"name": "Ctrlr"}, "variable": {"name": name}, "attributeStatus": status}
    return told | ({"attributeStatusInfo": {"reasonCode": "X", "additionalInfo": "busy"}} if statusInfo else {})


async def test_a_reading_that_a_monitor_tells_is_a_value_and_no_change(station: Any, stored: Stored) -> None:
    one = await station()
    await one.call(
        "NotifyReport",
        part(
            7,
            0,
            variable("Temperature", "20", mutability="ReadOnly"),
            variable("Interval", "60", mutability="ReadWrite"),
            more=False,
        ),
    )
    for name, value in [("Temperature", "21"), ("Interval", "90"), ("New", "1")]:
        await one.call("NotifyEvent", {"generatedAt": AT, "seqNo": 0, "eventData": [event(name, value)]})
    assert await values(stored) == {"Ctrlr/Temperature": "21", "Ctrlr/Interval": "90", "Ctrlr/New": "1"}
    assert [(row.name, row.after) for row in await stored.rows(setting_changes)] == [("Ctrlr/Interval", "90")]


async def test_N_48_a_monitor_of_what_can_only_be_written_tells_no_value(
    app: App, station: Any, stored: Stored
) -> None:
    one = await station()
    report = [variable("Tone", None, mutability="WriteOnly"), variable("Label", "left", mutability="ReadWrite")]
    await one.call("NotifyReport", part(7, 0, *report, more=False))
    change = commands.ChangeSettings(changes=[commands.Change("Ctrlr/Tone", "7")])
    await ask(app, one, change, {"setVariableResult": [result("Tone", "Accepted")]})
    for name in ("Tone", "Label"):
        await one.call("NotifyEvent", {"generatedAt": AT, "seqNo": 0, "eventData": [event(name, "")]})
    assert await values(stored) == {"Ctrlr/Tone": "7", "Ctrlr/Label": ""}
    assert [(row.name, row.after) for row in await stored.rows(setting_changes)] == [
        ("Ctrlr/Tone", "7"),
        ("Ctrlr/Label", ""),
    ]


def event(name: str, value: str, **more: Any) -> dict[str, Any]:
    return {
        "eventId": 1,
        "timestamp": AT,
        "trigger": "Alerting",
        "actualValue": value,
        "eventNotificationType": "CustomMonitor",
        "component": {"name": "Ctrlr"},
        "variable": {"name": name},
        **more,
    }


async def test_N04_monitors_are_set_found_something_and_are_cleared(app: App, station: Any, stored: Stored) -> None:
    one = await station()
    watch = commands.Watch("Ctrlr/Temperature", "above", 70, severity=4)
    told = {"type": "UpperThreshold", "severity": 4, "component": {"name": "Ctrlr"}}
    answer = told | {"variable": {"name": "Temperature"}, "status": "Accepted", "id": 31}
    sent, record = await ask(app, one, commands.SetMonitors([watch]), {"setMonitoringResult": [answer]})
    assert sent[2:] == [
        "SetVariableMonitoring",
        {"setMonitoringData": [told | {"variable": {"name": "Temperature"}, "value": 70}]},
    ]
    assert (record.outcome, record.data["settings"][0]["value"]) == ("accepted", "31")  # type: ignore[index]
    fired = event("Temperature", "71.5", variableMonitoringId=31)
    await one.call("NotifyEvent", {"generatedAt": AT, "seqNo": 0, "eventData": [fired]})
    [row] = await stored.rows(setting_monitors)
    assert (row.number, row.name, row.kind, row.value, row.severity) == (31, "Ctrlr/Temperature", "above", 70.0, 4)
    assert row.triggered_by == "71.5" and row.triggered_at is not None and row.cleared_at is None
    over = event("Temperature", "65", variableMonitoringId=31, cleared=True)
    await one.call("NotifyEvent", {"generatedAt": AT, "seqNo": 1, "eventData": [over]})
    [row] = await stored.rows(setting_monitors)
    assert row.triggered_by == "65" and row.cleared_at is not None
    cleared = {"clearMonitoringResult": [{"id": 31, "status": "NotFound"}]}
    _, record = await ask(app, one, commands.ClearMonitors([31]), cleared)
    assert record.sentence == "monitor 31: The charger has no such thing."
    assert await stored.rows(setting_monitors) == []


async def test_N04_FR_19_a_report_of_all_monitors_says_what_is_gone(app: App, station: Any, stored: Stored) -> None:
    one = await station()

    def monitor(number: int) -> dict[str, Any]:
        told = {"id": number, "transaction": False, "value": 1.5, "type": "Delta", "severity": 5}
        told["eventNotificationType"] = "CustomMonitor"
        return {"component": {"name": "Ctrlr"}, "variable": {"name": "A"}, "variableMonitoring": [told]}

    report = {"seqNo": 0, "generatedAt": AT}
    await one.call("NotifyMonitoringReport", report | {"requestId": 5, "monitor": [monitor(1), monitor(2)]})
    sent, record = await ask(app, one, commands.ReportMonitors(), {"status": "Accepted"})
    assert (sent[2], record.state) == ("GetMonitoringReport", "awaiting")
    request = sent[3]["requestId"]
    await one.call("NotifyMonitoringReport", report | {"requestId": request, "monitor": [monitor(2), monitor(3)]})
    assert [row.number for row in await stored.rows(setting_monitors)] == [2, 3]
    [row] = await stored.rows(commands_table)
    assert (row.state, row.progress) == ("done", "reported")


@pytest.mark.every_case
@pytest.mark.parametrize(
    "command, left",
    [
        (commands.ReportMonitors(), []),
        (commands.ReportMonitors(["threshold"]), [2, 3]),
        (commands.ReportMonitors(["change", "periodic"]), [1]),
        (commands.ReportMonitors(settings=["Ctrlr/A"]), [3]),
        (commands.ReportMonitors(settings=["ctrlr#1"]), [1, 2]),
        (commands.ReportMonitors(["change"], ["Ctrlr/A", "Ctrlr/B"]), [1, 3]),
        (commands.SetMonitoringBase("all"), [1, 2, 3]),
        (commands.SetMonitoringBase("factory_default"), []),
    ],
)
async def test_N02_N03_monitors_that_a_charger_has_no_longer_are_gone(
    app: App, station: Any, stored: Stored, command: Command, left: list[int]
) -> None:
    one = await station()
    for number, component, kind in (
        (1, {"name": "Ctrlr"}, "UpperThreshold"),
        (2, {"name": "Ctrlr"}, "Delta"),
        (3, {"name": "Ctrlr", "evse": {"id": 1}}, "Periodic"),
    ):
        told = {"id": number, "transaction": False, "value": 1.5, "type": kind, "severity": 5}
        told["eventNotificationType"] = "CustomMonitor"
        monitor = {"component": component, "variable": {"name": "A"}, "variableMonitoring": [told]}
        report = {"requestId": 5, "seqNo": 0, "generatedAt": AT, "monitor": [monitor]}
        await one.call("NotifyMonitoringReport", report)
    status = "EmptyResultSet" if isinstance(command, commands.ReportMonitors) else "Accepted"
    await ask(app, one, command, {"status": status})
    assert sorted(row.number for row in await stored.rows(setting_monitors)) == left


@pytest.mark.every_case
@pytest.mark.parametrize(
    "command, sent",
    [
        (commands.SetMonitoringBase("built_in_only"), ["SetMonitoringBase", {"monitoringBase": "HardWiredOnly"}]),
        (commands.SetMonitoringLevel(4), ["SetMonitoringLevel", {"severity": 4}]),
    ],
)
async def test_N03_N05_what_is_watched_over(app: App, station: Any, command: Command, sent: list[Any]) -> None:
    frame, record = await ask(app, await station(), command, {"status": "Accepted"})
    assert (frame[2:], record.outcome) == (sent, "accepted")


async def test_a_long_report_of_one_message_is_stored_whole(station: Any, stored: Stored) -> None:
    one = await station()
    await one.call("NotifyReport", part(7, 0, *(variable(f"V{n}", str(n)) for n in range(3000)), more=False))
    kept = await values(stored)
    assert len(kept) == 3000 and kept["Ctrlr/V2999"] == "2999"
