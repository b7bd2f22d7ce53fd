"""A WebSocket client with no manners: sends any bytes at any moment, answers to nothing by itself.

The polite client of tests/charger.py cannot send a broken frame, ignore a ping, or leave a socket half open.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import ssl
import struct
from typing import Any

from tests.charger import basic
from tests.patience import PATIENCE_S

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
UPGRADE = {
    "Host": "csms.example",
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Version": "13",
}


def request(
    path: str,
    *,
    user: str | None = None,
    secret: str | bytes | None = None,
    offers: str | None = "ocpp1.6",
    headers: dict[str, str | None] | None = None,
) -> bytes:
    """The bytes of a handshake; a header given as None is left out."""
    lines: dict[str, str | None] = {**UPGRADE, "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode()}
    if secret is not None:
        lines["Authorization"] = basic(user or "", secret)
    lines |= {"Sec-WebSocket-Protocol": offers} | (headers or {})
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value is not None)
    return f"GET {path} HTTP/1.1\r\n{head}\r\n".encode("latin-1")


def frame(payload: bytes | str, *, kind: int = TEXT, fin: bool = True, reserved: int = 0, masked: bool = True) -> bytes:
    """One WebSocket frame as a client sends it; the mask is zero, so the payload can be read in a dump."""
    data = payload.encode() if isinstance(payload, str) else payload
    first = (0x80 if fin else 0) | reserved << 4 | kind
    mask = 0x80 if masked else 0
    if len(data) < 126:
        head = struct.pack(">BB", first, mask | len(data))
    elif len(data) < 65536:
        head = struct.pack(">BBH", first, mask | 126, len(data))
    else:
        head = struct.pack(">BBQ", first, mask | 127, len(data))
    return head + (b"\0\0\0\0" if masked else b"") + data


class Raw:
    """A connection after its handshake was answered, whatever the answer was."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = b""

    @classmethod
    async def open(cls, port: int, data: bytes, *, source: str | None = None, tls: ssl.SSLContext | None = None) -> Raw:
        """Connect (from another loopback address, if `source` is given), send `data`, read the HTTP answer."""
        local = None if source is None else (source, 0)
        self = cls(*await asyncio.open_connection("127.0.0.1", port, local_addr=local, ssl=tls))
        self.writer.write(data)
        async with asyncio.timeout(PATIENCE_S):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            first, *lines = head.rstrip().split("\r\n")
            self.status = int(first.split()[1])
            self.headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
            if self.status != 101:
                self.body = await self.reader.read()
                await self.close()
        return self

    def send(self, payload: Any, **options: Any) -> None:
        """A text frame: JSON of `payload`, or the very bytes or text given."""
        self.writer.write(frame(payload if isinstance(payload, bytes | str) else json.dumps(payload), **options))

    async def read(self, timeout: float = PATIENCE_S) -> tuple[int, bytes]:
        """The next frame of any kind: opcode and payload. Raises IncompleteReadError when the socket is closed."""
        async with asyncio.timeout(timeout):
            first, size = await self.reader.readexactly(2)
            if size == 126:
                (size,) = struct.unpack(">H", await self.reader.readexactly(2))
            elif size == 127:
                (size,) = struct.unpack(">Q", await self.reader.readexactly(8))
            return first & 0xF, await self.reader.readexactly(size)

    async def receive(self, timeout: float = PATIENCE_S) -> Any:
        """The next message, read as JSON; pings are passed over."""
        while True:
            kind, payload = await self.read(timeout)
            if kind == CLOSE:
                raise ConnectionError(f"closed with {int.from_bytes(payload[:2], 'big')}")
            if kind == TEXT:
                return json.loads(payload)

    async def exchange(self, payload: Any) -> Any:
        self.send(payload)
        return await self.receive()

    async def close_code(self, timeout: float = PATIENCE_S) -> int:
        """Wait for a close frame and return its code; 1006 when the socket just ends."""
        try:
            while True:
                kind, payload = await self.read(timeout)
                if kind == CLOSE:
                    return int.from_bytes(payload[:2], "big")
        except (asyncio.IncompleteReadError, ConnectionError):
            return 1006

    async def ended(self, timeout: float = PATIENCE_S) -> None:
        """Wait until the server has closed the TCP connection."""
        async with asyncio.timeout(timeout):
            with contextlib.suppress(ConnectionError):
                while await self.reader.read(65536):
                    pass

    async def close(self) -> None:
        self.writer.close()
        with contextlib.suppress(ConnectionError):
            await self.writer.wait_closed()
