"""Our strict decoder and the official JSON schemas say yes and no to the same payloads, for every message we know."""

from __future__ import annotations

import json
import random
import zlib
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from jsonschema import FormatChecker
from jsonschema.validators import validator_for

from stationmaster.ocpp import lenient, v16, v21, v201
from stationmaster.ocpp.dialects import V16
from stationmaster.ocpp.errors import OcppError
from stationmaster.ocpp.messages import Message, is_exact_time
from stationmaster.ocpp.shapes import decoder_of
from tests.ocpp import payloads

FORMATS = FormatChecker(formats=())  # C7; a schema's format says nothing unless somebody looks
FORMATS.checks("date-time")(lambda value: not isinstance(value, str) or is_exact_time(value))
MODULES = {"ocpp1.6": v16, "ocpp2.0.1": v201, "ocpp2.1": v21}
ALL = [(subprotocol, name) for subprotocol in MODULES for name in payloads.schemas(subprotocol)]


def kind_of(subprotocol: str, name: str) -> type[Message]:
    kind = getattr(MODULES[subprotocol], name)
    assert issubclass(kind, Message)
    return kind


def we_accept(kind: type[Message], text: bytes) -> bool:
    try:
        lenient.decode(kind, text, strict=True)
    except OcppError:
        return False
    return True


def decimals(text: bytes) -> Any:
    return json.loads(text, parse_float=Decimal)


@pytest.mark.parametrize("subprotocol, name", ALL)
def test_valid_payloads_are_accepted_and_written_back_unchanged(subprotocol: str, name: str) -> None:
    schema, kind = payloads.schemas(subprotocol)[name], kind_of(subprotocol, name)
    official = validator_for(schema)(schema, format_checker=FORMATS)
    chance = random.Random(zlib.crc32(f"{subprotocol} {name}".encode()))
    for fullness in (0, 0.3, 0.6, 1, 1):
        payload = payloads.valid(schema, chance, fullness)
        text = msgspec.json.encode(payload)
        assert official.is_valid(decimals(text)), payload
        strict, remarks = lenient.decode(kind, text, strict=True)
        assert remarks == ()
        # The walk and the fast decoder build the same message, and it holds everything that was sent.
        assert decoder_of(kind).decode(text) == strict
        assert json.loads(msgspec.json.encode(strict)) == payload


@pytest.mark.parametrize("subprotocol, name", ALL)
def test_strict_agrees_with_the_official_schema_on_mutated_payloads(subprotocol: str, name: str) -> None:
    schema, kind = payloads.schemas(subprotocol)[name], kind_of(subprotocol, name)
    official = validator_for(schema)(schema, format_checker=FORMATS)
    chance = random.Random(zlib.crc32(f"{name} {subprotocol}".encode()))
    for _ in range(25):
        payload = payloads.valid(schema, chance, chance.choice([0, 0.5, 1]))
        for _ in range(chance.choice([1, 1, 2])):
            payload = payloads.mutated(payload, chance)
        text = msgspec.json.encode(payload)
        assert we_accept(kind, text) == official.is_valid(decimals(text)), payload


def limit(value: str) -> bytes:
    return (
        b'{"connectorId":1,"csChargingProfiles":{"chargingProfileId":1,"stackLevel":0,"chargingProfilePurpose":"TxProfile",'
        b'"chargingProfileKind":"Absolute","chargingSchedule":{"chargingRateUnit":"A","chargingSchedulePeriod":'
        b'[{"startPeriod":0,"limit":' + value.encode() + b"}]}}}"
    )


def test_every_limit_with_one_decimal_from_0_to_40_passes() -> None:
    for tenths in range(401):
        message, _ = V16.decode_request("SetChargingProfile", limit(f"{tenths // 10}.{tenths % 10}"), strict=True)
        assert isinstance(message, v16.SetChargingProfile)
        period = message.cs_charging_profiles.charging_schedule.charging_schedule_period[0]
        assert round(period.limit * 10) == tenths


@pytest.mark.parametrize(
    "value, passes", [("8.1", True), ("8.15", False), ("8.10", True), ("8", True), ("81e-1", True), ("815e-2", False)]
)
def test_a_limit_has_at_most_one_decimal(value: str, passes: bool) -> None:
    schema = payloads.schemas("ocpp1.6")["SetChargingProfile"]
    assert validator_for(schema)(schema).is_valid(decimals(limit(value))) == passes
    assert we_accept(v16.SetChargingProfile, limit(value)) == passes
