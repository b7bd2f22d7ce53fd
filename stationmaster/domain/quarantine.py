"""The quarantine: what a station said that fits nothing we know, kept until a person has looked at it.

A transaction message cannot be refused (rule 3): what cannot be matched or understood is stored here, and answered.
"""

from __future__ import annotations

import hashlib
from typing import Any

from sqlalchemy import Column, ForeignKey, Index, Select, Table, Text, func, insert, select, update

from stationmaster.domain import events
from stationmaster.domain.errors import NotFound
from stationmaster.domain.stations import Station, stations
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, UtcTime, key, metadata
from stationmaster.storage.queries import page

quarantine = Table(
    "quarantine",
    metadata,
    key(),
    Column("station_id", BigInt, ForeignKey("stations.id"), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("action", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("content_key", Text, nullable=False),
    Column("proposed_session_id", BigInt, ForeignKey("sessions.id")),
    Column("resolved_at", UtcTime),
)
Index("uq_quarantine_content", quarantine.c.station_id, quarantine.c.content_key, unique=True)


def keep(
    work: Work,
    station: Station,
    *,
    action: str,
    reason: str,
    content: str,
    content_key: str,
    proposed_session_id: int | None = None,
) -> bool:
    """Put it in the quarantine and tell; False when the very same is there already (a retry)."""
    there = select(quarantine.c.id).where(
        quarantine.c.station_id == station.id, quarantine.c.content_key == content_key
    )
    if work.execute(there).first() is not None:
        return False
    work.execute(
        insert(quarantine).values(
            station_id=station.id,
            at=work.now,
            action=action,
            reason=reason,
            content=content,
            content_key=content_key,
            proposed_session_id=proposed_session_id,
        )
    )
    work.publish(
        events.Alarm(
            station_id=station.id,
            station=station.identity,
            at=work.now,
            kind="quarantine",
            detail=f"{action}: {reason}",
        )
    )
    return True


def listed(work: Work, organization_id: int, *, limit: int, cursor: str | None) -> list[Any]:
    """What waits for a person, newest first, with the charger's identity as `station`."""
    waiting = _waiting(organization_id).add_columns(stations.c.identity.label("station"), *quarantine.c)
    return list(work.execute(page(waiting, quarantine.c.id, limit=limit, cursor=cursor)))


def count(work: Work, organization_id: int) -> int:
    """How many wait for a person."""
    return int(work.execute(_waiting(organization_id).add_columns(func.count())).scalar_one())


def _waiting(organization_id: int) -> Select[Any]:
    """What nobody has looked at, of an organization's chargers; the columns are to be added."""
    kept = select().select_from(quarantine).join(stations, stations.c.id == quarantine.c.station_id)
    return kept.where(stations.c.organization_id == organization_id, quarantine.c.resolved_at.is_(None))


def resolve(work: Work, organization_id: int, quarantine_id: int) -> None:
    """A person has looked at it. Raises `NotFound`."""
    mine = (
        select(quarantine.c.id)
        .join(stations, stations.c.id == quarantine.c.station_id)
        .where(quarantine.c.id == quarantine_id, stations.c.organization_id == organization_id)
    )
    if work.execute(mine).first() is None:
        raise NotFound("there is no such entry in the quarantine")
    work.execute(update(quarantine).where(quarantine.c.id == quarantine_id).values(resolved_at=work.now))


def key_of(content: str) -> str:
    """The content key: the same content is kept once."""
    return hashlib.blake2b(content.encode(), digest_size=16).hexdigest()
