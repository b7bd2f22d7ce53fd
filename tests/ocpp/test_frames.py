"""Bytes to frames and back: the first rows of the table in rules 3.1, and the limits of form (RPC-23)."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stationmaster.ocpp import frames, v16
from stationmaster.ocpp.dialects import DIALECTS, Dialect
from stationmaster.ocpp.errors import Defect, OcppError

# A busy machine is no reason to fail.
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
EACH_DIALECT = pytest.mark.parametrize("dialect", DIALECTS.values(), ids=repr)


def refused(data: bytes) -> OcppError:
    with pytest.raises(OcppError) as caught:
        frames.read(data)
    return caught.value


# --- frames in order ---


def test_a_call() -> None:
    frame = frames.read(b'[2,"7","Heartbeat",{}]')
    assert isinstance(frame, frames.Call)
    assert (frame.id, frame.action, bytes(frame.payload)) == ("7", "Heartbeat", b"{}")


def test_answers() -> None:
    answer = frames.read(b'[3,"7",{"status":"Accepted"}]')
    assert isinstance(answer, frames.CallResult)
    assert (answer.id, bytes(answer.payload)) == ("7", b'{"status":"Accepted"}')
    refusal = frames.read(b'[4,"7","NotSupported","no",{"a":1}]')
    assert isinstance(refusal, frames.CallError)
    assert (refusal.code, refusal.description, bytes(refusal.details)) == ("NotSupported", "no", b'{"a":1}')


def test_RPC_16_the_frames_of_2_1() -> None:
    sent = frames.read(b'[6,"7","NotifyPeriodicEventStream",{}]')
    assert isinstance(sent, frames.Send) and sent.action == "NotifyPeriodicEventStream"
    failed = frames.read(b'[5,"7","GenericError","",{}]')
    assert isinstance(failed, frames.CallResultError) and failed.code == "GenericError"


@pytest.mark.parametrize(
    "short", [b'[4,"7","GenericError"]', b'[4,"7","GenericError",""]', b'[4,"7","GenericError","",null]']
)
def test_a_refusal_may_lack_its_last_elements(short: bytes) -> None:
    frame = frames.read(short)
    assert isinstance(frame, frames.CallError)
    assert (frame.description, bytes(frame.details)) == ("", b"{}")


@pytest.mark.parametrize("data", [b'[2,"7","Heartbeat",null]', b'[3,"7",null]', b'[6,"7","X",null]'])
def test_a_payload_of_null_is_an_empty_one(data: bytes) -> None:
    frame = frames.read(data)
    assert isinstance(frame, frames.Call | frames.CallResult | frames.Send)
    assert bytes(frame.payload) == b"{}"


def test_any_buffer_can_be_read() -> None:
    text = b'[2, "7", "Heartbeat", {}]'
    assert frames.read(memoryview(text)) == frames.read(bytearray(text)) == frames.read(text)


def test_what_we_write_is_compact_and_complete() -> None:
    assert frames.call("1", "Reset", v16.Reset(type="Soft")) == b'[2,"1","Reset",{"type":"Soft"}]'
    assert frames.call("1", "Any", b'{"as":"it is"}') == b'[2,"1","Any",{"as":"it is"}]'
    assert frames.send("1", "Any", {}) == b'[6,"1","Any",{}]'
    assert frames.result("1", v16.HeartbeatResponse(current_time="x")) == b'[3,"1",{"currentTime":"x"}]'
    assert frames.error("1", "GenericError", "why") == b'[4,"1","GenericError","why",{}]'
    assert frames.result_error("1", "GenericError", "why") == b'[5,"1","GenericError","why",{}]'
    assert frames.error("1", "GenericError", "", {"a": 1}) == b'[4,"1","GenericError","",{"a":1}]'


def test_RPC_01_an_error_description_has_at_most_255_characters() -> None:
    _, _, _, description, _ = json.loads(frames.error("1", "GenericError", "ä" * 300))
    assert description == "ä" * 255
    assert OcppError(Defect.GENERIC, "x" * 300).description == "x" * 255


# --- frames out of order: (frame, id of the answer) ---

UNREADABLE = [
    (b"", "-1"),
    (b"{", "-1"),
    (b"\xff\xfe\x00", "-1"),
    (b"hello", "-1"),
    (b"{}", "-1"),
    (b"null", "-1"),
    (b'"text"', "-1"),
    (b"7", "-1"),
    (b"[]", "-1"),
    (b"[2]", "-1"),
    (b"[2,7]", "-1"),
    (b'[2,7,"Heartbeat",{}]', "-1"),
    (b'[2,null,"Heartbeat",{}]', "-1"),
    (b'[2,["7"],"Heartbeat",{}]', "-1"),
    (b'[2,"' + b"x" * 256 + b'","Heartbeat",{}]', "-1"),
]
READABLE = [
    (b'[2,"7","A",{"a":}]', "7"),
    (b'[2,"7"]', "7"),
    (b'[2,"7","Heartbeat"]', "7"),
    (b'[2,"7","Heartbeat",{},{}]', "7"),
    (b'[2,"7",7,{}]', "7"),
    (b'[2,"7",null,{}]', "7"),
    (b'[2,"7",["Heartbeat"],{}]', "7"),
    (b'[2,"7",{"a":1},{}]', "7"),
    (b'[2,"7","Heartbeat",[]]', "7"),
    (b'[2,"7","Heartbeat","{}"]', "7"),
    (b'[2,"7","Heartbeat",7]', "7"),
    (b'[2,"7","Heartbeat",false]', "7"),
    (b'["2","7","Heartbeat",{}]', "7"),
    (b'[2.0,"7","Heartbeat",{}]', "7"),
    (b'[true,"7","Heartbeat",{}]', "7"),
    (b'[2,"' + b"x" * 36 + b'","Heartbeat"]', "x" * 36),
    ('[2,"' + "ä" * 36 + '","Heartbeat"]', "ä" * 36),
]
MALFORMED = [(data.encode() if isinstance(data, str) else data, answer) for data, answer in UNREADABLE + READABLE]


@EACH_DIALECT
@pytest.mark.parametrize("data, answer_id", MALFORMED)
def test_RPC_01_a_frame_out_of_order(dialect: Dialect, data: bytes, answer_id: str) -> None:
    error = refused(data)
    assert error.message_id == answer_id
    assert error.answerable
    expected = {"1.6": "FormationViolation", "2.0.1": "RpcFrameworkError", "2.1": "RpcFrameworkError"}
    assert dialect.error_code(error.defect) == expected[dialect.version]


@pytest.mark.parametrize(
    "data",
    [
        b'[3,"7"]',
        b'[3,"7",[]]',
        b'[3,"7",{"status":"Acc',
        b'[4,"7","Generic',
        b'[3,"7",{"a":NaN}]',
        b'[4,"7"]',
        b'[4,"7",1,"",{}]',
        b'[5,"7"]',
        b'[6,"7","X",[]]',
    ],
)
def test_RPC_17_a_bad_answer_is_never_answered(data: bytes) -> None:
    error = refused(data)
    assert (error.defect, error.message_id, error.answerable) == (Defect.FRAME, "7", False)


@pytest.mark.parametrize(
    "data, number, message_id",
    [
        (b'[9,"7","Heartbeat",{}]', 9, "7"),
        (b'[0,"7"]', 0, "7"),
        (b'[-2,"7","Heartbeat",{}]', -2, "7"),
        (b'[1,7,"Heartbeat",{}]', 1, None),
        (b"[9]", 9, None),
        (b'[9,"' + b"x" * 37 + b'"]', 9, "x" * 37),
        (b'[9,"' + b"x" * 256 + b'"]', 9, None),
    ],
)
def test_RPC_01_an_unknown_message_type(data: bytes, number: int, message_id: str | None) -> None:
    assert frames.read(data) == frames.UnknownType(number, message_id)


def test_RPC_01_only_2_0_1_answers_an_unknown_message_type() -> None:
    assert [d.version for d in DIALECTS.values() if d.answers_unknown_types] == ["2.0.1"]
    assert DIALECTS["ocpp2.0.1"].error_code(Defect.MESSAGE_TYPE) == "MessageTypeNotSupported"


# --- RPC-23: limits of form ---


def payload(inner: bytes) -> bytes:
    return b'[2,"7","DataTransfer",{"data":' + inner + b"}]"


BEYOND = {
    "31 lists in the payload's object": b"[" * 31 + b"]" * 31,
    "31 objects in the payload's object": b'{"a":' * 31 + b"1" + b"}" * 31,
    "nested beyond any stack": b"[" * 100_000 + b"]" * 100_000,
    "nested, with brackets in texts": b'["]]]]",' * 31 + b"1" + b"]" * 31,
    "33 digits": b"1" * 33,
    "33 digits, some behind the point": b"-1." + b"3" * 32,
    "33 digits with an exponent": b"1." + b"3" * 30 + b"e+12",
    "5,000 digits": b"1" * 5_000,
} | {
    f"33 digits after {blanks} blanks": b" " * blanks + b"1" * 33 for blanks in range(1, 8)
}  # only parts of a text are looked at


@EACH_DIALECT
@pytest.mark.parametrize("inner", BEYOND.values(), ids=BEYOND.keys())
def test_RPC_23_beyond_the_limits(dialect: Dialect, inner: bytes) -> None:
    error = refused(payload(inner))
    assert error.message_id == "7"
    expected = {"1.6": "FormationViolation", "2.0.1": "FormatViolation", "2.1": "FormatViolation"}
    assert dialect.error_code(error.defect) == expected[dialect.version]


WITHIN = {
    "30 lists in the payload's object": b"[" * 30 + b"]" * 30,
    "many lists side by side": b"[" + b"[]," * 500 + b"[]]",
    "brackets in texts": b'"' + b"[{" * 500 + b'"',
    "32 digits": b"1" * 32,
    "32 digits, some behind the point": b"-1." + b"3" * 31,
    "digits in texts": b'"' + b"1" * 500 + b'"',
    "a long text with an escaped quote": b'"\\"' + b"1" * 50 + b'\\\\"',
    "the same key in neighbours": b'[{"a":1},{"a":1}]',
    "colons and escaped colons in texts": b'{"a:b":":\\u003a:","c":"::"}',
    "the same key at two levels": b'{"a":{"a":1}}',
}


@pytest.mark.parametrize("inner", WITHIN.values(), ids=WITHIN.keys())
def test_RPC_23_within_the_limits(inner: bytes) -> None:
    frame = frames.read(payload(inner))
    assert isinstance(frame, frames.Call)
    assert json.loads(bytes(frame.payload)) == {"data": json.loads(inner)}


# --- RPC-03: nothing is echoed ---


@pytest.mark.parametrize("data", [data for data, _ in MALFORMED] + [payload(inner) for inner in BEYOND.values()])
def test_RPC_03_no_answer_repeats_the_frame(data: bytes) -> None:
    marked = data.replace(b"Heartbeat", b"OffendingFrame").replace(b"DataTransfer", b"OffendingFrame")
    error = refused(marked)
    for dialect in DIALECTS.values():
        answer = frames.error("id", dialect.error_code(error.defect), error.description)
        assert not any(marked[i : i + 8] in answer for i in range(len(marked) - 7))


# --- whatever comes ---

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=3), inner, max_size=5),
    max_leaves=20,
)


@UNHURRIED
@given(st.binary() | anything.map(lambda value: json.dumps(value).encode()))
def test_nothing_but_an_ocpp_error_comes_out(data: bytes) -> None:
    try:
        frame = frames.read(data)
    except OcppError as error:
        assert len(error.description) <= 255
    else:
        assert isinstance(frame, frames.Known | frames.UnknownType)


@UNHURRIED
@given(
    st.text(max_size=36),
    st.text(),
    st.dictionaries(st.text(), st.integers(-(2**63), 2**63) | st.text() | st.booleans() | st.none(), max_size=5),
)
def test_what_we_write_we_can_read(message_id: str, action: str, content: dict[str, object]) -> None:
    for written, kind in (
        (frames.call(message_id, action, content), frames.Call),
        (frames.send(message_id, action, content), frames.Send),
        (frames.result(message_id, content), frames.CallResult),
    ):
        frame = frames.read(written)
        assert isinstance(frame, kind)
        assert frame.id == message_id
        assert json.loads(bytes(frame.payload)) == content
