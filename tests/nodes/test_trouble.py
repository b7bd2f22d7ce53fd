"""One of several nodes in trouble: what it does then, and what the others do (N5 … N8, N13 … N17)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import update

from stationmaster.app import App
from stationmaster.domain import commands, nodes, organizations, stations
from stationmaster.domain import connections as connections_of
from stationmaster.domain.alarms import alarms
from stationmaster.domain.commands import commands as history
from stationmaster.domain.connections import TAKEOVERS, connections
from stationmaster.domain.sessions import sessions
from stationmaster.gateway.bus import RedisBus, Superseded, Watching
from stationmaster.settings import BadSettings, Settings
from stationmaster.storage import StorageUnavailable, Unusable, Work
from tests import factories
from tests.nodes.conftest import Cluster, until
from tests.nodes.test_live import page
from tests.valkey import Valkey
from tests.wire import Wire

Nodes = tuple[App, App]


lonely = factories.settings  # a server that knows nothing of others


async def test_N6_a_server_without_redis_does_not_start_beside_one_that_lives(
    two: Nodes, cluster: Cluster, shared_database: str
) -> None:
    here, _ = two
    cp = await cluster.charger(here)
    with pytest.raises(Unusable, match=r"another server is at work on this database. Several need redis.url"):
        async with App(lonely(shared_database)).running():
            pytest.fail("it has started")
    assert [row.closed_at for row in await cluster.rows(connections)] == [None]
    assert "currentTime" in await cp.call("Heartbeat")


async def test_N6_in_the_moment_of_a_rolling_update_the_new_one_buries_nobody(shared_database: str) -> None:
    async with App(lonely(shared_database)).running() as old:
        cluster = Cluster(lambda **_: lonely(shared_database), contextlib.AsyncExitStack())
        cluster.nodes.append(old)
        cp = await cluster.charger(old)
        async with App(lonely(shared_database, exclusive=False)).running() as new:
            assert [row.closed_at for row in await cluster.rows(connections)] == [None]
            moved = await cluster.charger(new)
            await old.registry.look()
            assert await cp.closed() == 4001
            assert "currentTime" in await moved.call("Heartbeat")
            await moved.close()


async def test_N7_with_another_key_no_server_starts_with_redis_or_without(
    two: Nodes, cluster: Cluster, shared_database: str
) -> None:
    await cluster.secret("CP1")
    settings = lonely(shared_database, exclusive=False, key="quite another key of the very same length 9876543210")
    with pytest.raises(BadSettings, match=r"^security\.key is another one, and no charger's secret would fit"):
        async with App(settings).running():
            pytest.fail("it has started")


async def test_N8_a_gap_in_what_travels_makes_the_page_load_again(cluster: Cluster, redis: Valkey) -> None:
    """The link of the sender is gone for a while, Redis is well, and the listener notices nothing by itself."""
    async with Wire(port=int(redis.url.rpartition(":")[2])) as wire:

        def by_wire(settings: Settings) -> None:
            settings.redis.url = f"redis://127.0.0.1:{wire.port}"

        here, there = await cluster.start(change=by_wire), await cluster.start()
        await here.database.write(_add_user)
        cp, client = await cluster.charger(here), await cluster.client(there)
        async with page(client) as heard:
            await until(here.database.watched)
            await cp.start()
            await heard("session_started")
            assert isinstance(here.bus, RedisBus)
            wire.cut()
            await until(lambda: not here.bus.up.is_set())  # type: ignore[attr-defined]
            await cp.start(connector=2)
            wire.mend()
            assert await heard("lost") is not None


def _add_user(work: Work) -> None:
    from stationmaster.domain import accounts, organizations, tokens
    from tests.nodes.conftest import EMAIL, PASSWORD

    home = organizations.home(work)
    accounts.add(work, home, email=EMAIL, password=PASSWORD, role="administrator")
    tokens.add(work, home, uid="TAG1")


@pytest.fixture
async def wire(shared_database: str) -> AsyncIterator[Wire]:
    async with Wire.to_postgresql(shared_database) as wire:
        yield wire


async def test_N13_what_came_of_a_command_is_kept_when_the_database_is_back(cluster: Cluster, wire: Wire) -> None:
    def by_wire(settings: Settings) -> None:
        settings.database.url = wire.postgresql(settings.database.url)

    one, node = await cluster.start(), await cluster.start(change=by_wire)
    node.database.hold_s = 0.5
    cp = await cluster.charger(node)
    asked = asyncio.create_task(node.switchboard.send(cluster.station(), commands.ClearCache(), by="test"))
    call = await cp.receive()
    wire.cut()
    await cp.send([3, call[1], {"status": "Accepted"}])
    with pytest.raises(StorageUnavailable):
        await asked
    assert [row.status for row in await cluster.rows(history)] == ["pending"]
    wire.mend()
    await until(lambda: _statuses(cluster, ["accepted"]), timeout=30)
    assert one.database.available


async def _statuses(cluster: Cluster, expected: list[str]) -> bool:
    return [row.status for row in await cluster.rows(history)] == expected


async def test_N14_who_was_blind_as_well_buries_nobody_that_lives(two: Nodes, cluster: Cluster) -> None:
    """Both have lost the database for longer than their leases; one is back a moment sooner."""
    here, there = two
    cps = await cluster.charger(here, "CP1"), await cluster.charger(there, "CP2")
    over = update(nodes.nodes)
    await here.database.write(
        lambda work: work.execute(over.values(lease_until=nodes._clock(work) - timedelta(minutes=1)))
    )
    await here.registry.look()
    await there.registry.look()
    await here.registry.look()
    assert [row.closed_at for row in await cluster.rows(connections)] == [None, None]
    for cp in cps:
        assert "currentTime" in await cp.call("Heartbeat")


async def test_N14_who_does_not_come_back_is_buried_after_the_time_of_a_lease(two: Nodes, cluster: Cluster) -> None:
    here, there = two
    await cluster.charger(there, "CP2")
    over = update(nodes.nodes).where(nodes.nodes.c.id == there.bus.node)
    await here.database.write(
        lambda work: work.execute(over.values(lease_until=nodes._clock(work) - timedelta(minutes=1)))
    )
    lease = timedelta(seconds=30)
    assert await here.database.read(nodes.dead, here.bus.node, lease=lease) == []
    assert await here.database.read(nodes.dead, here.bus.node, lease=timedelta(0)) == [there.bus.node]


async def test_N15_a_busy_bus_is_not_taken_for_a_lost_one(redis: Valkey) -> None:
    """Much to say to others, and nothing comes but its own pulse."""
    bus = RedisBus(redis.url, b"k" * 32, pulse_s=0.05, silence_s=1.0)
    backs: list[int] = []
    bus.on_back = lambda: backs.append(1)
    running = asyncio.create_task(bus.run())
    await bus.up.wait()
    until_when = asyncio.get_running_loop().time() + 3
    while asyncio.get_running_loop().time() < until_when:
        bus.tell("somebody else", Watching())
        await asyncio.sleep(0.005)
    assert backs == [1]
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


@pytest.mark.parametrize("gone_again", [False, True], ids=["still there", "gone again"])
async def test_N11_what_a_superseded_connection_still_says_changes_nothing(
    two: Nodes, cluster: Cluster, gone_again: bool
) -> None:
    """A node was frozen, and has not heard that its charger has started and stopped elsewhere meanwhile."""
    here, there = two
    here.bus.hear(Superseded, lambda *_: None)
    old, new = await cluster.charger(here), await cluster.charger(there)
    transaction = (await new.start())["transactionId"]
    await new.stop(transaction)
    if gone_again:
        await new.close()
        await until(lambda: _closed(cluster))
    await old.send([2, "again", "StartTransaction", {"connectorId": 1, "idTag": "TAG1", **START}])
    assert await old.closed() == 4001
    assert [row.status for row in await cluster.rows(sessions)] == ["completed"]


START = {"meterStart": 0, "timestamp": "2026-11-01T09:00:00Z"}


async def _closed(cluster: Cluster) -> bool:
    return [row.closed_at is not None for row in await cluster.rows(connections)] == [True]


async def test_N11_N2_a_charger_that_was_removed_starts_nothing_before_the_node_has_heard_of_it(
    two: Nodes, cluster: Cluster
) -> None:
    here, there = two
    cp = await cluster.charger(here)
    here.directory._read_at = 0.0  # it would read everything anew
    here.directory.learn = lambda row: None  # type: ignore[method-assign]
    here.directory._forget = lambda station_id: None  # type: ignore[method-assign]
    home = await there.database.write(organizations.home)
    await there.database.write(stations.delete, home, "CP1")
    await cp.send([2, "late", "StartTransaction", {"connectorId": 1, "idTag": "TAG1", **START}])
    assert await cp.closed() == 4001
    assert await cluster.rows(sessions) == []


async def test_N17_a_crash_of_ours_is_no_alarm_about_chargers(two: Nodes, cluster: Cluster) -> None:
    """Every node that has the charger dies, and it goes to the next one; then it is taken over while all of them live."""
    here, _ = two
    await cluster.secret("CP1")
    station = here.directory.find("CP1").station  # type: ignore[union-attr]

    def crash(work: Work) -> None:
        for number in range(TAKEOVERS * 3):
            connections_of.connected(work, station, node=f"node {number}", version="1.6", source="x")
            connections_of.freed(work, [f"node {number - 1}"])

    def take_over(work: Work) -> None:
        for number in range(TAKEOVERS + 1):
            connections_of.connected(work, station, node=f"other node {number}", version="1.6", source="x")

    await here.database.write(crash)
    assert await cluster.rows(alarms) == []
    await here.database.write(take_over)
    assert [row.kind for row in await cluster.rows(alarms)] == ["takeovers"]


async def test_N17_pages_are_told_when_the_command_of_a_dead_node_fails(two: Nodes, cluster: Cluster) -> None:
    """A page that is open on a living node shows the end of what was asked on the dead one, and so does one on a third."""
    here, there = two
    await cluster.secret("CP1")
    station = here.directory.find("CP1").station  # type: ignore[union-attr]
    asked = await here.database.write(
        commands.ask, station, name="reset", arguments={}, by="ann@example.com", node="a dead node"
    )
    lease = timedelta(seconds=30)
    async with page(await cluster.client(here)) as heard, page(await cluster.client(there)) as heard_there:
        await until(here.database.watched)
        await here.database.write_apart(nodes.bury, here.bus.node, lease=lease)
        for told in (await heard("command"), await heard_there("command")):
            assert (told["station"], told["id"], told["state"]) == ("CP1", commands.public_form(asked).id, "failed")
    [row] = await cluster.rows(history)
    assert (row.state, row.outcome) == ("failed", "interrupted")
