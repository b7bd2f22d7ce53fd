"""Why a value cannot be accepted, said as a person would; the library says it for programmers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import msgspec

from stationmaster.reason_words import Reason

_AT = re.compile(r"^(?P<reason>.*?)(?: - at `(?P<path>.*)`)?$", re.DOTALL)
_NAMED = re.compile(r"Object (?P<what>missing required|contains unknown) field `(?P<field>.*)`", re.DOTALL)
_LENGTH = re.compile(r"^Expected `(?P<kind>\w+)` of length (?P<sign><=|>=) (?P<length>\d+)$")
_BOUND = re.compile(r"^Expected `\w+` (?P<sign><=|>=|<|>) (?P<bound>\S+)$")
_KIND = re.compile(r"^Expected `(?P<kinds>[^`]*)`, got `[^`]*`", re.DOTALL)

_TIME = Reason("must be a time with its zone, as in 2026-05-01T12:00:00Z")
_DAY = Reason("must be a day, as in 2026-05-01")
_KINDS = {
    "str": Reason("must be a text"),
    "int": Reason("must be a whole number"),
    "float": Reason("must be a number"),
    "bool": Reason("must be true or false"),
    "object": Reason("must be an object"),
    "array": Reason("must be a list"),
    "null": Reason("must be nothing"),
    "datetime": Reason("must be a time"),
    "date": _DAY,
}
_Bounded = Mapping[str, Callable[[int | str], Reason]]
_CHARACTERS: _Bounded = {
    "<=": lambda most: Reason("must have at most {most} characters", most=most),
    ">=": lambda least: Reason("must have at least {least} characters", least=least),
}
_ENTRIES: _Bounded = {
    "<=": lambda most: Reason("must have at most {most} entries", most=most),
    ">=": lambda least: Reason("must have at least {least} entries", least=least),
}
_BOUNDS: _Bounded = {
    "<=": lambda most: Reason("must be at most {most}", most=most),
    ">=": lambda least: Reason("must be at least {least}", least=least),
    "<": lambda most: Reason("must be less than {most}", most=most),
    ">": lambda least: Reason("must be more than {least}", least=least),
}


def located(error: msgspec.ValidationError) -> tuple[str, Reason]:
    """The field a body failed at, and why: msgspec says both in one sentence."""
    match = _AT.match(str(error))
    assert match is not None
    path = (match["path"] or "$").removeprefix("$").removeprefix(".")
    said = match["reason"]
    if (named := _NAMED.match(said)) is not None:
        path = ".".join(filter(None, (path, named["field"])))
        missing = named["what"].startswith("missing")
        return path, Reason("is missing") if missing else Reason("is not a field of this request")
    return path or "body", plain(said)


def plain(said: str) -> Reason:
    """A reason of the library's in plain words; one that it does not know is told as it is."""
    if (length := _LENGTH.match(said)) is not None:
        if length["sign"] == ">=" and length["length"] == "1":
            return Reason("must not be empty")
        forms = _ENTRIES if length["kind"] == "array" else _CHARACTERS
        return forms[length["sign"]](int(length["length"]))
    if (bound := _BOUND.match(said)) is not None:
        limit = bound["bound"].removesuffix(".0")
        return _BOUNDS[bound["sign"]](int(limit) if limit.isdecimal() else limit)
    if (kind := _KIND.match(said)) is not None:
        return _of_kind([each.strip() for each in kind["kinds"].split("|")])
    if said.startswith("Invalid enum value "):
        return Reason("cannot be {value}", value=said.removeprefix("Invalid enum value "))
    if said == "Invalid RFC3339 encoded date":
        return _DAY
    if said.startswith(("Invalid RFC3339", "Expected `datetime` with a timezone")):
        return _TIME
    if " matching regex " in said:
        return Reason("has a character that is not allowed here")
    if said.startswith("Integer value out of range"):
        return Reason("is too large a number")
    return Reason("cannot be accepted: {why}", why=said)


def _of_kind(wanted: list[str]) -> Reason:
    named = [each for each in wanted if each != "null" or len(wanted) == 1]
    if len(named) == 1 and named[0] in _KINDS:
        return _KINDS[named[0]]
    kinds = [_KINDS[each].removeprefix("must be ") if each in _KINDS else each for each in named]
    return Reason("must be {kinds}", kinds=" or ".join(kinds))
