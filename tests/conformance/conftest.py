"""A certification case asks for `octt`: a station that is registered and has just connected."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from stationmaster.app import App
from stationmaster.domain import organizations, stations, tokens
from stationmaster.settings import Settings
from tests.conformance.cp import Cp
from tests.conformance.octt import CARD, Octt, Tool

Connect = Callable[..., Awaitable[Octt]]


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    # What is tested here is what we say on the wire; the other tests show that both databases keep the same.
    metafunc.definition.add_marker(pytest.mark.any_database)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """As for a certification: every deviation of a frame from its schema is answered with an error, so these tests make none either."""
    settings.gateway.strict = True
    return settings


@pytest.fixture
def station(app: App, charger: Any) -> Connect:
    """`await station("CP1")`: connected, not booted."""

    async def connect(identity: str = "CP1", **options: Any) -> Octt:
        return Octt(app, await charger(identity, boot=False, subprotocols=["ocpp2.0.1"], **options))

    return connect


@pytest.fixture
async def octt(station: Connect) -> AsyncIterator[Octt]:
    octt = await station()
    yield octt
    assert octt.unanswered == [], "it was asked what no case expects"


@pytest.fixture
async def cp(app: App, charger: Any) -> AsyncIterator[Cp]:
    """A charge point of 1.6 that has just connected."""
    cp = Cp(app, await charger("CP1", boot=False, subprotocols=["ocpp1.6"]))
    yield cp
    assert cp.unanswered == [], "it was asked what no case expects"


@pytest.fixture
def reconnect(charger: Any) -> Callable[..., Awaitable[None]]:
    """`await reconnect(octt)`: it closes its socket, and opens another."""

    async def again(octt: Tool, **options: Any) -> None:
        await octt.raw.close()
        octt.raw = await charger(octt.identity, boot=False, subprotocols=[octt.subprotocol], **options)

    return again


@pytest.fixture
async def card(app: App, charger: Any) -> None:
    """The card of the tests is known here with its type, as it is configured for the cases that send it to the station."""
    home = await app.database.write(organizations.home)
    await app.database.write(tokens.remove, home, CARD["idToken"])
    await app.database.write(tokens.add, home, uid=CARD["idToken"], kind=CARD["type"])


@pytest.fixture
def decide(app: App) -> Callable[[str], Awaitable[None]]:
    """`await decide("pending")`: an operator says how the station's BootNotification is answered."""

    async def change(registration: str) -> None:
        home = await app.database.write(organizations.home)
        await app.database.write(stations.change, home, "CP1", {"registration": registration})

    return change


@pytest.fixture
def forward(app: App) -> Callable[[timedelta], None]:
    """`forward(timedelta(hours=1))`: later, without waiting."""
    clock = app.database.clock
    passed = [timedelta(0)]

    def move(by: timedelta) -> None:
        passed[0] += by

    app.database.clock = lambda: clock() + passed[0]
    return move
