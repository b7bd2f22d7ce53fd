"""The web port under attack: how long a connection may be silent, how many there may be, and who makes room.

uvicorn waits for ever for a request that does not come, and for a reader that does not read.
"""

from __future__ import annotations

import asyncio
import functools
import ipaddress
import re
import resource
from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

import h11
import msgspec
import structlog
from uvicorn.protocols.http.h11_impl import H11Protocol

from stationmaster.settings import Web

log = structlog.get_logger()

_FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\nRetry-After: 5\r\n"
    b"Connection: close\r\nContent-Length: 21\r\n\r\ntoo many connections\n"
)


# A file takes as long as it takes; `api/resources/files.py` limits its bytes and its whole time. Here it must not stand still.
_BRINGS_A_FILE = re.compile(r"/files/logs/|/api/v1/firmware/?$|/api/v1/(sites|stations)/[^/]+/images/?$")


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What one web port bears."""

    connections: int = 1000
    of_one_address: int = 100
    request_s: float = 15.0  # from the moment a request may begin to the last byte of its body
    stalled_s: float = 30.0  # a reader that takes nothing of what is written
    is_proxy: Callable[[str], bool] = lambda _address: (
        False
    )  # a proxy's address is everybody's, so it is not limited like one client's


def limits(settings: Web) -> Limits:
    """As the settings say; and of the files this process may open, most are kept for chargers."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return Limits(
        connections=min(settings.max_connections, max(10, files // 4)),
        of_one_address=settings.max_connections_of_one_address,
        request_s=settings.request_timeout_s,
        stalled_s=settings.stalled_after_s,
        is_proxy=functools.partial(_within, settings.trusted_proxies),
    )


class WebPort:
    """All connections of one port. `protocol` is what uvicorn is given in place of its own."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.refused = 0
        self.connections: set[_Connection] = set()
        self._idle: OrderedDict[_Connection, None] = OrderedDict()  # no request in hand; the oldest first
        self._addresses: Counter[str] = Counter()

    def protocol(self, **options: Any) -> asyncio.Protocol:
        return _Connection(self, **options)

    def admit(self, connection: _Connection) -> bool:
        """Count a new connection in. One without a request makes room for it; when all are busy, the new one has to go."""
        address = connection.address
        full = len(self.connections) >= self.limits.connections
        crowded = self._addresses[address] >= self.limits.of_one_address and not self.limits.is_proxy(address)
        if full or crowded:
            oldest = next((each for each in self._idle if not crowded or each.address == address), None)
            if oldest is None:
                if self.refused == 0:
                    log.warning("web.full", connections=len(self.connections), source=address)
                self.refused += 1
                return False
            oldest.drop()
        self.connections.add(connection)
        self._addresses[address] += 1
        self._idle[connection] = None
        return True

    def leave(self, connection: _Connection) -> None:
        if connection in self.connections:
            self.connections.discard(connection)
            self._idle.pop(connection, None)
            self._addresses[connection.address] -= 1
            if self._addresses[connection.address] <= 0:
                del self._addresses[connection.address]

    def busy(self, connection: _Connection) -> None:
        self._idle.pop(connection, None)

    def idle(self, connection: _Connection) -> None:
        if connection in self.connections:
            self._idle[connection] = None


class _Connection(H11Protocol):
    """One connection, with a clock for what it owes: a request, all of it, and reading the answer."""

    def __init__(self, port: WebPort, **options: Any) -> None:
        super().__init__(**options)
        self.address = ""
        self._port = port
        self._admitted = False
        self._owes_request: asyncio.TimerHandle | None = None
        self._owes_reading: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        peer = transport.get_extra_info("peername")
        self.address = str(peer[0]) if isinstance(peer, tuple) else ""
        self._admitted = self._port.admit(self)
        if not self._admitted:
            self.transport = transport
            transport.write(_FULL)
            transport.close()
            return
        super().connection_made(transport)
        self._await_request()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget(self._owes_request)
        self._forget(self._owes_reading)
        self._port.leave(self)
        if self._admitted:
            super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if not self._admitted:
            return
        # uvicorn's clock between two requests stops at the first byte of the next one; ours starts there.
        if self._owes_request is None and not self._answering():
            self._await_request()
        super().data_received(data)
        self._look()
        if self._owes_request is not None and self._brings_a_file():
            self._forget(self._owes_request)
            self._owes_request = self.loop.call_later(self._port.limits.stalled_s, self._late)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._look()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._forget(self._owes_reading)
        self._owes_reading = self.loop.call_later(self._port.limits.stalled_s, self.drop)

    def resume_writing(self) -> None:
        self._forget(self._owes_reading)
        self._owes_reading = None
        super().resume_writing()

    def drop(self) -> None:
        """Give it up at once, whatever is still to be sent."""
        self._port.leave(self)
        self.transport.abort()

    def _look(self) -> None:
        """Has the whole request come? Then it is ours to be slow."""
        if self._answering():
            self._port.busy(self)
            if self.cycle is not None and not self.cycle.more_body:
                self._forget(self._owes_request)
                self._owes_request = None
        else:
            self._port.idle(self)

    def _answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _brings_a_file(self) -> bool:
        return self._answering() and self.cycle.more_body and _BRINGS_A_FILE.match(self.cycle.scope["path"]) is not None

    def _await_request(self) -> None:
        self._owes_request = self.loop.call_later(self._port.limits.request_s, self._late)

    def _late(self) -> None:
        self._owes_request = None
        self._port.leave(self)
        self.transport.close()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        self._forget(self._owes_request)
        self._port.leave(self)  # from here on it belongs to another protocol, and api/live.py limits how many there are
        super().handle_websocket_upgrade(event)

    @staticmethod
    def _forget(timer: asyncio.TimerHandle | None) -> None:
        if timer is not None:
            timer.cancel()


def _within(networks: Sequence[Any], address: str) -> bool:
    try:
        there = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(there in network for network in networks)
