"""A page on one node sees what happens on the other; and nobody looking costs nothing."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from stationmaster.app import App
from stationmaster.gateway import bus
from tests.nodes.conftest import Cluster, until
from tests.patience import PATIENCE_S

Nodes = tuple[App, App]


@contextlib.asynccontextmanager
async def page(client: httpx.AsyncClient, **params: str) -> AsyncIterator[Any]:
    """`await heard("session_started")`: the data of the next event of this type."""
    async with client.stream("GET", "/events", params=params) as stream:
        lines = stream.aiter_lines()

        async def heard(kind: str) -> Any:
            async with asyncio.timeout(PATIENCE_S):
                async for line in lines:
                    if line == f"event: {kind}":
                        data = await anext(lines)
                        while not data.startswith("data: "):
                            data = await anext(lines)
                        return json.loads(data.removeprefix("data: "))
            raise AssertionError("the stream has ended")

        await heard("hello")
        yield heard


async def test_live_events_reach_the_pages_of_another_node(two: Nodes, cluster: Cluster) -> None:
    here, there = two
    cp, client = await cluster.charger(here), await cluster.client(there)
    before = (await cp.start(connector=2, meter=0))["transactionId"]  # nobody looks
    assert not here.database.watched()
    async with page(client) as heard, page(client, station="CP1") as heard_of_cp1:
        await until(here.database.watched)
        transaction = (await cp.start())["transactionId"]
        started = await heard("session_started")
        assert (started["station"], started["session"]["transaction_id"]) == ("CP1", str(transaction))
        await cp.meter("2000", transaction=transaction)
        read = await heard("session_updated")
        assert (read["session"], read["energy_wh"]) == (started["session"]["id"], 2000)
        # Of what began while nobody looked, a page knows as well; and when the charger has gone to its own node.
        moved = await cluster.charger(there)
        await moved.meter("500", transaction=before, connector=2)
        read = await heard("session_updated")
        assert read["session"] not in (None, started["session"]["id"])
        while (message := await heard_of_cp1("message"))["action"] != "MeterValues":
            pass
        assert message["station"] == "CP1"
        command = asyncio.create_task(client.post("/stations/CP1/commands/clear-cache"))
        call = await moved.receive()
        await moved.send([3, call[1], {"status": "Accepted"}])
        while (await heard("command"))["status"] != "accepted":  # each step is told
            pass
        await command
        await client.patch("/stations/CP1", json={"name": "Gate"})
        await heard("station_changed")


async def test_nothing_is_sent_while_nobody_looks(
    two: Nodes, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = two
    for node in two:
        assert node.relay is not None
        node.relay.again_s, node.relay.forgotten_s = 0.05, 0.5
    sent: list[Any] = []
    tell = here.bus.tell
    monkeypatch.setattr(here.bus, "tell", lambda node, news: (sent.append(news), tell(node, news)))
    cp, client = await cluster.charger(here), await cluster.client(there)
    await cp.start()
    assert sent == []
    async with page(client) as heard:
        await until(here.database.watched)
        await cp.start(connector=2)
        await heard("session_started")
        assert any(isinstance(news, bus.EventPacket) for news in sent)
    await until(lambda: not there.database.watched() and not here.database.watched(), timeout=PATIENCE_S)
    sent.clear()
    await cp.start(connector=3)
    assert sent == []


async def test_a_page_is_told_that_it_lost_something_when_the_way_is_open_again(two: Nodes, cluster: Cluster) -> None:
    _, there = two
    await cluster.secret("CP1")
    async with page(await cluster.client(there)) as heard:
        there.bus.on_back()
        assert (await heard("lost"))["type"] == "lost"
