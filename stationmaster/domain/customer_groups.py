"""Groups of customers: those who pay by one tariff wherever they charge, as the staff of a company or the members of a club do."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Column, ForeignKey, Index, Select, Table, Text, func, insert, select

from stationmaster.domain import audit, tariffs, versions
from stationmaster.domain.audit import Subject
from stationmaster.domain.errors import Conflict, Invalid, NotFound
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, key, metadata
from stationmaster.storage.lists import Found, Wanted, listed
from stationmaster.storage.queries import not_deleted

customer_groups = Table(
    "customer_groups",
    metadata,
    key(),
    Column("organization_id", BigInt, ForeignKey("organizations.id"), nullable=False),
    Column("public_id", Text, nullable=False),  # the operator's own id of it
    Column("name", Text, nullable=False),
    Column("tariff_id", BigInt, ForeignKey("tariffs.id")),  # before those of places, behind that of a customer
    *versions.columns(),
)
Index(
    "uq_customer_groups_public_id",
    customer_groups.c.organization_id,
    customer_groups.c.public_id,
    unique=True,
    sqlite_where=customer_groups.c.deleted_at.is_(None),
    postgresql_where=customer_groups.c.deleted_at.is_(None),
)

FACTS = ("name", "tariff")
"""What a person may say of a group."""

SORTS = {
    "id": customer_groups.c.public_id,
    "name": func.lower(customer_groups.c.name),
    "created": customer_groups.c.id,
    "updated": customer_groups.c.updated_at,
}
"""What a list of groups can be sorted by."""


class GroupRow(Protocol):
    """A row of the table, with the id of its tariff."""

    id: int
    public_id: str
    name: str
    tariff_id: int | None
    tariff: str | None
    version: int
    created_at: datetime
    created_by: str | None
    updated_at: datetime
    deleted_at: datetime | None


def create(
    work: Work, organization_id: int, *, name: str, public_id: str | None = None, tariff: str | None = None
) -> GroupRow:
    """A new group. Raises `Invalid`, and `Conflict` when its id is taken."""
    values = {"name": _name(name), "tariff_id": tariffs.named(work, organization_id, tariff)}
    public_id = public_id or secrets.token_hex(6)
    _check_free(work, organization_id, public_id)
    new = insert(customer_groups).values(
        organization_id=organization_id, public_id=public_id, **values, **versions.first(work)
    )
    work.execute(new)
    row = get(work, organization_id, public_id)
    _record(work, "add_customer_group", organization_id, row, after=_facts(row))
    return row


def get(work: Work, organization_id: int, group_id: str, *, lock: bool = False) -> GroupRow:
    """The group with this id. Raises `NotFound`."""
    mine = _mine(organization_id, group_id).where(not_deleted(customer_groups))
    if lock:
        mine = mine.with_for_update(of=customer_groups)
    row: GroupRow | None = work.execute(mine).one_or_none()
    if row is None:
        raise NotFound("there is no group of customers {id!r}", id=group_id)
    return row


def change(
    work: Work,
    organization_id: int,
    group_id: str,
    changes: Mapping[str, Any],
    *,
    expected: versions.Expected = None,
) -> GroupRow:
    """Set the `FACTS` that are given. Raises `NotFound`, `Outdated`, `Invalid`."""
    group = get(work, organization_id, group_id, lock=True)
    versions.check(group, expected)
    values: dict[str, Any] = {}
    if "name" in changes:
        values["name"] = _name(changes["name"])
    if "tariff" in changes:
        values["tariff_id"] = tariffs.named(work, organization_id, changes["tariff"])
    versions.change(work, customer_groups, group, values)
    changed = get(work, organization_id, group_id)
    _record(work, "change_customer_group", organization_id, group, before=_facts(group), after=_facts(changed))
    return changed


def remove(work: Work, organization_id: int, group_id: str, *, expected: versions.Expected = None) -> None:
    """Soft. Raises `NotFound`, `Outdated`, and `Conflict` while customers are in it."""
    from stationmaster.domain.customers import customers  # which knows of groups

    group = get(work, organization_id, group_id, lock=True)
    versions.check(group, expected)
    counted = select(func.count()).where(customers.c.group_id == group.id, not_deleted(customers))
    count = work.execute(counted).scalar_one()
    if count:
        said = "group {id!r} has one customer" if count == 1 else "group {id!r} has {count} customers"
        raise Conflict(said, id=group_id, count=count)
    versions.delete(work, customer_groups, group)
    _record(work, "remove_customer_group", organization_id, group, before=_facts(group))


def list_groups(work: Work, organization_id: int, wanted: Wanted) -> Found[GroupRow]:
    """The groups that there are."""
    mine = _with_tariff().where(customer_groups.c.organization_id == organization_id, not_deleted(customer_groups))
    searched = (customer_groups.c.public_id, customer_groups.c.name)
    return listed(work, mine, wanted, key=customer_groups.c.id, sorts=SORTS, searched=searched)


def named(work: Work, organization_id: int, group_id: str | None, *, field: str = "group") -> int | None:
    """The key of the group that a customer is in; None when none is named. Raises `Invalid`."""
    if group_id is None:
        return None
    try:
        return get(work, organization_id, group_id).id
    except NotFound as missing:
        raise Invalid(field, missing.reason) from None


def _with_tariff() -> Select[Any]:
    table = tariffs.tariffs
    return select(customer_groups, table.c.public_id.label("tariff")).outerjoin(
        table, table.c.id == customer_groups.c.tariff_id
    )


def _mine(organization_id: int, group_id: str) -> Select[Any]:
    return _with_tariff().where(
        customer_groups.c.organization_id == organization_id, customer_groups.c.public_id == group_id
    )


def _check_free(work: Work, organization_id: int, group_id: str) -> None:
    if work.execute(_mine(organization_id, group_id).where(not_deleted(customer_groups))).first() is not None:
        raise Conflict("there is a group of customers with the id {id!r} already", id=group_id)


def _name(given: str) -> str:
    name = given.strip()
    if not name:
        raise Invalid("name", "is empty")
    return name


def _facts(row: GroupRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in FACTS}


def _record(
    work: Work, action: str, organization_id: int, row: GroupRow, *, before: Any = None, after: Any = None
) -> None:
    subject = Subject("customer_group", row.public_id)
    audit.record(work, action, subject, before=before, after=after, organization=organization_id)
