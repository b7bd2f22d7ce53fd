"""What must reach a durable consumer even if the power goes: rows written in the very transaction of the event.

`@reacts` marks a function `f(work, event)` that runs in a unit of its own after the commit, with retries; an event that
still fails after ten tries is put aside with its reason, and the queue goes on (DAT-05).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any, Protocol

from sqlalchemy import Column, Index, Integer, Table, Text, func, select, update

from stationmaster.domain import kept, signatures
from stationmaster.domain.events import Event
from stationmaster.storage import Work
from stationmaster.storage.columns import UtcTime, key, metadata
from stationmaster.storage.queries import Bulk

outbox = Table(
    "outbox",
    metadata,
    key(),
    Column("consumer", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("due_at", UtcTime, nullable=False),
    Column("done_at", UtcTime),
    Column("dead_at", UtcTime),
    Column("error", Text),
    Column("trace", Text),  # what it is a part of, where that is traced
)
_pending = outbox.c.done_at.is_(None) & outbox.c.dead_at.is_(None)
Index("ix_outbox_pending", outbox.c.due_at, sqlite_where=_pending, postgresql_where=_pending)

MAX_ATTEMPTS = 10
AT_ONCE = 100


class Pending(Protocol):
    """A row that waits to be delivered."""

    consumer: str
    payload: str
    attempts: int
    trace: str | None


Reaction = Callable[[Work, Any], None]
Concerns = Callable[[Work, Any], bool]
_reactions: dict[str, tuple[type[Event], Reaction]] = {}
_consumers: dict[type[Event], list[tuple[str, Concerns | None]]] = {}


def reacts(function: Reaction) -> Reaction:
    """Register `function(work, event)` as a durable consumer of the event, or the events, of its signature."""
    return _registered(function, None)


def reacts_when(concerns: Concerns) -> Callable[[Reaction], Reaction]:
    """The same, of those events that concern it; that is asked in their own transaction, so it must cost next to nothing."""
    return partial(_registered, concerns=concerns)


def _registered(function: Reaction, concerns: Concerns | None) -> Reaction:
    for event in signatures.events_of(function):
        consumer = f"{signatures.name_of(function)}({event.__name__})"
        _reactions[consumer] = (event, function)
        _consumers.setdefault(event, []).append((consumer, concerns))
    return function


_insert = Bulk(outbox, ("consumer", "payload", "created_at", "due_at", "trace"))


def keep(work: Work, events: list[Event]) -> None:
    """Called before each commit with what its units published."""
    for event in events if _consumers else ():
        for consumer, concerns in _consumers.get(type(event), ()):
            if concerns is None or concerns(work, event):
                work.append(_insert, consumer, kept.written(event), work.now, work.now, work.trace)


def due(work: Work, *, limit: int = AT_ONCE) -> list[int]:
    """What waits to be delivered now, oldest first."""
    rows = work.execute(
        select(outbox.c.id).where(_pending, outbox.c.due_at <= work.now).order_by(outbox.c.id).limit(limit)
    )
    return list(rows.scalars())


def lag(work: Work) -> timedelta:
    """How long the row that is due longest has been waiting: more than a minute says that nobody delivers (DAT-04)."""
    oldest = work.execute(select(outbox.c.due_at).where(_pending).order_by(outbox.c.due_at).limit(1)).scalar()
    return timedelta(0) if oldest is None else max(timedelta(0), work.now - oldest)


def count_waiting(work: Work) -> int:
    """Reactions that are still to come, or to be tried again."""
    return int(work.execute(select(func.count()).select_from(outbox).where(_pending)).scalar_one())


def deliver(work: Work, row_id: int) -> None:
    """Run one reaction; its effect and the done mark are in one transaction. Raises what the reaction raises."""
    row = _take(work, row_id)
    if row is None:
        return
    event, reaction = _reactions[row.consumer]
    work.trace = row.trace
    reaction(work, kept.read(work, event, row.payload))
    work.execute(update(outbox).where(outbox.c.id == row_id).values(done_at=work.now, attempts=outbox.c.attempts + 1))


def failed(work: Work, row_id: int, error: str) -> None:
    """Try again later, with growing pauses; after ten tries put it aside."""
    row = _take(work, row_id)
    if row is None:
        return
    attempts = row.attempts + 1
    pause = timedelta(seconds=min(3600, 2**attempts))
    dead_at = work.now if attempts >= MAX_ATTEMPTS else None
    work.execute(
        update(outbox)
        .where(outbox.c.id == row_id)
        .values(attempts=attempts, due_at=work.now + pause, dead_at=dead_at, error=error[:500])
    )


def _take(work: Work, row_id: int) -> Pending | None:
    """The row, if its time has come and no other node has it in hand or has been at it meanwhile (DAT-11)."""
    mine = select(outbox).where(outbox.c.id == row_id, _pending, outbox.c.due_at <= work.now)
    return work.execute(mine.with_for_update(skip_locked=True)).one_or_none()
