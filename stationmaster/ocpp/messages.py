"""What all typed messages have in common, and how OCPP writes times."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, TypeAlias, dataclass_transform

import msgspec

DateTime: TypeAlias = Annotated[str, msgspec.Meta(extra={"date_time": True})]
"""A time as the station wrote it. It stays a text on the wire types, so that an absurd clock can be recorded as it was
(TX-10); `parse_time` makes a datetime of it."""

Tenths: TypeAlias = Annotated[float, msgspec.Meta(extra={"tenths": True})]
"""A number with at most one decimal (1.6 `multipleOf 0.1`). Strict decoding checks it decimally, so 8.1 is fine."""

CustomDataType: TypeAlias = Annotated[dict[str, Any], msgspec.Meta(extra={"custom_data": True})]
"""Vendor data of 2.x: an open object with a `vendorId` of at most 255 characters."""


class _KeywordsOnly(msgspec.StructMeta):
    """msgspec does not hand `kw_only` down to subclasses, and no message should be built by position."""

    def __new__(mcls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **options: Any) -> Any:
        return super().__new__(mcls, name, bases, namespace, **({"kw_only": True} | options))


@dataclass_transform(kw_only_default=True, field_specifiers=(msgspec.field,))
class Message(
    msgspec.Struct,
    metaclass=_KeywordsOnly,
    omit_defaults=True,
    rename="camel",
    forbid_unknown_fields=True,
    gc=False,
):
    """Any object of OCPP. camelCase on the wire, snake_case here; a field that is None is not sent.

    Building one in Python checks nothing; decoding does (dialects.py).
    """


class Response(Message):
    """What is sent back for a Request."""


ResponseType: TypeAlias = type[Response]
"""Needed as a name: a message with a field called `type` shadows the builtin in its annotations."""


class Request(Message):
    """What one side asks of the other. The class is called like its action."""

    action: ClassVar[str] = ""
    response: ClassVar[ResponseType] = Response
    """The type of the answer. A message that is never answered (2.1 SEND) keeps the empty `Response`."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.action = cls.__name__


def now_text(at: datetime) -> str:
    """The time as we send it: UTC with milliseconds and `Z`, which even simple stations can read."""
    text: str = msgspec.to_builtins(at.astimezone(UTC))  # a tenth of what `isoformat` takes
    return f"{text[:23]}Z" if len(text) == _WITH_FRACTION else f"{text[:19]}.000Z"


_WITH_FRACTION = len("2026-11-26T10:00:00.123000Z")


# Seconds, a fraction of any length and the zone are optional; a blank may stand for the T.
_TIME = re.compile(
    r"\s*(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,32}))?)?\s*(?:[Zz]|([+-]\d\d):?(\d\d)?)?\s*",
    re.ASCII,
)


# RFC 3339, which the schemas call date-time.
_EXACT = re.compile(
    r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])[Tt](?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)(?:\.\d+)?"
    r"(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)",
    re.ASCII,
)


def is_exact_time(text: str) -> bool:
    """Whether this is a time by the letter of the specification; strict decoding takes no other."""
    return _EXACT.fullmatch(text) is not None


def parse_time(text: str | None) -> datetime | None:
    """The moment that a station meant, aware and in UTC, or None when it cannot be a moment. Never raises.

    Tolerant: no zone means UTC, a leap second counts as the last second before it. A year outside of 1..9999 is None.
    """
    if not isinstance(text, str):
        return None
    if text[-1:] == "Z" and len(text) in (20, 24) and text[10:11] == "T":  # what nearly every station writes
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            pass
    found = _TIME.fullmatch(text)
    if not found:
        return None
    year, month, day, hour, minute, second, fraction, zone_hours, zone_minutes = found.groups()
    offset = f"{zone_hours}:{zone_minutes or '00'}" if zone_hours else "+00:00"
    second = "59" if second == "60" else second or "00"
    micro = ((fraction or "") + "000000")[:6]
    try:
        local = datetime.fromisoformat(f"{year}-{month}-{day}T{hour}:{minute}:{second}.{micro}{offset}")
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
