"""The quarantine: kept once, told once, seen by its organization only, done when a person says so."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from stationmaster.domain import quarantine
from stationmaster.domain.errors import NotFound
from stationmaster.domain.events import Alarm
from stationmaster.domain.stations import Station
from stationmaster.storage import Database, Work


def keep(work: Work, station: Station, content: str = "{}") -> bool:
    return quarantine.keep(
        work,
        station,
        action="StopTransaction",
        reason="fits nothing",
        content=content,
        content_key=quarantine.key_of(content),
    )


async def waiting(world: Any, organization: int | None = None) -> list[Any]:
    return list(await world(quarantine.listed, organization or world.home, limit=10, cursor=None))


async def test_the_same_content_is_kept_and_told_once(world: Any) -> None:
    one, two = await world.station("CP1"), await world.station("CP2")
    assert [await world(keep, one), await world(keep, one), await world(keep, one, "{ }"), await world(keep, two)] == [
        True,
        False,
        True,
        True,
    ]
    assert [(row.station, row.content) for row in await waiting(world)] == [
        ("CP2", "{}"),
        ("CP1", "{ }"),
        ("CP1", "{}"),
    ]
    assert [alarm.station for alarm in world.told(Alarm)] == ["CP1", "CP2"]  # one hint for each kind and charger


async def test_DAT_11_two_nodes_keep_it_once(world: Any) -> None:
    station = await world.station()
    node = Database(world.database.url.render_as_string(hide_password=False))
    node.start()
    try:
        kept = await asyncio.gather(*(place.write(keep, station) for place in (world.database, node) * 10))
    finally:
        await node.stop()
    assert sorted(kept) == [False] * 19 + [True]
    assert len(await waiting(world)) == 1


async def test_a_person_says_that_it_is_done(world: Any) -> None:
    station = await world.station()
    await world(keep, station)
    [entry] = await waiting(world)
    await world(quarantine.resolve, world.home, entry.id, by="olive")
    assert await waiting(world) == []
    assert await world(keep, station) is False  # a retry does not bring it back


async def test_API_11_another_organization_sees_and_resolves_nothing(world: Any) -> None:
    await world(keep, await world.station())
    [entry] = await waiting(world)
    assert await waiting(world, world.home + 1) == []
    with pytest.raises(NotFound):
        await world(quarantine.resolve, world.home + 1, entry.id, by="olive")
    assert len(await waiting(world)) == 1
