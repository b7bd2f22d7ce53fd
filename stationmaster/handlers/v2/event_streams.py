"""Block N, diagnostics: periodic event streams of 2.1 (N11 to N15)."""

from __future__ import annotations

from datetime import timedelta

from stationmaster.domain import commands, station_settings
from stationmaster.domain.commands import Answer
from stationmaster.domain.errors import Invalid
from stationmaster.domain.station_settings import monitors, streams
from stationmaster.domain.station_settings.streams import Stream, Value
from stationmaster.domain.stations import Station
from stationmaster.handlers.routing import Routes
from stationmaster.handlers.v2 import words
from stationmaster.handlers.v2.settings import setting
from stationmaster.handlers.words import moment
from stationmaster.ocpp import v21
from stationmaster.ocpp.dialects import V21
from stationmaster.ocpp.messages import Response
from stationmaster.storage import Work

event_streams = Routes(V21)

_FARTHEST_S = 10 * 365 * 86_400.0  # from the base of the times in a message


@event_streams.on
def open_periodic_event_stream(
    work: Work, station: Station, req: v21.OpenPeriodicEventStream
) -> v21.OpenPeriodicEventStreamResponse:
    if streams.open_stream(work, station, _stream(req.constant_stream_data)):
        return v21.OpenPeriodicEventStreamResponse(status="Accepted")
    # N11.FR.05, FR.07: the charger goes on with NotifyEvent.
    why = f"at most {streams.MAX_STREAMS} streams, with ids below 2^63"
    info = v21.StatusInfoType(reason_code="TooManyElements", additional_info=why)
    return v21.OpenPeriodicEventStreamResponse(status="Rejected", status_info=info)


@event_streams.on
def close_periodic_event_stream(
    work: Work, station: Station, req: v21.ClosePeriodicEventStream
) -> v21.ClosePeriodicEventStreamResponse:
    streams.close_stream(work, station, req.id)
    return v21.ClosePeriodicEventStreamResponse()


@event_streams.on
def notify_periodic_event_stream(work: Work, station: Station, req: v21.NotifyPeriodicEventStream) -> Response:
    """A SEND, which nobody answers."""
    base = moment(work, req.basetime).at
    told = []
    for each in sorted(req.data, key=lambda element: element.t):
        after_s = max(-_FARTHEST_S, min(each.t, _FARTHEST_S))
        # A clock that is ahead and then set right must not hold back the values that follow.
        told.append(Value(min(base + timedelta(seconds=after_s), work.now), each.v))
    taken = streams.take_values(work, station, req.id, told, pending=req.pending)
    if taken is not None:
        monitors.trigger(work, station, taken.monitor, value=taken.value, cleared=False)
        if taken.name is not None:
            _learn_value(work, station, taken.name, taken.value)
    return Response()


@event_streams.sends
def get_periodic_event_streams(
    work: Work, station: Station, command: commands.GetPeriodicEventStreams
) -> v21.GetPeriodicEventStream:
    return v21.GetPeriodicEventStream()


@event_streams.answers
def get_periodic_event_streams_answered(
    work: Work,
    station: Station,
    command: commands.GetPeriodicEventStreams,
    request: v21.GetPeriodicEventStream,
    response: v21.GetPeriodicEventStreamResponse,
) -> Answer:
    told = response.constant_stream_data or ()
    streams.learn(work, station, [_stream(each) for each in told])
    found = [
        {
            "id": each.id,
            "monitor": each.variable_monitoring_id,
            "interval_s": each.params.interval,
            "values": each.params.values,
        }
        for each in told
    ]
    return words.list_answer("streams", found, "The charger has no stream open.")


@event_streams.sends
def adjust_periodic_event_stream(
    work: Work, station: Station, command: commands.AdjustPeriodicEventStream
) -> v21.AdjustPeriodicEventStream:
    params = v21.PeriodicEventStreamParamsType(interval=command.interval_s, values=command.values)
    return v21.AdjustPeriodicEventStream(id=command.id, params=params)


@event_streams.answers
def adjust_periodic_event_stream_answered(
    work: Work,
    station: Station,
    command: commands.AdjustPeriodicEventStream,
    request: v21.AdjustPeriodicEventStream,
    response: v21.AdjustPeriodicEventStreamResponse,
) -> Answer:
    if response.status == "Accepted":
        streams.adjust(work, station, command.id, interval_s=command.interval_s, at_once=command.values)
    return words.answer(response.status, words.reason(response.status_info))


def _stream(told: v21.ConstantStreamDataType) -> Stream:
    return Stream(told.id, told.variable_monitoring_id, told.params.interval, told.params.values)


def _learn_value(work: Work, station: Station, name: str, value: str) -> None:
    try:
        component, variable = words.component_and_variable("name", name)
    except Invalid:
        return  # a name that the charger has made of other characters than a setting's; the stream has the value
    station_settings.learn_value(work, station, setting(component, variable, value))
