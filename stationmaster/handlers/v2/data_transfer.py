"""Block P, data transfer."""

from __future__ import annotations

from stationmaster.domain import commands
from stationmaster.domain.commands import Answer
from stationmaster.domain.stations import Station
from stationmaster.handlers import words as all_words
from stationmaster.handlers.routing import Routes
from stationmaster.handlers.v2 import words
from stationmaster.ocpp import v201
from stationmaster.ocpp.dialects import V201
from stationmaster.storage import Work

data_transfer = Routes(V201)


@data_transfer.on
def receive_data(work: Work, station: Station, req: v201.DataTransfer) -> v201.DataTransferResponse:
    # P02.FR.06: we have agreed on nothing with any vendor; the text is in the message log, and is never evaluated.
    return v201.DataTransferResponse(status="UnknownVendorId")


@data_transfer.sends
def send_data(work: Work, station: Station, command: commands.DataTransfer) -> v201.DataTransfer:
    return v201.DataTransfer(vendor_id=command.vendor_id, message_id=command.message_id, data=command.data)


@data_transfer.answers
def send_data_answered(
    work: Work,
    station: Station,
    command: commands.DataTransfer,
    request: v201.DataTransfer,
    response: v201.DataTransferResponse,
) -> Answer:
    return all_words.data_answer(response.status, response.data, words.reason(response.status_info))
