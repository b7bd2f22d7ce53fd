"""The API over ASGI on a real database; only the chargers behind the switchboard are made up."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from stationmaster.api.application import Application
from stationmaster.api.context import Context
from stationmaster.api.live_shapes import WORDS
from stationmaster.app import ROUTES
from stationmaster.domain import accounts, boots, commands, connections, organizations, stations
from stationmaster.domain.credentials import Keys
from stationmaster.domain.links import Links
from stationmaster.domain.stations import Station
from stationmaster.files import Folder
from stationmaster.gateway.replay import player
from stationmaster.gateway.switchboard import NotConnected
from stationmaster.outside import Http
from stationmaster.storage import Database, Work
from tests import factories

PASSWORD = "correct horse battery staple"
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


class Chargers:
    """A switchboard whose chargers answer at once, calls as soon as they may."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.node = "here"
        self.there: dict[int, Station] = {}
        self.asked: list[tuple[int, Any]] = []
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.outcome = commands.Outcome("result", {"status": "Accepted"}, took_ms=3.5)
        self.counts = {"received": 7, "sent": 5, "refused": 2, "logged_bytes": 4096}

    async def connect(self, row: Any) -> None:
        station = Station(row.id, row.identity, row.organization_id, "1.6", "accepted", True)
        connect = functools.partial(connections.connected, node=self.node, version="1.6", source="192.0.2.7")
        await self.database.write(connect, station)
        self.there[station.id] = station

    def last_heard_at(self, row: Any) -> datetime:
        return NOW

    async def send(self, station_id: int, command: commands.Command, *, by: str) -> commands.CommandRecord:
        station = self._station(station_id)
        self.asked.append((station_id, command))

        def both(work: Work) -> commands.CommandRecord:
            row = commands.ask(work, station, name=commands.name_of(command), arguments={}, by=by, node=self.node)
            return commands.public_form(commands.record_answer(work, station, row.id, commands.Answer("accepted")))

        return await self.database.write(both)

    async def call(
        self, station_id: int, action: str, payload: dict[str, Any], *, timeout_s: float, by: str
    ) -> commands.Outcome:
        self._station(station_id)
        self.asked.append((station_id, (action, payload, timeout_s)))
        await self.may_answer.wait()
        return self.outcome

    async def disconnect(self, station_id: int) -> None:
        station = self._station(station_id)
        del self.there[station_id]
        await self.database.write(connections.disconnected, station, node=self.node, reason="closed")

    def _station(self, station_id: int) -> Station:
        if station_id not in self.there:
            raise NotConnected("the charger is not connected")
        return self.there[station_id]


@pytest.fixture
def chargers(database: Database) -> Chargers:
    return Chargers(database)


async def metrics() -> bytes:
    return b"stationmaster_connections 1.0\n"


@pytest.fixture
def context(database: Database, chargers: Chargers, tmp_path: Path) -> Context:
    keys = Keys(b"k" * 48)
    return Context(
        database,
        keys,
        factories.plain(),
        chargers,  # type: ignore[arg-type]
        player(ROUTES),
        NOW,
        metrics=metrics,
        links=Links(keys.links, public_url="http://csms.example", host="", lifetime=timedelta(hours=1)),
        folder=Folder(tmp_path / "files"),
        http=Http([ip_network("127.0.0.0/8")]),
    )


@pytest.fixture
async def web(context: Context) -> AsyncIterator[Application]:
    """The application, wired to the database as app.py does it."""
    await context.live.begin(context.database, WORDS)
    context.database.after_commit.append(context.live.hear)  # type: ignore[attr-defined]
    yield Application(context)
    context.live.close()


class Client(httpx.AsyncClient):
    """Speaks to the application in this very loop."""

    def __init__(self, app: Application, source: str = "203.0.113.1") -> None:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False, client=(source, 4242))
        super().__init__(transport=transport, base_url="http://stationmaster.test")
        self.app = app

    async def login(self, email: str, password: str = PASSWORD) -> httpx.Response:
        answer = await self.post("/api/v1/auth/login", json={"email": email, "password": password})
        if answer.status_code == 200:
            self.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        return answer


@pytest.fixture
async def anonymous(web: Application) -> AsyncIterator[Client]:
    async with Client(web) as client:
        yield client


@pytest.fixture
async def user(database: Database) -> Callable[..., Any]:
    """`await user("viewer")`: a user with this role."""

    async def make(role: str, email: str | None = None) -> accounts.User:
        def add(work: Work) -> accounts.User:
            return accounts.add(
                work, organizations.home(work), email=email or f"{role}@example.com", password=PASSWORD, role=role
            )

        return await database.write(add)

    return make


@pytest.fixture
async def as_role(web: Application, user: Callable[..., Any]) -> AsyncIterator[Callable[..., Any]]:
    """`await as_role("viewer")`: a client that is logged in."""
    clients: list[Client] = []

    async def make(role: str) -> Client:
        await user(role)
        client = Client(web)
        clients.append(client)
        assert (await client.login(f"{role}@example.com")).status_code == 200
        return client

    yield make
    for client in clients:
        await client.aclose()


@pytest.fixture
async def admin(as_role: Callable[..., Any]) -> Client:
    return await as_role("administrator")


@pytest.fixture
async def charger(database: Database, chargers: Chargers, admin: Client) -> Any:
    """CP1, registered, booted and connected."""
    assert (await admin.post("/api/v1/stations", json={"id": "CP1"})).status_code == 201

    def booted(work: Work) -> Any:
        row = stations.get(work, 1, "CP1")
        station = Station(row.id, "CP1", row.organization_id, "1.6", "accepted", True)
        boots.record(work, station, boots.BootFacts("Acme", "One", "S1", "1.0"))
        return stations.get(work, 1, "CP1")

    row = await database.write(booted)
    await chargers.connect(row)
    return row


class EventStream:
    """A page that listens: what the application sends it, event by event."""

    def __init__(self, sent: asyncio.Queue[dict[str, Any]]) -> None:
        self._sent = sent
        self._text = ""
        self.status = 0

    async def next(self) -> tuple[str, Any]:
        """The next event: type and data."""
        while "\n\n" not in self._text:
            message = await self._sent.get()
            self.status = message.get("status", self.status)
            self._text += message.get("body", b"").decode()
        event, _, self._text = self._text.partition("\n\n")
        fields = dict(line.split(": ", 1) for line in event.splitlines())
        return fields["event"], msgspec.json.decode(fields["data"])

    async def until(self, kind: str) -> Any:
        """The data of the next event of this type."""
        while True:
            told, data = await self.next()
            if told == kind:
                return data


@asynccontextmanager
async def listening(client: Client, query: str = "", path: str = "/api/v1/events") -> AsyncIterator[EventStream]:
    """Open `GET /events` as a browser would, and leave at the end."""
    sent: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    leave = asyncio.Event()
    asked = False

    async def receive() -> dict[str, Any]:
        nonlocal asked
        if not asked:
            asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await leave.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.put_nowait(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(b"host", b"x"), (b"authorization", client.headers["Authorization"].encode())],
        "client": ("203.0.113.1", 1),
        "server": ("x", 80),
    }
    task = asyncio.create_task(client.app(scope, receive, send))  # type: ignore[arg-type]
    stream = EventStream(sent)
    try:
        kind, _ = await stream.next()
        assert kind == "hello"
        yield stream
    finally:
        leave.set()
        await task


@pytest.fixture
async def two_sites(admin: Client) -> None:
    """CP1 in the harbour, CP2 in the office, CP3 nowhere."""
    for name in ("Harbour", "Office"):
        await admin.post("/api/v1/sites", json={"name": name})
    for identity, site in (("CP1", "Harbour"), ("CP2", "Office"), ("CP3", None)):
        body = {"id": identity} | ({} if site is None else {"site": site})
        assert (await admin.post("/api/v1/stations", json=body)).status_code == 201
