"""Charging profiles in three versions: set, removed, reported; the limits in force; limits from elsewhere."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from stationmaster.app import App
from stationmaster.domain import charging_profiles, commands, limits, organizations, station_settings
from stationmaster.domain.charging_profiles import ChargingProfile, KeptProfile, Period
from stationmaster.domain.errors import Conflict, Invalid, NotFound
from stationmaster.domain.station_settings import Setting
from tests.handlers.asking import START, Asked
from tests.handlers.conftest import Stored

ACCEPTED = {"status": "Accepted"}
LIMIT = ChargingProfile("station_max", [Period(0, 16), Period(3600, 8.04)], id=7)
UNIT = {"1.6": "ChargingScheduleAllowedChargingRateUnit"}
PERIODS = {"1.6": "ChargingScheduleMaxPeriods"}
LEVEL = {"1.6": "ChargeProfileMaxStackLevel"}


@pytest.fixture(params=["1.6", "2.0.1", "2.1"])
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def learn(app: App, name: str, value: str) -> None:
    found = app.directory.find("CP1")
    assert found is not None
    await app.database.write(station_settings.learn, found.station, [Setting(name, value)])


async def kept(app: App) -> list[KeptProfile]:
    home = await app.database.write(organizations.home)
    return await app.database.read(charging_profiles.of_station, home, "CP1")


def schedule_of(one: Asked, sent: dict[str, Any]) -> dict[str, Any]:
    if one.old:
        return sent["csChargingProfiles"]["chargingSchedule"]  # type: ignore[no-any-return]
    [schedule] = sent["chargingProfile"]["chargingSchedule"]
    return schedule  # type: ignore[no-any-return]


@pytest.mark.any_database
async def test_P_11_a_profile_is_set_with_its_start_and_kept_as_it_was_accepted(app: App, one: Asked) -> None:
    came, [[action, sent]] = await one.ask(commands.SetChargingProfile(profile=LIMIT), ACCEPTED)
    periods = [{"startPeriod": 0, "limit": 16.0}, {"startPeriod": 3600, "limit": 8.0}]
    schedule = {"chargingRateUnit": "A", "startSchedule": "2026-11-01T10:00:00.000Z", "chargingSchedulePeriod": periods}
    if one.old:
        profile = {"chargingProfileId": 7, "stackLevel": 0, "chargingProfilePurpose": "ChargePointMaxProfile"}
        profile |= {"chargingProfileKind": "Absolute", "chargingSchedule": schedule}
        assert sent == {"connectorId": 0, "csChargingProfiles": profile}
    else:
        profile = {"id": 7, "stackLevel": 0, "chargingProfilePurpose": "ChargingStationMaxProfile"}
        profile |= {"chargingProfileKind": "Absolute", "chargingSchedule": [{"id": 7} | schedule]}
        assert sent == {"evseId": 0, "chargingProfile": profile}
    assert action == "SetChargingProfile"
    assert (came.outcome, came.sentence) == ("accepted", "The charger has taken it as profile 7.")
    [held] = await kept(app)
    assert (held.id, held.evse, held.source) == (7, 0, "csms")
    assert held.profile is not None
    assert (held.profile.starts_at, held.profile.periods) == (START, [Period(0, 16), Period(3600, 8)])
    other = ChargingProfile("station_max", [Period(0, 32)], id=8)
    await one.ask(commands.SetChargingProfile(profile=other), ACCEPTED)  # of one purpose and level there is one
    assert [each.id for each in await kept(app)] == [8]


@pytest.mark.any_database
async def test_a_remote_start_brings_the_profile_of_its_session(app: App, one: Asked, version: str) -> None:
    profile = ChargingProfile("session", [Period(0, 16), Period(600, 8)], kind="relative", id=9)
    _, [[_, sent]] = await one.ask(commands.RemoteStart("TAG1", evse=1, profile=profile), ACCEPTED)
    told = sent["chargingProfile"]
    assert (told["chargingProfilePurpose"], told["chargingProfileKind"]) == ("TxProfile", "Relative")
    assert "transactionId" not in told
    [schedule] = [told["chargingSchedule"]] if one.old else told["chargingSchedule"]
    assert [each["limit"] for each in schedule["chargingSchedulePeriod"]] == [16.0, 8.0]
    assert "startSchedule" not in schedule
    await learn(app, UNIT.get(version, "SmartChargingCtrlr/RateUnit"), "W")
    _, [[_, sent]] = await one.ask(commands.RemoteStart("TAG1", evse=1, profile=profile), ACCEPTED)
    assert '"chargingRateUnit": "W"' in json.dumps(sent)
    for wrong in (
        ChargingProfile("session_default", [Period(0, 16)]),
        ChargingProfile("session", [Period(0, 16)], session="S1"),
        ChargingProfile("session", [Period(5, 16)]),
    ):
        with pytest.raises(Invalid, match=r"profile\."):
            await one.ask(commands.RemoteStart("TAG1", evse=1, profile=wrong))


async def test_a_refused_profile_is_not_kept(app: App, one: Asked) -> None:
    await one.ask(commands.SetChargingProfile(profile=LIMIT), {"status": "Rejected"})
    await one.ask(commands.SetChargingProfile(profile=LIMIT), ("NotSupported", "", {}))
    assert await kept(app) == []


@pytest.mark.parametrize("told", ["W", "Power", " power "])
async def test_S_06_the_unit_the_charger_has_told_of_is_used_at_once(
    app: App, one: Asked, version: str, told: str
) -> None:
    name = UNIT.get(version, "SmartChargingCtrlr/RateUnit")
    await learn(app, name, told)
    came, [[_, sent]] = await one.ask(commands.SetChargingProfile(profile=LIMIT), ACCEPTED)
    schedule = schedule_of(one, sent)
    assert schedule["chargingRateUnit"] == "W"
    assert [each["limit"] for each in schedule["chargingSchedulePeriod"]] == [11_040.0, 5_547.6]
    assert came.sentence.endswith("The charger takes limits in W only: they were converted, at 230 V.")


@pytest.mark.parametrize(
    "told, said",
    [
        (None, "Whether it takes amperes or watts is not known: read its setting {}."),
        ("Current,Power", "It says that it takes limits in amperes and in watts, so the unit is not the reason."),
        ("W", "It says that it takes limits in W only, and that is how it was asked."),
    ],
)
async def test_S_06_a_refusal_says_what_is_known_of_the_units(
    app: App, one: Asked, version: str, told: str | None, said: str
) -> None:
    name = UNIT.get(version, "SmartChargingCtrlr/RateUnit")
    if told is not None:
        await learn(app, name, told)
    came, _ = await one.ask(commands.SetChargingProfile(profile=LIMIT), {"status": "Rejected"})
    assert came.outcome == "rejected"
    assert came.sentence.endswith(said.format(name))


async def test_S_07_a_plan_of_96_quarters_for_a_charger_that_takes_24(app: App, one: Asked, version: str) -> None:
    await learn(app, PERIODS.get(version, "SmartChargingCtrlr/PeriodsPerSchedule"), "24")
    plan = ChargingProfile(
        "station_max", [Period(index * 900, 6 + index // 4 % 3 + index % 4) for index in range(96)], duration_s=86_400
    )
    came, [[_, sent]] = await one.ask(commands.SetChargingProfile(profile=plan), ACCEPTED)
    periods = schedule_of(one, sent)["chargingSchedulePeriod"]
    assert len(periods) == 24
    assert periods[-1]["startPeriod"] == 23 * 3600
    assert "The charger takes 24 periods: 96 became 24." in came.sentence


async def test_what_cannot_be_asked_is_refused_at_its_field(app: App, one: Asked, version: str) -> None:
    await learn(app, LEVEL.get(version, "SmartChargingCtrlr/ProfileStackLevel"), "3")
    high = ChargingProfile("station_max", [Period(0, 16)], stack_level=4)
    with pytest.raises(Invalid, match=r"profile.stack_level: this charger has the levels 0 to 3"):
        await one.ask(commands.SetChargingProfile(profile=high))
    with pytest.raises(Invalid, match="evse"):
        await one.ask(commands.SetChargingProfile(profile=LIMIT, evse=1))
    session = ChargingProfile("session", [Period(0, 16)], session="none", kind="relative")
    with pytest.raises(NotFound):
        await one.ask(commands.SetChargingProfile(profile=session, evse=1))
    if version != "2.1":
        solar = ChargingProfile("local_generation", [Period(0, 16)])
        with pytest.raises(Conflict, match="no profiles for local_generation"):
            await one.ask(commands.SetChargingProfile(profile=solar))


async def test_a_session_is_limited_by_what_the_charger_calls_it(app: App, one: Asked, stored: Stored) -> None:
    await one.start()
    session = await stored.session()
    profile = ChargingProfile("session", [Period(0, 10)], kind="relative", session=session.public_id)
    _, [[_, sent]] = await one.ask(commands.SetChargingProfile(profile=profile, evse=1), ACCEPTED)
    named = sent.get("csChargingProfiles", sent.get("chargingProfile"))["transactionId"]
    assert str(named) == session.transaction_id
    assert "startSchedule" not in schedule_of(one, sent)


@pytest.mark.any_database
async def test_K_01_FR_39_of_one_purpose_and_level_there_is_one(app: App, one: Asked) -> None:
    async def number_of(evse: int, **more: Any) -> int:
        profile = ChargingProfile("session_default", [Period(0, 10)], **more)
        _, [[_, sent]] = await one.ask(commands.SetChargingProfile(profile, evse=evse), ACCEPTED)
        told = sent.get("csChargingProfiles", sent.get("chargingProfile"))
        return int(told.get("chargingProfileId", told.get("id")))

    first = await number_of(1)
    assert await number_of(1) == first
    others = {await number_of(2), await number_of(0), await number_of(1, stack_level=1), await number_of(1, id=5)}
    assert len(others - {first}) == 4
    assert await number_of(1) == 5


async def test_a_profile_of_a_session_that_is_over_limits_nothing(app: App, one: Asked, stored: Stored) -> None:
    await one.start()
    session = await stored.session()
    profile = ChargingProfile("session", [Period(0, 10)], session=session.public_id, id=3)
    await one.ask(commands.SetChargingProfile(profile, evse=1), ACCEPTED)
    await one.ask(commands.SetChargingProfile(LIMIT), ACCEPTED)
    home = await app.database.write(organizations.home)
    assert [each.id for each in await app.database.read(limits.of_station, home, "CP1")] == [3, 7]
    if one.old:
        await one.raw.stop(int(session.transaction_id))
    else:
        await one.event("Ended")
    assert [each.id for each in await app.database.read(limits.of_station, home, "CP1")] == [7]


@pytest.mark.any_database
@pytest.mark.parametrize("status, outcome", [("Accepted", "accepted"), ("Unknown", "not_found")])
async def test_profiles_are_removed(app: App, one: Asked, status: str, outcome: str) -> None:
    default = ChargingProfile("session_default", [Period(0, 16)], id=9)
    await one.ask(commands.SetChargingProfile(profile=LIMIT), ACCEPTED)
    await one.ask(commands.SetChargingProfile(profile=default, evse=1), ACCEPTED)
    came, [[action, sent]] = await one.ask(commands.ClearChargingProfile(purpose="station_max"), {"status": status})
    assert (action, came.outcome) == ("ClearChargingProfile", outcome)
    told = sent if one.old else sent["chargingProfileCriteria"]
    assert told == {"chargingProfilePurpose": "ChargePointMaxProfile" if one.old else "ChargingStationMaxProfile"}
    assert [each.id for each in await kept(app)] == [9]
    _, [[_, sent]] = await one.ask(commands.ClearChargingProfile(id=9), {"status": status})
    assert sent == {"id" if one.old else "chargingProfileId": 9}
    assert await kept(app) == []


async def test_the_limits_in_force_are_shown(one: Asked) -> None:
    periods = [{"startPeriod": 0, "limit": 16.0, "numberPhases": 3}, {"startPeriod": 600, "limit": 6.5}]
    schedule: dict[str, Any] = {"chargingRateUnit": "A", "chargingSchedulePeriod": periods, "duration": 3600}
    if one.old:
        answer = {"connectorId": 1, "scheduleStart": "2026-11-01T10:00:00Z", "chargingSchedule": schedule}
    else:
        answer = {"schedule": schedule | {"evseId": 1, "scheduleStart": "2026-11-01T10:00:00Z"}}
    command = commands.GetCompositeSchedule(evse=1, duration_s=3600)
    came, [[_, sent]] = await one.ask(command, ACCEPTED | answer)
    assert sent == {"connectorId" if one.old else "evseId": 1, "duration": 3600}
    assert came.sentence == "The limit is between 6.5 and 16 A. Nothing was set here; it goes by its own settings."
    assert came.data.pop("compared")[0]["verdict"] == "not_set"
    assert came.data == {
        "evse": 1,
        "starts_at": "2026-11-01T10:00:00Z",
        "duration_s": 3600,
        "unit": "A",
        "periods": [{"start_s": 0, "limit": 16.0, "phases": 3}, {"start_s": 600, "limit": 6.5, "phases": None}],
    }
    came, _ = await one.ask(command, ACCEPTED)
    assert (came.outcome, came.sentence) == ("accepted", "The charger has named no limits.")
    await one.ask(commands.SetChargingProfile(evse=0, profile=LIMIT), ACCEPTED)  # 16 A for an hour, then 8 A
    command = commands.GetCompositeSchedule(evse=1, duration_s=7200)
    came, _ = await one.ask(command, ACCEPTED | answer)
    assert came.sentence == (
        "The limit is between 6.5 and 16 A. It allows less than was set here for 50 min: 6.5 A instead of 16 A"
        " (profile 7); another limit is in force there."
    )
    came, _ = await one.ask(command, ACCEPTED)
    assert came.sentence == (
        "The charger has named no limits. It allows more than was set here for 2 h: no limit instead of 16 A (profile 7)."
    )
    came, _ = await one.ask(command, {"status": "Rejected"})
    assert came.outcome == "rejected"


@pytest.mark.any_database
@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_K09_a_charger_reports_what_it_has(app: App, one: Asked, version: str) -> None:
    command = commands.GetChargingProfiles(evse=1, purpose="session_default")
    came, [[_, sent]] = await one.ask(command, ACCEPTED)
    number = sent.pop("requestId")
    assert sent == {"evseId": 1, "chargingProfile": {"chargingProfilePurpose": "TxDefaultProfile"}}
    assert (came.state, came.awaits) == ("awaiting", "report")
    schedule = {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 12.0}]}
    profile = {"id": 9, "stackLevel": 2, "chargingProfilePurpose": "TxDefaultProfile", "chargingSchedule": [schedule]}
    told = {"requestId": number, "evseId": 1, "chargingProfile": [profile | {"chargingProfileKind": "Relative"}]}
    assert await one.call("ReportChargingProfiles", told | {"chargingLimitSource": "EMS", "tbc": True}) == {}
    assert await one.call("ReportChargingProfiles", told | {"chargingLimitSource": "CSO"}) == {}
    assert await one.call("ReportChargingProfiles", told | {"chargingLimitSource": "CSO"}) == {}  # once more
    expected = ChargingProfile("session_default", [Period(0, 12)], kind="relative", stack_level=2, id=9)
    assert [(each.source, each.evse, each.profile) for each in await kept(app)] == [
        ("EMS", 1, expected),
        ("csms", 1, expected),
    ]
    home = await app.database.write(organizations.home)
    assert home
    [row] = await app.database.read(commands.listed, one.id, limit=1, cursor=None)
    assert (row.state, row.progress) == ("done", "reported")
    came, _ = await one.ask(command, {"status": "NoProfiles"})
    assert came.sentence == "The charger has no such profile."


@pytest.mark.every_case
@pytest.mark.parametrize("version", ["2.0.1"])
@pytest.mark.parametrize(
    "facts, left",
    [
        ({}, []),
        ({"evse": 1}, [2]),
        ({"id": 2, "purpose": "session"}, [1]),
        ({"purpose": "session_default"}, [2]),
        ({"stack_level": 1}, [1, 2]),
        ({"source": "EMS"}, [1, 2]),
        ({"source": "csms"}, []),
    ],
)
@pytest.mark.parametrize("none", [True, False])
async def test_K09_profiles_that_a_charger_does_not_tell_are_gone(
    app: App, one: Asked, facts: dict[str, Any], left: list[int], none: bool
) -> None:
    await one.ask(commands.SetChargingProfile(ChargingProfile("session_default", [Period(0, 8)], id=1), 1), ACCEPTED)
    await one.ask(commands.SetChargingProfile(ChargingProfile("station_max", [Period(0, 8)], id=2)), ACCEPTED)
    limit = {"chargingLimitSource": "EMS", "isGridCritical": True}
    await one.call("NotifyChargingLimit", {"chargingLimit": limit})
    one.clock.forward(1)
    told: list[int] = []
    if none:
        await one.ask(commands.GetChargingProfiles(**facts), {"status": "NoProfiles"})
    else:
        _, [[_, sent]] = await one.ask(commands.GetChargingProfiles(**facts), ACCEPTED)
        schedule = {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 12.0}]}
        profile = {"id": 3, "stackLevel": 2, "chargingProfilePurpose": "TxDefaultProfile"}
        profile |= {"chargingProfileKind": "Relative", "chargingSchedule": [schedule]}
        report = {"requestId": sent["requestId"], "evseId": 2, "chargingLimitSource": "CSO"}
        await one.call("ReportChargingProfiles", report | {"chargingProfile": [profile]})
        told = [3]
    assert sorted(each.id for each in await kept(app)) == [0, *left, *told]


@pytest.mark.any_database
@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_K11_K13_a_limit_from_elsewhere_is_shown_until_it_is_lifted(app: App, one: Asked, version: str) -> None:
    limit = {"chargingLimitSource": "EMS", "isGridCritical": True}
    schedule = {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6.0}]}
    for _ in range(2):
        assert await one.call("NotifyChargingLimit", {"chargingLimit": limit, "chargingSchedule": [schedule]}) == {}
    [held] = await kept(app)
    assert (held.id, held.evse, held.source, held.profile) == (0, 0, "EMS", None)
    assert held.told["grid_critical"] is True
    assert held.told["schedules"][0]["chargingSchedulePeriod"][0]["limit"] == 6.0
    assert await one.call("ClearedChargingLimit", {"chargingLimitSource": "SO"}) == {}
    assert len(await kept(app)) == 1
    assert await one.call("ClearedChargingLimit", {"chargingLimitSource": "EMS"}) == {}
    assert await kept(app) == []


@pytest.mark.parametrize("version", ["1.6"])
async def test_1_6_reports_no_profiles(one: Asked, version: str) -> None:
    with pytest.raises(Conflict, match=r"OCPP 1\.6 has no such command"):
        await one.ask(commands.GetChargingProfiles())


def test_a_day_has_an_end() -> None:
    daily = ChargingProfile("station_max", [Period(0, 6)], kind="recurring", recurrency="daily", duration_s=86_401)
    with pytest.raises(Invalid, match="86400"):
        charging_profiles.check(
            ChargingProfile(**{name: getattr(daily, name) for name in daily.__struct_fields__} | {"starts_at": START}),
            evse=0,
        )
    assert START + timedelta(days=1) > START
