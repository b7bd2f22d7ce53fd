"""Redis goes, and comes back empty; nodes die, and start again (CON-08, FI-04, DAT-11)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from redis import Redis
from sqlalchemy import update

from stationmaster.app import App, end
from stationmaster.background import chores
from stationmaster.domain import commands, events, nodes, outbox
from stationmaster.domain.commands import commands as history
from stationmaster.domain.connections import connection_log, connections
from stationmaster.domain.outbox import outbox as box
from stationmaster.domain.sessions import sessions
from stationmaster.gateway.bus import RedisBus, Watching
from stationmaster.settings import BadSettings
from stationmaster.storage import Work
from tests import valkey
from tests.nodes.conftest import Cluster, settled, until
from tests.patience import PATIENCE_S
from tests.valkey import Valkey

Nodes = tuple[App, App]


@pytest.fixture
def redis() -> Iterator[Valkey]:
    """One that may be stopped."""
    with valkey.server() as running:
        yield running


async def test_FI_04_without_redis_everything_goes_on_but_the_way_between_nodes(
    two: Nodes, cluster: Cluster, redis: Valkey
) -> None:
    here, there = two
    cp = await cluster.charger(here)
    near, far = await cluster.client(here), await cluster.client(there)
    redis.stop()
    await until(lambda: not any(node.bus.up.is_set() for node in two))

    transaction = (await cp.start())["transactionId"]
    await cp.meter("2000", transaction=transaction)
    asked = asyncio.create_task(near.post("/stations/CP1/commands/clear-cache"))
    call = await cp.receive()
    await cp.send([3, call[1], {"status": "Accepted"}])
    assert (await asked).json()["status"] == "accepted"
    for path, body in (("/stations/CP1/commands/reset", {}), ("/stations/CP1/call", {"action": "A", "payload": {}})):
        answer = await far.post(path, json=body)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert (await far.get("/stations/CP1")).json()["connected"] is True
    assert (await (await cluster.client(there)).get("/status")).status_code == 200  # a log-in, that is
    await cp.stop(transaction)
    [session] = await cluster.rows(sessions)
    assert (session.status, session.energy_wh) == ("completed", 5000)

    redis.start()
    for node in two:
        await cluster.joined(node)
    await _ask(cp, far)
    assert [row.status for row in await cluster.rows(history)] == ["accepted", "accepted"]


async def test_FI_04_nothing_is_in_redis(two: Nodes, cluster: Cluster, redis: Valkey) -> None:
    here, there = two
    cp, far = await cluster.charger(here), await cluster.client(there)
    await _ask(cp, far)
    with Redis.from_url(redis.url) as client:
        assert client.keys() == []
        client.flushall()
    await _ask(cp, far)


async def test_FI_04_a_node_starts_while_redis_is_away(cluster: Cluster, redis: Valkey) -> None:
    redis.stop()
    here, there = await cluster.start(wait=False), await cluster.start(wait=False)
    cp = await cluster.charger(here)
    assert (await cp.call("Heartbeat"))["currentTime"]
    redis.start()
    for node in (here, there):
        await cluster.joined(node)
    asked = asyncio.create_task(there.switchboard.send(cluster.station(), commands.ClearCache(), by="test"))
    call = await cp.receive()
    await cp.send([3, call[1], {"status": "Accepted"}])
    assert (await asked).status == "accepted"


async def _ask(cp: Any, client: httpx.AsyncClient) -> None:
    asked = asyncio.create_task(client.post("/stations/CP1/commands/clear-cache"))
    call = await cp.receive()
    await cp.send([3, call[1], {"status": "Accepted"}])
    assert (await asked).json()["status"] == "accepted"


async def test_a_node_stops_whatever_the_redis_client_is_at(redis: Valkey) -> None:
    """Cancelled one turn of the loop later each time, with answers under way; each twice, for the network is in it."""
    for turns in (*range(40), *range(40)):
        bus = RedisBus(redis.url, b"k" * 32)
        running = asyncio.create_task(bus.run())
        await bus.up.wait()
        bus.tell_all(Watching())
        for _ in range(turns):
            await asyncio.sleep(0)
        async with asyncio.timeout(PATIENCE_S):
            await end([running])


async def test_CON_08_what_a_dead_node_held_is_free_after_its_lease(two: Nodes, cluster: Cluster) -> None:
    here, there = two
    await cluster.charger(here)
    await cluster.charger(there, "CP2")
    for node, identity in ((here, "CP1"), (there, "CP2")):
        asking = asyncio.create_task(node.switchboard.send(cluster.station(identity), commands.Reset(), by="test"))
        await until(lambda asked=identity: _pending(cluster, asked == "CP1" or 2))
        asking.add_done_callback(lambda task: task.cancelled() or task.exception())

    await there.registry.look()
    assert len([row for row in await cluster.rows(connections) if row.closed_at is None]) == 2  # its lease is good
    over = update(nodes.nodes).where(nodes.nodes.c.id == here.bus.node)
    await there.database.write(lambda work: work.execute(over.values(lease_until=nodes._clock(work))))
    heard: list[Any] = []
    there.database.after_commit.append(heard.extend)
    await asyncio.gather(*(there.registry.look() for _ in range(3)))
    freed, kept = await cluster.rows(connections)
    assert (freed.node, freed.closed_at is None) == (here.bus.node, False)
    assert (kept.node, kept.closed_at is None) == (there.bus.node, True)
    assert [event.station for event in heard if isinstance(event, events.StationDisconnected)] == ["CP1"]
    assert [(row.node, row.status) for row in await cluster.rows(history)] == [
        (here.bus.node, "failed"),
        (there.bus.node, "pending"),
    ]
    # It was not dead at all: it sees that the charger is its no more, and the charger comes back.
    await here.registry.look()
    await until(lambda: not here.switchboard.connections())
    await settled(here)
    moments = [row.event for row in await cluster.rows(connection_log) if row.station_id == freed.station_id]
    assert moments == ["connected", "online", "disconnected"]


async def _pending(cluster: Cluster, count: int) -> bool:
    return len(await cluster.rows(history)) == count


async def test_CON_08_a_node_that_starts_ends_no_command_of_one_that_lives(two: Nodes, cluster: Cluster) -> None:
    here, _ = two
    cp = await cluster.charger(here)
    asked = asyncio.create_task(here.switchboard.send(cluster.station(), commands.ClearCache(), by="test"))
    call = await cp.receive()
    await cluster.start()
    assert [row.status for row in await cluster.rows(history)] == ["pending"]
    await cp.send([3, call[1], {"status": "Accepted"}])
    assert (await asked).status == "accepted"


async def test_a_node_with_another_key_does_not_start(two: Nodes, cluster: Cluster) -> None:
    settings = two[0].settings.model_copy(deep=True)
    settings.security.key = "quite another key of the very same length 9876543210"
    named = "|".join(node.bus.node for node in two)
    with pytest.raises(BadSettings, match=f"^security.key: differs from the one of node ({named});"):
        async with App(settings).running():
            pytest.fail("it has started")


async def test_DAT_11_a_row_of_the_outbox_has_one_effect_and_one_try_on_two_nodes(
    two: Nodes, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stationmaster.background import outbox as delivery

    ran: list[str] = []

    def react(work: Work, event: events.Alarm) -> None:
        if event.kind == "bad":
            raise RuntimeError("it does not work")
        work.execute(connection_log.insert().values(station_id=1, at=work.now, event="effect", generation=0))
        ran.append(event.detail)

    monkeypatch.setitem(outbox._reactions, "test", (events.Alarm, react))
    monkeypatch.setitem(outbox._consumers, events.Alarm, [("test", None)])

    def raise_alarms(work: Work) -> None:
        for number in range(30):
            kind = "bad" if number % 10 == 0 else "good"
            work.publish(events.Alarm(station_id=1, station="CP1", at=work.now, kind=kind, detail=str(number)))

    await two[0].database.write(raise_alarms)
    await asyncio.gather(*(delivery.deliver_due(node.database) for node in two for _ in range(2)))
    effects = [row for row in await cluster.rows(connection_log) if row.event == "effect"]
    assert len(effects) == 27
    rows = await cluster.rows(box)
    assert {row.attempts for row in rows if row.done_at is not None} == {1}
    assert [row.done_at is None for row in rows] == [number % 10 == 0 for number in range(30)]


async def test_DAT_11_timers_of_two_nodes_end_a_session_once(two: Nodes, cluster: Cluster) -> None:
    cp = await cluster.charger(two[0])
    for connector in (1, 2):
        await cp.start(connector=connector, meter=connector)
    heard: list[Any] = []

    def long_ago(work: Work) -> None:
        work.execute(update(sessions).values(suspect_since=work.now - timedelta(days=2)))

    await two[0].database.write(long_ago)
    for node in two:
        node.database.after_commit.append(heard.extend)
    await asyncio.gather(
        *(chores.close_silent(node.database, node.settings.sessions) for node in two for _ in range(3))
    )
    assert [row.status for row in await cluster.rows(sessions)] == ["completed"] * 2
    assert len([event for event in heard if isinstance(event, events.SessionEnded)]) == 2
