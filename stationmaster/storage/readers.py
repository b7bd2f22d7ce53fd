"""The threads that read."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, TypeVar

T = TypeVar("T")


class Readers(Executor):
    """Reader threads. Unlike those of the standard library nobody waits for them at the end of the program: one may hang."""

    def __init__(self, count: int) -> None:
        self._waiting: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = queue.SimpleQueue()
        self.count = count
        self._threads: list[threading.Thread] = []
        self._idle = threading.Semaphore(0)

    def submit(self, f: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        future: Future[T] = Future()
        self._waiting.put((future, lambda: f(*args, **kwargs)))
        if not self._idle.acquire(blocking=False) and len(self._threads) < self.count:
            thread = threading.Thread(target=self._run, name=f"reader-{len(self._threads)}", daemon=True)
            self._threads.append(thread)
            thread.start()
        return future

    def stop(self, patience_s: float) -> None:
        for _ in self._threads:
            self._waiting.put(None)
        deadline = time.monotonic() + patience_s
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _run(self) -> None:
        while (asked := self._waiting.get()) is not None:
            future, f = asked
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(f())
                except BaseException as error:
                    future.set_exception(error)
            self._idle.release()
