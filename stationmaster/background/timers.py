"""Runs what returns by the clock (`@every`): each timer in a task of its own; one that fails is told once, and goes on."""

from __future__ import annotations

import asyncio
import inspect
import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any, cast

import structlog

from stationmaster.domain import signatures, timers
from stationmaster.domain.signatures import Things
from stationmaster.domain.timers import Timer
from stationmaster.storage import Database, StorageUnavailable, Work

log = structlog.get_logger()

LOOK_S = 3600.0


class Clockwork:
    """All timers of this process, with what they need. Raises `TypeError` when one asks for what there is not."""

    def __init__(
        self,
        database: Database,
        all_of_them: Sequence[Timer],
        things: Things,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        spread: Callable[[], float] = lambda: random.uniform(0.9, 1.1),
    ) -> None:
        self._database = database
        self._sleep = sleep
        self._spread = spread  # nodes that start together should not beat together
        self._turns = [(timer, _pause(timer, things), _turn(database, timer, things)) for timer in all_of_them]

    async def run(self) -> None:
        """For ever."""
        async with asyncio.TaskGroup() as group:
            for timer, pause_s, turn in self._turns:
                group.create_task(self._repeat(timer, pause_s, turn), name=timer.name)

    async def _repeat(self, timer: Timer, pause_s: float, turn: Callable[[], Awaitable[Any]]) -> None:
        trouble: str | None = None
        # What is done once a day is looked at each hour: the database knows when it is due, and a start forgets no day of it.
        sleep_s = min(pause_s, LOOK_S) if timer.once else pause_s
        while True:
            await self._sleep(sleep_s * self._spread())
            try:
                await self._once(timer, pause_s, turn)
            except Exception as error:
                if _is_storage(error):
                    continue  # which tells of itself
                if trouble != repr(error):  # the same error again is not logged again
                    log.exception("timer.failed", timer=timer.name)
                trouble = repr(error)
            else:
                if trouble is not None:
                    log.info("timer.works_again", timer=timer.name)
                trouble = None

    async def _once(self, timer: Timer, pause_s: float, turn: Callable[[], Awaitable[Any]]) -> None:
        async with asyncio.timeout(timer.timeout_s):
            if not timer.once:
                await turn()
                return
            pause, timeout = timedelta(seconds=pause_s), timedelta(seconds=timer.timeout_s)
            if await self._database.write(timers.take_turn, timer.name, pause=pause, timeout=timeout):
                try:
                    await turn()
                finally:
                    await self._database.write(timers.over, timer.name)


def _is_storage(error: Exception) -> bool:
    """Whether the database is away and nothing else is wrong, also where several tasks found it so."""
    if isinstance(error, ExceptionGroup):
        return all(_is_storage(each) for each in error.exceptions)
    return isinstance(error, StorageUnavailable)


def _pause(timer: Timer, things: Things) -> float:
    if callable(timer.seconds):
        return timer.seconds(**signatures.given(timer.seconds, things))
    return timer.seconds


def _turn(database: Database, timer: Timer, things: Things) -> Callable[[], Awaitable[Any]]:
    function = timer.function
    if inspect.iscoroutinefunction(function):
        arguments = signatures.given(function, things)
        return lambda: cast(Awaitable[Any], function(**arguments))
    first = next(iter(signatures.needs(function).values()), None)
    if first is not Work:
        raise TypeError(f"{timer.name}: a timer is async, or a unit of work")
    arguments = signatures.given(function, things, after=1)
    return lambda: database.write(function, **arguments)
