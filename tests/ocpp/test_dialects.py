"""The rows of the table in rules 3.1 that are about payloads, for each version in its own spelling."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import msgspec
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


# --- what is only too long, L1 ---


@pytest.mark.parametrize("length", [21, 29, 32, 255])
@EACH_DIALECT
def test_L1_a_required_text_that_is_only_too_long_is_kept_with_a_remark(dialect: Dialect, length: int) -> None:
    path = "chargePointModel" if dialect is V16 else "chargingStation.model"
    long = "x" * max(length, 21)
    message, remarks = dialect.decode_request("BootNotification", changed(BOOT[dialect.version], path, long))
    assert msgspec.json.encode(message).count(b"x" * len(long)) == 1
    assert remarks == (f"{path}: longer than 20 characters; kept",)
    error = refused(dialect, "BootNotification", changed(BOOT[dialect.version], path, long), strict=True)
    assert dialect.error_code(error.defect) == "PropertyConstraintViolation"
    assert error.explained.startswith(f"{path}: longer than 20 characters; came 'xxx")


def test_L1_what_is_longer_than_any_station_needs_is_cut() -> None:
    message, remarks = V16.decode_request("Authorize", {"idTag": "x" * 5000})
    assert isinstance(message, v16.Authorize) and len(message.id_tag) == 1000
    assert remarks == ("idTag: longer than 20 characters; cut after 1000",)


@pytest.mark.parametrize(
    "payload, explained",
    [
        ({"chargePointVendor": "V"}, "chargePointModel: a required field is missing"),
        ({"chargePointVendor": "V", "chargePointModel": 5}, "chargePointModel: a text is needed; came 5"),
        (
            {"chargePointVendor": ["a" * 60], "chargePointModel": "M"},
            "chargePointVendor: a text is needed; came ['" + "a" * 38 + "… (64 characters)",
        ),
    ],
)
def test_L1_a_refusal_names_the_field_what_was_expected_and_what_came(payload: dict[str, Any], explained: str) -> None:
    error = refused(V16, "BootNotification", payload)
    assert error.explained == explained
    assert "aaaa" not in error.description


# --- the halves of a transaction, L2 and L7 ---

START = {"connectorId": 1, "idTag": "T", "meterStart": 0, "timestamp": "2026-05-01T12:00:00Z"}


@pytest.mark.parametrize(
    "change, value, told",
    [
        ("meterStart", 26008.333, Decimal("26008.333")),
        ("meterStart", "26008", 26008),
        ("meterStart", "26008,5", "26008,5"),
        ("meterStart", None, None),
        ("meterStart", "lots", "lots"),
        ("idTag", "x" * 22, "x" * 22),
        ("idTag", ..., None),
        ("idTag", 7, None),
        ("connectorId", "1", 1),
        ("timestamp", ..., None),
    ],
)
def test_L2_a_start_is_never_refused_for_what_is_in_its_fields(change: str, value: Any, told: Any) -> None:
    message, remarks = V16.decode_request("StartTransaction", changed(START, change, value))
    names = {"meterStart": "meter_start", "idTag": "id_tag", "connectorId": "connector_id", "timestamp": "timestamp"}
    assert getattr(message, names[change]) == told
    assert remarks and all(remark.startswith(change) for remark in remarks)


VALUE = {"timestamp": "2026-05-01T12:00:00Z", "sampledValue": [{"value": "1"}]}


@pytest.mark.parametrize(
    "values, kept",
    [
        ([VALUE, VALUE | {"sampledValue": []}], 1),
        ([VALUE | {"sampledValue": [{"unit": "Wh"}, {"value": "1"}]}], 1),
        ([5, VALUE, {}], 1),
        (VALUE, 1),
    ],
)
def test_L7_good_readings_are_kept_beside_bad_ones(values: Any, kept: int) -> None:
    message, remarks = V16.decode_request("MeterValues", {"connectorId": 1, "meterValue": values})
    assert isinstance(message, v16.MeterValues)
    assert [len(value.sampled_value) for value in message.meter_value] == [1] * kept
    assert remarks


@pytest.mark.parametrize("values", [[], [VALUE | {"sampledValue": []}], [5], "x", None])
def test_L7_where_nothing_good_is_the_message_is_refused_with_its_reason(values: Any) -> None:
    assert refused(V16, "MeterValues", {"connectorId": 1, "meterValue": values}).where.startswith("meterValue")


# --- keys that come twice, L5 and RPC-23 ---

TWICE = {
    "equal": (b'{"idTag":"A","idTag":"A"}', True),
    "equal, one of them escaped": (b'{"idTag":"A","\\u0069dTag":"A"}', True),
    "with escaped colons to make up for it": (b'{"idTag":"\\u003a","idTag":"\\u003a"}', True),
    "with blanks": (b'{ "idTag" : "A" , "idTag" : "A" }', True),
    "different, of a field that is needed": (b'{"idTag":"A","idTag":"B"}', False),
}


@pytest.mark.parametrize("payload, plain", TWICE.values(), ids=TWICE.keys())
def test_RPC_23_L5_a_key_that_comes_twice(payload: bytes, plain: bool) -> None:
    for strict in (False, True):
        if plain and not strict:
            assert V16.decode_request("Authorize", payload)[1] == ("idTag: came twice",)
        else:
            with pytest.raises(OcppError) as caught:
                V16.decode_request("Authorize", payload, strict=strict)
            assert (caught.value.defect, caught.value.where) == (Defect.FORMAT, "idTag")


def test_L5_two_values_of_what_can_be_spared_and_of_a_boot() -> None:
    _, remarks = V16.decode_request(
        "StopTransaction", b'{"transactionId":7,"meterStop":1,"timestamp":"","reason":"Local","reason":"Other"}'
    )
    assert remarks == ("reason: came twice, with two values; the last one counts",)
    _, remarks = V16.decode_request(
        "BootNotification", b'{"chargePointVendor":"A","chargePointVendor":"B","chargePointModel":"M"}'
    )
    assert remarks == ("chargePointVendor: came twice, with two values; the last one counts",)


def test_L5_what_is_null_or_says_a_colon_is_no_key_that_came_twice() -> None:
    payload = (
        b'{"connectorId":1,"errorCode":"NoError","status":"Available","info":null,"vendorId":"a:b","timestamp":null}'
    )
    assert V16.decode_request("StatusNotification", payload)[1] == ("null; taken as absent",)


# --- C1, C7 ---


@pytest.mark.parametrize("status", ["accepted", " Accepted", "ACCEPTED"])
def test_C1_an_answer_is_repaired_as_a_question_is(status: str) -> None:
    answer = V16.decode_response("RemoteStartTransaction", {"status": status})
    assert isinstance(answer, v16.RemoteStartTransactionResponse) and answer.status == "Accepted"


@pytest.mark.parametrize(
    "text", ["not a date", "", "2026-05-01", "2026-13-01T10:00:00Z", "2026-05-01 10:00:00Z", "2026-05-01T10:00:00"]
)
@EACH_DIALECT
def test_C7_strict_takes_no_time_that_is_none(dialect: Dialect, text: str) -> None:
    bad = changed(METER[dialect.version], "meterValue.0.timestamp", text)
    error = refused(dialect, "MeterValues", bad, strict=True)
    assert (dialect.error_code(error.defect), error.where) == ("TypeConstraintViolation", "meterValue[0].timestamp")
    dialect.decode_request("MeterValues", bad)


def test_1e400_does_not_stop_a_stop() -> None:
    text = b'{"transactionId":7,"meterStop":1e400,"timestamp":"2026-05-01T12:00:00Z"}'
    message, remarks = V16.decode_request("StopTransaction", text)
    assert isinstance(message, v16.StopTransaction) and message.transaction_id == 7
    assert len(remarks) == 1
