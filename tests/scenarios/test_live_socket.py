"""Live events over a WebSocket, with a ticket that is good once (API-08)."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from stationmaster.app import App
from stationmaster.domain import accounts, organizations

pytestmark = pytest.mark.any_database
API = "/api/v1"
PASSWORD = "correct horse battery staple"


@pytest.fixture
async def web(app: App) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who has logged in to a whole server."""

    def add(work: Any) -> Any:
        return accounts.add(work, organizations.home(work), email="a@example.com", password=PASSWORD, role="viewer")

    await app.database.write(add)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{app.web_port}") as client:
        said = await client.post(f"{API}/auth/login", json={"email": "a@example.com", "password": PASSWORD})
        client.headers["Authorization"] = f"Bearer {said.json()['access_token']}"
        yield client


async def ticket(web: httpx.AsyncClient, **params: str) -> str:
    answer = await web.post(f"{API}/events/ticket", params=params)
    assert (answer.status_code, answer.json()["expires_in"]) == (200, 30)
    return str(answer.json()["ticket"])


def opening(app: App, text: str, **more: Any) -> connect:
    return connect(f"ws://127.0.0.1:{app.web_port}{API}/events/socket?ticket={text}", proxy=None, **more)


async def until(socket: ClientConnection, kind: str) -> Any:
    async for text in socket:
        told = json.loads(text)
        if told["type"] == kind:
            return told
    raise AssertionError("the socket was closed")


async def refused(app: App, text: str, **more: Any) -> int:
    with pytest.raises(InvalidStatus) as error:
        async with opening(app, text, **more):
            pass
    return error.value.response.status_code


async def test_API_08_a_page_hears_what_happens_over_a_socket(app: App, charger: Any, web: httpx.AsyncClient) -> None:
    async with opening(app, await ticket(web), origin=f"http://127.0.0.1:{app.web_port}") as socket:
        assert json.loads(await socket.recv())["type"] == "hello"
        one = await charger("CP1")
        await one.start()
        assert (await until(socket, "session_started"))["station"] == "CP1"
        await socket.send("what a page says is not for us")
        await one.call("Heartbeat", {})
    async with opening(app, await ticket(web, station="CP1")) as socket:
        await one.call("Heartbeat", {})
        assert (await until(socket, "message"))["action"] == "Heartbeat"


async def test_API_08_a_ticket_is_good_once_for_this_page_and_for_a_while(app: App, web: httpx.AsyncClient) -> None:
    once = await ticket(web)
    async with opening(app, once) as socket:
        await socket.recv()
    assert await refused(app, once) == 403
    for text in ("", "nothing", once[:-4] + "AAAA", web.headers["Authorization"].partition(" ")[2]):
        assert await refused(app, text) == 403
    assert await refused(app, await ticket(web), origin="https://evil.example") == 403
    old = await ticket(web)
    clock = app.database.clock
    app.database.clock = lambda: clock() + timedelta(seconds=31)
    assert await refused(app, old) == 403
    app.database.clock = clock
    ended = await ticket(web)
    assert (await web.post(f"{API}/auth/logout")).status_code in (200, 204)
    assert await refused(app, ended) == 403
    assert (await web.post(f"{API}/events/ticket")).status_code == 401


async def test_API_08_the_socket_is_closed_when_the_server_stops(app: App, web: httpx.AsyncClient) -> None:
    assert app.api is not None
    async with opening(app, await ticket(web)) as socket:
        await socket.recv()
        app.api.context.live.close()
        with contextlib.suppress(ConnectionClosed):
            while True:
                await asyncio.wait_for(socket.recv(), 20)
        assert socket.close_code == 1012
