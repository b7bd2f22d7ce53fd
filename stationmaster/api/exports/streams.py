"""A file that is sent while it is written.

The writer is plain code in a thread of its own, because formats are: it asks the database page by page, and waits while the client
has not taken what is there. So an export needs the same little memory however long it is, and nobody else waits for it.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from stationmaster.api.throttle import TooBusy
from stationmaster.domain.errors import DomainError

T = TypeVar("T")

CHUNK_BYTES = 64 * 1024
_AHEAD = 4  # chunks that may wait for the client
_AT_ONCE = 3  # exports; each keeps a core busy


class TooManyExports(TooBusy):
    """As many as we can write are being written."""

    def __init__(self) -> None:
        DomainError.__init__(self, "Several exports are being written; please try again in a moment.")


class ClientLeft(Exception):
    """Nobody takes the rest: the writer is told so where it writes."""


class Exports:
    """The exports of one server; only so many at once, so that they leave the rest of it its share of the machine."""

    def __init__(self, at_once: int = _AT_ONCE) -> None:
        self._turns = asyncio.Semaphore(at_once)

    def check(self) -> None:
        """Raises `TooManyExports` when there is no turn for another one now."""
        if self._turns.locked():
            raise TooManyExports

    async def stream(self, fill: Callable[[Pipe], None]) -> AsyncGenerator[bytes, None]:
        """What `fill(pipe)` writes, in a thread, in pieces as they come. What it raises, this raises: the file then has no end."""
        async with self._turns:
            pipe = Pipe(asyncio.get_running_loop())
            threading.Thread(target=pipe.run, args=(fill,), name="export", daemon=True).start()
            try:
                while (piece := await pipe.pieces.get()) is not None:
                    yield piece
                    pipe.taken()
                if pipe.error is not None:
                    raise pipe.error
            finally:
                if pipe.running:
                    pipe.leave()
                    while await pipe.pieces.get() is not None:
                        pass


class Pipe:
    """Between the thread that writes and the loop that sends."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.pieces: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.error: BaseException | None = None
        self.running = True
        self._loop = loop
        self._room = threading.Semaphore(_AHEAD)
        self._left = False
        self._parts: list[bytes] = []
        self._size = 0

    def write(self, data: bytes, /) -> int:
        """Send this; waits while the client is slow. Raises `ClientLeft`."""
        self._parts.append(data)
        self._size += len(data)
        if self._size >= CHUNK_BYTES:
            self._send()
        return len(data)

    def ask(self, question: Callable[[], Coroutine[Any, Any, T]]) -> Future[T]:
        """The answer of something that is asked in the loop, as the database is. Raises `ClientLeft`."""
        if self._left:
            raise ClientLeft
        return asyncio.run_coroutine_threadsafe(question(), self._loop)

    def run(self, fill: Callable[[Pipe], None]) -> None:
        """The life of the thread."""
        try:
            fill(self)
            self._send()
        except ClientLeft:
            pass
        except BaseException as error:
            self.error = error
        self._loop.call_soon_threadsafe(self._end)

    def taken(self) -> None:
        """The client has one piece more, so there is room for the next."""
        self._room.release()

    def leave(self) -> None:
        """Nobody takes anything any more."""
        self._left = True
        self._room.release(_AHEAD)

    def _send(self) -> None:
        self._room.acquire()
        if self._left:
            raise ClientLeft
        piece, self._parts, self._size = b"".join(self._parts), [], 0
        self._loop.call_soon_threadsafe(self.pieces.put_nowait, piece)

    def _end(self) -> None:
        self.running = False
        self.pieces.put_nowait(None)
