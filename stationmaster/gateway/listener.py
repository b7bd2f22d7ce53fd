"""Accepts chargers. The only file that knows the WebSocket library.

The library (picows) parses frames and leaves to us what is here: fragments, limits, the close handshake, pings, back-pressure.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import socket
import struct
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from picows import (
    WSFrame,
    WSListener,
    WSMsgType,
    WSTransport,
    WSUpgradeResponse,
    WSUpgradeResponseWithListener,
)
from picows.picows import WSProtocol  # type: ignore[attr-defined]

from stationmaster import memory
from stationmaster.gateway import buffers
from stationmaster.gateway.allowance import CONNECTING, price
from stationmaster.gateway.channel import PLAIN, Channel, of_proxy, of_tls
from stationmaster.gateway.connection import Connection
from stationmaster.gateway.door import Door, Doors, Head
from stationmaster.gateway.gate import Gate
from stationmaster.gateway.handshake import Admitted, Refused
from stationmaster.gateway.proxies import is_trusted, source_of
from stationmaster.gateway.tls import Certificates
from stationmaster.gateway.tls_port import TlsPort
from stationmaster.settings import Gateway as GatewaySettings
from stationmaster.settings import Tls

log = structlog.get_logger()

# Of the library. The connection's own limit is lower: of a message between the two, the head is kept (L4).
MAX_FRAME = 8 * 1024 * 1024
LONG = 256 * 1024  # with more than this of one message, a connection needs one of a few places
GROWN = 4 * 1024  # more than this in one read or one message has made the read buffer grow
LONG_AT_ONCE = 16  # such messages that may arrive at the same time: what the process needs for them is bounded
READ_AT_ONCE = 128 * 1024  # bytes that the system holds for us: no turn of the loop has more to do for one charger
MAX_OWED = 2000.0  # messages' worth of pings and pongs beyond the allowance: nobody needs that many
MAX_BUFFERED = 256 * 1024  # with more than this unsent, we stop reading (CON-11)
MAX_UNSENT = 1024 * 1024  # with more than this unsent (commands go on timing out), the peer is cut
_REQUEST = (
    "GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: {version}\r\nSec-WebSocket-Key: {key}\r\n\r\n"
)
# A frame of this many bytes or fewer needs no buffer of its own; memory of every idle connection (the library's minimum).
READ_BUFFER = 2048

PROTOCOL, UNSUPPORTED, POLICY, TOO_BIG, RESTART = 1002, 1003, 1008, 1009, 1012


class _Quiet(logging.LoggerAdapter[logging.Logger]):
    """The library's log. What a charger does wrong on its socket is no error of ours."""

    def error(self, msg: object, *args: Any, **more: Any) -> None:
        self.log(logging.INFO if str(msg).startswith("WS parser error") else logging.ERROR, msg, *args, **more)


# The library makes a logger for every connection; an adapter is shared by all of them.
_quiet = _Quiet(logging.getLogger("picows"), {})


class Intake(WSProtocol):  # type: ignore[misc]
    """The library's reader; it counts what has arrived of a message that is not complete."""

    __slots__ = ("link",)
    link: SocketLink

    def buffer_updated(self, nbytes: int) -> None:
        link = self.link
        link.unfinished += nbytes
        super().buffer_updated(nbytes)
        if link.unfinished > LONG:
            link.grows_long()


class Listener:
    """The listening socket, and the sweep that looks after every connection."""

    def __init__(self, gate: Gate, settings: GatewaySettings, tls: Tls | None = None) -> None:
        """Raises `BadSettings` when there is to be TLS and its files are of no use."""
        self._gate = gate
        self._settings = settings
        self._tls = tls or Tls()
        self.tls_port: int | None = None  # where it listens
        self._server: asyncio.Server | None = None
        self._sweeper: asyncio.TimerHandle | None = None
        self.links: set[SocketLink] = set()
        self.grown = False  # long messages have come since the last sweep
        self.long: dict[SocketLink, None] = {}  # those with a long message on its way, the first ones with a place
        self.doors = Doors(self, most=settings.max_handshakes, timeout_s=settings.handshake_timeout_s)
        self._certificates: Certificates | None = None
        self._with_tls: TlsPort | None = None
        self._looking: asyncio.Future[None] | None = None
        if self._tls.port is not None or self._tls.has_anchors:
            self._certificates = Certificates(self._tls, gate.takes_expired)
        if self._tls.port is not None and self._certificates is not None:
            self._with_tls = TlsPort(
                self,
                self.doors,
                self._certificates,
                timeout_s=settings.handshake_timeout_s,
                closing_s=settings.closing_s,
            )

    async def start(self) -> int:
        """Listen; returns the port (of use when the setting is 0)."""
        loop = asyncio.get_running_loop()
        settings = self._settings
        try:
            self._server = await loop.create_server(
                lambda: Door(self.doors), settings.host, settings.port, backlog=4096
            )
        except OSError as error:
            where = f"{settings.host}:{settings.port}"
            raise OSError(f"gateway.port: {where} cannot be used: {error.strerror or error}") from None
        for listening in self._server.sockets:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, READ_AT_ONCE)
        if self._with_tls is not None:
            host, port = self._tls.host, self._tls.port or 0
            try:
                self.tls_port = self._with_tls.start(host, port, buffered=READ_AT_ONCE)
            except OSError as error:
                self._server.close()
                raise OSError(f"tls.port: {host}:{port} cannot be used: {error.strerror or error}") from None
        self._sweeper = loop.call_later(settings.sweep_s, self._sweep)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Take no more; answer what each has in hand, then close it with 1012, spread out (CON-09)."""
        self._gate.stop()
        deadline = time.monotonic() + 20
        links = list(self.links)
        pause = min(30.0, len(links) / 500) / max(1, len(links))
        for link in links:
            connection = link.connection
            if connection is not None:
                link.pause_reading()  # what comes now is not taken, and is the charger's to repeat (N16)
                while not connection.idle and time.monotonic() < deadline:
                    await asyncio.sleep(0.005)
                connection.close(RESTART, "restarting")
            else:
                link.close(RESTART, "restarting")
            if pause > 0.001:
                await asyncio.sleep(pause)
        deadline = time.monotonic() + self._settings.closing_s
        while self.links and time.monotonic() < deadline:
            await asyncio.sleep(0.01)
        if self._sweeper is not None:
            self._sweeper.cancel()
        if self._server is not None:
            self._server.close()
        if self._with_tls is not None:
            self._with_tls.stop()
        self.doors.close()
        for link in list(self.links):
            link.abort()
        await asyncio.sleep(0)

    # Called by a door

    def answer_request(self, door: Door, head: Head) -> None:
        """A handshake has come: let it in, or send it away."""
        if _is_probe(head.path) and "Sec-WebSocket-Key" not in head.headers:
            self._answer_probe(door)
            return
        if door.misses_tls:
            self.unreadable(door, "plain", head.path)
            return
        source = source_of(door.peer, head.headers, self._settings.trusted_proxies)

        def decided(answer: Admitted | Refused) -> None:
            try:
                if isinstance(answer, Refused):
                    door.answer(answer.status, answer.body, answer.headers)
                elif not door.transport.is_closing():
                    self._let_in(door.transport, head, answer, source)
            except Exception:
                log.exception("handshake.failed", source=source)
                door.transport.abort()

        self._gate.decide(head.path, head.headers, source, decided, self._channel(door, head))

    def _channel(self, door: Door, head: Head) -> Channel:
        """How it has come: as a trusted proxy says, or as it is here."""
        anchors = None if self._certificates is None else self._certificates.anchors
        if is_trusted(door.peer, self._settings.trusted_proxies):
            said = of_proxy(head.headers, self._tls.client_certificate_header, anchors)
            if said is not None:
                return said
        secured = door.transport.get_extra_info("ssl_object")
        return PLAIN if secured is None else of_tls(secured, anchors)

    def unreadable(self, door: Door, reason: str, path: bytes) -> None:
        """What came is no handshake."""
        if _is_probe(path):  # with HTTP/1.0, or HEAD
            self._answer_probe(door)
            return
        refused = self._gate.unreadable(reason, path, door.peer)
        door.answer(refused.status, refused.body, refused.headers)

    def failed_in_tls(self, reason: str, source: str) -> None:
        """It has not come through the handshake of TLS, so nobody knows who it is (A00.FR.315, A00.FR.407)."""
        self._gate.unreadable(reason, b"", source)

    def _answer_probe(self, door: Door) -> None:
        """Whether chargers are let in; who asks is a balancer, and no refused charger (O-07)."""
        door.answer(
            200 if self._gate.unready() is None else 503, b"", {"Retry-After": "5"} if self._gate.unready() else {}
        )

    def _let_in(self, transport: asyncio.Transport, head: Head, admitted: Admitted, source: str) -> None:
        """Hand the connection to the library, with all that has come so far."""
        link = SocketLink(self, admitted, source)
        headers = {} if admitted.subprotocol is None else {"Sec-WebSocket-Protocol": admitted.subprotocol}
        response = WSUpgradeResponse.create_101_response(headers)
        protocol = Intake(
            None,
            None,
            False,
            lambda _: WSUpgradeResponseWithListener(response, link),
            _quiet,
            True,
            None,
            False,
            0,
            0,
            1,
            False,  # we answer pings ourselves: whoever pings is alive (CON-07)
            MAX_FRAME,
            None,
            READ_BUFFER,
        )
        protocol.link = link
        link.read_by(protocol)
        protocol.connection_made(transport)
        transport.set_protocol(protocol)
        transport.resume_reading()
        # The library wants exactly these words. Some chargers forget one, or say "keep-alive, Upgrade", and nothing else is
        # wrong with them.
        key, version = head.headers["Sec-WebSocket-Key"], head.headers["Sec-WebSocket-Version"]
        _feed(protocol, _REQUEST.format(key=key, version=version).encode() + head.rest)

    # Called by a link

    def opened(self, link: SocketLink, admitted: Admitted) -> Connection:
        self.links.add(link)
        return self._gate.enter(admitted, link)

    def closed(self, link: SocketLink) -> None:
        self.links.discard(link)
        self.no_longer(link)
        if link.connection is not None:
            self._gate.leave(link.connection, link.reason)
            link.connection = None  # two that hold each other stay for hours

    def has_place(self, link: SocketLink) -> bool:
        """Whether this one's long message may go on arriving; if not now, its turn will come."""
        self.long[link] = None
        return link in itertools.islice(self.long, LONG_AT_ONCE)

    def no_longer(self, link: SocketLink) -> None:
        """Its long message is complete, or will never be."""
        if self.long.pop(link, _NONE) is not _NONE:
            for waiting in list(itertools.islice(self.long, LONG_AT_ONCE)):
                waiting.has_place()

    def _sweep(self) -> None:
        """Ping the silent, close the dead, the stalled and the endless (CON-11, RPC-25)."""
        settings = self._settings
        self._sweeper = asyncio.get_running_loop().call_later(settings.sweep_s, self._sweep)
        now = time.monotonic()
        for link in list(self.links):
            try:
                link.look_after(now, settings)
            except Exception:
                log.exception("sweep.failed", source=link.source)
        if self.grown:
            self.grown = False
            asyncio.get_running_loop().run_in_executor(None, memory.trim)
        self.doors.sweep(now)
        self._gate.sweep(now)
        self._look_at_certificates()

    def _look_at_certificates(self) -> None:
        """In a thread, for they are files; one look at a time."""
        if self._certificates is not None and (self._looking is None or self._looking.done()):
            self._looking = asyncio.get_running_loop().run_in_executor(None, self._certificates.look)


def _is_probe(path: bytes) -> bool:
    return path.partition(b"?")[0] in (b"/health", b"/health/ready")


def _feed(protocol: WSProtocol, data: bytes) -> None:
    """What was read before the library was there."""
    while data and not protocol.transport.underlying_transport.is_closing():
        room = protocol.get_buffer(-1)
        taken = min(len(room), len(data))
        room[:taken] = data[:taken]
        data = data[taken:]
        protocol.buffer_updated(taken)


class SocketLink(WSListener):
    """One open socket, as its connection sees it: send, close, and whether to read on."""

    __slots__ = (
        "_admitted",
        "_allowance",
        "_closing_at",
        "_heard_at",
        "_listener",
        "_parts",
        "_parts_since",
        "_pinged_at",
        "_protocol",
        "_stalled_at",
        "_stops",
        "_transport",
        "connection",
        "reason",
        "source",
        "unfinished",
    )

    def __init__(self, listener: Listener, admitted: Admitted, source: str) -> None:
        self.source = source
        self.connection: Connection | None = None
        self.reason = "the connection was lost"
        self._listener = listener
        self._admitted: Admitted | None = admitted
        self._transport: WSTransport | None = None
        self._protocol: Intake | None = None
        self._heard_at = time.monotonic()
        self._pinged_at = 0.0
        self._closing_at = 0.0
        self._stalled_at = 0.0
        self._parts: bytearray | None = None
        self._parts_since = 0.0
        self._allowance = listener._gate.remembered(admitted.entry).allowance
        self.unfinished = 0  # bytes of the message that is arriving
        self._stops = 0  # why reading is stopped: a bit for each reason

    def read_by(self, protocol: Intake) -> None:
        self._protocol = protocol

    # Called by the library

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport
        transport.underlying_transport.set_write_buffer_limits(high=MAX_BUFFERED)
        assert self._admitted is not None
        admitted, self._admitted = self._admitted, None
        self.connection = self._listener.opened(self, admitted)
        if self._allowance.owed < self._listener._settings.messages_per_s:  # a second's worth: a bad line is no attack
            self._pay(CONNECTING)
        else:
            self._keep_pace()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self._transport = self._protocol = None
        self._listener.closed(self)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        self._heard_at = time.monotonic()
        self._pinged_at = 0.0
        if self.unfinished > GROWN:
            self._listener.no_longer(self)
            asyncio.get_running_loop().call_soon(self._shrink)
        self.unfinished = 0
        if self._closing_at:
            if frame.msg_type == WSMsgType.CLOSE:
                transport.disconnect()
            return
        kind = frame.msg_type
        if frame.rsv1 or frame.rsv2 or frame.rsv3:  # no extension was negotiated, so nobody may use them (RPC-22)
            self._end(PROTOCOL, "reserved bits")
        elif kind == WSMsgType.TEXT or kind == WSMsgType.CONTINUATION:
            self._take(kind, frame)
        elif kind == WSMsgType.PING or kind == WSMsgType.PONG:
            self._pay(1)
            if self._allowance.owed > MAX_OWED:
                self._end(POLICY, "too many pings")
            elif kind == WSMsgType.PING:
                transport.send_pong(frame.get_payload_as_bytes())
        elif kind == WSMsgType.CLOSE:
            self.reason = f"closed by the charger ({_close_code(frame)})"
            transport.send(WSMsgType.CLOSE, frame.get_payload_as_bytes()[:2])
            transport.disconnect()
        elif kind == WSMsgType.BINARY:
            self._end(UNSUPPORTED, "text messages only")

    def pause_writing(self) -> None:
        self._stalled_at = time.monotonic()
        self._stop_reading(_UNSENT)

    def resume_writing(self) -> None:
        self._stalled_at = 0.0
        self._read_on(_UNSENT)

    # Called by the connection

    @property
    def last_heard_at(self) -> datetime:
        return datetime.now(UTC) - timedelta(seconds=time.monotonic() - self._heard_at)

    def send(self, data: bytes) -> None:
        if self._transport is None or self._closing_at:
            return
        if self._stalled_at and self._transport.underlying_transport.get_write_buffer_size() > MAX_UNSENT:
            self._cut("took nothing while we went on asking")
        else:
            self._transport.send(WSMsgType.TEXT, data)

    def close(self, code: int, reason: str) -> None:
        """Send a close frame, and wait a moment for the other side to say the same."""
        if self._transport is None or self._closing_at:
            return
        self.reason = f"closed here: {reason} ({code})"
        self._closing_at = time.monotonic()
        self._transport.send(WSMsgType.CLOSE, struct.pack(">H", code) + reason.encode())
        self._stops = 0
        self._transport.underlying_transport.resume_reading()

    def pause_reading(self) -> None:
        self._stop_reading(_LANE)

    def resume_reading(self) -> None:
        self._read_on(_LANE)

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.disconnect(False)

    # Called by the sweep

    def look_after(self, now: float, settings: GatewaySettings) -> None:
        if self._transport is None:
            return
        if self.connection is not None:
            self.connection.look_after(now)
        if self._closing_at:
            if now - self._closing_at > settings.closing_s:
                self.abort()
        elif self._stalled_at and now - self._stalled_at > settings.stalled_after_s:
            self._cut("took nothing for too long")
        elif self._parts is not None and now - self._parts_since > settings.stalled_after_s:
            self._end(POLICY, "a message took too long to arrive")
        elif self._pinged_at:
            if now - self._pinged_at > settings.pong_timeout_s:
                self._cut("no answer to a ping")
        elif now - self._heard_at > settings.ping_interval_s:
            self._pinged_at = now
            self._transport.send_ping()

    def _cut(self, why: str) -> None:
        self.reason = why
        if self.connection is not None:
            self.connection.dead()
        self.abort()

    # Messages

    def _take(self, kind: WSMsgType, frame: WSFrame) -> None:
        connection = self.connection
        if connection is None or connection.closed:
            return
        data = frame.get_payload_as_bytes()
        self._pay(price(len(data), whole=frame.fin and kind == WSMsgType.TEXT))
        if self._parts is not None or not frame.fin or kind == WSMsgType.CONTINUATION:
            whole = self._assemble(data, frame.fin, kind == WSMsgType.CONTINUATION)
            if whole is None:
                return
            data = whole
        if len(data) > connection.limit:
            self._too_long(data)
            return
        connection.receive(data)

    def _assemble(self, data: bytes, final: bool, continues: bool) -> bytes | None:
        """Put a message together from its fragments, within the same limit; None while it is not complete."""
        assert self.connection is not None
        if continues != (self._parts is not None):
            self._end(PROTOCOL, "fragments out of order")
            return None
        if self._parts is None:
            self._parts, self._parts_since = bytearray(), time.monotonic()
        self._parts += data
        if len(self._parts) > self.connection.limit:
            self._too_long(bytes(self._parts))
            return None
        if not final:
            return None
        whole, self._parts = bytes(self._parts), None
        return whole

    def _too_long(self, data: bytes) -> None:
        """Its head is kept before the socket is closed: a limit never loses a transaction in silence (L4)."""
        assert self.connection is not None
        self.connection.too_long(data)
        self._end(TOO_BIG, f"a message may have {self.connection.limit} bytes")

    def _pay(self, cost: float) -> None:
        """From the charger's allowance (RPC-24); without it we stop reading, and nothing is lost or refused."""
        # Several frames may come in one read: those after the one that made us stop are owed as well.
        if not self._allowance.pay(cost) and not self._stops & _RATE:
            self._keep_pace()

    def _keep_pace(self) -> None:
        wait_s = self._allowance.wait_s()
        if wait_s > 0:
            self._stop_reading(_RATE)
            asyncio.get_running_loop().call_later(wait_s, self._keep_pace)
        else:
            self._read_on(_RATE)

    def _shrink(self) -> None:
        """The message that the buffer has grown for is taken: what is free of it goes back to the system."""
        if self._protocol is None or self.unfinished:
            return
        if buffers.give_back(self._protocol.get_buffer(-1)) > LONG:
            self._listener.grown = True

    def grows_long(self) -> None:
        """Much of one message has come. It needs a place to go on, for there is only so much memory."""
        if not self._listener.has_place(self):
            self._stop_reading(_MEMORY)

    def has_place(self) -> None:
        self._read_on(_MEMORY)

    def _stop_reading(self, reason: int) -> None:
        if not self._stops and self._transport is not None and not self._closing_at:
            self._transport.underlying_transport.pause_reading()
        self._stops |= reason

    def _read_on(self, reason: int) -> None:
        if not self._stops & reason:
            return
        self._stops &= ~reason
        if not self._stops and self._transport is not None and not self._transport.is_disconnected:
            self._transport.underlying_transport.resume_reading()

    def _end(self, code: int, reason: str) -> None:
        if self.connection is not None:
            self.connection.close(code, reason)


_LANE, _RATE, _UNSENT, _MEMORY = 1, 2, 4, 8
_NONE: Any = object()


def _close_code(frame: WSFrame) -> int:
    """The peer's close code; 1005 when it named none."""
    payload = frame.get_payload_as_bytes()
    return int.from_bytes(payload[:2], "big") if len(payload) >= 2 else 1005
