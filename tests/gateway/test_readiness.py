"""Who watches over the server, and who connects too often."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from stationmaster.domain.refused_connections import refused_connections
from stationmaster.gateway.reconnects import Reconnects
from tests.gateway.conftest import held, until
from tests.gateway.raw import Raw

PROBES = [
    b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /health/ready?x=1 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /health HTTP/1.0\r\n\r\n",
    b"HEAD /health HTTP/1.1\r\nHost: x\r\n\r\n",
]


@pytest.mark.any_database
async def test_O_07_O4_a_probe_of_the_chargers_port_is_answered_and_is_no_refused_charger(app: Any, rows: Any) -> None:
    for probe in PROBES:
        assert (await Raw.open(app.gateway_port, probe)).status == 200
    app.database.stall_s = 0.05
    with held(app.database):
        await until(lambda: not app.database.available)
        for probe in PROBES:
            answer = await Raw.open(app.gateway_port, probe)
            assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    await until(lambda: app.gate.unready() is None)
    app.gate.stopping = True
    assert (await Raw.open(app.gateway_port, PROBES[0])).status == 503
    app.gate.stopping = False
    assert app.gate.counts.refused == 0
    assert (await Raw.open(app.gateway_port, b"GET /healthy HTTP/1.1\r\nHost: x\r\n\r\n")).status == 400
    app.gate.write_refusals()
    await until(lambda: not app.gate._refusals)
    assert len(await rows(refused_connections)) == 1


@pytest.mark.any_database
async def test_N16_O4_probes_of_the_web_port(app: Any) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{app.web_port}") as client:
        for path, status in {"/healthz": 404, "/livez": 404, "/readyz": 404, "/metrics": 401}.items():
            answer = await client.get(path)
            assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
        for path in ("/health", "/health/ready", "/health/live"):
            answer = await client.get(path)
            assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
        app.gate.stopping = True
        for path in ("/health", "/health/ready"):
            answer = await client.get(path)
            assert (answer.status_code, answer.json()) == (503, {"status": "degraded", "reason": "stopping"})
            assert "retry-after" in answer.headers
        assert (await client.get("/health/live")).status_code == 200


async def test_N5_who_has_its_turns_goes_at_once_and_then_waits() -> None:
    reconnects = Reconnects(per_s=0.001, burst=3)
    went: list[tuple[str, bool]] = []
    for name in "abc":
        reconnects.take_turn(1, lambda may, name=name: went.append((name, may)))
    assert went == [("a", True), ("b", True), ("c", True)]
    reconnects.take_turn(1, lambda may: went.append(("d", may)))
    assert len(went) == 3  # it waits
    reconnects.take_turn(1, lambda may: went.append(("e", may)))
    assert went[3:] == [("d", False)]  # only the newest does
    reconnects.take_turn(2, lambda may: went.append(("another charger", may)))
    assert went[4:] == [("another charger", True)]


async def test_N5_the_one_that_waits_is_let_in_when_it_is_its_turn() -> None:
    reconnects = Reconnects(per_s=50.0, burst=1)
    turns: list[bool] = []
    came = asyncio.Event()
    for _ in range(4):
        reconnects.take_turn(1, lambda may: (turns.append(may), came.set() if len(turns) == 4 else None))
    await asyncio.wait_for(came.wait(), 10)
    assert turns == [True, False, False, True]


@pytest.mark.any_database
@pytest.mark.gateway(reconnect_burst=2, reconnects_per_s=0.001)
async def test_N5_a_charger_that_connects_all_the_time_holds_up_nobody_else(
    app: Any, charger: Any, secrets: Any, knock: Any, inbox: Any
) -> None:
    login = {"user": "CP1", "secret": secrets["CP1"]}
    assert [(await knock(**login)).status for _ in range(2)] == [101, 101]
    third = asyncio.create_task(knock(**login))
    await until(lambda: app.gate._reconnects._waiting)
    fourth = asyncio.create_task(knock(**login))
    assert (await third).status == 503
    assert not fourth.done()
    other = {"user": "CP2", "secret": secrets["CP2"], "path": "/ocpp/CP2"}
    assert (await knock(**other)).status == 101
    assert "too_often" in await inbox()
    app.gate.stop()
    assert (await fourth).status == 503
