"""Block N, monitoring: what the station watches over, and what it has found (N02 to N08)."""

from __future__ import annotations

import msgspec

from stationmaster.domain import commands, station_settings
from stationmaster.domain.commands import Answer, Awaits
from stationmaster.domain.station_settings import Result, monitors
from stationmaster.domain.station_settings.monitors import Monitor
from stationmaster.domain.stations import Station
from stationmaster.handlers.routing import Ask, Routes
from stationmaster.handlers.v2 import words
from stationmaster.handlers.v2.availability import availability_event, meter_event
from stationmaster.handlers.v2.settings import REPORT_S, component_or_variable, setting, within_limits
from stationmaster.ocpp import v21, v201
from stationmaster.ocpp.dialects import V201
from stationmaster.storage import Work

monitoring = Routes(V201)

_TYPES: dict[str, v201.MonitorEnumType] = {
    "above": "UpperThreshold",
    "below": "LowerThreshold",
    "change": "Delta",
    "periodic": "Periodic",
    "periodic_clock_aligned": "PeriodicClockAligned",
}
_KINDS = {theirs: ours for ours, theirs in _TYPES.items()} | {
    "TargetDelta": "from_target",
    "TargetDeltaRelative": "from_target_percent",
}
_CRITERIA: dict[str, v201.MonitoringCriterionEnumType] = {
    "threshold": "ThresholdMonitoring",
    "change": "DeltaMonitoring",
    "periodic": "PeriodicMonitoring",
}
_BASES: dict[str, v201.MonitoringBaseEnumType] = {
    "all": "All",
    "factory_default": "FactoryDefault",
    "built_in_only": "HardWiredOnly",
}


@monitoring.on
def notify_event(work: Work, station: Station, req: v201.NotifyEvent) -> v201.NotifyEventResponse:
    for event in req.event_data:
        availability_event(work, station, event)
        meter_event(work, station, event)
        told = setting(event.component, event.variable, event.actual_value)
        station_settings.learn_value(work, station, told)
        if event.variable_monitoring_id is not None:
            number, cleared = event.variable_monitoring_id, event.cleared is True
            monitors.trigger(work, station, number, value=station_settings.public_value(told) or "", cleared=cleared)
    return v201.NotifyEventResponse()


@monitoring.on
def notify_monitoring_report(
    work: Work, station: Station, req: v201.NotifyMonitoringReport
) -> v201.NotifyMonitoringReportResponse:
    told = [
        _monitor(one.component, one.variable, each.id, each.type, each.value, each.severity, each.transaction)
        for one in req.monitor or ()
        for each in one.variable_monitoring
    ]
    more = req.tbc is True
    command = commands.take_part(work, station, req.request_id, seq=req.seq_no, more=more, items=len(told))
    monitors.learn(work, station, told, as_of=None if command is None else command.asked_at)
    if command is not None and command.progress == commands.REPORTED and command.name == "report-monitors":
        wanted = command.arguments or {}
        kinds, settings = wanted.get("kinds", ()), wanted.get("settings", ())
        monitors.forget_untold(work, station, command.asked_at, kinds=kinds, settings=settings)
    return v201.NotifyMonitoringReportResponse()


@monitoring.sends
def report_monitors(work: Work, station: Station, command: commands.ReportMonitors) -> Ask[v201.GetMonitoringReport]:
    number = commands.new_request_id()
    kinds = [_CRITERIA[kind] for kind in dict.fromkeys(command.kinds)]
    request = v201.GetMonitoringReport(
        request_id=number,
        monitoring_criteria=kinds or None,
        component_variable=[component_or_variable("settings", name) for name in command.settings] or None,
    )
    return Ask([request], awaits=Awaits("report", REPORT_S), request_id=number)


@monitoring.answers
def report_monitors_answered(
    work: Work,
    station: Station,
    command: commands.ReportMonitors,
    request: v201.GetMonitoringReport,
    response: v201.GetMonitoringReportResponse,
) -> Answer:
    if response.status == "EmptyResultSet":
        monitors.forget_untold(work, station, None, kinds=command.kinds, settings=command.settings)
    return words.answer(response.status, words.reason(response.status_info))


@monitoring.sends
def set_monitors(work: Work, station: Station, command: commands.SetMonitors) -> list[v201.SetVariableMonitoring]:
    items = []
    for watch in command.monitors:
        component, variable = words.component_and_variable("monitors", watch.setting)
        item = v201.SetMonitoringDataType(
            value=watch.value,
            type=_TYPES[watch.kind],
            severity=watch.severity,
            component=component,
            variable=variable,
            id=watch.id,
            transaction=True if watch.only_in_session else None,
        )
        items.append(item if watch.stream is None else _with_stream(item, watch.stream))
    return within_limits(
        work, station, items, lambda portion: v201.SetVariableMonitoring(set_monitoring_data=portion), field="monitors"
    )


def _with_stream(item: v201.SetMonitoringDataType, pace: commands.Pace) -> v201.SetMonitoringDataType:
    params = v21.PeriodicEventStreamParamsType(interval=pace.interval_s, values=pace.values)
    return v21.SetMonitoringDataType(**msgspec.structs.asdict(item), periodic_event_stream=params)


@monitoring.answers
def set_monitors_answered(
    work: Work,
    station: Station,
    command: commands.SetMonitors,
    request: v201.SetVariableMonitoring,
    response: v201.SetVariableMonitoringResponse,
) -> Answer:
    wanted = {
        _same(data.component, data.variable, data.type, data.severity): data for data in request.set_monitoring_data
    }
    results, accepted = [], []
    for result in response.set_monitoring_result:
        outcome = words.answer(result.status).outcome
        name = words.setting_name(result.component, result.variable)
        data = wanted.get(_same(result.component, result.variable, result.type, result.severity))
        number = result.id if result.id is not None or data is None else data.id
        results.append(
            Result(name, outcome, None if number is None else str(number), reason=words.reason(result.status_info))
        )
        if outcome == "accepted" and number is not None and data is not None:
            only_in_session = data.transaction is True
            accepted.append(
                _monitor(data.component, data.variable, number, data.type, data.value, data.severity, only_in_session)
            )
    monitors.learn(work, station, accepted)
    return station_settings.change_answer(results)


@monitoring.sends
def clear_monitors(work: Work, station: Station, command: commands.ClearMonitors) -> list[v201.ClearVariableMonitoring]:
    ids = list(dict.fromkeys(command.ids))
    return within_limits(work, station, ids, lambda portion: v201.ClearVariableMonitoring(id=portion), field="ids")


@monitoring.answers
def clear_monitors_answered(
    work: Work,
    station: Station,
    command: commands.ClearMonitors,
    request: v201.ClearVariableMonitoring,
    response: v201.ClearVariableMonitoringResponse,
) -> Answer:
    told = response.clear_monitoring_result
    results = [
        Result(f"monitor {one.id}", words.answer(one.status).outcome, reason=words.reason(one.status_info))
        for one in told
    ]
    monitors.forget(work, station, [one.id for one in told if one.status in ("Accepted", "NotFound")])
    return station_settings.change_answer(results)


@monitoring.sends
def set_monitoring_base(work: Work, station: Station, command: commands.SetMonitoringBase) -> v201.SetMonitoringBase:
    return v201.SetMonitoringBase(monitoring_base=_BASES[command.base])


@monitoring.answers
def set_monitoring_base_answered(
    work: Work,
    station: Station,
    command: commands.SetMonitoringBase,
    request: v201.SetMonitoringBase,
    response: v201.SetMonitoringBaseResponse,
) -> Answer:
    if response.status == "Accepted" and command.base != "all":
        # N03.FR.04, FR.05: those that were set are gone, and which of the others are on only the charger knows.
        monitors.forget_untold(work, station, None)
        return Answer("accepted", "The charger has accepted. Let it report its monitors to see which are left.")
    return words.answer(response.status, words.reason(response.status_info))


@monitoring.sends
def set_monitoring_level(work: Work, station: Station, command: commands.SetMonitoringLevel) -> v201.SetMonitoringLevel:
    return v201.SetMonitoringLevel(severity=command.severity)


def _monitor(
    component: v201.ComponentType,
    variable: v201.VariableType,
    number: int,
    kind: str,
    value: float,
    severity: int,
    only_in_session: bool,
) -> Monitor:
    name = words.setting_name(component, variable)
    return Monitor(number, name, _KINDS.get(kind, kind), value, severity, only_in_session)


def _same(component: v201.ComponentType, variable: v201.VariableType, kind: str, severity: int) -> tuple[str, str, int]:
    return words.setting_name(component, variable).lower(), kind, severity
