"""Each quirk is truly there: what such a charger writes is not what a good one writes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stationmaster.simulator.clock import Clock
from stationmaster.simulator.quirks import QUIRKS, Quirks
from stationmaster.simulator.station import Habits
from stationmaster.simulator.v2 import ChargingStation201
from stationmaster.simulator.v16 import ChargePoint16
from tests.simulator.central_system import CentralSystem

BOOT = {"chargePointVendor": "V", "chargePointModel": "M", "chargePointSerialNumber": "S"}
START = {"connectorId": 1, "idTag": "A", "meterStart": 5, "timestamp": "2026-05-04T08:00:00.000Z"}
STATUS = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
VALUES = {
    "connectorId": 1, "transactionId": 7,
    "meterValue": [{"timestamp": "2026-05-04T08:00:00.000Z", "sampledValue": [{"value": "16.1", "unit": "A"}]}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("quirk", "action", "payload", "said"),
    [
        ("wrong-types", "StartTransaction", START, START | {"connectorId": "1", "meterStart": "5"}),
        ("no-zone", "StartTransaction", START, START | {"timestamp": "2026-05-04T08:00:00.000"}),
        ("clock-never-set", "StartTransaction", START, START | {"timestamp": "1970-05-04T08:00:00.000Z"}),
        ("strange-words", "StatusNotification", STATUS, STATUS | {"errorCode": "Mode3Error"}),
        ("long-serial", "BootNotification", BOOT, BOOT | {"chargePointSerialNumber": "S-" + "0123456789" * 3}),
        ("zeros-for-nothing", "StartTransaction", START, START | {"reservationId": 0}),
        ("zeros-for-nothing", "MeterValues", VALUES, VALUES | {"transactionId": 0}),
        ("own-fields", "Heartbeat", {}, {"vendorInfo": {"rssi": -67}}),
        ("empty-texts", "BootNotification", BOOT,
         BOOT | {"iccid": "", "imsi": "", "meterType": "", "meterSerialNumber": ""}),
        ("null-payload", "Heartbeat", {}, None),
    ],
)  # fmt: skip
def test_what_is_said(quirk: str, action: str, payload: dict[str, Any], said: object) -> None:
    before = json.dumps(payload)
    assert json.loads(Quirks([quirk]).call("1", action, payload)) == [2, "1", action, said]
    assert json.dumps(payload) == before  # what is kept stays true
    assert json.loads(Quirks().call("1", action, payload)) == [2, "1", action, payload]


def test_readings_are_numbers_and_have_strange_units() -> None:
    said = json.loads(Quirks(["wrong-types", "strange-words"]).call("1", "MeterValues", VALUES))[3]
    assert said["meterValue"][0]["sampledValue"] == [{"value": 16.1, "unit": "Amp"}]
    assert said["transactionId"] == "7"


def test_a_comma_too_many() -> None:
    assert Quirks(["broken-json"]).call("1", "Heartbeat", {}) == b'[2,"1","Heartbeat",{},]'


def test_ids_begin_anew_with_each_connection() -> None:
    quirks = Quirks(["ids-restart"])
    assert [quirks.new_id(), quirks.new_id()] == ["1000000", "1000001"]
    quirks.connected()
    assert quirks.new_id() == "1000000"


def test_a_quirk_that_is_none_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="There is no quirk 'nul-payload'; there are null-payload, "):
        Quirks(["nul-payload"])


def test_each_is_told_in_one_sentence() -> None:
    for quirk in QUIRKS.values():
        assert quirk.sentence.endswith(".") and quirk.sentence.count(". ") == 0


async def test_readings_come_after_what_came_next(server: CentralSystem, clock: Clock, hasty: Habits) -> None:
    async with ChargePoint16("CP1", server.url, clock=clock, habits=hasty, quirks=["late-readings"]) as charger:
        await charger.plug_in()
        await charger.tap("RFID1")
        await charger.charge(minutes=2)
        await charger.unplug()
        await charger.settled()
    told = [action for action in server.actions if "Transaction" in action or action == "MeterValues"]
    assert told == ["StartTransaction", "MeterValues", "StopTransaction", "MeterValues"]


async def test_events_come_twice(clock: Clock, hasty: Habits) -> None:
    quirk = "duplicate-transaction-events"
    async with CentralSystem("ocpp2.0.1").running() as csms:
        async with ChargingStation201("CS1", csms.url, clock=clock, habits=hasty, quirks=[quirk]) as charger:
            await charger.plug_in()
            await charger.tap("RFID1")
            await charger.unplug()
            await charger.settled()
        told = csms.heard("TransactionEvent")
        assert told[0::2] == told[1::2]
        ids = [message_id for message_id, action, _ in csms.calls if action == "TransactionEvent"]
        assert len(set(ids)) == len(ids) == 2 * len({event["seqNo"] for event in told})


async def test_who_never_introduces_itself_is_there_without(server: CentralSystem, hasty: Habits) -> None:
    async with ChargePoint16("CP1", server.url, habits=hasty, quirks=["no-boot"]) as charger:
        await charger.settled()
    assert server.actions == ["StatusNotification"] * 2


async def test_firmware_that_is_never_installed(server: CentralSystem, clock: Clock, hasty: Habits) -> None:
    async with ChargePoint16("CP1", server.url, clock=clock, habits=hasty, quirks=["firmware-fails"]):
        await server.call("CP1", "UpdateFirmware", {"location": "x", "retrieveDate": "2026-05-04T08:00:00Z"})
        await server.until(lambda: len(server.heard("FirmwareStatusNotification")) == 4)
    assert server.heard("FirmwareStatusNotification")[-1] == {"status": "InstallationFailed"}
