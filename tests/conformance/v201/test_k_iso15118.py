"""Certification cases of block K, Smart Charging: charging by the needs of the car (OCPP 2.0.1 part 6, 3.12)."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from stationmaster.domain import commands
from stationmaster.domain.charging_profiles import ChargingProfile, Period
from tests.conformance.octt import Octt, limits

ACCEPTED = {"status": "Accepted"}
AC = {
    "requestedEnergyTransfer": "AC_three_phase",
    "acChargingParameters": {"energyAmount": 20_000, "evMinCurrent": 6, "evMaxCurrent": 32, "evMaxVoltage": 400},
}
DC = {
    "requestedEnergyTransfer": "DC",
    "dcChargingParameters": {"evMaxCurrent": 200, "evMaxVoltage": 500, "evMaxPower": 90_000, "stateOfCharge": 20},
}
each_car = pytest.mark.parametrize("needs, limit", [(AC, 32.0), (DC, 90_000.0)], ids=["AC", "DC"])


async def plugged_in(octt: Octt) -> None:
    await octt.booted()
    await octt.authorized()
    await octt.ev_connected_pre_session()


async def rate_changed(octt: Octt) -> None:
    assert await octt.transact("ChargingRateChanged") == {}


@each_car
async def test_TC_K_53(octt: Octt, needs: dict[str, Any], limit: float) -> None:
    await plugged_in(octt)
    sent = await octt.iso_15118_smart_charging(needs)
    assert limits(sent) == [limit]
    [kept] = (await octt.profiles()).values()
    assert kept.profile is not None
    assert (kept.id, kept.evse, kept.profile.session) == (sent["id"], 1, octt.transaction)


@each_car
async def test_TC_K_55(octt: Octt, needs: dict[str, Any], limit: float) -> None:
    await plugged_in(octt)
    sent = await octt.ev_charging_needs(needs)
    beyond = copy.deepcopy(sent["chargingSchedule"][0])
    beyond["chargingSchedulePeriod"][0]["limit"] = limit * 1.1
    assert await octt.ev_charging_schedule(beyond) == "Rejected"
    assert await octt.transact("ChargingStateChanged", info={"chargingState": "Charging"}) == {}
    again = await octt.offered_profile()
    assert limits(again) == [limit]
    assert await octt.ev_charging_schedule(again["chargingSchedule"][0]) == "Accepted"
    await rate_changed(octt)


async def test_TC_K_57(octt: Octt) -> None:
    await plugged_in(octt)
    await octt.iso_15118_smart_charging(AC)
    less = AC | {
        "acChargingParameters": {"energyAmount": 5_000, "evMinCurrent": 6, "evMaxCurrent": 20, "evMaxVoltage": 400}
    }
    told = {"evseId": 1, "maxScheduleTuples": 3, "chargingNeeds": less}
    assert (await octt.call("NotifyEVChargingNeeds", told))["status"] == "Accepted"
    await rate_changed(octt)
    again = await octt.offered_profile()
    assert limits(again) == [20.0]
    assert await octt.ev_charging_schedule(again["chargingSchedule"][0]) == "Accepted"
    await rate_changed(octt)


async def renegotiate(octt: Octt, before: dict[str, Any]) -> dict[str, Any]:
    """An operator limits the session in which a car charges; it takes the place of what was offered before (K01.FR.39)."""
    wanted = ChargingProfile("session", [Period(0, 16.0)], session=octt.transaction, duration_s=86_400)
    record, [(action, request)] = await octt.operator(commands.SetChargingProfile(wanted, evse=1), ACCEPTED)
    sent: dict[str, Any] = request["chargingProfile"]
    assert (action, request["evseId"], record.outcome) == ("SetChargingProfile", 1, "accepted")
    assert (sent["chargingProfilePurpose"], sent["transactionId"]) == ("TxProfile", octt.transaction)
    assert sent["id"] == before["id"]
    return sent


async def test_TC_K_58(octt: Octt) -> None:
    await plugged_in(octt)
    sent = await renegotiate(octt, await octt.iso_15118_smart_charging(AC))
    assert await octt.ev_charging_schedule(sent["chargingSchedule"][0]) == "Accepted"
    await rate_changed(octt)


async def test_TC_K_59(octt: Octt) -> None:
    await plugged_in(octt)
    sent = await renegotiate(octt, await octt.iso_15118_smart_charging(AC))
    again = await octt.ev_charging_needs(AC)
    assert again == sent  # K16.FR.12: what the operator has set still holds
    assert await octt.ev_charging_schedule(again["chargingSchedule"][0]) == "Accepted"
    await rate_changed(octt)
