"""What is tolerated of a station, and what it costs: a remark, a field, or the message."""

from __future__ import annotations

from typing import Any

import pytest

from stationmaster.ocpp import lenient, v16, v201
from stationmaster.ocpp.dialects import V16, V21, V201
from stationmaster.ocpp.errors import Defect, OcppError

BOOT = {"chargePointVendor": "Vendor", "chargePointModel": "Model"}
STOP = {"transactionId": 7, "meterStop": 1200, "timestamp": "2026-05-01T12:00:00Z"}
EVENT = {
    "eventType": "Ended",
    "timestamp": "2026-05-01T12:00:00Z",
    "triggerReason": "EVDeparted",
    "seqNo": 3,
    "transactionInfo": {"transactionId": "t1"},
}


def boot(**more: Any) -> tuple[v16.BootNotification, tuple[str, ...]]:
    message, remarks = V16.decode_request("BootNotification", BOOT | more)
    assert isinstance(message, v16.BootNotification)
    return message, remarks


def sample(**fields: Any) -> tuple[v16.SampledValue, tuple[str, ...]]:
    value = {"timestamp": "2026-05-01T12:00:00Z", "sampledValue": [fields]}
    message, remarks = V16.decode_request("MeterValues", {"connectorId": 1, "meterValue": [value]})
    assert isinstance(message, v16.MeterValues)
    return message.meter_value[0].sampled_value[0], remarks


def stop(**changes: Any) -> tuple[v16.StopTransaction, tuple[str, ...]]:
    message, remarks = V16.decode_request(
        "StopTransaction", {k: v for k, v in (STOP | changes).items() if v is not ...}
    )
    assert isinstance(message, v16.StopTransaction)
    return message, remarks


def event(**changes: Any) -> tuple[v201.TransactionEvent, tuple[str, ...]]:
    message, remarks = V201.decode_request(
        "TransactionEvent", {k: v for k, v in (EVENT | changes).items() if v is not ...}
    )
    assert isinstance(message, v201.TransactionEvent)
    return message, remarks


# --- optional fields ---


def test_nothing_to_remark_on() -> None:
    assert boot()[1] == stop()[1] == event()[1] == ()


def test_an_unknown_field_is_dropped() -> None:
    message, remarks = boot(colour="red")
    assert message == v16.BootNotification(charge_point_vendor="Vendor", charge_point_model="Model")
    assert remarks == ("colour: not a field of this message; dropped",)


def test_the_name_of_an_unknown_field_is_fit_for_a_log() -> None:
    _, remarks = boot(**{'\n{"level":"info"}\x1b[31m' + "x" * 100: 1})
    assert "\n" not in remarks[0] and "\x1b" not in remarks[0] and len(remarks[0]) < 150


def test_an_optional_text_too_long_is_kept_in_full() -> None:
    message, remarks = boot(chargePointSerialNumber="x" * 34)
    assert message.charge_point_serial_number == "x" * 34
    assert remarks == ("chargePointSerialNumber: longer than 25 characters; kept",)


def test_an_optional_value_of_the_wrong_type_is_left_out() -> None:
    message, remarks = boot(iccid=5, imsi=None)
    assert (message.iccid, message.imsi) == (None, None)
    assert remarks == ("iccid: a text is needed; left out", "imsi: null; taken as absent")


def test_an_unknown_member_of_an_optional_enumeration_is_kept() -> None:
    found, remarks = sample(value="1", measurand="Energy.Of.The.Stars")
    assert found.measurand == "Energy.Of.The.Stars"
    assert remarks == ("meterValue[0].sampledValue[0].measurand: not one of the values that this field knows; kept",)


def test_an_optional_object_that_can_t_be_used_is_left_out() -> None:
    message, remarks = V201.decode_request("StatusNotification", {
        "timestamp": "2026-05-01T12:00:00Z", "connectorStatus": "Available", "evseId": 1, "connectorId": 1,
        "customData": 5,
    })  # fmt: skip
    assert message.custom_data is None
    assert remarks == ("customData: an object is needed; left out",)


def test_inside_of_an_optional_object_a_required_text_too_long_is_kept() -> None:
    message, remarks = event(idToken={"idToken": "x" * 40, "type": "Tattoo"})
    assert message.id_token == v201.IdTokenType(id_token="x" * 40, type="Tattoo")
    assert len(remarks) == 2


def test_of_an_optional_list_only_the_bad_items_are_lost() -> None:
    good = {"timestamp": "2026-05-01T12:00:00Z", "sampledValue": [{"value": "1"}, {"unit": "Wh"}]}
    message, remarks = stop(transactionData=[good, 5])
    assert message.transaction_data is not None
    assert [len(one.sampled_value) for one in message.transaction_data] == [1]
    assert len(remarks) == 2


# --- required fields ---


@pytest.mark.parametrize(
    "changes, defect, where",
    [
        ({"chargePointModel": None}, Defect.PROTOCOL, "chargePointModel"),
        ({"chargePointModel": 5}, Defect.TYPE, "chargePointModel"),
    ],
)
def test_a_defect_in_a_required_field_is_raised(changes: dict[str, Any], defect: Defect, where: str) -> None:
    with pytest.raises(OcppError) as caught:
        boot(**changes)
    assert (caught.value.defect, caught.value.where) == (defect, where)


def test_a_required_list_is_not_thinned_out() -> None:
    with pytest.raises(OcppError) as caught:
        sample(unit="Wh")
    assert (caught.value.defect, caught.value.where) == (Defect.PROTOCOL, "meterValue[0].sampledValue[0].value")


# --- other spellings ---


@pytest.mark.parametrize(
    "written, meant",
    [
        ("C", "Celsius"),
        ("celcius", "Celsius"),
        ("Hz", "Hertz"),
        ("Amp", "A"),
        ("Volt", "V"),
        ("KWH", "kWh"),
        (" Wh", "Wh"),
    ],
)
def test_units_as_stations_write_them(written: str, meant: str) -> None:
    found, remarks = sample(value="1", unit=written)
    assert found.unit == meant
    assert remarks == ("meterValue[0].sampledValue[0].unit: another spelling; understood",)


@pytest.mark.parametrize(
    "written, meant", [("Error", "OtherError"), ("Mode3Error", "EVCommunicationError"), ("noerror", "NoError")]
)
def test_error_codes_as_stations_write_them(written: str, meant: str) -> None:
    message, remarks = V16.decode_request(
        "StatusNotification", {"connectorId": 1, "errorCode": written, "status": "Available"}
    )
    assert isinstance(message, v16.StatusNotification)
    assert message.error_code == meant
    assert len(remarks) == 1


def test_phase_n_is_legal() -> None:
    assert sample(value="1", phase="N") == (v16.SampledValue(value="1", phase="N"), ())


@pytest.mark.parametrize("text", ["12", "12.50", "-3"])
def test_a_reading_that_is_a_json_number_is_kept_as_written(text: str) -> None:
    payload = f'{{"connectorId":1,"meterValue":[{{"timestamp":"x","sampledValue":[{{"value":{text}}}]}}]}}'
    message, remarks = V16.decode_request("MeterValues", payload.encode())
    assert isinstance(message, v16.MeterValues)
    assert message.meter_value[0].sampled_value[0].value == text
    assert remarks == ("meterValue[0].sampledValue[0].value: a number instead of a text; understood",)


def test_a_whole_number_with_decimals() -> None:
    message, remarks = V16.decode_request(
        "MeterValues", b'{"connectorId":1.0,"meterValue":[{"timestamp":"x","sampledValue":[{"value":"1"}]}]}'
    )
    assert isinstance(message, v16.MeterValues)
    assert (message.connector_id, type(message.connector_id)) == (1, int)
    assert remarks == ("connectorId: a whole number with decimals; understood",)


@pytest.mark.parametrize("number", [2**63 - 1, 0, -1, -7])
def test_TX_07_any_whole_transaction_id_can_be_read(number: int) -> None:
    message, remarks = stop(transactionId=number)
    assert (message.transaction_id, remarks) == (number, ())


# --- what can't be refused ---


@pytest.mark.parametrize(
    "field, name", [("transactionId", "transaction_id"), ("meterStop", "meter_stop"), ("timestamp", "timestamp")]
)
@pytest.mark.parametrize("value", [..., None, [], {"a": 1}, True])
def test_TX_07_TX_09_a_stop_is_read_whatever_is_missing_or_wrong(field: str, name: str, value: Any) -> None:
    message, remarks = stop(**{field: value})
    assert getattr(message, name) is None
    assert len(remarks) == 1 and remarks[0].startswith(f"{field}: ")


def test_TX_09_numbers_written_as_texts() -> None:
    message, _ = stop(transactionId="7", meterStop="1200.0")
    assert (message.transaction_id, message.meter_stop) == (7, 1200)
    message, _ = stop(meterStop="lots")
    assert message.meter_stop == "lots"  # as it was told, for whoever repairs it


def test_a_stop_keeps_what_is_only_too_long_or_unknown() -> None:
    message, remarks = stop(idTag="x" * 30, reason="Bored", vendorStuff={"a": 1})
    assert (message.id_tag, message.reason) == ("x" * 30, "Bored")
    assert len(remarks) == 3


def test_an_empty_stop_and_an_empty_event_are_read() -> None:
    message, remarks = V16.decode_request("StopTransaction", {})
    assert isinstance(message, v16.StopTransaction) and len(remarks) == 3
    for dialect in (V201, V21):
        message, remarks = dialect.decode_request("TransactionEvent", {})
        assert isinstance(message, v201.TransactionEvent) and len(remarks) == 5


def test_an_event_is_read_whatever_is_missing_or_wrong() -> None:
    message, remarks = event(
        seqNo="x", triggerReason=..., eventType="Paused", transactionInfo={"transactionId": "x" * 50}
    )
    assert (message.seq_no, message.trigger_reason, message.event_type) == (None, None, "Paused")
    assert message.transaction_info.transaction_id == "x" * 50
    assert len(remarks) == 4
    message, _ = event(transactionInfo={})
    assert message.transaction_info.transaction_id is None


def test_a_reading_without_its_time_is_kept_in_an_event() -> None:
    message, remarks = event(meterValue=[{"sampledValue": [{"value": 5}]}])
    assert message.meter_value is not None
    assert (message.meter_value[0].timestamp, message.meter_value[0].sampled_value[0].value) == (None, 5)
    assert len(remarks) == 1


@pytest.mark.parametrize("action", ["Authorize", "MeterValues"])
def test_other_messages_are_not_read_when_empty(action: str) -> None:
    with pytest.raises(OcppError):
        V16.decode_request(action, {})


def test_strict_tolerates_none_of_it() -> None:
    for payload in (
        STOP | {"reason": "Bored"},
        STOP | {"idTag": "x" * 21},
        {},
        STOP | {"x": 1},
        STOP | {"idTag": None},
    ):
        with pytest.raises(OcppError):
            V16.decode_request("StopTransaction", payload, strict=True)


def test_there_is_an_end_to_remarks() -> None:
    _, remarks = stop(transactionData=[5] * 1_000)
    assert len(remarks) == lenient.MAX_REMARKS + 1
    assert remarks[-1] == "and more"


def test_a_remark_never_holds_a_value() -> None:
    secret = "s3cr3t-value"
    _, remarks = stop(idTag=secret * 3, reason=secret, timestamp={"a": secret}, transactionData=[secret], new=secret)
    assert len(remarks) == 5
    assert not any(secret in remark for remark in remarks)
