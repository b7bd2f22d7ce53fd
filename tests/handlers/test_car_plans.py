"""Cars that tell their needs (ISO 15118) get a profile of their session; the whole way, by the sockets."""

from __future__ import annotations

from typing import Any

import pytest

from stationmaster.domain import car_plans, commands
from stationmaster.domain.charging_profiles import ChargingProfile, Period
from tests.handlers.asking import Asked

ACCEPTED = {"status": "Accepted"}
AC = {
    "requestedEnergyTransfer": "AC_three_phase",
    "acChargingParameters": {"energyAmount": 20_000, "evMinCurrent": 6, "evMaxCurrent": 32, "evMaxVoltage": 400},
}


async def tell(one: Asked, needs: dict[str, Any], evse: int = 1) -> str:
    return str((await one.call("NotifyEVChargingNeeds", {"evseId": evse, "chargingNeeds": needs}))["status"])


async def offered(one: Asked, answer: dict[str, Any] = ACCEPTED) -> dict[str, Any]:
    """The profile that comes by itself; with a time at which it begins, as every absolute one has (P-11)."""
    _, message_id, action, payload = await one.raw.receive()
    assert (action, payload["evseId"]) == ("SetChargingProfile", 1)
    profile: dict[str, Any] = payload["chargingProfile"]
    assert (profile["chargingProfilePurpose"], profile["transactionId"]) == ("TxProfile", "tx-1")
    assert profile["chargingProfileKind"] == "Absolute"
    assert [each["startSchedule"] for each in profile["chargingSchedule"]] == [one.clock.text().replace("Z", ".000Z")]
    await one.raw.send([3, message_id, answer])
    return profile


async def plan(one: Asked, limit: float) -> str:
    schedule = {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit}]}
    told = {"timeBase": one.clock.text(), "evseId": 1, "chargingSchedule": schedule}
    return str((await one.call("NotifyEVChargingSchedule", told))["status"])


def limits(profile: dict[str, Any]) -> list[float]:
    return [each["limit"] for each in profile["chargingSchedule"][0]["chargingSchedulePeriod"]]


async def test_P_11_a_car_is_offered_no_more_than_the_charger_may_draw(one: Asked) -> None:
    top = ChargingProfile("station_max", [Period(0, 20)])
    await one.ask(commands.SetChargingProfile(top), ACCEPTED)
    await one.start()
    assert await tell(one, AC) == "Accepted"
    assert limits(await offered(one)) == [20.0]
    assert await plan(one, 20) == "Accepted"


@pytest.mark.any_database
async def test_a_charger_that_does_not_answer_keeps_no_other_car_waiting(one: Asked, charger: Any) -> None:
    other = await Asked.connect(one.app, charger, one.version, one.clock, "CP2")
    await one.start()
    await other.start()
    await tell(one, AC)
    _, unanswered, _, _ = await one.raw.receive()
    await tell(one, AC | {"departureTime": one.clock.text(60)})
    await tell(other, AC)
    await offered(other)
    await one.raw.send([3, unanswered, ACCEPTED])
    assert (await offered(one))["chargingSchedule"][0]["duration"] == 3600  # what it has asked for since


async def test_a_plan_that_goes_too_far_is_refused_and_offered_for_three_times(one: Asked) -> None:
    await one.start()
    assert await tell(one, AC) == "Accepted"
    await offered(one)
    for _ in range(3):
        assert await plan(one, 40) == "Rejected"
        assert limits(await offered(one)) == [32.0]
    assert await plan(one, 40) == "Rejected"
    assert await one.app.database.read(car_plans.waiting) == []  # it is offered nothing more
    assert await plan(one, 32) == "Accepted"


@pytest.mark.any_database
async def test_a_person_who_limits_the_session_has_the_last_word(one: Asked) -> None:
    await one.start()
    await tell(one, AC)
    await offered(one)
    less = ChargingProfile("session", [Period(0, 10)], session="tx-1", duration_s=3600)
    await one.ask(commands.SetChargingProfile(less, evse=1), ACCEPTED)
    assert await plan(one, 16) == "Rejected"
    assert limits(await offered(one)) == [10.0]
    await tell(one, AC)
    assert limits(await offered(one)) == [10.0]
    await one.ask(commands.ClearChargingProfile(purpose="session"), ACCEPTED)
    assert await plan(one, 16) == "Accepted"
    await tell(one, AC)
    assert limits(await offered(one)) == [32.0]


@pytest.mark.any_database
async def test_so_has_one_who_limited_it_before_the_car_has_told_its_needs(one: Asked) -> None:
    await one.start()
    less = ChargingProfile("session", [Period(0, 10)], session="tx-1", duration_s=3600)
    await one.ask(commands.SetChargingProfile(less, evse=1), ACCEPTED)
    assert await tell(one, AC) == "Accepted"
    assert limits(await offered(one)) == [10.0]
    await tell(one, AC)
    assert limits(await offered(one)) == [10.0]


@pytest.mark.any_database
async def test_a_profile_that_the_charger_refuses_binds_no_car(one: Asked) -> None:
    await one.start()
    await tell(one, AC)
    await offered(one, {"status": "Rejected"})
    less = ChargingProfile("session", [Period(0, 10)], session="tx-1")
    await one.ask(commands.SetChargingProfile(less, evse=1), {"status": "Rejected"})
    assert await plan(one, 32) == "Accepted"


@pytest.mark.any_database
@pytest.mark.parametrize(
    "needs",
    [
        {"requestedEnergyTransfer": "DC"},
        {
            "requestedEnergyTransfer": "AC_three_phase",
            "dcChargingParameters": {"evMaxCurrent": 100, "evMaxVoltage": 400},
        },
        AC | {"acChargingParameters": AC["acChargingParameters"] | {"evMaxCurrent": 0}},  # type: ignore[operator]
        AC | {"acChargingParameters": AC["acChargingParameters"] | {"evMaxCurrent": -5}},  # type: ignore[operator]
    ],
)
async def test_a_car_that_says_nothing_to_plan_by_charges_by_what_the_charger_has(one: Asked, needs: Any) -> None:
    await one.start()
    assert await tell(one, needs) == "Rejected"


@pytest.mark.any_database
async def test_no_profile_without_a_session_there(one: Asked) -> None:
    assert await tell(one, AC) == "Rejected"
    await one.start(evse=1)
    for elsewhere in (2, 2**31 - 1):
        assert await tell(one, AC, evse=elsewhere) == "Rejected"
    assert await plan(one, 99) == "Accepted"  # nobody has offered it anything


@pytest.mark.any_database
async def test_a_car_whose_session_has_ended_gets_no_profile(one: Asked) -> None:
    await one.start()
    await tell(one, AC)
    await offered(one)
    await one.event("Ended")
    assert await tell(one, AC) == "Rejected"
    assert await one.app.database.read(car_plans.waiting) == []
