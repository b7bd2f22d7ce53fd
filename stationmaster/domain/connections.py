"""Who is connected, and who came and went.

`connections` has one row for each charger that was ever connected, over all nodes and restarts. A new socket takes the row
with the next generation, in one statement; whatever an older generation still has to say changes nothing (CON-01, CON-02).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

import msgspec
from sqlalchemy import (
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    Select,
    Table,
    Text,
    Update,
    and_,
    bindparam,
    func,
    select,
    update,
)
from sqlalchemy import text as sql

from stationmaster.domain import alarms, events
from stationmaster.domain.stations import Station, stations
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, UtcTime, key, metadata
from stationmaster.storage.queries import Bulk, Prepared, first_since, not_deleted, page

connections = Table(
    "connections",
    metadata,
    Column("station_id", BigInt, ForeignKey("stations.id"), primary_key=True, autoincrement=False),
    Column("generation", Integer, nullable=False),
    Column("node", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("connected_at", UtcTime, nullable=False),
    Column("closed_at", UtcTime),  # null while the socket is open
    Column("heard_at", UtcTime),  # when it was heard last; about a minute behind while the socket is open
    Column("online_since", Integer),  # the generation it came back with; null when it is reported offline
    Column("taken_from", Text),  # the node that held the open connection which this one replaced
    Column("takeovers", Integer, nullable=False),
    Column("takeovers_since", UtcTime),
    Column("profile", Integer),  # the security profile it has connected with; 0: without credentials
)

connection_log = Table(
    "connection_log",
    metadata,
    key(),
    Column("station_id", BigInt, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("event", Text, nullable=False),  # connected, disconnected, online, offline
    Column("generation", Integer, nullable=False),
    Column("detail", Text),
)
Index("ix_connection_log_station_id", connection_log.c.station_id, connection_log.c.id)


class ConnectionRow(Protocol):
    """A row of `connections`: the newest connection of a charger."""

    station_id: int
    generation: int
    node: str
    version: str
    source: str
    connected_at: datetime
    closed_at: datetime | None
    heard_at: datetime | None
    online_since: int | None
    profile: int | None


class LogRow(Protocol):
    """A row of `connection_log`."""

    id: int
    at: datetime
    event: str
    generation: int
    detail: str | None


class Holder(NamedTuple):
    """Where a charger is connected."""

    node: str
    generation: int


TAKEOVERS = 5  # in TAKEOVER_WINDOW: more is no flaky network any more (ATK-03)
TAKEOVER_WINDOW = timedelta(minutes=10)


class Opened(msgspec.Struct, frozen=True, gc=False):
    """A connection as it is registered; `taken_from` is the node that held the one before it, when that is still open."""

    generation: int
    taken_from: str | None


_log = Bulk(connection_log, ("station_id", "at", "event", "generation", "detail"))
_take = Prepared(
    sql(
        "INSERT INTO connections"
        " (station_id, generation, node, version, source, connected_at, online_since, takeovers, profile)"
        " VALUES (:station_id, 1, :node, :version, :source, :now, 1, 0, :profile)"
        " ON CONFLICT (station_id) DO UPDATE SET generation = connections.generation + 1, node = excluded.node,"
        " version = excluded.version, source = excluded.source, connected_at = excluded.connected_at, closed_at = NULL,"
        " profile = excluded.profile,"
        " online_since = COALESCE(connections.online_since, connections.generation + 1),"
        " taken_from = CASE WHEN connections.closed_at IS NULL THEN connections.node END,"
        " takeovers = CASE WHEN connections.closed_at IS NOT NULL THEN connections.takeovers"
        " WHEN connections.takeovers_since > :window THEN connections.takeovers + 1 ELSE 1 END,"
        " takeovers_since = CASE WHEN connections.closed_at IS NOT NULL OR connections.takeovers_since > :window"
        " THEN connections.takeovers_since ELSE excluded.connected_at END"
        " RETURNING generation, online_since, taken_from, takeovers"
    )
    .bindparams(bindparam("now", type_=UtcTime), bindparam("window", type_=UtcTime))
    .columns(connections.c.generation, connections.c.online_since, connections.c.taken_from, connections.c.takeovers)
)


def connected(
    work: Work, station: Station, *, node: str, version: str, source: str, profile: int | None = None
) -> Opened:
    """A socket is open: it is the newest, whoever held the one before (CON-01)."""
    row = work.first(
        _take,
        station_id=station.id,
        node=node,
        version=version,
        source=source,
        profile=profile,
        now=work.now,
        window=work.now - TAKEOVER_WINDOW,
    )
    work.append(_log, station.id, work.now, "connected", row.generation, source)
    work.publish(
        events.StationConnected(
            station_id=station.id, station=station.identity, at=work.now, generation=row.generation, source=source
        )
    )
    if row.online_since == row.generation:
        work.append(_log, station.id, work.now, "online", row.generation, None)
        work.publish(events.StationOnline(station_id=station.id, station=station.identity, at=work.now))
    if row.taken_from is not None and row.takeovers == TAKEOVERS + 1:
        detail = "its connection was taken over again and again: two devices with one id, or a flaky network"
        alarms.raise_alarm(work, station, kind="takeovers", detail=detail)
    return Opened(row.generation, row.taken_from)


_release = Prepared(
    update(connections)
    .where(
        connections.c.station_id == bindparam("of_station"),
        connections.c.node == bindparam("of_node"),
        connections.c.closed_at.is_(None),
    )
    .values(
        closed_at=bindparam("now", type_=UtcTime),
        heard_at=func.coalesce(bindparam("heard", type_=UtcTime), connections.c.heard_at),
    )
    .returning(connections.c.generation)
)


def disconnected(work: Work, station: Station, *, node: str, reason: str, heard_at: datetime | None = None) -> None:
    """The newest socket this node has had is closed. Nothing happens when another node has a newer one (CON-02)."""
    row = work.first(_release, of_station=station.id, of_node=node, now=work.now, heard=heard_at)
    if row is not None:
        _left(work, station.id, station.identity, row.generation, reason)


_held = Prepared(
    select(connections.c.generation)
    .join(stations, stations.c.id == connections.c.station_id)
    .where(
        connections.c.station_id == bindparam("of_station"),
        connections.c.node == bindparam("of_node"),
        not_deleted(stations),
    )
)


def is_held(work: Work, station_id: int, node: str) -> bool:
    """Whether the charger's newest connection is (or was last) with this node, and the charger is still registered.

    If not, what an older socket here still says must change nothing, also when the newer one is closed again (N11).
    """
    return work.first(_held, of_station=station_id, of_node=node) is not None


_heard = Prepared(
    update(connections)
    .where(connections.c.station_id == bindparam("of_station"), connections.c.node == bindparam("of_node"))
    .values(heard_at=bindparam("heard", type_=UtcTime))
)


def note_heard(work: Work, heard_at: dict[int, datetime], *, node: str) -> None:
    """When these chargers were last heard, for the other nodes to show; a unit of its own (`Database.write_apart`)."""
    for station_id in sorted(heard_at):
        work.run(_heard, of_station=station_id, of_node=node, heard=heard_at[station_id])


def freed(work: Work, dead: Sequence[str]) -> int:
    """Close the connections that these nodes have held (CON-08); returns how many there were."""
    if not dead:
        return 0
    lost = and_(connections.c.closed_at.is_(None), connections.c.node.in_(dead))
    rows = _named(work, update(connections).where(_in_order(lost)).values(closed_at=work.now))
    for row in rows:
        _left(work, row.station_id, row.identity, row.generation, "the server it was connected to was stopped")
    # A charger that moved because its node had died was not taken over, so that move is not counted against it.
    moved = and_(connections.c.taken_from.in_(dead), connections.c.takeovers > 0)
    work.execute(
        update(connections).where(_in_order(moved)).values(takeovers=connections.c.takeovers - 1, taken_from=None)
    )
    return len(rows)


def _in_order(which: ColumnElement[bool]) -> ColumnElement[bool]:
    """Lock rows of many chargers in the order of their keys, as everybody does, so that nobody waits in a circle (N5)."""
    ordered = select(connections.c.station_id).where(which).order_by(connections.c.station_id).with_for_update()
    return connections.c.station_id.in_(ordered)


def holders(work: Work) -> list[str]:
    """The nodes that hold connections."""
    return list(work.execute(select(connections.c.node).where(connections.c.closed_at.is_(None)).distinct()).scalars())


def _left(work: Work, station_id: int, station: str, generation: int, reason: str) -> None:
    work.append(_log, station_id, work.now, "disconnected", generation, reason)
    work.publish(
        events.StationDisconnected(
            station_id=station_id, station=station, at=work.now, generation=generation, reason=reason
        )
    )


def are_overdue(work: Work, *, after: timedelta) -> bool:
    """Whether a charger has been gone for longer than the grace period, and nobody has said so."""
    return work.execute(select(connections.c.station_id).where(_gone(work, after)).limit(1)).first() is not None


def offline(work: Work, *, after: timedelta) -> list[str]:
    """Report who has been gone for longer than the grace period, once, whichever node is first (CON-07)."""
    rows = _named(work, update(connections).where(_in_order(_gone(work, after))).values(online_since=None))
    for row in rows:
        work.append(_log, row.station_id, work.now, "offline", row.generation, None)
        work.publish(events.StationOffline(station_id=row.station_id, station=row.identity, at=work.now))
    return [row.identity for row in rows]


def _gone(work: Work, after: timedelta) -> ColumnElement[bool]:
    return and_(connections.c.closed_at <= work.now - after, connections.c.online_since.is_not(None))


class _Changed(NamedTuple):
    station_id: int
    generation: int
    identity: str


def _named(work: Work, change: Update) -> list[_Changed]:
    """The rows a statement has changed, with the identity of each charger."""
    identity = select(stations.c.identity).where(stations.c.id == connections.c.station_id).scalar_subquery()
    columns = (connections.c.station_id, connections.c.generation, identity.label("identity"))
    return [_Changed._make(row) for row in work.execute(change.returning(*columns))]


def held_by(work: Work, node: str) -> dict[int, int]:
    """What this node holds, as the table has it: station → generation."""
    mine = select(connections.c.station_id, connections.c.generation)
    rows = work.execute(mine.where(connections.c.node == node, connections.c.closed_at.is_(None)))
    return {row.station_id: row.generation for row in rows}


def holder(work: Work, station_id: int) -> Holder | None:
    """Where a charger is connected; None when it is not."""
    there = select(connections.c.node, connections.c.generation)
    row = work.execute(
        there.where(connections.c.station_id == station_id, connections.c.closed_at.is_(None))
    ).one_or_none()
    return None if row is None else Holder._make(row)


def open_stations() -> Select[Any]:
    """The keys of all chargers that are connected, to select by."""
    return select(connections.c.station_id).where(connections.c.closed_at.is_(None))


def stations_gone(work: Work, gone_for: timedelta) -> Select[Any]:
    """The keys of all chargers that were connected once, and not since then, to select by (O-08)."""
    return select(connections.c.station_id).where(connections.c.closed_at <= work.now - gone_for)


def current(work: Work, station_ids: Sequence[int]) -> dict[int, ConnectionRow]:
    """The row of each of these chargers."""
    rows = select(connections).where(connections.c.station_id.in_(station_ids))
    return {row.station_id: row for row in work.execute(rows)}


def history(work: Work, station_id: int, *, limit: int, cursor: str | None) -> list[LogRow]:
    """When this station came and went, newest first."""
    mine = select(connection_log).where(connection_log.c.station_id == station_id)
    return list(work.execute(page(mine, connection_log.c.id, limit=limit, cursor=cursor)))


def comings_and_goings(work: Work, station_id: int, *, since: datetime, until: datetime) -> list[tuple[datetime, bool]]:
    """When this station came (True) and went (False) until then, beginning with what held at `since`."""
    log = connection_log.c
    socket = select(log.at, log.event).where(log.station_id == station_id, log.event.in_(("connected", "disconnected")))
    before = work.execute(socket.where(log.at <= since).order_by(log.id.desc()).limit(1)).all()
    within = work.execute(socket.where(log.at > since, log.at < until).order_by(log.id)).all()
    return [(row.at, row.event == "connected") for row in [*before, *within]]


def log_between(work: Work, station_id: int, *, since: datetime, until: datetime, most: int) -> list[LogRow]:
    """When this station came and went in this time, oldest first, and the last move before it."""
    log, mine = connection_log.c, connection_log.c.station_id == station_id
    first = first_since(work, connection_log, since, mine)
    before = work.execute(select(connection_log).where(mine, log.id < first).order_by(log.id.desc()).limit(1)).all()
    within = select(connection_log).where(mine, log.id >= first, log.at < until).order_by(log.id).limit(most)
    return [*before, *work.execute(within)]
