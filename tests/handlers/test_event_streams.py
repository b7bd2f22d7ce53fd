"""The streams in which a charger of 2.1 tells the values of a monitor, many at once and unanswered (N11 to N15)."""

from __future__ import annotations

from typing import Any

import pytest

from stationmaster.app import App
from stationmaster.domain import deviations, message_log
from stationmaster.domain.commands import AdjustPeriodicEventStream, ClearMonitors, GetPeriodicEventStreams
from stationmaster.domain.secrets_by_kind import HIDDEN
from stationmaster.domain.station_settings import (
    setting_changes,
    setting_monitors,
    setting_streams,
    station_settings,
    streams,
)
from stationmaster.domain.timeline.sentences import sentence
from tests.charger import CallError
from tests.handlers.asking import Asked, Clock
from tests.handlers.conftest import Stored

ACCEPTED = {"status": "Accepted"}
pytestmark = pytest.mark.any_database


@pytest.fixture
def version() -> str:
    return "2.1"


def stream(number: int, monitor: int = 8, **params: int) -> dict[str, Any]:
    return {"id": number, "variableMonitoringId": monitor, "params": params or {"interval": 60}}


async def begin(one: Asked, number: int, monitor: int = 8, **params: int) -> dict[str, Any]:
    answer: dict[str, Any] = await one.call(
        "OpenPeriodicEventStream", {"constantStreamData": stream(number, monitor, **params)}
    )
    return answer


async def tell(one: Asked, number: int, *values: tuple[float, str], minutes: float = -5, **more: Any) -> None:
    """Values, so many seconds after a moment so many minutes from now. When this returns they are stored, and nothing was answered."""
    told = {"id": number, "pending": 0, "basetime": one.clock.text(minutes), **more}
    data = [{"t": after, "v": value} for after, value in values]
    await one.raw.send([6, "send", "NotifyPeriodicEventStream", told | {"data": data}])
    answer = await one.raw.exchange([2, "after", "DataTransfer", {"vendorId": "nobody"}])
    assert answer[:2] == [3, "after"]


async def watch(one: Asked, monitor: int = 8, name: str = "Temperature") -> None:
    """The charger has told of a monitor."""
    told = {"id": monitor, "type": "Periodic", "value": 1, "severity": 9, "transaction": False}
    told["eventNotificationType"] = "CustomMonitor"
    watched = {"component": {"name": "Ctrlr", "evse": {"id": 1}}, "variable": {"name": name}}
    payload = {"requestId": 1, "seqNo": 0, "generatedAt": one.clock.text()}
    assert (
        await one.call("NotifyMonitoringReport", payload | {"monitor": [watched | {"variableMonitoring": [told]}]})
        == {}
    )


async def remarked(one: Asked) -> list[tuple[str, int, str]]:
    rows = await one.app.database.read(deviations.of_station, one.id)
    return [(row.rule, row.repaired, row.example) for row in rows]


async def test_N11_the_newest_value_of_a_stream_is_the_value_of_its_setting(one: Asked, stored: Stored) -> None:
    await watch(one)
    assert await begin(one, 3, interval=60, values=10) == ACCEPTED
    [row] = await stored.rows(setting_streams)
    assert (row.number, row.monitor, row.name) == (3, 8, "Ctrlr#1/Temperature")
    assert (row.interval_s, row.at_once, row.opened_at, row.closed_at) == (60, 10, one.clock.now, None)
    assert (row.in_order, row.last_value, row.last_at) == (0, None, None)

    await tell(one, 3, (0, "20"), (2.5, "22"), (1, "21"), pending=4)  # the order in a message is no order
    [row] = await stored.rows(setting_streams)
    assert (row.in_order, row.late, row.pending, row.last_value) == (3, 0, 4, "22")
    assert (one.clock.now - row.last_at).total_seconds() == 5 * 60 - 2.5
    [value] = await stored.rows(station_settings)
    assert (value.name, value.value, value.component, value.evse) == ("Ctrlr#1/Temperature", "22", "Ctrlr", 1)
    [monitor] = await stored.rows(setting_monitors)
    assert (monitor.triggered_by, monitor.triggered_at) == ("22", one.clock.now)

    await tell(one, 3, (0, "30"), minutes=-1)
    [value] = await stored.rows(station_settings)
    assert value.value == "30"
    assert await stored.rows(setting_changes) == []
    assert await remarked(one) == []


async def test_N15_values_that_come_late_or_twice_are_counted_and_change_nothing(one: Asked, stored: Stored) -> None:
    await watch(one)
    await begin(one, 3)
    for _ in range(2):
        await tell(one, 3, (0, "20"), (1, "21"))
    await tell(one, 3, (0, "10"), (1, "11"), minutes=-10)
    [row] = await stored.rows(setting_streams)
    assert (row.in_order, row.late, row.last_value) == (2, 4, "21")
    [value] = await stored.rows(station_settings)
    assert value.value == "21"
    await tell(one, 3, (0, "19"), (2, "22"))  # late in part
    [row] = await stored.rows(setting_streams)
    assert (row.in_order, row.late, row.last_value) == (3, 5, "22")


async def test_N15_a_time_that_cannot_be_holds_nothing_back(one: Asked, stored: Stored) -> None:
    await begin(one, 3)
    await tell(one, 3, (0, "1"), (1e300, "2"), (-1e300, "0"))
    [row] = await stored.rows(setting_streams)
    assert (row.last_value, row.last_at) == ("2", one.clock.now)
    await tell(one, 3, (0, "3"), basetime="1970-01-01T00:00:00Z")
    one.clock.forward(1)
    await tell(one, 3, (0, "4"), minutes=4)  # its clock is ahead
    one.clock.forward(1)
    await tell(one, 3, (0, "5"), minutes=0)  # and was set right
    [row] = await stored.rows(setting_streams)
    assert (row.last_value, row.last_at) == ("5", one.clock.now)


async def test_N15_a_stream_is_known_before_its_monitor_and_keeps_no_secret(one: Asked, stored: Stored) -> None:
    await begin(one, 3)
    await tell(one, 3, (0, "hunter2"))
    assert await stored.rows(station_settings) == []
    await watch(one, name="WifiPassword")
    await tell(one, 3, (1, "hunter3"))
    [row] = await stored.rows(setting_streams)
    assert (row.name, row.last_value, row.in_order) == ("Ctrlr#1/WifiPassword", HIDDEN, 2)
    [value] = await stored.rows(station_settings)
    [monitor] = await stored.rows(setting_monitors)
    assert (value.value, monitor.triggered_by) == (HIDDEN, HIDDEN)


async def test_ATK_13_an_event_tells_a_monitor_no_secret(one: Asked, stored: Stored) -> None:
    await watch(one, name="WifiPassword")
    [monitor] = await stored.rows(setting_monitors)
    event = {
        "eventId": 1,
        "timestamp": one.clock.text(),
        "trigger": "Alerting",
        "actualValue": "hunter2",
        "eventNotificationType": "CustomMonitor",
        "variableMonitoringId": monitor.number,
        "component": {"name": "Ctrlr", "evse": {"id": 1}},
        "variable": {"name": "WifiPassword"},
    }
    await one.call("NotifyEvent", {"generatedAt": one.clock.text(), "seqNo": 0, "eventData": [event]})
    [monitor] = await stored.rows(setting_monitors)
    assert (monitor.triggered_by, monitor.triggered_at) == (HIDDEN, one.clock.now)


async def test_N15_values_of_a_stream_that_we_do_not_know_are_taken_and_remarked_on(one: Asked, stored: Stored) -> None:
    await tell(one, 9, (0, "1"), (1, "2"))
    await tell(one, 2**70, (0, "1"))
    [row] = await stored.rows(setting_streams)
    assert (row.number, row.opened_at, row.monitor, row.last_value, row.in_order) == (9, None, None, "2", 2)
    assert await remarked(one) == [("unknown-stream", 2, "a value of a stream")]
    assert await stored.rows(station_settings) == []
    for number in (9, 10, 2**70):
        assert await one.call("ClosePeriodicEventStream", {"id": number}) == {}
    assert await remarked(one) == [("unknown-stream", 5, "the end of a stream")]
    assert await begin(one, 9) == ACCEPTED
    [row] = await stored.rows(setting_streams)
    assert (row.opened_at, row.closed_at, row.in_order, row.last_value) == (one.clock.now, None, 0, None)


async def test_N13_a_stream_ends_and_may_begin_again(one: Asked, stored: Stored) -> None:
    await watch(one)
    await begin(one, 3)
    await tell(one, 3, (0, "20"))
    one.clock.forward(1)
    assert await one.call("ClosePeriodicEventStream", {"id": 3}) == {}
    [row] = await stored.rows(setting_streams)
    assert (row.closed_at, row.last_value) == (one.clock.now, "20")
    assert await remarked(one) == []
    await one.ask(ClearMonitors([8]), {"clearMonitoringResult": [{"id": 8, "status": "Accepted"}]})
    await tell(one, 3, (9, "21"))  # it is over
    [row] = await stored.rows(setting_streams)
    assert (row.closed_at, row.last_value, row.in_order) == (one.clock.now, "21", 2)
    assert await remarked(one) == [("unknown-stream", 1, "a value of a stream")]
    assert await begin(one, 3, 11, values=5) == ACCEPTED
    [row] = await stored.rows(setting_streams)
    assert (row.monitor, row.name, row.at_once, row.closed_at, row.in_order) == (11, None, 5, None, 0)


async def test_N14_an_accepted_change_of_pace_is_kept(one: Asked, stored: Stored) -> None:
    await begin(one, 3, interval=60, values=10)
    came, _ = await one.ask(AdjustPeriodicEventStream(id=3, interval_s=5), {"status": "Rejected"})
    [row] = await stored.rows(setting_streams)
    assert (came.outcome, row.interval_s, row.at_once) == ("rejected", 60, 10)
    came, _ = await one.ask(AdjustPeriodicEventStream(id=3, interval_s=5), ACCEPTED)
    [row] = await stored.rows(setting_streams)
    assert (came.outcome, row.interval_s, row.at_once) == ("accepted", 5, 10)
    came, _ = await one.ask(AdjustPeriodicEventStream(id=4, values=1), ACCEPTED)  # one that we have not heard of
    assert came.outcome == "accepted"


async def test_N12_the_list_of_the_charger_sets_ours_right(one: Asked, stored: Stored) -> None:
    for number in (1, 2, 3):
        await begin(one, number)
    await tell(one, 2, (0, "20"))
    await tell(one, 5, (0, "50"))
    await one.call("ClosePeriodicEventStream", {"id": 3})
    one.clock.forward(1)
    listed = [stream(2, 8, interval=7), stream(3, 9), stream(4, 8), stream(5, 8), stream(2**70, 8)]
    came, _ = await one.ask(GetPeriodicEventStreams(), {"constantStreamData": listed})
    assert came.sentence == "The charger has told of 5."
    rows = {row.number: row for row in await stored.rows(setting_streams)}
    assert {number: row.closed_at for number, row in rows.items()} == {1: one.clock.now} | dict.fromkeys((2, 3, 4, 5))
    assert (rows[2].interval_s, rows[2].last_value, rows[3].monitor) == (7, "20", 9)
    assert rows[2].opened_at < one.clock.now == rows[4].opened_at == rows[5].opened_at
    await one.ask(GetPeriodicEventStreams(), {})
    assert all(row.closed_at is not None for row in await stored.rows(setting_streams))


async def test_N11_FR_05_there_is_a_bound_and_a_reason(one: Asked, stored: Stored) -> None:
    await tell(one, 1000, (0, "1"))
    for number in range(streams.MAX_STREAMS):
        assert await begin(one, number) == ACCEPTED
    refused = await begin(one, 500)
    assert (refused["status"], refused["statusInfo"]["reasonCode"]) == ("Rejected", "TooManyElements")
    assert "100 streams" in refused["statusInfo"]["additionalInfo"]
    await tell(one, 1000, (0, "1"))  # is counted, and has no place
    assert (await begin(one, 2**70))["status"] == "Rejected"
    assert await begin(one, 7) == ACCEPTED  # one of them
    assert sorted(row.number for row in await stored.rows(setting_streams)) == list(range(streams.MAX_STREAMS))
    await one.call("ClosePeriodicEventStream", {"id": 20})
    assert await begin(one, 500) == ACCEPTED
    numbers = {row.number for row in await stored.rows(setting_streams)}
    assert len(numbers) == streams.MAX_STREAMS and 500 in numbers and 20 not in numbers


async def test_N_the_time_line_tells_of_streams_in_words(app: App, one: Asked) -> None:
    await begin(one, 3)
    await tell(one, 3, (0, "20"), (1, "21"), pending=2)
    await tell(one, 3, (2, "22"))
    await begin(one, 2**70)
    await one.call("ClosePeriodicEventStream", {"id": 3})

    rows = await app.database.read(lambda work: message_log.listed(work, one.id, limit=20, cursor=None))
    said = [sentence(row.exchange) for row in reversed(rows) if "Stream" in row.exchange.action]
    assert said[:3] == [
        "It began the stream 3 of values that its monitor 8 finds.",
        "It sent 2 values of the stream 3. 2 more are waiting there.",
        "It sent 1 value of the stream 3.",
    ]
    assert said[3].endswith("We turned it down.") and said[4] == "It ended the stream 3 of values."


@pytest.mark.parametrize("action", ["OpenPeriodicEventStream", "ClosePeriodicEventStream"])
async def test_N_a_charger_of_2_0_1_has_no_streams(app: App, charger: Any, stored: Stored, action: str) -> None:
    one = await Asked.connect(app, charger, "2.0.1", Clock(app))
    told = {"constantStreamData": stream(3)} if action.startswith("Open") else {"id": 3}
    with pytest.raises(CallError) as refused:
        await one.call(action, told)
    assert refused.value.code == "NotImplemented"
    assert await stored.rows(setting_streams) == []
