"""1.6 data transfer, from a charger (§4.3) and from us (§5.6)."""

from __future__ import annotations

import msgspec

from stationmaster.domain import commands
from stationmaster.domain.commands import Answer
from stationmaster.domain.stations import Station
from stationmaster.handlers import words
from stationmaster.handlers.routing import Routes
from stationmaster.handlers.v16 import plug_and_charge
from stationmaster.ocpp import v16
from stationmaster.ocpp.dialects import V16
from stationmaster.outside import Outside
from stationmaster.storage import Work

data_transfer = Routes(V16)


@data_transfer.prepares(
    default=plug_and_charge.Fetched(), timeout_s=plug_and_charge.MOST_S, wanted=plug_and_charge.needs_fetching
)
async def fetch(outside: Outside, station: Station, request: v16.DataTransfer) -> plug_and_charge.Fetched:
    return await plug_and_charge.fetch(outside, station, request)


@data_transfer.on
def receive_data(
    work: Work, station: Station, req: v16.DataTransfer, fetched: plug_and_charge.Fetched
) -> v16.DataTransferResponse:
    if req.vendor_id == plug_and_charge.VENDOR:
        return plug_and_charge.answer(work, station, req, fetched)
    # §4.3: we have agreed on nothing with any other vendor; the text is in the message log, and is never evaluated.
    return v16.DataTransferResponse(status="UnknownVendorId")


@data_transfer.sends
def send_data(work: Work, station: Station, command: commands.DataTransfer) -> v16.DataTransfer:
    data = command.data
    if data is not None and not isinstance(data, str):
        data = msgspec.json.encode(data).decode()
    return v16.DataTransfer(vendor_id=command.vendor_id, message_id=command.message_id, data=data)


@data_transfer.answers
def send_data_answered(
    work: Work,
    station: Station,
    command: commands.DataTransfer,
    request: v16.DataTransfer,
    response: v16.DataTransferResponse,
) -> Answer:
    return words.data_answer(response.status, response.data)
