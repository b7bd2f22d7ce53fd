"""Packs what is older in the message log and among meter values (`retention`), stretch by stretch, so that no charger waits for it."""

from __future__ import annotations

import time
from datetime import timedelta

from stationmaster.domain import message_packing, nodes, sample_packing
from stationmaster.domain.timers import every
from stationmaster.settings import Retention
from stationmaster.storage import Database

AT_WORK_S = 20.0
"""Of each minute: what an upgrade finds is packed in the hours after it, beside the work of the day."""
UPDATED_WITHIN = timedelta(hours=1)
"""So long after a node has begun, others may be at work that are older, and cannot read what is packed."""


@every(seconds=60, once=True, timeout_s=300)
async def pack_messages(database: Database, retention: Retention) -> None:
    """From the oldest on. Cut off at any moment, it goes on where it was: what is packed is no longer in the log."""
    if not retention.packed_after_days:
        return
    older_than, after, began = timedelta(days=retention.packed_after_days), 0, time.monotonic()
    while time.monotonic() - began < AT_WORK_S:
        stretch = await database.read(message_packing.oldest, after=after, older_than=older_than)
        if stretch is None:
            return
        try:
            await database.write_apart(message_packing.store, stretch)
        except message_packing.Moved:
            return
        after = stretch.ids[0]


@every(seconds=60, once=True, timeout_s=300)
async def pack_meter_values(database: Database, retention: Retention) -> None:
    """The same for meter values: from the oldest on, and where it was, as they say themselves whether they are packed."""
    if not retention.values_packed_after_days or await database.read(nodes.began_within, UPDATED_WITHIN):
        return
    older_than, began = timedelta(days=retention.values_packed_after_days), time.monotonic()
    keys = await database.read(sample_packing.due, older_than=older_than)
    while time.monotonic() - began < AT_WORK_S:
        stretch = await database.read(sample_packing.stretch, keys)
        if stretch is None:
            return
        try:
            for part in stretch.parts() if database.kind == "postgresql" else [stretch]:
                await database.write_apart(sample_packing.store, part)
        except sample_packing.Moved:
            return
        keys = range(stretch.last + 1, keys.stop)
