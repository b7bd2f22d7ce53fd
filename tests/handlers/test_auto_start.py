"""A charger that begins no session although a card was accepted is started from here: once, with that card, where it waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from stationmaster.app import App
from stationmaster.domain import auto_start, commands, organizations, stations, tokens
from stationmaster.domain.commands.history import commands as history
from stationmaster.gateway.auto_start import start_for_cards
from stationmaster.settings import Gateway, Settings
from stationmaster.storage import Work
from tests.handlers.asking import Asked

OFF, EVERY = Gateway(), Gateway.model_validate({"auto_start": [{"vendor": "acme*"}]})
ACCEPTED = {"status": "Accepted"}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    settings.gateway.auto_start = EVERY.auto_start
    return settings


@pytest.fixture(params=["1.6", "2.0.1", "2.1"])
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def ready(app: App, one: Asked) -> Asked:
    """Its connector is free, and there are two cards that may charge."""
    home = await app.database.write(organizations.home)
    known = {row.uid for row in await app.database.read(lambda work: work.execute(select(tokens.tokens)).all())}
    for card in {"TAG1", "TAG2"} - known:
        await app.database.write(tokens.add, home, uid=card)
    await one.status("Available")
    one.clock.forward(30)
    return one


async def say(app: App, wanted: bool | None) -> None:
    """A person's word on CP1."""

    def write(work: Work) -> None:
        row = stations.get(work, organizations.home(work), "CP1")
        auto_start.say(work, row, wanted=wanted, by="me")

    await app.database.write(write)


async def cards(app: App) -> list[str]:
    """Those that are kept."""
    kept = select(auto_start.shown_cards.c.token)
    return list(await app.database.read(lambda work: work.execute(kept).scalars().all()))


async def show(one: Asked, card: str = "TAG1") -> None:
    token = {"idTag": card} if one.old else {"idToken": {"idToken": card, "type": "ISO14443"}}
    await one.call("Authorize", token)


async def plug_in(one: Asked, evse: int = 1) -> None:
    await one.status("Preparing" if one.old else "Occupied", evse=evse)


async def starts(one: Asked, gateway: Gateway = EVERY, answer: Any = ACCEPTED) -> list[Any]:
    """What the charger is asked now."""
    asking = asyncio.create_task(start_for_cards(one.app.database, one.app.switchboard, gateway))
    calls = []
    while not asking.done():
        came = asyncio.create_task(one.raw.receive())
        await asyncio.wait({came, asking}, return_when=asyncio.FIRST_COMPLETED)
        if not came.done():
            came.cancel()
            await asyncio.wait({came})
            break
        call = came.result()
        calls.append(tuple(call[2:]))
        await one.raw.send([3, call[1], answer])
    await asking
    return calls


def is_start(one: Asked, calls: list[Any], card: str = "TAG1", evse: int = 1) -> bool:
    [(action, sent)] = calls
    if one.old:
        return bool((action, sent["idTag"], sent["connectorId"]) == ("RemoteStartTransaction", card, evse))
    told = (action, sent["idToken"]["idToken"], sent["evseId"])
    return bool(told == ("RequestStartTransaction", card, evse))


async def test_it_is_started_once_with_the_card_and_the_history_says_why(ready: Asked) -> None:
    one = ready
    await show(one)
    await plug_in(one)
    assert await starts(one) == []  # most begin by themselves
    one.clock.forward(21 / 60)
    assert is_start(one, await starts(one))
    rows = await one.app.database.read(lambda work: work.execute(select(history)).all())
    assert [(row.name, row.asked_by) for row in rows] == [("remote-start", auto_start.BY)]
    for _ in range(3):  # whatever comes of it, and although the charger asks again about the card
        await show(one)
        one.clock.forward(0.5)
        assert await starts(one) == []


async def test_the_time_counts_from_the_cable_where_that_comes_later(ready: Asked) -> None:
    one = ready
    await show(one)
    one.clock.forward(1)
    assert await starts(one) == []
    await plug_in(one)
    one.clock.forward(10 / 60)
    assert await starts(one) == []
    one.clock.forward(11 / 60)
    assert is_start(one, await starts(one))


async def session_began(one: Asked) -> None:
    await one.start("TAG1")


async def session_of_another_card(one: Asked) -> None:
    await one.start("TAG2")


async def somebody_has_started_it(one: Asked) -> None:
    await one.ask(commands.RemoteStart("TAG1", evse=1), {"status": "Rejected"})


async def the_cable_is_out(one: Asked) -> None:
    await one.status("Available")


async def the_card_is_blocked(one: Asked) -> None:
    home = await one.app.database.write(organizations.home)
    await one.app.database.write(tokens.change, home, "TAG1", {"status": "blocked"})


async def minutes_pass(one: Asked) -> None:
    one.clock.forward(5)


@pytest.mark.parametrize(
    "meanwhile",
    [
        session_began,
        session_of_another_card,
        somebody_has_started_it,
        the_cable_is_out,
        the_card_is_blocked,
        minutes_pass,
    ],
)
async def test_it_is_not_started_where_that_is_over(ready: Asked, meanwhile: Callable[[Asked], Any]) -> None:
    one = ready
    await plug_in(one)
    await show(one)
    await meanwhile(one)
    one.clock.forward(0.5)
    assert await starts(one) == []


async def test_a_card_that_was_refused_starts_nothing(ready: Asked) -> None:
    await plug_in(ready)
    await show(ready, "NOBODY")
    ready.clock.forward(0.5)
    assert await starts(ready) == []


async def test_a_card_that_ends_a_session_starts_no_other(ready: Asked) -> None:
    """The cable is still in, and in 2.x the connector is as occupied as before."""
    one = ready
    await plug_in(one)
    await one.start("TAG1")
    one.clock.forward(60)
    await show(one)
    if one.old:
        [number] = await one.app.database.read(
            lambda work: work.execute(select(auto_start.sessions.c.transaction_id)).scalars().all()
        )
        told = {"transactionId": int(number), "meterStop": 9, "timestamp": one.clock.text(), "idTag": "TAG1"}
        await one.call("StopTransaction", told)
    else:
        await one.event("Ended")
    await plug_in(one)
    one.clock.forward(0.5)
    assert await starts(one) == []


async def test_only_who_is_named_is_started(ready: Asked) -> None:
    """A person's word on one charger goes before the rules, in both ways."""
    one = ready

    async def is_started(gateway: Gateway, wanted: bool | None) -> bool:
        await say(one.app, wanted)
        one.clock.forward(30)
        await show(one)
        await plug_in(one)
        one.clock.forward(0.5)
        calls = await starts(one, gateway, {"status": "Rejected"})
        return bool(calls) and is_start(one, calls)

    other = Gateway.model_validate({"auto_start": [{"vendor": "Easee"}, {"vendor": "Autel*"}]})
    found = [
        await is_started(*each) for each in ((OFF, None), (other, None), (EVERY, False), (EVERY, None), (OFF, True))
    ]
    assert found == [False, False, False, True, True]


async def test_of_two_places_that_wait_the_one_is_taken_that_was_plugged_in_about_then(ready: Asked) -> None:
    one = ready
    await plug_in(one, 2)  # it stands there for hours
    one.clock.forward(180)
    await show(one)
    await plug_in(one, 1)
    one.clock.forward(0.5)
    assert is_start(one, await starts(one))


async def test_where_nobody_can_tell_whose_car_it_is_nothing_is_started(ready: Asked) -> None:
    one = ready
    await plug_in(one, 1)
    await plug_in(one, 2)
    await show(one)
    one.clock.forward(0.5)
    assert await starts(one) == []


async def test_who_is_away_is_not_started_when_it_comes_back(ready: Asked) -> None:
    one = ready
    await plug_in(one)
    await show(one)
    await one.leave()
    one.clock.forward(0.5)
    await start_for_cards(one.app.database, one.app.switchboard, EVERY)
    rows = await one.app.database.read(lambda work: work.execute(select(history.c.id)).all())
    assert rows == []


async def test_what_was_shown_is_forgotten(ready: Asked) -> None:
    one = ready
    await show(one)
    assert await cards(one.app) == ["TAG1"]
    one.clock.forward(6)
    await one.app.database.write(auto_start.forget)
    assert await cards(one.app) == []


async def test_of_a_charger_that_is_never_started_so_no_card_is_kept(ready: Asked) -> None:
    one = ready
    await say(one.app, False)
    await show(one)
    assert await cards(one.app) == []
    await say(one.app, True)
    await show(one)
    assert await cards(one.app) == ["TAG1"]


class TestNobodySaysSo:
    """Neither a rule nor a person: as it is at first, an authorization then writes nothing more."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        settings.gateway.auto_start = []
        return settings

    async def test_no_card_is_kept(self, ready: Asked) -> None:
        await show(ready)
        assert await cards(ready.app) == []
