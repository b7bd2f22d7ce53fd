"""Sessions for a file: only what is shown there, with the names of their places, many at once."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import func, select

from stationmaster.domain.customers import customers
from stationmaster.domain.sessions.lists import Which, only_those
from stationmaster.domain.sessions.table import sessions
from stationmaster.domain.sites import sites
from stationmaster.domain.stations import stations
from stationmaster.storage import Work


class ExportedSession(NamedTuple):
    """A session in a file."""

    key: int
    id: str
    station: str
    site: str | None
    time_zone: str | None
    evse: int | None
    connector: int | None
    customer: str | None
    customer_name: str | None
    token: str | None
    authorization: str | None
    transaction_id: str
    status: str
    started_at: datetime
    stopped_at: datetime | None
    energy_wh: Decimal | None
    meter_start_wh: Decimal | None
    meter_stop_wh: Decimal | None
    stop_reason: str | None
    flags: list[str] | None
    review: bool
    excluded: bool
    charger: str  # by the id that drivers know


_COLUMNS = {
    "key": sessions.c.id,
    "id": sessions.c.public_id,
    "station": stations.c.identity,
    "charger": stations.c.public_id,
    "site": sites.c.name,
    "time_zone": sites.c.time_zone,
    "customer": customers.c.public_id,
    "customer_name": customers.c.name,
}
_EXPORTED = (
    select(
        *(
            (_COLUMNS[name] if name in _COLUMNS else sessions.c[name]).label(f"_{name}")
            for name in ExportedSession._fields
        )
    )
    .select_from(sessions)
    .join(stations, stations.c.id == sessions.c.station_id)
    .outerjoin(sites, sites.c.id == stations.c.site_id)
    .outerjoin(customers, customers.c.id == sessions.c.customer_id)
)


def first_key(work: Work, organization_id: int, which: Which) -> int:
    """The key before which none of these sessions is, as far as their times tell. Behind the last of them a page would look through all that are older."""
    first = 0
    for column, since, until in which.times.bounds():
        if since is not None:
            within = select(sessions.c.id).where(sessions.c.organization_id == organization_id, column >= since)
            within = within if until is None else within.where(column < until)
            # OFFSET keeps PostgreSQL from going along the keys until it meets the first one, for there may be millions before it.
            found = work.execute(select(func.min(within.limit(_ALL).offset(0).subquery().c.id))).scalar()
            first = max(first, _NONE if found is None else int(found))
    return first


_ALL = _NONE = 2**62


def exported(
    work: Work, organization_id: int, which: Which, *, after: int | None, limit: int, first: int = 0
) -> list[ExportedSession]:
    """The next of these sessions, newest first; `after` is the key of the last one before, `first` that of `first_key`."""
    mine = only_those(_EXPORTED, organization_id, which)
    if first:
        mine = mine.where(sessions.c.id >= first)
    if after is not None:
        mine = mine.where(sessions.c.id < after)
    return list(map(ExportedSession._make, work.execute(mine.order_by(sessions.c.id.desc()).limit(limit)).all()))
