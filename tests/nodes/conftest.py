"""Two nodes of one system in one process: a real PostgreSQL, a real Valkey, each node with its own ports."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import datetime
from typing import Any

import httpx
import pytest
import uvloop
from sqlalchemy import Table, select

from stationmaster.app import App
from stationmaster.domain import accounts, organizations, stations, tokens
from stationmaster.gateway.bus import RedisBus
from stationmaster.settings import Settings
from stationmaster.storage import Work
from stationmaster.traces import OFF, Traces
from tests import factories, postgres, valkey
from tests.charger import Charger
from tests.patience import PATIENCE_S
from tests.valkey import Valkey

EMAIL, PASSWORD = "operator@example.org", "correct horse battery staple"


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"uvloop": uvloop.new_event_loop}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "shared_database" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)  # needs PostgreSQL and Valkey


@pytest.fixture(scope="session")
def shared_valkey() -> Iterator[Valkey]:
    """For tests that leave it running."""
    with valkey.server() as running:
        yield running


@pytest.fixture
def redis(shared_valkey: Valkey) -> Valkey:
    return shared_valkey


@pytest.fixture
def shared_database(postgres_server: str) -> Iterator[str]:
    name = postgres.fresh_name()
    yield postgres.create(postgres_server, name, template="template_stationmaster")
    postgres.drop(postgres_server, name)


class Cluster:
    """The nodes, and what a test wants of them."""

    def __init__(self, settings: Callable[..., Settings], stack: contextlib.AsyncExitStack) -> None:
        self._settings = settings
        self._stack = stack
        self._secrets: dict[str, str] = {}
        self.nodes: list[App] = []

    async def start(
        self,
        *,
        wait: bool = True,
        clock: Callable[[], datetime] | None = None,
        change: Callable[[Settings], None] = lambda settings: None,
        traces: Traces = OFF,
        **gateway: Any,
    ) -> App:
        settings = self._settings(**gateway)
        change(settings)
        node = await self._stack.enter_async_context(App(settings, clock=clock, traces=traces).running())
        node.directory.gap_s = 60.0  # all nodes share one loop here, and each holds it up while it starts
        self.nodes.append(node)
        if wait:
            await self.joined(node)
        return node

    @staticmethod
    async def joined(node: App) -> None:
        assert isinstance(node.bus, RedisBus)
        async with asyncio.timeout(PATIENCE_S):
            await node.bus.up.wait()

    async def secret(self, identity: str) -> str:
        """A registered charger's secret; every node knows it."""
        if identity not in self._secrets:
            first = self.nodes[0]
            home = await first.database.write(organizations.home)
            _, self._secrets[identity] = await first.database.write(
                stations.create, home, first.keys, identity=identity
            )
            for node in self.nodes:
                await until(lambda node=node: node.directory.find(identity))
        return self._secrets[identity]

    async def charger(self, node: App, identity: str = "CP1", *, boot: bool = True) -> Charger:
        one = await Charger.connect(node.gateway_port, identity, await self.secret(identity))
        self._stack.push_async_callback(one.close)
        if boot:
            await one.boot()
        return one

    async def client(self, node: App) -> httpx.AsyncClient:
        """Logged in as an administrator, over HTTP."""
        client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{node.web_port}/api/v1", timeout=PATIENCE_S)
        await self._stack.enter_async_context(client)
        answer = await client.post("/auth/login", json={"email": EMAIL, "password": PASSWORD})
        client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        return client

    async def rows(self, table: Table) -> list[Any]:
        order = table.c.id if "id" in table.c else next(iter(table.primary_key))
        return list(await self.nodes[0].database.read(lambda work: work.execute(select(table).order_by(order)).all()))

    def station(self, identity: str = "CP1") -> int:
        entry = self.nodes[0].directory.find(identity)
        assert entry is not None
        return entry.station.id


@pytest.fixture
async def cluster(shared_database: str, redis: Valkey) -> AsyncIterator[Cluster]:
    def settings(**gateway: Any) -> Settings:
        made = factories.settings(shared_database, redis=redis.url)
        made.database.hold_s, made.database.read_s = (
            10.0,
            8.0,
        )  # a node that is cut off does not wait long when it stops
        for name, value in ({"max_handshakes": 10_000, "reconnect_burst": 10_000, "closing_s": 0.1} | gateway).items():
            setattr(made.gateway, name, value)
        return made

    async with contextlib.AsyncExitStack() as stack:
        yield Cluster(settings, stack)


@pytest.fixture
def traces() -> Traces:
    """What the two nodes trace: nothing."""
    return OFF


@pytest.fixture
async def two(cluster: Cluster, traces: Traces) -> tuple[App, App]:
    """Two nodes, a user, and a card."""
    one, other = await cluster.start(traces=traces), await cluster.start(traces=traces)

    def fill(work: Work) -> None:
        accounts.add(work, organizations.home(work), email=EMAIL, password=PASSWORD, role="administrator")
        tokens.add(work, organizations.home(work), uid="TAG1")

    await one.database.write(fill)
    return one, other


async def until(condition: Callable[[], Any], timeout: float = PATIENCE_S) -> Any:
    """Wait until the condition is true (or an awaitable that comes to be true), and return what it is."""
    async with asyncio.timeout(timeout):
        while True:
            found = condition()
            if isinstance(found, Awaitable):
                found = await found
            if found:
                return found
            await asyncio.sleep(0.005)


async def settled(*nodes: App) -> None:
    """Everything that was submitted is committed, and told, on every lane."""
    for node in nodes:
        loop = asyncio.get_running_loop()
        waiting = [loop.create_future() for _ in range(16)]
        for lane, future in enumerate(waiting):
            done = lambda *_, future=future: future.set_result(None)  # noqa: E731
            node.database.submit(lambda work: None, (), done, lane=lane)
        await asyncio.gather(*waiting)
