"""Every frame a station and we have exchanged: one row for a call and its answer, readable in the charger's page.

`listed` and `around` tell of all; older ones come from packs (`message_packs.py`).

Secrets that travel as OCPP payload are blanked before they are kept (ATK-13, `secrets_by_kind.py`).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

import msgspec
from sqlalchemy import Column, Float, Index, Row, Select, Table, Text, bindparam, delete, func, select

from stationmaster.domain import events, message_packs
from stationmaster.domain.exchanges import Exchange
from stationmaster.domain.exchanges import Logged as Logged
from stationmaster.domain.secrets_by_kind import blank
from stationmaster.domain.secrets_by_kind import blanked as blanked
from stationmaster.domain.stations import Station, stations
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, UtcTime, key, metadata
from stationmaster.storage.queries import Bulk, Prepared, decode_cursor, ends_of, first_since, page

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
    Column("remarks", Text),  # a JSON list: what was repaired on the way in, or what was wrong
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


def add(
    work: Work, station: Station, exchange: Exchange, *, at: datetime | None = None, open_text: bool = False
) -> None:
    """Keep one exchange; it is inserted with all others of the commit.

    `open_text` says that nothing in it can be a secret, so that nobody has to look for one.
    """
    when = at or work.now
    if not open_text:
        exchange = without_secrets(exchange)
    remarks = msgspec.json.encode(exchange.remarks).decode() if exchange.remarks else None
    work.append(
        _insert,
        station.id,
        when,
        exchange.direction,
        exchange.message_id,
        exchange.action,
        exchange.request,
        exchange.response,
        exchange.outcome,
        exchange.took_ms,
        remarks,
    )
    if work.watched:
        work.publish(events.MessageLogged(station_id=station.id, station=station.identity, at=when, exchange=exchange))


def without_secrets(exchange: Exchange) -> Exchange:
    """The exchange as it may be kept: a charger may tell its keys when it is asked for its settings."""
    request = blank(exchange.request)
    response = exchange.response
    if response is not None and exchange.direction == "out":
        response = blank(response)
    remarks = tuple(blanked(remark) for remark in exchange.remarks)
    if request is exchange.request and response is exchange.response and remarks == exchange.remarks:
        return exchange
    return msgspec.structs.replace(exchange, request=request, response=response, remarks=remarks)


_newest_block = select(func.max(messages.c.block)).scalar_subquery()
_recent = Prepared(
    select(messages.c.message_id, messages.c.action, messages.c.request, messages.c.response)
    .where(
        messages.c.block.in_([_newest_block - back for back in range(16)]),
        messages.c.station_id == bindparam("station_id"),
        messages.c.direction == "in",
        messages.c.action == bindparam("of_action"),
        messages.c.outcome == "ok",
    )
    .order_by(messages.c.id.desc())
    .limit(8)
)


class Answered(Protocol):
    """A call of a station, and what we answered."""

    message_id: str
    action: str
    request: str
    response: str


def last_answered(work: Work, station: Station, action: str) -> list[Answered]:
    """The station's last calls of this action with what we answered, oldest first (RPC-10); of the newest quarter of a million of all."""
    return work.run(_recent, station_id=station.id, of_action=action)[::-1]


def listed(work: Work, station_id: int, *, action: str | None = None, limit: int, cursor: str | None) -> list[Logged]:
    """Newest first."""
    mine = select(messages).where(messages.c.station_id == station_id)
    if action is not None:
        mine = mine.where(messages.c.action == action)
    mine = page(mine, messages.c.id, limit=limit, cursor=cursor)
    with work.beyond():  # of all tenants' rows the ends of an index say it; of those of one all would be looked at
        ends = work.execute(ends_of(messages.c.block)).one()
    found: list[Logged] = []
    first, block, at_once = ends.low or 0, (ends.high or 0) - 1, 4
    while block >= first and len(found) <= limit:
        blocks = range(block, block - at_once, -1)
        rows = work.execute(mine.where(messages.c.block.in_(blocks)).limit(limit + 1 - len(found)))
        found += [logged(row) for row in rows]
        block, at_once = block - at_once, min(at_once * 4, 1024)
    if (missing := limit + 1 - len(found)) > 0:
        behind = found[-1].id if found else None if cursor is None else decode_cursor(cursor)
        found += message_packs.listed(work, station_id, behind, action=action, most=missing)
    return found


class Traffic(NamedTuple):
    """How many of the newest messages had this action, how many of them failed, and how long an answer took in the mean."""

    direction: str
    action: str
    times: int
    failed: int
    took_ms: float | None


def traffic(work: Work, organization_id: int, *, newest: int) -> list[Traffic]:
    """What is among the newest messages of all chargers, so many at the most; those of this organization."""
    with work.beyond():  # as in `listed`
        last = work.execute(select(func.max(messages.c.id))).scalar() or 0
    mine = (stations.c.organization_id == organization_id, messages.c.id > last - newest)
    rows = work.execute(
        select(
            messages.c.direction,
            messages.c.action,
            func.count(),
            func.count().filter(messages.c.outcome != "ok"),
            func.avg(messages.c.took_ms),
        )
        .join(stations, stations.c.id == messages.c.station_id)
        .where(*mine)
        .group_by(messages.c.direction, messages.c.action)
    )
    return [Traffic._make(row) for row in rows]


CLOCKS_DIFFER = timedelta(minutes=2)
"""Rows are in the order in which they were written, and two nodes may have different times by this much."""
_BLOCKS_AT_ONCE = 256


def around(work: Work, station_id: int, at: datetime, *, since: datetime, until: datetime, most: int) -> list[Logged]:
    """Of this time, oldest first: those nearest to `at`, so many at the most before it and so many after it."""
    with (
        work.beyond()
    ):  # where a time is among all rows tells nothing of whose they are; of one tenant's all would be looked at
        first = first_since(work, messages, since - CLOCKS_DIFFER)
        middle = first_since(work, messages, at)
        last = first_since(work, messages, until + CLOCKS_DIFFER)
    mine = select(messages).where(
        messages.c.station_id == station_id, messages.c.at >= since, messages.c.at < until, messages.c.id >= first
    )
    # The block is that of the newest row when this one was written, so it may be one less than its own key says.
    lowest, highest = (first >> 14) - 1, last >> 14
    before = mine.where(messages.c.id < middle).order_by(messages.c.id.desc())
    after = mine.where(messages.c.id >= middle).order_by(messages.c.id)
    earlier = _in_blocks(work, before, list(range(middle >> 14, lowest - 1, -1)), most)
    later = _in_blocks(work, after, list(range((middle >> 14) - 1, highest + 1)), most)
    # Of one charger, what is packed was written before what is not. What was packed since a moment ago is here already.
    lowest_id = min((each.id for each in earlier + later), default=None)
    packed_before, packed_after = message_packs.around(
        work, station_id, at, since=since, until=until, before=lowest_id, most=most
    )
    return (packed_before + earlier[::-1])[-most:] + (packed_after + later)[:most]


def _in_blocks(work: Work, wanted: Select[Any], blocks: list[int], most: int) -> list[Logged]:
    found: list[Logged] = []
    for start in range(0, len(blocks), _BLOCKS_AT_ONCE):
        if len(found) >= most:
            break
        chunk = wanted.where(messages.c.block.in_(blocks[start : start + _BLOCKS_AT_ONCE]))
        found += [logged(row) for row in work.execute(chunk.limit(most - len(found)))]
    return found


def logged(row: Row[Any]) -> Logged:
    """A row of the table as what it says."""
    remarks = tuple(msgspec.json.decode(row.remarks)) if row.remarks else ()
    exchange = Exchange(
        row.direction, row.message_id, row.action, row.request, row.response, row.outcome, row.took_ms, remarks
    )
    return Logged(row.id, row.at, exchange)


DROPPED_AT_ONCE = 5000
ODD_AT_ONCE = 20  # parts that are looked at in one go, in case a wrong clock has dated the first of them


def drop_older(work: Work, *, than: timedelta) -> int:
    """Raw frames are evidence for a while, not for ever (DAT-07); returns how many were dropped, `DROPPED_AT_ONCE` at the most.

    Rows are in the order in which they were written. What stands before an old row is as old, whatever its date says: a clock
    that was wrong for a day must not keep all that came after it (A14).
    """
    cutoff, after = work.now - than, 0
    for _ in range(ODD_AT_ONCE):
        next_ones = select(messages.c.id, messages.c.at).where(messages.c.id > after).order_by(messages.c.id)
        chunk = next_ones.limit(DROPPED_AT_ONCE).subquery()
        ends = work.execute(
            select(
                func.max(chunk.c.id).filter(chunk.c.at < cutoff).label("old"),
                func.max(chunk.c.id).label("last"),
                func.max(chunk.c.at).label("newest"),
            )
        ).one()
        if ends.old is not None:
            oldest = (
                select(messages.c.id).where(messages.c.id <= ends.old).order_by(messages.c.id).limit(DROPPED_AT_ONCE)
            )
            return int(work.execute(delete(messages).where(messages.c.id.in_(oldest))).rowcount)
        if ends.newest is None or ends.newest <= work.now:
            return 0
        after = ends.last
    return 0
