"""Certification cases of 1.6: the local authorization list."""

from __future__ import annotations

from typing import Any

from stationmaster.domain import commands, local_lists
from tests.conformance.cp import TAG, Cp


async def version(cp: Cp, told: int) -> commands.CommandRecord:
    await cp.booted()
    record, calls = await cp.operator(commands.GetLocalListVersion(), {"listVersion": told})
    assert calls == [("GetLocalListVersion", {})]
    return record


async def send(cp: Cp, *statuses: str, full: bool = False) -> tuple[commands.CommandRecord, dict[str, Any]]:
    record, calls = await cp.operator(commands.SendLocalList(full), *({"status": each} for each in statuses))
    assert {action for action, _ in calls} == {"SendLocalList"}
    return record, calls[0][1]


async def kept(cp: Cp) -> local_lists.LocalListRow:
    row = await cp.read(local_lists.of, cp.id)
    assert row is not None
    return row


async def test_TC_042_1(cp: Cp) -> None:
    record = await version(cp, -1)
    assert (record.data, (await kept(cp)).told_version) == ({"version": -1}, -1)
    assert record.sentence == "The charger takes no list."


async def test_TC_042_2(cp: Cp) -> None:
    record = await version(cp, 0)
    assert (record.data, (await kept(cp)).told_version) == ({"version": 0}, 0)


async def test_TC_043_1(cp: Cp) -> None:
    await cp.booted()
    record, request = await send(cp, "NotSupported", full=True)
    assert request["updateType"] == "Full"
    assert (record.state, record.outcome) == ("failed", "not_supported")
    assert (await kept(cp)).state == "not_supported"


async def test_TC_043_3(cp: Cp) -> None:
    await cp.booted()
    record, request = await send(cp, "Failed", full=True)
    assert request["updateType"] == "Full"
    assert (record.state, (await kept(cp)).state) == ("failed", "refused")


async def test_TC_043_4(cp: Cp) -> None:
    await cp.booted()
    record, request = await send(cp, "Accepted", full=True)
    assert (request["updateType"], request["listVersion"] > 0) == ("Full", True)
    [entry] = request["localAuthorizationList"]
    assert (entry["idTag"], entry["idTagInfo"]["status"]) == (TAG, "Accepted")
    assert (record.outcome, (await kept(cp)).version) == ("accepted", request["listVersion"])


async def test_TC_043_5(cp: Cp) -> None:
    await cp.booted()
    _, full = await send(cp, "Accepted", full=True)
    await cp.card("TAG2")
    record, request = await send(cp, "Accepted")
    assert (request["updateType"], request["listVersion"] > full["listVersion"]) == ("Differential", True)
    [entry] = request["localAuthorizationList"]
    assert (entry["idTag"], entry["idTagInfo"]["status"]) == ("TAG2", "Accepted")
    assert (record.outcome, (await kept(cp)).version) == ("accepted", request["listVersion"])
