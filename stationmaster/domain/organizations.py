"""Organizations: the tenants. Everything else belongs to one of them."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Column, Table, Text, insert, select

from stationmaster.domain import audit
from stationmaster.domain.audit import Subject
from stationmaster.domain.errors import Conflict, Invalid, NotFound
from stationmaster.storage import Work
from stationmaster.storage.columns import UtcTime, key, metadata

organizations = Table(
    "organizations",
    metadata,
    key(),
    Column("name", Text, nullable=False, unique=True),
    Column("created_at", UtcTime, nullable=False),
)

HOME = "Home"  # the organization a fresh installation starts with


class Organization(NamedTuple):
    """One tenant."""

    id: int
    name: str
    created_at: datetime


def create(work: Work, *, name: str) -> Organization:
    """A new organization. Raises `Invalid`, `Conflict` when the name is taken."""
    name = name.strip()
    if not 1 <= len(name) <= 200:
        raise Invalid("name", "must have 1 to 200 characters")
    if find(work, name) is not None:
        raise Conflict(f"there is an organization named {name!r} already")
    made = insert(organizations).values(name=name, created_at=work.now).returning(*organizations.c)
    row = Organization._make(work.execute(made).one())
    audit.record(work, "add_organization", Subject("organization", name), organization=row.id)
    return row


def get(work: Work, organization_id: int) -> Organization:
    """One organization. Raises `NotFound`."""
    row = work.execute(select(organizations).where(organizations.c.id == organization_id)).one_or_none()
    if row is None:
        raise NotFound("there is no such organization")
    return Organization._make(row)


def find(work: Work, name: str) -> Organization | None:
    """The organization with this name."""
    row = work.execute(select(organizations).where(organizations.c.name == name)).one_or_none()
    return None if row is None else Organization._make(row)


def listed(work: Work) -> list[Organization]:
    """All of them, oldest first."""
    return [Organization._make(row) for row in work.execute(select(organizations).order_by(organizations.c.id))]


def named(work: Work, name: str | None) -> int:
    """The id of the organization with this name; without a name, of the only one. Raises `NotFound`, `Invalid`."""
    if name is not None:
        found = find(work, name)
        if found is None:
            raise NotFound(f"there is no organization named {name!r}")
        return found.id
    if len(listed(work)) > 1:
        raise Invalid("organization", "there are several, so one must be named")
    return home(work)


def lock(work: Work, organization_id: int) -> None:
    """Until the commit nobody else holds this lock: for a rule about several rows of the organization."""
    work.execute(select(organizations.c.id).where(organizations.c.id == organization_id).with_for_update())


def home(work: Work) -> int:
    """The id of the first organization, which is made when there is none. For what knows no caller: a fresh installation."""
    found = work.execute(select(organizations.c.id).order_by(organizations.c.id).limit(1)).scalar()
    return create(work, name=HOME).id if found is None else int(found)
