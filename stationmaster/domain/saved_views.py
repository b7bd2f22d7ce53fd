"""Lists as people have arranged them, under a name: what a list filters, sorts by and shows is in its address, and that is kept.

A view is its maker's own. Who may administer shares one with the organization. It goes with its maker, and comes back with them.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Protocol

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Table,
    Text,
    UniqueConstraint,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from stationmaster.domain import accounts, audit
from stationmaster.domain.accounts import User
from stationmaster.domain.audit import Subject
from stationmaster.domain.errors import Conflict, NotFound
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, UtcTime, key, metadata, organization
from stationmaster.storage.queries import not_deleted

saved_views = Table(
    "saved_views",
    metadata,
    key(),
    organization(),
    Column("public_id", Text, nullable=False, unique=True),
    Column("user_id", BigInt, ForeignKey("users.id"), nullable=False),
    Column("page", Text, nullable=False),  # the path of the list
    Column("name", Text, nullable=False),
    Column("search", Text, nullable=False),  # the rest of its address, from the question mark on
    Column("shared", Boolean, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    UniqueConstraint("user_id", "page", "name"),
)
Index("ix_saved_views_organization_id", saved_views.c.organization_id)

MOST = 200
"""Views of one person, on all pages."""


class ViewRow(Protocol):
    """A row of `saved_views`, with the address of its maker."""

    id: int
    public_id: str
    user_id: int
    page: str
    name: str
    search: str
    shared: bool
    created_at: datetime
    by: str


def listed(work: Work, user: User, *, with_shared: bool) -> list[ViewRow]:
    """The views of a user by page and name, and those that others of the organization share."""
    seen = saved_views.c.user_id == user.key
    if with_shared:
        seen = or_(seen, saved_views.c.shared)
    mine = _selected.where(saved_views.c.organization_id == user.organization_id, seen)
    in_order = mine.order_by(saved_views.c.page, saved_views.c.name, saved_views.c.id)
    return list(work.execute(in_order))


def keep(work: Work, user: User, *, page: str, name: str, search: str, shared: bool) -> ViewRow:
    """Keep a view; one of theirs with this name, on this page, is replaced. Raises `Conflict` when they have `MOST`."""
    # Two devices of one person keep views one after the other.
    work.execute(select(accounts.users.c.id).where(accounts.users.c.id == user.key).with_for_update())
    same = (saved_views.c.user_id == user.key, saved_views.c.page == page, saved_views.c.name == name)
    before = work.execute(_selected.where(*same)).one_or_none()
    if before is None:
        count = select(func.count()).select_from(saved_views).where(saved_views.c.user_id == user.key)
        if work.execute(count).scalar_one() >= MOST:
            raise Conflict("you have {most} views, which is all there may be: remove one first", most=MOST)
        work.execute(
            insert(saved_views).values(
                organization_id=user.organization_id,
                public_id=secrets.token_hex(8),
                user_id=user.key,
                page=page,
                name=name,
                search=search,
                shared=shared,
                created_at=work.now,
            )
        )
    else:
        work.execute(update(saved_views).where(*same).values(search=search, shared=shared))
    row: ViewRow = work.execute(_selected.where(*same)).one()
    audit.record(
        work,
        "keep_view",
        Subject("view", row.public_id),
        before=None if before is None else _said(before),
        after=_said(row),
        organization=user.organization_id,
    )
    return row


def remove(work: Work, user: User, public_id: str, *, of_others: bool) -> None:
    """Remove a view of theirs; with `of_others`, also one that somebody else shares. Raises `NotFound`."""
    theirs = saved_views.c.user_id == user.key
    reached = or_(theirs, saved_views.c.shared) if of_others else theirs
    mine = (saved_views.c.organization_id == user.organization_id, saved_views.c.public_id == public_id, reached)
    row = work.execute(_selected.where(*mine)).one_or_none()
    if row is None:
        raise NotFound("there is no such view")
    work.execute(delete(saved_views).where(saved_views.c.id == row.id))
    audit.record(work, "remove_view", Subject("view", public_id), before=_said(row), organization=user.organization_id)


_selected = (
    select(saved_views, accounts.users.c.email.label("by"))
    .join(accounts.users, accounts.users.c.id == saved_views.c.user_id)
    .where(not_deleted(accounts.users))
)


def _said(row: ViewRow) -> dict[str, object]:
    return {"page": row.page, "name": row.name, "search": row.search, "shared": row.shared}
