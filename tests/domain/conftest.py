"""A home organization with one charger, on both databases, and a clock that the test moves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import pytest

from stationmaster.domain import organizations, stations
from stationmaster.domain.credentials import Keys
from stationmaster.domain.stations import Station
from stationmaster.storage import Database, Work

T = TypeVar("T")


class World:
    """`await world(f, …)` runs `f(work, …)` as a message or a click would, at `world.now`."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.now = datetime(2026, 11, 1, 12, tzinfo=UTC)
        self.keys = Keys(b"a key that is only good for tests")
        self.heard: list[Any] = []
        self.home = 0
        database.clock = lambda: self.now
        database.after_commit.append(self.heard.extend)

    async def __call__(self, f: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        return await self.database.write(f, *args, **kwargs)

    async def station(self, identity: str = "CP1", *, organization: int | None = None) -> Station:
        """A registered charger, as its handlers know it."""

        def add(work: Work) -> Station:
            owner = organization or self.home
            row, _ = stations.create(work, owner, self.keys, identity=identity)
            return Station(row.id, identity, owner, "1.6", "accepted", True)

        return await self(add)

    def told(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.heard if type(event) is kind]


@pytest.fixture
async def world(database: Database) -> World:
    world = World(database)
    world.home = await world(organizations.home)
    return world
