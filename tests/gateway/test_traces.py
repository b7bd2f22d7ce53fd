"""What one message goes through is traced, step by step, and with nothing in it that is nobody's business."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import structlog
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode, format_trace_id
from structlog.testing import capture_logs

from stationmaster.app import App
from stationmaster.background.outbox import deliver_due
from stationmaster.domain import boots, outbox, sessions
from stationmaster.domain.deliveries import deliveries
from stationmaster.domain.events import SessionStarted
from stationmaster.settings import Settings, Webhook
from stationmaster.traces.exported import Exported
from tests.charger import CallError
from tests.gateway.conftest import until

STEPS = ["wait for its turn", "read", "wait for the writer", "handle", "commit", "answer"]


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def traces(exporter: InMemorySpanExporter) -> Iterator[Exported]:
    one = Exported("", share=1, release="0", exporter=exporter)
    yield one
    one.end()


@pytest.fixture
async def app(settings: Settings, traces: Exported) -> AsyncIterator[App]:
    async with App(settings, traces=traces).running() as running:
        yield running


class Found:
    """The spans that were sent, when all is over."""

    def __init__(self, traces: Exported, exporter: InMemorySpanExporter) -> None:
        traces.end()
        self.spans = exporter.get_finished_spans()
        assert (traces.sent, traces.lost) == (len(self.spans), 0)

    def of(self, name: str) -> list[ReadableSpan]:
        return [span for span in self.spans if span.name == name]

    def steps(self, whole: ReadableSpan) -> list[str]:
        parts = [span for span in self.spans if span.parent is not None and span.parent == whole.context]
        return [span.name for span in sorted(parts, key=lambda span: span.start_time or 0)]


async def test_a_message_is_traced_from_the_socket_to_its_answer(
    charger: Any, traces: Exported, exporter: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    record, log = boots.record, structlog.get_logger()

    def logging(*args: Any, **kwargs: Any) -> Any:
        log.info("test.inside")
        return record(*args, **kwargs)

    monkeypatch.setattr(boots, "record", logging)
    with capture_logs(processors=[traces.named]) as lines:
        cp = await charger("CP1")
        await cp.call("StartTransaction", START)
        await cp.call("Heartbeat", {})
        with pytest.raises(CallError):
            await cp.call("StartTransaction", ["TAG1"])
        with pytest.raises(CallError):
            await cp.call("MadeUp", {})
        await cp.send([3, "nothing", {}])
        await cp.call("Heartbeat", {"secret": "TAG1" * 40_000})  # long: read in a thread
    await cp.close()

    found = Found(traces, exporter)
    boot = found.of("BootNotification")[0]
    assert found.steps(boot) == STEPS and boot.parent is None
    good, bad = found.of("StartTransaction")
    assert found.steps(good) == STEPS
    attributes = dict(good.attributes or {})
    assert attributes.pop("ocpp.message_id") and attributes.pop("ocpp.frame_bytes")
    assert attributes == {"ocpp.identity": "CP1", "ocpp.version": "1.6", "ocpp.action": "StartTransaction"}
    assert good.status.status_code is StatusCode.UNSET
    assert (bad.status.status_code, bad.status.description) == (StatusCode.ERROR, "FormationViolation")
    assert [span.status.description for span in found.of("message")] == ["NotImplemented"]
    short, long = found.of("Heartbeat")
    assert found.steps(short) == found.steps(long) == ["wait for its turn", "read", "handle", "answer"]
    assert {span.context.trace_id for span in found.spans if span.context} == {
        span.context.trace_id for span in found.spans if span.parent is None and span.context
    }
    assert "TAG1" not in str([span.to_json() for span in found.spans])
    inside = next(line for line in lines if line["event"] == "test.inside")
    assert boot.context is not None and inside["trace_id"] == format_trace_id(boot.context.trace_id)
    refused = [line for line in lines if line["event"] == "message.refused"]
    assert len({line["trace_id"] for line in refused}) == 2


async def test_a_message_that_failed_tells_the_name_of_the_error_only(
    charger: Any, traces: Exported, exporter: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any, **kwargs: Any) -> Any:
        raise LookupError("TAG1")

    cp = await charger("CP1")
    monkeypatch.setattr(boots, "record", broken)
    monkeypatch.setattr(sessions, "tell", broken)
    with pytest.raises(CallError):
        await cp.boot()
    await cp.send([2, "1", "StartTransaction", START])
    await cp.closed()
    found = Found(traces, exporter)
    failed = [found.of("BootNotification")[-1], *found.of("StartTransaction")]
    assert [found.steps(each)[-2:] for each in failed] == [["commit", "answer"]] * 2
    assert [(each.status.status_code, each.status.description) for each in failed] == [
        (StatusCode.ERROR, "LookupError")
    ] * 2


async def test_what_a_message_leads_to_outside_is_a_part_of_its_trace(
    app: App,
    charger: Any,
    rows: Any,
    traces: Exported,
    exporter: InMemorySpanExporter,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[str | None] = []
    monkeypatch.setitem(outbox._consumers, SessionStarted, [("note", None)])
    monkeypatch.setitem(outbox._reactions, "note", (SessionStarted, lambda work, event: seen.append(work.trace)))
    hook = Webhook(url="http://127.0.0.1:9/", secret="of sixteen letters", events=["session_started"])
    app.settings.webhooks.to.append(hook)
    cp = await charger("CP1")
    await cp.call("StartTransaction", START)
    await deliver_due(app.database)
    await until(lambda: seen)
    [waiting] = await until(lambda: failed(rows))
    await until(lambda: not app.deliverer._running)
    with traces.span("a request") as request:
        await app.database.write(lambda work: seen.append(work.trace))
    await app.database.write(lambda work: seen.append(work.trace))
    assert request is not None and seen == [waiting.trace, request.header, None]

    found = Found(traces, exporter)
    (start,) = found.of("StartTransaction")
    delivery = found.of("deliver webhook")[0]
    assert start.context is not None and delivery.parent is not None and delivery.context is not None
    assert (delivery.context.trace_id, delivery.parent.span_id) == (start.context.trace_id, start.context.span_id)
    assert dict(delivery.attributes or {}) == {"delivery.event": "SessionStarted", "delivery.attempt": 1}
    assert delivery.status.description == "not delivered"


async def failed(rows: Any) -> list[Any]:
    return [row for row in await rows(deliveries) if row.error is not None]


START = {"connectorId": 1, "idTag": "TAG1", "meterStart": 0, "timestamp": "2026-11-27T12:00:00Z"}
