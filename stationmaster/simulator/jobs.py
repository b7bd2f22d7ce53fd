"""Long jobs that a central system asks for, such as an update: one of a kind at a time, and it tells how far it is."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

Tell = Callable[[str], Awaitable[object]]
Spawn = Callable[[Coroutine[Any, Any, None], str], "asyncio.Task[None]"]


class Job:
    """One kind of job of one charger. `status` is what it has told last, `Idle` when nothing is being done."""

    def __init__(self, spawn: Spawn, name: str) -> None:
        self.status = "Idle"
        self.request_id: int | None = None
        self._spawn = spawn
        self._name = name
        self._task: asyncio.Task[None] | None = None

    def begin(self, request_id: int | None, tell: Tell, work: Callable[[Tell], Coroutine[Any, Any, None]]) -> bool:
        """Begin, and give up what is being done already; was there something?"""
        canceled = self._task is not None and not self._task.done()
        if self._task is not None:
            self._task.cancel()
        self._task = self._spawn(self._run(request_id, tell, work), self._name)
        return canceled

    async def _run(self, request_id: int | None, tell: Tell, work: Callable[[Tell], Coroutine[Any, Any, None]]) -> None:
        self.request_id = request_id

        async def tell_and_note(status: str) -> None:
            self.status = status
            await tell(status)

        await work(tell_and_note)
        self.status, self.request_id = "Idle", None
