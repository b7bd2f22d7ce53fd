"""A connection before it is a WebSocket: the head of its request is read, within limits, or told from what is no request.

Knows no WebSocket library. What never becomes a handshake costs little here, and whoever sent something ends in the inbox.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, Protocol

import msgspec
import structlog
from multidict import CIMultiDict

log = structlog.get_logger()

MAX_HEAD = 16 * 1024
MAX_HEADERS = 128
CROWDED_S = (
    0.1  # before waiting connections are closed in a crowd, so that requests already in their sockets are read first
)
NO_REQUEST = b"This port speaks WebSocket, to chargers.\n"

_END = b"\r\n\r\n"
_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_BEGINNING = re.compile(rb"[A-Z]{1,20}(?: |\Z)")


class Head(msgspec.Struct, frozen=True):
    """What a handshake says, and the frames that came with it (CON-12)."""

    path: bytes
    headers: CIMultiDict[str]
    rest: bytes


class Unreadable(Exception):
    """This is no request that could be a handshake; the reason is one of those that the inbox explains."""

    def __init__(self, reason: str, path: bytes = b"") -> None:
        super().__init__(reason)
        self.reason = reason
        self.path = path


def look_at(received: bytes | bytearray) -> None:
    """Judge by the first bytes. Raises `Unreadable` for what will never be a request."""
    if received[:2] == b"\x16\x03":  # a record of TLS 1.x, with a handshake in it
        raise Unreadable("tls")
    if not _BEGINNING.match(received):
        raise Unreadable("not_http")


def read(received: bytes) -> Head:
    """The whole head of a request. Raises `Unreadable`."""
    look_at(received)
    head, _, rest = received.partition(_END)
    first, *lines = head.split(b"\r\n")
    words = first.split(b" ")
    if len(words) != 3 or not words[2].startswith(b"HTTP/"):
        raise Unreadable("not_http")
    method, path, version = words
    if version in (b"HTTP/1.0", b"HTTP/0.9"):
        raise Unreadable("old_http", path)
    headers: CIMultiDict[str] = CIMultiDict()
    for line in lines[: MAX_HEADERS + 1]:
        name, colon, value = line.partition(b":")
        if not colon or not _TOKEN.fullmatch(name) or _CONTROL.search(value):
            raise Unreadable("bad_request", path)
        headers.add(name.decode(), value.strip(b" \t").decode("latin-1"))
    body = headers.get("Content-Length", "0").strip("0") or "Transfer-Encoding" in headers
    if method != b"GET" or version != b"HTTP/1.1" or len(headers) > MAX_HEADERS or body:
        raise Unreadable("bad_request", path)
    return Head(path, headers, rest)


def _target(received: bytearray) -> bytes:
    """The path of a request of which at least the first line is there."""
    first, end, _ = received[:MAX_HEAD].partition(b"\r\n")
    words = first.split(b" ") if end else []
    return bytes(words[1]) if len(words) == 3 else b""


class Waiting(Protocol):
    """A connection whose request is not complete: at its door, or on the way to it."""

    since: float  # monotonic

    @property
    def silent(self) -> bool: ...

    def time_is_over(self) -> None: ...

    def cut(self) -> None: ...


class House(Protocol):
    """Who is behind the door."""

    def answer_request(self, door: Door, head: Head) -> None: ...

    def unreadable(self, door: Door, reason: str, path: bytes) -> None: ...


class Doors:
    """Every connection whose request is not complete yet, the oldest first."""

    def __init__(self, house: House, *, most: int, timeout_s: float) -> None:
        self.house = house
        self._most = most
        self._timeout_s = timeout_s
        self._waiting: dict[Waiting, None] = {}
        self._thinning = False
        self.crowded_s = CROWDED_S

    def __len__(self) -> int:
        return len(self._waiting)

    def __iter__(self) -> Iterator[Waiting]:
        return iter(self._waiting)

    def add(self, door: Waiting) -> None:
        self._waiting[door] = None
        if len(self._waiting) > self._most and not self._thinning:
            self._thinning = True
            asyncio.get_running_loop().call_later(self.crowded_s, self._thin_out)

    def remove(self, door: Waiting) -> None:
        self._waiting.pop(door, None)

    def sweep(self, now: float) -> None:
        """Close those whose time is over."""
        for door in list(self._waiting):
            if now - door.since < self._timeout_s:
                break
            door.time_is_over()

    def close(self) -> None:
        for door in list(self._waiting):
            door.cut()

    def _thin_out(self) -> None:
        """Make room: the oldest go, those that have sent nothing first. So nobody keeps a charger out by being many (SEC-13)."""
        self._thinning = False
        oldest = sorted(self._waiting, key=lambda door: not door.silent)[: max(0, len(self._waiting) - self._most)]
        for door in oldest:
            door.cut()
        log.info("handshakes.crowded", closed=len(oldest), waiting=len(self._waiting))


class Door(asyncio.Protocol):
    """One connection, until it is let in or sent away."""

    __slots__ = ("_doors", "_is_plain", "_received", "misses_tls", "peer", "since", "transport")

    def __init__(self, doors: Doors, *, misses_tls: bool = False, since: float | None = None) -> None:
        self._doors = doors
        self._received = bytearray()
        self.peer = "?"
        self.misses_tls = misses_tls  # it is plain, at the port with TLS
        self.since = time.monotonic() if since is None else since
        self._is_plain = True

    @property
    def silent(self) -> bool:
        """Who has come through TLS has said much, and its request may be a turn of a slow network behind."""
        return not self._received and self._is_plain

    def connection_made(self, transport: Any) -> None:
        self.transport: asyncio.Transport = transport
        peer = transport.get_extra_info("peername")
        self.peer = peer[0] if peer else "?"
        self._is_plain = transport.get_extra_info("ssl_object") is None
        self._doors.add(self)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        looked_at = max(0, len(self._received) - len(_END) + 1)
        self._received += data
        ended = self._received.find(_END, looked_at)
        try:
            if (ended if ended >= 0 else len(self._received)) > MAX_HEAD:
                raise Unreadable("bad_request", _target(self._received))
            if ended < 0:
                look_at(self._received)
                return
            head = read(bytes(self._received))
        except Unreadable as problem:
            self._end(problem)
        else:
            self._doors.remove(self)
            self.transport.pause_reading()  # until it is decided
            self._doors.house.answer_request(self, head)

    def connection_lost(self, error: Exception | None) -> None:
        self._doors.remove(self)

    def time_is_over(self) -> None:
        if self.silent:
            self.cut()
        else:
            self._end(Unreadable("unfinished", _target(self._received)))

    def cut(self) -> None:
        self._doors.remove(self)
        self.transport.abort()

    def answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        """Send this away, with an answer in HTTP."""
        lines = {"Connection": "close", "Content-Type": "text/plain", "Content-Length": str(len(body)), **headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self.transport.write(f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n{head}\r\n".encode() + body)
        self.transport.close()

    def _end(self, problem: Unreadable) -> None:
        self._doors.remove(self)
        self._doors.house.unreadable(self, problem.reason, problem.path)
