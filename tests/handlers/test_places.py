"""Where a command is for: the charger's own numbers, and none that it does not have (P-03)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from stationmaster.app import App
from stationmaster.domain import commands, connectors, station_settings
from stationmaster.domain.charging_profiles import ChargingProfile, Period
from stationmaster.domain.errors import Invalid
from tests.handlers.asking import Asked, Clock
from tests.handlers.conftest import Stored

ACCEPTED = {"status": "Accepted"}
VERSIONS = ("1.6", "2.0.1", "2.1")


async def connect(app: App, charger: Any, version: str, identity: str = "CP1") -> Asked:
    return await Asked.connect(app, charger, version, Clock(app), identity)


async def report(one: Asked, *places: dict[str, int], scope: Any = "all", whole: bool = True) -> None:
    """It tells its settings, among them those of these places."""
    _, [[_, sent]] = await one.ask(commands.ReportSettings(scope=scope), ACCEPTED)
    told = [
        {
            "component": {"name": "Connector" if "connectorId" in place else "EVSE", "evse": place},
            "variable": {"name": "AvailabilityState"},
            "variableAttribute": [{"value": "Available"}],
        }
        for place in places
    ]
    part = {"requestId": sent["requestId"], "generatedAt": one.clock.text(), "seqNo": 0, "tbc": not whole}
    await one.call("NotifyReport", part | {"reportData": told})


async def two_places(one: Asked) -> None:
    """All that there is: two EVSEs of one connector each."""
    if one.old:
        key = {"key": "NumberOfConnectors", "readonly": True, "value": "2"}
        await one.ask(commands.GetConfiguration(), {"configurationKey": [key]})
    else:
        connector = {"connectorId": 1}
        await report(one, {"id": 1}, {"id": 1, **connector}, {"id": 2}, {"id": 2, **connector})


@pytest.mark.parametrize("version", VERSIONS)
async def test_P_03_a_remote_start_names_the_chargers_own_number(
    app: App, charger: Any, stored: Stored, version: str
) -> None:
    other = await connect(app, charger, version, "CP9")
    for number in range(1, 5):
        await other.status("Available", evse=number)
    one = await connect(app, charger, version)
    for number in (1, 2):
        await one.status("Available", evse=number)
    ours = [row.id for row in await stored.rows(connectors.evses, connectors.evses.c.station_id == one.id)]
    assert not {1, 2} & set(ours)  # our rows count through all chargers
    _, [[action, sent]] = await one.ask(commands.RemoteStart("TAG1", evse=2), ACCEPTED)
    assert sent["connectorId" if one.old else "evseId"] == 2
    assert action == ("RemoteStartTransaction" if one.old else "RequestStartTransaction")


PROFILE = ChargingProfile(purpose="tx_default", unit="A", periods=[Period(start_s=0, limit=16.0)])
AT_AN_EVSE = [
    commands.RemoteStart("TAG1", evse=3),
    commands.Unlock(evse=3),
    commands.ChangeAvailability(operative=False, evse=3),
    commands.TriggerMessage("StatusNotification", evse=3),
    commands.ReserveNow(token="TAG1", evse=3, expires_at=datetime(2026, 11, 1, 11, tzinfo=UTC)),
    commands.SetChargingProfile(profile=PROFILE, evse=3),
    commands.ClearChargingProfile(evse=3),
    commands.GetCompositeSchedule(duration_s=60, evse=3),
]


@pytest.mark.any_database
@pytest.mark.parametrize("version", VERSIONS)
async def test_P_03_what_the_charger_does_not_have_is_refused_before_anything_is_sent(
    app: App, charger: Any, stored: Stored, version: str
) -> None:
    one = await connect(app, charger, version)
    await two_places(one)
    before = len(await stored.rows(commands.commands))
    commands_here = [*AT_AN_EVSE, *([] if one.old else [commands.Reset(evse=3)])]
    for command in commands_here:
        with pytest.raises(Invalid) as refused:
            await app.switchboard.send(one.id, command, by="me")
        name = "connector" if one.old else "EVSE"
        assert str(refused.value) == f"evse: charger CP1 has no {name} 3; it has 1 and 2"
    assert len(await stored.rows(commands.commands)) == before
    # The next thing it hears is what it has: nothing was sent in between.
    _, [[_, sent]] = await one.ask(commands.RemoteStart("TAG1", evse=2), ACCEPTED)
    assert sent["connectorId" if one.old else "evseId"] == 2


@pytest.mark.any_database
@pytest.mark.parametrize("version", ["2.0.1", "2.1"])
async def test_P_03_a_connector_that_its_evse_does_not_have(app: App, charger: Any, version: str) -> None:
    one = await connect(app, charger, version)
    await two_places(one)
    with pytest.raises(Invalid, match="connector: EVSE 1 of charger CP1 has no connector 2; it has 1"):
        await app.switchboard.send(one.id, commands.Unlock(evse=1, connector=2), by="me")
    _, [[_, sent]] = await one.ask(commands.Unlock(evse=1, connector=1), {"status": "Unlocked"})
    assert sent == {"evseId": 1, "connectorId": 1}


@pytest.mark.any_database
@pytest.mark.parametrize("version", VERSIONS)
async def test_P_03_while_it_has_not_told_of_all_any_number_is_asked_for(app: App, charger: Any, version: str) -> None:
    one = await connect(app, charger, version)
    await one.status("Available", evse=1)
    if not one.old:
        await report(one, {"id": 1}, scope="configuration")  # of what can be changed; there may be more
        await report(one, {"id": 1}, whole=False)
    _, [[_, sent]] = await one.ask(commands.RemoteStart("TAG1", evse=3), ACCEPTED)
    assert sent["connectorId" if one.old else "evseId"] == 3


@pytest.mark.any_database
@pytest.mark.parametrize("version", VERSIONS)
async def test_P_03_a_status_is_proof_of_a_place_whatever_the_settings_say(
    app: App, charger: Any, version: str
) -> None:
    one = await connect(app, charger, version)
    await two_places(one)
    await one.status("Available", evse=3)
    _, [[_, sent]] = await one.ask(commands.RemoteStart("TAG1", evse=3), ACCEPTED)
    assert sent["connectorId" if one.old else "evseId"] == 3


@pytest.mark.any_database
@pytest.mark.parametrize("count", ["0", "-1", "", "many", None])
async def test_P_03_a_number_of_connectors_that_is_none_says_nothing(app: App, charger: Any, count: str | None) -> None:
    one = await connect(app, charger, "1.6")
    entry = app.directory.find("CP1")
    assert entry is not None
    setting = station_settings.Setting("NumberOfConnectors", count)
    await app.database.write(station_settings.learn, entry.station, [setting])
    _, [[_, sent]] = await one.ask(commands.RemoteStart("TAG1", evse=3), ACCEPTED)
    assert sent["connectorId"] == 3
