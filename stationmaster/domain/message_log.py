"""Every frame a station and we have exchanged: one row for a call and its answer, readable in the charger's page.

Secrets that travel as OCPP payload (AuthorizationKey) are blanked before they get here (ATK-13).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Column, Float, Index, Table, Text, bindparam, delete, func, select

from stationmaster.domain import events
from stationmaster.domain.stations import Station
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, UtcTime, key, metadata
from stationmaster.storage.queries import Bulk, Prepared, page

messages = Table(
    "messages",
    metadata,
    key(),
    Column("station_id", BigInt, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("direction", Text, nullable=False),  # in: the station called; out: we called
    Column("message_id", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("request", Text, nullable=False),
    Column("response", Text),
    Column("outcome", Text, nullable=False),  # ok, an OCPP error code, timeout, replaced
    Column("took_ms", Float),
    Column("remarks", Text),  # what was repaired on the way in
    Column("block", BigInt, nullable=False),
)
# A station's messages are found block by block, some 16,000 messages of all stations each. An index led by the station would
# have another page of it rewritten for nearly every message; this one grows within its last block (docs/decisions/0012).
Index("ix_messages_block", messages.c.block, messages.c.station_id)

_insert = Bulk(
    messages,
    ("station_id", "at", "direction", "message_id", "action", "request", "response", "outcome", "took_ms", "remarks"),
    asked={"block": "SELECT coalesce(max(id), 0) >> 14 FROM messages"},
)

_SECRET_KEYS = {"authorizationkey", "basicauthpassword", "password"}


def redacted(payload: str) -> str:
    """The payload without passwords and keys, whatever the order of its fields."""
    lower = payload.lower()
    if "password" not in lower and "authorizationkey" not in lower:
        return payload
    try:
        value = msgspec.json.decode(payload)
    except msgspec.DecodeError:
        return "(not kept: unreadable, and may hold a secret)"
    return msgspec.json.encode(blanked(value)).decode()


def blanked(value: Any) -> Any:
    """A JSON value without the passwords and keys in it."""
    if isinstance(value, list):
        return [blanked(item) for item in value]
    if isinstance(value, str) and value[:1] in ("{", "["):  # JSON in a text, as in DataTransfer
        return redacted(value)
    if not isinstance(value, dict):
        return value
    names = {name for item in value.values() for name in _names(item)}
    secret = not _SECRET_KEYS.isdisjoint(
        names
    )  # {"key": "AuthorizationKey", "value": …}, {"variable": {"name": "BasicAuthPassword"}, …}
    return {
        name: "•••"
        if name.lower() in _SECRET_KEYS or (secret and name in ("value", "attributeValue"))
        else blanked(item)
        for name, item in value.items()
    }


def _names(item: Any) -> list[str]:
    if isinstance(item, str):
        return [item.lower()]
    return [str(item.get("name", "")).lower()] if isinstance(item, dict) else []


def add(
    work: Work,
    station: Station,
    *,
    direction: str,
    message_id: str,
    action: str,
    request: str,
    response: str | None,
    outcome: str,
    took_ms: float | None = None,
    remarks: str | None = None,
    at: datetime | None = None,
) -> None:
    """Keep one exchange; it is inserted with all others of the commit."""
    when = at or work.now
    request = redacted(request)
    if direction == "out" and response is not None:  # a charger may tell its keys when asked for its configuration
        response = redacted(response)
    work.append(_insert, station.id, when, direction, message_id, action, request, response, outcome, took_ms, remarks)
    if not work.watched:
        return
    work.publish(
        events.MessageLogged(
            station_id=station.id,
            station=station.identity,
            at=when,
            direction=direction,
            message_id=message_id,
            action=action,
            request=request,
            response=response,
            outcome=outcome,
            took_ms=took_ms,
            remarks=remarks,
        )
    )


_newest_block = select(func.max(messages.c.block)).scalar_subquery()
_recent = Prepared(
    select(messages.c.message_id, messages.c.action, messages.c.request, messages.c.response)
    .where(
        messages.c.block.in_([_newest_block - back for back in range(16)]),
        messages.c.station_id == bindparam("station_id"),
        messages.c.direction == "in",
        messages.c.outcome == "ok",
    )
    .order_by(messages.c.id.desc())
    .limit(8)
)


def last_answered(work: Work, station: Station) -> list[Any]:
    """The station's last calls with what we answered, oldest first (RPC-10); of the newest quarter of a million of all."""
    return work.run(_recent, station_id=station.id)[::-1]


def listed(work: Work, station_id: int, *, action: str | None = None, limit: int, cursor: str | None) -> list[Any]:
    """Newest first."""
    mine = select(messages).where(messages.c.station_id == station_id)
    if action is not None:
        mine = mine.where(messages.c.action == action)
    mine = page(mine, messages.c.id, limit=limit, cursor=cursor)
    ends = work.execute(
        select(func.min(messages.c.block).label("first"), func.max(messages.c.block).label("last"))
    ).one()
    found: list[Any] = []
    first, block, at_once = ends.first, ends.last, 4
    while block is not None and block >= first and len(found) <= limit:
        blocks = range(block, block - at_once, -1)
        found += work.execute(mine.where(messages.c.block.in_(blocks)).limit(limit + 1 - len(found)))
        block, at_once = block - at_once, min(at_once * 4, 1024)
    return found


DROPPED_AT_ONCE = 5000


def drop_older(work: Work, *, than: timedelta) -> int:
    """Raw frames are evidence for a while, not for ever (DAT-07); returns how many were dropped, `DROPPED_AT_ONCE` at the most."""
    oldest = select(messages.c.id).order_by(messages.c.id).limit(DROPPED_AT_ONCE)
    old = delete(messages).where(messages.c.id.in_(oldest), messages.c.at < work.now - than)
    return int(work.execute(old).rowcount)
