"""What the load generator sends, as templates: one session after the other, in 1.6 and in 2.0.1."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from stationmaster.simulator.load import Station

METER_VALUES = 10  # in a session
STEP_WH = 18  # what can have flowed within seconds: a session that is held for its figures would be the rare case
HEARTBEATS_AFTER = (3, 7)  # these readings are followed by a Heartbeat
MESSAGES = METER_VALUES + len(HEARTBEATS_AFTER) + 3  # of a session, with what begins and ends it

HEARTBEAT = b'[2,"%x","Heartbeat",{}]'

BOOT_16 = b'[2,"%x","BootNotification",{"chargePointVendor":"Load","chargePointModel":"Generator"}]'
AUTHORIZE_16 = b'[2,"%x","Authorize",{"idTag":"%s"}]'
START_16 = b'[2,"%x","StartTransaction",{"connectorId":1,"idTag":"%s","meterStart":%d,"timestamp":"%s"}]'
VALUES_16 = (
    b'[2,"%x","MeterValues",{"connectorId":1,"transactionId":%d,"meterValue":[{"timestamp":"%s","sampledValue":['
    b'{"value":"%d","context":"Sample.Periodic","measurand":"Energy.Active.Import.Register","unit":"Wh"},'
    b'{"value":"11040.0","context":"Sample.Periodic","measurand":"Power.Active.Import","unit":"W"},'
    b'{"value":"16.0","context":"Sample.Periodic","measurand":"Current.Import","unit":"A"},'
    b'{"value":"230.1","context":"Sample.Periodic","measurand":"Voltage","unit":"V"},'
    b'{"value":"57","context":"Sample.Periodic","measurand":"SoC","unit":"Percent"}]}]}]'
)
STOP_16 = (
    b'[2,"%x","StopTransaction",{"transactionId":%d,"idTag":"%s","meterStop":%d,"timestamp":"%s","reason":"Local"}]'
)

BOOT_201 = (
    b'[2,"%x","BootNotification",{"reason":"PowerUp","chargingStation":{"vendorName":"Load","model":"Generator"}}]'
)
STARTED_201 = (
    b'[2,"%x","TransactionEvent",{"eventType":"Started","timestamp":"%s","triggerReason":"Authorized","seqNo":0,'
    b'"transactionInfo":{"transactionId":"%s","chargingState":"Charging"},"evse":{"id":1,"connectorId":1},'
    b'"idToken":{"idToken":"%s","type":"ISO14443"},"meterValue":[{"timestamp":"%s","sampledValue":['
    b'{"value":%d,"context":"Transaction.Begin","measurand":"Energy.Active.Import.Register"}]}]}]'
)
UPDATED_201 = (
    b'[2,"%x","TransactionEvent",{"eventType":"Updated","timestamp":"%s","triggerReason":"MeterValuePeriodic",'
    b'"seqNo":%d,"transactionInfo":{"transactionId":"%s","chargingState":"Charging"},'
    b'"meterValue":[{"timestamp":"%s","sampledValue":['
    b'{"value":%d,"context":"Sample.Periodic","measurand":"Energy.Active.Import.Register","unitOfMeasure":{"unit":"Wh"}},'
    b'{"value":11040.0,"context":"Sample.Periodic","measurand":"Power.Active.Import","unitOfMeasure":{"unit":"W"}},'
    b'{"value":16.0,"context":"Sample.Periodic","measurand":"Current.Import","unitOfMeasure":{"unit":"A"}},'
    b'{"value":230.1,"context":"Sample.Periodic","measurand":"Voltage","unitOfMeasure":{"unit":"V"}},'
    b'{"value":57,"context":"Sample.Periodic","measurand":"SoC","unitOfMeasure":{"unit":"Percent"}}]}]}]'
)
ENDED_201 = (
    b'[2,"%x","TransactionEvent",{"eventType":"Ended","timestamp":"%s","triggerReason":"StopAuthorized","seqNo":%d,'
    b'"transactionInfo":{"transactionId":"%s","chargingState":"EVConnected","stoppedReason":"Local"},'
    b'"idToken":{"idToken":"%s","type":"ISO14443"},"meterValue":[{"timestamp":"%s","sampledValue":['
    b'{"value":%d,"context":"Transaction.End","measurand":"Energy.Active.Import.Register"}]}]}]'
)


def sessions_16(station: "Station") -> Iterator[bytes]:
    """Session after session, for ever. A frame is made when its turn has come."""
    token = station.token
    while True:
        yield AUTHORIZE_16 % (station.next(), token)
        yield START_16 % (station.next(), token, station.register_wh, station.now())
        transaction = msgspec.json.decode(station.answer)[2].get("transactionId", -1)
        for value in range(1, METER_VALUES + 1):
            station.register_wh += STEP_WH
            yield VALUES_16 % (station.next(), transaction, station.now(), station.register_wh)
            if value in HEARTBEATS_AFTER:
                yield HEARTBEAT % station.next()
        yield STOP_16 % (station.next(), transaction, token, station.register_wh, station.now())
        station.tally.sessions += 1


def sessions_201(station: "Station") -> Iterator[bytes]:
    """The same in 2.0.1, where the start asks for the token as well."""
    token = station.token
    while True:
        at = station.now()
        transaction = b"L-%x-%x" % (station.at_ms, station.register_wh)  # the register tells the stations apart
        yield STARTED_201 % (station.next(), at, transaction, token, at, station.register_wh)
        for value in range(1, METER_VALUES + 1):
            station.register_wh += STEP_WH
            at = station.now()
            yield UPDATED_201 % (station.next(), at, value, transaction, at, station.register_wh)
            if value in HEARTBEATS_AFTER:
                yield HEARTBEAT % station.next()
        at = station.now()
        yield ENDED_201 % (station.next(), at, METER_VALUES + 1, transaction, token, at, station.register_wh)
        station.tally.sessions += 1


@dataclass(frozen=True)
class Speech:
    """What one version says."""

    subprotocol: str
    boot: bytes
    sessions: "Callable[[Station], Iterator[bytes]]"


SPEECHES = {
    "1.6": Speech("ocpp1.6", BOOT_16, sessions_16),
    "2.0.1": Speech("ocpp2.0.1", BOOT_201, sessions_201),
    "2.1": Speech("ocpp2.1", BOOT_201, sessions_201),  # the same messages are valid there
}
