"""What chargers do wrong costs nobody a session: each quirk, in each version, against the server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from stationmaster.app import App
from stationmaster.domain import auto_start, commands, organizations, stations, tokens
from stationmaster.domain.sessions import sessions
from stationmaster.gateway.auto_start import start_for_cards
from stationmaster.simulator.charger import Charger
from stationmaster.simulator.clock import Clock
from stationmaster.simulator.quirks import LATE_ANSWER_S, QUIRKS
from stationmaster.simulator.station import Habits
from stationmaster.simulator.v2 import ChargingStation21, ChargingStation201
from stationmaster.simulator.v16 import ChargePoint16
from stationmaster.storage import Work
from tests.docs.references import ROOT
from tests.patience import PATIENCE_S

KINDS = {"1.6": ChargePoint16, "2.0.1": ChargingStation201, "2.1": ChargingStation21}
HASTY = Habits(call_timeout_s=10, retry_wait_s=0.01, reconnect_s=0.01, reconnect_max_s=0.05)

every_version = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
pytestmark = pytest.mark.any_database


@pytest.fixture
async def server(app: App) -> App:
    """It knows the card RFID1."""
    home = await app.database.write(organizations.home)
    await app.database.write(tokens.add, home, uid="RFID1")
    return app


@asynccontextmanager
async def connected(server: App, kind: type[Charger], *quirks: str) -> AsyncIterator[Charger]:
    """A charger with these quirks, which the server knows."""
    home, identity = await server.database.write(organizations.home), f"Q-{quirks[0]}"
    _, secret = await server.database.write(stations.create, home, server.keys, identity=identity)
    options: dict[str, Any] = {"habits": HASTY, "quirks": quirks, "clock": Clock(jumps=True)}
    url = f"ws://127.0.0.1:{server.gateway_port}/ocpp"
    async with kind(identity, url, password=secret, **options) as charger:
        yield charger


async def session(charger: Charger) -> None:
    """A driver comes, charges 2 kWh, and leaves."""
    await charger.plug_in()
    await charger.tap("RFID1")
    await charger.charge(kwh=2)
    await charger.tap("RFID1")
    await charger.unplug()
    await charger.settled()


async def kept(server: App) -> dict[str, list[tuple[str, float | None]]]:
    """What the server has of each charger: status and energy of its sessions."""

    def look(work: Work) -> dict[str, list[tuple[str, float | None]]]:
        found: dict[str, list[tuple[str, float | None]]] = {}
        joined = select(stations.stations.c.identity, sessions.c.status, sessions.c.energy_wh).join_from(
            sessions, stations.stations, sessions.c.station_id == stations.stations.c.id
        )
        for identity, status, energy_wh in work.execute(joined.order_by(sessions.c.id)):
            found.setdefault(identity, []).append((status, None if energy_wh is None else float(energy_wh)))
        return found

    return await server.database.read(look)


@every_version
async def test_a_session_is_one_session_with_its_energy_whatever_the_quirk(server: App, kind: type[Charger]) -> None:
    names = [name for name in QUIRKS if name != "waits-for-remote-start"]  # which has a test of its own
    async with AsyncExitStack() as stack:
        chargers = [await stack.enter_async_context(connected(server, kind, name)) for name in names]
        await asyncio.gather(*(session(charger) for charger in chargers))
    assert await kept(server) == {f"Q-{name}": [("completed", 2_000.0)] for name in names}


@every_version
async def test_who_waits_for_a_remote_start_is_started_with_the_card_that_was_shown(
    server: App, kind: type[Charger]
) -> None:
    async with connected(server, kind, "waits-for-remote-start") as charger:
        await server.database.write(is_started_so, charger.identity)
        await charger.plug_in()
        assert await charger.tap("RFID1") == "Accepted"
        await charger.settled()
        assert charger.transactions == {}
        clock = server.database.clock
        server.database.clock = lambda: clock() + timedelta(seconds=21)
        gateway = server.settings.gateway
        await start_for_cards(server.database, server.switchboard, gateway)
        await until(lambda: charger.connectors[1].transaction is not None)
        await charger.charge(kwh=2)
        await charger.tap("RFID1")
        await charger.settled()
        await start_for_cards(server.database, server.switchboard, gateway)  # the cable is still in
        await charger.unplug()
        await charger.settled()
    assert await kept(server) == {"Q-waits-for-remote-start": [("completed", 2_000.0)]}


@every_version
async def test_several_quirks_at_once(server: App, kind: type[Charger]) -> None:
    names = ("ids-restart", "wrong-types", "no-zone", "strange-words", "own-fields", "duplicate-transaction-events")
    async with connected(server, kind, *names) as charger:
        await session(charger)
        async with charger.offline():
            await session(charger)
        await charger.boot()
        await session(charger)
    assert await kept(server) == {"Q-ids-restart": [("completed", 2_000.0)] * 3}


@every_version
async def test_an_answer_that_comes_late_is_taken(server: App, kind: type[Charger]) -> None:
    async with connected(server, kind, "late-answers") as charger:
        station_id = await server.database.read(station_of, charger.identity)
        asking = asyncio.create_task(server.switchboard.send(station_id, commands.ClearCache(), by="me"))
        await until(lambda: charger.counters.received["ClearCache"] == 1)
        assert not asking.done()
        await charger.clock.pass_time(LATE_ANSWER_S)
        assert (await asking).outcome == "accepted"


@every_version
async def test_who_never_introduces_itself_is_asked_to(server: App, kind: type[Charger]) -> None:
    async with connected(server, kind, "no-boot") as charger:
        await until(lambda: charger.registration == "Accepted")
        assert charger.counters.received["TriggerMessage"] >= 1


def test_each_quirk_has_its_sentence_on_the_page() -> None:
    page = (ROOT / "docs" / "simulator.md").read_text()
    rows = [f"| `{name}` | {quirk.sentence} |" for name, quirk in QUIRKS.items()]
    assert [line for line in page.partition("## Quirks")[2].splitlines() if line.startswith("| `")] == rows


def is_started_so(work: Work, identity: str) -> None:
    """A person says so."""
    auto_start.say(work, stations.get(work, organizations.home(work), identity), wanted=True, by="me")


def station_of(work: Work, identity: str) -> int:
    return stations.get(work, organizations.home(work), identity).id


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.001)
