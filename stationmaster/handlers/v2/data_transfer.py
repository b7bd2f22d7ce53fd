"""Block P, data transfer."""

from __future__ import annotations

from stationmaster.domain.stations import Station
from stationmaster.handlers.routing import Routes
from stationmaster.ocpp import v201
from stationmaster.ocpp.dialects import V201
from stationmaster.storage import Work

data_transfer = Routes(V201)


@data_transfer.on
def receive_data(work: Work, station: Station, req: v201.DataTransfer) -> v201.DataTransferResponse:
    # P02.FR.06: we have agreed on nothing with any vendor; the text is in the message log, and is never evaluated.
    return v201.DataTransferResponse(status="UnknownVendorId")
