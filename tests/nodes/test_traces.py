"""One command is one trace, from the request to what was written of it, over two nodes."""

from __future__ import annotations

import asyncio

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, format_span_id, format_trace_id

from stationmaster.traces.exported import Exported
from tests.nodes.conftest import Cluster
from tests.nodes.test_commands import Nodes, answering

CALLER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def traces(exporter: InMemorySpanExporter) -> Exported:
    """Nothing but what its caller traces."""
    return Exported("", share=0, release="0", exporter=exporter)


async def test_a_command_is_one_trace_from_its_request_over_two_nodes(
    two: Nodes, cluster: Cluster, traces: Exported, exporter: InMemorySpanExporter
) -> None:
    here, there = two
    cp, client = await cluster.charger(here), await cluster.client(there)
    asked = asyncio.create_task(
        client.post(
            "/stations/CP1/commands/remote-start",
            json={"token": "TAG1", "evse": 1},
            headers={"traceparent": CALLER},
        )
    )
    call = await answering(cp, {"status": "Accepted"})
    record = (await asked).json()
    assert (await client.get("/stations/CP1")).status_code == 200
    traces.end()

    spans = exporter.get_finished_spans()
    by_id = {span.context.span_id: span for span in spans if span.context}

    def way(span: ReadableSpan) -> list[str]:
        """From the outermost to this one."""
        assert span.context is not None and format_trace_id(span.context.trace_id) == CALLER[3:35]
        assert span.parent is not None
        above = by_id.get(span.parent.span_id)
        if above is None:
            assert format_span_id(span.parent.span_id) == CALLER[36:52]
        return [*way(above), span.name] if above else [span.name]

    request = "POST /api/v1/stations/{station_id}/commands/remote-start"
    outside = [request, "command remote-start", "ask another node", "asked by another node"]
    assert sorted(map(way, spans)) == sorted(
        [
            *(outside[: n + 1] for n in range(4)),
            [*outside, "write the command"],
            [*outside, "call RemoteStartTransaction"],
            [*outside, "call RemoteStartTransaction", "wait for its turn"],
            [*outside, "write the outcome"],
        ]
    )
    named = {span.name: dict(span.attributes or {}) for span in spans}
    assert named[request].pop("request_id")
    assert named[request] == {
        "http.request.method": "POST",
        "http.route": request.removeprefix("POST "),
        "http.response.status_code": 200,
    }
    assert named["command remote-start"] == {"command.id": record["id"], "command.status": "accepted"}
    assert (named["ask another node"], named["asked by another node"]) == ({"node": here.bus.node},) * 2
    assert named["call RemoteStartTransaction"] == {
        "ocpp.identity": "CP1",
        "ocpp.version": "1.6",
        "ocpp.action": "RemoteStartTransaction",
        "ocpp.message_id": call[1],
    }
    kinds = {span.name: span.kind for span in spans}
    assert (kinds[request], kinds["call RemoteStartTransaction"]) == (SpanKind.SERVER, SpanKind.CLIENT)
    assert "TAG1" not in str([span.to_json() for span in spans])
