"""The metrics of this process in Prometheus' words. What is counted here has no charger's id in it (docs/metrics.md)."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from importlib.metadata import version
from typing import Any

from prometheus_client import CollectorRegistry, GCCollector, PlatformCollector, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from stationmaster.domain.events import Alarm, CommandChanged, SessionEnded, SessionStarted
from stationmaster.domain.workload import Workload, workload
from stationmaster.gateway.counts import Counts
from stationmaster.gateway.directory import Directory
from stationmaster.outside import Outside
from stationmaster.storage import Database, StorageUnavailable
from stationmaster.storage.durations import Durations
from stationmaster.traces import OFF, Traces

_LIBRARIES = CollectorRegistry()
ProcessCollector(registry=_LIBRARIES)
GCCollector(registry=_LIBRARIES)
PlatformCollector(registry=_LIBRARIES)


class Metrics:
    """`watchers` says how many pages are open. `hear` is a listener of the database."""

    def __init__(
        self,
        database: Database,
        counts: Counts,
        directory: Directory,
        traces: Traces = OFF,
        *,
        watchers: Callable[[], int] = lambda: 0,
        outside: Outside | None = None,
    ) -> None:
        self.watchers = watchers
        self._database = database
        self._counts = counts
        self._directory = directory
        self._traces = traces
        self._outside = outside
        self._sessions_started = 0
        self._sessions_ended = 0
        self._energy_wh = 0.0
        self._commands: Counter[tuple[str, str]] = Counter()
        self._alarms: Counter[str] = Counter()
        self._hears: dict[type, Callable[[Any], None]] = {
            SessionStarted: self._session_started,
            SessionEnded: self._session_ended,
            CommandChanged: self._command_changed,
            Alarm: self._alarm_raised,
        }

    def hear(self, events: Sequence[Any]) -> None:
        for event in events:
            hear = self._hears.get(type(event))
            if hear is not None:
                hear(event)

    def _session_started(self, event: SessionStarted) -> None:
        self._sessions_started += 1

    def _session_ended(self, event: SessionEnded) -> None:
        self._sessions_ended += 1
        self._energy_wh += float(event.session.energy_wh or 0)

    def _command_changed(self, event: CommandChanged) -> None:
        if event.command.finished_at is not None:
            self._commands[event.command.name, event.command.status] += 1

    def _alarm_raised(self, event: Alarm) -> None:
        self._alarms[event.kind] += 1

    def _asked_outside(self) -> Counter[tuple[str, str]]:
        """Of responders, lists, and the provider of contracts; how it ended."""
        outside = self._outside
        if outside is None or outside.responders is None or outside.contracts is None:
            return Counter()
        return outside.responders.outcomes + outside.contracts.outcomes

    async def text(self) -> bytes:
        """As Prometheus reads it. Without what is in the database, while that is away."""
        stored = None
        with contextlib.suppress(StorageUnavailable):
            stored = await self._database.read(workload)
        ours = [*self._here(), *([] if stored is None else _stored(stored))]
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Once([*ours, *_LIBRARIES.collect()]))
        return generate_latest(registry)

    def _here(self) -> Iterable[Metric]:
        counts, database = self._counts, self._database
        yield _gauge("info", "What runs here", {(version("stationmaster"), database.kind): 1}, "version", "database")
        connections = [entry.connection for entry in self._directory.entries() if entry.connection is not None]
        by_version = Counter(connection.version for connection in connections)
        yield _gauge("connections", "Chargers connected to this node, by OCPP version", by_version, "version")
        labels = ("version", "direction", "action", "outcome")
        messages = counts.messages.copy()
        yield _counter("messages", "Messages of chargers (in), and calls to them (out), by outcome", messages, *labels)
        yield _counter("message_bytes_logged", "Bytes of frames that went into the message log", counts.logged_bytes)
        yield _counter("answers_unexpected", "Answers of chargers to nothing that was asked", counts.unexpected)
        yield _histogram("message_seconds", "From a message's arrival to its answer, with its commit", counts.handling)
        refusals = counts.refusals.copy()
        yield _counter("connections_refused", "Connections of chargers that were not let in", refusals, "reason")
        lanes = {str(number): commits for number, commits in enumerate(database.commits())}
        yield _histogram("commit_seconds", "Transactions of the writers, from BEGIN to COMMIT", lanes, "lane")
        yield _gauge("units_waiting", "Units of work that wait for their commit", database.waiting)
        yield _gauge("database_available", "Whether the database takes what chargers say", database.available)
        ahead = database.clocks.ahead.total_seconds()
        yield _gauge("clock_ahead_seconds", "How far this machine's clock is ahead of the database's", ahead)
        yield _counter("sessions_started", "Sessions begun by chargers of this node", self._sessions_started)
        yield _counter("sessions_ended", "Sessions ended by chargers of this node", self._sessions_ended)
        yield _counter("energy_wh", "Energy of the sessions that ended, in Wh", self._energy_wh)
        commands = self._commands.copy()
        yield _counter("commands", "Commands that are over, by what the charger said", commands, "command", "outcome")
        yield _counter("alarms", "Alarms that were raised", self._alarms.copy(), "kind")
        asked = self._asked_outside()
        yield _counter("certificate_questions", "What was asked of certificates outside", asked, "of", "outcome")
        if self._traces.on:
            spans = {"sent": self._traces.sent, "lost": self._traces.lost}
            yield _counter("trace_spans", "Steps of traces, sent to the collector or lost on the way", spans, "outcome")
        yield _gauge("watchers", "Pages that follow what happens, live", self.watchers())


def _stored(now: Workload) -> Iterable[Metric]:
    """The same on each node."""
    yield _gauge("stations", "Chargers that are known", now.stations)
    yield _gauge("stations_connected", "Chargers that are connected, to whatever node", now.stations_connected)
    yield _gauge("sessions_active", "Sessions that go on", now.sessions_active)
    yield _gauge("sessions_held", "Sessions that wait for a person's review", now.sessions_held)
    yield _gauge("alarms_open", "Alarms that nobody has resolved", now.alarms_open)
    yield _gauge("reactions_waiting", "Reactions in the outbox", now.reactions_waiting)
    yield _gauge("reactions_lag_seconds", "How long the oldest of them has been due", now.reactions_lag_s)
    yield _gauge("deliveries_waiting", "Mails, webhooks and payments that are still to go out", now.deliveries_waiting)
    yield _gauge("deliveries_lag_seconds", "How long the oldest of them has been due", now.deliveries_lag_s)


class _Once(Collector):
    """What was found a moment ago."""

    def __init__(self, found: Sequence[Metric]) -> None:
        self._found = found

    def collect(self) -> Iterable[Metric]:
        return self._found


Values = Mapping[Any, float] | float
"""One value; or a value for each label, or for each tuple of labels."""


def _gauge(name: str, text: str, values: Values, *labels: str) -> Metric:
    return _filled(GaugeMetricFamily, name, text, values, labels)


def _counter(name: str, text: str, values: Values, *labels: str) -> Metric:
    return _filled(CounterMetricFamily, name, text, values, labels)


def _filled(
    family: type[GaugeMetricFamily] | type[CounterMetricFamily],
    name: str,
    text: str,
    values: Values,
    labels: Sequence[str],
) -> Metric:
    if not isinstance(values, Mapping):
        return family(f"stationmaster_{name}", text, value=values)
    made = family(f"stationmaster_{name}", text, labels=labels)
    for key, value in values.items():
        made.add_metric(key if isinstance(key, tuple) else (key,), value)
    return made


def _histogram(name: str, text: str, durations: Mapping[str, Durations] | Durations, *labels: str) -> Metric:
    made = HistogramMetricFamily(f"stationmaster_{name}", text, labels=labels)
    for key, one in durations.items() if isinstance(durations, Mapping) else [("", durations)]:
        made.add_metric((key,) if key else (), one.cumulative(), one.total_s)
    return made


def application(metrics: Metrics, unready: Callable[[], str | None]) -> Callable[[Any, Any, Any], Awaitable[None]]:
    """What answers on the port for Prometheus; and for probes, since a worker has no other port."""

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        status, kind, body = 404, "text/plain", b"the metrics are at /metrics\n"
        if scope["method"] in ("GET", "HEAD"):
            if scope["path"] == "/metrics":
                status, kind, body = 200, CONTENT_TYPE_PLAIN_0_0_4, await metrics.text()
            elif scope["path"] == "/health/live":
                status, body = 200, b"ok\n"
            elif scope["path"] in ("/health", "/health/ready"):
                reason = unready()
                status, body = (200, b"ok\n") if reason is None else (503, f"{reason}\n".encode())
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", kind.encode())]})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    return answer
