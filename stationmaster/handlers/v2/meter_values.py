"""Block J, meter values outside of transactions."""

from __future__ import annotations

from stationmaster.domain.stations import Station
from stationmaster.handlers.routing import Routes
from stationmaster.handlers.v2 import words
from stationmaster.ocpp import v201
from stationmaster.ocpp.dialects import V201
from stationmaster.storage import Work

meter_values = Routes(V201)


@meter_values.on
def receive_meter_values(work: Work, station: Station, req: v201.MeterValues) -> v201.MeterValuesResponse:
    for moment in words.moments(work, req.meter_value):
        words.keep(work, station, moment, evse=words.place(req.evse_id), transaction_id=None)
    return v201.MeterValuesResponse()
