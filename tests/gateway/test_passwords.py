"""C2: a charger gets a new password, and is never locked out by it."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from stationmaster.domain import commands, organizations, stations
from stationmaster.domain.commands import commands as history
from stationmaster.domain.errors import Conflict, Invalid
from stationmaster.domain.message_log import messages
from tests.gateway.conftest import until


def station_of(app: Any) -> int:
    return int(app.directory.find("CP1").station.id)


async def change(app: Any, one: Any, answer: Any) -> tuple[Any, str]:
    """Change the password; what came of it, and the password as the charger has read it."""
    asked = asyncio.create_task(app.switchboard.send(station_of(app), commands.RenewPassword(), by="me"))
    call = await one.receive()
    assert (call[2], call[3]["key"]) == ("ChangeConfiguration", "AuthorizationKey")
    if answer is not None:
        one.send([3, call[1], {"status": answer}] if isinstance(answer, str) else [4, call[1], *answer])
    return await asked, bytes.fromhex(call[3]["value"]).decode()


async def works(app: Any, knock: Any, *passwords: str) -> list[int]:
    """The status of a handshake with each of them."""
    return [(await knock(user="CP1", secret=password)).status for password in passwords]


@pytest.mark.parametrize("answer", ["Accepted", "RebootRequired"])
async def test_C2_both_passwords_work_until_the_charger_has_logged_in_with_the_new_one(
    app: Any, raw: Any, charger: Any, knock: Any, rows: Any, answer: str
) -> None:
    one = await raw("CP1")
    old = charger.secrets["CP1"]
    came, new = await change(app, one, answer)
    assert (came.status, came.state, came.awaits) == ("accepted", "awaiting", "login")
    assert len(new) == 20 and new != old
    assert await works(app, knock, old, old) == [101, 101]
    assert (await rows(history))[0].state == "awaiting"
    assert await works(app, knock, new) == [101]
    (row,) = await rows(history)
    assert (row.state, row.detail) == ("done", "The charger has logged in with its new password.")
    assert await works(app, knock, old, new) == [401, 101]


@pytest.mark.parametrize("answer", ["Rejected", "NotSupported"])
async def test_C2_a_refused_password_does_not_work(app: Any, raw: Any, charger: Any, knock: Any, answer: str) -> None:
    came, new = await change(app, await raw("CP1"), answer)
    assert came.state == "failed"
    assert await works(app, knock, new, charger.secrets["CP1"]) == [401, 101]


@pytest.mark.gateway(call_timeout_s=0.05)
async def test_C2_without_an_answer_both_work_and_a_second_change_harms_neither(
    app: Any, raw: Any, charger: Any, knock: Any, rows: Any
) -> None:
    one = await raw("CP1")
    came, first = await change(app, one, None)
    assert came.status == "timeout"
    _, second = await change(app, one, ("InternalError", "", {}))
    assert await works(app, knock, charger.secrets["CP1"], first) == [101, 101]
    await rows(history)  # the login is committed
    assert await works(app, knock, charger.secrets["CP1"], second, first) == [401, 401, 101]


@pytest.mark.any_database
@pytest.mark.gateway(call_timeout_s=0.02)
async def test_C2_there_is_an_end_to_passwords_without_an_answer(app: Any, raw: Any) -> None:
    one = await raw("CP1")
    for _ in range(5):
        await change(app, one, None)
    with pytest.raises(Conflict, match="by hand"):
        await app.switchboard.send(station_of(app), commands.RenewPassword(), by="me")


async def test_C2_a_password_set_by_hand_ends_all_others(app: Any, raw: Any, charger: Any, knock: Any) -> None:
    _, new = await change(app, await raw("CP1"), "Accepted")
    home = await app.database.write(organizations.home)
    mine = await app.database.write(stations.new_secret, home, "CP1", app.keys)
    assert await works(app, knock, new, charger.secrets["CP1"], mine) == [401, 401, 101]


@pytest.mark.parametrize(
    "key", ["AuthorizationKey", "authorizationkey", " AuthorizationKey", "SecurityCtrlr/BasicAuthPassword"]
)
@pytest.mark.any_database
async def test_C2_the_general_form_refuses_the_key(app: Any, raw: Any, rows: Any, key: str) -> None:
    await raw("CP1")
    with pytest.raises(Invalid, match="renew-password"):
        command = commands.ChangeConfiguration(key=key, value="6162636465666768")
        await app.switchboard.send(station_of(app), command, by="me")
    assert await rows(history) == []


async def test_C2_ATK_13_the_password_is_kept_nowhere(app: Any, raw: Any, rows: Any, heard: list[Any]) -> None:
    _, new = await change(app, await raw("CP1"), "Accepted")
    kept = [await rows(table) for table in (history, messages, stations.stations)]
    assert len(await until(lambda: rows(messages, action="ChangeConfiguration"))) == 1
    for spelling in (new, new.encode().hex()):
        assert spelling not in json.dumps([str(kept), str(heard)])
