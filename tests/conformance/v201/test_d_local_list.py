"""Certification cases of block D, Local Authorization List Management (OCPP 2.0.1 part 6, 3.5)."""

from __future__ import annotations

from typing import Any

from stationmaster.domain import commands, local_lists, organizations, tokens
from tests.conformance.octt import CARD, Octt

ACCEPTED = {"status": "Accepted"}


async def send(octt: Octt, *, full: bool = False) -> tuple[commands.CommandRecord, dict[str, Any]]:
    """An operator sends the list, and the station takes it: what was told, and the request."""
    record, [(action, request)] = await octt.operator(commands.SendLocalList(full), ACCEPTED)
    assert (action, record.outcome) == ("SendLocalList", "accepted")
    return record, request


async def version_of(octt: Octt, told: int) -> commands.CommandRecord:
    """An operator asks for the version, and the station tells this one."""
    record, calls = await octt.operator(commands.GetLocalListVersion(), {"versionNumber": told})
    assert calls == [("GetLocalListVersion", {})]
    return record


async def kept(octt: Octt) -> local_lists.LocalListRow:
    found = await octt.app.database.write(local_lists.of, octt.id)
    assert found is not None
    return found


async def remove(octt: Octt, uid: str) -> None:
    home = await octt.app.database.write(organizations.home)
    await octt.app.database.write(tokens.remove, home, uid)


async def test_TC_D_01(octt: Octt) -> None:
    await octt.booted()
    await version_of(octt, 1)
    _, request = await send(octt, full=True)
    assert (request["updateType"], request["versionNumber"] > 1) == ("Full", True)
    assert request["localAuthorizationList"] == [{"idToken": CARD, "idTokenInfo": {"status": "Accepted"}}]
    assert (await kept(octt)).version == request["versionNumber"]


async def test_TC_D_02(octt: Octt) -> None:
    await octt.booted()
    _, full = await send(octt, full=True)
    await version_of(octt, full["versionNumber"])
    second = await octt.card("TAG2")
    _, request = await send(octt)
    assert (request["updateType"], request["versionNumber"] > full["versionNumber"]) == ("Differential", True)
    assert request["localAuthorizationList"] == [{"idToken": second, "idTokenInfo": {"status": "Accepted"}}]
    assert (await kept(octt)).version == request["versionNumber"]


async def test_TC_D_03(octt: Octt) -> None:
    second = await octt.card("TAG2")
    await octt.booted()
    _, full = await send(octt, full=True)
    await remove(octt, "TAG2")
    _, request = await send(octt)
    assert (request["updateType"], request["versionNumber"] > full["versionNumber"]) == ("Differential", True)
    assert request["localAuthorizationList"] == [{"idToken": second}]
    assert len((await kept(octt)).entries or ()) == 1


async def test_TC_D_04(octt: Octt) -> None:
    await octt.booted()
    _, full = await send(octt, full=True)
    await remove(octt, "TAG1")
    _, request = await send(octt, full=True)
    assert (request["updateType"], request["versionNumber"] > full["versionNumber"]) == ("Full", True)
    assert "localAuthorizationList" not in request
    assert (await kept(octt)).entries == {}


async def test_TC_D_08(octt: Octt) -> None:
    await octt.booted()
    record = await version_of(octt, 7)
    assert (record.outcome, (await kept(octt)).told_version) == ("accepted", 7)
    assert record.data == {"version": 7}


async def test_TC_D_09(octt: Octt) -> None:
    await octt.booted()
    record = await version_of(octt, 0)
    assert (record.data, (await kept(octt)).told_version) == ({"version": 0}, 0)
