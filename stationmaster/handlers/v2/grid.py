"""Block R, distributed energy resources, and of block Q the signal for frequency restoration (2.1)."""

from __future__ import annotations

from typing import Any, get_args

import msgspec

from stationmaster.domain import alarms, commands
from stationmaster.domain.commands import Answer, Awaits
from stationmaster.domain.errors import Invalid
from stationmaster.domain.stations import Station
from stationmaster.handlers.routing import Ask, Routes
from stationmaster.handlers.v2 import words
from stationmaster.handlers.v2.payloads import typed
from stationmaster.ocpp import v21
from stationmaster.ocpp.dialects import V21
from stationmaster.ocpp.messages import now_text
from stationmaster.storage import Work

grid = Routes(V21)

REPORT_S = 60.0
MOST = 200  # controls of one report in the history; more are in the message log
_KINDS: tuple[str, ...] = get_args(v21.DERControlEnumType)


@grid.on
def notify_der_alarm(work: Work, station: Station, req: v21.NotifyDERAlarm) -> v21.NotifyDERAlarmResponse:
    if not req.alarm_ended:
        fault = req.grid_event_fault or "a fault of the grid"
        alarms.raise_alarm(
            work, station, kind="grid", detail=f"{req.control_type}: {fault} {req.extra_info or ''}".strip()
        )
    return v21.NotifyDERAlarmResponse()


@grid.on
def notify_der_start_stop(work: Work, station: Station, req: v21.NotifyDERStartStop) -> v21.NotifyDERStartStopResponse:
    return v21.NotifyDERStartStopResponse()


@grid.on
def report_der_control(work: Work, station: Station, req: v21.ReportDERControl) -> v21.ReportDERControlResponse:
    """One part of a report, which is not numbered; it is whole when no more is to follow."""
    row = commands.by_request_id(work, station, req.request_id)
    if row is not None:
        known = (row.data or {}).get("controls", [])
        told = [each for each in _controls(req) if each not in known]
        data = {"controls": told[: max(0, MOST - len(known))]}
        words.part(work, station, req.request_id, more=req.tbc, data=data)
    return v21.ReportDERControlResponse()


@grid.sends
def set_der_control(work: Work, station: Station, command: commands.SetDerControl) -> v21.SetDERControl:
    return typed(V21, v21.SetDERControl, command.control, inside="control")


@grid.answers
def set_der_control_answered(
    work: Work,
    station: Station,
    command: commands.SetDerControl,
    request: v21.SetDERControl,
    response: v21.SetDERControlResponse,
) -> Answer:
    meant = words.answer(response.status, words.reason(response.status_info))
    if not response.superseded_ids:
        return meant
    replaced = list(response.superseded_ids)
    return Answer(meant.outcome, f"{meant.words} It takes the place of {', '.join(replaced)}.", {"replaced": replaced})


@grid.sends
def get_der_control(work: Work, station: Station, command: commands.GetDerControl) -> Ask[v21.GetDERControl]:
    number = commands.new_request_id()
    request = v21.GetDERControl(
        request_id=number, is_default=command.default, control_type=_kind(command.kind), control_id=command.id
    )
    return Ask([request], awaits=Awaits("report", REPORT_S), request_id=number)


@grid.answers
def get_der_control_answered(
    work: Work,
    station: Station,
    command: commands.GetDerControl,
    request: v21.GetDERControl,
    response: v21.GetDERControlResponse,
) -> Answer:
    if response.status == "NotFound":
        return Answer("nothing_found", "The charger has no such control.")
    return words.answer(response.status, words.reason(response.status_info))


@grid.sends
def clear_der_control(work: Work, station: Station, command: commands.ClearDerControl) -> v21.ClearDERControl:
    return v21.ClearDERControl(is_default=command.default, control_type=_kind(command.kind), control_id=command.id)


@grid.sends
def send_afrr_signal(work: Work, station: Station, command: commands.SendAfrrSignal) -> v21.AFRRSignal:
    return v21.AFRRSignal(timestamp=now_text(command.at or work.now), signal=command.signal)


def _kind(kind: str | None) -> Any:
    if kind is not None and kind not in _KINDS:
        raise Invalid("kind", "must be one of {known}", known=", ".join(_KINDS))
    return kind


def _controls(req: v21.ReportDERControl) -> list[dict[str, Any]]:
    """Each control that is told, with its kind of object, in the specification's own words: it is what set-der-control takes."""
    told = msgspec.to_builtins(req)
    lists = {name: items for name, items in told.items() if isinstance(items, list)}
    return [{"object": name} | item for name, items in lists.items() for item in items]
