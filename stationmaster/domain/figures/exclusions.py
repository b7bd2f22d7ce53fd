"""Times that count neither for nor against the uptime of ports, as a person has entered them (23 CFR 680.116(b)(3))."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, Literal, NamedTuple, Protocol, cast

from sqlalchemy import Column, ForeignKey, Index, Table, Text, delete, insert, select

from stationmaster.domain import audit, sites, stations
from stationmaster.domain.audit import Subject
from stationmaster.domain.errors import Invalid, NotFound
from stationmaster.domain.uptime import Time
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, UtcTime, key, metadata
from stationmaster.storage.lists import Found, Wanted, listed

Reason = Literal["grid", "maintenance", "vehicle", "vandalism", "disaster", "closed"]

uptime_exclusions = Table(
    "uptime_exclusions",
    metadata,
    key(),
    Column("organization_id", BigInt, ForeignKey("organizations.id"), nullable=False),
    Column("public_id", Text, nullable=False, unique=True),
    Column("site_id", BigInt, ForeignKey("sites.id"), nullable=False),
    Column("station_id", BigInt, ForeignKey("stations.id")),  # none: all chargers of the site
    Column("begins_at", UtcTime, nullable=False),
    Column("ends_at", UtcTime, nullable=False),
    Column("reason", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("made_by", Text, nullable=False),
)
Index("ix_uptime_exclusions_site", uptime_exclusions.c.site_id, uptime_exclusions.c.begins_at)
Index("ix_uptime_exclusions_organization", uptime_exclusions.c.organization_id, uptime_exclusions.c.id)


class ExclusionRow(Protocol):
    """A row, with its site and charger as people call them."""

    id: int
    public_id: str
    site_id: int
    station_id: int | None
    begins_at: datetime
    ends_at: datetime
    reason: Reason
    note: str
    made_at: datetime
    made_by: str
    site: str
    station: str | None


class Excluded(NamedTuple):
    """A time, and of which charger; None: of all of the site."""

    site_id: int
    station_id: int | None
    time: Time


def add(
    work: Work,
    organization_id: int,
    *,
    site: str,
    station: str | None,
    begins_at: datetime,
    ends_at: datetime,
    reason: Reason,
    note: str,
    by: str,
) -> ExclusionRow:
    """Raises `NotFound`, and `Invalid` for a time that is none."""
    if ends_at <= begins_at:
        raise Invalid("ends_at", "must be after `begins_at`")
    there = sites.get(work, organization_id, site)
    charger = None if station is None else stations.get(work, organization_id, station)
    if charger is not None and charger.site_id != there.id:
        raise Invalid("station", "{charger} does not stand at {site}", charger=station, site=site)
    name = secrets.token_hex(8)
    work.execute(
        insert(uptime_exclusions).values(
            organization_id=organization_id,
            public_id=name,
            site_id=there.id,
            station_id=None if charger is None else charger.id,
            begins_at=begins_at,
            ends_at=ends_at,
            reason=reason,
            note=note,
            made_at=work.now,
            made_by=by,
        )
    )
    row = get(work, organization_id, name)
    audit.record(work, "add_uptime_exclusion", Subject("uptime_exclusion", name), after=_facts(row))
    return row


def remove(work: Work, organization_id: int, name: str) -> ExclusionRow:
    """The time counts again. Raises `NotFound`."""
    row = get(work, organization_id, name)
    work.execute(delete(uptime_exclusions).where(uptime_exclusions.c.id == row.id))
    audit.record(work, "remove_uptime_exclusion", Subject("uptime_exclusion", name), before=_facts(row))
    return row


def get(work: Work, organization_id: int, name: str) -> ExclusionRow:
    """Raises `NotFound`."""
    row = work.execute(_of(organization_id).where(uptime_exclusions.c.public_id == name)).one_or_none()
    if row is None:
        raise NotFound("there is no exclusion {name!r}", name=name)
    return cast(ExclusionRow, row)


def list_exclusions(
    work: Work, organization_id: int, wanted: Wanted, *, site_id: int | None = None
) -> Found[ExclusionRow]:
    """The newest first."""
    mine = _of(organization_id)
    if site_id is not None:
        mine = mine.where(uptime_exclusions.c.site_id == site_id)
    return listed(work, mine, wanted, key=uptime_exclusions.c.id)


def between(work: Work, site_ids: Collection[int], since: datetime, until: datetime) -> list[Excluded]:
    """Those of these sites that fall into a time."""
    table = uptime_exclusions.c
    mine = select(table.site_id, table.station_id, table.begins_at, table.ends_at)
    mine = mine.where(table.site_id.in_(site_ids), table.begins_at < until, table.ends_at > since)
    return [Excluded(row.site_id, row.station_id, Time(row.begins_at, row.ends_at)) for row in work.execute(mine)]


def of_station(excluded: Iterable[Excluded], site_id: int | None, station_id: int) -> list[Time]:
    """Of these, the times of a charger."""
    return [each.time for each in excluded if each.site_id == site_id and each.station_id in (None, station_id)]


def _of(organization_id: int) -> Any:
    table = uptime_exclusions
    named = select(table, sites.sites.c.public_id.label("site"), stations.stations.c.identity.label("station"))
    named = named.join(sites.sites, sites.sites.c.id == table.c.site_id)
    named = named.outerjoin(stations.stations, stations.stations.c.id == table.c.station_id)
    return named.where(table.c.organization_id == organization_id)


def _facts(row: ExclusionRow) -> dict[str, Any]:
    names = ("site", "station", "begins_at", "ends_at", "reason", "note")
    return {name: getattr(row, name) for name in names}
