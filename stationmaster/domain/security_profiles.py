"""The security profile of a charger (OCPP A00, A05): 1 is a password, 2 a password with TLS, 3 a certificate of its own with TLS.

Its record has the lowest that it may connect with. Asked to go up, it may connect with the old or the new one until it has come
with the new one; from then on the old one is refused (2.0.1 A05.FR.07, 1.6 A05.FR.09). Down goes only a person, with a reason.
"""

from __future__ import annotations

from typing import cast

from sqlalchemy import select

from stationmaster.domain import audit, commands, stations, versions
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
UPGRADE_S = 24 * 3600.0  # a charger that has not come with its new profile by then has not taken it over


def check_upgrade(work: Work, station: Station, profile: int) -> None:
    """OCPP has no way down, but from 3 to 2 (2.0.1 A00.FR.005, 1.6 A05.FR.01). Raises `Conflict`."""
    lowest = _row(work, station).security_profile
    if profile < lowest and not (lowest == 3 and profile == 2 and station.version != "1.6"):
        raise Conflict(
            "{charger} must have at least security profile {lowest}, and cannot be told to go down to {profile}",
            charger=station.identity,
            lowest=lowest,
            profile=profile,
        )


def asked(work: Work, station: Station, profile: int) -> bool:
    """The charger has agreed to go up to this profile; whether it is higher than what it must have."""
    row = _row(work, station)
    if profile <= row.security_profile:
        return False
    stations.keep_profiles(work, station, lowest=row.security_profile, wanted=profile)
    return True


def reached(work: Work, station: Station, profile: int) -> None:
    """It has connected with this profile. If that is what it was asked for, it may not come with a lower one any more."""
    row = _row(work, station)
    wanted = row.wanted_profile
    if wanted is None or profile < wanted:
        return
    stations.keep_profiles(work, station, lowest=max(wanted, row.security_profile), wanted=None)
    commands.fulfil(work, station, "profile", f"The charger has connected with security profile {NAMES[profile]}.")
    _record(work, row, after=wanted, reason="the charger has gone up to it")


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
        stations.keep_profiles(work, cast(Station, row), lowest=profile, wanted=None)
        _record(work, row, after=profile, reason=reason or None)
    return stations.get(work, organization_id, identity)


def _record(work: Work, row: StationRow, *, after: int, reason: str | None) -> None:
    audit.record(
        work,
        "change_security_profile",
        Subject("station", row.identity),
        before={"security_profile": row.security_profile},
        after={"security_profile": after, "reason": reason},
        organization=row.organization_id,
    )


def _row(work: Work, station: Station) -> StationRow:
    found = work.execute(select(stations.stations).where(stations.stations.c.id == station.id)).one()
    return cast(StationRow, found)
