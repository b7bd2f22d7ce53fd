"""Sites: places with an address where chargers stand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from sqlalchemy import Column, ForeignKey, Index, Table, Text, insert, select

from stationmaster.domain import audit
from stationmaster.domain.audit import Subject
from stationmaster.domain.errors import Conflict, Invalid, NotFound
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, UtcTime, key, metadata
from stationmaster.storage.queries import not_deleted, page

sites = Table(
    "sites",
    metadata,
    key(),
    Column("organization_id", BigInt, ForeignKey("organizations.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("address", Text),
    Column("created_at", UtcTime, nullable=False),
    Column("deleted_at", UtcTime),
)
Index(
    "uq_sites_name",
    sites.c.organization_id,
    sites.c.name,
    unique=True,
    sqlite_where=sites.c.deleted_at.is_(None),
    postgresql_where=sites.c.deleted_at.is_(None),
)


class SiteRow(Protocol):
    """A row of the table."""

    id: int
    name: str
    address: str | None
    created_at: datetime


def create(work: Work, organization_id: int, *, name: str, address: str | None = None) -> SiteRow:
    """A new site. Raises `Conflict` when the name is taken."""
    if find(work, organization_id, name) is not None:
        raise Conflict(f"there is a site named {name!r} already")
    values = {"organization_id": organization_id, "name": name, "address": address, "created_at": work.now}
    row = work.execute(insert(sites).values(**values).returning(*sites.c)).one()
    audit.record(work, "add_site", Subject("site", name), after={"address": address}, organization=organization_id)
    return row


def find(work: Work, organization_id: int, name: str) -> SiteRow | None:
    found = select(sites).where(sites.c.organization_id == organization_id, sites.c.name == name, not_deleted(sites))
    return work.execute(found).one_or_none()


def named(work: Work, organization_id: int, name: str) -> int:
    """The id of a site by its name. Raises `NotFound`."""
    site = find(work, organization_id, name)
    if site is None:
        raise NotFound(f"there is no site named {name!r}")
    return site.id


def ids(work: Work, organization_id: int, names: Iterable[str]) -> list[int]:
    """The ids of sites by their names, in order. Raises `Invalid` for the field `sites`."""
    found = [(name, find(work, organization_id, name)) for name in names]
    for name, site in found:
        if site is None:
            raise Invalid("sites", f"there is no site named {name!r}")
    return sorted({site.id for _, site in found if site is not None})


def names(work: Work, ids: Iterable[int]) -> list[str]:
    """The names of sites, in order."""
    return sorted(work.execute(select(sites.c.name).where(sites.c.id.in_(list(ids)))).scalars())


def listed(work: Work, organization_id: int, *, limit: int, cursor: str | None) -> list[SiteRow]:
    """Sites, newest first."""
    mine = select(sites).where(sites.c.organization_id == organization_id, not_deleted(sites))
    return list(work.execute(page(mine, sites.c.id, limit=limit, cursor=cursor)))
