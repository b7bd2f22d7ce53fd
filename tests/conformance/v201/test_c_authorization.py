"""Certification cases of block C, Authorization (OCPP 2.0.1 part 6, 3.4)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from stationmaster.domain import commands
from tests.conformance.octt import CARD, Octt

INVALID = {"idToken": "NOBODY", "type": "ISO14443"}
MASTER = "MASTERPASSES"  # the station's MasterPassGroupId


async def authorize(octt: Octt, token: dict[str, Any]) -> Any:
    return (await octt.call("Authorize", {"idToken": token}))["idTokenInfo"]


def in_group(info: Any, group: str) -> bool:
    return bool(info["status"] == "Accepted" and info["groupIdToken"]["idToken"] == group)


@pytest.mark.parametrize("kind", ["ISO14443", "KeyCode"])
async def test_TC_C_02(octt: Octt, kind: str) -> None:
    await octt.booted()
    assert (await authorize(octt, INVALID | {"type": kind}))["status"] in ("Invalid", "Unknown")


async def test_TC_C_06(octt: Octt) -> None:
    await octt.booted()
    assert (await authorize(octt, await octt.card("BLOCKED", status="blocked")))["status"] in ("Blocked", "Invalid")


async def test_TC_C_07(octt: Octt) -> None:
    await octt.booted()
    yesterday = octt.app.database.clock() - timedelta(days=1)
    assert (await authorize(octt, await octt.card("EXPIRED", expires_at=yesterday)))["status"] in ("Expired", "Invalid")


async def test_TC_C_08(octt: Octt) -> None:
    await octt.booted()
    await octt.ev_connected_pre_session()
    answer = await octt.transact("Authorized", idToken=CARD, evse=octt.evse)
    assert answer["idTokenInfo"]["status"] == "Accepted"


async def test_TC_C_20(octt: Octt) -> None:
    await octt.booted()
    await octt.ev_connected_pre_session()
    answer = await octt.transact("Authorized", idToken=INVALID)
    assert answer["idTokenInfo"]["status"] in ("Invalid", "Unknown")
    [session] = await octt.sessions()
    assert session.authorization == "unknown"


async def clear_the_cache(octt: Octt, status: str) -> commands.CommandRecord:
    await octt.booted()
    record, calls = await octt.operator(commands.ClearCache(), {"status": status})
    assert calls == [("ClearCache", {})]
    return record


async def test_TC_C_37(octt: Octt) -> None:
    record = await clear_the_cache(octt, "Accepted")
    assert (record.state, record.outcome) == ("done", "accepted")


async def test_TC_C_38(octt: Octt) -> None:
    record = await clear_the_cache(octt, "Rejected")
    assert (record.state, record.outcome) == ("failed", "rejected")


async def session_of_a_family(octt: Octt, *, asked_before: bool = False, asked_at_end: bool = False) -> None:
    """One card of a group begins the session, and another ends it; that one may be asked about beforehand."""
    first, second = await octt.card("FIRST", group="FAMILY"), await octt.card("SECOND", group="FAMILY")
    await octt.booted()
    await octt.ev_connected_pre_session()
    if asked_before:
        assert in_group(await authorize(octt, second), "FAMILY")
    assert in_group((await octt.authorized(first, by_itself=True))["idTokenInfo"], "FAMILY")
    await octt.energy_transfer_started()
    if asked_at_end:
        assert in_group(await authorize(octt, second), "FAMILY")
    assert in_group((await octt.stop_authorized(second))["idTokenInfo"], "FAMILY")
    await octt.ev_connected_post_session()
    await octt.ev_disconnected()
    [session] = await octt.sessions()
    assert (session.token, session.authorization, session.status) == ("FIRST", "accepted", "completed")


async def test_TC_C_39(octt: Octt) -> None:
    await session_of_a_family(octt, asked_before=True, asked_at_end=True)


async def test_TC_C_40(octt: Octt) -> None:
    await session_of_a_family(octt)


async def test_TC_C_43(octt: Octt) -> None:
    """The station's list calls the second card invalid; the central system is asked, and knows better."""
    await session_of_a_family(octt, asked_at_end=True)


async def charging_at_both(octt: Octt) -> list[Octt]:
    """One transaction at each EVSE, of two drivers."""
    await octt.booted()
    both = [octt, octt.beside(2)]
    for each, token in zip(both, (CARD, await octt.card("TAG2")), strict=True):
        await each.ev_connected_pre_session()
        await each.authorized(token)
        await each.energy_transfer_started()
    return both


async def stop_with_master_pass(octt: Octt, master: dict[str, str], *places: Octt) -> None:
    assert in_group(await authorize(octt, master), MASTER)
    for each in places:
        stopped = {"stoppedReason": "MasterPass"}
        answer = await each.transact("StopAuthorized", kind="Ended", info=stopped, idToken=master)
        assert in_group(answer["idTokenInfo"], MASTER)


async def test_TC_C_47(octt: Octt) -> None:
    master = await octt.card("MASTER", group=MASTER)
    await stop_with_master_pass(octt, master, *await charging_at_both(octt))
    found = [(each.status, each.stop_reason, each.stop_token) for each in await octt.sessions()]
    assert found == [("completed", "master_pass", "MASTER")] * 2


async def test_TC_C_48(octt: Octt) -> None:
    master = await octt.card("MASTER", group=MASTER)
    both = await charging_at_both(octt)
    await stop_with_master_pass(octt, master, both[1])
    assert [(each.evse, each.status) for each in await octt.sessions()] == [(1, "active"), (2, "completed")]


async def test_TC_C_49(octt: Octt) -> None:
    master = await octt.card("MASTER", group=MASTER)
    await stop_with_master_pass(octt, master, *await charging_at_both(octt))
    assert [each.stop_reason for each in await octt.sessions()] == ["master_pass", "master_pass"]
