"""Block H, reservations. None is made by a command of ours yet, so that one has ended is for the message log."""

from __future__ import annotations

from stationmaster.domain.stations import Station
from stationmaster.handlers.routing import Routes
from stationmaster.ocpp import v201
from stationmaster.ocpp.dialects import V201
from stationmaster.storage import Work

reservation = Routes(V201)


@reservation.on
def reservation_status_update(
    work: Work, station: Station, req: v201.ReservationStatusUpdate
) -> v201.ReservationStatusUpdateResponse:
    return v201.ReservationStatusUpdateResponse()
