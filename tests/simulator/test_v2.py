"""The 2.0.1 and 2.1 charger: the same driver and network as 1.6, other words."""

from pathlib import Path
from typing import Any

from stationmaster.simulator.journal import Ledger
from stationmaster.simulator.meter import Vehicle
from stationmaster.simulator.station import Habits
from stationmaster.simulator.v2 import ChargingStation201
from tests.simulator.central_system import CentralSystem


async def ask(csms: CentralSystem, action: str, **payload: Any) -> Any:
    """The station's answer, or its error code."""
    return (await csms.call("CS1", action, payload))[2]


def events(csms: CentralSystem) -> list[str]:
    return [f"{event['eventType']} {event['triggerReason']}" for event in csms.heard("TransactionEvent")]


def register(event: dict[str, Any]) -> float:
    samples = event["meterValue"][0]["sampledValue"]
    return next(sample["value"] for sample in samples if sample["measurand"] == "Energy.Active.Import.Register")


async def test_a_session_is_a_chain_of_events(csms: CentralSystem, cs: ChargingStation201):
    await cs.plug_in()
    await cs.tap("RFID1")
    await cs.charge(kwh=1)
    await cs.tap("RFID1")
    await cs.unplug()
    chain = csms.heard("TransactionEvent")
    assert events(csms) == [
        "Started Authorized",
        "Updated ChargingStateChanged",
        *["Updated MeterValuePeriodic"] * 5,
        "Ended StopAuthorized",
    ]
    assert [event["seqNo"] for event in chain] == list(range(8))
    assert len({event["transactionInfo"]["transactionId"] for event in chain}) == 1
    assert register(chain[-1]) - register(chain[0]) == 1_000
    assert chain[-1]["transactionInfo"]["stoppedReason"] == "Local"
    assert not any("offline" in event for event in chain)
    statuses = [status["connectorStatus"] for status in csms.heard("StatusNotification")]
    assert statuses == ["Available", "Available", "Occupied", "Available"]


async def test_offline_events_say_so_and_keep_their_order(csms: CentralSystem, cs: ChargingStation201):
    async with cs.offline():
        await cs.plug_in()
        await cs.tap("RFID1")
        await cs.charge(kwh=1)
        await cs.unplug()
        assert events(csms) == []
    chain = csms.heard("TransactionEvent")
    assert [event["seqNo"] for event in chain] == list(range(8))
    assert all(event["offline"] for event in chain)
    assert chain[-1]["triggerReason"] == "EVCommunicationLost"


async def test_a_full_car_is_an_event(csms: CentralSystem, cs: ChargingStation201):
    await cs.plug_in(vehicle=Vehicle(capacity_wh=10_000, stored_wh=9_900))
    await cs.tap("RFID1")
    await cs.charge()
    states = [event["transactionInfo"]["chargingState"] for event in csms.heard("TransactionEvent")]
    assert states[0] == "EVConnected" and "Charging" in states and states[-1] == "SuspendedEV"


async def test_request_start_and_stop(csms: CentralSystem, cs: ChargingStation201):
    token = {"idToken": "APP", "type": "Central"}
    assert (await ask(csms, "RequestStartTransaction", idToken=token, remoteStartId=42, evseId=2))[
        "status"
    ] == "Accepted"
    await cs.settled()
    await cs.plug_in(2)
    [started, *_] = csms.heard("TransactionEvent")
    assert (started["evse"], started["transactionInfo"]["remoteStartId"]) == ({"id": 2, "connectorId": 1}, 42)
    number = started["transactionInfo"]["transactionId"]
    await cs.settled()
    status = await ask(csms, "GetTransactionStatus", transactionId=number)
    assert status == {"ongoingIndicator": True, "messagesInQueue": False}
    assert (await ask(csms, "RequestStopTransaction", transactionId="other"))["status"] == "Rejected"
    assert (await ask(csms, "RequestStopTransaction", transactionId=number))["status"] == "Accepted"
    await cs.settled()
    assert events(csms)[-1] == "Ended RemoteStop"


async def test_a_refused_token_ends_the_transaction(csms: CentralSystem, cs: ChargingStation201):
    csms.rules["TransactionEvent"] = lambda p: {"idTokenInfo": {"status": "Blocked"}} if "idToken" in p else {}
    await cs.plug_in()
    await cs.tap("RFID1")
    await cs.settled()
    assert events(csms)[-1] == "Ended Deauthorized"


async def test_reset_ends_comes_back_and_says_why_it_boots(csms: CentralSystem, cs: ChargingStation201):
    await cs.plug_in()
    await cs.tap("RFID1")
    assert (await ask(csms, "Reset", type="Immediate"))["status"] == "Accepted"
    await cs.settled()
    assert events(csms)[-1] == "Ended ResetCommand"
    assert [boot["reason"] for boot in csms.heard("BootNotification")] == ["PowerUp", "RemoteReset"]


async def test_reset_on_idle_waits_for_the_transaction(csms: CentralSystem, cs: ChargingStation201):
    await cs.plug_in()
    await cs.tap("RFID1")
    assert (await ask(csms, "Reset", type="OnIdle"))["status"] == "Scheduled"
    await cs.unplug()
    await cs.clock.pass_time(6)
    await csms.until(lambda: csms.actions.count("BootNotification") == 2)
    await cs.settled()


def named(component: str, variable: str, **more: Any) -> dict[str, Any]:
    return {"component": {"name": component}, "variable": {"name": variable}, **more}


async def test_variables_are_read_and_set(csms: CentralSystem, cs: ChargingStation201):
    wanted = [
        named("OCPPCommCtrlr", "HeartbeatInterval"),
        named("ocppcommctrlr", "Nonsense"),
        named("Nonsense", "HeartbeatInterval"),
        named("SecurityCtrlr", "BasicAuthPassword"),
        named("OCPPCommCtrlr", "HeartbeatInterval", attributeType="Target"),
    ]
    results = (await ask(csms, "GetVariables", getVariableData=wanted))["getVariableResult"]
    assert [result["attributeStatus"] for result in results] == [
        "Accepted", "UnknownVariable", "UnknownComponent", "Rejected", "NotSupportedAttributeType",
    ]  # fmt: skip
    assert results[0]["attributeValue"] == "600"
    given = [
        named("SampledDataCtrlr", "TxUpdatedInterval", attributeValue="10"),
        named("SampledDataCtrlr", "TxUpdatedInterval", attributeValue="often"),
        named("OCPPCommCtrlr", "WebSocketPingInterval", attributeValue="10"),
    ]
    results = (await ask(csms, "SetVariables", setVariableData=given))["setVariableResult"]
    assert [result["attributeStatus"] for result in results] == ["Accepted", "Rejected", "RebootRequired"]
    await cs.plug_in()
    await cs.tap("RFID1")
    await cs.charge(minutes=1)
    assert events(csms).count("Updated MeterValuePeriodic") == 6


async def test_a_new_password_is_used_from_the_next_connection_on(csms: CentralSystem, cs: ChargingStation201):
    csms.passwords["CS1"] = "ein-längeres-Passwort".encode()
    given = [named("SecurityCtrlr", "BasicAuthPassword", attributeValue="ein-längeres-Passwort")]
    results = (await ask(csms, "SetVariables", setVariableData=given))["setVariableResult"]
    assert results[0]["attributeStatus"] == "Accepted"
    await cs.settled()
    assert cs.is_ready and cs.counters.connections == 2


async def test_a_base_report_comes_in_parts(csms: CentralSystem, cs: ChargingStation201):
    assert (await ask(csms, "GetBaseReport", requestId=7, reportBase="FullInventory"))["status"] == "Accepted"
    await cs.settled()
    parts = csms.heard("NotifyReport")
    assert [part["seqNo"] for part in parts] == list(range(len(parts)))
    assert [part["tbc"] for part in parts] == [*[True] * (len(parts) - 1), False]
    assert all(part["requestId"] == 7 for part in parts)


async def test_a_profile_of_the_transaction_limits_it(csms: CentralSystem, cs: ChargingStation201):
    await cs.plug_in()
    await cs.tap("RFID1")
    number = csms.heard("TransactionEvent")[0]["transactionInfo"]["transactionId"]
    profile = {
        "id": 1, "stackLevel": 0, "chargingProfilePurpose": "TxProfile", "chargingProfileKind": "Relative",
        "chargingSchedule": [{"id": 1, "chargingRateUnit": "W", "chargingSchedulePeriod": [
            {"startPeriod": 0, "limit": 4000.0}]}],
    }  # fmt: skip
    assert (await ask(csms, "SetChargingProfile", evseId=1, chargingProfile=profile))["status"] == "Rejected"
    profile["transactionId"] = number
    assert (await ask(csms, "SetChargingProfile", evseId=1, chargingProfile=profile))["status"] == "Accepted"
    await cs.charge(minutes=2)
    assert cs.connectors[1].outlet.power_w == 4_000
    assert (await ask(csms, "ClearChargingProfile", chargingProfileId=1))["status"] == "Accepted"


async def test_availability_unlock_trigger_and_the_rest(csms: CentralSystem, cs: ChargingStation201):
    await ask(csms, "ChangeAvailability", operationalStatus="Inoperative", evse={"id": 1})
    await cs.settled()
    assert csms.heard("StatusNotification")[-1]["connectorStatus"] == "Unavailable"
    assert (await ask(csms, "UnlockConnector", evseId=1, connectorId=2))["status"] == "UnknownConnector"
    assert (await ask(csms, "UnlockConnector", evseId=2, connectorId=1))["status"] == "Unlocked"
    before = len(csms.calls)
    await ask(csms, "TriggerMessage", requestedMessage="StatusNotification", evse={"id": 2, "connectorId": 1})
    await cs.settled()
    assert csms.actions[before:] == ["StatusNotification"]
    answer = await ask(csms, "TriggerMessage", requestedMessage="PublishFirmwareStatusNotification")
    assert answer["status"] == "NotImplemented"
    answer = await ask(csms, "TriggerMessage", requestedMessage="BootNotification")
    assert answer["status"] == "Rejected"  # it was accepted before (F06.FR.17)
    assert (await ask(csms, "ClearCache"))["status"] == "Accepted"
    assert (await ask(csms, "DataTransfer", vendorId="nobody"))["status"] == "UnknownVendorId"
    assert await ask(csms, "MakeCoffee") == "NotImplemented"
    assert await ask(csms, "Reset") == "OccurrenceConstraintViolation"


async def test_a_reservation_is_used_up_by_its_transaction(csms: CentralSystem, cs: ChargingStation201):
    held = {"id": 9, "expiryDateTime": "2026-05-04T09:00:00Z", "idToken": {"idToken": "MINE", "type": "ISO14443"}}
    assert (await ask(csms, "ReserveNow", evseId=1, **held))["status"] == "Accepted"
    await cs.settled()
    assert csms.heard("StatusNotification")[-1]["connectorStatus"] == "Reserved"
    assert await cs.tap("OTHER") == "Invalid"
    await cs.tap("MINE")
    await cs.plug_in()
    assert csms.heard("TransactionEvent")[0]["reservationId"] == 9
    assert (await ask(csms, "CancelReservation", reservationId=9))["status"] == "Rejected"


async def test_firmware_update_restarts_with_its_reason(csms: CentralSystem, cs: ChargingStation201):
    firmware = {"location": "https://x/y.bin", "retrieveDateTime": "2026-05-04T08:00:00Z"}
    assert (await ask(csms, "UpdateFirmware", requestId=3, firmware=firmware))["status"] == "Accepted"
    await csms.until(lambda: len(csms.heard("FirmwareStatusNotification")) == 5)
    statuses = [told["status"] for told in csms.heard("FirmwareStatusNotification")]
    assert statuses == ["Downloading", "Downloaded", "Installing", "InstallRebooting", "Installed"]
    assert csms.heard("BootNotification")[-1]["reason"] == "FirmwareUpdate"


async def test_after_a_crash_the_chain_goes_on(csms: CentralSystem, kind: type[ChargingStation201], hasty: Habits,
                                               tmp_path: Path):  # fmt: skip
    path = tmp_path / "CS1.journal"
    async with kind("CS1", csms.url, habits=hasty, journal=path) as old:
        await old.plug_in()
        await old.tap("RFID1")
        await old.charge(minutes=5)
    async with kind("CS1", csms.url, habits=hasty, journal=path) as new:
        await new.settled()
    chain = csms.heard("TransactionEvent")
    assert [event["seqNo"] for event in chain] == list(range(len(chain)))
    assert chain[-1]["transactionInfo"]["stoppedReason"] == "PowerLoss"
    [transaction] = Ledger.read(path).transactions.values()
    assert transaction.transaction_id == chain[0]["transactionInfo"]["transactionId"]
    assert transaction.energy_wh == register(chain[-1]) - register(chain[0]) > 800
