"""Payloads to typed messages, strictly or as tolerantly as the field needs it.

Nearly every payload is in order and is decoded in one go by msgspec. The others are walked, field by field:

* strict: the first defect is raised; what passes is exactly what the official JSON schema lets pass;
* lenient (the default): fields that nobody knows are dropped, a text that is only too long is kept. In an optional part of
  the message, a member missing from an enumeration is kept, and what can't be used is left out. In a required part the
  defect is raised. Each thing tolerated leaves a remark, which names the field and never its value;
* what the dialect calls unrefusable (rule 3): there, a required field that is missing or unusable becomes None, whatever its
  type says, and what is only too long or unknown is kept. A register is kept in whatever form it was told.
"""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

import msgspec

from stationmaster.ocpp.errors import Defect, OcppError, shortened
from stationmaster.ocpp.messages import Message, is_exact_time
from stationmaster.ocpp.shapes import (
    Anything,
    Choice,
    Custom,
    Field,
    Flag,
    Many,
    Number,
    One,
    Shape,
    Text,
    Whole,
    decoder_of,
    fields_of,
)

M = TypeVar("M", bound=Message)
Payload = bytes | bytearray | memoryview | msgspec.Raw | dict[str, Any]

REGISTERS = frozenset({"meterStart", "meterStop"})

ALIASES: dict[str, dict[str, str]] = {
    "unit": {
        "c": "Celsius",
        "celcius": "Celsius",
        "°c": "Celsius",
        "f": "Fahrenheit",
        "kelvin": "K",
        "hz": "Hertz",
        "amp": "A",
        "amps": "A",
        "ampere": "A",
        "volt": "V",
        "volts": "V",
        "watt": "W",
        "watts": "W",
        "%": "Percent",
    },
    # Names of 1.5 and of vendors.
    "errorCode": {"error": "OtherError", "mode3error": "EVCommunicationError"},
}
"""By wire name of the field: what stations write, in lower case, and what they mean (field experience 5.2)."""

NULL = "null; taken as absent"

MAX_REMARKS = 50
"""A frame of half a megabyte could earn a hundred thousand of them."""

LONGEST_TEXT = 1000
"""Characters that are kept of a text that is longer than its field allows. Longer fields keep what they allow."""

_COLON = ord(":")  # a number is counted in half the time of a text

_WHOLE_DIGITS = 19
"""Digits of the largest 64-bit integer; some stations send 2^63-1 as a transaction id."""


def decode(
    kind: type[M], payload: Payload, *, strict: bool = False, unrefusable: bool = False, guesses: bool = False
) -> tuple[M, tuple[str, ...]]:
    """The message in `payload`, and remarks on what was tolerated. Raises OcppError with the defect, and nothing else.

    `guesses` takes the last of two different values of a field, even of one that the message cannot do without.
    """
    text = msgspec.json.encode(payload) if isinstance(payload, dict) else bytes(payload)
    if not strict:
        try:
            message: M = decoder_of(kind).decode(text)
        except (msgspec.MsgspecError, ValueError, RecursionError, MemoryError):
            pass  # what exactly is wrong, the walk finds out
        else:
            # Of two equal keys one is kept, so what is encoded again is shorter, and has a colon less. An escape could hide that.
            again = _encode(message)
            same = len(again) == len(text) or again.count(_COLON) == text.count(_COLON)
            if same and not (b"\\" in text and b"\\u" in text):
                return message, ()
            remarks = _twice(kind, _Parsed(text).doubled, strict=False, guesses=guesses)
            if not remarks and not same and b"null" in text:
                remarks = (NULL,)
            return message, remarks
    parsed = _Parsed(text)
    remarks = _twice(kind, parsed.doubled, strict=strict, guesses=guesses)
    return _Walk(strict, unrefusable, remarks).message(kind, parsed.value)


class _Parsed:
    """JSON with decimal numbers, so that 8.1 is 8.1; and which keys of its objects came twice, and with how many values."""

    def __init__(self, text: bytes) -> None:
        self.doubled: dict[str, bool] = {}  # by key: do the values differ?
        try:
            self.value = json.loads(
                text, parse_float=Decimal, parse_constant=_no_constant, object_pairs_hook=self._object
            )
        except (ValueError, RecursionError, MemoryError):
            raise OcppError(Defect.FORMAT, "the payload is not JSON") from None

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            seen: dict[str, Any] = {}
            for key, value in pairs:
                if key in seen:
                    self.doubled[key] = self.doubled.get(key, False) or seen[key] != value
                seen[key] = value
        return found


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _twice(kind: type[Message], doubled: dict[str, bool], *, strict: bool, guesses: bool) -> tuple[str, ...]:
    """Remarks on keys that came twice; all readers of JSON take the last one. Raises OcppError where that would be a guess.

    A guess it is when a field that the message cannot do without has two values: which card, which transaction (RPC-23)?
    """
    needed = set() if guesses else {field.wire for field in fields_of(kind) if field.required}
    for key, differs in doubled.items():
        if strict or (differs and key in needed):
            raise OcppError(Defect.FORMAT, "an object has the same key twice", where=_printable(key))
    return tuple(
        f"{_printable(key)}: came twice{', with two values; the last one counts' if differs else ''}"
        for key, differs in doubled.items()
    )[:MAX_REMARKS]


class _Bad(Exception):
    """A value that can't be taken as it is."""

    def __init__(self, defect: Defect, at: str, problem: str, came: Any = None) -> None:
        super().__init__(problem)
        self.defect = defect
        self.at = at
        self.problem = problem
        self.came = came


class _Walk:
    """One walk through one payload. `at` is where in the message we are; `soft` says that an optional field is on the
    way there, so that a defect here can cost no more than that field."""

    def __init__(self, strict: bool, never_refuse: bool, remarks: tuple[str, ...]) -> None:
        self.strict = strict
        self.never_refuse = never_refuse and not strict
        self.remarks = list(remarks)

    def message(self, kind: type[M], payload: Any) -> tuple[M, tuple[str, ...]]:
        try:
            found = self._object(kind, payload, "", soft=False)
        except _Bad as bad:
            came = "" if bad.came is _ABSENT else shortened(_plain(bad.came))
            raise OcppError(bad.defect, bad.problem, where=bad.at, came=came) from None
        return found, tuple(self.remarks)

    def _object(self, kind: type[M], value: Any, at: str, *, soft: bool) -> M:
        if not isinstance(value, dict):
            raise _Bad(Defect.TYPE, at, "an object is needed", value)
        values: dict[str, Any] = {}
        fields = fields_of(kind)
        for field in fields:
            here = f"{at}.{field.wire}" if at else field.wire
            try:
                found = self._field(kind, field, value, here, soft=soft or not field.required)
                if found is not _ABSENT:
                    values[field.name] = found
            except _Bad as bad:
                if self.strict or (field.required and not self._may_be_none(field, soft)):
                    raise
                self._remark(bad.at, f"{bad.problem}; left {'empty' if field.required else 'out'}")
                if field.required:
                    values[field.name] = None
        unknown = value.keys() - {field.wire for field in fields}
        if unknown and self.strict:
            raise _Bad(
                Defect.STRUCTURE,
                at,
                "a field that this message does not have",
                ", ".join(map(_printable, sorted(unknown))),
            )
        for name in sorted(unknown):
            self._remark(f"{at}.{_printable(name)}" if at else _printable(name), "not a field of this message; dropped")
        return kind(**values)

    def _may_be_none(self, field: Field, soft: bool) -> bool:
        # A reading without its time is still worth more than no reading.
        return self.never_refuse and (not soft or field.wire == "timestamp")

    def _field(self, kind: type[Message], field: Field, owner: dict[str, Any], at: str, *, soft: bool) -> Any:
        value = owner.get(field.wire, _ABSENT)
        if value is None and not isinstance(field.shape, Anything):
            if self.strict:
                raise _Bad(Defect.TYPE, at, "null is not a value")
            if not field.required:
                self._remark(at, NULL)
            value = _ABSENT
        if value is _ABSENT:
            if field.required:
                raise _Bad(Defect.PROTOCOL, at, "a required field is missing", _ABSENT)
            return _ABSENT
        if self.never_refuse and field.wire in REGISTERS and not _is_whole(value) and isinstance(value, str | Decimal):
            self._remark(at, "not a whole number; kept")
            return value
        if not self.strict:
            value = self._repaired(kind, field, value, at)
        return self._value(field.shape, value, at, soft=soft)

    def _repaired(self, kind: type[Message], field: Field, value: Any, at: str) -> Any:
        """The value, or what the station must have meant by it."""
        shape = field.shape
        if isinstance(shape, Choice) and isinstance(value, str) and value not in shape.members:
            meant = ALIASES.get(field.wire, {}).get(value.strip().lower()) or _same_letters(shape, value)
            if meant:
                self._remark(at, "another spelling; understood")
                return meant
        is_number = isinstance(value, int | Decimal) and not isinstance(value, bool)
        if isinstance(shape, Text) and is_number and field.wire == "value" and kind.__name__.endswith("SampledValue"):
            self._remark(at, "a number instead of a text; understood")
            return str(value)
        if isinstance(shape, Whole | Number) and isinstance(value, str):
            number = _number_in(value)
            if number is not None:
                self._remark(at, "a text instead of a number; understood")
                return number
        return value

    def _value(self, shape: Shape, value: Any, at: str, *, soft: bool) -> Any:
        """The value as the message holds it, if it fits the shape or may be kept although it does not."""
        match shape:
            case Text():
                return self._text(shape, value, at)
            case Choice():
                if not isinstance(value, str):
                    raise _Bad(Defect.TYPE, at, "a text is needed", value)
                if value not in shape.members:
                    self._tolerate(Defect.PROPERTY, at, "not one of the values that this field knows", value, soft=soft)
                return value
            case Whole():
                return self._in_range(shape, self._whole(value, at), at)
            case Number():
                return self._number(shape, value, at)
            case Flag():
                if not isinstance(value, bool):
                    raise _Bad(Defect.TYPE, at, "true or false is needed", value)
                return value
            case Many():
                return self._many(shape, value, at, soft=soft)
            case One():
                return self._object(shape.kind, value, at, soft=soft)
            case Custom():
                return self._custom(shape, value, at, soft=soft)
            case Anything():
                return _plain(value)

    def _text(self, shape: Text, value: Any, at: str) -> str:
        """A text that is only too long is kept (L1), up to a length that no station ever needed."""
        if not isinstance(value, str):
            raise _Bad(Defect.TYPE, at, "a text is needed", value)
        if shape.is_time and self.strict and not is_exact_time(value):
            raise _Bad(Defect.TYPE, at, "a time is needed", value)
        if shape.max_length is None or len(value) <= shape.max_length:
            return value
        problem = f"longer than {shape.max_length} characters"
        if self.strict:
            raise _Bad(Defect.PROPERTY, at, problem, value)
        longest = max(shape.max_length, LONGEST_TEXT)
        self._remark(at, f"{problem}; {'kept' if len(value) <= longest else f'cut after {longest}'}")
        return value[:longest]

    def _whole(self, value: Any, at: str) -> int:
        if isinstance(value, Decimal) and not self.strict and value.adjusted() < _WHOLE_DIGITS and value == int(value):
            self._remark(at, "a whole number with decimals; understood")
            return int(value)
        if isinstance(value, Decimal) and self.never_refuse and value.is_finite() and value.adjusted() < _WHOLE_DIGITS:
            self._remark(at, "a fraction instead of a whole number; kept")
            return float(value)  # type: ignore[return-value]  # as it was told: a register of 15000.5 Wh is worth half a Wh more
        if not isinstance(value, int) or isinstance(value, bool):
            raise _Bad(Defect.TYPE, at, "a whole number is needed", value)
        return value

    def _number(self, shape: Number, value: Any, at: str) -> float:
        if not isinstance(value, int | Decimal) or isinstance(value, bool):
            raise _Bad(Defect.TYPE, at, "a number is needed", value)
        self._in_range(shape, value, at)
        try:
            number = float(value)
        except OverflowError:
            number = float("inf")
        if number in (float("inf"), float("-inf")):
            raise _Bad(Defect.PROPERTY, at, "a number out of range", value)
        if shape.tenths and not _in_tenths(value):
            if self.strict:
                raise _Bad(Defect.PROPERTY, at, "a number with more than one decimal", value)
            self._remark(at, "more than one decimal; kept")
        return number

    def _in_range(self, shape: Whole | Number, value: Any, at: str) -> Any:
        if (shape.low is not None and value < shape.low) or (shape.high is not None and value > shape.high):
            raise _Bad(Defect.PROPERTY, at, "a number out of range", value)
        return value

    def _many(self, shape: Many, value: Any, at: str, *, soft: bool) -> list[Any]:
        """The items that can be used; without any, the defect of the first one."""
        if not isinstance(value, list):
            if self.strict or not isinstance(shape.item, One) or not isinstance(value, dict):
                raise _Bad(Defect.TYPE, at, "a list is needed", value)
            self._remark(at, "one item instead of a list; understood")
            value = [value]
        items: list[Any] = []
        bad_ones: list[_Bad] = []
        for number, one in enumerate(value):
            try:
                items.append(self._value(shape.item, one, f"{at}[{number}]", soft=soft))
            except _Bad as bad:
                if self.strict:
                    raise
                bad_ones.append(bad)
        if bad_ones and not (items or soft or self.never_refuse):
            raise bad_ones[0]
        for left_out in bad_ones:
            self._remark(left_out.at, f"{left_out.problem}; the item is left out")
        if len(items) < shape.fewest:
            raise _Bad(Defect.OCCURRENCE, at, f"fewer items than {shape.fewest}", value)
        if shape.most is not None and len(items) > shape.most:
            self._tolerate(Defect.OCCURRENCE, at, f"more items than {shape.most}", value, soft=soft)
        return items

    def _custom(self, shape: Custom, value: Any, at: str, *, soft: bool) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise _Bad(Defect.TYPE, at, "an object is needed", value)
        if "vendorId" not in value:
            self._tolerate(Defect.PROTOCOL, at, "vendorId is missing", _ABSENT, soft=soft)
        else:
            self._text(Text(shape.vendor_length), value["vendorId"], f"{at}.vendorId")
        found = _plain(value)
        assert isinstance(found, dict)
        return found

    def _tolerate(self, defect: Defect, at: str, problem: str, came: Any, *, soft: bool) -> None:
        """Keeps a value that is only too long or unknown, where that costs no more than a remark."""
        if self.strict or not (soft or self.never_refuse):
            raise _Bad(defect, at, problem, came)
        self._remark(at, f"{problem}; kept")

    def _remark(self, at: str, what: str) -> None:
        if len(self.remarks) < MAX_REMARKS:
            self.remarks.append(f"{at}: {what}")
        elif len(self.remarks) == MAX_REMARKS:
            self.remarks.append("and more")


_ABSENT: Any = object()
_encode = msgspec.json.Encoder().encode


def _is_whole(value: Any) -> bool:
    """Whether it will be taken as a whole number, after a repair perhaps."""
    number = _number_in(value) if isinstance(value, str) else value
    if isinstance(number, Decimal):
        return number.adjusted() < _WHOLE_DIGITS and number == int(number)
    return isinstance(number, int) and not isinstance(number, bool)


def _same_letters(shape: Choice, value: str) -> str | None:
    """The member that differs from the value in case and blanks only."""
    wanted = value.strip().lower()
    return next((member for member in shape.members if member.lower() == wanted), None)


def _number_in(text: str) -> int | Decimal | None:
    """The number that a text consists of, be it with a decimal comma."""
    digits = text.strip().replace(",", ".", 1)
    bare = digits.lstrip("+-")
    if len(digits) > _WHOLE_DIGITS or not digits.isascii() or not bare.replace(".", "", 1).isdecimal():
        return None
    try:
        return Decimal(digits) if "." in digits else int(digits)
    except (ValueError, InvalidOperation):
        return None


def _in_tenths(value: int | Decimal) -> bool:
    if isinstance(value, int):
        return True
    _, digits, exponent = value.as_tuple()
    beyond = -int(exponent) - 1  # digits behind the first decimal
    return beyond <= 0 or not any(digits[-beyond:])


def _plain(value: Any) -> Any:
    """The value with floats instead of decimals."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value


def _printable(name: str) -> str:
    """A name that a station made up, fit for a log line."""
    return name[:40].encode("unicode_escape").decode("ascii")
