"""Block H, reservation."""

from __future__ import annotations

from typing import get_args

from stationmaster.domain import commands, reservations
from stationmaster.domain.commands import Answer
from stationmaster.domain.errors import Invalid
from stationmaster.domain.stations import Station
from stationmaster.handlers import reserving
from stationmaster.handlers.routing import Ask, Routes
from stationmaster.handlers.v2 import words
from stationmaster.ocpp import v201
from stationmaster.ocpp.dialects import V201
from stationmaster.ocpp.messages import now_text
from stationmaster.ocpp.v201.enums import ConnectorEnumType
from stationmaster.storage import Work

reservation = Routes(V201)


@reservation.on
def reservation_status_update(
    work: Work, station: Station, req: v201.ReservationStatusUpdate
) -> v201.ReservationStatusUpdateResponse:
    number = words.number(req.reservation_id)
    if number is not None:
        how, reason = _ENDS.get(req.reservation_update_status, ("removed", "The charger has removed it."))
        reservations.end(work, station, number, how, reason)
    return v201.ReservationStatusUpdateResponse()


# H04, H05, and of 2.1 H03.FR.11
_ENDS: dict[str, tuple[reservations.End, str]] = {
    "Expired": ("expired", "Nobody came."),
    "NoTransaction": ("removed", "The card was shown, but no session has begun."),
}


@reservation.sends
def reserve_now(work: Work, station: Station, command: commands.ReserveNow) -> Ask[v201.ReserveNow]:
    token = words.id_token(work, station, command.token)
    if station.version == "2.0.1" and command.connector_type not in (None, *get_args(ConnectorEnumType)):
        raise Invalid("connector_type", "must be one of {known}", known=", ".join(get_args(ConnectorEnumType)))
    number, group = commands.new_request_id(), reserving.group_of(work, station, command)
    reservations.request(
        work,
        station,
        number=number,
        token=command.token,
        expires_at=command.expires_at,
        evse=command.evse,
        connector_type=command.connector_type,
        group=group,
    )
    request = v201.ReserveNow(
        id=number,
        expiry_date_time=now_text(command.expires_at),
        id_token=token,
        connector_type=command.connector_type,  # type: ignore[arg-type]
        evse_id=command.evse,
        group_id_token=words.group_token(station, group),
    )
    return Ask([request], request_id=number)


@reservation.answers
def reserve_now_answered(
    work: Work,
    station: Station,
    command: commands.ReserveNow,
    request: v201.ReserveNow,
    response: v201.ReserveNowResponse,
) -> Answer:
    lacking, reason = words.lacking(work, station, "ReservationCtrlr"), words.reason(response.status_info)
    return reserving.answered(work, station, request.id, response.status, reason=reason, lacking=lacking)


@reservation.sends
def cancel_reservation(work: Work, station: Station, command: commands.CancelReservation) -> v201.CancelReservation:
    return v201.CancelReservation(reservation_id=reserving.number_of(work, station, command))


@reservation.answers
def cancel_reservation_answered(
    work: Work,
    station: Station,
    command: commands.CancelReservation,
    request: v201.CancelReservation,
    response: v201.CancelReservationResponse,
) -> Answer:
    reason = words.reason(response.status_info)
    return reserving.cancelled(work, station, request.reservation_id, response.status, reason)
