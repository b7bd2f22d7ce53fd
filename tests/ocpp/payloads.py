"""Payloads made from the official JSON schemas, in order and out of order, the same ones for the same seed."""

from __future__ import annotations

import copy
import importlib.util
import json
import random
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

SUBPROTOCOLS = {"ocpp1.6": "v16", "ocpp2.0.1": "v201", "ocpp2.1": "v21"}


@cache
def schemas(subprotocol: str) -> dict[str, dict[str, Any]]:
    """The official schemas of one version by the name of our class, numbers as decimals."""
    spec = importlib.util.find_spec("ocpp")
    assert spec is not None and spec.origin is not None
    folder = Path(spec.origin).parent / SUBPROTOCOLS[subprotocol] / "schemas"
    return {
        path.stem.removesuffix("Request"): json.loads(path.read_text("utf-8-sig"), parse_float=Decimal)
        for path in sorted(folder.glob("*.json"))
    }


def valid(schema: dict[str, Any], chance: random.Random, fullness: float) -> dict[str, Any]:
    """A payload that the schema lets pass; each optional field is there with the probability `fullness`."""
    found = _value(schema, schema, chance, fullness, depth=0)
    assert isinstance(found, dict)
    return found


def _value(schema: dict[str, Any], root: dict[str, Any], chance: random.Random, fullness: float, depth: int) -> Any:
    schema = resolved(schema, root)
    if "enum" in schema:
        return chance.choice(schema["enum"])
    match schema.get("type"):
        case "object":
            required = schema.get("required", [])
            found = {}
            for name, inner in schema.get("properties", {}).items():
                if name in required or chance.random() < fullness / (1 + depth / 3):
                    found[name] = _value(inner, root, chance, fullness, depth + 1)
            if schema.get("additionalProperties") is not False and "vendorId" in found and chance.random() < 0.5:
                found["anything"] = chance.choice([None, 1, [1.5, {"a": None}], "text"])
            return found
        case "array":
            fewest = schema.get("minItems", 0)
            most = min(schema.get("maxItems", fewest + 2), fewest + 2)
            return [
                _value(schema["items"], root, chance, fullness, depth + 1)
                for _ in range(chance.randint(fewest, max(fewest, most)))
            ]
        case "string":
            if schema.get("format") == "date-time":
                return "2026-05-01T10:00:00.000Z"
            return text(chance, chance.choice([0, 1, 5, schema.get("maxLength", 30)]), schema.get("maxLength"))
        case "integer":
            low, high = _bounds(schema)
            return chance.choice([int(low), int(high), chance.randint(int(low), int(high))])
        case "number":
            low, high = _bounds(schema)
            return chance.choice([int(low), round(chance.uniform(low, high), 1), float(int(high))])
        case "boolean":
            return chance.random() < 0.5
        case None:
            return chance.choice(["any", 5, {"a": [1, 2.5]}, [True]])
    raise AssertionError(schema)


def _bounds(schema: dict[str, Any]) -> tuple[float, float]:
    low = float(schema.get("minimum", -1000))
    return low, float(schema.get("maximum", max(low, 0) + 5000))


def text(chance: random.Random, length: int, limit: int | None = None) -> str:
    """Letters, quotes, escapes, and characters that take two, three and four bytes."""
    length = min(length, limit) if limit is not None else length
    return "".join(chance.choice('abcXYZ012 .-_"\\/:{}[],\näß€漢😀') for _ in range(length))


def resolved(schema: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    if "$ref" in schema:
        found = root["definitions"][schema["$ref"].rsplit("/", 1)[1]]
        assert isinstance(found, dict)
        return found
    return schema


# --- out of order ---

STRANGE: list[Any] = [None, True, 0, -1, 7, 2**63, 12.0, 8.15, 1e300, "", "x", "1", "x" * 40, "x" * 60, [], [None], {}]


def mutated(payload: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """The payload with one change somewhere. The schema may or may not still let it pass."""
    changed = copy.deepcopy(payload)
    places = list(_places(changed))
    container, key = chance.choice(places) if places else (changed, None)
    if key is None or chance.random() < 0.1:
        owner = chance.choice([changed, *(c[k] for c, k in places if isinstance(c[k], dict))])
        owner[chance.choice(["extra", "customData", "id", "status", "connectorID"])] = chance.choice(STRANGE)
        return changed
    value = container[key]
    kind = chance.randrange(4)
    if kind == 0:
        del container[key]
    elif kind == 1:
        container[key] = copy.deepcopy(chance.choice(STRANGE))
    elif isinstance(value, str):
        container[key] = chance.choice(
            [value + "x", value.upper(), value.swapcase(), value + "€" * 300, value[:-1], value * 9]
        )
    elif isinstance(value, bool):
        container[key] = int(value)
    elif isinstance(value, int | float):
        container[key] = chance.choice(
            [value + 1, -value - 1, value * 1000, value + 0.5, value + 0.05, float(value), str(value)]
        )
    elif isinstance(value, list):
        container[key] = chance.choice([[], value * 30, value[:1], [*value, None], {"0": value}])
    elif isinstance(value, dict):
        container[key] = chance.choice([[value], {}, value | {"extra": 1}, json.dumps(value)])
    return changed


def _places(value: Any) -> Any:
    if isinstance(value, dict):
        pairs = list(value.items())
    elif isinstance(value, list):
        pairs = list(enumerate(value))
    else:
        return
    for key, inner in pairs:
        yield value, key
        yield from _places(inner)
