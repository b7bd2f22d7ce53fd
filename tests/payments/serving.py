"""A small HTTP server for the fakes of providers of payments: one request a connection, and answers that get lost when a test wants it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any, NamedTuple, Protocol, TypeVar
from urllib.parse import parse_qsl, urlsplit


class Asked(NamedTuple):
    method: str
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]
    body: bytes


class Answered(NamedTuple):
    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = {}


class Fake(Protocol):
    def answer(self, asked: Asked) -> Answered: ...


S = TypeVar("S", bound="Server")


class Server:
    """Asks a fake for its answers. `lose_answers` of them are not sent although the work was done; `refuse` comes before any work."""

    def __init__(self, fake: Fake) -> None:
        self._fake = fake
        self.asked: list[Asked] = []
        self.lose_answers = 0
        self.refuse: list[Answered] = []
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            method, target, _ = head[0].split(" ")
            lines = [line.partition(":") for line in head[1:] if line]
            headers = {name.lower(): value.strip() for name, _, value in lines}
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            parts = urlsplit(target)
            asked = Asked(method, parts.path, parse_qsl(parts.query, keep_blank_values=True), headers, body)
            self.asked.append(asked)
            answered = self.refuse.pop(0) if self.refuse else self._fake.answer(asked)
            if self.lose_answers:
                self.lose_answers -= 1
            else:
                writer.write(_written(answered))
                await writer.drain()
        writer.close()


def _written(answered: Answered) -> bytes:
    body = json.dumps(answered.body).encode()
    headers = {
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Connection": "close",
        **answered.headers,
    }
    lines = [f"HTTP/1.1 {answered.status} Whatever", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode() + body


@contextlib.asynccontextmanager
async def serving(fake: Fake) -> AsyncIterator[Server]:
    async with listening(Server(fake)) as served:
        yield served


@contextlib.asynccontextmanager
async def listening(served: S) -> AsyncIterator[S]:
    """The same for a server that has troubles of its own."""
    socket = await asyncio.start_server(served.serve, "127.0.0.1", 0)
    served.url = f"http://127.0.0.1:{socket.sockets[0].getsockname()[1]}"
    try:
        yield served
    finally:
        socket.close()
        await socket.wait_closed()
