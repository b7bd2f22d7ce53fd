"""The port with TLS, until the handshake of TLS is made; then there is a door as at the plain port.

A connection that says nothing costs a socket and no more: TLS begins with its first bytes.
"""

from __future__ import annotations

import asyncio
import socket
import time
from functools import partial
from typing import Protocol

import structlog

from stationmaster.gateway.door import Door, Doors
from stationmaster.gateway.tls import Certificates, reason_of

log = structlog.get_logger()

AT_ONCE = 64  # connections taken in one turn of the loop
PAUSE_S = 1.0  # when there are no more sockets to be had
HANDSHAKE = b"\x16"  # the first byte of a record of TLS with a handshake in it


class House(Protocol):
    """Who hears of what went wrong in TLS."""

    def failed_in_tls(self, reason: str, source: str) -> None: ...


class TlsPort:
    """The listening socket, and the connections that are not through TLS yet."""

    def __init__(
        self, house: House, doors: Doors, certificates: Certificates, *, timeout_s: float, closing_s: float
    ) -> None:
        self.house = house
        self.doors = doors
        self.certificates = certificates
        self.timeout_s = timeout_s
        self.closing_s = max(closing_s, 0.01)
        self._listening: socket.socket | None = None
        self._paused: asyncio.TimerHandle | None = None

    def start(self, host: str, port: int, *, buffered: int) -> int:
        """Listen; returns the port. Raises `OSError`."""
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.create_server((host, port), family=family, backlog=4096)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffered)
        listening.setblocking(False)
        self._listening = listening
        asyncio.get_running_loop().add_reader(listening, self._accept)
        return int(listening.getsockname()[1])

    def stop(self) -> None:
        """Take no more. Those on their way are cut with their doors."""
        if self._paused is not None:
            self._paused.cancel()
        if self._listening is not None:
            asyncio.get_running_loop().remove_reader(self._listening)
            self._listening.close()
            self._listening = None

    def _accept(self) -> None:
        assert self._listening is not None
        for _ in range(AT_ONCE):
            try:
                taken, peer = self._listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                log.error("tls.cannot_accept", why=error.strerror)
                loop = asyncio.get_running_loop()
                loop.remove_reader(self._listening)
                self._paused = loop.call_later(PAUSE_S, self._go_on)
                return
            taken.setblocking(False)
            taken.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            Knock(self, taken, peer[0])

    def _go_on(self) -> None:
        if self._listening is not None:
            asyncio.get_running_loop().add_reader(self._listening, self._accept)


class Knock:
    """A connection before TLS."""

    def __init__(self, port: TlsPort, taken: socket.socket, peer: str) -> None:
        self.since = time.monotonic()
        self.silent = True
        self._port = port
        self._socket = taken
        self._peer = peer
        self._shaking: asyncio.Task[None] | None = None
        port.doors.add(self)
        asyncio.get_running_loop().add_reader(taken, self._heard)

    def time_is_over(self) -> None:
        """A connection that has said nothing is no charger that fails; one that stopped in the middle may be one."""
        if not self.silent:
            self._port.house.failed_in_tls("tls_unfinished", self._peer)
        self.cut()

    def cut(self) -> None:
        self._port.doors.remove(self)
        if self._shaking is not None:
            self._shaking.cancel()
        else:
            self._leave_socket()
            self._socket.close()

    def _heard(self) -> None:
        try:
            first = self._socket.recv(1, socket.MSG_PEEK)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            first = b""
        if not first:
            self.cut()
            return
        self.silent = False
        self._leave_socket()
        self._shaking = asyncio.get_running_loop().create_task(self._shake(plain=first != HANDSHAKE))

    async def _shake(self, *, plain: bool) -> None:
        """To the door, through TLS; one that does not speak TLS gets a door at which it is told so."""
        port, loop = self._port, asyncio.get_running_loop()
        door = partial(Door, port.doors, misses_tls=plain, since=self.since)
        try:
            if plain:
                await loop.connect_accepted_socket(door, self._socket)
            else:
                await loop.connect_accepted_socket(
                    door,
                    self._socket,
                    ssl=port.certificates.wanted(),
                    ssl_handshake_timeout=2 * port.timeout_s,  # the doors look after the time; this is for the worst
                    ssl_shutdown_timeout=port.closing_s,
                )
        except asyncio.CancelledError:
            self._socket.close()
        except Exception as error:
            self._socket.close()
            reason = reason_of(error)
            if reason == "tls_failed":
                log.info("tls.failed", source=self._peer, why=str(error))
            port.house.failed_in_tls(reason, self._peer)
        finally:
            port.doors.remove(self)

    def _leave_socket(self) -> None:
        asyncio.get_running_loop().remove_reader(self._socket)
