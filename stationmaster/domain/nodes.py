"""The processes that are one system together: which of them live, and what the others have left behind.

A node renews its lease again and again; one whose lease is over is dead, whatever it may think itself. Leases are judged by
the database's clock, because those of machines differ.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Column, Table, Text, delete, func, insert, select, update

from stationmaster.domain import commands, connections
from stationmaster.domain.errors import Conflict
from stationmaster.storage import Work
from stationmaster.storage.columns import UtcTime, metadata

nodes = Table(
    "nodes",
    metadata,
    Column("id", Text, primary_key=True),
    Column("seal", Text, nullable=False),  # the same for nodes with the same secret key
    Column("started_at", UtcTime, nullable=False),
    Column("lease_until", UtcTime, nullable=False),
)


class OtherKey(Conflict):
    """A node with another secret key is at work on this database."""


def join(work: Work, node: str, *, seal: str, lease: timedelta) -> None:
    """A node begins. Raises `OtherKey`: it would know no charger's secret, and nobody's log-in."""
    now = _clock(work)
    others = select(nodes.c.id).where(nodes.c.lease_until > now, nodes.c.seal != seal)
    if (other := work.execute(others.limit(1)).scalar()) is not None:
        raise OtherKey(f"differs from the one of node {other}; all nodes need the same")
    work.execute(insert(nodes).values(id=node, seal=seal, started_at=now, lease_until=now + lease))


def renew(work: Work, node: str, *, seal: str, lease: timedelta) -> None:
    """It lives on; also when others have taken it for dead meanwhile."""
    now = _clock(work)
    renewed = update(nodes).where(nodes.c.id == node).values(lease_until=now + lease)
    if not work.execute(renewed).rowcount:
        work.execute(insert(nodes).values(id=node, seal=seal, started_at=now, lease_until=now + lease))


def leave(work: Work, node: str) -> None:
    """It stops in order."""
    work.execute(delete(nodes).where(nodes.c.id == node))


def dead(work: Work, *, alone: str | None = None) -> list[str]:
    """Nodes that hold something, and do not live; where one is alone, every other one is dead."""
    # In this order: a node that begins meanwhile is then seen to live before it can be seen to hold anything.
    held = {*connections.holders(work), *commands.nodes_waiting(work)}
    if alone is not None:
        return sorted(held - {alone})
    return sorted(held.difference(work.execute(select(nodes.c.id).where(nodes.c.lease_until > _clock(work))).scalars()))


def bury(work: Work, *, alone: str | None = None) -> tuple[int, int]:
    """Free what dead nodes hold; returns how many connections were freed, and how many commands have failed."""
    gone = dead(work, alone=alone)
    work.execute(delete(nodes).where(nodes.c.lease_until <= _clock(work)))
    return connections.freed(work, gone), commands.interrupted(work, gone)


def _clock(work: Work) -> datetime:
    now: datetime = work.execute(select(func.now())).scalar_one()
    return now.replace(tzinfo=UTC) if now.tzinfo is None else now.astimezone(UTC)
