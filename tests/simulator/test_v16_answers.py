"""What the 1.6 charger does when the central system asks."""

from typing import Any

import pytest

from stationmaster.simulator.clock import Clock
from stationmaster.simulator.meter import Vehicle
from stationmaster.simulator.quirks import Quirks
from stationmaster.simulator.station import Habits
from stationmaster.simulator.v16 import ChargePoint16
from tests.simulator.central_system import CentralSystem


async def ask(server: CentralSystem, action: str, **payload: Any) -> Any:
    """The station's answer, or its error code."""
    _, _, *rest = await server.call("CP1", action, payload)
    return rest[0]


async def status(server: CentralSystem, action: str, **payload: Any) -> str:
    return str((await ask(server, action, **payload))["status"])


async def charging(cp16: ChargePoint16, connector: int = 1) -> None:
    await cp16.plug_in(connector)
    await cp16.tap("RFID1", connector)


PROFILE = {
    "chargingProfileId": 1,
    "stackLevel": 0,
    "chargingProfilePurpose": "TxProfile",
    "chargingProfileKind": "Relative",
    "chargingSchedule": {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 8.1}]},
}


async def test_remote_start_waits_for_the_cable(server: CentralSystem, cp16: ChargePoint16):
    assert await status(server, "RemoteStartTransaction", idTag="APP", connectorId=1) == "Accepted"
    await cp16.settled()
    await cp16.plug_in()
    assert server.heard("StartTransaction")[0]["idTag"] == "APP"
    assert await status(server, "RemoteStartTransaction", idTag="APP", connectorId=1) == "Rejected"
    assert await status(server, "RemoteStartTransaction", idTag="APP", connectorId=9) == "Rejected"


async def test_remote_start_with_the_car_there_and_a_profile(server: CentralSystem, cp16: ChargePoint16):
    await cp16.plug_in()
    answer = await status(server, "RemoteStartTransaction", idTag="APP", connectorId=1, chargingProfile=PROFILE)
    await cp16.settled()
    await cp16.charge(minutes=2)
    assert answer == "Accepted"
    assert cp16.connectors[1].outlet.power_w == pytest.approx(8.1 * 230 * 3)
    assert "Authorize" not in server.actions


async def test_an_abandoned_remote_start_times_out(server: CentralSystem, cp16: ChargePoint16):
    await status(server, "RemoteStartTransaction", idTag="APP", connectorId=1)
    await cp16.settled()
    await cp16.clock.pass_time(61)
    await server.until(lambda: server.story[-1] == "StatusNotification 1 Available")


async def test_remote_stop(server: CentralSystem, cp16: ChargePoint16):
    await charging(cp16)
    assert await status(server, "RemoteStopTransaction", transactionId=4711) == "Rejected"
    assert await status(server, "RemoteStopTransaction", transactionId=1001) == "Accepted"
    await cp16.settled()
    assert server.heard("StopTransaction")[0]["reason"] == "Remote"
    assert server.story[-1] == "StatusNotification 1 Finishing"


@pytest.mark.parametrize("kind", ["Soft", "Hard"])
async def test_reset_stops_comes_back_and_boots(kind: str, server: CentralSystem, cp16: ChargePoint16):
    await charging(cp16)
    assert await status(server, "Reset", type=kind) == "Accepted"
    await cp16.settled()
    assert server.heard("StopTransaction")[0]["reason"] == f"{kind}Reset"
    boots = [place for place, action in enumerate(server.actions) if action == "BootNotification"]
    assert len(boots) == 2 and boots[1] > server.actions.index("StopTransaction")
    assert cp16.counters.connections == 2
    assert server.story[-3:] == [
        "StatusNotification 0 Available",
        "StatusNotification 1 Preparing",
        "StatusNotification 2 Available",
    ]


async def test_unlock_ends_the_transaction(server: CentralSystem, cp16: ChargePoint16):
    await charging(cp16)
    assert await status(server, "UnlockConnector", connectorId=3) == "NotSupported"
    assert await status(server, "UnlockConnector", connectorId=1) == "Unlocked"
    await cp16.settled()
    assert server.heard("StopTransaction")[0]["reason"] == "UnlockCommand"


async def test_availability_waits_for_the_end_of_a_transaction(server: CentralSystem, cp16: ChargePoint16):
    await charging(cp16)
    assert await status(server, "ChangeAvailability", connectorId=0, type="Inoperative") == "Scheduled"
    await cp16.settled()
    assert server.story[-2:] == ["StatusNotification 0 Unavailable", "StatusNotification 2 Unavailable"]
    await cp16.unplug()
    assert server.story[-1] == "StatusNotification 1 Unavailable"
    assert await cp16.tap("RFID1") == "Invalid"
    assert await status(server, "ChangeAvailability", connectorId=1, type="Operative") == "Accepted"
    await cp16.settled()
    assert server.story[-1] == "StatusNotification 1 Available"


async def test_configuration_is_read(server: CentralSystem, cp16: ChargePoint16):
    answer = await ask(server, "GetConfiguration", key=["heartbeatinterval", "Nonsense", "AuthorizationKey"])
    assert answer["configurationKey"] == [
        {"key": "HeartbeatInterval", "readonly": False, "value": "600"},
        {"key": "AuthorizationKey", "readonly": False},
    ]
    assert answer["unknownKey"] == ["Nonsense"]
    assert len((await ask(server, "GetConfiguration"))["configurationKey"]) > 25


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("MeterValueSampleInterval", "30", "Accepted"),
        ("MeterValueSampleInterval", "often", "Rejected"),
        ("NumberOfConnectors", "4", "Rejected"),
        ("WebSocketPingInterval", "10", "RebootRequired"),
        ("Nonsense", "1", "NotSupported"),
        ("AuthorizationKey", "not hex", "Rejected"),
        ("AuthorizationKey", "00112233445566778899aabbccddee", "Rejected"),
    ],
)
async def test_configuration_is_changed(
    key: str, value: str, expected: str, server: CentralSystem, cp16: ChargePoint16
):
    assert await status(server, "ChangeConfiguration", key=key, value=value) == expected


async def test_the_sample_interval_takes_effect(server: CentralSystem, cp16: ChargePoint16):
    await ask(server, "ChangeConfiguration", key="MeterValueSampleInterval", value="10")
    await charging(cp16)
    await cp16.charge(minutes=1)
    assert len(server.heard("MeterValues")) == 6


async def test_the_heartbeat_interval_takes_effect(server: CentralSystem, cp16: ChargePoint16):
    await ask(server, "ChangeConfiguration", key="HeartbeatInterval", value="5")
    await cp16.clock.pass_time(6)
    await server.until(lambda: "Heartbeat" in server.actions)


async def test_a_new_key_is_used_from_the_next_connection_on(server: CentralSystem, cp16: ChargePoint16):
    key = "003aff112233445566778899aabbccdd"  # a zero byte, a colon and no valid UTF-8
    server.passwords["CP1"] = bytes.fromhex(key)
    assert await status(server, "ChangeConfiguration", key="AuthorizationKey", value=key) == "Accepted"
    await cp16.settled()
    assert cp16.is_ready and cp16.counters.connections == 2


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("BootNotification", "BootNotification"),
        ("Heartbeat", "Heartbeat"),
        ("StatusNotification", "StatusNotification"),
        ("MeterValues", "MeterValues"),
        ("FirmwareStatusNotification", "FirmwareStatusNotification"),
        ("DiagnosticsStatusNotification", "DiagnosticsStatusNotification"),
    ],
)
async def test_trigger_message(message: str, expected: str, server: CentralSystem, cp16: ChargePoint16):
    before = len(server.calls)
    assert await status(server, "TriggerMessage", requestedMessage=message, connectorId=1) == "Accepted"
    await cp16.settled()
    assert server.actions[before:] == [expected]
    assert await status(server, "TriggerMessage", requestedMessage=message, connectorId=5) == "Rejected"


async def test_a_default_profile_limits_the_power(server: CentralSystem, cp16: ChargePoint16):
    default = {**PROFILE, "chargingProfilePurpose": "TxDefaultProfile"}
    assert await status(server, "SetChargingProfile", connectorId=0, csChargingProfiles=default) == "Accepted"
    assert await status(server, "SetChargingProfile", connectorId=1, csChargingProfiles=PROFILE) == "Rejected"
    await charging(cp16)
    await cp16.charge(minutes=2)
    assert cp16.connectors[1].outlet.power_w == pytest.approx(8.1 * 230 * 3)
    schedule = await ask(server, "GetCompositeSchedule", connectorId=1, duration=600, chargingRateUnit="A")
    assert schedule["chargingSchedule"]["chargingSchedulePeriod"][0]["limit"] == 8.1
    assert await status(server, "ClearChargingProfile", id=77) == "Unknown"
    assert await status(server, "ClearChargingProfile") == "Accepted"
    await cp16.charge(minutes=2)
    assert cp16.connectors[1].outlet.power_w == 11_000


async def test_one_that_ignores_limits_accepts_them(server: CentralSystem, cp16: ChargePoint16):
    cp16.quirks = Quirks(["ignores-limits"])
    assert await status(server, "SetChargingProfile", connectorId=0, csChargingProfiles={
        **PROFILE, "chargingProfilePurpose": "TxDefaultProfile"}) == "Accepted"  # fmt: skip
    await charging(cp16)
    await cp16.charge(minutes=2)
    assert cp16.connectors[1].outlet.power_w == 11_000


async def test_a_limit_of_zero_suspends(server: CentralSystem, cp16: ChargePoint16):
    await charging(cp16)
    zero = {**PROFILE, "chargingSchedule": {"chargingRateUnit": "W", "chargingSchedulePeriod": [
        {"startPeriod": 0, "limit": 0.0}]}}  # fmt: skip
    assert await status(server, "SetChargingProfile", connectorId=1, csChargingProfiles=zero) == "Accepted"
    await cp16.charge(minutes=3)
    assert "StatusNotification 1 SuspendedEVSE" in server.story
    await cp16.unplug()
    assert server.heard("StopTransaction")[0]["meterStop"] == server.heard("StartTransaction")[0]["meterStart"]


async def test_a_reserved_connector_lets_only_its_token_in(server: CentralSystem, cp16: ChargePoint16):
    held = {"connectorId": 1, "expiryDate": "2026-05-04T09:00:00Z", "idTag": "MINE", "reservationId": 12}
    assert await status(server, "ReserveNow", **held) == "Accepted"
    await cp16.settled()
    assert server.story[-1] == "StatusNotification 1 Reserved"
    assert await cp16.tap("OTHER") == "Invalid"
    assert await cp16.tap("MINE") == "Accepted"
    await cp16.plug_in()
    assert server.heard("StartTransaction")[0]["reservationId"] == 12
    assert await status(server, "ReserveNow", **held) == "Occupied"
    assert await status(server, "CancelReservation", reservationId=12) == "Rejected"


async def test_a_reservation_ends_by_itself(server: CentralSystem, cp16: ChargePoint16):
    held = {"connectorId": 1, "expiryDate": "2026-05-04T09:00:00Z", "idTag": "MINE", "reservationId": 12}
    await status(server, "ReserveNow", **held)
    await cp16.settled()
    await cp16.clock.pass_time(3_700)
    await server.until(lambda: server.story[-1] == "StatusNotification 1 Available")


async def test_the_local_list_decides_offline(server: CentralSystem, cp16: ChargePoint16):
    entries = [{"idTag": tag, "idTagInfo": {"status": s}} for tag, s in (("GOOD", "Accepted"), ("BAD", "Blocked"))]
    full = {"listVersion": 3, "updateType": "Full", "localAuthorizationList": entries}
    assert await status(server, "SendLocalList", **full) == "Accepted"
    assert (await ask(server, "GetLocalListVersion"))["listVersion"] == 3
    assert await status(server, "SendLocalList", **{**full, "updateType": "Differential"}) == "VersionMismatch"
    async with cp16.offline():
        assert await cp16.tap("BAD") == "Blocked"
        assert await cp16.tap("GOOD") == "Accepted"


async def test_firmware_update_tells_its_steps_and_restarts(server: CentralSystem, cp16: ChargePoint16):
    await ask(server, "UpdateFirmware", location="ftp://x/y.bin", retrieveDate="2026-05-04T08:00:00Z")
    await server.until(lambda: len(server.heard("FirmwareStatusNotification")) == 4)
    steps = [payload["status"] for payload in server.heard("FirmwareStatusNotification")]
    assert steps == ["Downloading", "Downloaded", "Installing", "Installed"]
    assert [boot["firmwareVersion"] for boot in server.heard("BootNotification")] == ["1.0.0", "1.0.1"]


async def test_diagnostics(server: CentralSystem, cp16: ChargePoint16):
    assert "CP1" in (await ask(server, "GetDiagnostics", location="ftp://x/"))["fileName"]
    await server.until(lambda: len(server.heard("DiagnosticsStatusNotification")) == 2)


async def test_data_transfer_and_clear_cache(server: CentralSystem, cp16: ChargePoint16):
    assert await status(server, "DataTransfer", vendorId="nobody", data="x") == "UnknownVendorId"
    echo = await ask(server, "DataTransfer", vendorId="stationmaster.simulator", data="x")
    assert echo == {"status": "Accepted", "data": "x"}
    assert await status(server, "ClearCache") == "Accepted"


@pytest.mark.parametrize(
    ("action", "payload", "code"),
    [
        ("MakeCoffee", {}, "NotImplemented"),
        ("Heartbeat", {}, "NotSupported"),
        ("Reset", {}, "ProtocolError"),
        ("UnlockConnector", {"connectorId": "one"}, "TypeConstraintViolation"),
    ],
)  # fmt: skip
async def test_what_it_cannot_do_is_answered_with_an_error(
    action: str, payload: dict[str, Any], code: str, server: CentralSystem, cp16: ChargePoint16
):
    assert await ask(server, action, **payload) == code


async def test_an_autonomous_charger_serves_a_remote_driver(server: CentralSystem, hasty: Habits):
    async with ChargePoint16("CP1", server.url, habits=hasty, clock=Clock(factor=600)) as station:
        await station.settled()
        station.configuration.change("MeterValueSampleInterval", "60")
        assert await status(server, "RemoteStartTransaction", idTag="APP") == "Accepted"
        await server.until(lambda: len(server.heard("MeterValues")) >= 2)
        [start] = server.heard("StartTransaction")
        assert await status(server, "RemoteStopTransaction", transactionId=1001) == "Accepted"
        await server.until(lambda: server.story[-1] == "StatusNotification 1 Available")
        [stop] = server.heard("StopTransaction")
        assert stop["meterStop"] > start["meterStart"]


async def test_a_car_of_another_kind_can_be_plugged_in(server: CentralSystem, cp16: ChargePoint16):
    await cp16.plug_in(vehicle=Vehicle(max_w=3_700, phases=1))
    await cp16.tap("RFID1")
    await cp16.charge(minutes=5)
    assert cp16.connectors[1].outlet.power_w == 3_700
