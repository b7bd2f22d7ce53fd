"""What limits a station now: profiles it has accepted from here, as long as what they are for lasts, and limits from elsewhere."""

from __future__ import annotations

from stationmaster.domain import charging_profiles, sessions, stations
from stationmaster.domain.charging_profiles import KeptProfile
from stationmaster.storage import Work


def of_station(work: Work, organization_id: int, identity: str) -> list[KeptProfile]:
    """As far as is known here. Raises `NotFound`."""
    station = stations.get(work, organization_id, identity)
    kept = charging_profiles.of_station(work, organization_id, identity)
    return [each for each in kept if not _has_ended(work, station.id, each)]


def _has_ended(work: Work, station_id: int, kept: KeptProfile) -> bool:
    """A transaction takes its profiles along (K01.FR.14), and the station need not tell."""
    session = None if kept.profile is None else kept.profile.session
    return session is not None and sessions.has_ended(work, station_id, session)
