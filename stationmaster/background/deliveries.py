"""Runs what reaches outside: several at once, to one receiver one after the other, on any number of nodes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import structlog

from stationmaster.domain import deliveries, kept
from stationmaster.domain.deliveries import Queue, Undeliverable, Waiting
from stationmaster.outside import Outside, Refused
from stationmaster.storage import Database, StorageUnavailable
from stationmaster.traces import OFF, Traces

log = structlog.get_logger()


class Deliverer:
    """Takes what is due from the queue and runs it."""

    def __init__(
        self,
        database: Database,
        queue: Queue,
        outside: Outside,
        *,
        at_once: int,
        look_every_s: float,
        traces: Traces = OFF,
    ) -> None:
        self._database = database
        self._queue = queue
        self._outside = outside
        self._at_once = at_once
        self._traces = traces
        self._look_every_s = look_every_s
        self._wake = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()

    def hear(self, events: Sequence[Any]) -> None:
        """After each commit: what is to go out need not wait for the next look."""
        if self._queue.wants(events):
            self._wake.set()

    async def run(self) -> None:
        """For ever. What is in hand when it ends is another node's, or the next start's, once its lease is over."""
        async with asyncio.TaskGroup() as group:
            while True:
                try:
                    await self._take(group)
                except StorageUnavailable:
                    pass
                except Exception:
                    log.exception("deliveries.failed")
                try:
                    async with asyncio.timeout(self._look_every_s):
                        await self._wake.wait()
                except TimeoutError:
                    pass
                self._wake.clear()

    async def once(self) -> int:
        """Deliver what is due now, and wait for it; returns how many were tried."""
        async with asyncio.TaskGroup() as group:
            return await self._take(group)

    async def _take(self, group: asyncio.TaskGroup) -> int:
        room = self._at_once - len(self._running)
        if room <= 0 or not await self._database.read(self._queue.are_due):
            return 0
        rows = await self._database.write(self._queue.claim, limit=room)
        for row in rows:
            task = group.create_task(self._deliver(row))
            self._running.add(task)
            task.add_done_callback(self._over)
        return len(rows)

    def _over(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._wake.set()  # the next one for this receiver may be due

    async def _deliver(self, row: Waiting) -> None:
        facts: dict[str, str | int] = {"delivery.event": row.event, "delivery.attempt": row.attempt}
        with self._traces.span(
            f"deliver {row.name.rpartition('.')[2]}", facts, kind="producer", parent=row.trace
        ) as trace:
            error = await self._tried(row)
            if trace is not None and error is not None:
                trace.fail("not delivered")

    async def _tried(self, row: Waiting) -> str | None:
        """Deliver it, and write down what came of it; what went wrong, or None."""
        began = time.monotonic()
        error, final = await self._attempt(row)
        took_ms = round((time.monotonic() - began) * 1000)
        while True:
            try:
                await self._database.write(deliveries.finished, row, took_ms=took_ms, error=error, final=final)
                break
            except StorageUnavailable:  # it was delivered, so noting that is tried until it works
                await asyncio.sleep(self._look_every_s)
        if error is not None:
            log.warning("delivery.failed", name=row.name, key=row.key, attempt=row.attempt, why=error)
        return error

    async def _attempt(self, row: Waiting) -> tuple[str | None, bool]:
        """What went wrong, or None; and whether trying again is of no use."""
        timeout_s = 0.0
        try:
            delivery, kind, needed = self._queue.find(row)
            timeout_s = delivery.timeout_s
            event = await self._database.read(kept.read, kind, row.payload)
            outside = replace(self._outside, key=row.key, receiver=row.receiver, attempt=row.attempt)
            async with asyncio.timeout(timeout_s):
                await delivery.function(outside, event, **needed)
        except (Undeliverable, Refused) as error:
            return str(error), True
        except TimeoutError:
            return f"not done within {timeout_s:g} s", False
        except Exception as error:
            return f"{type(error).__name__}: {error}"[:500], False
        return None, False
