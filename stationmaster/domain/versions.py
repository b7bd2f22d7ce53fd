"""What people manage (sites, cards …) has a version: two who change the same thing at once do not undo each other's work.

The version is a number in the row, one more with each change by a person. Whoever changes it may say which one they have seen; the row
is locked before that is compared, so that it holds for two writers on two nodes as well.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Protocol, TypeVar, cast

from sqlalchemy import Column, ColumnElement, Integer, Select, Table, Text, select, update

from stationmaster.domain.audit import Signature
from stationmaster.domain.errors import DomainError, NotFound
from stationmaster.storage import Work
from stationmaster.storage.columns import UtcTime

Expected = frozenset[str] | None
"""The tags of which one must be the present one; None: whatever it is."""


class Outdated(DomainError):
    """Somebody else has changed it since the caller looked."""


class Numbered(Protocol):
    """Something with a version."""

    @property
    def id(self) -> int: ...
    @property
    def version(self) -> int: ...


class Versioned(Protocol):
    """A row of a table with `columns()`."""

    id: int
    version: int
    created_at: datetime
    created_by: str | None
    updated_at: datetime
    deleted_at: datetime | None


Row = TypeVar("Row", bound=Versioned)


def columns() -> list[Column[Any]]:
    """What each of these tables has beside its own columns."""
    return [
        Column("version", Integer, nullable=False, server_default="1"),
        Column("created_at", UtcTime, nullable=False),
        Column("created_by", Text),
        Column("updated_at", UtcTime, nullable=False),
        Column("deleted_at", UtcTime),
    ]


def first(work: Work) -> dict[str, Any]:
    """The values of these columns in a new row."""
    signature: Signature | None = work.signature
    by = None if signature is None else signature.actor.name
    return {"created_at": work.now, "updated_at": work.now, "created_by": by}


def tag(row: Numbered) -> str:
    """A name of what a row is now; it changes with each change by a person, and tells nothing else."""
    return hashlib.blake2s(f"{row.id} {row.version}".encode(), digest_size=8).hexdigest()


def ids_of(work: Work, table: Table, keys: Iterable[int | None]) -> dict[int | None, str]:
    """The ids that people know these rows by, by key; removed ones too."""
    wanted = {one for one in keys if one is not None}
    mine = select(table.c.id, table.c.public_id).where(table.c.id.in_(wanted))
    return {row.id: row.public_id for row in work.execute(mine)} if wanted else {}


def find(work: Work, statement: Select[Any], *, lock: bool = False) -> Any | None:
    """The row, or None. With `lock` nobody else changes it until the commit, and it is read as it is then."""
    return work.execute(statement.with_for_update(key_share=True) if lock else statement).one_or_none()


def check(row: Numbered, expected: Expected) -> None:
    """Raises `Outdated` when the row is not what the caller has seen."""
    check_tag(tag(row), expected)


def check_tag(present: str, expected: Expected) -> None:
    """Raises `Outdated` when this is none of the tags that the caller has seen."""
    if expected is not None and present not in expected:
        raise Outdated("it has been changed since you looked at it: read it again, and change what is there now")


def change(work: Work, table: Table, row: Row, values: dict[str, Any]) -> Row:
    """The row with these values, in its next version. The row must be locked. Values that it has already are no change."""
    new = {name: value for name, value in values.items() if getattr(row, name) != value}
    if not new:
        return row
    mine: ColumnElement[bool] = table.c.id == row.id
    changed = update(table).where(mine).values(version=table.c.version + 1, updated_at=work.now, **new)
    return cast(Row, work.execute(changed.returning(*table.c)).one())


def touch(work: Work, table: Table, row: Versioned) -> None:
    """Something that belongs to the row is another than before, so the row is in its next version. It must be locked."""
    mine: ColumnElement[bool] = table.c.id == row.id
    work.execute(update(table).where(mine).values(version=table.c.version + 1, updated_at=work.now))


def delete(work: Work, table: Table, row: Row) -> Row:
    """Soft: the row stays for the history."""
    return change(work, table, row, {"deleted_at": work.now})


def newest_deleted(work: Work, table: Table, statement: Select[Any], what: str) -> Any:
    """Of the deleted rows that this finds, the one deleted last, locked. Raises `NotFound`."""
    gone = statement.where(table.c.deleted_at.is_not(None)).order_by(table.c.deleted_at.desc(), table.c.id.desc())
    row = work.execute(gone.limit(1).with_for_update(of=table, key_share=True)).one_or_none()
    if row is None:
        raise NotFound("there is no deleted {what}", what=what)
    return row
