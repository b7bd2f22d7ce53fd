"""Certification cases of 1.6: smart charging."""

from __future__ import annotations

from typing import Any

from stationmaster.domain import commands
from stationmaster.domain.charging_profiles import ChargingProfile, Period
from tests.conformance.cp import TAG, Cp

ACCEPTED = {"status": "Accepted"}
PERIODS = [Period(0, 16.0), Period(300, 6.0)]
TOLD = [{"startPeriod": 0, "limit": 16.0}, {"startPeriod": 300, "limit": 6.0}]


async def set_profile(cp: Cp, **facts: Any) -> tuple[int, dict[str, Any]]:
    """A profile of the cases, accepted and kept: its number, and the rest of what was sent."""
    at, told = cp.later()
    profile = ChargingProfile(periods=PERIODS, stack_level=1, starts_at=at, duration_s=3600, **facts)
    record, [(action, request)] = await cp.operator(commands.SetChargingProfile(profile, evse=1), ACCEPTED)
    assert (action, request["connectorId"], record.outcome) == ("SetChargingProfile", 1, "accepted")
    sent = request["csChargingProfiles"]
    assert sent.pop("chargingSchedule") == {
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": TOLD,
        "duration": 3600,
        "startSchedule": told,
    }
    number = sent.pop("chargingProfileId")
    assert number in await cp.profiles()
    return number, sent


async def test_TC_056(cp: Cp) -> None:
    await cp.booted()
    _, sent = await set_profile(cp, purpose="session_default")
    wanted = {"chargingProfilePurpose": "TxDefaultProfile", "chargingProfileKind": "Absolute", "stackLevel": 1}
    assert sent == wanted


async def test_TC_057(cp: Cp) -> None:
    await cp.booted()
    number = await cp.charging()
    _, sent = await set_profile(cp, purpose="session", session=str(number))
    wanted = {"chargingProfilePurpose": "TxProfile", "chargingProfileKind": "Absolute", "stackLevel": 1}
    assert sent == wanted | {"transactionId": number}


async def test_TC_059(cp: Cp) -> None:
    await cp.booted()
    await cp.status("Preparing")
    limit = ChargingProfile("session", PERIODS, kind="relative", stack_level=1, duration_s=3600)
    record, [(action, request)] = await cp.operator(commands.RemoteStart(TAG, evse=1, profile=limit), ACCEPTED)
    assert (action, request["idTag"], request["connectorId"]) == ("RemoteStartTransaction", TAG, 1)
    sent = request["chargingProfile"]
    assert (sent["chargingProfilePurpose"], "transactionId" in sent) == ("TxProfile", False)
    assert sent["chargingSchedule"]["chargingSchedulePeriod"] == TOLD
    assert (await cp.authorize())["status"] == "Accepted"
    await cp.start()
    await cp.status("Charging")
    [session] = await cp.sessions()
    assert (await cp.record(record.id)).session == session.public_id


async def test_TC_066(cp: Cp) -> None:
    await cp.booted()
    await set_profile(cp, purpose="session_default")
    _, told = cp.later()
    schedule = {"duration": 300, "chargingRateUnit": "A", "chargingSchedulePeriod": TOLD[:1]}
    answer = {"status": "Accepted", "connectorId": 1, "scheduleStart": told, "chargingSchedule": schedule}
    record, calls = await cp.operator(commands.GetCompositeSchedule(evse=1, duration_s=300), answer)
    assert calls == [("GetCompositeSchedule", {"connectorId": 1, "duration": 300})]
    assert record.outcome == "accepted" and record.data is not None
    assert [(each["start_s"], each["limit"]) for each in record.data["periods"]] == [(0, 16.0)]


async def test_TC_067(cp: Cp) -> None:
    await cp.booted()
    first, _ = await set_profile(cp, purpose="session_default")
    record, calls = await cp.operator(commands.ClearChargingProfile(first), ACCEPTED)
    assert (calls, record.outcome) == ([("ClearChargingProfile", {"id": first})], "accepted")
    assert await cp.profiles() == {}
    await set_profile(cp, purpose="session_default")
    clear = commands.ClearChargingProfile(evse=1, purpose="session_default", stack_level=1)
    record, calls = await cp.operator(clear, ACCEPTED)
    wanted = {"connectorId": 1, "chargingProfilePurpose": "TxDefaultProfile", "stackLevel": 1}
    assert (calls, record.outcome, await cp.profiles()) == ([("ClearChargingProfile", wanted)], "accepted", {})
