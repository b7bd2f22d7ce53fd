"""What limits a station now: profiles it has accepted from here, as long as what they are for lasts, and limits from elsewhere."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from stationmaster.domain import charging_profiles, composites, metering, obeying, sessions, stations
from stationmaster.domain.charging_profiles import KeptProfile, Period, Unit
from stationmaster.domain.composites import Going, Schedule, Stretch
from stationmaster.domain.obeying import Drawn
from stationmaster.domain.stations import Station
from stationmaster.storage import Work

FRESH = timedelta(minutes=15)  # an older reading says nothing of now
_NOW = timedelta(days=1)  # a schedule that begins further from now has a clock that is wrong


def of_station(work: Work, organization_id: int, identity: str) -> list[KeptProfile]:
    """As far as is known here, and what is measured of it. Raises `NotFound`."""
    station = stations.get(work, organization_id, identity)
    kept = _kept(work, station.id, organization_id, identity)
    if not any(each.source == charging_profiles.OURS for each in kept):
        return kept
    drawn = _drawn(work, station.id)
    return [msgspec.structs.replace(each, measured=obeying.verdict(each, kept, drawn)) for each in kept]


def compared(
    work: Work,
    station: Station,
    *,
    evse: int,
    starts_at: datetime | None,
    duration_s: int,
    unit: Unit,
    periods: list[Period],
) -> list[Stretch]:
    """The composite schedule that a charger tells, held against what was set here for it."""
    if starts_at is None or abs(starts_at - work.now) > _NOW:
        starts_at = work.now
    kept = _kept(work, station.id, station.organization_id, station.identity)
    going = [Going(row.evse, row.transaction_id, row.started_at) for row in sessions.active_of(work, [station.id])]
    return composites.compare(Schedule(starts_at, duration_s, unit, periods), evse, kept, going)


def _kept(work: Work, station_id: int, organization_id: int, identity: str) -> list[KeptProfile]:
    told = charging_profiles.of_station(work, organization_id, identity)
    return [each for each in told if not _has_ended(work, station_id, each)]


def _has_ended(work: Work, station_id: int, kept: KeptProfile) -> bool:
    """A transaction takes its profiles along (K01.FR.14), and the station need not tell."""
    session = None if kept.profile is None else kept.profile.session
    return session is not None and sessions.has_ended(work, station_id, session)


def _drawn(work: Work, station_id: int) -> list[Drawn]:
    """The newest reading of each session that goes on there."""
    opened = {row.id: row for row in sessions.active_of(work, [station_id])}
    latest = metering.latest(work, list(opened)) if opened else {}
    return [
        Drawn(
            evse=opened[session_id].evse,
            session=opened[session_id].transaction_id,
            began_at=opened[session_id].started_at,
            at=value.received_at,
            current_a=None if value.current_a is None else float(value.current_a),
            power_w=None if value.power_w is None else float(value.power_w),
        )
        for session_id, value in latest.items()
        if value.received_at >= work.now - FRESH
    ]
