"""Requests that carry an `Idempotency-Key`: what moves a charger or makes a record happens once, however often it is asked for (API-33).

A row is written before anything is done, so of two that come at once, on whatever nodes, one is first. It belongs to its caller: nobody
else can ask with the same key what was answered. Answers may hold a secret that is shown once, so they are kept sealed.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    delete,
    select,
    text,
    update,
)

from stationmaster.domain.errors import Conflict, Invalid
from stationmaster.storage import Work
from stationmaster.storage.columns import UtcTime, key, metadata

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    key(),
    Column("caller", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("request", Text, nullable=False),  # a digest of what was asked
    Column("created_at", UtcTime, nullable=False),
    Column("status", Integer),  # of the answer; empty until there is one
    Column("answer", LargeBinary),  # sealed
    UniqueConstraint("caller", "key"),
)

FIELD = "Idempotency-Key"
_insert = text(
    "INSERT INTO idempotency_keys (caller, key, request, created_at) VALUES (:caller, :name, :request, :now)"
    " ON CONFLICT DO NOTHING"
).bindparams(bindparam("now", type_=UtcTime))


class Kept(NamedTuple):
    """A row with an answer."""

    status: int
    answer: bytes


def digest(method: str, path: str, query: bytes, body: bytes) -> str:
    """What is asked, so that another question under the same key is noticed."""
    return hashlib.sha256(b"\0".join([method.encode(), path.encode(), query, body])).hexdigest()


def begin(work: Work, caller: str, name: str, request: str) -> Kept | None:
    """The answer that was kept, or None for whoever is first. Raises `Invalid` for another request, `Conflict` while the first is in hand."""
    values = {"caller": caller, "name": name, "request": request, "now": work.now}
    if work.execute(_insert, values).rowcount:
        return None
    row = work.execute(select(idempotency_keys).where(*_is(caller, name))).one()
    if row.request != request:
        raise Invalid(FIELD, "was sent with another request before; use a new one for this")
    if row.status is None:
        raise Conflict("the first request with this key has no answer yet; should it stay so, look whether it was done")
    return Kept(row.status, row.answer)


def keep(work: Work, caller: str, name: str, *, status: int, answer: bytes) -> None:
    """What is answered from now on."""
    work.execute(update(idempotency_keys).where(*_is(caller, name)).values(status=status, answer=answer))


def release(work: Work, caller: str, name: str) -> None:
    """Nothing was done, so it may be tried again under the same key."""
    work.execute(delete(idempotency_keys).where(*_is(caller, name), idempotency_keys.c.status.is_(None)))


def _is(caller: str, name: str) -> tuple[ColumnElement[bool], ...]:
    return idempotency_keys.c.caller == caller, idempotency_keys.c.key == name
