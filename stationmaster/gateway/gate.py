"""Where a handshake becomes a connection, and a closed socket an absence. Knows no WebSocket library.

Refused handshakes are collected and kept with their reasons, once a second.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from typing import Any

import msgspec
import structlog

from stationmaster.domain import passwords, refused_connections, renewals, security_profiles, stations
from stationmaster.domain.credentials import Keys
from stationmaster.domain.refused_connections import Refusal
from stationmaster.gateway.allowance import Allowance
from stationmaster.gateway.channel import PLAIN, Channel
from stationmaster.gateway.connection import REMOVED, SUPERSEDED, Connection, Link, Rules
from stationmaster.gateway.counts import Counts
from stationmaster.gateway.directory import Directory, Entry
from stationmaster.gateway.door import NO_REQUEST
from stationmaster.gateway.handshake import Admitted, Handshake, Refused, Unsure
from stationmaster.gateway.preparing import Preparer
from stationmaster.gateway.reconnects import Reconnects
from stationmaster.gateway.registry import Registry
from stationmaster.gateway.remembered import Remembered
from stationmaster.gateway.traced import TracedConnection
from stationmaster.handlers.routing import Routes
from stationmaster.settings import Gateway as GatewaySettings
from stationmaster.storage import Database
from stationmaster.traces import OFF, Traces

log = structlog.get_logger()

MAX_REFUSALS = 1000  # different ones, between two writes
MANY = "many addresses"  # what stands for those of one identity beyond the first
MAX_CHECKS = 200  # secrets that wait for their slow check; about five seconds of work
FAILED = Refused(500, b"Something went wrong here.\n", "")


class Gate:
    """Decides, lets in, sees off."""

    def __init__(
        self,
        database: Database,
        directory: Directory,
        keys: Keys,
        routes: Mapping[str, Routes],
        settings: GatewaySettings,
        registry: Registry,
        preparer: Preparer | None = None,
        traces: Traces = OFF,
        *,
        operator: str | None = None,
    ) -> None:
        self.stopping = False
        self.counts = Counts()
        self._database = database
        self._directory = directory
        self._keys = keys
        self._routes = routes
        self._settings = settings
        self._registry = registry
        self._handshake = Handshake(
            directory,
            keys,
            {version: one.dialect for version, one in routes.items()},
            valid_token=settings.valid_token,
            operator=operator,
        )
        self._reconnects = Reconnects(per_s=settings.reconnects_per_s, burst=settings.reconnect_burst)
        self._threads = ThreadPoolExecutor(1, "secrets")
        self._checking = 0
        self.max_checks = MAX_CHECKS
        self._refusals: dict[tuple[str, str, str], Refusal] = {}
        self._written_at = 0.0
        self._remembered: dict[int, Remembered] = {}
        self._rules = Rules(
            strict=settings.strict,
            set_aside_after=settings.set_aside_after,
            log_bytes_per_day=int(settings.log_mb_per_day * 1_000_000),
            boot_grace_s=settings.boot_grace_s,
            renewal_grace_s=settings.renewal_grace_s,
            node=registry.node,
            preparer=preparer,
        )
        self._make: Callable[..., Connection] = partial(TracedConnection, traces) if traces.on else Connection
        directory.on_removed = self._removed

    def decide(
        self,
        path: bytes,
        headers: Mapping[str, str],
        source: str,
        then: Callable[[Admitted | Refused], None],
        channel: Channel = PLAIN,
    ) -> None:
        """Let this handshake in? `then` is told: at once, or when a secret that takes long has been checked in a thread.

        A refusal is kept for the inbox "why can't my charger connect?".
        """
        try:
            decided = self._decide(path, headers, source, channel)
        except Exception:
            log.exception("handshake.failed", source=source)
            then(FAILED)
            return
        if isinstance(decided, Unsure):
            self._check(decided, path, headers, source, then, channel)
            return
        if isinstance(decided, Admitted):
            self._admit(decided, path, headers, source, then)
            return
        self._keep(decided, path, headers, source)
        then(decided)

    def _admit(
        self,
        admitted: Admitted,
        path: bytes,
        headers: Mapping[str, str],
        source: str,
        then: Callable[[Admitted | Refused], None],
    ) -> None:
        """Let it in when it is its turn: who connects all the time is slowed down (N5)."""

        def go(its_turn: bool) -> None:
            gone = self._directory.get(admitted.entry.station.id) is not admitted.entry
            if its_turn and not gone and not self.stopping:
                then(admitted)
                return
            refused = _later("stopping" if self.stopping else "too_often", 5)
            identity = admitted.entry.station.identity
            self._keep(msgspec.structs.replace(refused, identity=identity), path, headers, source)
            then(refused)

        self._reconnects.take_turn(admitted.entry.station.id, go)

    def unready(self) -> str | None:
        """Why nobody is let in at this moment; None when chargers are."""
        if self.stopping:
            return "stopping"
        if not self._database.available or not self._directory.fresh:
            return "storage_down"
        return "clock_off" if self._registry.clock_off else None

    def _decide(
        self, path: bytes, headers: Mapping[str, str], source: str, channel: Channel
    ) -> Admitted | Refused | Unsure:
        if (reason := self.unready()) is not None:
            return _later(reason, 10)
        decided = self._handshake.decide(path, headers, source, channel)
        return _later("too_busy", 5) if isinstance(decided, Unsure) and self._checking >= self.max_checks else decided

    def _check(
        self,
        unsure: Unsure,
        path: bytes,
        headers: Mapping[str, str],
        source: str,
        then: Callable[[Admitted | Refused], None],
        channel: Channel,
    ) -> None:
        """Find out about a secret, in a thread. One at a time, so that the loop keeps a core of its own."""

        def checked(done: asyncio.Future[bool]) -> None:
            self._checking -= 1
            if done.cancelled() or done.exception() is None:
                if not done.cancelled() and done.result():
                    self._keep_strong(unsure.entry, unsure.secret)
                self.decide(path, headers, source, then, channel)  # what was found out is remembered
            else:
                log.error("handshake.failed", source=source, exc_info=done.exception())
                then(FAILED)

        self._checking += 1
        asyncio.get_running_loop().run_in_executor(self._threads, unsure.check).add_done_callback(checked)

    def _keep_strong(self, entry: Entry, secret: bytes) -> None:
        """A strong secret that was kept as if it were weak is never slow again (docs/decisions/0015)."""
        before = entry.credential
        after = self._keys.upgraded(before, secret)
        if after is not None:
            station_id = entry.station.id
            self._database.submit(stations.keep_credential, (station_id, before, after), _ignore, lane=station_id)

    def unreadable(self, reason: str, path: bytes, source: str) -> Refused:
        """What came was no handshake at all; kept for the inbox as well."""
        refused = Refused(400, NO_REQUEST, reason, self._handshake.known_identity(path))
        self._keep(refused, path, {}, source)
        return refused

    def stop(self) -> None:
        """Let nobody in any more."""
        self.stopping = True
        self._reconnects.stop()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def enter(self, admitted: Admitted, link: Link) -> Connection:
        """The socket is open: the newest wins, the one before it is closed."""
        entry = admitted.entry
        before, now = entry.station, (admitted.serials, admitted.renewing)
        if (before.serials, before.renewing) != now:
            entry.station = msgspec.structs.replace(before, serials=admitted.serials, renewing=admitted.renewing)
        connection = self._make(
            entry,
            self._routes[admitted.dialect.version],
            link,
            self._database,
            self.counts,
            rules=self._rules,
            remembered=self.remembered(entry),
        )
        if admitted.taken is not None:
            self._database.submit(passwords.taken, (entry.station, admitted.taken), _ignore, lane=entry.station.id)
        if entry.wanted_profile is not None:
            told = (entry.station, admitted.profile)
            self._database.submit(security_profiles.connected, told, _ignore, lane=entry.station.id)
        if entry.expired_until is not None and admitted.profile == 3:
            came = renewals.let_in if admitted.renewing else renewals.renewed
            if admitted.renewing:
                self._directory.renewing.add(entry.station.id)
                connection.expect("SignCertificate")  # as it may ask by itself
            self._database.submit(came, (entry.station,), _ignore, lane=entry.station.id)
        replaced = self._registry.enter(connection, admitted.profile)
        station = entry.station.identity
        log.info(
            "station.connected",
            station=station,
            version=connection.version,
            source=link.source,
            profile=admitted.profile,
        )
        if replaced is not None:
            log.info("station.superseded", station=station, source=replaced.link.source)
            replaced.close(SUPERSEDED, "superseded by a newer connection")
        return connection

    def takes_expired(self) -> bool:
        """Whether a charger may come with a certificate that has ended, now."""
        return self._directory.takes_expired()

    def remembered(self, entry: Entry) -> Remembered:
        """What is known of this charger from its earlier connections."""
        known = self._remembered.get(entry.station.id)
        if known is None:
            allowance = Allowance(self._settings.messages_per_s, self._settings.burst)
            known = self._remembered[entry.station.id] = Remembered(allowance)
        return known

    def leave(self, connection: Connection, reason: str) -> None:
        """A socket is closed."""
        connection.dead()
        if self._registry.leaves(connection, reason):
            log.info("station.disconnected", station=connection.entry.station.identity, why=reason)

    def sweep(self, now: float) -> None:
        """Write down who was refused."""
        if self._refusals and now - self._written_at >= 1 and self._database.available:
            self.write_refusals()

    def write_refusals(self) -> None:
        refusals, self._refusals = list(self._refusals.values()), {}
        self._written_at = time.monotonic()
        self._database.submit(refused_connections.keep, (refusals,), _ignore)

    def _removed(self, entry: Entry) -> None:
        """Its record was deleted: it is none of ours any more."""
        if entry.connection is not None:
            entry.connection.close(REMOVED, "this charger was removed")

    def _keep(self, refused: Refused, path: bytes, headers: Mapping[str, str], source: str) -> None:
        self.counts.refusals[refused.reason] += 1
        log.info(
            "handshake.refused", identity=refused.identity, source=source, status=refused.status, why=refused.reason
        )
        if refused.identity and (refused.identity, source, refused.reason) not in self._refusals:
            of_this_one = sum(identity == refused.identity for identity, _, _ in self._refusals)
            source = source if of_this_one < refused_connections.KEPT_EACH else MANY
        key = (refused.identity, source, refused.reason)
        known = self._refusals.get(key)
        if known is None and len(self._refusals) >= MAX_REFUSALS:
            return
        self._refusals[key] = Refusal(
            identity=refused.identity,
            source=source,
            reason=refused.reason,
            path=_shown(path.decode("latin-1"), 300),
            at=datetime.now(UTC),
            offered_protocols=tuple(_shown(name, 40) for name in refused.offered),
            user_agent=_shown(headers.get("User-Agent") or "", 200) or None,
            count=1 if known is None else known.count + 1,
        )


_PARAMETER = re.compile(r"(?<=[?&])((?!chargePointId=|version=)[^=&]*=)[^&]*")


def _shown(text: str, limit: int) -> str:
    """What a stranger sent, as it may be kept and shown: no control characters, and nothing that may be a secret."""
    plain = "".join(character if character.isprintable() else "\ufffd" for character in text[: limit * 4])
    return _PARAMETER.sub(r"\1…", plain)[:limit]


def _later(reason: str, seconds: int) -> Refused:
    return Refused(503, b"Please come back later.\n", reason, headers={"Retry-After": str(seconds)})


def _ignore(result: Any, error: BaseException | None) -> None:
    if error is not None:
        log.warning("gate.not_stored", why=str(error))
