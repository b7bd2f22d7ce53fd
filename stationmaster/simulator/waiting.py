"""Two small helpers for the simulator's tasks: a parent for them, and a way to wait for a condition."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any


class Tasks:
    """The parent of a station's tasks. `close` ends them all and raises what the first unlucky one raised.

    Unlike `asyncio.TaskGroup` it may be opened in one task and closed in another, as test fixtures do.
    """

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._errors: list[BaseException] = []
        self._closed = False

    def spawn(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        if self._closed:
            work.close()
            raise RuntimeError("This station is closed.")
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def __len__(self) -> int:
        return len(self._tasks)

    async def close(self) -> None:
        """Cancel what still runs and wait for it. Raises the first error a task ended with."""
        self._closed = True
        me = asyncio.current_task()
        for task in list(self._tasks):
            if task is not me:
                task.cancel()
        others = [task for task in self._tasks if task is not me]
        if others:
            await asyncio.wait(others)
            await asyncio.sleep(0)  # let the done callbacks run
        if self._errors:
            raise self._errors[0]

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._errors.append(error)


class Signal:
    """Wakes everybody who waits for a condition, whenever something may have changed."""

    def __init__(self) -> None:
        self._waiting: list[asyncio.Future[None]] = []

    def notify(self) -> None:
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Return as soon as the condition holds. It is looked at now and after every `notify`."""
        while not condition():
            future = asyncio.get_running_loop().create_future()
            self._waiting.append(future)
            await future
