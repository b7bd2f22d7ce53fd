"""Runs the steps before a unit of work (`@prepares`): the charger they are for waits in its lane, all others go on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import structlog

from stationmaster.domain.stations import Station
from stationmaster.handlers.preparing import Preparation, with_prepared
from stationmaster.handlers.routing import Handler
from stationmaster.ocpp.messages import Request
from stationmaster.outside import Outside

log = structlog.get_logger()


class Preparer:
    """Begins the steps, and is the parent of them all."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(
        self, preparation: Preparation, station: Station, request: Request, done: Callable[[Handler], None]
    ) -> asyncio.Task[None]:
        """`done(handler)` is called in the loop with the handler that has what it needs, whatever came of the step."""
        handler = preparation.handler
        assert handler is not None  # checked when the routes were put together

        async def run() -> None:
            done(with_prepared(handler, await self._prepared(preparation, station, request)))

        task = asyncio.get_running_loop().create_task(run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def stop(self) -> None:
        """End what is under way: the messages are the chargers' again."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _prepared(self, preparation: Preparation, station: Station, request: Request) -> Any:
        try:
            async with asyncio.timeout(preparation.timeout_s):
                return await preparation.function(self._outside, station, request)
        except Exception as error:
            name, why = preparation.function.__qualname__, repr(error)
            log.warning("preparation.failed", station=station.identity, step=name, why=why)
            return preparation.default
