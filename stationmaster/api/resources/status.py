"""How the server is: for people on the first page, and for what watches over it."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from importlib.metadata import version
from typing import Literal

import msgspec
from litestar import Response, Router, get
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from sqlalchemy import text

from stationmaster.api.context import Context, GivenCaller, GivenContext
from stationmaster.api.shapes import Number, number
from stationmaster.domain import alarms, connections, quarantine, sessions, stations
from stationmaster.domain.permissions import Permission
from stationmaster.storage import Work

VERSION = version("stationmaster")


class DatabaseStatus(msgspec.Struct, frozen=True):
    """`clock_ahead_s`: how far the clock of this server is ahead of the database's.

    `confines_tenants`: whether PostgreSQL itself keeps organizations apart, beside the program; null on SQLite, and for who does not
    manage organizations. The log of a start says why not.
    """

    kind: Literal["sqlite", "postgresql"]
    ok: bool
    clock_ahead_s: float = 0.0
    confines_tenants: bool | None = None


class StationCounts(msgspec.Struct, frozen=True):
    total: int
    connected: int


class SessionCounts(msgspec.Struct, frozen=True):
    active: int


class ReviewCounts(msgspec.Struct, frozen=True):
    """What waits for a person."""

    sessions: int
    alarms: int
    quarantine: int


class MessageCounts(msgspec.Struct, frozen=True):
    """Since the start of this server; of several nodes, the one that answers. `logged_bytes` is what the message log has grown by."""

    received: int
    sent: int
    refused_connections: int
    logged_bytes: int


class MapTiles(msgspec.Struct, frozen=True):
    """Where browsers fetch maps: pictures, with {z}, {x} and {y}, or a style; and whose they are."""

    url: str
    attribution: str | None


class Status(msgspec.Struct, frozen=True):
    """The server, its chargers and what they do now.

    `power_w` is what all active sessions draw together; `chargers_port` is where chargers connect;
    `chargers_url` is the whole address, without a charger's id, where gateway.public_url names one. `map_tiles` is null where maps are outlines.
    """

    version: str
    started_at: datetime
    uptime_s: int
    database: DatabaseStatus
    stations: StationCounts
    sessions: SessionCounts
    review: ReviewCounts
    power_w: Number
    messages: MessageCounts
    chargers_port: int
    chargers_url: str | None
    map_tiles: MapTiles | None


@get("/status", permission=Permission.VIEW)
async def get_status(caller: GivenCaller, context: GivenContext) -> Status:
    """How the server is."""
    database, switchboard = context.database, context.switchboard
    counts = switchboard.counts
    maps = context.settings.maps
    total, connected, active, review_counts, power, walls = await database.read(_counted, caller.organization)
    return Status(
        version=VERSION,
        started_at=context.started_at,
        uptime_s=max(0, int((database.clock() - context.started_at).total_seconds())),
        database=DatabaseStatus(
            "postgresql" if database.kind == "postgresql" else "sqlite",
            database.available,
            round(database.clocks.ahead.total_seconds(), 3),
            walls if database.kind == "postgresql" and Permission.MANAGE_ORGANIZATIONS in caller.permissions else None,
        ),
        stations=StationCounts(total, connected),
        sessions=SessionCounts(active),
        review=review_counts,
        power_w=number(power),
        messages=MessageCounts(counts["received"], counts["sent"], counts["refused"], counts["logged_bytes"]),
        chargers_port=context.settings.gateway.port,
        chargers_url=context.settings.gateway.public_url,
        map_tiles=None if maps.tiles is None else MapTiles(maps.tiles, maps.attribution),
    )


class Health(msgspec.Struct, frozen=True, omit_defaults=True):
    """ok, or degraded with what is the matter: stopping, or the database or the clock."""

    status: Literal["ok", "degraded"]
    database: bool | msgspec.UnsetType = msgspec.UNSET
    reason: Literal["stopping", "database", "clock"] | msgspec.UnsetType = msgspec.UNSET


REASONS: dict[str, Literal["stopping", "database", "clock"]] = {
    "stopping": "stopping",
    "storage_down": "database",
    "clock_off": "clock",
}


@get("/health", permission=Permission.PUBLIC, security=[{}])
async def health(context: GivenContext) -> Response[Health]:
    """Whether this server can do its work; 503 when it cannot, and while it stops."""
    return await _readiness(context)


@get("/health/ready", permission=Permission.PUBLIC, security=[{}])
async def ready(context: GivenContext) -> Response[Health]:
    """The same, under the name that orchestrators like."""
    return await _readiness(context)


async def _readiness(context: Context) -> Response[Health]:
    unready = context.unready()
    reason = None if unready is None else REASONS[unready]
    if not context.database.available:
        reason = "database"
    if reason is None:
        try:
            await context.database.read(_alive)
        except Exception:  # whatever it is, the answer is the same
            reason = "database"
    if reason is None:
        return Response(Health("ok"), status_code=200)
    said = Health("degraded", False if reason == "database" else msgspec.UNSET, reason)
    return Response(said, status_code=503, headers={"Retry-After": "5"})


@get("/health/live", permission=Permission.PUBLIC, security=[{}])
async def alive() -> Health:
    """Whether this process answers at all; it may be waiting for its database all the same."""
    return Health("ok")


_METRICS = CONTENT_TYPE_PLAIN_0_0_4.removesuffix("; charset=utf-8")  # the framework adds it to every text


@get("/metrics", permission=Permission.MANAGE_ORGANIZATIONS, media_type=_METRICS)
async def get_metrics(context: GivenContext) -> bytes:
    """The metrics of this server for Prometheus, of all organizations together. `metrics.port` tells the same without a log-in."""
    return await context.metrics()


router = Router("/", route_handlers=[get_status], tags=["server"])


def _alive(work: Work) -> None:
    work.execute(text("SELECT 1"))


def _counted(work: Work, organization_id: int) -> tuple[int, int, int, ReviewCounts, Decimal, bool]:
    return (
        stations.count(work, organization_id),
        stations.count(work, organization_id, among=connections.open_stations()),
        sessions.count_active(work, organization_id),
        ReviewCounts(
            sessions.count_to_review(work, organization_id),
            alarms.count(work, organization_id),
            quarantine.count(work, organization_id),
        ),
        sessions.power_now(work, organization_id),
        work.has_walls,
    )
