"""What chargers of the field do, where no other test shows it: docs/field-experience.md has the whole list."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from stationmaster.app import App
from stationmaster.domain import (
    alarms,
    boots,
    commands,
    connectors,
    deviations,
    limits,
    organizations,
    station_settings,
    stations,
    tokens,
)
from stationmaster.domain.charging_profiles import ChargingProfile, Period
from stationmaster.domain.errors import Conflict
from stationmaster.handlers.charging_profiles import units_of
from stationmaster.handlers.v16 import words
from tests.charger import CallError
from tests.handlers.asking import Asked, Clock
from tests.handlers.conftest import Stored, card
from tests.patience import PATIENCE_S

AT = "2026-11-01T10:00:00Z"
VERSIONS = ("1.6", "2.0.1", "2.1")
every_version = pytest.mark.parametrize("version", VERSIONS)
BOOT_16 = {"chargePointVendor": "Acme", "chargePointModel": "One"}
BOOT_2 = {"reason": "PowerUp", "chargingStation": {"vendorName": "Acme", "model": "Two", "serialNumber": "1234"}}


async def counted(app: App) -> dict[str, tuple[int, int, str]]:
    """What CP1 does wrong: how often it was repaired and refused, and where."""
    entry = app.directory.find("CP1")
    assert entry is not None
    rows = await app.database.read(deviations.of_station, entry.station.id)
    return {row.rule: (row.repaired, row.refused, row.example) for row in rows}


async def until_counted(app: App, rule: str, wanted: tuple[int, int, str]) -> None:
    """Counts are written beside the answer."""
    async with asyncio.timeout(PATIENCE_S):
        while (await counted(app)).get(rule) != wanted:
            await asyncio.sleep(0.005)


# Frames


@pytest.mark.parametrize(
    "speaks, action, payload, code, example",
    [
        ("2.0.1", "BootNotification", BOOT_16, "OccurrenceConstraintViolation", "BootNotification chargingStation"),
        ("2.1", "BootNotification", BOOT_16, "OccurrenceConstraintViolation", "BootNotification chargingStation"),
        ("2.0.1", "StartTransaction", {"connectorId": 1}, "NotImplemented", "StartTransaction"),
        (
            "2.0.1",
            "StatusNotification",
            {"connectorId": 1, "errorCode": "NoError", "status": "Available"},
            "OccurrenceConstraintViolation",
            "StatusNotification timestamp",
        ),
        ("1.6", "BootNotification", BOOT_2, "ProtocolError", "BootNotification chargePointVendor"),
        ("1.6", "TransactionEvent", {}, "NotImplemented", "TransactionEvent"),
    ],
)
@pytest.mark.any_database
async def test_a_charger_that_speaks_another_version_than_it_has_agreed_on_is_told_so(
    app: App, charger: Any, speaks: str, action: str, payload: dict[str, Any], code: str, example: str
) -> None:
    one = await charger("CP1", boot=False, subprotocols=[f"ocpp{speaks}"])
    if action != "BootNotification":
        await one.call("BootNotification", BOOT_16 if speaks == "1.6" else BOOT_2)
    with pytest.raises(CallError) as refused:
        await one.call(action, payload)
    assert refused.value.code == code
    other = "OCPP 2." if speaks == "1.6" else "OCPP 1.6"
    assert f"this is the message of {other}" in str(refused.value)
    await one.close()
    await until_counted(app, "other-version", (0, 1, example))
    assert set(await counted(app)) == {"other-version"}


@every_version
@pytest.mark.any_database
async def test_what_is_wrong_in_every_version_is_of_no_other_one(app: App, charger: Any, version: str) -> None:
    one = await charger("CP1", boot=False, subprotocols=[f"ocpp{version}"])
    with pytest.raises(CallError) as refused:
        await one.call("BootNotification", {"vendor": "Acme"})
    assert "this is the message of" not in str(refused.value)
    with pytest.raises(CallError) as unknown:
        await one.call("Hello", {})
    assert "this is the message of" not in str(unknown.value)


@every_version
@pytest.mark.any_database
async def test_empty_frames_are_heard_as_a_sign_of_life_and_not_answered(app: App, charger: Any, version: str) -> None:
    one = await charger("CP1", boot=False, subprotocols=[f"ocpp{version}"])
    for text in ("", " ", "\r\n"):
        await one.send(text)
    assert (await one.call("BootNotification", BOOT_16 if version == "1.6" else BOOT_2))["status"] == "Accepted"
    with pytest.raises(CallError):
        await one.call("Hello", {})
    await one.close()
    await until_counted(app, "unknown-message", (0, 1, "Hello"))
    assert set(await counted(app)) == {"unknown-message"}  # it is counted after all that was said before


@pytest.mark.parametrize("value", ["", " ", " 32 A ", '"Core", "RemoteTrigger"', "a,b,"])
@every_version
@pytest.mark.any_database
async def test_the_value_of_a_setting_is_kept_verbatim(app: App, charger: Any, version: str, value: str) -> None:
    one = await Asked.connect(app, charger, version, Clock(app))
    name = "MaxCurrent" if one.old else "Ctrlr/MaxCurrent"
    key = {"component": {"name": "Ctrlr"}, "variable": {"name": "MaxCurrent"}}
    answers = (
        ({"configurationKey": [{"key": name, "readonly": False, "value": value}]}, {"status": "Accepted"})
        if one.old
        else (
            {"getVariableResult": [{**key, "attributeStatus": "Accepted", "attributeValue": value}]},
            {"setVariableResult": [{**key, "attributeStatus": "Accepted"}]},
        )
    )
    await one.ask(commands.ReadSettings(settings=[name]), answers[0])
    entry = app.directory.find("CP1")
    assert entry is not None
    assert await app.database.read(station_settings.value, entry.station, name) == value
    change = commands.Change(name, value)
    _, [[_, sent]] = await one.ask(commands.ChangeSettings(changes=[change]), answers[1])
    written = sent["value"] if one.old else sent["setVariableData"][0]["attributeValue"]
    assert written == value


@pytest.mark.parametrize(
    "told, lacks",
    [
        ("Core,Reservation", False),
        (" Core , Reservation ", False),
        ('"Core","Reservation"', False),
        ("'Core, reservation'", False),
        ("Core,RemoteTrigger,Reserv", False),  # cut where the text ends
        ("", False),  # says nothing
        ("Core,RemoteTrigger", True),
        ("Reserv,Core", True),
    ],
)
@pytest.mark.any_database
async def test_a_list_in_a_setting_is_read_in_any_form(app: App, charger: Any, told: str, lacks: bool) -> None:
    await charger("CP1")
    entry = app.directory.find("CP1")
    assert entry is not None
    setting = station_settings.Setting("SupportedFeatureProfiles", told)
    await app.database.write(station_settings.learn, entry.station, [setting])
    sentence = await app.database.read(words.lacking, entry.station, "Reservation")
    assert (sentence is not None) == lacks


@pytest.mark.parametrize("told", ["Current,Power", "A, W", '"A","W"', "power,,current"])
def test_the_units_of_limits_are_read_in_any_form(told: str) -> None:
    assert units_of(told) == {"A", "W"}


# Boot and status


@every_version
@pytest.mark.any_database
async def test_a_makers_own_text_about_a_connector_is_kept(
    app: App, charger: Any, stored: Stored, version: str
) -> None:
    one = await Asked.connect(app, charger, version, Clock(app))
    info = '{"temp":{"board":41},"rssi":-67,"relay":"' + "closed," * 20 + '"}'
    if one.old:
        told = {"connectorId": 1, "errorCode": "NoError", "status": "Available", "timestamp": AT, "info": info}
        await one.call("StatusNotification", told)
        [row] = await stored.rows(connectors.connectors)
        assert (row.state, row.info) == ("available", info)
    else:
        told = {"evseId": 1, "connectorId": 1, "connectorStatus": "Available", "timestamp": AT}
        await one.call("StatusNotification", told | {"customData": {"vendorId": "Acme", "info": info}})
        [row] = await stored.rows(connectors.connectors)
        assert row.state == "available"


@pytest.mark.any_database
async def test_a_meter_that_calls_itself_unfit_is_told_to_a_person_once(app: App, charger: Any, stored: Stored) -> None:
    one = await charger("CP1", boot=False)
    for meter in ("Internal compliant", "Internal NON compliant", "Internal NON compliant"):
        await one.call("BootNotification", BOOT_16 | {"meterType": meter})
    [row] = await stored.rows(stations.stations)
    assert row.meter_type == "Internal NON compliant"
    [alarm] = await stored.rows(alarms.alarms)
    assert (alarm.kind, alarm.count) == ("meter_unfit", 1)
    assert "'Internal NON compliant'" in alarm.detail


@every_version
@pytest.mark.any_database
async def test_a_session_whose_meter_is_called_broken_is_held_for_a_person(
    app: App, charger: Any, clock: Clock, stored: Stored, version: str
) -> None:
    one = await Asked.connect(app, charger, version, clock)
    await one.start()
    for place, error in ((2, "meter"), (1, "other"), (1, "meter"), (1, "meter")):
        if one.old:
            code = "PowerMeterFailure" if error == "meter" else "HighTemperature"
            told = {"connectorId": place, "status": "Charging", "errorCode": code, "timestamp": clock.text()}
            await one.call("StatusNotification", told)
        else:
            of = {"name": "FiscalMetering" if error == "meter" else "Controller", "evse": {"id": place}}
            fault = {"eventId": 1, "timestamp": clock.text(), "trigger": "Delta", "actualValue": "true"}
            fault |= {
                "eventNotificationType": "HardWiredNotification",
                "component": of,
                "variable": {"name": "Problem"},
            }
            await one.call("NotifyEvent", {"generatedAt": clock.text(), "seqNo": 0, "eventData": [fault]})
        row = await stored.session()
        assert row.flags == (None if (place, error) != (1, "meter") else ["meter_fault"])
    clock.forward(30)
    if one.old:
        stop = {"transactionId": int(row.transaction_id), "meterStop": 5000, "timestamp": clock.text()}
        await one.call("StopTransaction", stop)
    else:
        register = {"value": 5000, "context": "Transaction.End"}
        await one.event("Ended", meterValue=[{"timestamp": clock.text(), "sampledValue": [register]}])
    row = await stored.session()
    assert row.review and row.flags[0] == "meter_fault"
    [alarm] = await stored.rows(alarms.alarms)
    assert (alarm.kind, alarm.count) == ("meter_fault", 3)


# Cards


async def drive(one: Asked, uid: str) -> str:
    """Authorize, start, stop; the status that all three were answered with."""
    if one.old:
        said = [await one.call("Authorize", {"idTag": uid})]
        told = {"connectorId": 1, "idTag": uid, "meterStart": 0, "timestamp": one.clock.text()}
        said.append(await one.call("StartTransaction", told))
        named = {"transactionId": said[1]["transactionId"], "meterStop": 5, "timestamp": one.clock.text(5)}
        said.append(await one.call("StopTransaction", named | {"idTag": uid}))
    else:
        said = [await one.call("Authorize", {"idToken": card(uid)})]
        for seq, kind in enumerate(("Started", "Ended")):
            told = {"eventType": kind, "timestamp": one.clock.text(seq), "triggerReason": "Authorized", "seqNo": seq}
            named = {"transactionInfo": {"transactionId": uid}, "idToken": card(uid), "evse": {"id": 1}}
            said.append(await one.call("TransactionEvent", told | named))
    [status] = {answer["idTagInfo" if one.old else "idTokenInfo"]["status"] for answer in said}
    return str(status)


@every_version
async def test_a_card_with_the_chargers_own_serial_number_behind_it_is_that_card(
    app: App, charger: Any, stored: Stored, version: str
) -> None:
    one = await Asked.connect(app, charger, version, Clock(app))
    entry = app.directory.find("CP1")
    assert entry is not None
    await app.database.write(boots.record, entry.station, boots.BootFacts("Acme", "Two", "Ab12", "1.0"))
    assert await drive(one, "TAG1_aB12") == "Accepted"
    [row] = await stored.sessions()
    assert (row.token, row.stop_token, row.authorization) == ("TAG1", "TAG1", "accepted")
    await until_counted(app, "serial-after-card", (3, 0, "the number of a card"))


@pytest.mark.parametrize("uid", ["TAG1_9999", "TAG1_", "_Ab12", "TAG1Ab12", "TAG1_Ab12_x"])
@pytest.mark.any_database
async def test_any_other_number_is_taken_as_it_is(app: App, charger: Any, stored: Stored, uid: str) -> None:
    one = await Asked.connect(app, charger, "1.6", Clock(app))
    entry = app.directory.find("CP1")
    assert entry is not None
    await app.database.write(boots.record, entry.station, boots.BootFacts("Acme", "One", "Ab12", "1.0"))
    assert await drive(one, uid) == "Invalid"
    [row] = await stored.sessions()
    assert (row.token, row.authorization) == (uid, "unknown")
    assert "serial-after-card" not in await counted(app)


@pytest.mark.any_database
async def test_a_card_that_is_known_under_the_long_number_is_that_one(app: App, charger: Any, stored: Stored) -> None:
    one = await Asked.connect(app, charger, "1.6", Clock(app))
    entry = app.directory.find("CP1")
    assert entry is not None
    await app.database.write(boots.record, entry.station, boots.BootFacts("Acme", "One", "Ab12", "1.0"))
    home = await app.database.write(organizations.home)
    await app.database.write(tokens.add, home, uid="TAG1_Ab12", status="blocked")
    assert await drive(one, "TAG1_Ab12") == "Blocked"
    [row] = await stored.sessions()
    assert row.token == "TAG1_Ab12"


# Commands


@pytest.mark.any_database
async def test_a_command_that_a_charger_falls_over_is_held_back_and_a_raw_call_is_not(app: App, charger: Any) -> None:
    one = await charger("CP1", boot=False)
    await one.call("BootNotification", {"chargePointVendor": "EN+ Tech", "chargePointModel": "Caro"})
    entry = app.directory.find("CP1")
    assert entry is not None
    with pytest.raises(Conflict, match="change-availability is held back from charger CP1: Chargers of EN"):
        await app.switchboard.send(entry.station.id, commands.ChangeAvailability(operative=False), by="me")
    assert await app.database.read(commands.listed, entry.station.id, limit=1, cursor=None) == []
    payload = {"connectorId": 0, "type": "Inoperative"}
    raw = app.switchboard.call(entry.station.id, "ChangeAvailability", payload, timeout_s=PATIENCE_S, by="me")
    came = asyncio.create_task(raw)
    _, message_id, action, _ = await one.receive()  # nothing went out before it
    assert action == "ChangeAvailability"
    await one.send([3, message_id, {"status": "Accepted"}])
    assert (await came).payload == {"status": "Accepted"}


# Limits


@every_version
@pytest.mark.any_database
async def test_a_limit_that_is_accepted_and_not_obeyed_is_told_so(
    app: App, charger: Any, clock: Clock, version: str
) -> None:
    one = await Asked.connect(app, charger, version, clock)
    home = await app.database.write(organizations.home)
    profile = ChargingProfile("session_default", [Period(0, 16)])
    await one.ask(commands.SetChargingProfile(profile, evse=1), {"status": "Accepted"})
    await one.start()
    for amperes, obeyed in (("32", False), ("15.8", True)):
        clock.forward(2)
        place = {"connectorId": 1} if one.old else {"evseId": 1}
        sample = {"measurand": "Current.Import", "value": amperes if one.old else float(amperes)}
        value = {"timestamp": clock.text(), "sampledValue": [sample]}
        await one.call("MeterValues", place | {"meterValue": [value]})
        [kept] = await app.database.read(limits.of_station, home, "CP1")
        assert kept.measured is not None
        assert (kept.measured.obeyed, kept.measured.measured, kept.measured.allowed) == (obeyed, float(amperes), 16.0)
    clock.forward(60)  # what was measured an hour ago says nothing of now
    [kept] = await app.database.read(limits.of_station, home, "CP1")
    assert kept.measured is None
