"""One charger, two nodes: the newest socket wins, whatever is told and in whichever order (CON-01 … CON-05, FI-10)."""

from __future__ import annotations

import asyncio
import contextlib
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from stationmaster.app import App
from stationmaster.background import presence
from stationmaster.domain import commands
from stationmaster.domain.alarms import alarms
from stationmaster.domain.connections import TAKEOVERS, connection_log, connections
from stationmaster.domain.sessions import sessions
from stationmaster.gateway.bus import Superseded
from tests.gateway.raw import Raw, request
from tests.nodes.conftest import Cluster, settled, until
from tests.valkey import Valkey

Nodes = tuple[App, App]
BOOT = [2, "boot", "BootNotification", {"chargePointVendor": "Acme", "chargePointModel": "One"}]
START = {"connectorId": 1, "idTag": "TAG1", "meterStart": 1000, "timestamp": "2026-11-01T10:00:00Z"}


async def log_of(cluster: Cluster) -> list[tuple[str, int]]:
    return [(row.event, row.generation) for row in await cluster.rows(connection_log)]


async def test_CON_01_the_newest_socket_wins_on_whichever_node_it_is(two: Nodes, cluster: Cluster) -> None:
    here, there = two
    old = await cluster.charger(here)
    for place in (there, here, there):
        new = await cluster.charger(place)
        assert await old.closed() == 4001
        assert "superseded" in (old.socket.close_reason or "")
        old = new
    assert [len(node.switchboard.connections()) for node in two] == [0, 1]
    assert there.switchboard.connections()[0].generation == 4
    assert await log_of(cluster) == [("connected", 1), ("online", 1), *(("connected", each) for each in (2, 3, 4))]
    await old.close()
    await until(lambda: _log_ends(cluster, ("disconnected", 4)))


async def _log_ends(cluster: Cluster, last: tuple[str, int]) -> bool:
    return (await log_of(cluster))[-1] == last


async def test_CON_02_the_end_of_an_old_socket_on_another_node_changes_nothing(two: Nodes, cluster: Cluster) -> None:
    here, there = two
    here.bus.hear(Superseded, lambda *_: None)  # it is not told
    old, new = await cluster.charger(here), await cluster.charger(there)
    await old.close()
    await until(lambda: not here.switchboard.connections())
    await settled(here, there)
    assert (await log_of(cluster))[-1] == ("connected", 2)
    asked = asyncio.create_task(here.switchboard.send(cluster.station(), commands.ClearCache(), by="test"))
    call = await new.receive()
    await new.send([3, call[1], {"status": "Accepted"}])
    assert (await asked).status == "accepted"


@pytest.mark.parametrize("told", [False, True])
async def test_CON_01_without_the_bus_the_next_look_finds_who_was_taken_over(
    two: Nodes, cluster: Cluster, told: bool
) -> None:
    """What the bus has lost, the table still says."""
    here, there = two
    if not told:
        here.bus.hear(Superseded, lambda *_: None)
    old = await cluster.charger(here)
    await cluster.charger(there)
    if not told:
        assert len(here.switchboard.connections()) == 1
        await here.registry.look()
    assert await old.closed() == 4001
    await there.registry.look()
    assert len(there.switchboard.connections()) == 1


async def test_CON_08_what_the_table_says_is_put_right_by_the_next_look(two: Nodes, cluster: Cluster) -> None:
    """A close that could not be stored, and a lease that was over for a while."""
    here, _ = two
    cp = await cluster.charger(here)
    await settled(here)
    entry = here.directory.find("CP1")
    assert entry is not None
    connection, entry.connection = entry.connection, None  # as if its close had not been stored
    await here.registry.look()
    await settled(here)
    assert (await log_of(cluster))[-1] == ("disconnected", 1)

    entry.connection = connection  # as if it had been freed while we were taken for dead
    await here.registry.look()
    assert await cp.closed() == 1013


async def test_CON_20_a_boot_on_one_node_is_known_on_the_other_at_once(two: Nodes, cluster: Cluster) -> None:
    """What is accepted is the charger, not its socket."""
    here, there = two
    await cluster.charger(here)
    secret = await cluster.secret("CP1")
    status = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
    one = await Raw.open(there.gateway_port, request("/ocpp/CP1", user="CP1", secret=secret))
    one.send([2, "s", "StatusNotification", status])
    assert await one.receive() == [3, "s", {}]
    await one.close()


@pytest.mark.timeout(60)
async def test_CON_04_takeovers_between_two_nodes_leave_one_socket_and_a_true_log(two: Nodes, cluster: Cluster) -> None:
    """FI-10. Some send at once, some vanish at once."""
    count, chance = 1000, random.Random(4)
    secret = await cluster.secret("CP1")
    tasks_before = len(asyncio.all_tasks())

    async def take_over(number: int) -> Raw:
        await asyncio.sleep(chance.random() * 0.01)
        one = await Raw.open(chance.choice(two).gateway_port, request("/ocpp/CP1", user="CP1", secret=secret))
        assert one.status == 101
        if number % 3 == 0:
            one.send([2, "hb", "Heartbeat", {}])
        if number % 7 == 0:
            one.writer.transport.abort()
        return one

    opened = [await take_over(1)]
    assert (await opened[0].exchange(BOOT))[:2] == [3, "boot"]  # so that whoever sends at once is answered
    for start in range(0, count, 25):
        opened += await asyncio.gather(*(take_over(number) for number in range(start, start + 25)))
    await settled(*two)  # the newest is who is registered last, and the other node may have had more to do
    opened.append(await take_over(count))
    last = len(opened)
    assert (await opened[-1].exchange(BOOT))[:2] == [3, "boot"]
    await until(lambda: sum(len(node.listener.links) for node in two) == 1)
    await settled(*two)
    [row] = await cluster.rows(connections)
    assert (row.generation, row.closed_at) == (last, None)
    [(node, connection)] = [(node, each) for node in two for each in node.switchboard.connections()]
    assert (connection.generation, node.bus.node) == (last, row.node)
    for place in two:  # from wherever it is asked
        asked = asyncio.create_task(place.switchboard.send(cluster.station(), commands.ClearCache(), by="test"))
        call = await opened[-1].receive()
        opened[-1].send([3, call[1], {"status": "Accepted"}])
        assert (await asked).status == "accepted"

    log = [(event, generation) for event, generation in await log_of(cluster) if event != "online"]
    assert [generation for event, generation in log if event == "connected"] == list(range(1, last + 1))
    # Whoever is told to have gone was the newest at that moment, on both nodes together.
    current = None
    for event, generation in log:
        if event == "connected":
            current = generation
        else:
            assert (event, generation) == ("disconnected", current)
            current = None
    assert current == last
    assert [event for event, _ in await log_of(cluster) if event in ("online", "offline")] == ["online"]
    assert [one.kind for one in await cluster.rows(alarms)] == ["takeovers"]
    for one in opened:
        await one.close()
    await until(lambda: not any(node.listener.links for node in two))
    await until(lambda: len(asyncio.all_tasks()) <= tasks_before)


async def test_ATK_03_takeovers_are_counted_over_all_nodes(two: Nodes, cluster: Cluster) -> None:
    await cluster.charger(two[0])
    for number in range(1, TAKEOVERS + 1):
        await cluster.charger(two[number % 2])
    assert await cluster.rows(alarms) == []
    await cluster.charger(two[0])
    await cluster.charger(two[1])
    assert [row.kind for row in await cluster.rows(alarms)] == ["takeovers"]


async def test_CON_07_an_absence_is_told_once_by_whichever_node_is_first(two: Nodes, cluster: Cluster) -> None:
    here, there = two
    cp = await cluster.charger(here)
    await cp.close()
    await until(lambda: _log_ends(cluster, ("disconnected", 1)))
    moved = update(connections).values(closed_at=datetime.now(UTC) - timedelta(seconds=90))
    await here.database.write(lambda work: work.execute(moved))
    await asyncio.gather(*(presence.once(node.database, after=timedelta(seconds=60)) for node in two for _ in range(5)))
    await cluster.charger(there)
    events = [event for event, _ in await log_of(cluster)]
    assert events == ["connected", "online", "disconnected", "offline", "connected", "online"]


async def test_DAT_11_a_start_repeated_over_both_nodes_is_one_session(two: Nodes, cluster: Cluster) -> None:
    """TX-01: fifty times the same message, each on a new socket, without waiting for the one before."""
    secret = await cluster.secret("CP1")
    await (await cluster.charger(two[0])).close()
    answers: set[Any] = set()

    async def repeat(number: int) -> None:
        one = await Raw.open(two[number % 2].gateway_port, request("/ocpp/CP1", user="CP1", secret=secret))
        assert one.status == 101
        one.send([2, f"start{number % 3}", "StartTransaction", START])
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):  # taken over before it was answered
            answers.add((await one.receive())[2]["transactionId"])
        await one.close()

    for start in range(0, 50, 5):
        await asyncio.gather(*(repeat(number) for number in range(start, start + 5)))
    [row] = await cluster.rows(sessions)
    assert answers == {int(row.transaction_id)}


async def test_FI_04_takeovers_are_found_while_redis_is_away(two: Nodes, cluster: Cluster, redis: Valkey) -> None:
    here, there = two
    old = await cluster.charger(here)
    redis.stop()
    try:
        await until(lambda: not any(node.bus.up.is_set() for node in two))
        await cluster.charger(there)
        await here.registry.look()
        assert await old.closed() == 4001
    finally:
        redis.start()
    for node in two:
        await cluster.joined(node)
