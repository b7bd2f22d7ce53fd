"""Monitors that the CSMS sets on variables of a 2.0.1 or 2.1 charger, and what they find (block N)."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from msgspec import structs

from stationmaster.ocpp import v21, v201
from stationmaster.ocpp.dialects import V21
from stationmaster.ocpp.messages import now_text
from stationmaster.simulator.station import Disconnected, Handler, answering
from stationmaster.simulator.v2_device import Variable, chosen, find, parts, variables

if TYPE_CHECKING:
    from stationmaster.simulator.v2 import ChargingStation21, ChargingStation201

ANSWERS: dict[str, Handler] = {}
ANSWERS_21: dict[str, Handler] = {}
answers, answers_21 = answering(ANSWERS), answering(ANSWERS_21)

LOOK_S = 1.0  # how often the variables are looked at
PERIODIC = ("Periodic", "PeriodicClockAligned")


@dataclass
class Stream:
    """Values of a monitor that are told many at once, without an answer (2.1, N11 to N15)."""

    id: int
    interval_s: int | None
    at_once: int | None
    told_at: float  # simulated seconds
    waiting: list[tuple[datetime, str]] = field(default_factory=list)

    def is_due(self, now: float) -> bool:
        by_time = self.interval_s is not None and now - self.told_at >= self.interval_s
        return bool(self.waiting) and (by_time or bool(self.at_once and len(self.waiting) >= self.at_once))


@dataclass
class Monitor:
    """One that the CSMS has set on a variable."""

    id: int
    variable: Variable
    type: str
    value: float
    severity: int
    transaction: bool
    last: str | None = None  # the value that was told, or was there when it was set
    due: float = 0.0  # of a periodic one, in simulated seconds
    fired: bool = False  # a threshold is passed
    stream: Stream | None = None


# -- what is asked -----------------------------------------------------------------------------------------------------


@answers
def set_monitors(cs: "ChargingStation201", req: v201.SetVariableMonitoring) -> v201.SetVariableMonitoringResponse:
    results = [_set_one(cs, each) for each in req.set_monitoring_data]
    if cs.monitors and not cs.is_watching:
        cs.is_watching = True
        cs.background(_watch(cs), "monitors")
    return v201.SetVariableMonitoringResponse(set_monitoring_result=results)


@answers
def clear_monitors(cs: "ChargingStation201", req: v201.ClearVariableMonitoring) -> v201.ClearVariableMonitoringResponse:
    results = []
    for id in req.id:
        gone = cs.monitors.pop(id, None)
        if gone is not None:
            _end_stream(cs, gone)
        status = cast(Any, "NotFound" if gone is None else "Accepted")
        results.append(v201.ClearMonitoringResultType(id=id, status=status))
    return v201.ClearVariableMonitoringResponse(clear_monitoring_result=results)


@answers
def set_monitoring_base(cs: "ChargingStation201", req: v201.SetMonitoringBase) -> v201.SetMonitoringBaseResponse:
    """There are no factory's monitors here: each base means those that the CSMS has set, or none (N05)."""
    if req.monitoring_base != "All":
        for monitor in cs.monitors.values():
            _end_stream(cs, monitor)
        cs.monitors.clear()
    return v201.SetMonitoringBaseResponse(status="Accepted")


@answers
def set_monitoring_level(cs: "ChargingStation201", req: v201.SetMonitoringLevel) -> v201.SetMonitoringLevelResponse:
    if not 0 <= req.severity <= 9:
        return v201.SetMonitoringLevelResponse(status="Rejected")
    cs.monitoring_level = req.severity
    return v201.SetMonitoringLevelResponse(status="Accepted")


@answers
def get_monitoring_report(cs: "ChargingStation201", req: v201.GetMonitoringReport) -> v201.GetMonitoringReportResponse:
    kinds = {
        "ThresholdMonitoring": ("UpperThreshold", "LowerThreshold"),
        "DeltaMonitoring": ("Delta",),
        "PeriodicMonitoring": PERIODIC,
    }
    wanted = [kind for criterion in req.monitoring_criteria or kinds for kind in kinds[criterion]]
    named = {row.names for row in chosen(variables(cs), req.component_variable)}
    found = [each for each in cs.monitors.values() if each.type in wanted and each.variable.names in named]
    if not found:
        return v201.GetMonitoringReportResponse(status="EmptyResultSet")
    cs.soon(_report(cs, req.request_id, found), "report")
    return v201.GetMonitoringReportResponse(status="Accepted")


def _set_one(cs: "ChargingStation201", given: v201.SetMonitoringDataType) -> v201.SetMonitoringResultType:
    found = find(cs, given.component, given.variable)
    status, id = "Accepted", given.id
    if not isinstance(found, Variable):
        status = found
    elif not found.monitored or (given.type.endswith("Threshold") and found.kind != "int"):
        status = "UnsupportedMonitorType"
    elif given.type in PERIODIC and given.value <= 0:
        status = "Rejected"
    elif any(
        (each.variable.names, each.type, each.severity) == (found.names, given.type, given.severity)
        and each.id != given.id
        for each in cs.monitors.values()
    ):
        status = "Duplicate"
    elif id is not None and id not in cs.monitors:
        status = "Rejected"  # only an existing monitor is replaced (N04.FR.16)
    else:
        id = id or max(cs.monitors, default=0) + 1
        if id in cs.monitors:
            _end_stream(cs, cs.monitors[id])  # N13.FR.06
        monitor = Monitor(id, found, given.type, given.value, given.severity, bool(given.transaction), found.value)
        monitor.due = _next_due(cs, monitor)
        cs.monitors[id] = monitor
        wanted = given.periodic_event_stream if isinstance(given, v21.SetMonitoringDataType) else None
        if wanted is not None:
            cs.soon(_open_stream(cast("ChargingStation21", cs), monitor, wanted), "stream")
    return v201.SetMonitoringResultType(
        status=cast(Any, status),
        type=given.type,
        component=given.component,
        variable=given.variable,
        severity=given.severity,
        id=id if status == "Accepted" else None,
    )


async def _report(cs: "ChargingStation201", request_id: int, monitors: list[Monitor]) -> None:
    for number, (part, more) in enumerate(parts(monitors)):
        data = [
            v201.MonitoringDataType(
                component=each.variable.wire_component,
                variable=each.variable.wire_variable,
                variable_monitoring=[_as_told(cs, each)],
            )
            for each in part
        ]
        message = v201.NotifyMonitoringReport(
            request_id=request_id, seq_no=number, generated_at=cs.now_text(), tbc=more, monitor=data
        )
        await cs.call(message, v201.NotifyMonitoringReportResponse)


def _as_told(cs: "ChargingStation201", monitor: Monitor) -> v201.VariableMonitoringType:
    told = v201.VariableMonitoringType(
        id=monitor.id,
        transaction=monitor.transaction,
        value=monitor.value,
        type=cast(Any, monitor.type),
        severity=monitor.severity,
    )
    if cs.dialect is V21:  # it wants to know whose monitor it is
        return v21.VariableMonitoringType(**structs.asdict(told), event_notification_type="CustomMonitor")
    return told


# -- what they find ----------------------------------------------------------------------------------------------------


async def _watch(cs: "ChargingStation201") -> None:
    """Look at what is monitored for as long as anything is."""
    try:
        while cs.monitors:
            await cs.clock.sleep(LOOK_S)
            if cs.is_ready:
                await _look(cs)
    finally:
        cs.is_watching = False


async def _look(cs: "ChargingStation201") -> None:
    now = {row.names: row.value for row in variables(cs)}
    events = []
    for monitor in list(cs.monitors.values()):
        value = now.get(monitor.variable.names)
        if value is None or (monitor.transaction and not _charges(cs, monitor.variable.evse)):
            continue
        found = _found(cs, monitor, value)
        if found is None or monitor.severity > cs.monitoring_level:
            continue
        if monitor.stream is not None:
            monitor.stream.waiting.append((cs.now(), value))
        else:
            events.append(_event(cs, monitor, value, cleared=found == "over"))
    if events:
        told = v201.NotifyEvent(generated_at=cs.now_text(), seq_no=0, tbc=False, event_data=events)
        await cs.try_call(told)
    _tell_streams(cs, cs.monitors.values())


def _found(cs: "ChargingStation201", monitor: Monitor, value: str) -> str | None:
    """What this monitor has to say of a value: `fired`, `over` (it is well again), or nothing."""
    if monitor.type in PERIODIC:
        if cs.clock.seconds() < monitor.due:
            return None
        monitor.due = _next_due(cs, monitor)
        return "fired"
    if monitor.type == "Delta":
        by = None if monitor.last is None else _difference(monitor.last, value)
        if value == monitor.last or (by is not None and by < monitor.value):
            return None
        monitor.last = value
        return "fired"
    beyond = float(value) > monitor.value if monitor.type == "UpperThreshold" else float(value) < monitor.value
    if beyond == monitor.fired:
        return None
    monitor.fired = beyond
    return "fired" if beyond else "over"


def _difference(one: str, other: str) -> float | None:
    """Of numbers; words differ or do not (N04)."""
    with suppress(ValueError):
        return abs(float(one) - float(other))
    return None


def _next_due(cs: "ChargingStation201", monitor: Monitor) -> float:
    """When a periodic monitor tells next. A clock that has jumped leaves nothing to be told later."""
    if monitor.type not in PERIODIC:
        return 0.0
    now = cs.clock.seconds()
    aligned = cs.clock.now().timestamp() % monitor.value if monitor.type == "PeriodicClockAligned" else 0.0
    return now + monitor.value - aligned


def _charges(cs: "ChargingStation201", evse: int | None) -> bool:
    return any(post.transaction is not None for number, post in cs.connectors.items() if evse in (None, number))


def _event(cs: "ChargingStation201", monitor: Monitor, value: str, *, cleared: bool) -> v201.EventDataType:
    trigger = "Periodic" if monitor.type in PERIODIC else "Delta" if monitor.type == "Delta" else "Alerting"
    return v201.EventDataType(
        event_id=cs.next_event(),
        timestamp=cs.now_text(),
        trigger=cast(Any, trigger),
        actual_value=value,
        cleared=True if cleared else None,
        variable_monitoring_id=monitor.id,
        component=monitor.variable.wire_component,
        variable=monitor.variable.wire_variable,
        event_notification_type="CustomMonitor",
    )


# -- streams (2.1) -----------------------------------------------------------------------------------------------------


@answers_21
def get_streams(cs: "ChargingStation21", req: v21.GetPeriodicEventStream) -> v21.GetPeriodicEventStreamResponse:
    told = [
        v21.ConstantStreamDataType(
            id=stream.id,
            params=v21.PeriodicEventStreamParamsType(interval=stream.interval_s, values=stream.at_once),
            variable_monitoring_id=monitor.id,
        )
        for monitor in cs.monitors.values()
        if (stream := monitor.stream) is not None
    ]
    return v21.GetPeriodicEventStreamResponse(constant_stream_data=told or None)


@answers_21
def adjust_stream(cs: "ChargingStation21", req: v21.AdjustPeriodicEventStream) -> v21.AdjustPeriodicEventStreamResponse:
    """What is not named stays as it is (N14)."""
    streams = [monitor.stream for monitor in cs.monitors.values()]
    stream = next((each for each in streams if each is not None and each.id == req.id), None)
    if stream is None:
        return v21.AdjustPeriodicEventStreamResponse(status="Rejected")
    if req.params.interval is not None:
        stream.interval_s = req.params.interval
    if req.params.values is not None:
        stream.at_once = req.params.values
    return v21.AdjustPeriodicEventStreamResponse(status="Accepted")


async def _open_stream(cs: "ChargingStation21", monitor: Monitor, params: v21.PeriodicEventStreamParamsType) -> None:
    """What the monitor finds goes through a stream, if the CSMS takes it (N11.FR.02, FR.07)."""
    cs.streams_opened += 1
    number = cs.streams_opened
    told = v21.ConstantStreamDataType(id=number, params=params, variable_monitoring_id=monitor.id)
    answer = await cs.try_call(v21.OpenPeriodicEventStream(constant_stream_data=told))
    if isinstance(answer, v21.OpenPeriodicEventStreamResponse) and answer.status == "Accepted":
        monitor.stream = Stream(number, params.interval, params.values, cs.clock.seconds())


def _end_stream(cs: "ChargingStation201", monitor: Monitor) -> None:
    """What waits is told first (N13.FR.03)."""
    stream, monitor.stream = monitor.stream, None
    if stream is None:
        return
    if stream.waiting:
        _tell_stream(cs, stream, len(stream.waiting))
    cs.soon(_close_stream(cs, stream.id), "stream")


async def _close_stream(cs: "ChargingStation201", number: int) -> None:
    await cs.try_call(v21.ClosePeriodicEventStream(id=number))


def _tell_streams(cs: "ChargingStation201", monitors: Iterable[Monitor]) -> None:
    now = cs.clock.seconds()
    for monitor in monitors:
        stream = monitor.stream
        if stream is not None and stream.is_due(now):
            _tell_stream(cs, stream, stream.at_once or len(stream.waiting))


def _tell_stream(cs: "ChargingStation201", stream: Stream, count: int) -> None:
    told, stream.waiting = stream.waiting[:count], stream.waiting[count:]
    stream.told_at = cs.clock.seconds()
    base = told[0][0]
    message = v21.NotifyPeriodicEventStream(
        data=[v21.StreamDataElementType(t=(at - base).total_seconds(), v=value) for at, value in told],
        id=stream.id,
        pending=len(stream.waiting),
        basetime=now_text(base),
    )
    with suppress(Disconnected):
        cs.send(message)
