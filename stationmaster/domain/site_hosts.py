"""Hosts of sites: whose place it is, and which share of what sessions there bring without taxes is theirs.

A change holds for sessions that are billed for the first time after it; a correction is shared as the first bill was.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple, Protocol

from sqlalchemy import Column, ForeignKey, Index, Table, Text, insert, select

from stationmaster.domain import audit, sites
from stationmaster.domain.audit import Subject
from stationmaster.domain.errors import Invalid
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, Exact, UtcTime, key, metadata

DECIMALS = 4

site_hosts = Table(
    "site_hosts",
    metadata,
    key(),
    Column("organization_id", BigInt, ForeignKey("organizations.id"), nullable=False),
    Column("site_id", BigInt, ForeignKey("sites.id"), nullable=False),
    Column("name", Text),  # empty: since then it has none
    Column("percent", Exact(DECIMALS), nullable=False),
    Column("valid_from", UtcTime, nullable=False),
)
Index("ix_site_hosts_site", site_hosts.c.site_id, site_hosts.c.id)


class HostRow(Protocol):
    """A row of the table."""

    id: int
    site_id: int
    name: str | None
    percent: Decimal
    valid_from: datetime


class Host(NamedTuple):
    """Who it is, and which part is theirs, in percent of the net."""

    name: str
    percent: Decimal


def of_site(work: Work, organization_id: int, site_id: str) -> Host | None:
    """The host of a site now. Raises `NotFound`."""
    return _now(work, sites.get(work, organization_id, site_id).id)


def of_key(work: Work, site_key: int | None) -> Host | None:
    """The same by the key of the site."""
    return None if site_key is None else _now(work, site_key)


def name_host(work: Work, organization_id: int, site_id: str, host: Host | None) -> Host | None:
    """From now on this is the host, or there is none. Raises `NotFound`, `Invalid`."""
    site = sites.get(work, organization_id, site_id, lock=True)
    if host is not None:
        host = Host(host.name.strip(), _checked(host.percent))
        if not host.name:
            raise Invalid("name", "is empty")
    before = _now(work, site.id)
    if before != host:
        values = {"name": None, "percent": Decimal(0)} if host is None else host._asdict()
        work.execute(
            insert(site_hosts).values(organization_id=organization_id, site_id=site.id, valid_from=work.now, **values)
        )
    audit.record(
        work,
        "name_host",
        Subject("site", site_id),
        before=_facts(before),
        after=_facts(host),
        organization=organization_id,
    )
    return host


def _now(work: Work, site_key: int) -> Host | None:
    mine = select(site_hosts).where(site_hosts.c.site_id == site_key).order_by(site_hosts.c.id.desc()).limit(1)
    row: HostRow | None = work.execute(mine).one_or_none()
    return None if row is None or row.name is None else Host(row.name, row.percent)


def _checked(percent: Decimal) -> Decimal:
    if not percent.is_finite() or not 0 < percent <= 100:
        raise Invalid("percent", "must be above 0, and 100 at the most")
    kept = percent.quantize(Decimal(1).scaleb(-DECIMALS))
    if kept != percent:
        raise Invalid("percent", "has more than {decimals} decimals", decimals=DECIMALS)
    return kept


def _facts(host: Host | None) -> dict[str, str | None]:
    return {"name": None if host is None else host.name, "percent": None if host is None else str(host.percent)}
