"""Which charger had an identity at a time: one that was removed may have had it before another."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from stationmaster.domain.errors import NotFound
from stationmaster.domain.stations import stations
from stationmaster.storage import Work
from stationmaster.storage.queries import not_deleted


class Lived(NamedTuple):
    """A station of the past or the present, and until when it was ours."""

    id: int
    identity: str
    created_at: datetime
    deleted_at: datetime | None


def lived(work: Work, organization_id: int, identity: str, at: datetime) -> Lived:
    """The station that had this identity at that time, also when it was removed since; else the newest. Raises `NotFound`."""
    columns = (stations.c.id, stations.c.identity, stations.c.created_at, stations.c.deleted_at)
    had_it = select(*columns).where(stations.c.organization_id == organization_id, stations.c.identity == identity)
    now = work.execute(had_it.where(not_deleted(stations))).one_or_none()  # this one by its index
    if now is not None and now.created_at <= at:
        return Lived._make(now)
    all_of_them = [Lived._make(row) for row in work.execute(had_it.order_by(stations.c.id.desc()).limit(100))]
    if not all_of_them:
        raise NotFound("there is no charger {charger!r}", charger=identity)
    return next((each for each in all_of_them if each.created_at <= at), all_of_them[0])
