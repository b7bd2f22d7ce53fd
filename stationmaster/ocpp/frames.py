"""Bytes to frames and back, for all versions (1.6J §4, 2.x part 4 §4). Pure: what to do with a frame is decided elsewhere.

`read` also holds the limits of form (RPC-23): depth, digits, UTF-8. An honest frame pays for a few C calls only; the exact,
slow look is taken when one of these is in doubt. A key that comes twice is found where the payload is decoded (lenient.py),
and what only byte by byte can be repaired is repaired in mending.py.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

import msgspec

from stationmaster.ocpp.errors import DESCRIPTION_LIMIT, UNREADABLE_ID, Defect, OcppError

CALL, CALL_RESULT, CALL_ERROR, CALL_RESULT_ERROR, SEND = 2, 3, 4, 5, 6

MAX_DEPTH = 32
MAX_DIGITS = 32
MAX_ID = 36
"""Longest message id that the specification knows, in characters."""
LONGEST_ID = 255
"""Longest one that we read: some stations put theirs into braces, and nothing else is wrong with them."""

MessageId = Annotated[str, msgspec.Meta(max_length=LONGEST_ID)]
_EMPTY = msgspec.Raw(b"{}")


class _Frame(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, gc=False):
    id: MessageId


class Call(_Frame, frozen=True, array_like=True, forbid_unknown_fields=True, gc=False, tag=CALL):
    """A request: `[2, id, action, payload]`. The payload is the JSON text of an object."""

    action: str
    payload: msgspec.Raw


class CallResult(_Frame, frozen=True, array_like=True, forbid_unknown_fields=True, gc=False, tag=CALL_RESULT):
    """The answer to a request: `[3, id, payload]`."""

    payload: msgspec.Raw


class CallError(_Frame, frozen=True, array_like=True, forbid_unknown_fields=True, gc=False, tag=CALL_ERROR):
    """The refusal of a request: `[4, id, code, description, details]`; the last two may be missing in the field."""

    code: str
    description: str = ""
    details: msgspec.Raw = _EMPTY


class CallResultError(
    _Frame, frozen=True, array_like=True, forbid_unknown_fields=True, gc=False, tag=CALL_RESULT_ERROR
):
    """2.1: our answer could not be used: `[5, id, code, description, details]`."""

    code: str
    description: str = ""
    details: msgspec.Raw = _EMPTY


class Send(_Frame, frozen=True, array_like=True, forbid_unknown_fields=True, gc=False, tag=SEND):
    """2.1: a message that asks for no answer: `[6, id, action, payload]`."""

    action: str
    payload: msgspec.Raw


class UnknownType(msgspec.Struct, frozen=True):
    """A frame whose message type number nobody defined. Each version has its own rule for it (rules 3.1)."""

    number: int
    id: str | None


Known = Call | CallResult | CallError | CallResultError | Send
Frame = Known | UnknownType
Payload = msgspec.Struct | dict[str, Any] | bytes | msgspec.Raw

_frame_decoder = msgspec.json.Decoder(Known)
_json = msgspec.json.Decoder()
_encoder = msgspec.json.Encoder()


def read(data: bytes | bytearray | memoryview) -> Frame:
    """The frame in `data`. A payload of `null` counts as `{}`.

    Raises OcppError: FRAME for anything that is not a frame, FORMAT for a payload beyond the limits of form; with the
    message id where that can be read, else "-1". Never raises anything else.
    """
    text = bytes(data)
    try:
        frame: Known = _frame_decoder.decode(text)
        if not text.isascii():
            text.decode()  # a payload is skipped here, and its texts with it
    except (msgspec.MsgspecError, ValueError, RecursionError, MemoryError):
        return _diagnose(text)
    content = bytes(frame.payload if frame.__class__ is Call else _content(frame))
    if content[:1] != b"{":
        return _without_object(frame, content)
    # Counted first, because so few brackets cannot nest too deep; to take them out counts them faster than `count`.
    brackets = 2 * len(text) - len(text.replace(b"[", b"")) - len(text.replace(b"{", b""))
    if brackets > MAX_DEPTH and _depth(text) > MAX_DEPTH:
        raise OcppError(Defect.FORMAT, f"nested deeper than {MAX_DEPTH} levels", frame.id, _number(frame))
    # Of a number that is too long, four signs in a row are in every eighth of the text.
    in_doubt = _FOUR in text[::8].translate(_OUTLINE) and _TOO_LONG in text.translate(_OUTLINE)
    if in_doubt and _longest_number(text) > MAX_DIGITS:
        raise OcppError(Defect.FORMAT, f"a number has more than {MAX_DIGITS} digits", frame.id, _number(frame))
    return frame


def number_of(frame: Frame) -> int:
    """The message type number."""
    return frame.number if isinstance(frame, UnknownType) else _number(frame)


def call(message_id: str, action: str, payload: Payload) -> bytes:
    """A CALL, as compact JSON."""
    return _encoder.encode((CALL, message_id, action, _object(payload)))


def send(message_id: str, action: str, payload: Payload) -> bytes:
    """A SEND of 2.1, as compact JSON."""
    return _encoder.encode((SEND, message_id, action, _object(payload)))


def result(message_id: str, payload: Payload) -> bytes:
    """A CALLRESULT, as compact JSON."""
    return _encoder.encode((CALL_RESULT, message_id, _object(payload)))


def result_of(message_id: str, content: bytes) -> bytes:
    """A CALLRESULT around a payload that is JSON already."""
    return b"[3,%b,%b]" % (_encoder.encode(message_id), content)


def payload_of(payload: Payload) -> bytes:
    """A payload as compact JSON."""
    return _encoder.encode(payload)


def error(message_id: str, code: str, description: str, details: dict[str, Any] | None = None) -> bytes:
    """A CALLERROR, as compact JSON; the description is cut to 255 characters."""
    return _encoder.encode((CALL_ERROR, message_id, code, description[:DESCRIPTION_LIMIT], details or {}))


def result_error(message_id: str, code: str, description: str, details: dict[str, Any] | None = None) -> bytes:
    """A CALLRESULTERROR of 2.1, which says that an answer could not be used; like `error` otherwise."""
    return _encoder.encode((CALL_RESULT_ERROR, message_id, code, description[:DESCRIPTION_LIMIT], details or {}))


def _object(payload: Payload) -> Any:
    return msgspec.Raw(payload) if isinstance(payload, bytes) else payload


# --- limits of form ---

# A character of a number becomes a 0, everything else a blank.
_OUTLINE = bytes.maketrans(
    bytes(range(256)), bytes(0x30 if chr(byte) in "0123456789.eE+-" else 0x20 for byte in range(256))
)
_TOO_LONG = b"0" * (MAX_DIGITS + 1)
_FOUR = b"0" * (len(_TOO_LONG) // 8)
_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_NUMBER = re.compile(rb"[0-9.eE+-]+")
_NO_BRACKET = bytes(byte for byte in range(256) if chr(byte) not in "[]{}")


def _depth(text: bytes) -> int:
    """How deep the brackets nest: strip the innermost pairs until none is left (or the limit is clearly passed)."""
    brackets = _STRING.sub(b"", text).translate(None, _NO_BRACKET)
    depth = 0
    while brackets and depth <= MAX_DEPTH:
        shorter = re.sub(rb"\[\]|\{\}", b"", brackets)
        if shorter == brackets:
            return depth
        brackets = shorter
        depth += 1
    return depth


def _longest_number(text: bytes) -> int:
    """Digits of the longest number outside of texts."""
    numbers = _NUMBER.findall(_STRING.sub(b" ", text))
    return max((sum(48 <= byte <= 57 for byte in number) for number in numbers), default=0)


# --- what is wrong with a frame that could not be read; speed does not matter here ---

_BEGINNING = re.compile(rb'[\s\0]*\[\s*(\d{1,9})\s*,\s*"([^"\\\x00-\x1f]{0,1020})"\s*(?:,|\]|\Z)')
_NUMBERS: dict[type, int] = {
    Call: CALL,
    CallResult: CALL_RESULT,
    CallError: CALL_ERROR,
    CallResultError: CALL_RESULT_ERROR,
    Send: SEND,
}


def _content(frame: Known) -> msgspec.Raw:
    return frame.details if isinstance(frame, CallError | CallResultError) else frame.payload


def _number(frame: Known) -> int:
    return _NUMBERS[type(frame)]


def _without_object(frame: Known, content: bytes) -> Known:
    """A frame whose payload is no object: null is a way to write an empty one, all else is wrong."""
    if content != b"null":
        raise OcppError(Defect.FRAME, "the payload is not an object", frame.id, _number(frame))
    if isinstance(frame, CallError | CallResultError):
        return type(frame)(frame.id, frame.code, frame.description)
    if isinstance(frame, CallResult):
        return CallResult(frame.id, _EMPTY)
    return type(frame)(frame.id, frame.action, _EMPTY)


def _diagnose(text: bytes) -> UnknownType:
    """Says what is wrong with a frame: raises OcppError, or returns an UnknownType."""
    whole, defect = _anything(text)
    if defect is not None:
        raise defect
    if not isinstance(whole, list):
        raise OcppError(Defect.FRAME, "a frame is a JSON array")
    number = whole[0] if whole and type(whole[0]) is int else None
    readable = len(whole) > 1 and isinstance(whole[1], str) and len(whole[1]) <= LONGEST_ID
    message_id = whole[1] if readable else None
    if number is not None and number not in (CALL, CALL_RESULT, CALL_ERROR, CALL_RESULT_ERROR, SEND):
        return UnknownType(number, message_id)
    raise OcppError(Defect.FRAME, _fault(whole, number, message_id), message_id or UNREADABLE_ID, number)


def _fault(whole: list[Any], number: int | None, message_id: str | None) -> str:
    if number is None:
        return "a frame begins with its message type number"
    if message_id is None:
        return f"the message id is not a text of at most {LONGEST_ID} characters"
    if number in (CALL, SEND):
        if len(whole) != 4:
            return "a frame of this type has four elements"
        return "the action is not a text"
    if number == CALL_RESULT:
        return "a CALLRESULT has three elements"
    return "a CALLERROR has five elements: type, id, code, description and details"


def _anything(text: bytes) -> tuple[Any, OcppError | None]:
    """The JSON value in `text`, or the error that says why there is none, with the message id if that can be read at all."""
    defect = Defect.FORMAT
    try:
        return _json.decode(text), None
    except (RecursionError, MemoryError):
        problem = f"nested deeper than {MAX_DEPTH} levels"
    except msgspec.ValidationError:
        # Well-formed, but a number is too large to be one for us.
        problem = "a number is out of range"
    except (msgspec.DecodeError, ValueError):
        defect, problem = Defect.FRAME, "not JSON in UTF-8"
    number, message_id = _beginning(text)
    if message_id is None:
        defect = Defect.FRAME
    return None, OcppError(defect, problem, UNREADABLE_ID if message_id is None else message_id, number)


def _beginning(text: bytes) -> tuple[int | None, str | None]:
    """Type number and message id of a frame that can't be decoded as a whole; they stand before whatever is wrong."""
    found = _BEGINNING.match(text)
    if not found:
        return None, None
    message_id = found[2].decode("utf-8", "replace")
    return int(found[1]), message_id if len(message_id) <= LONGEST_ID else None
