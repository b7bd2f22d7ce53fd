"""Errors also go to a place that collects them, by the protocol of Sentry."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
import structlog

from stationmaster import telemetry
from stationmaster.cli import server
from stationmaster.settings import BadSettings, Log

Event = dict[str, Any]


class Collector:
    """What has been collected, under an address of its own."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        collector = self

        class Taking(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                if self.headers.get("content-encoding") == "gzip":
                    body = gzip.decompress(body)
                collector.events += [json.loads(line) for line in body.splitlines()[2::2]]
                self.send_response(200)
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Taking)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.address = f"http://key@127.0.0.1:{self._server.server_port}/1"

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def collector() -> Iterator[Collector]:
    one = Collector()
    yield one
    one.stop()


@pytest.fixture
def reports(collector: Collector) -> Iterator[telemetry.Reports]:
    made = telemetry.Reports(collector.address, release="1.2.3", most_in_a_minute=2)
    yield made
    made.end()


def logger(*processors: Any) -> Any:
    return structlog.wrap_logger(structlog.ReturnLogger(), processors=[structlog.processors.add_log_level, *processors])


def fail(secret: str) -> None:
    held = f"password {secret}"
    raise RuntimeError("it broke" + held[:0])


def test_S0_094_an_error_reaches_the_collector_without_what_is_secret(
    collector: Collector, reports: telemetry.Reports
) -> None:
    log = logger(reports.take)
    log.info("ready", web=8080)
    log.warning("outbox.retry", row=7)
    try:
        fail("hunter2")
    except RuntimeError:
        log.exception("timer.failed", timer="chores.close_silent")
    log.error("outbox.late", seconds=75)
    reports.end()

    broken, late = collector.events
    [error] = broken["exception"]["values"]
    assert (error["type"], error["value"]) == ("RuntimeError", "it broke")
    assert error["stacktrace"]["frames"][-1]["function"] == "fail"
    assert (broken["tags"]["event"], broken["extra"]) == ("timer.failed", {"timer": "chores.close_silent"})
    assert broken["release"] == "stationmaster@1.2.3"
    assert (late["message"], late["extra"], late["fingerprint"]) == ("outbox.late", {"seconds": 75}, ["outbox.late"])
    assert "hunter2" not in json.dumps(collector.events)


def test_ATK_13_of_one_kind_there_are_a_few_in_a_minute_and_the_line_is_always_written(
    collector: Collector, reports: telemetry.Reports
) -> None:
    class Unshowable:
        def __repr__(self) -> str:
            raise ValueError("no")

    log = logger(reports.take)
    written = [log.error("message.failed", number=number) for number in range(100)]
    written.append(log.error("other.failed", thing=Unshowable()))
    reports.end()
    assert len(written) == 101
    assert [event["message"] for event in collector.events] == ["message.failed"] * 2


def test_nobody_at_the_address_ends_nothing() -> None:
    reports = telemetry.Reports("http://key@127.0.0.1:9/1", release="1.2.3")
    assert logger(reports.take).error("message.failed") is not None
    reports.end()


def test_an_address_that_is_none_is_named_and_is_a_secret_elsewhere() -> None:
    with pytest.raises(BadSettings, match=r"log.sentry_dsn: "):
        server._reports("sentry.example.org")
    assert "key" not in repr(Log(sentry_dsn="https://key@sentry.example.org/1"))
