"""A small HTTP server that stands for somebody else's program."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import NamedTuple, TypeVar


class Request(NamedTuple):
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Receiver:
    """Keeps what it was sent, and answers what a test has put into `answers` (200 when there is nothing left)."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.answers: list[bytes] = []
        self.connections = 0
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            method, path, _ = head[0].split(" ")
            headers = {
                name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)
            }
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            self.requests.append(Request(method, path, headers, body))
            writer.write(self.reply(self.requests[-1]))
            await writer.drain()
        writer.close()

    def reply(self, request: Request) -> bytes:
        return self.answers.pop(0) if self.answers else answer(200)


def answer(status: int, *headers: str, body: bytes = b"fine") -> bytes:
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


R = TypeVar("R", bound=Receiver)


@contextlib.asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    async with listening(Receiver()) as receiver:
        yield receiver


@contextlib.asynccontextmanager
async def listening(receiver: R) -> AsyncIterator[R]:
    """The same with a receiver that thinks before it answers."""
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
        await server.wait_closed()
