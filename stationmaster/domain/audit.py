"""The audit log: who did what, from where, what was before and what after. Rows are added, and dropped by age; never changed, but for
what they tell of a person who is erased.

Who acts is known at the edge (`api`, `cli`), what changes is known in `domain`. So the edge signs a unit of work (`signing.signed`),
and the function that changes something says so (`record`), in the same transaction. What a charger does by itself is nobody's
act: an unsigned unit leaves no row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Column, ForeignKey, Index, Table, Text, select, update

from stationmaster.domain.secrets_by_kind import blanked
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, Json, UtcTime, key, metadata
from stationmaster.storage.queries import AtOnce, Bulk, page

audit = Table(
    "audit",
    metadata,
    key(),
    Column("at", UtcTime, nullable=False, index=True),
    Column("organization_id", BigInt, ForeignKey("organizations.id")),
    Column("actor_kind", Text, nullable=False),
    Column("actor_id", Text, nullable=False),
    Column("actor_name", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("request_id", Text),
    Column("action", Text, nullable=False),
    Column("subject_kind", Text, nullable=False),
    Column("subject_id", Text, nullable=False),
    Column("before", Json),
    Column("after", Json),
)
Index("ix_audit_organization_id", audit.c.organization_id, audit.c.id)
Index("ix_audit_actor_id", audit.c.organization_id, audit.c.actor_id, audit.c.id)
Index("ix_audit_subject_id", audit.c.organization_id, audit.c.subject_kind, audit.c.subject_id, audit.c.id)


_COLUMNS = tuple(column.name for column in audit.c if column.name != "id")
_rows = AtOnce(Bulk(audit, _COLUMNS))


class Actor(msgspec.Struct, frozen=True):
    """Who acts. `kind` and `id` stay the same for ever; `name` is for people to read, and is kept as it was."""

    kind: str
    id: str
    name: str


class Subject(msgspec.Struct, frozen=True):
    """What is acted upon: a kind of thing, and the name it has outside."""

    kind: str
    id: str


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """Who stands behind a unit of work. `sites` limits what it sees and changes; None: nothing does.

    `confined`: the database itself shows it the rows of this organization only; not so for who manages all organizations.
    `fallback` describes the act as the edge knows it, for a unit in which nobody says it better.
    """

    actor: Actor
    organization: int | None
    source: str = ""
    browser: str = ""
    request_id: str | None = None
    sites: frozenset[int] | None = None
    confined: bool = True
    fallback: Callable[[], tuple[str, Subject, Any]] | None = None


class Entry(NamedTuple):
    """One row of the audit log."""

    id: int
    at: datetime
    organization_id: int | None
    actor_kind: str
    actor_id: str
    actor_name: str
    source: str
    request_id: str | None
    action: str
    subject_kind: str
    subject_id: str
    before: Any
    after: Any


class Act(NamedTuple):
    """One of many things done at once."""

    action: str
    subject: Subject
    before: Any = None
    after: Any = None


COMMAND_LINE = Actor("command_line", "", "command line")


def record(
    work: Work,
    action: str,
    subject: Subject,
    *,
    before: Any = None,
    after: Any = None,
    actor: Actor | None = None,
    organization: int | None = None,
) -> None:
    """One row, signed by whoever stands behind this unit of work; nothing when nobody does.

    Of two dicts only what differs is kept. Secrets are hidden, by kind (`secrets_by_kind.py`). `actor` and `organization` are given
    where only the function itself knows them, as at a log-in.
    """
    record_all(work, [Act(action, subject, before, after)], actor=actor, organization=organization)


def record_all(work: Work, acts: Sequence[Act], *, actor: Actor | None = None, organization: int | None = None) -> None:
    """A row for each of these, in one statement."""
    signature: Signature | None = work.signature
    if signature is None or not acts:
        return
    actor = actor or signature.actor
    shared = {
        "at": work.now,
        "organization_id": signature.organization if organization is None else organization,
        "actor_kind": actor.kind,
        "actor_id": actor.id,
        "actor_name": actor.name,
        "source": signature.source,
        "request_id": signature.request_id,
    }
    work.recorded = True
    kept = [shared | _values(act) for act in acts]
    work.run(_rows, rows=[tuple(row[name] for name in _COLUMNS) for row in kept])


@contextmanager
def acting(work: Work, actor: Actor) -> Iterator[None]:
    """What is done in here is this actor's, who has only now said who they are."""
    signature: Signature | None = work.signature
    if signature is not None:
        work.signature = msgspec.structs.replace(signature, actor=actor)
    try:
        yield
    finally:
        work.signature = signature


def forget(work: Work, organization_id: int, subject: Subject, *, called: str) -> None:
    """What was before and after is forgotten of a person who is erased, and of what was theirs; that somebody acted stays (API-35)."""
    mine = (
        audit.c.organization_id == organization_id,
        audit.c.subject_kind == subject.kind,
        audit.c.subject_id == subject.id,
    )
    work.execute(update(audit).where(*mine).values(subject_id=called, before=None, after=None))


def forget_actor(work: Work, organization_id: int, actor: Actor, *, called: str) -> None:
    """The same of what they did themselves: who it was is forgotten, and from which address."""
    mine = (audit.c.organization_id == organization_id, audit.c.actor_kind == actor.kind, audit.c.actor_id == actor.id)
    work.execute(update(audit).where(*mine).values(actor_id=called, actor_name=called, source=""))


def listed(
    work: Work,
    organization_id: int,
    *,
    actor: str | None = None,
    subject: Subject | None = None,
    from_at: datetime | None = None,
    to_at: datetime | None = None,
    limit: int,
    cursor: str | None,
) -> list[Entry]:
    """Rows newest first: of one actor (id or name), about one subject (an empty id: all of its kind), in `from_at` ≤ at < `to_at`."""
    found = select(audit).where(audit.c.organization_id == organization_id)
    if actor is not None:
        found = found.where((audit.c.actor_id == actor) | (audit.c.actor_name == actor))
    if subject is not None:
        found = found.where(audit.c.subject_kind == subject.kind)
        if subject.id:
            found = found.where(audit.c.subject_id == subject.id)
    if from_at is not None:
        found = found.where(audit.c.at >= from_at)
    if to_at is not None:
        found = found.where(audit.c.at < to_at)
    return [Entry._make(row) for row in work.execute(page(found, audit.c.id, limit=limit, cursor=cursor))]


def _values(act: Act) -> dict[str, Any]:
    before, after = act.before, act.after
    if isinstance(before, dict) and isinstance(after, dict):
        before, after = _differing(before, after), _differing(after, before)
    subject = {"subject_kind": act.subject.kind, "subject_id": act.subject.id}
    return {"action": act.action, **subject, "before": _plain(before), "after": _plain(after)}


def _differing(values: dict[str, Any], others: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in others or others[name] != value}


def _plain(value: Any) -> Any:
    return None if value is None else blanked(msgspec.to_builtins(value, str_keys=True))
