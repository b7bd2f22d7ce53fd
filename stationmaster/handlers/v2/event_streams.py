"""Block N, diagnostics: periodic event streams of 2.1 (N11 to N14). What comes in one is kept in the message log only."""

from __future__ import annotations

from stationmaster.domain import commands
from stationmaster.domain.commands import Answer
from stationmaster.domain.stations import Station
from stationmaster.handlers.routing import Routes
from stationmaster.ocpp import v21
from stationmaster.ocpp.dialects import V21
from stationmaster.ocpp.messages import Response
from stationmaster.storage import Work

event_streams = Routes(V21)


@event_streams.on
def open_periodic_event_stream(
    work: Work, station: Station, req: v21.OpenPeriodicEventStream
) -> v21.OpenPeriodicEventStreamResponse:
    # N11: nobody here looks at what comes in a stream, so none is asked to begin.
    return v21.OpenPeriodicEventStreamResponse(status="Rejected")


@event_streams.on
def close_periodic_event_stream(
    work: Work, station: Station, req: v21.ClosePeriodicEventStream
) -> v21.ClosePeriodicEventStreamResponse:
    return v21.ClosePeriodicEventStreamResponse()


@event_streams.on
def notify_periodic_event_stream(work: Work, station: Station, req: v21.NotifyPeriodicEventStream) -> Response:
    """A SEND, which nobody answers."""
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
    found = [
        {
            "id": each.id,
            "monitor": each.variable_monitoring_id,
            "interval_s": each.params.interval,
            "values": each.params.values,
        }
        for each in response.constant_stream_data or ()
    ]
    sentence = f"The charger has told of {len(found)}." if found else "The charger has no stream open."
    return Answer("accepted", sentence, {"streams": found})


@event_streams.sends
def adjust_periodic_event_stream(
    work: Work, station: Station, command: commands.AdjustPeriodicEventStream
) -> v21.AdjustPeriodicEventStream:
    params = v21.PeriodicEventStreamParamsType(interval=command.interval_s, values=command.values)
    return v21.AdjustPeriodicEventStream(id=command.id, params=params)
