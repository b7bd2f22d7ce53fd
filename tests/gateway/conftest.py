"""What the gateway's tests share: settings by marker, raw sockets, a look into the database, storage that hangs."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest
import uvloop
from sqlalchemy import Table, select

from stationmaster.app import App
from stationmaster.domain import organizations, stations
from stationmaster.domain.refused_connections import refused_connections
from stationmaster.settings import Settings
from stationmaster.storage import Database, Work
from tests.gateway.raw import Raw, request
from tests.patience import PATIENCE_S


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "gateway(**settings): settings of the gateway for this test")


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The loop that `serve` runs on: it is faster than Python's own, and shows races that the slower one hides."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    """The gateway looks after its connections many times a second, and does not wait long for a close to be answered."""
    settings.gateway.sweep_s, settings.gateway.closing_s = 0.02, 0.1
    for marker in request.node.iter_markers("gateway"):
        for name, value in marker.kwargs.items():
            assert name in type(settings.gateway).model_fields
            setattr(settings.gateway, name, value)
    return settings


@pytest.fixture
async def raw(app: App, charger: Any) -> AsyncIterator[Callable[..., Awaitable[Raw]]]:
    """`await raw("CP1")`: a registered charger as a client without manners; its boot is accepted unless `boot=False`."""
    opened: list[Raw] = []

    async def connect(identity: str = "CP1", *, boot: bool = True, source: str | None = None, **options: Any) -> Raw:
        if identity not in charger.secrets:
            await (await charger(identity, boot=False)).close()
            await until(lambda: app.switchboard.connections() == [] or identity not in connected(app))
        options = {"user": identity, "secret": charger.secrets[identity]} | options
        one = await Raw.open(app.gateway_port, request(f"/ocpp/{identity}", **options), source=source)
        opened.append(one)
        assert one.status == 101, one.body
        if boot:
            answer = await one.exchange(
                [2, "boot", "BootNotification", {"chargePointVendor": "Acme", "chargePointModel": "One"}]
            )
            assert answer[2]["status"] == "Accepted"
        return one

    yield connect
    for one in opened:
        await one.close()


@pytest.fixture
async def secrets(app: Any) -> dict[str, str]:
    """Two registered chargers."""
    home = await app.database.write(organizations.home)
    return {
        identity: (await app.database.write(stations.create, home, app.keys, identity=identity))[1]
        for identity in ("CP1", "CP2")
    }


@pytest.fixture
def knock(app: Any) -> Any:
    """Send a handshake, see the HTTP answer."""

    async def send(path: str = "/ocpp/CP1", *, source: str | None = None, **options: Any) -> Raw:
        one = await Raw.open(app.gateway_port, request(path, **options), source=source)
        await one.close()
        return one

    return send


@pytest.fixture
def inbox(app: Any, rows: Any) -> Any:
    async def look() -> dict[str, Any]:
        """What was refused, by reason."""
        if app.gate._refusals:
            app.gate.write_refusals()
        return {row.reason: row for row in await rows(refused_connections)}

    return look


@pytest.fixture
def rows(app: App) -> Callable[..., Awaitable[list[Any]]]:
    """`await rows(table, column=value)`: what the database holds, in the order it was written, with all that was on its way."""

    def found(work: Work, table: Table, where: dict[str, Any]) -> list[Any]:
        statement = select(table).order_by(table.c.id)
        for name, value in where.items():
            statement = statement.where(table.c[name] == value)
        return list(work.execute(statement))

    async def look(table: Table, **where: Any) -> list[Any]:
        await settled(app.database)
        return await app.database.read(found, table, where)

    return look


@pytest.fixture
def heard(app: App) -> list[Any]:
    """Every event published from now on, in its order."""
    everything: list[Any] = []
    app.database.after_commit.append(everything.extend)
    return everything


def connected(app: App) -> set[str]:
    return {one.station for one in app.switchboard.connections()}


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


async def settled(database: Database) -> None:
    """Everything that was submitted is committed, on every writer lane."""
    loop = asyncio.get_running_loop()
    waiting = [loop.create_future() for _ in range(16)]
    for lane, future in enumerate(waiting):
        database.submit(lambda work: None, (), lambda *_, future=future: future.set_result(None), lane=lane)
    await asyncio.gather(*waiting)


@contextlib.contextmanager
def held(database: Database) -> Iterator[None]:
    """Inside, no unit of work is committed: every writer lane waits."""
    release = threading.Event()
    for lane in range(16):
        database.submit(lambda work: release.wait(30), (), lambda *_: None, lane=lane)
    try:
        yield
    finally:
        release.set()
