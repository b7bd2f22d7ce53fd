"""Each message of each version has a sentence for people, whatever is in it."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from stationmaster.domain.exchanges import Exchange
from stationmaster.domain.timeline.sentences import sentence
from stationmaster.ocpp.dialects import V16, V21, V201, Dialect
from tests.ocpp import payloads


def told(action: str, request: Any, response: Any = None, direction: str = "in") -> str:
    return sentence(Exchange(direction, "1", action, json.dumps(request), json.dumps(response or {}), "ok"))


SCHEDULE = {"id": 1, "chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16.0}]}
TOKEN = {"idToken": "TAG1", "type": "ISO14443"}


@pytest.mark.parametrize(
    "action, request_, response, words",
    [
        (
            "NotifyChargingLimit",
            {"chargingLimit": {"chargingLimitSource": "EMS", "isGridCritical": True}, "chargingSchedule": [SCHEDULE]},
            {},
            "An energy management system limits it, to 16 A, and that is critical for the grid.",
        ),
        (
            "NotifyChargingLimit",
            {"chargingLimit": {"chargingLimitSource": "House"}, "evseId": 2},
            {},
            "House (from elsewhere) limits it at EVSE 2.",
        ),
        (
            "ClearedChargingLimit",
            {"chargingLimitSource": "SO", "evseId": 1},
            {},
            "The grid operator limits it no longer at EVSE 1.",
        ),
        (
            "NotifyEVChargingNeeds",
            {
                "evseId": 1,
                "chargingNeeds": {
                    "requestedEnergyTransfer": "AC_three_phase",
                    "acChargingParameters": {"energyAmount": 22_000, "evMaxCurrent": 32},
                    "departureTime": "2026-11-01T17:00:00Z",
                },
            },
            {"status": "Accepted"},
            "A car told what it needs at EVSE 1: AC_three_phase, 22.00 kWh, until 2026-11-01T17:00:00Z; the answer was Accepted.",
        ),
        (
            "NotifyEVChargingSchedule",
            {"evseId": 1, "timeBase": "2026-11-01T10:00:00Z", "chargingSchedule": SCHEDULE},
            {"status": "Rejected"},
            "The car told how it is going to charge at EVSE 1, to 16 A; the answer was Rejected.",
        ),
        (
            "NotifyPriorityCharging",
            {"transactionId": "t", "activated": True},
            {},
            "A session charges with priority now.",
        ),
        (
            "NotifySettlement",
            {"pspRef": "p", "status": "Settled", "settlementAmount": 12.5, "receiptId": "R-7"},
            {},
            "A payment of 12.50 at the charger was settled, the receipt is R-7.",
        ),
        (
            "NotifySettlement",
            {"pspRef": "p", "status": "Failed", "settlementAmount": 3, "statusInfo": "no network"},
            {},
            "A payment of 3.00 at the charger has failed: no network.",
        ),
        (  # P-09: what the charger itself has set is there to be read
            "TransactionEvent",
            {
                "eventType": "Updated",
                "triggerReason": "LimitSet",
                "transactionInfo": {"transactionId": "t", "transactionLimit": {"maxCost": 20.5, "maxSoC": 80}},
            },
            {},
            "It told that the transaction goes on (LimitSet). It ends it at a cost of 20.5 or a battery of 80 %.",
        ),
        (
            "TransactionEvent",
            {"eventType": "Started", "transactionInfo": {"transactionId": "t"}, "evse": {"id": 1}},
            {"transactionLimit": {"maxCost": 35.0, "maxEnergy": 9000, "maxTime": 60}},
            "It told that a transaction began at EVSE 1. We told it to end it at a cost of 35.0 or 9000 Wh or 60 s.",
        ),
        (
            "TransactionEvent",
            {"eventType": "Updated", "transactionInfo": {"transactionLimit": [20]}},
            {"transactionLimit": {}},
            "It told that the transaction goes on.",
        ),
        (
            "BatterySwap",
            {
                "batteryData": [
                    {"evseId": 1, "serialNumber": "B1", "soC": 9, "soH": 99},
                    {"evseId": 2, "serialNumber": "B2", "soC": 12.5, "soH": 98},
                ],
                "eventType": "BatteryIn",
                "idToken": TOKEN,
                "requestId": 1,
            },
            {},
            "A driver has put in B1 at 9 %, B2 at 12.5 %.",
        ),
        (
            "NotifyDERAlarm",
            {"controlType": "HVMustTrip", "gridEventFault": "OverVoltage"},
            {},
            "The grid has a fault: OverVoltage.",
        ),
        (
            "NotifyDERAlarm",
            {"controlType": "HVMustTrip", "alarmEnded": True},
            {},
            "A fault of the grid is over: HVMustTrip.",
        ),
        (
            "NotifyDERStartStop",
            {"controlId": "C1", "started": False},
            {},
            "It ceased to follow the control C1 of its power at the grid.",
        ),
    ],
)
def test_what_a_2_x_charger_tells_of_cars_payments_and_the_grid_is_said(
    action: str, request_: Any, response: Any, words: str
) -> None:
    assert told(action, request_, response) == words


@pytest.mark.parametrize("dialect", [V16, V201, V21], ids=lambda dialect: str(dialect.version))
def test_no_message_is_named_instead_of_said(dialect: Dialect) -> None:
    for direction, actions in (("in", dialect.from_station), ("out", dialect.from_csms)):
        for action in actions:
            said = told(action, {}, direction=direction)
            assert action not in said and said.endswith("."), said


@pytest.mark.parametrize("subprotocol", payloads.SUBPROTOCOLS)
def test_whatever_is_in_a_message_has_a_sentence_of_one_line(subprotocol: str) -> None:
    chance = random.Random(7)
    for action, schema in payloads.schemas(subprotocol).items():
        if action.endswith("Response"):
            continue
        for _ in range(6):
            payload = json.loads(json.dumps(payloads.valid(schema, chance, 0.8), default=float))
            for each in (payload, payloads.mutated(payload, chance)):
                for direction in ("in", "out"):
                    said = told(action, each, {"status": "Accepted"}, direction)
                    assert said.endswith(".") and "\n" not in said and len(said) < 600, said
