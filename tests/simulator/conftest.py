from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from stationmaster.simulator.clock import Clock
from stationmaster.simulator.station import Habits
from stationmaster.simulator.v2 import ChargingStation21, ChargingStation201
from stationmaster.simulator.v16 import ChargePoint16
from tests.simulator.central_system import CentralSystem


@pytest.fixture
async def server() -> AsyncIterator[CentralSystem]:
    async with CentralSystem().running() as system:
        yield system


@pytest.fixture
def clock() -> Clock:
    return Clock(jumps=True, start=datetime(2026, 5, 4, 8, 0, tzinfo=UTC))


@pytest.fixture
def hasty() -> Habits:
    """Habits of a station that does not keep a test waiting."""
    return Habits(call_timeout_s=10, retry_wait_s=0.01, reconnect_s=0.01, reconnect_max_s=0.05)


@pytest.fixture
async def cp16(server: CentralSystem, clock: Clock, hasty: Habits) -> AsyncIterator[ChargePoint16]:
    async with ChargePoint16("CP1", server.url, clock=clock, habits=hasty, connectors=2) as station:
        await station.settled()
        yield station


@pytest.fixture(params=[ChargingStation201, ChargingStation21], ids=["2.0.1", "2.1"])
def kind(request: pytest.FixtureRequest) -> type[ChargingStation201]:
    return request.param


@pytest.fixture
async def csms(kind: type[ChargingStation201]) -> AsyncIterator[CentralSystem]:
    async with CentralSystem(kind.dialect.subprotocol).running() as system:
        yield system


@pytest.fixture
async def cs(
    kind: type[ChargingStation201], csms: CentralSystem, clock: Clock, hasty: Habits
) -> AsyncIterator[ChargingStation201]:
    async with kind("CS1", csms.url, clock=clock, habits=hasty, connectors=2) as station:
        await station.settled()
        yield station
