"""Payloads to typed messages, strictly or as tolerantly as the field needs it.

Nearly every payload is in order and is decoded in one go by msgspec. The others are walked, field by field:

* strict: the first defect is raised; what passes is exactly what the official JSON schema lets pass;
* lenient (the default): fields that nobody knows are dropped. In an optional part of the message, a text too long or a
  member missing from an enumeration is kept, and what can't be used is left out. In a required part the defect is
  raised. Each thing tolerated leaves a remark, which names the field and never its value;
* what begins or ends a transaction can't be refused (rule 3): there, a required field that is missing or unusable
  becomes None, whatever its type says, and what is only too long or unknown is kept. A register is kept in whatever form
  it was told.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

from stationmaster.ocpp.errors import Defect, OcppError
from stationmaster.ocpp.messages import Message
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

CANNOT_BE_REFUSED = frozenset({"StartTransaction", "StopTransaction", "TransactionEvent"})
TOO_LONG_IS_KEPT = frozenset({"Authorize"})
"""Cards of seven bytes and a prefix are longer than an idTag may be, and whoever holds one waits at the charger."""
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

MAX_REMARKS = 50
"""A frame of half a megabyte could earn a hundred thousand of them."""

_WHOLE_DIGITS = 19
"""Digits of the largest 64-bit integer; some stations send 2^63-1 as a transaction id."""


def decode(kind: type[M], payload: Payload, *, strict: bool = False) -> tuple[M, tuple[str, ...]]:
    """The message in `payload`, and remarks on what was tolerated. Raises OcppError with the defect, and nothing else."""
    text = msgspec.json.encode(payload) if isinstance(payload, dict) else payload
    if not strict:
        try:
            return decoder_of(kind).decode(text), ()
        except (msgspec.MsgspecError, ValueError, RecursionError, MemoryError):
            pass  # what exactly is wrong, the walk finds out
    return _Walk(strict, kind.__name__).message(kind, _parsed(text))


def _parsed(text: bytes | bytearray | memoryview | msgspec.Raw) -> Any:
    """JSON with decimal numbers, so that 8.1 is 8.1."""
    try:
        return json.loads(bytes(text), parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError, MemoryError):
        raise OcppError(Defect.FORMAT, "the payload is not JSON") from None


def _no_constant(name: str) -> Any:
    raise ValueError(name)


class _Bad(Exception):
    """A value that can't be taken as it is."""

    def __init__(self, defect: Defect, at: str, problem: str) -> None:
        super().__init__(problem)
        self.defect = defect
        self.at = at
        self.problem = problem


class _Walk:
    """One walk through one payload. `at` is where in the message we are; `soft` says that an optional field is on the
    way there, so that a defect here can cost no more than that field."""

    def __init__(self, strict: bool, action: str) -> None:
        self.strict = strict
        self.never_refuse = action in CANNOT_BE_REFUSED and not strict
        self.keep_long = action in TOO_LONG_IS_KEPT and not strict
        self.remarks: list[str] = []

    def message(self, kind: type[M], payload: Any) -> tuple[M, tuple[str, ...]]:
        try:
            return self._object(kind, payload, "", soft=False), tuple(self.remarks)
        except _Bad as bad:
            raise OcppError(bad.defect, bad.problem, where=bad.at) from None

    def _object(self, kind: type[M], value: Any, at: str, *, soft: bool) -> M:
        if not isinstance(value, dict):
            raise _Bad(Defect.TYPE, at, "an object is needed")
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
            raise _Bad(Defect.STRUCTURE, at, "a field that this message does not have")
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
                self._remark(at, "null; taken as absent")
            value = _ABSENT
        if value is _ABSENT:
            if field.required:
                raise _Bad(Defect.PROTOCOL, at, "a required field is missing")
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
        if isinstance(shape, Whole | Number) and isinstance(value, str) and self.never_refuse:
            number = _number_in(value)
            if number is not None:
                self._remark(at, "a text instead of a number; understood")
                return number
        return value

    def _value(self, shape: Shape, value: Any, at: str, *, soft: bool) -> Any:
        """The value as the message holds it, if it fits the shape or may be kept although it does not."""
        match shape:
            case Text():
                return self._text(shape, value, at, soft=soft)
            case Choice():
                if not isinstance(value, str):
                    raise _Bad(Defect.TYPE, at, "a text is needed")
                if value not in shape.members:
                    self._tolerate(Defect.PROPERTY, at, "not one of the values that this field knows", soft=soft)
                return value
            case Whole():
                return self._in_range(shape, self._whole(value, at), at)
            case Number():
                return self._number(shape, value, at)
            case Flag():
                if not isinstance(value, bool):
                    raise _Bad(Defect.TYPE, at, "true or false is needed")
                return value
            case Many():
                return self._many(shape, value, at, soft=soft)
            case One():
                return self._object(shape.kind, value, at, soft=soft)
            case Custom():
                return self._custom(shape, value, at, soft=soft)
            case Anything():
                return _plain(value)

    def _text(self, shape: Text, value: Any, at: str, *, soft: bool) -> str:
        if not isinstance(value, str):
            raise _Bad(Defect.TYPE, at, "a text is needed")
        if shape.max_length is not None and len(value) > shape.max_length:
            long = f"longer than {shape.max_length} characters"
            self._tolerate(Defect.PROPERTY, at, long, soft=soft or self.keep_long)
        return value

    def _whole(self, value: Any, at: str) -> int:
        if isinstance(value, Decimal) and not self.strict and value.adjusted() < _WHOLE_DIGITS and value == int(value):
            self._remark(at, "a whole number with decimals; understood")
            return int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            raise _Bad(Defect.TYPE, at, "a whole number is needed")
        return value

    def _number(self, shape: Number, value: Any, at: str) -> float:
        if not isinstance(value, int | Decimal) or isinstance(value, bool):
            raise _Bad(Defect.TYPE, at, "a number is needed")
        self._in_range(shape, value, at)
        try:
            number = float(value)
        except OverflowError:
            number = float("inf")
        if number in (float("inf"), float("-inf")):
            raise _Bad(Defect.PROPERTY, at, "a number out of range")
        if shape.tenths and not _in_tenths(value):
            if self.strict:
                raise _Bad(Defect.PROPERTY, at, "a number with more than one decimal")
            self._remark(at, "more than one decimal; kept")
        return number

    def _in_range(self, shape: Whole | Number, value: Any, at: str) -> Any:
        if (shape.low is not None and value < shape.low) or (shape.high is not None and value > shape.high):
            raise _Bad(Defect.PROPERTY, at, "a number out of range")
        return value

    def _many(self, shape: Many, value: Any, at: str, *, soft: bool) -> list[Any]:
        if not isinstance(value, list):
            raise _Bad(Defect.TYPE, at, "a list is needed")
        items = []
        for number, one in enumerate(value):
            try:
                items.append(self._value(shape.item, one, f"{at}[{number}]", soft=soft))
            except _Bad as bad:
                if self.strict or not (soft or self.never_refuse):
                    raise
                self._remark(bad.at, f"{bad.problem}; the item is left out")
        if len(items) < shape.fewest:
            raise _Bad(Defect.OCCURRENCE, at, f"fewer items than {shape.fewest}")
        if shape.most is not None and len(items) > shape.most:
            self._tolerate(Defect.OCCURRENCE, at, f"more items than {shape.most}", soft=soft)
        return items

    def _custom(self, shape: Custom, value: Any, at: str, *, soft: bool) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise _Bad(Defect.TYPE, at, "an object is needed")
        if "vendorId" not in value:
            self._tolerate(Defect.PROTOCOL, at, "vendorId is missing", soft=soft)
        else:
            self._text(Text(shape.vendor_length), value["vendorId"], f"{at}.vendorId", soft=soft)
        found = _plain(value)
        assert isinstance(found, dict)
        return found

    def _tolerate(self, defect: Defect, at: str, problem: str, *, soft: bool) -> None:
        """Keeps a value that is only too long or unknown, where that costs no more than a remark."""
        if self.strict or not (soft or self.never_refuse):
            raise _Bad(defect, at, problem)
        self._remark(at, f"{problem}; kept")

    def _remark(self, at: str, what: str) -> None:
        if len(self.remarks) < MAX_REMARKS:
            self.remarks.append(f"{at}: {what}")
        elif len(self.remarks) == MAX_REMARKS:
            self.remarks.append("and more")


_ABSENT: Any = object()


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
    digits = text.strip()
    if len(digits) > _WHOLE_DIGITS or not digits.lstrip("-").replace(".", "", 1).isdecimal() or not digits.isascii():
        return None
    return Decimal(digits) if "." in digits else int(digits)


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
