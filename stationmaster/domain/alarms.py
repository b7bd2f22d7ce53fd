"""What a person should look at: raised by other topics; one row for each kind and charger until somebody has looked."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Column, ForeignKey, Index, Integer, Select, Table, Text, bindparam, func, select, text, update

from stationmaster.domain import events
from stationmaster.domain.errors import NotFound
from stationmaster.domain.stations import Station, stations
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, UtcTime, key, metadata
from stationmaster.storage.queries import Prepared, page

alarms = Table(
    "alarms",
    metadata,
    key(),
    Column("station_id", BigInt, ForeignKey("stations.id"), nullable=False),
    Column("at", UtcTime, nullable=False),  # the first time
    Column("last_at", UtcTime, nullable=False),
    Column("count", Integer, nullable=False, server_default="1"),
    Column("kind", Text, nullable=False),
    Column("detail", Text, nullable=False),  # of the last time
    Column("resolved_at", UtcTime),
)
Index("ix_alarms_station_id", alarms.c.station_id, alarms.c.id)
_waits = alarms.c.resolved_at.is_(None)
Index(
    "uq_alarms_open",
    alarms.c.station_id,
    alarms.c.kind,
    unique=True,
    sqlite_where=_waits,
    postgresql_where=_waits,
)

MAX_KIND, MAX_DETAIL = 100, 1000

# One statement both databases understand: what is open already is counted, not raised again (L14).
_raise = Prepared(
    text(
        "INSERT INTO alarms (station_id, at, last_at, count, kind, detail) VALUES (:station_id, :at, :at, 1, :kind, :detail)"
        " ON CONFLICT (station_id, kind) WHERE resolved_at IS NULL"
        " DO UPDATE SET count = alarms.count + 1, last_at = excluded.last_at, detail = excluded.detail RETURNING count"
    )
    .bindparams(bindparam("at", type_=UtcTime))
    .columns(count=Integer)
)


class AlarmRow(Protocol):
    """A row with the identity of its charger."""

    id: int
    station: str
    at: datetime
    last_at: datetime
    count: int
    kind: str
    detail: str
    resolved_at: datetime | None


def raise_alarm(work: Work, station: Station, *, kind: str, detail: str) -> None:
    """Keep and tell something a person should look at. What is open already is counted, and not told again."""
    kind, detail = kind[:MAX_KIND], detail[:MAX_DETAIL]
    row = work.first(_raise, station_id=station.id, at=work.now, kind=kind, detail=detail)
    if row.count == 1:
        work.publish(
            events.Alarm(station_id=station.id, station=station.identity, at=work.now, kind=kind, detail=detail)
        )


def raise_once(work: Work, station: Station, *, kind: str, detail: str) -> None:
    """The same for what does not change: a person who has seen it is not told again."""
    mine = (alarms.c.station_id == station.id, alarms.c.kind == kind, alarms.c.detail == detail[:MAX_DETAIL])
    if work.execute(select(alarms.c.id).where(*mine).limit(1)).first() is None:
        raise_alarm(work, station, kind=kind, detail=detail)


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
) -> list[AlarmRow]:
    """What people should look at, newest first, with the charger's identity as `station`."""
    raised = _raised(organization_id).add_columns(stations.c.identity.label("station"), *alarms.c)
    if station_id is not None:
        raised = raised.where(alarms.c.station_id == station_id)
    if open_only:
        raised = raised.where(alarms.c.resolved_at.is_(None))
    return list(work.execute(page(raised, alarms.c.id, limit=limit, cursor=cursor)))  # type: ignore[arg-type]


def of_station_between(work: Work, station_id: int, *, since: datetime, until: datetime, most: int) -> list[AlarmRow]:
    """Those of a charger that were raised in this time, for the first time or again."""
    raised = select(alarms).where(alarms.c.station_id == station_id, alarms.c.at < until, alarms.c.last_at >= since)
    return list(work.execute(raised.order_by(alarms.c.id.desc()).limit(most)))  # type: ignore[arg-type]


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


def resolve_all(work: Work, organization_id: int, *, station_id: int | None = None, kind: str | None = None) -> int:
    """A person has looked at all of them; of one charger or one kind if it is named. Returns how many."""
    mine = select(stations.c.id).where(stations.c.organization_id == organization_id)
    waiting = update(alarms).where(_waits, alarms.c.station_id.in_(mine))
    if station_id is not None:
        waiting = waiting.where(alarms.c.station_id == station_id)
    if kind is not None:
        waiting = waiting.where(alarms.c.kind == kind)
    return int(work.execute(waiting.values(resolved_at=work.now)).rowcount)


def _raised(organization_id: int) -> Select[Any]:
    """The alarms of an organization's chargers; the columns are to be added."""
    raised = select().select_from(alarms).join(stations, stations.c.id == alarms.c.station_id)
    return raised.where(stations.c.organization_id == organization_id)
