"""Sites: places with an address where chargers stand."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Literal, Protocol

from sqlalchemy import Column, Double, ForeignKey, Index, Table, Text, bindparam, func, select

from stationmaster.domain import audit, moments, opening_hours, versions
from stationmaster.domain.audit import Subject
from stationmaster.domain.errors import Conflict, Invalid, NotFound
from stationmaster.domain.opening_hours import DAYS, Day
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, Json, key, metadata
from stationmaster.storage.lists import Found, Wanted, alike, listed, only, rows_among
from stationmaster.storage.queries import Inserts, Prepared, not_deleted

Status = Literal["active", "inactive", "maintenance"]
GridPhase = Literal["single_phase", "three_phase"]

sites = Table(
    "sites",
    metadata,
    key(),
    Column("organization_id", BigInt, ForeignKey("organizations.id"), nullable=False),
    Column("public_id", Text, nullable=False),  # the operator's own id of it
    Column("name", Text, nullable=False),
    Column("address", Text),
    Column("tariff_id", BigInt, ForeignKey("tariffs.id")),  # see tariff_places.py
    Column("city", Text),
    Column("state", Text),
    Column("country", Text),
    Column("postal_code", Text),
    Column("latitude", Double),
    Column("longitude", Double),
    Column("status", Text, nullable=False, server_default="active"),
    Column("grid_phase", Text),
    Column("time_zone", Text, nullable=False, server_default="UTC"),
    Column("working_days", Json),  # none: every day
    Column("opening_time", Text),  # by the clock there, as in 07:30; none: the whole day
    Column("closing_time", Text),
    Column("contact_person", Text),
    Column("contact_number", Text),
    Column("contact_email", Text),
    *versions.columns(),
)
for _name, _column in (("uq_sites_name", sites.c.name), ("uq_sites_public_id", sites.c.public_id)):
    Index(
        _name,
        sites.c.organization_id,
        _column,
        unique=True,
        sqlite_where=sites.c.deleted_at.is_(None),
        postgresql_where=sites.c.deleted_at.is_(None),
    )
Index("ix_sites_name", sites.c.organization_id, func.lower(sites.c.name), sites.c.id)
Index("ix_sites_city", sites.c.organization_id, func.lower(sites.c.city), sites.c.id)
Index("ix_sites_updated", sites.c.organization_id, sites.c.updated_at, sites.c.id)
Index("ix_sites_position", sites.c.latitude, sites.c.longitude)

FACTS = (
    "name",
    "address",
    "city",
    "state",
    "country",
    "postal_code",
    "latitude",
    "longitude",
    "status",
    "grid_phase",
    "time_zone",
    "working_days",
    "opening_time",
    "closing_time",
    "contact_person",
    "contact_number",
    "contact_email",
)
"""What a person may say of a site."""

SORTS = {
    "id": sites.c.public_id,
    "name": func.lower(sites.c.name),
    "city": func.lower(sites.c.city),
    "created": sites.c.id,
    "updated": sites.c.updated_at,
}
"""What a list of sites can be sorted by."""


class SiteRow(Protocol):
    """A row of the table."""

    id: int
    public_id: str
    name: str
    address: str | None
    city: str | None
    state: str | None
    country: str | None
    postal_code: str | None
    latitude: float | None
    longitude: float | None
    status: Status
    grid_phase: GridPhase | None
    time_zone: str
    working_days: list[Day] | None
    opening_time: str | None
    closing_time: str | None
    contact_person: str | None
    contact_number: str | None
    contact_email: str | None
    tariff_id: int | None
    version: int
    created_at: datetime
    created_by: str | None
    updated_at: datetime
    deleted_at: datetime | None


def create(work: Work, organization_id: int, /, *, name: str, public_id: str | None = None, **facts: Any) -> SiteRow:
    """A new site, with the `FACTS` that are given. Raises `Invalid`, and `Conflict` when its id or name is taken."""
    values = _checked({"name": name} | facts)
    public_id = public_id or secrets.token_hex(8)
    _check_free(work, organization_id, public_id=public_id, name=name)
    values |= {"organization_id": organization_id, "public_id": public_id} | versions.first(work)
    row: SiteRow = work.first(_row, key=work.insert(_inserts.of(values), **values))
    _record(work, "add_site", organization_id, row, after=_facts(row))
    return row


_inserts = Inserts(sites)
_row = Prepared(select(sites).where(sites.c.id == bindparam("key")))


def of_ids(work: Work, organization_id: int, site_ids: Sequence[str]) -> dict[str, SiteRow]:
    """Those of these sites that are there, by id."""
    mine = select(sites).where(sites.c.organization_id == organization_id, not_deleted(sites))
    return {row.public_id: row for row in rows_among(work, mine, sites.c.public_id, site_ids)}


def get(work: Work, organization_id: int, site_id: str, *, lock: bool = False) -> SiteRow:
    """The site with this id. Raises `NotFound`."""
    row: SiteRow | None = versions.find(work, _mine(organization_id, site_id).where(not_deleted(sites)), lock=lock)
    if row is None:
        raise NotFound("there is no site {id!r}", id=site_id)
    return row


def change(
    work: Work, organization_id: int, site_id: str, changes: dict[str, Any], *, expected: versions.Expected = None
) -> SiteRow:
    """Set the `FACTS` that are given. Raises `NotFound`, `Outdated`, `Invalid`, `Conflict`."""
    site = get(work, organization_id, site_id, lock=True)
    versions.check(site, expected)
    values = _checked(_facts(site) | changes)
    if values["name"] != site.name:
        _check_free(work, organization_id, name=values["name"])
    changed = versions.change(work, sites, site, values)
    _record(work, "change_site", organization_id, site, before=_facts(site), after=_facts(changed))
    return changed


def remove(work: Work, organization_id: int, site_id: str, *, expected: versions.Expected = None) -> None:
    """Soft; `stations.remove_site` asks first whether chargers stand there. Raises `NotFound`, `Outdated`."""
    site = get(work, organization_id, site_id, lock=True)
    versions.check(site, expected)
    versions.delete(work, sites, site)
    _record(work, "remove_site", organization_id, site, before=_facts(site))


def restore(work: Work, organization_id: int, site_id: str) -> SiteRow:
    """Bring back the one that was removed last. Raises `NotFound`, and `Conflict` when its id or name is in use again."""
    site: SiteRow = versions.newest_deleted(work, sites, _mine(organization_id, site_id), f"site {site_id!r}")
    _check_free(work, organization_id, public_id=site.public_id, name=site.name)
    restored = versions.change(work, sites, site, {"deleted_at": None})
    _record(work, "restore_site", organization_id, site, after=_facts(restored))
    return restored


def list_sites(
    work: Work,
    organization_id: int,
    wanted: Wanted,
    *,
    status: Status | None = None,
    city: str | None = None,
    country: str | None = None,
    deleted: bool = False,
) -> Found[SiteRow]:
    """The sites that are so; deleted ones only when they are asked for, and then no others."""
    mine = select(sites).where(sites.c.organization_id == organization_id)
    mine = mine.where(sites.c.deleted_at.is_not(None) if deleted else not_deleted(sites))
    mine = alike(only(mine, {sites.c.status: status}), {sites.c.city: city, sites.c.country: country})
    searched = (sites.c.public_id, sites.c.name, sites.c.address, sites.c.city, sites.c.postal_code)
    return listed(work, mine, wanted, key=sites.c.id, sorts=SORTS, searched=searched)


def find(work: Work, organization_id: int, name: str) -> SiteRow | None:
    """The site with this name."""
    found = select(sites).where(sites.c.organization_id == organization_id, sites.c.name == name, not_deleted(sites))
    return work.execute(found).one_or_none()


def named(work: Work, organization_id: int, name: str, *, field: str = "site") -> int:
    """The key of the site that something names. Raises `Invalid`."""
    site = find(work, organization_id, name)
    if site is None:
        raise Invalid(field, "there is no site named {name!r}", name=name)
    return site.id


def ids(work: Work, organization_id: int, names: Iterable[str]) -> list[int]:
    """The ids of sites by their names, in order. Raises `Invalid` for the field `sites`."""
    return sorted({named(work, organization_id, name, field="sites") for name in names})


def is_there(work: Work, key: int) -> bool:
    """Whether the site with this key has not been removed."""
    return work.execute(select(sites.c.id).where(sites.c.id == key, not_deleted(sites))).first() is not None


def names(work: Work, ids: Iterable[int]) -> list[str]:
    """The names of sites, in order."""
    return sorted(work.execute(select(sites.c.name).where(sites.c.id.in_(list(ids)))).scalars())


def is_open(site: SiteRow, at: datetime) -> bool:
    """Whether the doors of a site are open at this moment."""
    zone = moments.zone_named(site.time_zone)
    return opening_hours.is_open(at, zone, site.working_days, site.opening_time, site.closing_time)


def _mine(organization_id: int, site_id: str) -> Any:
    return select(sites).where(sites.c.organization_id == organization_id, sites.c.public_id == site_id)


def _check_free(work: Work, organization_id: int, *, public_id: str | None = None, name: str) -> None:
    if find(work, organization_id, name) is not None:
        raise Conflict("there is a site named {name!r} already", name=name)
    if public_id is not None:
        taken = _mine(organization_id, public_id).where(not_deleted(sites))
        if work.execute(taken).first() is not None:
            raise Conflict("there is a site with the id {id!r} already", id=public_id)


def _checked(facts: dict[str, Any]) -> dict[str, Any]:
    """The facts as they are kept. Raises `Invalid`."""
    values = dict(facts)
    if values.get("time_zone") is not None:
        try:
            moments.zone_named(values["time_zone"])
        except Invalid as wrong:
            raise Invalid("time_zone", wrong.reason) from None
    else:
        values.pop("time_zone", None)
    for one, other in (("latitude", "longitude"), ("opening_time", "closing_time")):
        for name, beside in ((one, other), (other, one)):
            if values.get(name) is None and values.get(beside) is not None:
                raise Invalid(
                    name, "is missing: with {beside} it says something, alone {beside} does not", beside=beside
                )
    days = values.get("working_days")
    if days is not None:
        values["working_days"] = [day for day in DAYS if day in days] or None
    return values


def _facts(row: SiteRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in FACTS}


def _record(
    work: Work, action: str, organization_id: int, row: SiteRow, *, before: Any = None, after: Any = None
) -> None:
    subject = Subject("site", row.public_id)
    audit.record(work, action, subject, before=before, after=after, organization=organization_id)
