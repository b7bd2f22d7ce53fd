"""1.6 reservation profile (§5.2, §5.13)."""

from __future__ import annotations

from stationmaster.domain import commands, reservations, tokens
from stationmaster.domain.commands import Answer
from stationmaster.domain.errors import Conflict
from stationmaster.domain.stations import Station
from stationmaster.handlers import reserving
from stationmaster.handlers.routing import Ask, Routes
from stationmaster.handlers.v16 import words
from stationmaster.ocpp import v16
from stationmaster.ocpp.dialects import V16
from stationmaster.ocpp.messages import now_text
from stationmaster.storage import Work

reservation = Routes(V16)

ANY = 0  # the connector of a reservation for whichever is free


@reservation.sends
def reserve_now(work: Work, station: Station, command: commands.ReserveNow) -> Ask[v16.ReserveNow]:
    token = tokens.number_at(work, station, command.token)
    words.check_length("token", token, words.MAX_ID_TAG)
    if command.connector_type is not None:
        raise Conflict("a 1.6 charger keeps connectors by their number, not by their type")
    number, group = commands.new_request_id(), reserving.group_of(work, station, command)
    reservations.request(
        work,
        station,
        number=number,
        token=command.token,
        expires_at=command.expires_at,
        evse=command.evse,
        group=group,
    )
    request = v16.ReserveNow(
        connector_id=ANY if command.evse is None else command.evse,
        expiry_date=now_text(command.expires_at),
        id_tag=token,
        reservation_id=number,
        # Cut, it could be the name of another group (P-06).
        parent_id_tag=group if group is not None and len(group) <= words.MAX_ID_TAG else None,
    )
    return Ask([request], request_id=number)


@reservation.answers
def reserve_now_answered(
    work: Work,
    station: Station,
    command: commands.ReserveNow,
    request: v16.ReserveNow,
    response: v16.ReserveNowResponse,
) -> Answer:
    lacking = words.lacking(work, station, "Reservation")
    return reserving.answered(work, station, request.reservation_id, response.status, lacking=lacking)


@reservation.sends
def cancel_reservation(work: Work, station: Station, command: commands.CancelReservation) -> v16.CancelReservation:
    return v16.CancelReservation(reservation_id=reserving.number_of(work, station, command))


@reservation.answers
def cancel_reservation_answered(
    work: Work,
    station: Station,
    command: commands.CancelReservation,
    request: v16.CancelReservation,
    response: v16.CancelReservationResponse,
) -> Answer:
    return reserving.cancelled(work, station, request.reservation_id, response.status)
