"""Our calls to one station: one outstanding at a time, a bounded queue, a time-out for each, late answers matched."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import deque
from collections.abc import Callable
from typing import Any

from stationmaster.domain.commands import Outcome
from stationmaster.domain.errors import Conflict
from stationmaster.ocpp.dialects import DIALECTS
from stationmaster.settings import BadSettings
from stationmaster.settings import Gateway as GatewaySettings

QUEUE = 100  # RPC-11
LATE = 20  # timed-out calls whose answer would still be recognised


def time_outs(settings: GatewaySettings) -> Callable[[str], float]:
    """How long an answer to each action may take, in seconds. Raises `BadSettings` for an action that no version has."""
    for action in settings.call_timeouts:
        if not any(action in dialect.from_csms for dialect in DIALECTS.values()):
            raise BadSettings(f"gateway.call_timeouts: there is no action {action} that is sent to chargers")
    return settings.call_timeout


class Pending:
    """One call that waits for its turn, or for its answer."""

    __slots__ = ("action", "frame", "future", "late", "message_id", "sent", "sent_at", "timeout_s")

    def __init__(
        self,
        message_id: str,
        action: str,
        frame: bytes,
        timeout_s: float,
        sent: Callable[[], None] | None,
        late: Callable[[Outcome], None] | None,
    ) -> None:
        self.message_id = message_id
        self.action = action
        self.frame = frame
        self.timeout_s = timeout_s
        self.future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self.sent = sent
        self.late = late
        self.sent_at = 0.0


class Outbound:
    """The slot for our calls; the station's own calls to us are no concern of it."""

    __slots__ = ("_closed", "_current", "_late", "_queue", "_send", "_timer")

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._send = send
        self._queue: deque[Pending] = deque()
        self._current: Pending | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._late: deque[Pending] = deque(maxlen=LATE)
        self._closed = False

    async def call(
        self,
        action: str,
        build: Callable[[str], bytes],
        *,
        timeout_s: float,
        sent: Callable[[], None] | None = None,
        late: Callable[[Outcome], None] | None = None,
    ) -> Outcome:
        """Send `build(message_id)` when it is its turn and wait for what comes of it. Raises `Conflict` when the queue is full.

        `sent` is called when it goes out, `late` with an answer that comes after its time.
        """
        if self._closed:
            return Outcome(kind="replaced")
        if len(self._queue) >= QUEUE:
            raise Conflict("{most} commands are waiting for this charger already", most=QUEUE)
        message_id = str(uuid.uuid4())
        pending = Pending(message_id, action, build(message_id), timeout_s, sent, late)
        self._queue.append(pending)
        self._next()
        return await pending.future

    def answered(self, message_id: str, outcome: Outcome) -> bool:
        """A CALLRESULT or CALLERROR has come; False when nobody waits for this id (RPC-12)."""
        current = self._current
        if current is not None and current.message_id == message_id:
            self._finish(current, outcome)
            return True
        for pending in self._late:
            if pending.message_id == message_id:
                self._late.remove(pending)
                if pending.late is not None:
                    pending.late(_timed(pending, outcome))
                return True
        return False

    def waiting_for(self, message_id: str) -> str | None:
        """The action of the call with this id, to read its answer by."""
        for pending in (self._current, *self._late):
            if pending is not None and pending.message_id == message_id:
                return pending.action
        return None

    def close(self) -> None:
        """The socket is gone: what was sent is lost, what waits ends as replaced, and neither is sent again (CON-03)."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        waiting = [*([self._current] if self._current else []), *self._queue]
        self._current = None
        self._queue.clear()
        self._send = _nothing  # its connection is let go
        for pending in waiting:
            if not pending.future.done():
                pending.future.set_result(_timed(pending, Outcome(kind="lost" if pending.sent_at else "replaced")))

    def _next(self) -> None:
        while self._current is None and self._queue:
            pending = self._queue.popleft()
            if pending.future.done():  # whoever asked has gone away
                continue
            self._current = pending
            pending.sent_at = time.perf_counter()
            self._timer = asyncio.get_running_loop().call_later(pending.timeout_s, self._timed_out, pending)
            self._send(pending.frame)
            if pending.sent is not None:
                pending.sent()

    def _timed_out(self, pending: Pending) -> None:
        self._late.append(pending)
        self._finish(pending, Outcome(kind="timeout"))

    def _finish(self, pending: Pending, outcome: Outcome) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._current = None
        if not pending.future.done():
            pending.future.set_result(_timed(pending, outcome))
        self._next()


def _nothing(_frame: bytes) -> None:
    """Of a connection that is closed."""


def _timed(pending: Pending, outcome: Outcome) -> Outcome:
    took_ms = round((time.perf_counter() - pending.sent_at) * 1000, 2) if pending.sent_at else None
    fields: dict[str, Any] = {name: getattr(outcome, name) for name in outcome.__struct_fields__}
    return Outcome(**fields | {"took_ms": took_ms, "message_id": pending.message_id})
