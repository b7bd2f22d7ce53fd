"""Older stretches of the message log, each of one charger and at most an hour, packed (decision 0041).

What is in a pack is no longer among `messages`. All that is packed of a charger was written before all of it that is not.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text, select

from stationmaster.domain.exchanges import Exchange, Logged
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, UtcTime, key, metadata

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

message_packs = Table(
    "message_packs",
    metadata,
    key(),
    Column("station_id", BigInt, nullable=False),
    Column("first_id", BigInt, nullable=False),  # of the messages in it, as they were in the log
    Column("last_id", BigInt, nullable=False),
    Column("count", Integer, nullable=False),
    Column("since", UtcTime, nullable=False),  # the oldest
    Column("until", UtcTime, nullable=False),  # the newest
    Column("actions", Text, nullable=False),  # |Heartbeat|MeterValues|
    Column("data", LargeBinary, nullable=False),
)
Index("ix_message_packs_order", message_packs.c.station_id, message_packs.c.last_id)
Index("ix_message_packs_time", message_packs.c.station_id, message_packs.c.until)

LEVEL = 9
_AT_ONCE = 8  # packs that are read in one go


class _Columns(msgspec.Struct, array_like=True):
    """A stretch column by column: like stands beside like, and packs better."""

    ids: list[int]
    at_us: list[int]
    directions: list[str]
    message_ids: list[str]
    actions: list[str]
    requests: list[str]
    responses: list[str | None]
    outcomes: list[str]
    took_ms: list[float | None]
    remarks: list[tuple[str, ...]]


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_US = timedelta(microseconds=1)
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Columns)


def packed(stretch: Sequence[Logged]) -> bytes:
    """The messages as they are kept."""
    told = [each.exchange for each in stretch]
    columns = _Columns(
        _steps([each.id for each in stretch]),
        _steps([(each.at - _EPOCH) // _US for each in stretch]),
        [each.direction for each in told],
        [each.message_id for each in told],
        [each.action for each in told],
        [each.request for each in told],
        [each.response for each in told],
        [each.outcome for each in told],
        [each.took_ms for each in told],
        [each.remarks for each in told],
    )
    return zstd.compress(_encoder.encode(columns), level=LEVEL)


def unpacked(data: bytes) -> list[Logged]:
    """The messages of a pack, in their order."""
    columns = _decoder.decode(zstd.decompress(data))
    told = map(
        Exchange,
        columns.directions,
        columns.message_ids,
        columns.actions,
        columns.requests,
        columns.responses,
        columns.outcomes,
        columns.took_ms,
        columns.remarks,
    )
    return [
        Logged(number, _EPOCH + at * _US, exchange)
        for number, at, exchange in zip(_sums(columns.ids), _sums(columns.at_us), told, strict=True)
    ]


def _steps(numbers: list[int]) -> list[int]:
    """The first, and from each to the next."""
    return [each - before for before, each in zip([0, *numbers], numbers, strict=False)]


def _sums(steps: list[int]) -> Iterator[int]:
    number = 0
    for step in steps:
        number += step
        yield number


def row(station_id: int, stretch: Sequence[Logged]) -> dict[str, Any]:
    """What is inserted for a stretch."""
    times = [each.at for each in stretch]
    return {
        "station_id": station_id,
        "first_id": stretch[0].id,
        "last_id": stretch[-1].id,
        "count": len(stretch),
        "since": min(times),
        "until": max(times),
        "actions": f"|{'|'.join(sorted({each.exchange.action for each in stretch}))}|",
        "data": packed(stretch),
    }


def listed(work: Work, station_id: int, message_id: int | None, *, action: str | None, most: int) -> list[Logged]:
    """Newest first: what is packed of a charger, written before this message; so many at the most."""
    pack = message_packs.c
    mine = select(pack.first_id, pack.data).where(pack.station_id == station_id)
    if action is not None:
        mine = mine.where(pack.actions.contains(f"|{action}|", autoescape=True))
    mine = mine.order_by(pack.last_id.desc()).limit(_AT_ONCE)
    found: list[Logged] = []
    while len(found) < most:
        rows = work.execute(mine if message_id is None else mine.where(pack.first_id < message_id)).all()
        for each in rows:
            found += [
                logged
                for logged in reversed(unpacked(each.data))
                if (message_id is None or logged.id < message_id)
                and (action is None or logged.exchange.action == action)
            ]
            if len(found) >= most:
                break
        if len(rows) < _AT_ONCE:
            break
        message_id = rows[-1].first_id
    return found[:most]


def around(
    work: Work, station_id: int, at: datetime, *, since: datetime, until: datetime, before: int | None, most: int
) -> tuple[list[Logged], list[Logged]]:
    """What is packed of a charger and this time, oldest first: earlier than `at`, and from then on; those nearest to it, so many at the most.

    `before`: only what was written before this message.
    """
    pack = message_packs.c
    mine = select(pack.data).where(pack.station_id == station_id, pack.until >= since, pack.since < until)
    if before is not None:
        mine = mine.where(pack.first_id < before)

    def is_before(each: Logged) -> bool:
        return before is None or each.id < before

    earlier, later = list[Logged](), list[Logged]()
    for data in work.execute(mine.where(pack.since < at).order_by(pack.last_id.desc())).scalars():
        earlier[:0] = [each for each in unpacked(data) if since <= each.at < min(at, until) and is_before(each)]
        if len(earlier) >= most:
            break
    for data in work.execute(mine.where(pack.until >= at).order_by(pack.last_id)).scalars():
        later += [each for each in unpacked(data) if max(at, since) <= each.at < until and is_before(each)]
        if len(later) >= most:
            break
    return earlier[-most:], later[:most]
