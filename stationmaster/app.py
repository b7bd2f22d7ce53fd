"""Builds and wires everything. Imports all; everyone else is given what they need."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import UTC, datetime

import msgspec
import structlog
import uvicorn
from litestar import Litestar

from stationmaster.api import application
from stationmaster.api.context import Context
from stationmaster.api.relay import Relay
from stationmaster.background import awaited, presence, timers
from stationmaster.background import outbox as outbox_delivery
from stationmaster.domain import outbox
from stationmaster.domain.credentials import Keys
from stationmaster.domain.nodes import OtherKey
from stationmaster.gateway import replay
from stationmaster.gateway.bus import Bus, Heard, LocalBus, RedisBus, Watching
from stationmaster.gateway.directory import Directory
from stationmaster.gateway.gate import Gate
from stationmaster.gateway.listener import Listener
from stationmaster.gateway.outbound import time_outs
from stationmaster.gateway.registry import Registry
from stationmaster.gateway.switchboard import Switchboard
from stationmaster.handlers import v16
from stationmaster.settings import BadSettings, Settings, secret_key
from stationmaster.storage import Database, StorageUnavailable, migrations

log = structlog.get_logger()

ROUTES = {routes.dialect.version: routes for routes in (v16.routes,)}


class App:
    """One running Stationmaster: database, gateway, API, background work."""

    def __init__(self, settings: Settings, *, clock: Callable[[], datetime] | None = None) -> None:
        self.settings = settings
        self.keys = Keys(secret_key(settings))
        self.database = Database(settings.database.url, lanes=settings.database.lanes, clock=clock)
        self.directory = Directory(
            self.database,
            heartbeat_interval_s=settings.gateway.heartbeat_interval_s,
            plug_in_timeout_s=settings.gateway.plug_in_timeout_s,
        )
        self.bus: Bus = LocalBus() if settings.redis.url is None else RedisBus(settings.redis.url, self.keys.bus)
        self.registry = Registry(self.database, self.directory, self.bus, lease_s=settings.redis.lease_s)
        self.gate = Gate(self.database, self.directory, self.keys, ROUTES, settings.gateway, self.registry)
        self.listener = Listener(self.gate, settings.gateway)
        self.switchboard = Switchboard(
            self.database,
            self.directory,
            ROUTES,
            self.gate.counts,
            self.bus,
            self.keys,
            timeout_of=time_outs(settings.gateway),
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
            await self._join()
            context = Context(
                database=self.database,
                keys=self.keys,
                settings=self.settings,
                switchboard=self.switchboard,
                play=replay.player(ROUTES),
                started_at=self.started_at,
            )
            self.database.after_commit.append(context.live.hear)
            self.database.watched = context.live.watched
            relay = None if self.bus.alone else self._relayed(context)
            self.api = application.build(context)
            self.gateway_port = await self.listener.start()
            async with _serving(self.api, self.settings) as self.web_port, asyncio.TaskGroup() as group:
                work = [
                    group.create_task(outbox_delivery.run(self.database)),
                    group.create_task(timers.run(self.database, self.settings)),
                    group.create_task(
                        presence.run(self.database, offline_after_s=self.settings.gateway.offline_after_s)
                    ),
                    group.create_task(awaited.run(self.database)),
                    group.create_task(self.switchboard.run()),
                    group.create_task(self.directory.follow()),
                    group.create_task(self.registry.run()),
                    group.create_task(self.bus.run()),
                ]
                if relay is not None:
                    work.append(group.create_task(relay.run()))
                try:
                    log.info("ready", web=self.web_port, chargers=self.gateway_port, database=self.database.kind)
                    yield self
                finally:
                    context.live.close()
                    await self.listener.stop()
                    await end(work)
        finally:
            if self.database.available:
                self.gate.write_refusals()
                with contextlib.suppress(StorageUnavailable):
                    await self.registry.leave()
            await self.database.stop()

    async def _join(self) -> None:
        try:
            await self.registry.join()
        except OtherKey as error:
            raise BadSettings(f"security.key: {error}") from None

    def _relayed(self, context: Context) -> Relay:
        """What happens here reaches the pages of other nodes, and the other way round."""
        relay = Relay(
            self.database,
            context.live,
            announce=lambda: self.bus.tell_all(Watching()),
            send=lambda node, data: self.bus.tell(node, Heard(msgspec.Raw(data))),
        )
        self.bus.hear(Watching, lambda node, _: relay.watcher(node))
        self.bus.hear(Heard, lambda _, news: relay.told(news.events))
        self.bus.on_back = relay.back
        self.database.after_commit.append(relay.hear)
        self.database.watched = relay.watched
        return relay


async def end(work: Iterable[asyncio.Task[None]]) -> None:
    """Cancel all, and wait for it. Said again each second: a cancellation that meets an error on its way may be lost."""
    left = set(work)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=1.0)


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
