"""What a test of the handlers looks at afterwards: the rows of the database, oldest first."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import Table, select

from stationmaster.app import App
from stationmaster.domain.alarms import alarms
from stationmaster.domain.message_log import messages
from stationmaster.domain.metering import meter_values
from stationmaster.domain.quarantine import quarantine
from stationmaster.domain.sessions import sessions
from stationmaster.domain.stations import stations
from tests.charger import Charger
from tests.handlers.asking import Asked, Clock
from tests.patience import PATIENCE_S

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

    async def logged(self, action: str, *, count: int = 1) -> list[Any]:
        """So many of its messages with this action; what we have called is written beside its answer."""
        async with asyncio.timeout(PATIENCE_S):
            while len(rows := await self.rows(messages, messages.c.action == action)) < count:
                await asyncio.sleep(0.005)
        return rows

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


@pytest.fixture(params=["2.0.1", "2.1"])
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def clock(app: App) -> Clock:
    return Clock(app)


@pytest.fixture
async def one(app: App, charger: Any, version: str, clock: Clock) -> Asked:
    """A charger of this version that has booted."""
    return await Asked.connect(app, charger, version, clock)


class Station2:
    """A charger's raw socket that speaks 2.x, with the usual messages in their shortest form."""

    def __init__(self, charger: Charger) -> None:
        self.raw = charger
        self.call = charger.call

    async def boot(self, *, reason: str = "PowerUp", **more: Any) -> Any:
        told = {"vendorName": "Acme", "model": "Two", **more}
        return await self.call("BootNotification", {"reason": reason, "chargingStation": told})

    async def status(self, status: str, *, evse: int = 1, connector: int = 1, at: str = "2026-11-01T09:00:00Z") -> Any:
        told = {"timestamp": at, "connectorStatus": status, "evseId": evse, "connectorId": connector}
        return await self.call("StatusNotification", told)

    async def event(
        self,
        kind: str,
        seq: int,
        *,
        transaction: str = "tx-1",
        at: str = "2026-11-01T10:00:00Z",
        trigger: str = "Trigger",
        info: dict[str, Any] | None = None,
        **more: Any,
    ) -> Any:
        told = {
            "eventType": kind,
            "timestamp": at,
            "triggerReason": trigger,
            "seqNo": seq,
            "transactionInfo": {"transactionId": transaction, **(info or {})},
        }
        return await self.call("TransactionEvent", told | more)


def card(uid: str = "TAG1", kind: str = "ISO14443") -> dict[str, Any]:
    """An idToken."""
    return {"idToken": uid, "type": kind}


def value(
    register: float, *, at: str = "2026-11-01T10:00:00Z", context: str | None = None, **more: Any
) -> list[dict[str, Any]]:
    """A register of one moment."""
    sample: dict[str, Any] = {"value": register, **more}
    if context is not None:
        sample["context"] = context
    return [{"timestamp": at, "sampledValue": [sample]}]


@pytest.fixture
async def station(charger: Any, version: str) -> Callable[..., Awaitable[Station2]]:
    """`await station("CP1")`: a charger of the version under test, booted."""

    async def connect(identity: str = "CP1", *, boot: bool = True, speaks: str = version) -> Station2:
        one = Station2(await charger(identity, boot=False, subprotocols=[f"ocpp{speaks}"]))
        if boot:
            await one.boot()
        return one

    return connect
