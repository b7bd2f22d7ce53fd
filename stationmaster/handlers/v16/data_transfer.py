"""1.6 data transfer, from us (§5.6); what a charger sends is in core.py."""

from __future__ import annotations

import msgspec

from stationmaster.domain import commands
from stationmaster.domain.commands import Answer
from stationmaster.domain.stations import Station
from stationmaster.handlers import words
from stationmaster.handlers.routing import Routes
from stationmaster.ocpp import v16
from stationmaster.ocpp.dialects import V16
from stationmaster.storage import Work

data_transfer = Routes(V16)


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
