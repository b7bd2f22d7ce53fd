"""What a session would cost: what is stored of it, put before the pure rater of `domain/money`. Nothing is kept of it, and nothing billed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select

from stationmaster.domain import connector_states, energy, metering, moments, session_terms, sessions, stations, tariffs
from stationmaster.domain.money.bill import Bill
from stationmaster.domain.money.changing import as_it_changes
from stationmaster.domain.money.facts import Reading, Reservation, SessionFacts, State, StateChange
from stationmaster.domain.money.rating import rate
from stationmaster.domain.money.tariff_version import TariffVersion
from stationmaster.domain.reservations import reservations
from stationmaster.domain.session_terms import Fixed
from stationmaster.domain.sessions import ListedRow
from stationmaster.domain.sites import sites
from stationmaster.domain.tariffs import Level, TermsRow
from stationmaster.storage import Work

_STATES: dict[connector_states.State, State] = {
    "preparing": "connected",
    "finishing": "connected",
    "charging": "charging",
    "suspended_ev": "suspended_by_car",
    "suspended_evse": "suspended_by_charger",
    # Nothing flows, and the driver is not to blame for it.
    "available": "idle",
    "unavailable": "idle",
    "faulted": "idle",
}


class Priced(NamedTuple):
    """A bill, and by which terms of which tariff. `decided_by` is None where the tariff was asked for."""

    bill: Bill
    tariff: str
    tariff_key: int
    terms: TermsRow
    decided_by: Level | None
    time_zone: str


def of_session(work: Work, organization_id: int, session_id: str, tariff_id: str | None = None) -> Priced:
    """A session by the tariff that holds at its connector, or by another; one that goes on, up to now.

    By the terms that were in force when it began; under another tariff, by those of today. Raises `NotFound`, and `Conflict` where no tariff holds.
    """
    row = sessions.get(work, organization_id, session_id)
    if tariff_id is None:
        return by(work, row, session_terms.of_session(work, row))
    tariff = tariffs.get(work, organization_id, tariff_id)
    bill, time_zone = _rated(work, row, tariffs.version_of(tariff))
    return Priced(bill, tariff.public_id, tariff.id, tariff, None, time_zone)


def by(work: Work, row: ListedRow, fixed: Fixed) -> Priced:
    """The same by what `session_terms` has found for it."""
    bill, time_zone = _rated(work, row, version_of_session(work, row, fixed))
    return Priced(bill, fixed.tariff, fixed.tariff_id, fixed.terms, fixed.decided_by, time_zone)


def _rated(work: Work, row: ListedRow, version: TariffVersion) -> tuple[Bill, str]:
    """By the clock of its site, which is told too."""
    time_zone = time_zone_of(work, row.station_id)
    facts, readings = facts_of(work, row)
    return rate(facts, readings, version, moments.zone_named(time_zone)), time_zone


def version_of_session(work: Work, row: sessions.SessionRow, fixed: Fixed) -> TariffVersion:
    """By which version of its tariff a session is rated; of one that follows its changes, by each for its own time."""
    version = tariffs.version_of(fixed.terms)
    if not fixed.follows_changes:
        return version
    until = row.stopped_at or work.now
    later = [
        (terms.valid_from, tariffs.version_of(terms))
        for terms in reversed(tariffs.terms_of(work, fixed.tariff_id))
        if terms.number > fixed.terms.number and row.started_at < terms.valid_from < until
    ]
    return as_it_changes(row.started_at, [(row.started_at, version), *later])


def facts_of(work: Work, row: ListedRow) -> tuple[SessionFacts, list[Reading]]:
    """What its price is made of: its times, the states of its connector, and its energy as it was found."""
    taken = sessions.energy_of(work, row)
    spans = connector_states.states_during(work, row)
    ended = row.status != "active"
    facts = SessionFacts(
        begins_at=row.started_at,
        ends_at=row.stopped_at or _now_of(work, row),
        states=tuple(StateChange(span.since, _STATES.get(span.state, "unknown")) for span in spans),
        reservation=_reservation(work, row),
        energy_known=taken.wh is not None,
        held=row.review or (ended and taken.held),
    )
    return facts, readings_of(taken)


def _now_of(work: Work, row: ListedRow) -> datetime:
    """What time it is where a session goes on. A charger whose clock is behind has not charged for as long as it is, nor been silent."""
    table = metering.meter_values.c
    mine = select(table.taken_at, table.received_at).where(table.session_id == row.id)
    newest = work.execute(mine.order_by(table.id.desc()).limit(1)).one_or_none()
    behind = row.received_at - row.started_at if newest is None else newest.received_at - newest.taken_at
    return work.now - max(timedelta(), behind)


def readings_of(taken: energy.Energy) -> list[Reading]:
    """The energy over time, with the power where it was told at the same moment."""
    power_w = {point.at: point.power_w for point in taken.used}
    return [Reading(step.at, step.wh, power_w.get(step.at)) for step in taken.series]


def _reservation(work: Work, row: ListedRow) -> Reservation | None:
    """The one that the session came of: from when the charger took it until the session began."""
    table = reservations.c
    mine = (table.station_id == row.station_id, table.session == row.public_id, table.accepted_at.is_not(None))
    accepted_at = work.execute(select(table.accepted_at).where(*mine).order_by(table.id).limit(1)).scalar()
    return None if accepted_at is None else Reservation(accepted_at, row.started_at)


def time_zone_of(work: Work, station_id: int) -> str:
    """Of the site that a charger stands at; UTC where it stands at none."""
    there = stations.stations.join(sites, sites.c.id == stations.stations.c.site_id)
    zone = select(sites.c.time_zone).select_from(there).where(stations.stations.c.id == station_id)
    return work.execute(zone).scalar() or "UTC"
