"""Traces to a collector, by OTLP over HTTP. Imported only where a setting asks for it: the library takes its time and its memory.

A thread of the library sends. Whoever is traced waits for nothing: a collector that is away costs spans, and those are counted.
"""

from __future__ import annotations

import contextlib
import logging
import os
import random
import socket
import threading
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from typing import Any

import structlog
from opentelemetry import context as contexts
from opentelemetry import trace as api
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, ParentBased
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import NonRecordingSpan, Span, SpanContext, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from stationmaster.traces import Facts, Kind, Trace, Traces

log = structlog.get_logger()

WAITING = 8192  # spans that wait to be sent; with more, new ones are lost
BATCH = 512
EVERY_S = 2.0
PATIENCE_S = 2.0  # at the end
_KINDS = {kind: SpanKind[kind.upper()] for kind in ("server", "client", "producer", "internal")}
_W3C = TraceContextTextMapPropagator()
_NOWHERE = Context()
_UNSENT = NonRecordingSpan(SpanContext(1, 1, False))  # all there is inside of it is not sent either
_ids = RandomIdGenerator()


class Exported(Traces):
    """`share` of all traces, 0 to 1, is sent to `url`. What belongs to a trace that began elsewhere is sent if that one is."""

    on = True

    def __init__(
        self,
        url: str,
        *,
        share: float,
        release: str,
        headers: Mapping[str, str] | None = None,
        timeout_s: float = 10.0,
        exporter: SpanExporter | None = None,
    ) -> None:
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)  # it says each time what we say once
        sends = exporter or OTLPSpanExporter(
            endpoint=url, headers=dict(headers or {}), timeout=timeout_s, compression=Compression.Gzip
        )
        self._sender = _Sender(sends)
        process = f"{socket.gethostname().partition('.')[0]}-{os.getpid()}"
        about = {"service.name": "stationmaster", "service.version": release, "service.instance.id": process}
        self._share = share
        self._provider = TracerProvider(
            sampler=ParentBased(ALWAYS_ON),  # which traces are sent is said in `begin`, before a span costs anything
            resource=Resource(about),
            span_limits=SpanLimits(max_attribute_length=300),
            shutdown_on_exit=False,
        )
        self._queue = _Queue(self._sender)
        self._provider.add_span_processor(self._queue)
        self._tracer = self._provider.get_tracer("stationmaster", release)
        self._scope = InstrumentationScope("stationmaster", release)

    @property
    def sent(self) -> int:
        return self._sender.sent

    @property
    def lost(self) -> int:
        return self._sender.lost

    def begin(
        self,
        name: str,
        facts: Facts | None = None,
        *,
        kind: Kind = "internal",
        parent: str | None = None,
        alone: bool = False,
        began_ns: int | None = None,
    ) -> Trace:
        if alone:
            into = _NOWHERE
        elif parent is not None:
            into = _W3C.extract({"traceparent": parent}, _NOWHERE)
        else:
            into = contexts.get_current()
        begins_here = alone or not api.get_current_span(into).get_span_context().is_valid
        if begins_here and random.random() >= self._share:
            return _Trace(self, _UNSENT)
        span = self._tracer.start_span(name, into, _KINDS[kind], attributes=facts, start_time=began_ns)
        return _Trace(self, span)

    def part(self, whole: SpanContext, name: str, began_ns: int, ended_ns: int) -> None:
        """A step that is over already. To begin and end it as a span would cost ten times as much."""
        itself = SpanContext(whole.trace_id, _ids.generate_span_id(), False, whole.trace_flags)
        self._queue.on_end(
            ReadableSpan(
                name,
                itself,
                whole,
                self._provider.resource,
                instrumentation_scope=self._scope,
                start_time=began_ns,
                end_time=max(began_ns, ended_ns),
            )
        )

    @property
    def here(self) -> str | None:
        return _header(contexts.get_current()) if api.get_current_span().is_recording() else None

    def named(self, logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """A processor of the log: a line names the trace it belongs to."""
        span = api.get_current_span()
        if span.is_recording():
            event["trace_id"] = api.format_trace_id(span.get_span_context().trace_id)
        return event

    def end(self) -> None:
        """The library waits for as long as its sending takes, and a collector that is away takes long."""
        ending = threading.Thread(target=self._provider.shutdown, name="traces-end", daemon=True)
        ending.start()
        ending.join(PATIENCE_S)


class _Trace:
    __slots__ = ("_span", "_traces", "recorded")

    def __init__(self, traces: Exported, span: Span) -> None:
        self._traces = traces
        self._span = span
        self.recorded = span.is_recording()

    @property
    def header(self) -> str:
        return _header(self._inside())

    @contextlib.contextmanager
    def around(self) -> Iterator[None]:
        token = contexts.attach(self._inside())
        try:
            yield
        finally:
            contexts.detach(token)

    def part(self, name: str, began_ns: int, ended_ns: int) -> None:
        if self.recorded:
            self._traces.part(self._span.get_span_context(), name, began_ns, ended_ns)

    def tell(self, facts: Facts, *, name: str | None = None) -> None:
        self._span.set_attributes(facts)
        if name is not None:
            self._span.update_name(name)

    def fail(self, why: str) -> None:
        self._span.set_status(StatusCode.ERROR, why)

    def end(self) -> None:
        self._span.end()

    def _inside(self) -> Context:
        return api.set_span_in_context(self._span, _NOWHERE)


def _header(context: Context) -> str:
    carrier: dict[str, str] = {}
    _W3C.inject(carrier, context)
    return carrier["traceparent"]


class _Sender(SpanExporter):
    """Counts what is sent and what is lost, and says in the log when it begins to be lost, and when that is over."""

    def __init__(self, sends: SpanExporter) -> None:
        self._sends = sends
        self._failing = False
        self._lock = threading.Lock()
        self._waiting = 0
        self.sent = 0
        self.lost = 0

    def has_room(self) -> bool:
        """For one more; it is lost when there is none."""
        with self._lock:
            if self._waiting >= WAITING:
                self.lost += 1
                return False
            self._waiting += 1
            return True

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        why = "it was not taken"
        try:
            result = self._sends.export(spans)
        except Exception as error:
            result, why = SpanExportResult.FAILURE, type(error).__name__
        taken = result is SpanExportResult.SUCCESS
        with self._lock:
            self._waiting -= len(spans)
            if taken:
                self.sent += len(spans)
            else:
                self.lost += len(spans)
        if taken is self._failing:
            self._failing = not taken
            if taken:
                log.info("traces.sent_again", lost=self.lost)
            else:
                log.warning("traces.lost", spans=len(spans), why=why)
        return result

    def shutdown(self) -> None:
        self._sends.shutdown()


class _Queue(BatchSpanProcessor):
    """The library's queue drops the oldest in silence when it is full; so it is never full."""

    def __init__(self, sender: _Sender) -> None:
        super().__init__(sender, 2 * WAITING, EVERY_S * 1000, BATCH)
        self._sender = sender

    def on_end(self, span: ReadableSpan) -> None:
        if self._sender.has_room():
            super().on_end(span)
