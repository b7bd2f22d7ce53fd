"""Who connected when, and who was turned away and why: the answer to "why can't my charger connect?"."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import (
    Column,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    and_,
    bindparam,
    delete,
    func,
    or_,
    select,
)
from sqlalchemy import text as sql

from stationmaster.domain import events
from stationmaster.domain.stations import stations
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, Json, UtcTime, key, metadata
from stationmaster.storage.queries import Bulk, Prepared, not_deleted, page

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

refused_connections = Table(
    "refused_connections",
    metadata,
    key(),
    Column("identity", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("offered_protocols", Json),
    Column("user_agent", Text),
    Column("count", Integer, nullable=False),
    Column("first_at", UtcTime, nullable=False),
    Column("last_at", UtcTime, nullable=False),
    UniqueConstraint("identity", "source", "reason"),
)

KEPT = 500  # entries in the inbox; the least recent make room
KEPT_UNKNOWN = 100  # of them for identities that are no charger of ours (CON-25)

# What a person needs to know, and to do. `{identity}` and `{offered}` are filled in where they help.
EXPLANATIONS = {
    "unknown_station": "No charger is registered as {identity}. Add it, or correct the id in the charger's settings (upper and lower case count).",
    "wrong_password": "The charger {identity} is known, but its password is not the one stored here. Set the same secret on both sides.",
    "no_credentials": "The charger sent no user name and password. Enter its secret (Basic authentication, security profile 1 or 2) in its settings.",
    "username_mismatch": "The user name in the credentials differs from the id at the end of the URL ({identity}). They must be equal, letter by letter.",
    "bad_credentials": "The Authorization header could not be read. It must be Basic authentication: base64 of id, colon, password.",
    "no_subprotocol": "The charger named no OCPP version (no Sec-WebSocket-Protocol header). If it cannot, set the assumed version in its record here.",
    "unknown_subprotocol": "The charger offered only OCPP versions that are not spoken here: {offered}.",
    "bad_identity": "The id at the end of the URL is missing or has characters that are not allowed (at most 48, no ':').",
    "bad_request": "What arrived was not a WebSocket handshake. Check that the URL begins with ws:// or wss:// and names this port.",
    "too_many_attempts": "Too many failed attempts from this address in the last minute; it is let in again by itself, once the credentials are right.",
    "storage_down": "The database could not be reached, so nothing could be promised to the charger. It was asked to come back later.",
    "stopping": "The server was shutting down. The charger was asked to come back later.",
    "too_busy": "Too many chargers connected in the same moment. The charger was asked to come back a little later.",
}


class Refusal(msgspec.Struct, frozen=True, gc=False):
    """A handshake that was answered with something other than 101."""

    identity: str
    source: str
    reason: str
    path: str
    at: datetime
    offered_protocols: tuple[str, ...] = ()
    user_agent: str | None = None
    count: int = 1


def explained(row: Any) -> str:
    """The plain-language reason."""
    offered = ", ".join(row.offered_protocols or ()) or "none"
    return EXPLANATIONS[row.reason].format(identity=row.identity, offered=offered)


_log = Bulk(connection_log, ("station_id", "at", "event", "generation", "detail"))


def connected(work: Work, station_id: int, station: str, generation: int, source: str) -> None:
    work.append(_log, station_id, work.now, "connected", generation, source)
    work.publish(
        events.StationConnected(
            station_id=station_id, station=station, at=work.now, generation=generation, source=source
        )
    )


def disconnected(work: Work, station_id: int, station: str, generation: int, reason: str) -> None:
    work.append(_log, station_id, work.now, "disconnected", generation, reason)
    work.publish(
        events.StationDisconnected(
            station_id=station_id, station=station, at=work.now, generation=generation, reason=reason
        )
    )


def online(work: Work, station_id: int, station: str, generation: int) -> None:
    work.append(_log, station_id, work.now, "online", generation, None)
    work.publish(events.StationOnline(station_id=station_id, station=station, at=work.now))


def offline(work: Work, station_id: int, station: str, generation: int) -> None:
    """Gone for longer than the grace period (CON-07)."""
    work.append(_log, station_id, work.now, "offline", generation, None)
    work.publish(events.StationOffline(station_id=station_id, station=station, at=work.now))


def history(work: Work, station_id: int, *, limit: int, cursor: str | None) -> list[Any]:
    """When this station came and went, newest first."""
    mine = select(connection_log).where(connection_log.c.station_id == station_id)
    return list(work.execute(page(mine, connection_log.c.id, limit=limit, cursor=cursor)))


_upsert = Prepared(
    sql(
        "INSERT INTO refused_connections"
        " (identity, source, reason, path, offered_protocols, user_agent, count, first_at, last_at)"
        " VALUES (:identity, :source, :reason, :path, :offered_protocols, :user_agent, :count, :at, :at)"
        " ON CONFLICT (identity, source, reason) DO UPDATE SET path = excluded.path,"
        " offered_protocols = excluded.offered_protocols, user_agent = excluded.user_agent,"
        " count = refused_connections.count + excluded.count, last_at = excluded.last_at"
    ).bindparams(bindparam("at", type_=UtcTime), bindparam("offered_protocols", type_=Json))
)


def refused(work: Work, refusals: list[Refusal]) -> None:
    """Keep refused handshakes; the same one again only counts. The inbox is bounded, an attack cannot fill the disk."""
    for refusal in refusals:
        work.run(
            _upsert,
            identity=refusal.identity,
            source=refusal.source,
            reason=refusal.reason,
            path=refusal.path,
            offered_protocols=list(refusal.offered_protocols),
            user_agent=refusal.user_agent,
            count=refusal.count,
            at=refusal.at,
        )
        work.publish(events.ConnectionRefused(identity=refusal.identity, reason=refusal.reason, at=refusal.at))
    _trim(work, KEPT)
    _trim(work, KEPT_UNKNOWN, reason="unknown_station")


def _trim(work: Work, kept: int, *, reason: str | None = None) -> None:
    inbox = select(refused_connections.c.id)
    counted = select(func.count()).select_from(refused_connections)
    if reason is not None:
        inbox = inbox.where(refused_connections.c.reason == reason)
        counted = counted.where(refused_connections.c.reason == reason)
    too_many = work.execute(counted).scalar_one() - kept
    if too_many > 0:
        oldest = inbox.order_by(refused_connections.c.last_at).limit(too_many)
        work.execute(delete(refused_connections).where(refused_connections.c.id.in_(oldest)))


def refusals(work: Work, organization_id: int | None = None, *, limit: int, cursor: str | None) -> list[Any]:
    """The inbox, newest entry first; for an organization, without the chargers of others (API-11)."""
    inbox = select(refused_connections)
    if organization_id is not None:
        inbox = inbox.outerjoin(
            stations, and_(stations.c.identity == refused_connections.c.identity, not_deleted(stations))
        ).where(or_(stations.c.id.is_(None), stations.c.organization_id == organization_id))
    return list(work.execute(page(inbox, refused_connections.c.id, limit=limit, cursor=cursor)))
