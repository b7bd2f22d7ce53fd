"""Certification cases of block K, Smart Charging: profiles and limits (OCPP 2.0.1 part 6, 3.12)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from stationmaster.domain import commands
from stationmaster.domain.charging_profiles import ChargingProfile, Period
from tests.conformance.octt import CARD, Octt, limits, now

ACCEPTED = {"status": "Accepted"}
SOME = {  # a profile that a station reports
    "id": 7,
    "stackLevel": 1,
    "chargingProfilePurpose": "TxDefaultProfile",
    "chargingProfileKind": "Absolute",
    "chargingSchedule": [
        {
            "id": 1,
            "chargingRateUnit": "A",
            "startSchedule": "2026-11-01T00:00:00Z",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16.0}],
        }
    ],
}


def profile(octt: Octt, **more: Any) -> ChargingProfile:
    """The profile of the cases: a day from now, absolute, 6 A on one phase, unless the case says otherwise."""
    at = octt.app.database.clock()
    values: dict[str, Any] = {
        "purpose": "session_default",
        "periods": [Period(0, 6.0, phases=1)],
        "stack_level": 1,
        "starts_at": at,
        "duration_s": 86_400,
        "valid_from": at,
        "valid_to": at + timedelta(days=1),
    }
    return ChargingProfile(**values | more)


async def set_profile(octt: Octt, command: commands.SetChargingProfile, answer: Any = ACCEPTED) -> dict[str, Any]:
    """The profile that was sent. An accepted one is kept, and no other."""
    record, [(action, request)] = await octt.operator(command, answer)
    assert (action, request["evseId"]) == ("SetChargingProfile", command.evse)
    sent: dict[str, Any] = request["chargingProfile"]
    assert (record.outcome == "accepted") == (answer == ACCEPTED) == (sent["id"] in await octt.profiles())
    return sent


def check_default(sent: dict[str, Any], wanted: ChargingProfile, limit: float) -> None:
    """As asked for: an absolute one of one period, and valid for a time."""
    assert (sent["stackLevel"], sent["chargingProfileKind"]) == (1, "Absolute")
    assert (sent["validFrom"], sent["validTo"]) == (text(wanted.valid_from), text(wanted.valid_to))
    [schedule] = sent["chargingSchedule"]
    assert (schedule["startSchedule"], schedule["duration"]) == (text(wanted.starts_at), 86_400)
    assert schedule["chargingRateUnit"] == "A"
    assert schedule["chargingSchedulePeriod"] == [{"startPeriod": 0, "limit": limit, "numberPhases": 1}]


def text(at: Any) -> str:
    return str(at.isoformat(timespec="milliseconds").replace("+00:00", "Z"))


@pytest.mark.parametrize("number", [None, 42])
async def test_TC_K_01(octt: Octt, number: int | None) -> None:
    await octt.booted()
    wanted = profile(octt, id=number)
    sent = await set_profile(octt, commands.SetChargingProfile(wanted, evse=1))
    assert sent["chargingProfilePurpose"] == "TxDefaultProfile"
    assert number in (None, sent["id"])
    check_default(sent, wanted, 6.0)


async def test_TC_K_02(octt: Octt) -> None:
    # We send a TxProfile for an open transaction only (K01.FR.03); whoever wants to see what a station says otherwise uses a raw call.
    await octt.booted()
    period = {"startPeriod": 0, "limit": 7.0, "numberPhases": 1}
    schedule = {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [period]}
    wanted = {"id": 42, "stackLevel": 1, "chargingProfilePurpose": "TxProfile", "chargingProfileKind": "Relative"}
    request = {"evseId": 1, "chargingProfile": wanted | {"chargingSchedule": [schedule]}}
    outcome, call = await octt.raw_call("SetChargingProfile", request, {"status": "Rejected"})
    assert call == ("SetChargingProfile", request)
    assert (outcome.kind, outcome.payload) == ("result", {"status": "Rejected"})
    assert (await octt.record()).response == {"status": "Rejected"}
    assert await octt.profiles() == {}


async def test_TC_K_03(octt: Octt) -> None:
    await octt.booted()
    wanted = profile(octt, purpose="station_max", periods=[Period(0, 8.0, phases=1)])
    sent = await set_profile(octt, commands.SetChargingProfile(wanted, evse=0))
    assert sent["chargingProfilePurpose"] == "ChargingStationMaxProfile"
    check_default(sent, wanted, 8.0)


@pytest.mark.parametrize("named", [True, False])
async def test_TC_K_04(octt: Octt, named: bool) -> None:
    await octt.booted()
    first = await set_profile(octt, commands.SetChargingProfile(profile(octt, periods=[Period(0, 8.0)]), evse=1))
    wanted = profile(octt, id=first["id"] if named else None)
    second = await set_profile(octt, commands.SetChargingProfile(wanted, evse=1))
    assert limits(first) == [8.0] and limits(second) == [6.0]
    assert second["id"] == first["id"]
    assert [each.profile and each.profile.periods[0].limit for each in (await octt.profiles()).values()] == [6.0]


async def test_TC_K_05(octt: Octt) -> None:
    await octt.booted()
    await report(octt, commands.GetChargingProfiles(), [SOME])
    number = next(iter(await octt.profiles()))
    record, [call] = await octt.operator(commands.ClearChargingProfile(id=number), ACCEPTED)
    assert call == ("ClearChargingProfile", {"chargingProfileId": SOME["id"]})
    assert (record.outcome, await octt.profiles()) == ("accepted", {})


async def test_TC_K_06(octt: Octt) -> None:
    await octt.booted()
    await set_profile(octt, commands.SetChargingProfile(profile(octt), evse=1))
    record = await clear_default(octt, ACCEPTED)
    assert (record.outcome, await octt.profiles()) == ("accepted", {})


async def test_TC_K_08(octt: Octt) -> None:
    await octt.booted()
    record = await clear_default(octt, {"status": "Unknown"})
    assert (record.outcome, record.sentence) == ("not_found", "The charger has no such profile.")


async def clear_default(octt: Octt, answer: Any) -> commands.CommandRecord:
    clear = commands.ClearChargingProfile(purpose="session_default", evse=1, stack_level=1)
    record, [(action, request)] = await octt.operator(clear, answer)
    wanted = {"chargingProfilePurpose": "TxDefaultProfile", "evseId": 1, "stackLevel": 1}
    assert (action, request) == ("ClearChargingProfile", {"chargingProfileCriteria": wanted})
    return record


async def test_TC_K_10(octt: Octt) -> None:
    await octt.booted()
    wanted = profile(octt)
    sent = await set_profile(octt, commands.SetChargingProfile(wanted, evse=0))
    assert sent["chargingProfilePurpose"] == "TxDefaultProfile"
    check_default(sent, wanted, 6.0)


async def test_TC_K_15(octt: Octt) -> None:
    await octt.booted()
    wanted = profile(octt)
    sent = await set_profile(octt, commands.SetChargingProfile(wanted, evse=1), ("NotSupported", "", {}))
    assert sent["chargingProfilePurpose"] == "TxDefaultProfile"
    check_default(sent, wanted, 6.0)
    told = await octt.record()
    assert (told.state, told.outcome, told.sentence) == ("failed", "not_supported", "The charger cannot do this.")


@pytest.mark.parametrize("recurrency, theirs", [("daily", "Daily"), ("weekly", "Weekly")])
async def test_TC_K_19(octt: Octt, recurrency: Any, theirs: str) -> None:
    await octt.booted()
    wanted = profile(octt, kind="recurring", recurrency=recurrency)
    sent = await set_profile(octt, commands.SetChargingProfile(wanted, evse=1))
    assert (sent["stackLevel"], sent["chargingProfilePurpose"]) == (1, "TxDefaultProfile")
    assert (sent["chargingProfileKind"], sent["recurrencyKind"]) == ("Recurring", theirs)
    assert sent["chargingSchedule"][0]["chargingSchedulePeriod"][0]["startPeriod"] == 0


async def report(octt: Octt, command: commands.GetChargingProfiles, *parts: list[dict[str, Any]]) -> dict[str, Any]:
    """The criteria that were sent, without the number of the request. Each part is of its own EVSE; all of them are kept."""
    record, [(action, request)] = await octt.operator(command, ACCEPTED)
    assert (action, record.state) == ("GetChargingProfiles", "awaiting")
    number, told = request.pop("requestId"), {"chargingLimitSource": command.source or "CSO"}
    first = 1 if command.evse is None else command.evse
    for index, part in enumerate(parts):
        more = index < len(parts) - 1
        whole = told | {"requestId": number, "evseId": first + index, "chargingProfile": part, "tbc": more}
        assert await octt.call("ReportChargingProfiles", whole) == {}
        assert (await octt.record(record.id)).state == ("awaiting" if more else "done")
    assert {each["id"] for part in parts for each in part} <= set(await octt.profiles())
    return request


async def test_TC_K_29(octt: Octt) -> None:
    await octt.booted()
    await octt.energy_transfer_started()
    station_max = SOME | {"chargingProfilePurpose": "ChargingStationMaxProfile"}
    request = await report(octt, commands.GetChargingProfiles(evse=0, purpose="station_max"), [station_max])
    assert request == {"evseId": 0, "chargingProfile": {"chargingProfilePurpose": "ChargingStationMaxProfile"}}


async def test_TC_K_30(octt: Octt) -> None:
    await octt.booted()
    assert await report(octt, commands.GetChargingProfiles(evse=1), [SOME]) == {"evseId": 1, "chargingProfile": {}}


async def test_TC_K_31(octt: Octt) -> None:
    await octt.booted()
    assert await report(octt, commands.GetChargingProfiles(), [SOME], [SOME | {"id": 8}]) == {"chargingProfile": {}}
    assert {each.evse for each in (await octt.profiles()).values()} == {1, 2}


async def test_TC_K_32(octt: Octt) -> None:
    await octt.booted()
    await report(octt, commands.GetChargingProfiles(), [SOME])  # the id is one that it has told, as in K_05
    request = await report(octt, commands.GetChargingProfiles(id=7), [SOME])
    assert request == {"chargingProfile": {"chargingProfileId": [7]}}


@pytest.mark.parametrize("level", [0, 1])
async def test_TC_K_33(octt: Octt, level: int) -> None:
    await octt.booted()
    request = await report(
        octt, commands.GetChargingProfiles(evse=1, stack_level=level), [SOME | {"stackLevel": level}]
    )
    assert request == {"evseId": 1, "chargingProfile": {"stackLevel": level}}


@pytest.mark.parametrize("source, theirs", [("csms", "CSO"), ("EMS", "EMS"), ("SO", "SO"), ("Other", "Other")])
async def test_TC_K_34(octt: Octt, source: Any, theirs: str) -> None:
    await octt.booted()
    record, [(_, request)] = await octt.operator(commands.GetChargingProfiles(evse=1, source=source), ACCEPTED)
    number = request.pop("requestId")
    assert request == {"evseId": 1, "chargingProfile": {"chargingLimitSource": [theirs]}}
    told = {"requestId": number, "chargingLimitSource": theirs, "evseId": 1, "chargingProfile": [SOME]}
    assert await octt.call("ReportChargingProfiles", told) == {}
    assert (await octt.record(record.id)).state == "done"
    assert (await octt.profiles())[7].source == source


async def test_TC_K_35(octt: Octt) -> None:
    await octt.booted()
    request = await report(octt, commands.GetChargingProfiles(evse=1, purpose="session_default"), [SOME])
    assert request == {"evseId": 1, "chargingProfile": {"chargingProfilePurpose": "TxDefaultProfile"}}


async def test_TC_K_36(octt: Octt) -> None:
    await octt.booted()
    asked = commands.GetChargingProfiles(evse=1, purpose="session_default", stack_level=1)
    request = await report(octt, asked, [SOME])
    wanted = {"chargingProfilePurpose": "TxDefaultProfile", "stackLevel": 1}
    assert request == {"evseId": 1, "chargingProfile": wanted}


async def test_TC_K_60(octt: Octt) -> None:
    await octt.booted()
    await octt.energy_transfer_started()
    wanted = ChargingProfile("session", [Period(0, 6.0)], kind="relative", session=octt.transaction)
    sent = await set_profile(octt, commands.SetChargingProfile(wanted, evse=1))
    assert (sent["chargingProfilePurpose"], sent["transactionId"]) == ("TxProfile", octt.transaction)


async def test_TC_K_37(octt: Octt, card: None) -> None:
    await octt.booted()
    wanted = ChargingProfile("session", [Period(0, 6.0)], kind="relative")
    command = commands.RemoteStart(CARD["idToken"], evse=1, profile=wanted)
    record, [(action, request)] = await octt.operator(command, ACCEPTED)
    assert (action, request["idToken"], request["evseId"]) == ("RequestStartTransaction", CARD, 1)
    sent = request["chargingProfile"]
    assert (sent["chargingProfilePurpose"], sent["chargingProfileKind"]) == ("TxProfile", "Relative")
    assert "transactionId" not in sent
    assert limits(sent) == [6.0]
    await octt.remote_started(request["remoteStartId"], idToken=CARD)
    assert (await octt.record(record.id)).session == (await octt.sessions())[0].public_id


@pytest.mark.parametrize("unit, limit", [("A", 10.0), ("W", 10_000.0)])
async def test_TC_K_43(octt: Octt, unit: Any, limit: float) -> None:
    await composite(octt, 1, unit, limit)


@pytest.mark.parametrize("unit, limit", [("A", 10.0), ("W", 10_000.0)])
async def test_TC_K_44(octt: Octt, unit: Any, limit: float) -> None:
    await composite(octt, 0, unit, limit)


async def composite(octt: Octt, evse: int, unit: Any, limit: float) -> None:
    await octt.booted()
    schedule = {"evseId": evse, "duration": 300, "chargingRateUnit": unit, "scheduleStart": now(octt.app)}
    schedule["chargingSchedulePeriod"] = [{"startPeriod": 0, "limit": limit}]
    asked = commands.GetCompositeSchedule(evse=evse, duration_s=300, unit=unit)
    record, [call] = await octt.operator(asked, {"status": "Accepted", "schedule": schedule})
    assert call == ("GetCompositeSchedule", {"evseId": evse, "duration": 300, "chargingRateUnit": unit})
    assert record.data is not None
    assert (record.outcome, record.data["unit"]) == ("accepted", unit)
    assert [(each["start_s"], each["limit"]) for each in record.data["periods"]] == [(0, limit)]


async def test_TC_K_48(octt: Octt) -> None:
    await octt.booted()
    assert await octt.call("NotifyChargingLimit", {"chargingLimit": {"chargingLimitSource": "EMS"}}) == {}
    assert [(each.source, each.evse) for each in (await octt.profiles()).values()] == [("EMS", 0)]


async def test_TC_K_50(octt: Octt) -> None:
    await octt.booted()
    assert await octt.call("NotifyChargingLimit", {"chargingLimit": {"chargingLimitSource": "EMS"}}) == {}
    assert await octt.call("ClearedChargingLimit", {"chargingLimitSource": "EMS"}) == {}
    assert await octt.profiles() == {}


async def test_TC_K_51(octt: Octt) -> None:
    await octt.booted()
    await octt.energy_transfer_started()
    assert await octt.call("ClearedChargingLimit", {"chargingLimitSource": "EMS"}) == {}
    assert await octt.transact("ChargingRateChanged", kind="Updated") == {}


async def test_TC_K_52(octt: Octt) -> None:
    await octt.booted()
    outside = SOME | {"chargingProfilePurpose": "ChargingStationExternalConstraints"}
    await report(octt, commands.GetChargingProfiles(source="EMS"), [outside])
    [kept] = (await octt.profiles()).values()
    assert kept.profile is not None
    assert (kept.source, kept.profile.purpose) == ("EMS", "external")


async def test_TC_K_70(octt: Octt) -> None:
    await octt.booted()
    first = await set_profile(octt, commands.SetChargingProfile(profile(octt, stack_level=1), evse=1))
    second = await set_profile(octt, commands.SetChargingProfile(profile(octt, stack_level=2), evse=1))
    assert (first["stackLevel"], second["stackLevel"]) == (1, 2)
    assert first["id"] != second["id"]
    assert set(await octt.profiles()) == {first["id"], second["id"]}
