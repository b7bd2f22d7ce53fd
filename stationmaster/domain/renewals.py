"""A charger whose certificate has ended is let in to get another one, and for nothing else, when a person has allowed it for this charger and
for a while (SEC-22; 2.0.1 A00.FR.429).

Its boots are answered with Pending as long as it is connected so. It is asked for a request (`gateway/own_certificates.py`), and when it has
taken what was signed, it connects with that.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal, cast

from sqlalchemy import select

from stationmaster.domain import audit, security_events, stations, versions
from stationmaster.domain.audit import Subject
from stationmaster.domain.certificate_requests import OPEN, certificate_requests
from stationmaster.domain.errors import Invalid
from stationmaster.domain.stations import Station, StationRow
from stationmaster.domain.versions import Expected
from stationmaster.storage import Work

LONGEST = timedelta(days=30)


def allow(
    work: Work,
    organization_id: int,
    identity: str,
    until: datetime | None,
    *,
    reason: str | None,
    expected: Expected = None,
) -> StationRow:
    """So long it is let in with a certificate that has ended; None: no more. Raises `NotFound`, `Invalid`, `Outdated`."""
    row = stations.get(work, organization_id, identity, lock=True)
    versions.check(row, expected)
    reason = (reason or "").strip()
    if until is not None and not work.now < until <= work.now + LONGEST:
        raise Invalid("until", "must be within the next {days} days", days=LONGEST.days)
    if until is not None and not reason:
        raise Invalid("reason", "must say why, for a certificate that has ended")
    if until != row.expired_until:
        stations.keep(work, row, expired_until=until)
        audit.record(
            work,
            "allow_expired_certificate",
            Subject("station", identity),
            before={"expired_until": _text(row.expired_until)},
            after={"expired_until": _text(until), "reason": reason or None},
            organization=organization_id,
        )
    return stations.get(work, organization_id, identity)


def let_in(work: Work, station: Station) -> None:
    """It has connected with a certificate that has ended: a security event of ours (A00.FR.408)."""
    detail = "Its certificate has ended. It was let in to renew it, and for nothing else."
    security_events.record(work, station, kind="InvalidChargingStationCertificate", detail=detail)


def renewed(work: Work, station: Station) -> None:
    """It has connected with one that holds."""
    stations.keep(work, station, expired_until=None)


def progress(work: Work, station_id: int, *, since: datetime) -> Literal["asked", "taken"] | None:
    """How far a charger is that is here to renew since then."""
    table = certificate_requests.c
    mine = (table.station_id == station_id, table.use.in_(("charger", "both")))
    newest = select(table.state, table.last_at, table.answered_at).where(*mine).order_by(table.id.desc()).limit(1)
    row = work.execute(newest).one_or_none()
    if row is None:
        return None
    if row.state == "accepted" and cast(datetime, row.answered_at) >= since:
        return "taken"
    return "asked" if row.state in OPEN and row.last_at >= since else None


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
