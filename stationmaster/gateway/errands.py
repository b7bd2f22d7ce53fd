"""Errands: what a timer begins and does not wait for, because one slow charger would keep all others waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable

import structlog

log = structlog.get_logger()


class Errands:
    """Begins them, and is the parent of them all."""

    def __init__(self) -> None:
        self._under_way: dict[Hashable, asyncio.Task[None]] = {}

    def begin(self, name: Hashable, errand: Callable[[], Awaitable[None]]) -> bool:
        """False when the one of this name is still under way: two of one name never run at once."""
        if name in self._under_way:
            return False

        async def run() -> None:
            try:
                await errand()
            except Exception:  # nobody waits for it, so nobody else would tell of it
                log.exception("errand.failed", errand=str(name))
            finally:
                del self._under_way[name]

        self._under_way[name] = asyncio.get_running_loop().create_task(run())
        return True

    async def stop(self) -> None:
        """End what is under way."""
        under_way = list(self._under_way.values())
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        self._under_way.clear()  # one that had not begun yet has not taken itself out
