"""Whose session it is that a remote start has begun, where the charger names only the number of the start."""

from __future__ import annotations

from typing import Any

import pytest

from stationmaster.app import App
from stationmaster.domain import commands, organizations, sessions, tokens
from stationmaster.storage.lists import Wanted
from tests.handlers.asking import Asked

ACCEPTED = {"status": "Accepted"}


async def start(one: Asked) -> dict[str, Any]:
    """What the charger calls the transaction, and the start that it has come of."""
    _, [[_, sent]] = await one.ask(commands.RemoteStart("TAG1", evse=1), ACCEPTED)
    return {"transactionId": "tx-1", "remoteStartId": sent["remoteStartId"]}


async def card_of_session(one: Asked) -> str | None:
    home = await one.app.database.write(organizations.home)
    [row] = (await one.app.database.write(sessions.listed, home, Wanted(), sessions.Which(station="CP1"))).rows
    return row.token


async def test_the_session_of_a_remote_start_has_its_card(one: Asked) -> None:
    info = await start(one)
    await one.event("Started", transactionInfo=info)
    assert await card_of_session(one) == "TAG1"


@pytest.mark.any_database
async def test_so_has_one_that_had_begun_before(one: Asked) -> None:
    await one.event("Started", evse={"id": 1, "connectorId": 1})
    assert await card_of_session(one) is None
    await one.event("Updated", transactionInfo=await start(one))
    assert await card_of_session(one) == "TAG1"


@pytest.mark.any_database
@pytest.mark.parametrize("first", [True, False])
async def test_a_card_that_is_told_counts(app: App, one: Asked, first: bool) -> None:
    home = await app.database.write(organizations.home)
    await app.database.write(tokens.add, home, uid="TAG2")
    info, other = await start(one), {"idToken": "TAG2", "type": "ISO14443"}
    if not first:
        await one.event("Started", idToken=other)
    await one.event("Started" if first else "Updated", transactionInfo=info, idToken=other)
    assert await card_of_session(one) == "TAG2"


@pytest.mark.any_database
@pytest.mark.parametrize("number", [0, 12345, 2**31 - 1])
async def test_a_number_that_is_none_of_ours_is_nobodys_card(one: Asked, number: int) -> None:
    await start(one)
    await one.event("Started", transactionInfo={"transactionId": "tx-1", "remoteStartId": number})
    assert await card_of_session(one) is None
