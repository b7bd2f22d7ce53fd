"""The web port when somebody is silent, endless or many (A4), stalls (A8), or leaves in the middle (A7)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import structlog
import uvicorn

from stationmaster.api import web_port
from stationmaster.api.web_port import Limits, WebPort
from stationmaster.app import App
from stationmaster.settings import Settings, Web

QUICK = 0.2  # of what is waited for in vain
LONG = 60.0


class Served:
    """A port with these limits, and an application whose answers are let go by hand."""

    def __init__(self, port: WebPort) -> None:
        self.port = port
        self.number = 0
        self.asked = asyncio.Event()
        self.answer = asyncio.Event()
        self.answer.set()
        self.body: bytes = b"fine"
        self.ended = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked.set()
        try:
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return
                if not message.get("more_body"):
                    break
            await self.answer.wait()
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": self.body, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            self.ended.set()

    async def open(self, text: bytes = b"") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.number)
        opened.append(writer)
        writer.write(text)
        return reader, writer


opened: list[asyncio.StreamWriter] = []
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
async def serve() -> AsyncIterator[Callable[..., Any]]:
    """`await serve(connections=3)`: a served port with these limits."""
    servers: list[tuple[asyncio.Server, Served]] = []

    async def start(**limits: Any) -> Served:
        served = Served(WebPort(Limits(**limits)))
        config = uvicorn.Config(served, log_config=None, lifespan="off", http=served.port.protocol)
        config.load()
        state = uvicorn.Server(config).server_state

        def connect() -> asyncio.Protocol:
            return served.port.protocol(config=config, server_state=state, app_state={})

        server = await asyncio.get_running_loop().create_server(connect, "127.0.0.1", 0)
        served.number = server.sockets[0].getsockname()[1]
        servers.append((server, served))
        return served

    yield start
    for writer in opened:
        writer.close()
    opened.clear()
    for server, served in servers:
        served.answer.set()
        server.close()


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"G",
        b"GET / HTTP/1.1\r\nHost: x\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345",
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n123",
        GET + b"GET / HT",
    ],
)
async def test_A4_who_does_not_send_a_whole_request_is_closed(serve: Callable[..., Any], text: bytes) -> None:
    served = await serve(request_s=QUICK)
    reader, _ = await served.open(text)
    told = await asyncio.wait_for(reader.read(), LONG)
    assert told.count(b"200 OK") == text.startswith(GET)
    assert not served.port.connections


async def test_A4_who_sends_a_byte_now_and_then_is_closed_as_well(serve: Callable[..., Any]) -> None:
    served = await serve(request_s=QUICK)
    reader, writer = await served.open(b"GET / HTTP/1.1\r\nX-A: ")

    async def dribble() -> None:
        while not writer.is_closing():
            writer.write(b"a")
            await asyncio.sleep(QUICK / 10)

    dribbling = asyncio.create_task(dribble())
    said = b""
    try:
        with contextlib.suppress(ConnectionResetError):  # a byte was on its way when it was closed
            said = await asyncio.wait_for(reader.read(), LONG)
    finally:
        dribbling.cancel()
    assert said == b""


async def test_A4_a_slow_answer_is_waited_for(serve: Callable[..., Any]) -> None:
    served = await serve(request_s=QUICK)
    served.answer.clear()
    reader, _ = await served.open(GET)
    await served.asked.wait()
    silent, _ = await served.open()  # when this one's time is over, so is the other's
    assert await asyncio.wait_for(silent.read(), LONG) == b""
    served.answer.set()
    assert (await reader.readline()).startswith(b"HTTP/1.1 200")


async def test_A4_silent_connections_make_room_for_those_that_ask(serve: Callable[..., Any]) -> None:
    served = await serve(connections=5, of_one_address=1000, request_s=LONG)
    silent = [await served.open() for _ in range(20)]
    for _ in range(5):
        reader, _ = await served.open(GET)
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
    assert len(served.port.connections) <= 5
    for reader, _ in silent[:10]:
        with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
            await reader.readexactly(1)


async def test_A4_when_all_are_busy_a_new_one_is_told_to_come_back(serve: Callable[..., Any]) -> None:
    served = await serve(connections=2, of_one_address=1000, request_s=LONG)
    served.answer.clear()
    for _ in range(2):
        served.asked.clear()
        await served.open(GET)
        await served.asked.wait()
    reader, _ = await served.open(GET)
    told = await asyncio.wait_for(reader.read(), LONG)
    assert told.startswith(b"HTTP/1.1 503")
    assert b"Retry-After" in told
    assert len(served.port.connections) == 2


async def test_A4_one_address_does_not_take_the_places_of_others(serve: Callable[..., Any]) -> None:
    served = await serve(connections=100, of_one_address=3, request_s=LONG)
    served.answer.clear()
    for _ in range(3):
        served.asked.clear()
        await served.open(GET)
        await served.asked.wait()
    reader, _ = await served.open(GET)
    assert (await asyncio.wait_for(reader.read(), LONG)).startswith(b"HTTP/1.1 503")
    proxied = await serve(connections=100, of_one_address=3, request_s=LONG, is_proxy=lambda address: True)
    for _ in range(6):
        reader, _ = await proxied.open(GET)
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")


async def test_A8_who_does_not_read_is_cut_off(serve: Callable[..., Any]) -> None:
    served = await serve(stalled_s=QUICK)
    served.body = b"x" * 50_000_000
    _, writer = await served.open()
    writer.transport.pause_reading()
    writer.write(GET)
    await asyncio.wait_for(served.ended.wait(), LONG)
    assert not served.port.connections


def test_A4_most_files_are_kept_for_chargers() -> None:
    limits = web_port.limits(Web(max_connections=10**9, trusted_proxies=["10.0.0.0/8"]))  # type: ignore[list-item]
    assert limits.connections < 10**9
    assert limits.is_proxy("10.1.2.3")
    assert not limits.is_proxy("192.0.2.1")
    assert not limits.is_proxy("")


@pytest.mark.any_database
async def test_A4_the_server_has_these_limits(settings: Settings) -> None:
    settings.web.request_timeout_s = QUICK
    async with App(settings).running() as app:
        reader, writer = await asyncio.open_connection("127.0.0.1", app.web_port)
        assert await asyncio.wait_for(reader.read(), LONG) == b""
        writer.close()


@pytest.mark.any_database
async def test_A7_an_upload_that_is_broken_off_is_no_failure(app: App) -> None:
    head = (
        b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
    )
    with structlog.testing.capture_logs() as logged:
        for _ in range(3):
            reader, writer = await asyncio.open_connection("127.0.0.1", app.web_port)
            writer.write(head)
            await writer.drain()
            writer.close()
        reader, writer = await asyncio.open_connection("127.0.0.1", app.web_port)
        writer.write(b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert (await reader.read()).startswith(b"HTTP/1.1 200")
        writer.close()
    assert not [line for line in logged if line["log_level"] == "error"]
