"""What the 2.0.1 and 2.1 charger does when the CSMS asks: device model, monitors, display, profiles, lists, upkeep."""

import asyncio
from typing import Any

import pytest

from stationmaster.simulator.v2 import ChargingStation21, ChargingStation201
from tests.simulator.central_system import CentralSystem
from tests.simulator.certificate import NAME, ROOT, signed


async def ask(csms: CentralSystem, action: str, **payload: Any) -> Any:
    """The station's answer, or its error code."""
    return (await csms.call("CS1", action, payload))[2]


async def status(csms: CentralSystem, action: str, **payload: Any) -> str:
    return str((await ask(csms, action, **payload))["status"])


def named(component: str, variable: str, evse: dict[str, int] | None = None, **more: Any) -> dict[str, Any]:
    where = {} if evse is None else {"evse": evse}
    return {"component": {"name": component, **where}, "variable": {"name": variable}, **more}


def rows(csms: CentralSystem) -> list[str]:
    """What the reports said, as component/variable."""
    parts = csms.heard("NotifyReport")
    return [f"{row['component']['name']}/{row['variable']['name']}" for part in parts for row in part["reportData"]]


def test_what_it_has_no_answer_to_is_not_there_in_such_a_charger():
    assert ChargingStation201.dialect.from_csms == set(ChargingStation201.answers)
    assert ChargingStation21.dialect.from_csms - set(ChargingStation21.answers) == {"RequestBatterySwap"}


async def test_what_it_has_not_is_not_supported():
    async with CentralSystem("ocpp2.1").running() as csms, ChargingStation21("CS1", csms.url):
        payload = {"idToken": {"idToken": "A", "type": "Central"}, "requestId": 1}
        assert await ask(csms, "RequestBatterySwap", **payload) == "NotSupported"


# -- device model ------------------------------------------------------------------------------------------------------


async def test_variables_of_parts_have_their_place(csms: CentralSystem, cs: ChargingStation201):
    await cs.plug_in(2)
    wanted = [
        named("Connector", "AvailabilityState", {"id": 2, "connectorId": 1}),
        named("EVSE", "AvailabilityState", {"id": 1}),
        named("EVSE", "AvailabilityState", {"id": 9}),
        named("ChargingStation", "Model"),
        {"component": {"name": "DeviceDataCtrlr"}, "variable": {"name": "ItemsPerMessage", "instance": "GetVariables"}},
    ]
    results = (await ask(csms, "GetVariables", getVariableData=wanted))["getVariableResult"]
    values = [result.get("attributeValue", result["attributeStatus"]) for result in results]
    assert values == ["Occupied", "Available", "UnknownComponent", "Post 22", "16"]


async def test_more_variables_than_it_takes_are_refused(csms: CentralSystem, cs: ChargingStation201):
    wanted = [named("ChargingStation", "Model")] * 17
    assert await ask(csms, "GetVariables", getVariableData=wanted) == "OccurrenceConstraintViolation"
    assert len((await ask(csms, "GetVariables", getVariableData=wanted[:16]))["getVariableResult"]) == 16


async def test_what_it_is_cannot_be_set(csms: CentralSystem, cs: ChargingStation201):
    given = [named("ChargingStation", "Model", attributeValue="Other")]
    assert (await ask(csms, "SetVariables", setVariableData=given))["setVariableResult"][0]["attributeStatus"] == (
        "Rejected"
    )


@pytest.mark.parametrize(
    ("base", "there", "not_there"),
    [
        ("FullInventory", "ChargingStation/Model", "ChargingStation/Colour"),
        ("ConfigurationInventory", "OCPPCommCtrlr/HeartbeatInterval", "ChargingStation/Model"),
        ("SummaryInventory", "Connector/AvailabilityState", "OCPPCommCtrlr/HeartbeatInterval"),
    ],
)
async def test_base_reports(base: str, there: str, not_there: str, csms: CentralSystem, cs: ChargingStation201):
    assert await status(csms, "GetBaseReport", requestId=7, reportBase=base) == "Accepted"
    await cs.settled()
    assert there in rows(csms)
    assert not_there not in rows(csms)


async def test_a_report_of_what_was_named(csms: CentralSystem, cs: ChargingStation201):
    chosen = [{"component": {"name": "evse"}}, named("TxCtrlr", "EVConnectionTimeOut")]
    assert await status(csms, "GetReport", requestId=8, componentVariable=chosen) == "Accepted"
    await cs.settled()
    assert sorted(set(rows(csms))) == [
        "EVSE/AvailabilityState", "EVSE/Power", "EVSE/SupplyPhases", "TxCtrlr/EVConnectionTimeOut",
    ]  # fmt: skip
    nothing = [{"component": {"name": "Moon"}}]
    assert await status(csms, "GetReport", requestId=9, componentVariable=nothing) == "EmptyResultSet"
    problems = {"requestId": 10, "componentCriteria": ["Problem"]}
    assert await status(csms, "GetReport", **problems) == "EmptyResultSet"
    await cs.fault("GroundFailure", 2)
    assert await status(csms, "GetReport", **problems) == "Accepted"


async def test_a_fault_is_an_event_unless_the_level_is_too_low(csms: CentralSystem, cs: ChargingStation201):
    await cs.fault("GroundFailure", 2)
    await cs.clear_fault(2)
    told = [event for part in csms.heard("NotifyEvent") for event in part["eventData"]]
    assert [(event["actualValue"], event["component"]["evse"]["id"]) for event in told] == [("true", 2), ("false", 2)]
    assert told[0]["techCode"] == "GroundFailure"
    assert await status(csms, "SetMonitoringLevel", severity=2) == "Accepted"
    await cs.fault("GroundFailure", 2)
    assert len(csms.heard("NotifyEvent")) == 2


async def test_monitors_are_set_reported_and_cleared(csms: CentralSystem, cs: ChargingStation201):
    power = named("EVSE", "Power", {"id": 1}, type="UpperThreshold", value=11000, severity=5)
    wanted = [
        power,
        named("Connector", "AvailabilityState", {"id": 1, "connectorId": 1}, type="Delta", value=1, severity=8),
        power | {"value": 1},
        named("ChargingStation", "Model", type="Delta", value=1, severity=5),
        named("Connector", "Problem", {"id": 1, "connectorId": 1}, type="LowerThreshold", value=1, severity=5),
    ]
    results = (await ask(csms, "SetVariableMonitoring", setMonitoringData=wanted))["setMonitoringResult"]
    assert [result["status"] for result in results] == [
        "Accepted", "Accepted", "Duplicate", "UnsupportedMonitorType", "UnsupportedMonitorType",
    ]  # fmt: skip
    assert [result.get("id") for result in results] == [1, 2, None, None, None]
    only = ["ThresholdMonitoring"]
    assert await status(csms, "GetMonitoringReport", requestId=3, monitoringCriteria=only) == "Accepted"
    await cs.settled()
    [part] = csms.heard("NotifyMonitoringReport")
    [monitor] = part["monitor"]
    assert monitor["variableMonitoring"][0]["value"] == 11_000
    cleared = (await ask(csms, "ClearVariableMonitoring", id=[1, 9]))["clearMonitoringResult"]
    assert [each["status"] for each in cleared] == ["Accepted", "NotFound"]
    assert await status(csms, "SetMonitoringBase", monitoringBase="HardWiredOnly") == "Accepted"
    assert await status(csms, "GetMonitoringReport", requestId=4) == "EmptyResultSet"


async def watch(csms: CentralSystem, cs: ChargingStation201, **more: Any) -> None:
    """One monitor on the power of the first EVSE, unless something else is said."""
    one = {"type": "UpperThreshold", "value": 1000, "severity": 5, **more}
    place = one.pop("place", None) or named("EVSE", "Power", {"id": 1})
    answer = await ask(csms, "SetVariableMonitoring", setMonitoringData=[place | one])
    assert answer["setMonitoringResult"][0]["status"] == "Accepted"
    await cs.settled()


async def seconds(cs: ChargingStation201, count: int) -> None:
    for _ in range(count):
        await cs.clock.pass_time(1.0)
        await asyncio.sleep(0.01)


def found(csms: CentralSystem) -> list[tuple[str, str, bool]]:
    events = [event for part in csms.heard("NotifyEvent") for event in part["eventData"]]
    return [(event["trigger"], event["actualValue"], event.get("cleared", False)) for event in events]


async def test_a_threshold_is_told_when_it_is_passed_and_when_all_is_well_again(
    csms: CentralSystem, cs: ChargingStation201
):
    await watch(csms, cs)
    await seconds(cs, 3)
    assert found(csms) == []
    await cs.plug_in()
    await cs.tap("RFID1")
    await cs.charge(minutes=1)
    await seconds(cs, 3)
    [(trigger, value, cleared)] = found(csms)
    assert (trigger, float(value) > 1000, cleared) == ("Alerting", True, False)
    await cs.unplug()
    await seconds(cs, 3)
    assert found(csms)[1:] == [("Alerting", "0", True)]
    [first, _] = [event for part in csms.heard("NotifyEvent") for event in part["eventData"]]
    assert (first["variableMonitoringId"], first["eventNotificationType"]) == (1, "CustomMonitor")


async def test_a_change_of_words_and_a_time_that_comes_again(csms: CentralSystem, cs: ChargingStation201):
    place = named("Connector", "AvailabilityState", {"id": 1, "connectorId": 1})
    await watch(csms, cs, type="Delta", value=1, place=place)
    await cs.plug_in()
    await seconds(cs, 2)
    assert found(csms) == [("Delta", "Occupied", False)]
    await watch(csms, cs, type="Periodic", value=10)
    await seconds(cs, 9)
    assert len(found(csms)) == 1
    await seconds(cs, 2)
    assert found(csms)[1:] == [("Periodic", "0", False)]
    await cs.clock.pass_time(3600)  # a jump leaves nothing to be told later
    await csms.until(lambda: len(found(csms)) == 3)
    await seconds(cs, 3)
    assert len(found(csms)) == 3


async def test_what_is_not_severe_enough_or_not_in_a_session_is_not_told(csms: CentralSystem, cs: ChargingStation201):
    await watch(csms, cs, type="Periodic", value=1, transaction=True)
    await seconds(cs, 3)
    assert found(csms) == []
    await cs.plug_in()
    await cs.tap("RFID1")
    assert await status(csms, "SetMonitoringLevel", severity=4) == "Accepted"
    before = len(found(csms))
    await seconds(cs, 3)
    assert len(found(csms)) == before
    assert await status(csms, "SetMonitoringLevel", severity=5) == "Accepted"
    await seconds(cs, 2)
    assert len(found(csms)) > before


@pytest.mark.parametrize("kind", [ChargingStation21])
async def test_N11_a_stream_tells_many_values_at_once(csms: CentralSystem, cs: ChargingStation21):
    csms.rules["OpenPeriodicEventStream"] = lambda _: {"status": "Accepted"}
    await watch(csms, cs, type="Periodic", value=1, periodicEventStream={"values": 3})
    [opened] = csms.heard("OpenPeriodicEventStream")
    assert opened == {"constantStreamData": {"id": 1, "params": {"values": 3}, "variableMonitoringId": 1}}
    await seconds(cs, 5)
    told = csms.heard("NotifyPeriodicEventStream")[0]
    assert (told["id"], told["pending"], len(told["data"])) == (1, 0, 3)
    assert [round(each["t"]) for each in told["data"]] == [0, 1, 2]
    assert await status(csms, "AdjustPeriodicEventStream", id=1, params={"values": 100}) == "Accepted"
    assert await status(csms, "AdjustPeriodicEventStream", id=2, params={"values": 100}) == "Rejected"
    listed = (await ask(csms, "GetPeriodicEventStream"))["constantStreamData"]
    assert [each["params"] for each in listed] == [{"values": 100}]
    await seconds(cs, 2)
    await ask(csms, "ClearVariableMonitoring", id=[1])
    await cs.settled()
    assert csms.actions[-2:] == ["NotifyPeriodicEventStream", "ClosePeriodicEventStream"]  # what waits is told first
    assert csms.heard("NotifyEvent") == []


@pytest.mark.parametrize("kind", [ChargingStation21])
async def test_N11_FR_07_a_stream_that_is_refused_tells_by_events(csms: CentralSystem, cs: ChargingStation21):
    csms.rules["OpenPeriodicEventStream"] = lambda _: {"status": "Rejected"}
    await watch(csms, cs, type="Periodic", value=1, periodicEventStream={"interval": 1})
    await seconds(cs, 2)
    assert found(csms)[0] == ("Periodic", "0", False)
    assert (await ask(csms, "GetPeriodicEventStream")).get("constantStreamData") is None


# -- display, customers, profiles, lists -------------------------------------------------------------------------------


async def test_messages_on_the_display(csms: CentralSystem, cs: ChargingStation201):
    message = {"id": 1, "priority": "InFront", "message": {"format": "UTF8", "content": "Free today"}}
    assert await status(csms, "SetDisplayMessage", message=message) == "Accepted"
    web = message | {"message": {"format": "HTML", "content": "<b>Free</b>"}}
    assert await status(csms, "SetDisplayMessage", message=web) == "NotSupportedMessageFormat"
    gone = message | {"transactionId": "nobody's"}
    assert await status(csms, "SetDisplayMessage", message=gone) == "UnknownTransaction"
    assert await status(csms, "GetDisplayMessages", requestId=2, id=[7]) == "Unknown"
    assert await status(csms, "GetDisplayMessages", requestId=2) == "Accepted"
    await cs.settled()
    assert csms.heard("NotifyDisplayMessages") == [{"requestId": 2, "messageInfo": [message], "tbc": False}]
    assert await status(csms, "ClearDisplayMessage", id=1) == "Accepted"
    assert await status(csms, "ClearDisplayMessage", id=1) == "Unknown"


async def test_what_it_knows_of_a_customer_is_told_and_forgotten(csms: CentralSystem, cs: ChargingStation201):
    await cs.tap("RFID1")
    customer = {"requestId": 1, "idToken": {"idToken": "rfid1", "type": "ISO14443"}}
    assert await status(csms, "CustomerInformation", report=True, clear=True, **customer) == "Accepted"
    await cs.settled()
    assert await status(csms, "CustomerInformation", report=True, clear=False, **customer) == "Accepted"
    await cs.settled()
    told = [each["data"] for each in csms.heard("NotifyCustomerInformation")]
    assert told == ["cache: Accepted", "nothing is known"]
    assert await status(csms, "CustomerInformation", requestId=2, report=True, clear=False) == "Invalid"


async def test_profiles_are_reported_and_composed(csms: CentralSystem, cs: ChargingStation201):
    profile = {
        "id": 1, "stackLevel": 0, "chargingProfilePurpose": "TxDefaultProfile", "chargingProfileKind": "Absolute",
        "chargingSchedule": [{"id": 1, "chargingRateUnit": "W", "startSchedule": "2026-05-04T00:00:00.000Z",
                              "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 7000.0, "numberPhases": 3}]}],
    }  # fmt: skip
    assert await status(csms, "GetChargingProfiles", requestId=1, chargingProfile={}) == "NoProfiles"
    for evse in (0, 2):
        assert await status(csms, "SetChargingProfile", evseId=evse, chargingProfile=profile | {"id": evse + 1}) == (
            "Accepted"
        )
    assert await status(csms, "GetChargingProfiles", requestId=1, chargingProfile={}) == "Accepted"
    await cs.settled()
    reports = csms.heard("ReportChargingProfiles")
    assert [(each["evseId"], each["tbc"]) for each in reports] == [(0, True), (2, False)]
    [told] = reports[0]["chargingProfile"]
    assert told == profile
    answer = await ask(csms, "GetCompositeSchedule", evseId=2, duration=600)
    assert answer["status"] == "Accepted"
    assert answer["schedule"]["chargingSchedulePeriod"] == [{"startPeriod": 0, "limit": 7000.0, "numberPhases": 3}]
    assert await status(csms, "GetCompositeSchedule", evseId=7, duration=600) == "Rejected"


async def test_the_local_list_lets_in_when_nobody_can_be_asked(csms: CentralSystem, cs: ChargingStation201):
    def entry(token: str, verdict: str | None) -> dict[str, Any]:
        info = {} if verdict is None else {"idTokenInfo": {"status": verdict}}
        return {"idToken": {"idToken": token, "type": "ISO14443"}, **info}

    full = {"versionNumber": 3, "updateType": "Full", "localAuthorizationList": [entry("A", "Accepted")]}
    assert await status(csms, "SendLocalList", **full) == "Accepted"
    more = {"updateType": "Differential", "localAuthorizationList": [entry("B", "Blocked"), entry("A", None)]}
    assert await status(csms, "SendLocalList", versionNumber=3, **more) == "VersionMismatch"
    assert await status(csms, "SendLocalList", versionNumber=4, **more) == "Accepted"
    assert await ask(csms, "GetLocalListVersion") == {"versionNumber": 4}
    async with cs.offline():
        assert await cs.tap("B") == "Blocked"
    many = [entry(str(number), "Accepted") for number in range(101)]
    assert await status(csms, "SendLocalList", versionNumber=5, updateType="Full", localAuthorizationList=many) == (
        "Failed"
    )


async def test_a_reservation_that_was_not_used_is_told(csms: CentralSystem, cs: ChargingStation201):
    held = {"id": 9, "expiryDateTime": "2026-05-04T09:00:00Z", "idToken": {"idToken": "MINE", "type": "ISO14443"}}
    assert await status(csms, "ReserveNow", evseId=1, **held) == "Accepted"
    await cs.settled()
    await cs.clock.pass_time(3600)
    await csms.until(lambda: bool(csms.heard("ReservationStatusUpdate")))
    assert csms.heard("ReservationStatusUpdate") == [{"reservationId": 9, "reservationUpdateStatus": "Expired"}]


# -- upkeep ------------------------------------------------------------------------------------------------------------


async def test_one_evse_restarts_alone(csms: CentralSystem, cs: ChargingStation201):
    for evse in (1, 2):
        await cs.plug_in(evse)
        await cs.tap(f"RFID{evse}", evse)
    assert await status(csms, "Reset", type="Immediate", evseId=9) == "Rejected"
    assert await status(csms, "Reset", type="Immediate", evseId=2) == "Accepted"
    await cs.settled()
    assert [post.transaction is None for post in cs.connectors.values()] == [False, True]
    assert csms.actions.count("BootNotification") == 1
    told = [each["connectorStatus"] for each in csms.heard("StatusNotification") if each["evseId"] == 2]
    assert told[-2:] == ["Unavailable", "Occupied"]


async def test_a_log_is_uploaded_and_then_it_is_idle_again(csms: CentralSystem, cs: ChargingStation201):
    log = {"remoteLocation": "https://x/logs"}
    assert await status(csms, "GetLog", requestId=4, logType="DiagnosticsLog", log=log) == "Accepted"
    await csms.until(lambda: len(csms.heard("LogStatusNotification")) == 2)
    assert [each["status"] for each in csms.heard("LogStatusNotification")] == ["Uploading", "Uploaded"]
    await ask(csms, "TriggerMessage", requestedMessage="LogStatusNotification")
    await cs.settled()
    assert csms.heard("LogStatusNotification")[-1] == {"status": "Idle"}


async def test_firmware_waits_for_the_driver(csms: CentralSystem, cs: ChargingStation201):
    await cs.plug_in()
    await cs.tap("RFID1")
    firmware = {"location": "https://x/y.bin", "retrieveDateTime": "2026-05-04T08:00:00Z"}
    told = csms.heard
    assert await status(csms, "UpdateFirmware", requestId=3, firmware=firmware) == "Accepted"
    await csms.until(
        lambda: [each["status"] for each in told("FirmwareStatusNotification")][-1:] == ["InstallScheduled"]
    )
    assert await status(csms, "UpdateFirmware", requestId=4, firmware=firmware) == "AcceptedCanceled"
    await csms.until(lambda: told("FirmwareStatusNotification")[-1] == {"status": "InstallScheduled", "requestId": 4})
    await cs.unplug()
    await cs.clock.pass_time(11)
    await csms.until(lambda: told("FirmwareStatusNotification")[-1] == {"status": "Installed", "requestId": 4})
    strange = firmware | {"signingCertificate": "strange", "signature": "c2lnbmVk"}
    assert await status(csms, "UpdateFirmware", requestId=5, firmware=strange) == "InvalidCertificate"


async def test_certificates(csms: CentralSystem, cs: ChargingStation201):
    kind = "CSMSRootCertificate"
    assert await status(csms, "GetInstalledCertificateIds") == "NotFound"
    assert await status(csms, "InstallCertificate", certificateType=kind, certificate=ROOT) == "Accepted"
    assert await status(csms, "InstallCertificate", certificateType=kind, certificate="strange") == "Rejected"
    chain = (await ask(csms, "GetInstalledCertificateIds", certificateType=[kind]))["certificateHashDataChain"]
    assert chain == [{"certificateHashData": NAME, "certificateType": kind}]
    assert await status(csms, "DeleteCertificate", certificateHashData=NAME) == "Accepted"
    assert await status(csms, "CertificateSigned", certificateChain=ROOT) == "Rejected"
    csms.rules["SignCertificate"] = lambda _: {"status": "Accepted"}
    wanted = "SignChargingStationCertificate"
    assert await status(csms, "TriggerMessage", requestedMessage=wanted) == "Accepted"
    await cs.settled()
    csr = csms.heard("SignCertificate")[-1]["csr"]
    assert await status(csms, "CertificateSigned", certificateChain=ROOT) == "Rejected"  # of another key
    assert await status(csms, "CertificateSigned", certificateChain=signed(csr)) == "Accepted"


async def test_network_profiles(csms: CentralSystem, cs: ChargingStation201):
    data = {
        "ocppVersion": "OCPP20", "ocppTransport": "JSON", "ocppCsmsUrl": "wss://csms.example.org/ocpp",
        "messageTimeout": 30, "securityProfile": 1, "ocppInterface": "Wired0",
    }  # fmt: skip
    assert await status(csms, "SetNetworkProfile", configurationSlot=1, connectionData=data) == "Accepted"
    assert await status(csms, "SetNetworkProfile", configurationSlot=9, connectionData=data) == "Rejected"
    worse = data | {"securityProfile": 0}
    assert await status(csms, "SetNetworkProfile", configurationSlot=1, connectionData=worse) == "Rejected"


async def test_while_pending_it_starts_nothing_but_reports(kind: type[ChargingStation201], csms: CentralSystem):
    csms.rules["BootNotification"] = lambda _: {
        "status": "Pending", "currentTime": "2026-05-04T10:00:00.000Z", "interval": 3600,
    }  # fmt: skip
    cs = kind("CS1", csms.url)
    cs.start()
    try:
        await csms.until(lambda: cs.registration == "Pending")
        token = {"idToken": "APP", "type": "Central"}
        assert await status(csms, "RequestStartTransaction", idToken=token, remoteStartId=1, evseId=1) == "Rejected"
        assert await status(csms, "GetBaseReport", requestId=7, reportBase="SummaryInventory") == "Accepted"
        await csms.until(lambda: bool(csms.heard("NotifyReport")))
        del csms.rules["BootNotification"]
        assert await status(csms, "TriggerMessage", requestedMessage="BootNotification") == "Accepted"
        await cs.until_ready()
    finally:
        await cs.close()
    assert [boot["reason"] for boot in csms.heard("BootNotification")] == ["PowerUp", "Triggered"]


async def test_tariffs_of_21():
    async with CentralSystem("ocpp2.1").running() as csms, ChargingStation21("CS1", csms.url, connectors=2):
        tariff = {"tariffId": "T1", "currency": "EUR"}
        assert await status(csms, "GetTariffs", evseId=0) == "NoTariff"
        assert await status(csms, "SetDefaultTariff", evseId=0, tariff=tariff) == "Accepted"
        assert await ask(csms, "GetTariffs", evseId=0) == {
            "status": "Accepted",
            "tariffAssignments": [{"tariffId": "T1", "tariffKind": "DefaultTariff", "evseIds": [1, 2]}],
        }
        cleared = await ask(csms, "ClearTariffs", tariffIds=["T1", "T2"], evseId=1)
        assert [each["status"] for each in cleared["clearTariffsResult"]] == ["Accepted", "NoTariff"]
        assert (await ask(csms, "GetTariffs", evseId=0))["tariffAssignments"][0]["evseIds"] == [2]
        assert await status(csms, "ChangeTransactionTariff", transactionId="X", tariff=tariff) == "TxNotFound"


async def test_controls_of_the_grid_are_kept_superseded_reported_and_removed():
    def control(name: str, priority: int, kind: str = "Gradients") -> dict[str, Any]:
        content = {"priority": priority, "gradient": 1.5, "softGradient": 0.5}
        droop = {
            "priority": priority, "overFreq": 50.2, "underFreq": 49.8, "overDroop": 5, "underDroop": 5, "responseTime": 1,
        }  # fmt: skip
        which = {"gradient": content} if kind == "Gradients" else {"freqDroop": droop}
        return {"isDefault": False, "controlId": name, "controlType": kind, **which}

    async with CentralSystem("ocpp2.1").running() as csms, ChargingStation21("CS1", csms.url) as cs:
        assert await ask(csms, "GetDERControl", requestId=1) == {"status": "NotFound"}
        assert await ask(csms, "SetDERControl", **control("A", 5)) == {"status": "Accepted"}
        assert await ask(csms, "SetDERControl", **control("B", 3)) == {"status": "Accepted", "supersededIds": ["A"]}
        assert await ask(csms, "SetDERControl", **control("C", 4)) == {"status": "Accepted", "supersededIds": ["C"]}
        assert await ask(csms, "SetDERControl", **control("D", 1, "FreqDroop")) == {"status": "Accepted"}
        wrong = control("E", 1) | {"controlType": "VoltWatt"}
        assert await status(csms, "SetDERControl", **wrong) == "Rejected"
        assert await status(csms, "GetDERControl", requestId=2) == "Accepted"
        await cs.settled()
        told = csms.heard("ReportDERControl")
        assert [(part["tbc"], part["requestId"]) for part in told] == [(True, 2), (False, 2)]
        assert [
            each["id"] for part in told for name in ("gradient", "freqDroop") for each in part.get(name, [])
        ] == list("ABCD")
        assert await status(csms, "ClearDERControl", isDefault=True) == "NotFound"
        assert await status(csms, "ClearDERControl", isDefault=False, controlType="Gradients") == "Accepted"
        assert list(cs.controls) == ["D"]
        assert await status(csms, "AFRRSignal", timestamp="2026-05-04T10:00:00Z", signal=1) == "Rejected"
        assert await status(csms, "AdjustPeriodicEventStream", id=1, params={"interval": 5}) == "Rejected"
