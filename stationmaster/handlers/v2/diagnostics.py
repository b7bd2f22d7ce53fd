"""Block N, diagnostics."""

from __future__ import annotations

from stationmaster.domain.stations import Station
from stationmaster.handlers.routing import Routes
from stationmaster.handlers.v2.availability import availability_event
from stationmaster.ocpp import v201
from stationmaster.ocpp.dialects import V201
from stationmaster.storage import Work

diagnostics = Routes(V201)


@diagnostics.on
def notify_event(work: Work, station: Station, req: v201.NotifyEvent) -> v201.NotifyEventResponse:
    for event in req.event_data:
        availability_event(work, station, event)
    return v201.NotifyEventResponse()
