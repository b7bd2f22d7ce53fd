"""The security profile of a charger (OCPP A00, A05): 1 is a password, 2 a password with TLS, 3 a certificate of its own with TLS.

Its record has the lowest that it may connect with. Asked to go up, it may connect with the old or the new one until it has come
with the new one; from then on the old one is refused (2.0.1 A05.FR.07, 1.6 A05.FR.09). Down goes only a person, with a reason.
"""

from __future__ import annotations

from typing import cast

from sqlalchemy import select

from stationmaster.domain import alarms, audit, stations, versions
from stationmaster.domain.audit import Subject
from stationmaster.domain.errors import Conflict, Invalid
from stationmaster.domain.stations import Station, StationRow
from stationmaster.domain.versions import Expected
from stationmaster.storage import Work

NAMES = {
    1: "1 (password, without TLS)",
    2: "2 (password, TLS)",
    3: "3 (certificate, TLS)",
}
ASKED = "When it has connected with security profile {profile}, it may not connect with a lower one any more; until then it may."
NOT_REACHED = "not_upgraded"  # the alarm that brings a person


def check_upgrade(work: Work, station: Station, profile: int) -> None:
    """A charger that went down to a profile which its record does not allow would be locked out (SEC-31). Raises `Conflict`."""
    lowest = _row(work, station).security_profile
    if lowest > 1 and profile < lowest:
        raise Conflict(
            "{charger} is let in with security profile {lowest} or higher only: with {profile} it would be locked out",
            charger=station.identity,
            lowest=lowest,
            profile=profile,
        )


def asked(work: Work, station: Station, profile: int) -> bool:
    """The charger has agreed to go up to this profile; whether it is higher than what it must have."""
    row = _row(work, station)
    if profile <= row.security_profile:
        return False
    stations.keep(work, station, wanted_profile=profile)
    return True


def connected(work: Work, station: Station, profile: int) -> None:
    """It has connected with this profile, and was asked to go up. If it has, it may not come with a lower one any more; if not, it has
    fallen back to the old one, which still lets it in, and a person should look (SEC-32)."""
    row = _row(work, station)
    wanted = row.wanted_profile
    if wanted is None:
        return
    if profile < wanted:
        detail = f"It was asked to go up to security profile {NAMES[wanted]}, and has connected with {profile} again."
        alarms.raise_alarm(work, station, kind=NOT_REACHED, detail=detail)
        return
    stations.keep(work, station, security_profile=max(wanted, row.security_profile), wanted_profile=None)
    alarms.resolve_all(work, row.organization_id, station_id=station.id, kind=NOT_REACHED)


def set_lowest(
    work: Work, organization_id: int, identity: str, profile: int, *, reason: str | None, expected: Expected = None
) -> StationRow:
    """A person says what is the lowest. To lower it needs a reason, which is kept (SEC-30). Raises `NotFound`, `Invalid`, `Outdated`."""
    row = stations.get(work, organization_id, identity, lock=True)
    versions.check(row, expected)
    reason = (reason or "").strip()
    if profile < row.security_profile and not reason:
        raise Invalid("reason", "must say why, for a lower security profile than before")
    if profile != row.security_profile or row.wanted_profile is not None:
        stations.keep(work, row, security_profile=profile, wanted_profile=None)
        audit.record(
            work,
            "change_security_profile",
            Subject("station", identity),
            before={"security_profile": row.security_profile},
            after={"security_profile": profile, "reason": reason or None},
            organization=organization_id,
        )
    return stations.get(work, organization_id, identity)


def _row(work: Work, station: Station) -> StationRow:
    found = work.execute(select(stations.stations).where(stations.stations.c.id == station.id)).one()
    return cast(StationRow, found)
