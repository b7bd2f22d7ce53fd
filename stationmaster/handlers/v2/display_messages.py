"""Block O, messages on the display of a charger."""

from __future__ import annotations

from stationmaster.domain.stations import Station
from stationmaster.handlers.routing import Routes
from stationmaster.handlers.v2 import words
from stationmaster.ocpp import v201
from stationmaster.ocpp.dialects import V201
from stationmaster.storage import Work

display_messages = Routes(V201)


@display_messages.on
def notify_display_messages(
    work: Work, station: Station, req: v201.NotifyDisplayMessages
) -> v201.NotifyDisplayMessagesResponse:
    words.part(work, station, req.request_id, more=req.tbc)
    return v201.NotifyDisplayMessagesResponse()
