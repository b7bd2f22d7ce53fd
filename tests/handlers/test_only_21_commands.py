"""What only a charger of 2.1 can be asked: priority, dynamic limits, ways to charge, batteries."""

from __future__ import annotations

from typing import Any

import pytest

from stationmaster.app import App
from stationmaster.domain import charging_profiles, organizations
from stationmaster.domain.charging_profiles import ChargingProfile, Period
from stationmaster.domain.commands import (
    Command,
    NotifyAllowedEnergyTransfer,
    PhaseLimits,
    RequestBatterySwap,
    SetChargingProfile,
    UpdateDynamicSchedule,
    UsePriorityCharging,
)
from stationmaster.domain.errors import Conflict, Invalid, NotFound
from stationmaster.storage import Work
from tests.handlers.asking import Asked

ACCEPTED = {"status": "Accepted"}


@pytest.fixture
def version() -> str:
    return "2.1"


async def test_K21_a_session_charges_with_priority(app: App, one: Asked) -> None:
    await one.start()
    came, [[action, sent]] = await one.ask(UsePriorityCharging(session="tx-1"), ACCEPTED)
    assert (action, sent) == ("UsePriorityCharging", {"transactionId": "tx-1", "activate": True})
    assert came.outcome == "accepted"
    came, [[_, sent]] = await one.ask(UsePriorityCharging(session="tx-1", active=False), {"status": "NoProfile"})
    assert (sent["activate"], came.outcome) == (False, "not_found")
    assert came.sentence == "The charger has no profile of the purpose `priority` for this session."
    came, _ = await one.ask(UsePriorityCharging(session="tx-1"), {"status": "Rejected"})
    assert came.outcome == "rejected"


async def test_Q02_a_car_may_be_charged_in_these_ways(app: App, one: Asked) -> None:
    await one.start()
    command = NotifyAllowedEnergyTransfer(session="tx-1", modes=["DC", "DC_BPT", "DC"])
    came, [[action, sent]] = await one.ask(command, ACCEPTED)
    assert action == "NotifyAllowedEnergyTransfer"
    assert sent == {"transactionId": "tx-1", "allowedEnergyTransfer": ["DC", "DC_BPT"]}
    assert came.outcome == "accepted"
    with pytest.raises(NotFound):
        await one.ask(NotifyAllowedEnergyTransfer(session="none", modes=["DC"]))


@pytest.mark.any_database
async def test_K28_the_limit_of_a_dynamic_profile_is_changed(app: App, one: Asked) -> None:
    home = await app.database.write(organizations.home)
    profile = ChargingProfile("session_default", [Period(0, 16.0)], kind="dynamic", id=5)
    other = ChargingProfile("station_max", [Period(0, 32.0)], id=6)

    def have(work: Work) -> None:
        entry = app.directory.find("CP1")
        assert entry is not None
        for number, each in ((5, profile), (6, other)):
            charging_profiles.told(work, entry.station, evse=0, source="csms", number=number, profile=each)

    await app.database.write(have)

    async def limits() -> list[float]:
        kept = await app.database.read(charging_profiles.of_station, home, "CP1")
        return [each.profile.periods[0].limit for each in kept if each.profile is not None]

    command = UpdateDynamicSchedule(
        id=5, limit=10, discharge_limit=-4, setpoint=8, l2=PhaseLimits(limit=9), l3=PhaseLimits(setpoint_reactive=1)
    )
    came, [[action, sent]] = await one.ask(command, ACCEPTED)
    assert action == "UpdateDynamicSchedule"
    assert sent == {
        "chargingProfileId": 5,
        "scheduleUpdate": {
            "limit": 10.0,
            "limit_L2": 9.0,
            "dischargeLimit": -4.0,
            "setpoint": 8.0,
            "setpointReactive_L3": 1.0,
        },
    }
    assert (came.outcome, await limits()) == ("accepted", [10.0, 32.0])
    came, _ = await one.ask(UpdateDynamicSchedule(id=5, limit=3), {"status": "Rejected"})
    assert (came.outcome, await limits()) == ("rejected", [10.0, 32.0])
    await one.ask(UpdateDynamicSchedule(id=6, limit=3), ACCEPTED)  # it may say so, but that one is not dynamic
    assert await limits() == [10.0, 32.0]
    with pytest.raises(Invalid, match="limit"):
        await one.ask(UpdateDynamicSchedule(id=5, l2=PhaseLimits(limit=1)))


@pytest.mark.any_database
async def test_K28_a_dynamic_profile_is_set_and_the_charger_asks_for_its_limit(
    app: App, charger: Any, one: Asked
) -> None:
    profile = ChargingProfile("station_max", [Period(0, 20.0)], kind="dynamic", id=5, update_every_s=60)
    _, [[action, sent]] = await one.ask(SetChargingProfile(profile=profile), ACCEPTED)
    told = sent["chargingProfile"]
    assert (action, told["chargingProfileKind"], told["dynUpdateInterval"]) == ("SetChargingProfile", "Dynamic", 60)
    assert told["chargingSchedule"][0]["chargingSchedulePeriod"] == [{"startPeriod": 0, "limit": 20.0}]
    assert "startSchedule" not in told["chargingSchedule"][0]
    pulled = await one.call("PullDynamicScheduleUpdate", {"chargingProfileId": 5})
    assert pulled == {"status": "Accepted", "scheduleUpdate": {"limit": 20.0}}
    await one.ask(UpdateDynamicSchedule(id=5, limit=6), ACCEPTED)
    pulled = await one.call("PullDynamicScheduleUpdate", {"chargingProfileId": 5})
    assert pulled == {"status": "Accepted", "scheduleUpdate": {"limit": 6.0}}
    for number in (0, 6, 2**40, -1):
        assert await one.call("PullDynamicScheduleUpdate", {"chargingProfileId": number}) == {"status": "Rejected"}
    for index, version in enumerate(("1.6", "2.0.1")):
        other = await Asked.connect(app, charger, version, one.clock, f"CP{index + 2}")
        with pytest.raises(Conflict, match="has no dynamic profiles"):
            await other.ask(SetChargingProfile(profile=profile))


@pytest.mark.any_database
@pytest.mark.parametrize("last, state", [("BatteryOut", "done"), ("BatteryOutTimeout", "failed")])
async def test_S_batteries_are_swapped(app: App, one: Asked, last: str, state: str) -> None:
    came, [[action, sent]] = await one.ask(RequestBatterySwap(token="TAG1"), ACCEPTED)
    number = sent.pop("requestId")
    assert (action, sent) == ("RequestBatterySwap", {"idToken": {"idToken": "TAG1", "type": "Central"}})
    assert (came.state, came.awaits) == ("awaiting", "battery")
    battery = {"evseId": 1, "serialNumber": "B1", "soC": 90.0, "soH": 99.0}
    for event, progress in (("BatteryIn", "awaiting"), (last, state)):
        told = {"batteryData": [battery], "eventType": event, "requestId": number}
        await one.call("BatterySwap", told | {"idToken": {"idToken": "TAG1", "type": "Central"}})
        assert (await one.newest()).state == progress
    with pytest.raises(Conflict, match="unknown"):
        await one.ask(RequestBatterySwap(token="NOBODY"))
    came, _ = await one.ask(RequestBatterySwap(token="NOBODY", force=True), {"status": "Rejected"})
    assert (came.outcome, came.remark) == ("rejected", "forced: the card is unknown")


EVERY: list[Command] = [
    UsePriorityCharging(session="tx-1"),
    NotifyAllowedEnergyTransfer(session="tx-1", modes=["DC"]),
    UpdateDynamicSchedule(id=1, limit=1),
    RequestBatterySwap(token="TAG1"),
]


@pytest.mark.parametrize("command", EVERY, ids=lambda command: type(command).__name__)
async def test_a_callerror_another_version_and_a_charger_that_is_away_have_a_plain_end(
    charger: Any, one: Asked, command: Command
) -> None:
    await one.start()
    await one.is_refused_by_error(command)
    await one.is_not_waited_for(command, charger, "1.6", "2.0.1")
