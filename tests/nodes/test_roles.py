"""`node.role`: the parts of a system scale apart."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal

import httpx
import pytest

from stationmaster.app import App
from stationmaster.domain import accounts, organizations, outbox, tokens
from stationmaster.settings import BadSettings, Settings, load
from stationmaster.settings_parts import Role
from stationmaster.storage import Work
from tests.nodes.conftest import EMAIL, PASSWORD, Cluster, until
from tests.nodes.test_commands import answering


def as_a(role: Role) -> Callable[[Settings], None]:
    def change(settings: Settings) -> None:
        settings.node.role = role
        settings.metrics.port = 0
        settings.tariff.price_per_kwh = Decimal("0.50")  # a session that ends is to be billed

    return change


async def test_a_gateway_an_api_and_a_worker_are_one_system(cluster: Cluster) -> None:
    gateway = await cluster.start(change=as_a("gateway"))
    api = await cluster.start(change=as_a("api"))

    def fill(work: Work) -> None:
        accounts.add(work, organizations.home(work), email=EMAIL, password=PASSWORD, role="administrator")
        tokens.add(work, organizations.home(work), uid="TAG1")

    await api.database.write(fill)
    cp, client = await cluster.charger(gateway), await cluster.client(api)
    asked = asyncio.create_task(client.post("/stations/CP1/commands/remote-start", json={"token": "TAG1", "evse": 1}))
    await answering(cp, {"status": "Accepted"})
    assert (await asked).json()["status"] == "accepted"

    now = gateway.database.clock().isoformat()
    begun = await cp.call("StartTransaction", {"connectorId": 1, "idTag": "TAG1", "meterStart": 0, "timestamp": now})
    ended = {"transactionId": begun["transactionId"], "meterStop": 1000, "timestamp": now}
    assert await cp.call("StopTransaction", ended) is not None
    [session] = (await client.get("/sessions")).json()["items"]
    assert session["status"] != "active"
    assert await api.database.read(outbox.count_waiting) == 1, "nobody here is to make the bill"

    worker = await cluster.start(change=as_a("worker"))
    await until(lambda: _nothing_waits(worker))

    assert (gateway.api, worker.api) == (None, None)
    assert not api.listener.doors
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{worker.metrics_port}") as probe:
        assert [(await probe.get(path)).status_code for path in ("/health", "/health/live", "/metrics", "/")] == [
            200,
            200,
            200,
            404,
        ]
        worker.gate.stop()
        answer = await probe.get("/health/ready")
        assert (answer.status_code, answer.text) == (503, "stopping\n")


async def _nothing_waits(node: App) -> bool:
    return await node.database.read(outbox.count_waiting) == 0


def test_a_part_alone_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATIONMASTER_NODE__ROLE", "api")
    with pytest.raises(BadSettings, match=r"redis.url: must be set with node.role: api"):
        load()
    monkeypatch.setenv("STATIONMASTER_NODE__ROLE", "cook")
    with pytest.raises(BadSettings, match=r"node.role: "):
        load()
