"""A connection whose messages are traced: what each went through, from the socket to its answer.

It is made instead of a plain `Connection` where traces are on; where they are off, a message costs nothing for them.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

from stationmaster.domain.stations import Station
from stationmaster.gateway import units
from stationmaster.gateway.connection import Connection
from stationmaster.gateway.lane import Lane, State
from stationmaster.gateway.preparing import Preparer
from stationmaster.gateway.reading import Whole
from stationmaster.handlers.preparing import Preparation
from stationmaster.handlers.routing import Handler
from stationmaster.ocpp import frames
from stationmaster.ocpp.errors import OcppError
from stationmaster.ocpp.messages import Request
from stationmaster.storage import Work
from stationmaster.traces import Trace, Traces

now = time.time_ns


class InHand:
    """The message that its lane has in hand. The writer's thread notes its times too; nobody reads them before it is done."""

    __slots__ = ("arrived", "began", "committed", "ended", "header", "prepared", "read", "taken", "trace")

    def __init__(self, trace: Trace, arrived: int) -> None:
        self.trace = trace
        self.header = trace.header
        self.arrived = arrived
        self.taken = now()
        self.read = self.prepared = self.began = self.ended = self.committed = 0

    def noting(self, handler: Handler) -> Handler:
        """The handler; when it runs is noted, and what it logs names the trace."""

        def noted(work: Work, station: Station, request: Any) -> Any:
            work.trace = self.header
            with self.trace.around():
                self.began = now()
                try:
                    return handler(work, station, request)
                finally:
                    self.ended = now()

        return noted

    def end(self) -> None:
        """Tell its steps, in their order."""
        over, trace = now(), self.trace
        steps = (
            ("wait for its turn", self.arrived, self.taken),
            ("read", self.taken, self.read),
            ("prepare", self.read, self.prepared),
            ("wait for the writer", self.committed and (self.prepared or self.read), self.began),
            ("handle", self.began, self.ended),
            ("commit", self.ended, self.committed),
            ("answer", self.committed or self.ended, over),
        )
        for name, began, ended in steps:
            if began and ended:
                trace.part(name, began, ended)
        trace.end()


class TracedConnection(Connection):
    """One message is in hand at a time, so one place is enough to note what happens to it."""

    __slots__ = ("_hand", "_traces")
    _lane: _Lane

    def __init__(self, traces: Traces, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._traces = traces
        self._hand: InHand | None = None
        self._lane = _Lane(self._handle, self.link.pause_reading, self.link.resume_reading, self._over)

    def _handle(self, data: bytes) -> None:
        facts: dict[str, str | int] = {
            "ocpp.identity": self.entry.station.identity,
            "ocpp.version": self.version,
            "ocpp.frame_bytes": len(data),
        }
        arrived = self._lane.arrived.popleft()
        trace = self._traces.begin("message", facts, kind="server", alone=True, began_ns=arrived)
        if trace is None or not trace.recorded:
            self._hand = None
            super()._handle(data)
            return
        hand = self._hand = InHand(trace, arrived)
        with trace.around():
            super()._handle(data)
        if self._hand is hand and self._lane.state is not State.BUSY:
            self._over()

    def _handle_read(self, found: Whole, data: bytes) -> None:
        hand = self._hand
        if hand is None:
            super()._handle_read(found, data)
            return
        with hand.trace.around():
            super()._handle_read(found, data)

    def _take(
        self,
        call: frames.Call | frames.Send,
        content: bytes,
        data: bytes,
        handler: Handler,
        request: Request,
        remarks: tuple[str, ...],
    ) -> None:
        hand = self._hand
        if hand is not None:
            hand.read = now()
            hand.trace.tell({"ocpp.message_id": call.id, "ocpp.action": call.action}, name=call.action)
            handler = hand.noting(handler)
        super()._take(call, content, data, handler, request, remarks)

    def _prepare(self, preparer: Preparer, told: units.Told, data: bytes, silent: bool) -> None:
        super()._prepare(preparer if self._hand is None else _Preparer(preparer, self._hand), told, data, silent)

    def _handled(self, told: units.Told, data: bytes, silent: bool, result: Any, error: BaseException | None) -> None:
        hand = self._hand
        if hand is None:
            super()._handled(told, data, silent, result, error)
            return
        hand.committed = now()
        if error is not None:
            hand.trace.fail(type(error).__name__)
        with hand.trace.around():
            super()._handled(told, data, silent, result, error)
        if self._hand is hand and self.closed:
            self._over()

    def _keep_refused(self, message_id: str, action: str, data: bytes, error: OcppError, *, answerable: bool) -> None:
        if self._hand is not None:
            known = action if action in self._dialect.from_station else "message"
            self._hand.trace.tell({"ocpp.action": known}, name=known)
            self._hand.trace.fail(self._dialect.error_code(error.defect))
        super()._keep_refused(message_id, action, data, error, answerable=answerable)

    def dead(self) -> None:
        super().dead()
        if self._hand is not None and self._hand.committed:
            self._over()  # else it is still with the writer

    def _over(self) -> None:
        hand, self._hand = self._hand, None
        if hand is not None:
            hand.end()


class _Lane(Lane):
    """Notes when each message has come, and says when one is finished."""

    __slots__ = ("_over", "arrived")

    def __init__(
        self,
        handle: Callable[[bytes], None],
        hold_back: Callable[[], None],
        read_on: Callable[[], None],
        over: Callable[[], None],
    ) -> None:
        super().__init__(handle, hold_back, read_on)
        self.arrived: deque[int] = deque()
        self._over = over

    def add(self, data: bytes) -> None:
        self.arrived.append(now())
        super().add(data)

    def done(self) -> None:
        self._over()
        super().done()


class _Preparer(Preparer):
    """What the preparer has made ready is noted as well."""

    def __init__(self, preparer: Preparer, hand: InHand) -> None:  # it begins and stops nothing itself
        self._preparer = preparer
        self._hand = hand

    def begin(
        self, preparation: Preparation, station: Station, request: Request, done: Callable[[Handler], None]
    ) -> asyncio.Task[None]:
        return self._preparer.begin(preparation, station, request, partial(self._done, done))

    def _done(self, done: Callable[[Handler], None], handler: Handler) -> None:
        self._hand.prepared = now()
        done(self._hand.noting(handler))
