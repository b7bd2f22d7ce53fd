"""Planned work: for some time nobody is told of what happens at a site or a charger. A site in maintenance needs no such time (O-08)."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, delete, func, insert, select

from stationmaster.domain import audit, sites, stations
from stationmaster.domain.alerts.tables import alert_pauses
from stationmaster.domain.audit import Signature, Subject
from stationmaster.domain.errors import Conflict, Invalid, NotFound
from stationmaster.storage import Work
from stationmaster.storage.lists import Found, Wanted, listed

MOST = 500  # of one organization, that are not over


class Pause(NamedTuple):
    """A time of planned work; of neither a site nor a charger: of all."""

    id: int
    public_id: str
    site: str | None
    station: str | None
    from_at: datetime
    until_at: datetime
    note: str
    made_by: str | None


def create(
    work: Work,
    organization_id: int,
    *,
    site: str | None,
    station: str | None,
    from_at: datetime | None,
    until_at: datetime,
    note: str,
) -> Pause:
    """A new one; without `from_at` from now on. Raises `Invalid`, `Conflict`."""
    begin = from_at or work.now
    if until_at <= max(begin, work.now):
        raise Invalid("until_at", "must be later than from_at, and not over yet")
    if site is not None and station is not None:
        raise Invalid("station", "says where that is already: name the site or the charger")
    left = select(func.count()).select_from(alert_pauses).where(alert_pauses.c.organization_id == organization_id)
    if int(work.execute(left.where(alert_pauses.c.until_at > work.now)).scalar_one()) >= MOST:
        raise Conflict("there are {most} of them already; remove one first", most=MOST)
    signature: Signature | None = work.signature
    values = {
        "organization_id": organization_id,
        "public_id": secrets.token_hex(8),
        "site_id": None if site is None else sites.named(work, organization_id, site),
        "station_id": None if station is None else _key(work, organization_id, station),
        "from_at": begin,
        "until_at": until_at,
        "note": note,
        "made_by": None if signature is None else signature.actor.name,
    }
    work.execute(insert(alert_pauses).values(values))
    row = get(work, organization_id, str(values["public_id"]))
    _record(work, organization_id, "add_alert_pause", row)
    return row


def get(work: Work, organization_id: int, pause_id: str) -> Pause:
    """One of them. Raises `NotFound`."""
    row = work.execute(_mine(organization_id).where(alert_pauses.c.public_id == pause_id)).one_or_none()
    if row is None:
        raise NotFound("there is no such time of planned work")
    return Pause._make(row)


def list_pauses(work: Work, organization_id: int, wanted: Wanted) -> Found[Pause]:
    """Those that are not over, newest first."""
    mine = _mine(organization_id).where(alert_pauses.c.until_at > work.now)
    return listed(work, mine, wanted, key=alert_pauses.c.id)


def remove(work: Work, organization_id: int, pause_id: str) -> None:
    """The work is done, or is not to be. Raises `NotFound`."""
    row = get(work, organization_id, pause_id)
    work.execute(delete(alert_pauses).where(alert_pauses.c.id == row.id))
    _record(work, organization_id, "remove_alert_pause", row)


def _mine(organization_id: int) -> Select[Any]:
    pause, table, place = alert_pauses.c, stations.stations, sites.sites
    columns = (
        pause.id,
        pause.public_id,
        place.c.name.label("site"),
        table.c.identity.label("station"),
        pause.from_at,
        pause.until_at,
        pause.note,
        pause.made_by,
    )
    theirs = select(*columns).select_from(
        alert_pauses.outerjoin(place, place.c.id == pause.site_id).outerjoin(table, table.c.id == pause.station_id)
    )
    return theirs.where(pause.organization_id == organization_id)


def _key(work: Work, organization_id: int, station: str) -> int:
    try:
        return stations.get(work, organization_id, station).id
    except NotFound as error:
        raise Invalid("station", error.reason) from None


def _record(work: Work, organization_id: int, action: str, row: Pause) -> None:
    facts = {name: getattr(row, name) for name in ("site", "station", "from_at", "until_at", "note")}
    audit.record(work, action, Subject("alert_pause", row.public_id), after=facts, organization=organization_id)
