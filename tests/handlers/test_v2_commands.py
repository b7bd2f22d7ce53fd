"""The same commands in 2.0.1 and 2.1, by their frames: what goes out, and what the answer means."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stationmaster.domain import commands, station_settings, tokens
from stationmaster.domain.commands import Answer, Command
from stationmaster.domain.errors import Invalid, NotFound
from stationmaster.domain.stations import Station
from stationmaster.handlers import v2
from stationmaster.handlers.routing import Routes, asking, with_keys
from stationmaster.handlers.v2 import words
from stationmaster.ocpp import frames
from stationmaster.storage import Work
from tests.domain.conftest import world as world

READ = commands.GetConfiguration(keys=["OCPPCommCtrlr/HeartbeatInterval", "EVSE#1#2/Power(max)"])
HEARTBEAT = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
POWER = {
    "component": {"name": "EVSE", "evse": {"id": 1, "connectorId": 2}},
    "variable": {"name": "Power", "instance": "max"},
}


@pytest.fixture(params=[v2.routes_201, v2.routes_21], ids=["2.0.1", "2.1"])
def routes(request: pytest.FixtureRequest) -> Routes:
    found: Routes = request.param
    return found


async def exchange(world: Any, routes: Routes, station: Station, command: Command, *answers: str) -> Any:
    """The frames that a command becomes, and what it means when they are answered with these payloads."""

    def both(work: Work) -> tuple[list[Any], Answer | None]:
        ask = asking(with_keys(routes.senders[type(command)], world.keys)(work, station, command))
        sent, whole = [], None
        for request, payload in zip(ask.requests, answers, strict=True):
            sent.append(json.loads(frames.call("1", request.action, request))[2:])
            assert routes.dialect.decode_request(request.action, json.dumps(sent[-1][1]).encode(), strict=True)
            response = routes.dialect.decode_response(request.action, payload.encode())
            answerer = with_keys(routes.answerer(type(command), request.action), world.keys)
            one = answerer(work, station, command, request, response)
            whole = commands.together(whole, one)
        return sent, whole

    return await world(both)


@pytest.mark.parametrize(
    "command, sent, status, outcome",
    [
        (commands.Reset(), ["Reset", {"type": "OnIdle"}], "Scheduled", "scheduled"),
        (commands.Reset(kind="hard", evse=2), ["Reset", {"type": "Immediate", "evseId": 2}], "Accepted", "accepted"),
        (
            commands.Unlock(evse=1, connector=2),
            ["UnlockConnector", {"evseId": 1, "connectorId": 2}],
            "Unlocked",
            "unlocked",
        ),
        (
            commands.Unlock(),
            ["UnlockConnector", {"evseId": 1, "connectorId": 1}],
            "OngoingAuthorizedTransaction",
            "session_ongoing",
        ),
        (
            commands.Unlock(),
            ["UnlockConnector", {"evseId": 1, "connectorId": 1}],
            "UnknownConnector",
            "unknown_connector",
        ),
        (
            commands.ChangeAvailability(operative=False),
            ["ChangeAvailability", {"operationalStatus": "Inoperative"}],
            "Accepted",
            "accepted",
        ),
        (
            commands.ChangeAvailability(operative=True, evse=1, connector=2),
            ["ChangeAvailability", {"operationalStatus": "Operative", "evse": {"id": 1, "connectorId": 2}}],
            "Scheduled",
            "scheduled",
        ),
        (commands.ClearCache(), ["ClearCache", {}], "Accepted", "accepted"),
        (
            commands.TriggerMessage(message="StatusNotification", evse=1, connector=2),
            ["TriggerMessage", {"requestedMessage": "StatusNotification", "evse": {"id": 1, "connectorId": 2}}],
            "NotImplemented",
            "not_supported",
        ),
        (
            commands.TriggerMessage(message="DiagnosticsStatusNotification", evse=1),
            ["TriggerMessage", {"requestedMessage": "LogStatusNotification"}],
            "Accepted",
            "accepted",
        ),
    ],
)
async def test_a_command_whose_answer_is_a_status(
    world: Any, routes: Routes, command: Command, sent: list[Any], status: str, outcome: str
) -> None:
    station = await world.station()
    answer = json.dumps({"status": status, "statusInfo": {"reasonCode": "X", "additionalInfo": "because"}})
    assert await exchange(world, routes, station, command, answer) == (
        [sent],
        Answer(outcome, f"{Answer(outcome).words} It says: because"),  # type: ignore[arg-type]
    )


@pytest.mark.every_case
async def test_F01_FR_25_a_remote_start_has_a_number_of_its_own(world: Any, routes: Routes) -> None:
    station = await world.station()
    command = commands.RemoteStart(token="TAG1", evse=2)
    [sent], told = await exchange(world, routes, station, command, '{"status":"Accepted"}')
    number = sent[1].pop("remoteStartId")
    assert 0 < number < 2**31
    token = {"idToken": "TAG1", "type": "Central"}
    assert sent == ["RequestStartTransaction", {"evseId": 2, "idToken": token}]
    assert told.outcome == "accepted"


async def test_P_07_a_remote_start_names_the_card_as_the_charger_reads_it(world: Any, routes: Routes) -> None:
    station = await world.station()
    await world(tokens.add, world.home, uid="TAG1", kind="Local", status="blocked")
    await world(tokens.add, world.home, uid="TAG1", kind="ISO14443")
    [sent], _ = await exchange(world, routes, station, commands.RemoteStart(token="TAG1"), '{"status":"Accepted"}')
    assert sent[1]["idToken"] == {"idToken": "TAG1", "type": "ISO14443"}


async def test_a_session_that_is_not_there_cannot_be_stopped(world: Any, routes: Routes) -> None:
    station = await world.station()
    with pytest.raises(NotFound):
        await exchange(world, routes, station, commands.RemoteStop(session="tx-1"))


async def test_variables_are_read_in_as_many_requests_as_the_charger_takes(world: Any, routes: Routes) -> None:
    station = await world.station()

    def result(*read: dict[str, Any], status: str = "Accepted", value: str = "300") -> str:
        return json.dumps(
            {"getVariableResult": [each | {"attributeStatus": status, "attributeValue": value} for each in read]}
        )

    sent, answer = await exchange(
        world, routes, station, READ, result(HEARTBEAT), result(POWER, status="UnknownVariable")
    )
    assert [each[1] for each in sent] == [{"getVariableData": [HEARTBEAT]}, {"getVariableData": [POWER]}]
    assert answer.data == {
        "settings": [{"name": "OCPPCommCtrlr/HeartbeatInterval", "value": "300", "read_only": None}],
        "unknown": ["EVSE#1#2/Power(max)"],
    }
    unknown = "The charger does not know EVSE#1#2/Power(max)."
    assert (answer.outcome, answer.words) == ("accepted", f"The charger has told its settings. {unknown}")
    limit = station_settings.Setting("DeviceDataCtrlr/ItemsPerMessage(GetVariables)", "4")
    await world(station_settings.learn, station, [limit])
    sent, answer = await exchange(world, routes, station, READ, result(HEARTBEAT, POWER))
    assert [each[1] for each in sent] == [{"getVariableData": [HEARTBEAT, POWER]}]
    assert answer.outcome == "accepted" and len(answer.data["settings"]) == 2


@pytest.mark.parametrize(
    "status, outcome, kept",
    [
        ("Accepted", "accepted", "60"),
        ("RebootRequired", "reboot_required", None),
        ("UnknownComponent", "unknown_setting", None),
        ("Rejected", "rejected", None),
    ],
)
async def test_a_variable_is_written(world: Any, routes: Routes, status: str, outcome: str, kept: str | None) -> None:
    station, name = await world.station(), "OCPPCommCtrlr/HeartbeatInterval"
    answer = json.dumps({"setVariableResult": [HEARTBEAT | {"attributeStatus": status}]})
    command = commands.ChangeConfiguration(key=name, value="60")
    [sent], told = await exchange(world, routes, station, command, answer)
    assert sent == ["SetVariables", {"setVariableData": [HEARTBEAT | {"attributeValue": "60"}]}]
    assert told.outcome == outcome
    assert await world(station_settings.value, station, name.upper()) == kept


async def test_C2_a_password_is_renewed_in_2_x_as_well(world: Any, routes: Routes) -> None:
    station = await world.station()
    variable = {"component": {"name": "SecurityCtrlr"}, "variable": {"name": "BasicAuthPassword"}}
    answer = json.dumps({"setVariableResult": [variable | {"attributeStatus": "Accepted"}]})
    [sent], told = await exchange(world, routes, station, commands.RenewPassword(), answer)
    [data] = sent[1]["setVariableData"]
    assert {name: data[name] for name in variable} == variable and len(data["attributeValue"]) == 32
    assert "until the charger has logged in" in told.sentence


@pytest.mark.parametrize("name", ["C/V", "C(i)/V", "C#1/V", "C#1#2/V(i)", "C(i)#1/V", "Tariff-Cost.Ctrlr/a:b@c"])
def test_a_name_of_a_setting_comes_back_as_it_was(name: str) -> None:
    assert words.setting_name(*words.component_and_variable("keys", name)) == name


@pytest.mark.parametrize(
    "name", ["HeartbeatInterval", "/V", "C/", "C/V/W", "C#x/V", "C()/V", "C#1#2#3/V", "C" * 51 + "/V"]
)
def test_what_is_no_name_of_a_setting_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        words.component_and_variable("keys", name)


async def test_all_settings_at_once_are_a_report(world: Any, routes: Routes) -> None:
    station = await world.station()
    [sent], told = await exchange(world, routes, station, commands.GetConfiguration(), '{"status":"Accepted"}')
    assert sent[0] == "GetBaseReport" and sent[1].pop("requestId") > 0
    assert sent[1] == {"reportBase": "FullInventory"}
    assert told.outcome == "accepted"


async def test_B05_FR_11_changes_are_split_by_items_and_bytes_and_each_has_its_outcome(
    world: Any, routes: Routes
) -> None:
    station = await world.station()
    limits = {
        "DeviceDataCtrlr/ItemsPerMessage(SetVariables)": "3",
        "DeviceDataCtrlr/BytesPerMessage(SetVariables)": "400",
    }
    told = [station_settings.Setting(name, value) for name, value in limits.items()]
    await world(station_settings.learn, station, told)
    long = "x" * 150
    values = ["1", "2", "3", "4", long, long]
    command = commands.ChangeSettings(changes=[commands.Change(f"C/V{n}", value) for n, value in enumerate(values)])

    def results(*pairs: tuple[int, str]) -> str:
        each = [
            {"component": {"name": "C"}, "variable": {"name": f"V{n}"}, "attributeStatus": status}
            for n, status in pairs
        ]
        return json.dumps({"setVariableResult": each})

    sent, answer = await exchange(
        world,
        routes,
        station,
        command,
        results((0, "Accepted"), (1, "RebootRequired"), (2, "Accepted")),
        results((3, "Accepted"), (4, "Rejected")),
        results((5, "UnknownVariable")),
    )
    assert [len(each[1]["setVariableData"]) for each in sent] == [3, 2, 1]
    assert all(len(json.dumps([2, "0" * 36, *each], separators=(",", ":"))) <= 400 for each in sent)
    assert [each["outcome"] for each in answer.data["settings"]] == [
        "accepted",
        "reboot_required",
        "accepted",
        "accepted",
        "rejected",
        "unknown_setting",
    ]
    assert not answer.good
    assert await world(station_settings.value, station, "C/V3") == "4"
    assert await world(station_settings.value, station, "C/V1") is None
    with pytest.raises(Invalid, match="400 bytes"):
        await exchange(world, routes, station, commands.ChangeSettings(changes=[commands.Change("C/V", "x" * 400)]))


async def test_B06_other_attributes_are_read_and_what_is_not_told_is_said(world: Any, routes: Routes) -> None:
    station = await world.station()
    power = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Power"}, "attributeType": "MaxSet"}
    answers = [
        {"getVariableResult": [power | {"attributeStatus": "Accepted", "attributeValue": "22000"}]},
        {"getVariableResult": [HEARTBEAT | {"attributeType": "MaxSet", "attributeStatus": "Rejected"}]},
    ]
    command = commands.ReadSettings(settings=["EVSE#1/Power", "OCPPCommCtrlr/HeartbeatInterval"], attribute="max")
    sent, answer = await exchange(world, routes, station, command, *map(json.dumps, answers))
    assert sent[0] == ["GetVariables", {"getVariableData": [power]}]
    assert answer.data["refused"] == ["OCPPCommCtrlr/HeartbeatInterval"]
    [row] = (await world(station_settings.listed, station.id)).rows
    assert (row.name, row.attribute, row.value, row.evse) == ("EVSE#1/Power", "max", "22000", 1)
