"""Builds and wires everything. Imports all; everyone else is given what they need."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

import structlog
import uvicorn
from litestar import Litestar

from stationmaster.api import application
from stationmaster.api.context import Context
from stationmaster.background import outbox as outbox_delivery
from stationmaster.background import timers
from stationmaster.domain import commands, outbox
from stationmaster.domain.credentials import Keys
from stationmaster.gateway.directory import Directory
from stationmaster.gateway.gate import Gate
from stationmaster.gateway.listener import Listener
from stationmaster.gateway.outbound import time_outs
from stationmaster.gateway.switchboard import Switchboard
from stationmaster.handlers import v16
from stationmaster.settings import Settings, secret_key
from stationmaster.storage import Database, migrations

log = structlog.get_logger()

ROUTES = {routes.dialect.version: routes for routes in (v16.routes,)}


class App:
    """One running Stationmaster: database, gateway, API, background work."""

    def __init__(self, settings: Settings, *, clock: Callable[[], datetime] | None = None) -> None:
        self.settings = settings
        self.keys = Keys(secret_key(settings))
        self.database = Database(settings.database.url, lanes=settings.database.lanes, clock=clock)
        self.directory = Directory(self.database, heartbeat_interval_s=settings.gateway.heartbeat_interval_s)
        self.gate = Gate(self.database, self.directory, self.keys, ROUTES, settings.gateway)
        self.listener = Listener(self.gate, settings.gateway)
        self.switchboard = Switchboard(
            self.database, self.directory, ROUTES, self.gate.counts, timeout_of=time_outs(settings.gateway)
        )
        self.started_at = datetime.now(UTC)
        self.gateway_port = settings.gateway.port
        self.web_port = settings.web.port
        self.api: Litestar | None = None

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[App]:
        """Everything is up inside; on the way out what is in hand is finished, and answered."""
        if self.settings.database.migrate:
            await asyncio.to_thread(migrations.upgrade, self.database.engine)
        self.database.before_commit.append(outbox.keep)
        self.database.after_commit.append(self.directory.hear)
        self.database.start()
        try:
            await self.directory.load()
            await self.database.write(commands.interrupted)
            context = Context(
                database=self.database,
                keys=self.keys,
                settings=self.settings,
                switchboard=self.switchboard,
                started_at=self.started_at,
            )
            self.database.after_commit.append(context.live.hear)
            self.database.watched = context.live.watched
            self.api = application.build(context)
            self.gateway_port = await self.listener.start()
            async with _serving(self.api, self.settings) as self.web_port, asyncio.TaskGroup() as group:
                work = [
                    group.create_task(outbox_delivery.run(self.database)),
                    group.create_task(timers.run(self.database, self.settings)),
                    group.create_task(self.directory.follow()),
                ]
                try:
                    log.info("ready", web=self.web_port, chargers=self.gateway_port, database=self.database.kind)
                    yield self
                finally:
                    context.live.close()
                    await self.listener.stop()
                    for task in work:
                        task.cancel()
        finally:
            if self.database.available:
                self.gate.write_refusals()
            await self.database.stop()


@contextlib.asynccontextmanager
async def _serving(api: Litestar, settings: Settings) -> AsyncIterator[int]:
    """The web server, in this loop; yields its port. Raises OSError, naming the setting, when the port cannot be used."""
    host, port = settings.web.host, settings.web.port
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise OSError(f"web.port: {host}:{port} cannot be used: {error.strerror}") from None
    config = uvicorn.Config(
        api,
        log_config=None,
        access_log=False,
        lifespan="on",
        server_header=False,
        timeout_graceful_shutdown=2,
        forwarded_allow_ips=[str(network) for network in settings.web.trusted_proxies],
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    while not server.started:
        if serving.done():
            serving.result()
        await asyncio.sleep(0.005)
    try:
        yield int(listening.getsockname()[1])
    finally:
        server.should_exit = True
        with contextlib.suppress(asyncio.CancelledError):
            await serving
        listening.close()


class _Server(uvicorn.Server):
    """Signals are ours: first the chargers are answered, then everything stops."""

    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]
        yield
