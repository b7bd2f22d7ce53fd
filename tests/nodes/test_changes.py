"""What one node changes, the others know: whatever their clocks say, and whatever they have missed (N1, N2, N4, L13)."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import websockets
from sqlalchemy import event, update

from stationmaster.api.rates import TooManyRequests
from stationmaster.app import App
from stationmaster.background import presence
from stationmaster.domain import organizations, security_profiles, stations
from stationmaster.domain.connections import connections
from stationmaster.gateway.directory import Entry
from stationmaster.settings import Settings
from tests.charger import Charger
from tests.nodes.conftest import Cluster, settled, until
from tests.wire import Wire

Nodes = tuple[App, App]


async def home_of(node: App) -> int:
    return await node.database.write(organizations.home)


def knows(node: App, identity: str, secret: str) -> bool:
    entry = node.directory.find(identity)
    return entry is not None and bool(node.keys.check(entry.credential, secret.encode()))


def entry_of(node: App, identity: str) -> Entry:
    """What a node knows of a charger."""
    entry = node.directory.find(identity)
    assert entry is not None
    return entry


async def answered(node: App, identity: str, secret: str) -> int:
    """The status of a handshake."""
    try:
        await (await Charger.connect(node.gateway_port, identity, secret)).close()
    except websockets.InvalidStatus as refused:
        return refused.response.status_code
    return 101


@pytest.mark.parametrize("ahead_s", [5, 45, -45])
async def test_N1_what_is_changed_reaches_a_node_whose_clock_is_wrong(cluster: Cluster, ahead_s: int) -> None:
    one = await cluster.start()
    other = await cluster.start(clock=lambda: datetime.now(UTC) + timedelta(seconds=ahead_s))
    home, first = await home_of(one), await cluster.secret("CP1")
    cp = await cluster.charger(other)
    second = await one.database.write(stations.new_secret, home, "CP1", one.keys)
    await until(lambda: knows(other, "CP1", second))
    assert await answered(other, "CP1", first) == 401
    await one.database.write(stations.change, home, "CP1", {"registration": "rejected"})
    await until(lambda: not entry_of(other, "CP1").station.accepted)
    assert (await cp.boot())["status"] == "Rejected"
    await one.database.write(stations.delete, home, "CP1")
    assert await cp.closed() == 4002
    assert await answered(other, "CP1", second) == 401
    await cluster.secret("CP2")  # waits until every node knows it
    assert await answered(other, "CP2", await cluster.secret("CP2")) == 101
    # And what the wrong one changes, the right one knows.
    third = await other.database.write(stations.new_secret, home, "CP2", other.keys)
    await until(lambda: knows(one, "CP2", third))


async def test_N1_a_node_that_is_too_far_off_says_so_and_serves_nobody(cluster: Cluster) -> None:
    ahead = timedelta(seconds=120)
    one = await cluster.start()
    other = await cluster.start(clock=lambda: datetime.now(UTC) + ahead)
    secret = await cluster.secret("CP1")
    assert await answered(other, "CP1", secret) == 503
    async with httpx.AsyncClient() as client:
        told = await client.get(f"http://127.0.0.1:{other.web_port}/health")
        assert (told.status_code, told.json()) == (503, {"status": "degraded", "reason": "clock"})
        assert "retry-after" in told.headers
        assert (await client.get(f"http://127.0.0.1:{one.web_port}/health")).status_code == 200
        assert await answered(one, "CP1", secret) == 101
        ahead = timedelta(0)
        await until(lambda: other.gate.unready() is None)
        assert await answered(other, "CP1", secret) == 101
        assert (await client.get(f"http://127.0.0.1:{other.web_port}/health")).status_code == 200


async def test_N1_alone_a_node_keeps_its_own_time_and_serves(settings: Settings) -> None:
    async with App(settings, clock=lambda: datetime.now(UTC) + timedelta(seconds=300)).running() as app:
        assert app.gate.unready() is None
        assert app.database.clock() - datetime.now(UTC) > timedelta(seconds=290)


@pytest.mark.parametrize("ahead_s", [50, -50])
async def test_N4_absences_are_measured_by_one_clock(cluster: Cluster, ahead_s: int) -> None:
    nodes = await cluster.start(), await cluster.start(clock=lambda: datetime.now(UTC) + timedelta(seconds=ahead_s))
    grace = timedelta(seconds=30)
    for node, identity in zip(nodes, ("CP1", "CP2"), strict=True):
        cp = await cluster.charger(node, identity)
        await cp.close()
    await until(lambda: _all_closed(cluster))
    for node in nodes:
        await presence.once(node.database, after=grace)
    assert [row.online_since is not None for row in await cluster.rows(connections)] == [True, True]
    long_ago = update(connections).values(closed_at=datetime.now(UTC) - 2 * grace)
    await nodes[0].database.write(lambda work: work.execute(long_ago))
    await presence.once(nodes[1].database, after=grace)
    assert [row.online_since is not None for row in await cluster.rows(connections)] == [False, False]


async def _all_closed(cluster: Cluster) -> bool:
    return all(row.closed_at is not None for row in await cluster.rows(connections))


@pytest.fixture
async def wire(shared_database: str) -> AsyncIterator[Wire]:
    async with Wire.to_postgresql(shared_database) as wire:
        yield wire


async def test_N2_after_an_outage_of_its_own_a_node_knows_what_others_did_before_it_lets_anybody_in(
    cluster: Cluster, wire: Wire
) -> None:
    def by_wire(settings: Settings) -> None:
        settings.database.url = wire.postgresql(settings.database.url)

    one, other = await cluster.start(), await cluster.start(change=by_wire)
    home = await home_of(one)
    old = {identity: await cluster.secret(identity) for identity in ("GONE", "CHANGED")}
    gone = await cluster.charger(other, "GONE")
    changes: list[Any] = []
    other.directory.on_changed = changes.append
    wire.cut()
    await until(lambda: not other.directory.fresh)
    assert await answered(other, "CHANGED", old["CHANGED"]) == 503
    await one.database.write(stations.delete, home, "GONE")
    changed = await one.database.write(stations.new_secret, home, "CHANGED", one.keys)
    _, new = await one.database.write(stations.create, home, one.keys, identity="NEW")
    wire.mend()

    async def let_in(identity: str, secret: str) -> int | None:
        status = await answered(other, identity, secret)
        return None if status == 503 else status

    # The first answer that is not "later" is the right one.
    asked = [("GONE", old["GONE"]), ("CHANGED", old["CHANGED"]), ("CHANGED", changed), ("NEW", new)]
    statuses = await asyncio.gather(*(until(lambda each=each: let_in(*each), timeout=60) for each in asked))
    assert statuses == [401, 401, 101, 101]
    assert await gone.closed() == 4002
    assert {"GONE", "NEW"} <= {change.station for change in changes}


async def test_L13_a_commit_that_takes_long_is_not_missed(two: Nodes, cluster: Cluster) -> None:
    """Its number is taken, others are taken meanwhile, and it becomes visible much later."""
    one, other = two
    home = await home_of(one)
    first = {identity: await cluster.secret(identity) for identity in ("CP1", "CP2")}
    begun, go = threading.Event(), threading.Event()

    def delay(_connection: Any) -> None:
        begun.set()
        go.wait(30)

    event.listen(one.database.engine, "commit", delay)
    slow = asyncio.create_task(one.database.write(stations.new_secret, home, "CP1", one.keys))
    await asyncio.to_thread(begun.wait, 10)
    event.remove(one.database.engine, "commit", delay)
    meanwhile = asyncio.create_task(other.database.write(stations.new_secret, home, "CP2", other.keys))
    for _ in range(5):
        for node in two:
            await node.directory.catch_up()
    assert knows(other, "CP1", first["CP1"])
    go.set()
    changed = {"CP1": await slow, "CP2": await meanwhile}
    for node in two:
        for identity, secret in changed.items():
            await until(lambda node=node, identity=identity, secret=secret: knows(node, identity, secret))


async def test_A5_what_another_process_adds_is_live_at_once(two: Nodes, cluster: Cluster) -> None:
    """A page on the other node hears of it, and of what the charger does next."""
    one, other = two
    assert other.api is not None
    live = other.api.context.live
    home = await home_of(one)
    viewer = live.admit(home, None)
    live._viewers.add(viewer)
    _, secret = await one.database.write(stations.create, home, one.keys, identity="CP1")
    await until(lambda: other.directory.find("CP1"))
    heard = viewer.take()
    assert b"station_changed" in heard and b"CP1" in heard
    await (await Charger.connect(other.gateway_port, "CP1", secret)).close()
    await settled(other)
    assert b"station_connected" in viewer.take()


async def test_SEC_30_what_lets_a_charger_in_on_one_node_holds_on_the_other(two: Nodes, cluster: Cluster) -> None:
    """The lowest security profile; and the serial number, by which its certificate is known (SEC-21)."""
    one, other = two
    cp = await cluster.charger(one)
    await cp.boot(chargePointSerialNumber="S-1")
    known = entry_of(other, "CP1")
    await until(lambda: known.station.serial == "S-1")
    await cp.boot(chargePointSerialNumber="S-2")
    await until(lambda: known.station.serial == "S-2")
    home, secret = await home_of(one), await cluster.secret("CP1")
    assert await answered(other, "CP1", secret) == 101
    await one.database.write(security_profiles.set_lowest, home, "CP1", 2, reason=None)
    await until(lambda: known.min_profile == 2)
    assert await answered(other, "CP1", secret) == 401


async def test_API_15_what_somebody_asked_of_one_node_counts_on_the_other(two: Nodes) -> None:
    one, other = two
    assert one.api is not None and other.api is not None
    counted = other.api.context.rates
    one.api.context.rates.take("user ann", 2)
    await until(lambda: "user ann" in counted._counts)
    assert counted.take("user ann", 2) == (2, 0, 60)
    with pytest.raises(TooManyRequests):
        counted.take("user ann", 2)
