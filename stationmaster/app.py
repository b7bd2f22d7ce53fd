"""Builds and wires everything. Imports all; everyone else is given what they need."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import structlog
import uvicorn
from sqlalchemy.exc import SQLAlchemyError

from stationmaster.api import web_port
from stationmaster.api.application import Application
from stationmaster.api.context import Context
from stationmaster.api.live_shapes import WORDS
from stationmaster.api.relay import Relay, Sent
from stationmaster.background import (
    alerts,
    awaited,
    chores,
    figures,
    invoicing,
    mails,
    monthly_files,
    notices,
    packing,
    payments,
    plug_and_charge,
    presence,
    push,
    report_mails,
    retention,
    transfers,
    webhooks,
)
from stationmaster.background import outbox as reactions
from stationmaster.background.deliveries import Deliverer
from stationmaster.background.timers import Clockwork
from stationmaster.domain import (
    commands,
    deliveries,
    event_log,
    held_back,
    installation,
    organizations,
    outbox,
    stations,
    tariffs,
    timers,
)
from stationmaster.domain.bills import settling
from stationmaster.domain.credentials import Keys
from stationmaster.domain.errors import Invalid
from stationmaster.domain.events import StationChanged
from stationmaster.domain.figures import following
from stationmaster.domain.held_back import Rule
from stationmaster.domain.links import Links
from stationmaster.domain.nodes import OtherKey
from stationmaster.files import Files, Folder
from stationmaster.gateway import (
    auto_start,
    car_plans,
    doubts,
    guests,
    local_lists,
    own_certificates,
    replay,
    reports,
    silent_connectors,
    spending,
    upkeep,
)
from stationmaster.gateway.bus import Bus, EventPacket, LocalBus, RecordChanged, RedisBus, RequestsCounted, Watching
from stationmaster.gateway.directory import Directory
from stationmaster.gateway.errands import Errands
from stationmaster.gateway.gate import Gate
from stationmaster.gateway.listener import Listener
from stationmaster.gateway.outbound import time_outs
from stationmaster.gateway.preparing import Preparer
from stationmaster.gateway.registry import Registry
from stationmaster.gateway.switchboard import Switchboard
from stationmaster.handlers import v2, v16
from stationmaster.installation_key import keep_key, secret_key
from stationmaster.metrics import Metrics, application
from stationmaster.outside.openid import OpenId
from stationmaster.outside.payments import practice
from stationmaster.settings import BadSettings, Settings
from stationmaster.settings import Metrics as MetricsSettings
from stationmaster.storage import Database, StorageUnavailable, Work, only, opening
from stationmaster.storage.engines import in_one_line
from stationmaster.storage.only import Claim
from stationmaster.traces import OFF, Traces

log = structlog.get_logger()

CLAIMED_AGAIN_S = 5.0

# Imported for what they register: `@every`, `@reacts` and `@delivers`.
REGISTERING = (
    alerts,
    auto_start,
    awaited,
    car_plans,
    chores,
    doubts,
    figures,
    guests,
    invoicing,
    local_lists,
    mails,
    monthly_files,
    notices,
    own_certificates,
    packing,
    payments,
    plug_and_charge,
    presence,
    push,
    reactions,
    report_mails,
    reports,
    retention,
    settling,
    silent_connectors,
    spending,
    transfers,
    upkeep,
    webhooks,
)
LOOK_EVERY_S = 1.0

ROUTES = {routes.dialect.version: routes for routes in (v16.routes, v2.routes_201, v2.routes_21)}


class App:
    """One running Stationmaster: database, gateway, API, background work."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Callable[[], datetime] | None = None,
        new_key: bool = False,
        traces: Traces = OFF,
    ) -> None:
        self.settings = settings
        self.traces = traces
        self._new_key = new_key
        self._secret_key = secret_key(settings)
        self.keys = Keys(self._secret_key.value)
        self.database = Database(
            settings.database.url,
            lanes=settings.database.lanes,
            hold_s=settings.database.hold_s,
            read_s=settings.database.read_s,
            stall_s=settings.database.stall_s,
            clock=clock,
            tenant_role=settings.database.tenant_role,
        )
        if traces.on:
            self.database.traced = lambda: traces.here
        self.bus: Bus = (
            LocalBus(self.keys.bus)
            if settings.redis.url is None
            else RedisBus(settings.redis.url, self.keys.bus, traces=traces)
        )
        self.database.clocks.shared = not (self.bus.alone and settings.database.exclusive)
        self.outside = plug_and_charge.outside(settings, self.database)
        self.providers = payments.accounts(settings, self.database.clock)
        self.directory = Directory(
            self.database,
            heartbeat_interval_s=settings.gateway.heartbeat_interval_s,
            plug_in_timeout_s=settings.gateway.plug_in_timeout_s,
            shared=self.database.clocks.shared,
            notes_cards=bool(settings.gateway.auto_start),
        )
        self.registry = Registry(
            self.database,
            self.directory,
            self.bus,
            lease_s=settings.redis.lease_s,
            exclusive=settings.database.exclusive,
            max_skew_s=settings.database.max_skew_s,
        )
        self.preparer = Preparer(self.outside)
        serves_chargers = settings.node.role in ("all", "gateway")
        if settings.tls.ca_key is not None and serves_chargers:
            own_certificates.authority(settings.tls)  # what is wrong with it is said now, and not to the first charger
        self.gate = Gate(
            self.database,
            self.directory,
            self.keys,
            ROUTES,
            settings.gateway,
            self.registry,
            self.preparer,
            traces,
            operator=settings.tls.operator,
        )
        self.listener = Listener(self.gate, settings.gateway, settings.tls if serves_chargers else None)
        self.folder = _store(settings)
        self.links = Links(
            self.keys.links,
            public_url=settings.files.public_url or settings.web.public_url,
            host=settings.web.host,
            lifetime=timedelta(hours=settings.files.link_hours),
        )
        self.switchboard = Switchboard(
            self.database,
            self.directory,
            ROUTES,
            self.gate.counts,
            self.bus,
            self.keys,
            self.links,
            timeout_of=time_outs(settings.gateway),
            held_back=_held_back(settings),
            traces=traces,
        )
        self.errands = Errands()
        self.things = self._things()
        self.deliveries = deliveries.Queue(deliveries.registered(), self.things)
        self.deliverer = Deliverer(
            self.database,
            self.deliveries,
            self.outside,
            at_once=settings.outside.at_once,
            look_every_s=LOOK_EVERY_S,
            traces=traces,
        )
        role = settings.node.role
        self.serves_chargers, self.serves_people, self.works = (
            role in ("all", each) for each in ("gateway", "api", "worker")
        )
        self.clockwork = Clockwork(self.database, timers.registered(works=self.works), self.things)
        self.started_at = datetime.now(UTC)
        self.gateway_port = settings.gateway.port
        self.web_port = settings.web.port
        self.metrics_port: int | None = None
        self.api: Application | None = None
        self.relay: Relay | None = None

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[App]:
        """Everything is up inside; on the way out what is in hand is finished, and answered."""
        claim = await self._open()
        self.database.before_commit += [event_log.keep, outbox.keep, self.deliveries.keep, following.keep]
        self.database.after_commit += [self.directory.hear, self.deliverer.hear]
        self.database.start()
        try:
            await self._admit_key()
            await self._keep_tariff()
            await self.directory.load()
            await self._join()
            metrics = Metrics(self.database, self.gate.counts, self.directory, self.traces, outside=self.outside)
            context = Context(
                database=self.database,
                keys=self.keys,
                links=self.links,
                folder=self.folder,
                openid=OpenId(self.outside.http),
                providers=self.providers,
                http=self.outside.http,
                traces=self.traces,
                settings=self.settings,
                switchboard=self.switchboard,
                play=replay.player(ROUTES),
                started_at=self.started_at,
                metrics=metrics.text,
                unready=self.gate.unready,
                node=self.bus.node,
            )
            self.database.after_commit += [context.live.hear, metrics.hear]
            metrics.watchers = lambda: context.live.viewers
            self.database.watched = context.live.watched
            self.directory.on_changed = lambda change: context.live.hear([change])
            self.directory.on_gap = context.live.lose
            self.relay = None if self.bus.alone else self._relayed(context)
            await context.live.begin(self.database, WORDS)
            await self.directory.catch_up()  # what was before may have taken its time
            if self.serves_chargers:
                self.gateway_port = await self.listener.start()
            async with (
                self._people_served(context),
                _telling(metrics, self.settings.metrics, self.gate.unready) as self.metrics_port,
                asyncio.TaskGroup() as group,
            ):
                work = [
                    group.create_task(self.clockwork.run()),
                    group.create_task(self.directory.follow()),
                    group.create_task(self.bus.run()),
                    group.create_task(_keep(claim)),
                    *(group.create_task(one) for one in self._practised() if self.serves_people),
                ]
                if self.works:
                    work.append(group.create_task(self.deliverer.run()))
                if self.relay is not None:
                    work.append(group.create_task(self.relay.run()))
                    share = context.rates.share(lambda counts: self.bus.tell_all(RequestsCounted(counts)))
                    work.append(group.create_task(share))
                try:
                    log.info("ready", **self._ports(), database=self.database.kind)
                    yield self
                finally:
                    context.live.close()
                    await self.listener.stop()
                    await self.preparer.stop()
                    await end(work)
                    await self.errands.stop()
        finally:
            if self.database.available:
                self.gate.write_refusals()
                with contextlib.suppress(StorageUnavailable):
                    await self.registry.leave()
            await self.database.stop()
            await asyncio.to_thread(claim.release)

    @contextlib.asynccontextmanager
    async def _people_served(self, context: Context) -> AsyncIterator[None]:
        """Pages and programs are, inside, if this node is there for them."""
        if not self.serves_people:
            yield
            return
        self.api = Application(context)
        async with _serving(self.api, self.settings) as self.web_port:
            self.links.port = self.web_port
            yield

    def _ports(self) -> dict[str, int]:
        """Where it listens."""
        ports = {"web": (self.serves_people, self.web_port), "chargers": (self.serves_chargers, self.gateway_port)}
        open_ones = {name: port for name, (is_open, port) in ports.items() if is_open}
        return open_ones if self.listener.tls_port is None else open_ones | {"chargers_tls": self.listener.tls_port}

    async def _open(self) -> Claim:
        """Reach the database, be the only one on it where that is meant, and bring its schema up to date. Raises `Unusable`."""
        database, settings = self.database, self.settings.database
        await opening.until_usable(database, patience_s=settings.wait_s, create=settings.create)
        claim = await opening.attempted(
            database,
            lambda: only.claim(
                database.url,
                alone=self.bus.alone and settings.exclusive,
                insist=not self.bus.alone or settings.exclusive,
            ),
        )
        try:
            await opening.prepare(database, migrate=settings.migrate)
        except BaseException:
            claim.release()
            raise
        return claim

    async def _admit_key(self) -> None:
        key = self._secret_key

        def admit(work: Work) -> None:
            installation.admit_key(
                work,
                mark=self.keys.mark,
                made_now=key.made_now,
                chargers=stations.any_registered(work),
                replace=self._new_key,
            )

        try:
            await self.database.write(admit)
        except installation.OtherKey as error:
            raise BadSettings(f"{key.name} {error}") from None
        keep_key(self.settings, key)

    async def _keep_tariff(self) -> None:
        """The tariff of the settings belongs to the first organization, which has made them. Raises `BadSettings`."""
        price, currency = self.settings.tariff.price_per_kwh, self.settings.tariff.currency
        if price is None:
            return

        def keep(work: Work) -> None:
            tariffs.keep_of_settings(work, organizations.home(work), price_per_kwh=price, currency=currency)

        try:
            await self.database.write(keep)
        except Invalid as error:
            raise BadSettings(f"tariff.{error.field}: {error.reason}") from None

    def _things(self) -> dict[type, Any]:
        """What timers and deliveries may ask for, by its type: the big parts, and each part of the settings."""
        settings = {type(part): part for _, part in self.settings}
        settings |= {Files: self.folder}
        parts = (
            self.settings,
            self.database,
            self.outside,
            self.providers,
            self.directory,
            self.registry,
            self.switchboard,
            self.errands,
            self.keys,
        )
        return settings | {type(part): part for part in parts}

    def _practised(self) -> Iterator[Coroutine[Any, Any, None]]:
        """The banks for practice that run in here."""
        host = "127.0.0.1" if self.settings.web.host in ("0.0.0.0", "::") else self.settings.web.host
        web = f"http://{f'[{host}]' if ':' in host else host}:{self.web_port}"
        return practice.run_all(self.providers, self.database.clock, web)

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
            send=lambda node, sent: self.bus.tell(node, EventPacket(msgspec.Raw(msgspec.json.encode(sent)))),
        )
        self.bus.hear(Watching, lambda node, _: relay.watcher(node))
        self.bus.hear(EventPacket, lambda node, news: relay.receive(node, msgspec.json.decode(news.packet, type=Sent)))
        self.bus.hear(RequestsCounted, lambda _, news: context.rates.heard(news.counts))
        self.bus.on_back = relay.back
        self.bus.hear(RecordChanged, lambda *_: self.directory.wake())
        self.database.after_commit.append(self._announce_changes)
        self.database.after_commit.append(relay.hear)
        self.database.watched = relay.watched
        return relay

    def _announce_changes(self, heard: Sequence[Any]) -> None:
        if any(type(event) is StationChanged for event in heard):
            self.bus.tell_all(RecordChanged())


def _held_back(settings: Settings) -> list[Rule]:
    """Which commands are held back from which chargers. Raises `BadSettings`."""
    rules = held_back.with_known(settings.gateway.held_back)
    for name in held_back.unknown_commands(rules, commands.COMMANDS):
        raise BadSettings(f"gateway.held_back: there is no command {name!r}")
    return rules


def _store(settings: Settings) -> Files:
    """Where files are kept."""
    files = settings.files
    if files.bucket is None:
        return Folder(files.folder)
    from stationmaster.files.bucket import Bucket  # its library takes its time, and a folder has no use for it

    return Bucket(
        files.bucket,
        endpoint=files.s3_endpoint,
        region=files.s3_region,
        access_key=files.s3_access_key,
        secret_key=files.s3_secret_key,
    )


async def _keep(claim: Claim) -> None:
    """For ever. Raises `Unusable` when another server has taken the database meanwhile."""
    while True:
        await asyncio.sleep(CLAIMED_AGAIN_S)
        try:
            await asyncio.to_thread(claim.renew)
        except SQLAlchemyError as error:
            log.debug("database.not_claimed", why=in_one_line(error))


async def end(work: Iterable[asyncio.Task[None]]) -> None:
    """Cancel all, and wait for it. Said again each second: a cancellation that meets an error on its way may be lost."""
    left = set(work)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=1.0)


@contextlib.asynccontextmanager
async def _serving(api: Application, settings: Settings) -> AsyncIterator[int]:
    """The web server, in this loop; yields its port. Raises OSError, naming the setting, when the port cannot be used."""
    listening = _listening("web.port", settings.web.host, settings.web.port)
    config = uvicorn.Config(
        api,
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="websockets-sansio",
        ws_max_size=16 * 1024,  # pages say nothing on their sockets
        server_header=False,
        timeout_graceful_shutdown=2,
        http=web_port.WebPort(web_port.limits(settings.web)).protocol,  # type: ignore[arg-type]
        forwarded_allow_ips=[str(network) for network in settings.web.trusted_proxies],
    )
    async with _running(config, listening) as port:
        yield port


@contextlib.asynccontextmanager
async def _telling(
    metrics: Metrics, settings: MetricsSettings, unready: Callable[[], str | None]
) -> AsyncIterator[int | None]:
    """The port for Prometheus, where there is to be one."""
    if settings.port is None:
        yield None
        return
    listening = _listening("metrics.port", settings.host, settings.port)
    config = uvicorn.Config(
        application(metrics, unready), log_config=None, access_log=False, lifespan="off", ws="none", server_header=False
    )
    async with _running(config, listening) as port:
        yield port


def _listening(setting: str, host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise OSError(f"{setting}: {host}:{port} cannot be used: {error.strerror}") from None


@contextlib.asynccontextmanager
async def _running(config: uvicorn.Config, listening: socket.socket) -> AsyncIterator[int]:
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    while not server.started:
        if serving.done():
            serving.result()
        await asyncio.sleep(0.005)
    try:
        yield int(listening.getsockname()[1])
    finally:
        server.end()
        with contextlib.suppress(asyncio.CancelledError):
            await serving
        listening.close()


class _Server(uvicorn.Server):
    """Signals are ours: first the chargers are answered, then everything stops. It stops at once when nobody is served."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._ended = asyncio.Event()

    def end(self) -> None:
        self.should_exit = True
        self._ended.set()

    async def main_loop(self) -> None:
        ticks = 0
        while not await self.on_tick(ticks):
            ticks = (ticks + 1) % 10  # with the first of ten it looks at the date, as the library does
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.1):
                    await self._ended.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self.server_state.connections or self.server_state.tasks:
            await super().shutdown(sockets)
        else:
            for server in self.servers:
                server.close()

    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]
        yield
