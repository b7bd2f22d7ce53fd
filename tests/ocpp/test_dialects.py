"""The rows of the table in rules 3.1 that are about payloads, for each version in its own spelling."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stationmaster.ocpp import frames, v16, v201
from stationmaster.ocpp.dialects import DIALECTS, V16, V21, V201, Dialect
from stationmaster.ocpp.errors import Defect, OcppError

BOOT_16 = {"chargePointVendor": "Vendor", "chargePointModel": "Model"}
BOOT_2 = {"reason": "PowerUp", "chargingStation": {"model": "Model", "vendorName": "Vendor"}}
SAMPLE_16 = {"value": "1", "unit": "Wh"}
METER_16 = {"connectorId": 1, "meterValue": [{"timestamp": "2026-05-01T12:00:00Z", "sampledValue": [SAMPLE_16]}]}
METER_2 = {"evseId": 1, "meterValue": [{"timestamp": "2026-05-01T12:00:00Z", "sampledValue": [{"value": 1}]}]}

BOOT = {"1.6": BOOT_16, "2.0.1": BOOT_2, "2.1": BOOT_2}
METER = {"1.6": METER_16, "2.0.1": METER_2, "2.1": METER_2}


def changed(payload: dict[str, Any], path: str, value: Any = ...) -> dict[str, Any]:
    """The payload with the value at `path` ("a.0.b") replaced, or taken away."""
    copy = json.loads(json.dumps(payload))
    *way, last = [int(step) if step.isdecimal() else step for step in path.split(".")]
    inner = copy
    for step in way:
        inner = inner[step]
    if value is ...:
        del inner[last]
    else:
        inner[last] = value
    return copy


def refused(dialect: Dialect, action: str, payload: Any, strict: bool = False) -> OcppError:
    with pytest.raises(OcppError) as caught:
        dialect.decode_request(action, payload, strict=strict)
    return caught.value


# each: what is wrong, action, 1.6 (path, value), 2.x (path, value), spelling in 1.6 and in 2.x
ROWS: list[tuple[str, str, tuple[Any, ...], tuple[Any, ...], str, str]] = [
    (
        "required field missing",
        "BootNotification",
        ("chargePointModel",),
        ("reason",),
        "ProtocolError",
        "OccurrenceConstraintViolation",
    ),
    (
        "required field missing, deeper",
        "MeterValues",
        ("meterValue.0.timestamp",),
        ("meterValue.0.timestamp",),
        "ProtocolError",
        "OccurrenceConstraintViolation",
    ),
    (
        "too few items",
        "MeterValues",
        ("meterValue", []),
        ("meterValue", []),
        "OccurenceConstraintViolation",
        "OccurrenceConstraintViolation",
    ),
    (
        "a number instead of a text",
        "BootNotification",
        ("chargePointModel", 5),
        ("chargingStation.model", 5),
        "TypeConstraintViolation",
        "TypeConstraintViolation",
    ),
    (
        "a text instead of an object or list",
        "MeterValues",
        ("meterValue", "x"),
        ("meterValue", "x"),
        "TypeConstraintViolation",
        "TypeConstraintViolation",
    ),
    (
        "a text instead of a whole number",
        "MeterValues",
        ("connectorId", "one"),
        ("evseId", "one"),
        "TypeConstraintViolation",
        "TypeConstraintViolation",
    ),
    (
        "a number with a fraction instead of a whole one",
        "MeterValues",
        ("connectorId", 1.5),
        ("evseId", 1.5),
        "TypeConstraintViolation",
        "TypeConstraintViolation",
    ),
    (
        "true instead of a whole number",
        "MeterValues",
        ("connectorId", True),
        ("evseId", True),
        "TypeConstraintViolation",
        "TypeConstraintViolation",
    ),
    (
        "a text too long",
        "BootNotification",
        ("chargePointModel", "x" * 21),
        ("chargingStation.model", "x" * 21),
        "PropertyConstraintViolation",
        "PropertyConstraintViolation",
    ),
]
KINDS = pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
EACH_DIALECT = pytest.mark.parametrize("dialect", DIALECTS.values(), ids=repr)


@pytest.mark.parametrize("strict", [True, False], ids=["strict", "lenient"])
@EACH_DIALECT
@KINDS
def test_RPC_01_a_payload_out_of_order(
    row: tuple[str, str, tuple[Any, ...], tuple[Any, ...], str, str], dialect: Dialect, strict: bool
) -> None:
    _, action, change_16, change_2, code_16, code_2 = row
    good = {"BootNotification": BOOT, "MeterValues": METER}[action][dialect.version]
    dialect.decode_request(action, good, strict=True)
    bad = changed(good, *(change_16 if dialect is V16 else change_2))
    error = refused(dialect, action, bad, strict)
    assert dialect.error_code(error.defect) == (code_16 if dialect is V16 else code_2)
    # RPC-03: the answer repeats nothing of the frame.
    frame = frames.call("id", action, bad)
    answer = frames.error("id", dialect.error_code(error.defect), error.description)
    assert not any(frame[i : i + 8] in answer for i in range(len(frame) - 7))


def test_RPC_01_a_member_missing_from_a_required_enumeration() -> None:
    status = {"connectorId": 1, "errorCode": "NoError", "status": "Dreaming"}
    assert V16.error_code(refused(V16, "StatusNotification", status).defect) == "PropertyConstraintViolation"
    boot = changed(BOOT_2, "reason", "Dreaming")
    for dialect in (V201, V21):
        assert dialect.error_code(refused(dialect, "BootNotification", boot).defect) == "PropertyConstraintViolation"


def test_RPC_01_a_number_out_of_its_range() -> None:
    stream = {"id": -1, "pending": 0, "basetime": "2026-05-01T12:00:00Z", "data": [{"t": 0, "v": "1"}]}
    V21.decode_request("NotifyPeriodicEventStream", stream | {"id": 0}, strict=True)
    error = refused(V21, "NotifyPeriodicEventStream", stream)
    assert V21.error_code(error.defect) == "PropertyConstraintViolation"


def test_RPC_01_too_many_items() -> None:
    token = {"idToken": "x", "type": "Central"}
    one = {
        "hashAlgorithm": "SHA256",
        "issuerNameHash": "a",
        "issuerKeyHash": "b",
        "serialNumber": "c",
        "responderURL": "d",
    }
    payload = {"idToken": token, "iso15118CertificateHashData": [one] * 5}
    error = refused(V201, "Authorize", payload, strict=True)
    assert V201.error_code(error.defect) == "OccurrenceConstraintViolation"


@EACH_DIALECT
def test_RPC_01_an_unknown_field(dialect: Dialect) -> None:
    error = refused(dialect, "Heartbeat", {"unheardOf": 1}, strict=True)
    assert dialect.error_code(error.defect) == ("FormationViolation" if dialect is V16 else "ProtocolError")
    _, remarks = dialect.decode_request("Heartbeat", {"unheardOf": 1})
    assert remarks == ("unheardOf: not a field of this message; dropped",)


@EACH_DIALECT
@pytest.mark.parametrize("action", ["Unheard", "", "heartbeat", "__class__", "Message", "Request"])
def test_RPC_01_an_unknown_action(dialect: Dialect, action: str) -> None:
    error = refused(dialect, action, {})
    assert dialect.error_code(error.defect) == "NotImplemented"


def test_RPC_01_actions_of_another_version_are_unknown() -> None:
    assert refused(V201, "StartTransaction", {}).defect is Defect.UNKNOWN_ACTION
    assert refused(V16, "TransactionEvent", {}).defect is Defect.UNKNOWN_ACTION
    assert refused(V201, "NotifySettlement", {}).defect is Defect.UNKNOWN_ACTION


@EACH_DIALECT
@pytest.mark.parametrize("payload", [b"", b"{", b'{"a":NaN}', b"\xff", b"[" * 50_000, b'{"a":1e999999999}'])
def test_a_payload_that_never_went_through_a_frame_is_safe_too(dialect: Dialect, payload: bytes) -> None:
    with pytest.raises(OcppError):
        dialect.decode_request("BootNotification", payload)


def test_RPC_01_spellings_that_differ_between_versions() -> None:
    assert V16.error_code(Defect.OCCURRENCE) == "OccurenceConstraintViolation"
    assert V201.error_code(Defect.OCCURRENCE) == V21.error_code(Defect.OCCURRENCE) == "OccurrenceConstraintViolation"
    assert V16.error_code(Defect.FORMAT) == "FormationViolation"
    assert V201.error_code(Defect.FORMAT) == "FormatViolation"
    for dialect in DIALECTS.values():
        assert dialect.error_code(Defect.SECURITY) == "SecurityError"
        assert dialect.error_code(Defect.INTERNAL) == "InternalError"
        assert dialect.error_code(Defect.NOT_SUPPORTED) == "NotSupported"
        assert dialect.error_code(Defect.GENERIC) == "GenericError"


def test_every_code_is_one_that_the_version_knows() -> None:
    common = {
        "NotImplemented", "NotSupported", "InternalError", "ProtocolError", "SecurityError",
        "PropertyConstraintViolation", "TypeConstraintViolation", "GenericError",
    }  # fmt: skip
    only_16 = {"FormationViolation", "OccurenceConstraintViolation"}
    only_2 = {"FormatViolation", "OccurrenceConstraintViolation", "MessageTypeNotSupported", "RpcFrameworkError"}
    assert {V16.error_code(defect) for defect in Defect} <= common | only_16
    for dialect in (V201, V21):
        assert {dialect.error_code(defect) for defect in Defect} <= common | only_2


def test_RPC_17_answers_are_checked_as_well() -> None:
    assert V16.decode_response(
        "RemoteStartTransaction", b'{"status":"Accepted"}'
    ) == v16.RemoteStartTransactionResponse(status="Accepted")
    with pytest.raises(OcppError) as missing:
        V16.decode_response("RemoteStartTransaction", b"{}")
    assert missing.value.defect is Defect.PROTOCOL
    with pytest.raises(OcppError) as unknown:
        V16.decode_response("RemoteStartTransaction", b'{"status":"Perhaps"}')
    assert unknown.value.defect is Defect.PROPERTY


def test_custom_data_of_2_x_is_legal_and_kept() -> None:
    """TC_P_02, TC_P_03."""
    payload = {"customData": {"vendorId": "v", "anything": [1, {"a": None}]}}
    message, remarks = V201.decode_request("Heartbeat", payload, strict=True)
    assert isinstance(message, v201.Heartbeat)
    assert (message.custom_data, remarks) == (payload["customData"], ())
    assert refused(V201, "Heartbeat", {"customData": {}}, strict=True).defect is Defect.PROTOCOL
    too_long = {"customData": {"vendorId": "x" * 256}}
    assert refused(V201, "Heartbeat", too_long, strict=True).defect is Defect.PROPERTY
