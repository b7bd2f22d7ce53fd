"""What a test of the handlers looks at afterwards: the rows of the database, oldest first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import Table, select

from stationmaster.app import App
from stationmaster.domain.alarms import alarms
from stationmaster.domain.metering import meter_values
from stationmaster.domain.quarantine import quarantine
from stationmaster.domain.sessions import sessions
from stationmaster.domain.stations import stations

Rows = Callable[..., Awaitable[list[Any]]]


class Stored:
    """The rows of a table, through the application's own database."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def rows(self, table: Table, *where: Any) -> list[Any]:
        statement = select(table).where(*where).order_by(table.c.id)
        return list(await self._app.database.read(lambda work: work.execute(statement).all()))

    async def sessions(self, identity: str | None = None) -> list[Any]:
        if identity is None:
            return await self.rows(sessions)
        mine = select(stations.c.id).where(stations.c.identity == identity).scalar_subquery()
        return await self.rows(sessions, sessions.c.station_id == mine)

    async def session(self) -> Any:
        """The only one there is."""
        [row] = await self.sessions()
        return row

    async def meter_values(self) -> list[Any]:
        return await self.rows(meter_values)

    async def quarantine(self) -> list[Any]:
        return await self.rows(quarantine)

    async def alarms(self, kind: str) -> list[Any]:
        return await self.rows(alarms, alarms.c.kind == kind)


@pytest.fixture
def stored(app: App) -> Stored:
    return Stored(app)


@pytest.fixture
def heard(app: App) -> list[Any]:
    """Every event the application has told, in order."""
    events: list[Any] = []
    app.database.after_commit.append(events.extend)
    return events
