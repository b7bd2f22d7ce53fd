"""Requests that carry an `Idempotency-Key`: what moves a charger or makes a record happens once, however often it is asked for (API-33).

A row is written before anything is done, so of two that come at once, on whatever nodes, one is first. It belongs to its caller: nobody
else can ask with the same key what was answered. Answers may hold a secret that is shown once, so they are kept sealed.

That something was done is marked in the transaction that does it. So of a request whose process has died it is known whether anything came of it: if
not, it may be tried again. Each try has a number of its own, and a try that has lost its turn to another one cannot commit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from typing import Any, NamedTuple

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

from stationmaster.domain import nodes
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
    Column("node", Text),  # that has it in hand
    Column("run", Text),  # which try of it
    Column("done_at", UtcTime),  # something that it does is committed
    Column("status", Integer),  # of the answer; empty until there is one
    Column("answer", LargeBinary),  # sealed
    UniqueConstraint("caller", "key"),
)

FIELD = "Idempotency-Key"
_insert = text(
    "INSERT INTO idempotency_keys (caller, key, request, created_at, node, run)"
    " VALUES (:caller, :key, :request, :now, :node, :run) ON CONFLICT DO NOTHING"
).bindparams(bindparam("now", type_=UtcTime))


class Try(NamedTuple):
    """One try of a request: whose it is, under which key, and the node that does it."""

    caller: str
    key: str
    node: str
    run: str


class Kept(NamedTuple):
    """A row with an answer."""

    status: int
    answer: bytes


def digest(method: str, path: str, query: bytes, body: bytes) -> str:
    """What is asked, so that another question under the same key is noticed."""
    return hashlib.sha256(b"\0".join([method.encode(), path.encode(), query, body])).hexdigest()


def begin(work: Work, this: Try, request: str, *, in_hand: Collection[str] = ()) -> Kept | None:
    """The answer that was kept, or None for whoever is to do it; `in_hand` are the runs of this node.

    Raises `Invalid` for another request, `Conflict` while it is in hand, or when it was done and the answer is lost.
    """
    if work.execute(_insert, {**this._asdict(), "request": request, "now": work.now}).rowcount:
        return None
    row = work.execute(select(idempotency_keys).where(*_named(this))).one()
    if row.request != request:
        raise Invalid(FIELD, "was sent with another request before; use a new one for this")
    if row.status is not None:
        return Kept(row.status, row.answer)
    if _is_in_hand(work, row, this, in_hand) or not (row.done_at or _taken_over(work, row, this)):
        raise Conflict("the first request with this key has no answer yet; should it stay so, look whether it was done")
    if row.done_at is not None:
        raise Conflict("the first request with this key was done, and its answer is lost: look what came of it")
    return None


def _is_in_hand(work: Work, row: Any, this: Try, in_hand: Collection[str]) -> bool:
    """Whether somebody may still be at it. Of a row without a node that is not known: a server of an older version has made it."""
    if row.node is None:
        return True
    return row.run in in_hand if row.node == this.node else nodes.lives(work, row.node)


def _taken_over(work: Work, row: Any, this: Try) -> bool:
    """Its process has died before anything was done. Of two that notice it one is first."""
    same = (*_named(this), idempotency_keys.c.run == row.run, idempotency_keys.c.done_at.is_(None))
    mine = {"node": this.node, "run": this.run, "created_at": work.now}
    return bool(work.execute(update(idempotency_keys).where(*same).values(mine)).rowcount)


def mark(work: Work, this: Try, kept: Kept | None) -> None:
    """Called by whatever does something, within its transaction; `kept` is what is answered should nobody come to say it.

    Raises `Conflict` when this try was taken for dead and another one has begun: then nothing of it may stay.
    """
    answer = {} if kept is None else kept._asdict()
    marked = update(idempotency_keys).where(*_is(this)).values(done_at=work.now, **answer)
    if not work.execute(marked).rowcount:
        raise Conflict("the same request has been begun once more meanwhile; this one has done nothing")


def use_up(work: Work, caller: str, name: str) -> None:
    """For what can be used once, and has no answer. Raises `Conflict` when it was used before."""
    this = Try(caller, name, "", name)
    begin(work, this, "")
    mark(work, this, None)


def keep(work: Work, this: Try, kept: Kept) -> None:
    """What is answered from now on."""
    work.execute(update(idempotency_keys).where(*_is(this)).values(kept._asdict()))


def release(work: Work, this: Try) -> None:
    """Nothing was done, so it may be tried again under the same key."""
    work.execute(delete(idempotency_keys).where(*_is(this)))


def _named(this: Try) -> tuple[ColumnElement[bool], ...]:
    return idempotency_keys.c.caller == this.caller, idempotency_keys.c.key == this.key


def _is(this: Try) -> tuple[ColumnElement[bool], ...]:
    return (*_named(this), idempotency_keys.c.run == this.run)
