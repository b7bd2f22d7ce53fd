"""The audit log: who did what, and when."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Router, get
from litestar.params import QueryParameter

from stationmaster.api.context import GivenCaller, GivenContext
from stationmaster.api.shapes import Cursor, Limit, Page, aware, paged
from stationmaster.domain import audit
from stationmaster.domain.audit import Actor, Subject
from stationmaster.domain.permissions import Permission


class AuditEntry(msgspec.Struct, frozen=True):
    """What somebody changed or sent. Of `before` and `after` only what differs is kept; secrets are hidden."""

    id: str
    at: datetime
    actor: Actor
    source: str
    request_id: str | None
    action: str
    subject: Subject
    before: Any
    after: Any


ByActor = Annotated[str | None, QueryParameter(max_length=254, description="Only acts of this actor: id or name")]
About = Annotated[
    str | None,
    QueryParameter(max_length=300, description="Only acts upon this: a kind, or a kind and an id as in `station:CP1`"),
]
From = Annotated[datetime | None, QueryParameter(description="Only acts at this time or after it")]
To = Annotated[datetime | None, QueryParameter(description="Only acts before this time")]


@get("/", permission=Permission.VIEW_AUDIT)
async def list_audit(
    caller: GivenCaller,
    context: GivenContext,
    actor: ByActor = None,
    subject: About = None,
    from_at: From = None,
    to_at: To = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[AuditEntry]:
    """Everything people and their programs have changed or sent, newest first."""
    kind, _, name = (subject or "").partition(":")
    rows = await context.database.read(
        audit.listed,
        caller.organization,
        actor=actor,
        subject=None if subject is None else Subject(kind, name),
        from_at=aware(from_at, "from_at"),
        to_at=aware(to_at, "to_at"),
        limit=limit,
        cursor=cursor,
    )
    return paged(rows, limit, _public_form)


router = Router("/audit", route_handlers=[list_audit], tags=["audit"])


def _public_form(row: audit.Entry) -> AuditEntry:
    return AuditEntry(
        id=str(row.id),
        at=row.at,
        actor=Actor(row.actor_kind, row.actor_id, row.actor_name),
        source=row.source,
        request_id=row.request_id,
        action=row.action,
        subject=Subject(row.subject_kind, row.subject_id),
        before=row.before,
        after=row.after,
    )
