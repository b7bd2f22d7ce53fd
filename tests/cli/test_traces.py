"""Traces go to a collector by OTLP over HTTP, and nobody waits for it."""

from __future__ import annotations

import gzip
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from pydantic import ValidationError

from stationmaster.cli import server
from stationmaster.settings import BadSettings, Traces
from stationmaster.traces import OFF, exported
from stationmaster.traces.exported import Exported


class Sink:
    """A collector that keeps what it is sent; or has none of it."""

    def __init__(self) -> None:
        self.status = 200
        self.requests: list[tuple[str, dict[str, str], ExportTraceServiceRequest]] = []
        sink = self

        class Taking(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = gzip.decompress(self.rfile.read(int(self.headers["content-length"])))
                sink.requests.append((self.path, dict(self.headers), ExportTraceServiceRequest.FromString(body)))
                self.send_response(sink.status)
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Taking)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def sink() -> Iterator[Sink]:
    one = Sink()
    yield one
    one.stop()


def test_spans_reach_the_collector(sink: Sink) -> None:
    settings = Traces(url=sink.address, share=1, headers={"x-who": "us"})
    traces, processors = server.traced(settings)
    assert isinstance(traces, Exported) and processors == [traces.named]
    with pytest.raises(LookupError), traces.span("command reset", {"ocpp.identity": "CP1"}, kind="server") as outer:
        assert outer is not None and traces.here == outer.header
        with traces.span("call Reset"):
            raise LookupError("TAG1")
    assert traces.here is None
    traces.end()
    [(path, headers, request)] = sink.requests
    assert (path, headers["x-who"]) == ("/v1/traces", "us")
    [resource] = request.resource_spans
    about = {each.key: each.value.string_value for each in resource.resource.attributes}
    assert about["service.name"] == "stationmaster" and about["service.version"]
    [scope] = resource.scope_spans
    call, command = scope.spans
    assert (call.name, command.name) == ("call Reset", "command reset")
    assert call.parent_span_id == command.span_id and not command.parent_span_id
    assert [(each.status.code, each.status.message) for each in scope.spans] == [(2, "LookupError")] * 2
    assert b"TAG1" not in request.SerializeToString()
    assert (traces.sent, traces.lost) == (2, 0)


def test_a_collector_that_has_none_of_it_costs_spans_and_nothing_else(
    sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink.status = 400
    monkeypatch.setattr(exported, "WAITING", 3)
    monkeypatch.setattr(exported, "BATCH", 6)
    traces, _ = server.traced(Traces(url=sink.address, share=1))
    for _ in range(10):
        with traces.span("status"):
            pass
    assert traces.lost == 7  # no room
    traces.end()
    assert (traces.sent, traces.lost) == (0, 10)


def test_a_collector_that_is_away_is_not_waited_for() -> None:
    traces, _ = server.traced(Traces(url="http://127.0.0.1:9/v1/traces", share=1, timeout_s=0.2))
    began = time.monotonic()
    for _ in range(100):
        with traces.span("status"):
            pass
    assert time.monotonic() - began < 1.0
    traces.end()
    assert (traces.sent, traces.lost) == (0, 100)


def test_a_share_of_them_is_sent_and_what_began_elsewhere_as_it_was_begun() -> None:
    traces = Exported("http://127.0.0.1:9", share=0, release="0")
    none = traces.begin("status")
    assert not none.recorded
    with none.around():
        assert traces.here is None and not traces.begin("a part of it").recorded
    taken = traces.begin("status", parent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
    assert taken.recorded and taken.header.startswith("00-4bf92f3577b34da6a3ce929d0e0e4736-")
    for nothing in ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", "", "x" * 10_000, "\0"):
        assert not traces.begin("status", parent=nothing).recorded
    traces.end()


def test_nothing_is_traced_unless_a_setting_says_where_to(monkeypatch: pytest.MonkeyPatch) -> None:
    assert server.traced(Traces()) == (OFF, [])
    with OFF.span("command reset") as trace:
        assert trace is None and OFF.here is None
    monkeypatch.setitem(sys.modules, "stationmaster.traces.exported", None)  # as without its library
    with pytest.raises(BadSettings, match=r"traces.url: .*stationmaster\[traces\]"):
        server.traced(Traces(url="http://collector:4318"))
    for wrong in ("collector:4318", "grpc://collector:4317", "http://"):
        with pytest.raises(ValidationError, match="whole address"):
            Traces(url=wrong)
    assert "key" not in repr(Traces(headers={"Authorization": "key"}))
    assert Traces(url="http://collector:4318").url == "http://collector:4318/v1/traces"
