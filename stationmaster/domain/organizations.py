"""Organizations: the tenants. Everything else belongs to one of them."""

from __future__ import annotations

from sqlalchemy import Column, Table, Text, insert, select

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


def home(work: Work) -> int:
    """The first organization's id; made when there is none."""
    found = work.execute(select(organizations.c.id).order_by(organizations.c.id).limit(1)).scalar()
    if found is not None:
        return int(found)
    made = work.execute(insert(organizations).values(name=HOME, created_at=work.now).returning(organizations.c.id))
    return int(made.scalar_one())
