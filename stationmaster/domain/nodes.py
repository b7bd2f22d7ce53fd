"""The processes that are one system together: which of them live, and what the others have left behind.

A node renews its lease again and again; one whose lease is over is dead, whatever it may think itself. Leases are judged by
the database's clock, because those of machines differ.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Column, Table, Text, delete, false, func, insert, or_, select, update

from stationmaster.domain import commands, connections
from stationmaster.domain.errors import Conflict
from stationmaster.storage import Work
from stationmaster.storage.columns import UtcTime, key, metadata
from stationmaster.storage.queries import first_since

nodes = Table(
    "nodes",
    metadata,
    Column("id", Text, primary_key=True),
    Column("seal", Text, nullable=False),  # the same for nodes with the same secret key
    Column("started_at", UtcTime, nullable=False),
    Column("lease_until", UtcTime, nullable=False),
    Column("steady_since", UtcTime),  # since when its lease has never been over
)


node_log = Table(
    "node_log",
    metadata,
    key(),
    Column("at", UtcTime, nullable=False),
    Column("node", Text, nullable=False),
    Column(
        "event", Text, nullable=False
    ),  # started, stopped in order, or died: found dead by another, or by the next start
)


class NodeEvent(NamedTuple):
    """What became of one of our own processes."""

    at: datetime
    node: str
    event: str


def note(work: Work, node: str, event: str) -> None:
    """Keep that a process of ours began or ended: it explains why every charger was gone for a moment."""
    work.execute(insert(node_log).values(at=work.now, node=node, event=event))


def events_between(work: Work, since: datetime, until: datetime, *, most: int) -> list[NodeEvent]:
    """What became of our processes in this time, oldest first."""
    first = first_since(work, node_log, since)
    columns = (node_log.c.at, node_log.c.node, node_log.c.event)
    within = select(*columns).where(node_log.c.id >= first, node_log.c.at < until)
    return [NodeEvent._make(row) for row in work.execute(within.order_by(node_log.c.id).limit(most))]


FORGOTTEN_AFTER = 10  # leases; the row of a node that holds nothing and does not come back


class OtherKey(Conflict):
    """A node with another secret key is at work on this database."""


def join(work: Work, node: str, *, seal: str, lease: timedelta) -> None:
    """A node begins. Raises `OtherKey`: it would know no charger's secret, and nobody's log-in."""
    now = _clock(work)
    others = select(nodes.c.id).where(nodes.c.lease_until > now, nodes.c.seal != seal)
    if (other := work.execute(others.limit(1)).scalar()) is not None:
        raise OtherKey("differs from the one of node {node}; all nodes need the same", node=other)
    _begin(work, node, seal, lease)


def renew(work: Work, node: str, *, seal: str, lease: timedelta) -> None:
    """It lives on; also when its lease is over, or others have taken it for dead meanwhile."""
    now = _clock(work)
    until = work.execute(select(nodes.c.lease_until).where(nodes.c.id == node)).scalar()
    if until is None:
        _begin(work, node, seal, lease)
    else:
        steady = {} if until > now else {"steady_since": now}
        work.execute(update(nodes).where(nodes.c.id == node).values(lease_until=now + lease, **steady))


def _begin(work: Work, node: str, seal: str, lease: timedelta) -> None:
    now = _clock(work)
    work.execute(insert(nodes).values(id=node, seal=seal, started_at=now, lease_until=now + lease, steady_since=now))


def began_within(work: Work, time: timedelta) -> bool:
    """Whether a node has begun so short a time ago: the others may be of another version still."""
    newest = select(nodes.c.id).where(nodes.c.started_at > _clock(work) - time)
    return work.execute(newest.limit(1)).first() is not None


def lives(work: Work, node: str) -> bool:
    """Whether another node still has its lease. Of an SQLite file there is only one server, which needs none."""
    living = select(nodes.c.id).where(nodes.c.id == node, nodes.c.lease_until > _clock(work))
    return work.execute(living).first() is not None


def leave(work: Work, node: str) -> None:
    """It stops in order."""
    work.execute(delete(nodes).where(nodes.c.id == node))


def dead(work: Work, node: str, *, lease: timedelta, alone: bool = False) -> list[str]:
    """Nodes that hold something, and do not live; where one is alone, every other one is dead.

    A lease that ended before we began, or while we could not renew ours, does not make its node dead yet: it may have lost the
    database as we had, and gets the time of one lease to come back (N14).
    """
    # Read holders before leases, so that a node which is just joining never looks dead.
    held = {*connections.holders(work), *commands.nodes_waiting(work)} - {node}
    if alone:
        return sorted(held)
    now = _clock(work)
    steady_since = work.execute(select(nodes.c.steady_since).where(nodes.c.id == node)).scalar() or now
    doubtful = nodes.c.lease_until < steady_since if now < steady_since + lease else false()
    living = select(nodes.c.id).where(or_(nodes.c.lease_until > now, doubtful))
    return sorted(held.difference(work.execute(living).scalars()))


def bury(work: Work, node: str, *, lease: timedelta, alone: bool = False) -> tuple[int, int]:
    """Free what dead nodes hold; returns how many connections were freed, and how many commands have failed."""
    gone = dead(work, node, lease=lease, alone=alone)
    for name in gone:
        note(work, name, "died")
    work.execute(delete(nodes).where(nodes.c.id.in_(gone)))
    work.execute(delete(nodes).where(nodes.c.lease_until <= _clock(work) - FORGOTTEN_AFTER * lease))
    return connections.freed(work, gone), commands.interrupted(work, gone)


def _clock(work: Work) -> datetime:
    now: datetime = work.execute(select(func.now())).scalar_one()
    return now.replace(tzinfo=UTC) if now.tzinfo is None else now.astimezone(UTC)
