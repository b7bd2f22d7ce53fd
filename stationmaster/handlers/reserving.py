"""What is said of reservations in every version."""

from __future__ import annotations

from stationmaster.domain import commands, reservations, tokens
from stationmaster.domain.commands import Answer
from stationmaster.domain.errors import Conflict, NotFound
from stationmaster.domain.stations import Station
from stationmaster.handlers import words
from stationmaster.storage import Work

_REFUSALS = {
    "Faulted": "What was asked for has a fault.",
    "Occupied": "What was asked for is in use or reserved already.",
    "Unavailable": "What was asked for is out of service.",
    "Rejected": "The charger has refused; many take no reservations, or only for one connector.",
}


def group_of(work: Work, station: Station, command: commands.ReserveNow) -> str | None:
    """Whose cards may use it as well."""
    return command.group or tokens.authorize(work, station, command.token).group


def answered(
    work: Work, station: Station, number: int, status: str, *, reason: str | None = None, lacking: str | None = None
) -> Answer:
    """What the answer to our wish means; `lacking` is what the station's settings say of why it could not."""
    answer = words.answer(status, reason)
    if answer.outcome == "accepted":
        reservations.accept(work, station, number)
        return Answer("accepted", "The charger keeps it.")
    said = [_REFUSALS.get(status, answer.words)]
    if reason is not None:
        said.append(f"It says: {reason}")
    if lacking is not None and status == "Rejected":
        said.append(lacking)
    reservations.refuse(work, station, number, " ".join(said))
    return Answer("rejected", " ".join(said))


def number_of(work: Work, station: Station, command: commands.CancelReservation) -> int:
    """What the station calls a reservation that it still keeps. Raises `NotFound`, `Conflict`."""
    row = reservations.get(work, station.organization_id, command.reservation)
    if row.station_id != station.id:
        raise NotFound(
            "charger {charger} has no reservation {reservation!r}",
            charger=station.identity,
            reservation=command.reservation,
        )
    if row.ended_at is not None:
        raise Conflict("this reservation is {state} already", state=row.state)
    return row.number


def cancelled(work: Work, station: Station, number: int, status: str, reason: str | None = None) -> Answer:
    """What the answer to a cancellation means. A refusal says that the station knows no such reservation, as after a restart."""
    answer = words.answer(status, reason)
    if answer.outcome == "accepted":
        reservations.cancel(work, station, number)
        return Answer("accepted", "The charger has given it up.")
    if answer.outcome == "rejected":
        return Answer("rejected", "The charger knows no such reservation. Here it ends when its time is over.")
    return answer
