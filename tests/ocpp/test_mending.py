"""L5: what is no JSON, but plain, is repaired with a remark; what is not plain stays as it is."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationmaster.ocpp import mending
from stationmaster.ocpp.mending import mend
from tests.ocpp.test_frames import UNHURRIED, anything

PLAIN = {
    "a zero byte in a text": (b'["a\x00b"]', ["a\ufffdb"], mending.NUL),
    "an escaped zero in a text": (b'["a\\u0000b"]', ["a\ufffdb"], mending.NUL),
    "an escaped backslash before what looks like one": (b'["a\\\\u0000b"]', ["a\\u0000b"], None),
    "a tab and a line end in a text": (b'["a\tb\nc"]', ["a\tb\nc"], mending.CONTROL),
    "the zero at the end of a C string": (b'["a"]\x00', ["a"], mending.AROUND),
    "a byte order mark": (b'\xef\xbb\xbf["a"]', ["a"], mending.AROUND),
    "Latin-1": (b'["B\xf6nn"]', ["B\ufffdnn"], mending.NOT_UTF8),
    "half a character": (b'["\\ud83d"]', ["\ufffd"], mending.SURROGATE),
    "a whole character of two halves": (b'["\\ud83d\\ude00"]', ["\U0001f600"], None),
    "a path of Windows": (b'["C:\\firmware\\x.bin"]', ["C:\firmware\\x.bin"], mending.ESCAPE),
    "NaN": (b'{"a":NaN}', {"a": None}, mending.NO_NUMBER),
    "nan": (b'{"a":nan}', {"a": None}, mending.NO_NUMBER),
    "-nan of a C library": (b'{"a":-nan}', {"a": None}, mending.NO_NUMBER),
    "Infinity": (b"[-Infinity,Infinity,inf]", [None, None, None], mending.NO_NUMBER),
    "NaN in a text": (b'["NaN, Infinity"]', ["NaN, Infinity"], None),
    "Python's words": (b"[True,False]", [True, False], None),
    "leading zeros": (b"[007,-01.5]", [7, -1.5], mending.NUMBER),
    "a plus": (b"[+5]", [5], mending.NUMBER),
    "a point without a digit on one side": (b"[.5,5.]", [0.5, 5], mending.NUMBER),
    "zero in all its forms": (b"[0,-0,0.0,0e0,00]", [0, 0, 0.0, 0.0, 0], mending.NUMBER),
    "a comma too early": (b'{"a":[,1],"b":{,"c":2}}', {"a": [1], "b": {"c": 2}}, mending.COMMA),
    "a name without its value": (b'{"transactionId":,"a": }', {"transactionId": None, "a": None}, mending.EMPTY),
    "a comma too many": (b'{"a":[1,2,],}', {"a": [1, 2]}, mending.COMMA),
    "commas and brackets in a text": (b'[",]"]', [",]"], None),
}


@pytest.mark.parametrize("data, meant, remark", PLAIN.values(), ids=PLAIN.keys())
def test_L5_what_is_plain_is_repaired_with_a_remark(data: bytes, meant: object, remark: str | None) -> None:
    repaired, remarks = mend(data)
    assert json.loads(repaired) == meant
    assert remarks == (() if remark is None else (remark,))


@pytest.mark.parametrize("data", [b'["a', b'["a"', b"[1 2]", b'{"a" 1}', b"[1.2.3]", b"hello", b"", b"[-]", b"[0x10]"])
def test_L5_what_is_not_plain_stays_unreadable(data: bytes) -> None:
    with pytest.raises(ValueError):
        json.loads(mend(data)[0])


@UNHURRIED
@given(anything.map(lambda value: json.dumps(value, allow_nan=False) if _finite(value) else "[]"))
def test_L5_what_is_JSON_already_is_left_alone(text: str) -> None:
    assert json.loads(mend(text.encode())[0]) == json.loads(text.replace("\\u0000", "\ufffd"))


@UNHURRIED
@given(st.binary())
def test_L5_mending_never_fails(data: bytes) -> None:
    mend(data)


def _finite(value: object) -> bool:
    try:
        return "\\ud" not in json.dumps(value, allow_nan=False)
    except ValueError:
        return False
