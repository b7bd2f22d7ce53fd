"""Organizations: the tenants. Everything else belongs to one of them."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Boolean, Column, Table, Text, column, func, insert, select, table, update
from sqlalchemy import text as sql

from stationmaster.domain import audit
from stationmaster.domain.audit import Subject
from stationmaster.domain.errors import Conflict, Invalid, NotFound
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, UtcTime, key, metadata
from stationmaster.storage.queries import page

organizations = Table(
    "organizations",
    metadata,
    key(),
    Column("name", Text, nullable=False, unique=True),
    Column("created_at", UtcTime, nullable=False),
    Column("public_id", Text, nullable=False, unique=True),
    Column("closed_at", UtcTime),  # since when nobody of it may log in
    # What drivers may ask of chargers by themselves (driver_requests.py). A reservation keeps others away, so it is off at first.
    Column("drivers_start", Boolean, nullable=False, server_default=sql("true")),
    Column("drivers_reserve", Boolean, nullable=False, server_default=sql("false")),
)
# A view of all of them, also for who is shown the rows of one organization only: it tells nothing that somebody would mind.
_all = table("organization_ids", column("id", BigInt), column("closed_at", UtcTime))
closed = select(_all.c.id).where(_all.c.closed_at.is_not(None))
"""The ids of those in which nobody may log in."""
home_id = select(func.min(_all.c.id)).scalar_subquery()
"""The id of the one that runs the installation: the first."""

HOME = "Home"  # the organization a fresh installation starts with


class Organization(NamedTuple):
    """One tenant."""

    id: int
    name: str
    created_at: datetime
    public_id: str
    closed_at: datetime | None
    drivers_start: bool
    drivers_reserve: bool


def create(work: Work, *, name: str) -> Organization:
    """A new organization. Raises `Invalid`, `Conflict` when the name is taken."""
    name = _free_name(work, name)
    new = {"name": name, "created_at": work.now, "public_id": secrets.token_hex(8)}
    row = Organization._make(work.execute(insert(organizations).values(new).returning(*organizations.c)).one())
    subject = Subject("organization", row.public_id)
    audit.record(work, "add_organization", subject, after={"name": name}, organization=row.id)
    return row


def get(work: Work, organization_id: int) -> Organization:
    """One organization. Raises `NotFound`."""
    row = work.execute(select(organizations).where(organizations.c.id == organization_id)).one_or_none()
    if row is None:
        raise NotFound("there is no such organization")
    return Organization._make(row)


def of_id(work: Work, public_id: str) -> Organization:
    """One organization by the id it has outside. Raises `NotFound`."""
    row = work.execute(select(organizations).where(organizations.c.public_id == public_id)).one_or_none()
    if row is None:
        raise NotFound("there is no such organization")
    return Organization._make(row)


def rename(work: Work, organization_id: int, *, name: str) -> Organization:
    """Another name, by which people and the command line know it. Raises `NotFound`, `Invalid`, `Conflict`."""
    before = get(work, organization_id)
    if name.strip() == before.name:
        return before
    name = _free_name(work, name)
    work.execute(update(organizations).where(organizations.c.id == organization_id).values(name=name))
    _record(work, before, {"name": before.name}, {"name": name})
    return get(work, organization_id)


def change_rules(work: Work, organization_id: int, rules: dict[str, bool]) -> Organization:
    """What drivers may do: `drivers_start`, `drivers_reserve`. Raises `NotFound`."""
    before = get(work, organization_id)
    if rules:
        work.execute(update(organizations).where(organizations.c.id == organization_id).values(rules))
        _record(work, before, {name: getattr(before, name) for name in rules}, dict(rules))
    return get(work, organization_id)


def set_closed(work: Work, organization: Organization, *, closed: bool) -> Organization:
    """Close or open it; whether that may be asks `tenants.close`."""
    values = {"closed_at": work.now if closed else None}
    work.execute(update(organizations).where(organizations.c.id == organization.id).values(values))
    _record(work, organization, {"closed": not closed}, {"closed": closed})
    return get(work, organization.id)


def find(work: Work, name: str) -> Organization | None:
    """The organization with this name."""
    row = work.execute(select(organizations).where(organizations.c.name == name)).one_or_none()
    return None if row is None else Organization._make(row)


def list_page(work: Work, *, limit: int, cursor: str | None) -> list[Organization]:
    """All of them, newest first."""
    rows = work.execute(page(select(organizations), organizations.c.id, limit=limit, cursor=cursor))
    return [Organization._make(row) for row in rows]


def listed(work: Work) -> list[Organization]:
    """All of them, oldest first."""
    return [Organization._make(row) for row in work.execute(select(organizations).order_by(organizations.c.id))]


def named(work: Work, name: str | None) -> int:
    """The id of the organization with this name; without a name, of the only one. Raises `NotFound`, `Invalid`."""
    if name is not None:
        found = find(work, name)
        if found is None:
            raise NotFound("there is no organization named {name!r}", name=name)
        return found.id
    if len(listed(work)) > 1:
        raise Invalid("organization", "there are several, so one must be named")
    return home(work)


def check_open(work: Work, organization_id: int) -> None:
    """Nobody closes it until the commit. Raises `Conflict` when somebody has."""
    mine = select(organizations.c.closed_at).where(organizations.c.id == organization_id)
    if work.execute(mine.with_for_update(read=True)).scalar() is not None:
        raise Conflict("this organization is closed: open it first")


def lock(work: Work, organization_id: int) -> None:
    """Until the commit nobody else holds this lock: for a rule about several rows of the organization."""
    work.execute(select(organizations.c.id).where(organizations.c.id == organization_id).with_for_update())


def home(work: Work) -> int:
    """The id of the first organization, which is made when there is none. For what knows no caller: a fresh installation."""
    found = work.execute(select(home_id)).scalar()
    if found is None:
        try:
            return create(work, name=HOME).id
        except Conflict:  # another node has made it since we looked
            found = work.execute(select(home_id)).scalar_one()
    return int(found)


def _free_name(work: Work, name: str) -> str:
    name = name.strip()
    if not 1 <= len(name) <= 200 or not name.isprintable():
        raise Invalid("name", "must have 1 to 200 characters, on one line")
    with work.beyond():
        taken = find(work, name) is not None
    if taken:
        raise Conflict("there is an organization named {name!r} already", name=name)
    return name


def _record(work: Work, organization: Organization, before: dict[str, object], after: dict[str, object]) -> None:
    subject = Subject("organization", organization.public_id)
    audit.record(work, "change_organization", subject, before=before, after=after, organization=organization.id)
