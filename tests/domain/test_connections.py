"""Who holds which charger, as the database has it: over nodes, restarts, and time (CON-01, CON-02, CON-08, ATK-03)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from stationmaster.domain import commands, connections, events, nodes
from stationmaster.domain.connections import TAKEOVER_WINDOW, TAKEOVERS
from stationmaster.domain.stations import Station

LEASE = timedelta(seconds=30)
AT_ONCE = timedelta(0)


async def connect(world: Any, station: Station, node: str = "n1") -> connections.Opened:
    opened: connections.Opened = await world(
        connections.connected, station, node=node, version="1.6", source="192.0.2.1"
    )
    return opened


async def test_CON_01_generations_count_on_and_say_whose_place_was_taken(world: Any) -> None:
    station = await world.station()
    assert await connect(world, station) == connections.Opened(1, None)
    assert await connect(world, station, "n2") == connections.Opened(2, "n1")
    await world(connections.disconnected, station, node="n1", reason="too late")
    assert (await world(connections.holder, station.id)).node == "n2"
    await world(connections.disconnected, station, node="n2", reason="lost")
    assert await world(connections.holder, station.id) is None
    assert await connect(world, station) == connections.Opened(3, None)
    assert [event.generation for event in world.told(events.StationDisconnected)] == [2]


async def test_CON_07_who_is_back_in_time_was_never_offline(world: Any) -> None:
    station, after = await world.station(), timedelta(seconds=60)
    await connect(world, station)
    await world(connections.disconnected, station, node="n1", reason="lost")
    world.now += timedelta(seconds=59)
    assert not await world(connections.are_overdue, after=after)
    await connect(world, station)
    await world(connections.disconnected, station, node="n1", reason="lost")
    world.now += timedelta(seconds=60)
    assert await world(connections.are_overdue, after=after)
    assert await world(connections.offline, after=after) == ["CP1"]
    assert await world(connections.offline, after=after) == []
    await connect(world, station)
    assert (len(world.told(events.StationOnline)), len(world.told(events.StationOffline))) == (2, 1)


async def test_ATK_03_takeovers_are_counted_for_ten_minutes(world: Any) -> None:
    station = await world.station()
    await connect(world, station)
    for _ in range(TAKEOVERS):
        await connect(world, station)
    world.now += TAKEOVER_WINDOW
    for _ in range(TAKEOVERS):
        await connect(world, station)
    assert world.told(events.Alarm) == []
    await connect(world, station)
    await world(connections.disconnected, station, node="n1", reason="lost")
    await connect(world, station)  # into an empty place
    await connect(world, station)
    assert [event.kind for event in world.told(events.Alarm)] == ["takeovers"]


async def test_CON_08_what_the_dead_hold_is_freed_and_the_living_keep_theirs(world: Any) -> None:
    kept, lost = await world.station("KEPT"), await world.station("LOST")
    for node in ("n1", "n2"):
        await world(nodes.join, node, seal="s", lease=LEASE)
    await connect(world, kept, "n1")
    await connect(world, lost, "n2")
    for station, node in ((kept, "n1"), (lost, "n2")):
        await world(commands.ask, station, name="reset", arguments={}, by="me", node=node)
    assert await world(nodes.dead, "n1", lease=LEASE) == []
    await world(nodes.renew, "n2", seal="s", lease=-LEASE)
    assert await world(nodes.dead, "n1", lease=LEASE) == []  # n1 has not been there for the time of a lease
    assert await world(nodes.dead, "n1", lease=AT_ONCE) == ["n2"]
    assert await world(nodes.bury, "n1", lease=AT_ONCE) == (1, 1)
    assert await world(nodes.bury, "n1", lease=AT_ONCE) == (0, 0)
    assert [event.station for event in world.told(events.StationDisconnected)] == ["LOST"]
    assert await world(connections.holders) == await world(commands.nodes_waiting) == ["n1"]

    await world(nodes.renew, "n2", seal="s", lease=LEASE)  # it had only been slow
    await connect(world, lost, "n2")
    assert await world(nodes.dead, "n1", lease=AT_ONCE) == []
    await world(nodes.leave, "n1")
    assert await world(nodes.dead, "n2", lease=AT_ONCE) == ["n1"]


async def test_CON_08_who_is_alone_knows_that_all_others_are_dead(world: Any) -> None:
    """A server that starts again after a power cut does not wait for a lease."""
    station, mine = await world.station("CP1"), await world.station("CP2")
    await world(nodes.join, "old", seal="s", lease=LEASE)
    await connect(world, station, "old")
    await connect(world, mine, "new")
    assert await world(nodes.bury, "new", lease=LEASE, alone=True) == (1, 0)
    assert await world(connections.holders) == ["new"]
