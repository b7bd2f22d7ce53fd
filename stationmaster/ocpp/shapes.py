"""The shape of each message, as data: what msgspec knows about a type, in the few words that lenient.py needs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec
from msgspec import inspect

from stationmaster.ocpp.messages import Message


@dataclass(frozen=True)
class Text:
    max_length: int | None = None
    is_time: bool = False


@dataclass(frozen=True)
class Choice:
    """A text out of a list."""

    members: frozenset[str]


@dataclass(frozen=True)
class Whole:
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Number:
    low: float | None = None
    high: float | None = None
    tenths: bool = False
    """At most one decimal."""


@dataclass(frozen=True)
class Flag:
    pass


@dataclass(frozen=True)
class Many:
    item: Shape
    fewest: int = 0
    most: int | None = None


@dataclass(frozen=True)
class Custom:
    """Vendor data of 2.x: open, but with a `vendorId` of limited length."""

    vendor_length: int = 255


@dataclass(frozen=True)
class Anything:
    pass


@dataclass(frozen=True)
class One:
    """A nested object. Its shape is looked up when needed, so that types may refer to each other."""

    kind: type[Message]


Shape = Text | Choice | Whole | Number | Flag | Many | Custom | Anything | One


@dataclass(frozen=True)
class Field:
    name: str
    wire: str
    required: bool
    shape: Shape


@cache
def fields_of(kind: type[Message]) -> tuple[Field, ...]:
    """The fields of a message or datatype; required ones first."""
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)
    fields = (Field(one.name, one.encode_name, one.required, _shape(one.type, {})) for one in info.fields)
    return tuple(sorted(fields, key=lambda one: not one.required))


def _shape(info: inspect.Type, extra: dict[str, Any]) -> Shape:
    match info:
        case inspect.Metadata(type=inner):
            return _shape(inner, info.extra or {})
        case inspect.UnionType(types=types):
            # Only `X | None` occurs; None stands for "absent".
            return _shape(next(one for one in types if not isinstance(one, inspect.NoneType)), extra)
        case inspect.StrType():
            return Text(info.max_length, "date_time" in extra)
        case inspect.LiteralType(values=values):
            return Choice(frozenset(map(str, values)))
        case inspect.IntType():
            return Whole(info.ge, info.le)
        case inspect.FloatType():
            return Number(info.ge, info.le, "tenths" in extra)
        case inspect.BoolType():
            return Flag()
        case inspect.ListType(item_type=item):
            return Many(_shape(item, {}), info.min_length or 0, info.max_length)
        case inspect.DictType() if "custom_data" in extra:
            return Custom()
        case inspect.StructType(cls=kind) if issubclass(kind, Message):
            return One(kind)
        case inspect.AnyType():
            return Anything()
    raise TypeError(f"no shape for {info}")


@cache
def decoder_of(kind: type[Message]) -> msgspec.json.Decoder[Any]:
    """The fast decoder of a type, made when it is first needed."""
    return msgspec.json.Decoder(kind)
