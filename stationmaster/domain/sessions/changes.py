"""What became of a session after it had ended: who changed what, when and why, with the old figures beside the new."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from sqlalchemy import Column, ForeignKey, Index, Table, Text, insert, select

from stationmaster.domain import audit
from stationmaster.domain.audit import Subject
from stationmaster.domain.sessions.table import SessionRow, sessions
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, Exact, Json, UtcTime, key, metadata

session_changes = Table(
    "session_changes",
    metadata,
    key(),
    Column("session_id", BigInt, ForeignKey("sessions.id"), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("kind", Text, nullable=False),  # ended, corrected, excluded, restored, reviewed, undone; or told_late
    Column("by", Text),  # who; empty: the charger
    Column("note", Text, nullable=False),
    Column("before", Json, nullable=False),  # only what changed, by column
    Column("after", Json, nullable=False),
    Column("undone_at", UtcTime),
)
Index("ix_session_changes_session_id", session_changes.c.session_id, session_changes.c.id)


class ChangeRow(Protocol):
    """A row of the table."""

    id: int
    session_id: int
    at: datetime
    kind: str
    by: str | None
    note: str
    before: dict[str, Any]
    after: dict[str, Any]
    undone_at: datetime | None


def keep(work: Work, row: SessionRow, values: dict[str, Any], *, kind: str, by: str | None, note: str) -> None:
    """Keep what these values change in the row."""
    before = {name: getattr(row, name) for name in values if not _equal(getattr(row, name), values[name])}
    after = {name: values[name] for name in before}
    work.execute(
        insert(session_changes).values(
            session_id=row.id, at=work.now, kind=kind, by=by, note=note, before=before, after=after
        )
    )
    if by is not None:
        audit.record(work, _ACTS[kind], Subject("session", row.public_id), before=before, after=after | {"note": note})


_ACTS = {
    "ended": "end_session",
    "corrected": "correct_session",
    "excluded": "exclude_session",
    "restored": "restore_session",
    "undone": "undo_session_change",
    "reviewed": "review_session",
}


def of_session(work: Work, session_id: int) -> list[ChangeRow]:
    """All of a session, the oldest first."""
    mine = select(session_changes).where(session_changes.c.session_id == session_id)
    return list(work.execute(mine.order_by(session_changes.c.id)))


def column_values(kept: dict[str, Any]) -> dict[str, Any]:
    """What was kept as JSON, as the columns take it."""
    values: dict[str, Any] = {}
    for name, value in kept.items():
        kind = sessions.c[name].type
        if isinstance(kind, Exact) and value is not None:
            values[name] = Decimal(value)
        elif isinstance(kind, UtcTime) and value is not None:
            values[name] = datetime.fromisoformat(value)
        else:
            values[name] = value
    return values


def _equal(before: object, after: object) -> bool:
    return before == after or ((before or None) == (after or None) and isinstance(before, list | None))
