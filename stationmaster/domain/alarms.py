"""What a person should look at: raised by other topics, one row each, open until somebody has looked."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ForeignKey, Index, Select, Table, Text, func, insert, select, update

from stationmaster.domain import events
from stationmaster.domain.errors import NotFound
from stationmaster.domain.stations import Station, stations
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, UtcTime, key, metadata
from stationmaster.storage.queries import page

alarms = Table(
    "alarms",
    metadata,
    key(),
    Column("station_id", BigInt, ForeignKey("stations.id"), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("kind", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("resolved_at", UtcTime),
)
Index("ix_alarms_station_id", alarms.c.station_id, alarms.c.id)


def raise_alarm(work: Work, station: Station, *, kind: str, detail: str) -> None:
    """Keep and tell something a person should look at."""
    work.execute(insert(alarms).values(station_id=station.id, kind=kind, detail=detail, at=work.now))
    work.publish(events.Alarm(station_id=station.id, station=station.identity, at=work.now, kind=kind, detail=detail))


def is_open(work: Work, station: Station, *, kind: str) -> bool:
    """Whether a person has yet to look at one of this kind."""
    mine = select(alarms.c.id).where(alarms.c.station_id == station.id, alarms.c.kind == kind)
    return work.execute(mine.where(alarms.c.resolved_at.is_(None)).limit(1)).first() is not None


def listed(
    work: Work,
    organization_id: int,
    *,
    station_id: int | None = None,
    open_only: bool = False,
    limit: int,
    cursor: str | None,
) -> list[Any]:
    """What people should look at, newest first, with the charger's identity as `station`."""
    raised = _raised(organization_id).add_columns(stations.c.identity.label("station"), *alarms.c)
    if station_id is not None:
        raised = raised.where(alarms.c.station_id == station_id)
    if open_only:
        raised = raised.where(alarms.c.resolved_at.is_(None))
    return list(work.execute(page(raised, alarms.c.id, limit=limit, cursor=cursor)))


def count(work: Work, organization_id: int) -> int:
    """How many nobody has looked at."""
    waiting = _raised(organization_id).add_columns(func.count()).where(alarms.c.resolved_at.is_(None))
    return int(work.execute(waiting).scalar_one())


def resolve(work: Work, organization_id: int, alarm_id: int) -> None:
    """A person has looked at it. Raises `NotFound`."""
    mine = _raised(organization_id).add_columns(alarms.c.resolved_at).where(alarms.c.id == alarm_id)
    row = work.execute(mine).one_or_none()
    if row is None:
        raise NotFound("there is no such alarm")
    if row.resolved_at is None:
        work.execute(update(alarms).where(alarms.c.id == alarm_id).values(resolved_at=work.now))


def _raised(organization_id: int) -> Select[Any]:
    """The alarms of an organization's chargers; the columns are to be added."""
    raised = select().select_from(alarms).join(stations, stations.c.id == alarms.c.station_id)
    return raised.where(stations.c.organization_id == organization_id)
