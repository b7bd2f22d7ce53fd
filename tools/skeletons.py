"""What a message or a command needs at the least, as an example that can be filled in; made from the types that check it."""

from __future__ import annotations

from typing import Any

from msgspec import inspect

from stationmaster.app import ROUTES
from stationmaster.domain import commands
from stationmaster.domain.commands import Command
from stationmaster.domain.permissions import Permission
from stationmaster.ocpp.dialects import DIALECTS

NOON = "2026-01-01T12:00:00Z"


def calls() -> dict[str, dict[str, Any]]:
    """By version and action: the smallest payload that a charger can be sent."""
    return {
        dialect.version: {
            action: example(inspect.type_info(dialect.requests[action])) for action in sorted(dialect.from_csms)
        }
        for dialect in DIALECTS.values()
    }


def forms() -> list[dict[str, Any]]:
    """Every command: which versions have it, who may send it, and its fields."""
    found = []
    for name, kind in commands.COMMANDS.items():
        versions = [version for version, routes in ROUTES.items() if kind in routes.senders]
        about = " ".join((kind.__doc__ or "").split())
        may = permission(kind).value
        found.append({"name": name, "versions": versions, "may": may, "about": about, "fields": fields(kind)})
    return sorted(found, key=lambda form: str(form["name"]))


def permission(kind: type[Command]) -> Permission:
    if kind.is_makers_own:
        return Permission.RAW_CALL
    if kind.deploys:
        return Permission.DEPLOY_FIRMWARE
    return Permission.ADMINISTER if kind.administers else Permission.OPERATE


def fields(kind: type[Command]) -> list[dict[str, Any]]:
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)
    return [{"name": each.encode_name, "required": each.required} | _input(each.type) for each in info.fields]


def _input(info: inspect.Type) -> dict[str, Any]:
    """How a value of this type is entered."""
    match _plain(info):
        case inspect.StrType():
            return {"kind": "text"}
        case inspect.LiteralType(values=values):
            return {"kind": "choice", "choices": sorted(map(str, values))}
        case inspect.IntType() | inspect.FloatType():
            return {"kind": "number"}
        case inspect.BoolType():
            return {"kind": "flag"}
        case inspect.DateTimeType():
            return {"kind": "time"}
    return {"kind": "json", "example": example(info)}


def _plain(info: inspect.Type) -> inspect.Type:
    """Without what is only said about it, and without `None`."""
    if isinstance(info, inspect.Metadata):
        return _plain(info.type)
    if isinstance(info, inspect.UnionType):
        left = [each for each in info.types if not isinstance(each, inspect.NoneType)]
        return _plain(left[0])
    return info


def example(info: inspect.Type, extra: dict[str, Any] | None = None) -> Any:
    """The smallest value of a type; of an object, what it must have."""
    match info:
        case inspect.Metadata(type=inner):
            return example(inner, info.extra)
        case inspect.UnionType():
            return example(_plain(info))
        case inspect.StrType():
            if info.pattern is not None:
                return "0" * (info.min_length or 1)  # they are all of hexadecimal digits
            return NOON if "date_time" in (extra or {}) else "x" * (info.min_length or 0)
        case inspect.LiteralType(values=values):
            return sorted(map(str, values))[0]
        case inspect.IntType() | inspect.FloatType():
            return max(0, info.ge or 0) if info.le is None else min(max(0, info.ge or 0), info.le)
        case inspect.BoolType():
            return False
        case inspect.DateTimeType():
            return NOON
        case inspect.ListType(item_type=item):
            return [example(item)] * max(1, info.min_length or 0)
        case inspect.StructType(fields=found):
            return {each.encode_name: example(each.type) for each in found if each.required}
        case inspect.DictType():
            return {}
        case inspect.AnyType():
            return {}
    raise TypeError(f"no example for {info}")
