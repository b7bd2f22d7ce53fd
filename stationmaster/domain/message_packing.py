"""How older messages get into packs: a stretch is read and packed, then stored and its rows deleted in one transaction (decision 0041)."""

from __future__ import annotations

from datetime import timedelta

import msgspec
from sqlalchemy import delete, func, insert, select

from stationmaster.domain import message_packs
from stationmaster.domain.exchanges import Logged
from stationmaster.domain.message_log import logged, messages
from stationmaster.storage import Work
from stationmaster.storage.queries import first_since

MOST_MESSAGES = 1000
MOST_BYTES = 4 << 20
"""Of one stretch, unpacked: a reader has it in memory."""
HOUR = timedelta(hours=1)


class Stretch(msgspec.Struct, frozen=True):
    """Some messages of one charger, one behind the other as they were written, and the row that is to stand for them."""

    station_id: int
    ids: list[int]
    row: dict[str, object]


class Moved(Exception):
    """Somebody else has packed or dropped these messages meanwhile: nothing was changed."""


def oldest(work: Work, *, after: int, older_than: timedelta) -> Stretch | None:
    """The first stretch behind this message that is old enough; None when there is no more.

    The newest message of all stays in the log, because the next one's number follows from it.
    """
    key = messages.c.id
    end = min(first_since(work, messages, work.now - older_than), work.execute(select(func.max(key))).scalar() or 0)
    first = work.execute(select(messages).where(key > after, key < end).order_by(key).limit(1)).first()
    if first is None:
        return None
    hour = first.at.replace(minute=0, second=0, microsecond=0) + HOUR
    end = min(end, max(first_since(work, messages, hour), first.id + 1))
    blocks = range((first.id >> 14) - 1, (end >> 14) + 1)  # a row may name one block less than its number says
    mine = select(messages).where(
        messages.c.block.in_(blocks), messages.c.station_id == first.station_id, key >= first.id, key < end
    )
    stretch, size = list[Logged](), 0
    for row in work.execute(mine.order_by(key).limit(MOST_MESSAGES)):
        size += len(row.request) + len(row.response or "")
        if stretch and size > MOST_BYTES:
            break
        stretch.append(logged(row))
    made = message_packs.row(first.station_id, stretch)
    if message_packs.unpacked(made["data"]) != stretch:
        raise AssertionError(f"messages {stretch[0].id} to {stretch[-1].id} are not the same when they are unpacked")
    return Stretch(first.station_id, [each.id for each in stretch], made)


def store(work: Work, stretch: Stretch) -> int:
    """Put the pack in the place of its messages; how many they are. Raises `Moved`."""
    deleted = work.execute(delete(messages).where(messages.c.id.in_(stretch.ids))).rowcount
    if deleted != len(stretch.ids):
        raise Moved
    work.execute(insert(message_packs.message_packs), [stretch.row])
    return int(deleted)
