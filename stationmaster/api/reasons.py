"""Why a value cannot be accepted, said as a person would; the library says it for programmers."""

from __future__ import annotations

import re

import msgspec

_AT = re.compile(r"^(?P<reason>.*?)(?: - at `(?P<path>.*)`)?$", re.DOTALL)
_NAMED = re.compile(r"Object (?P<what>missing required|contains unknown) field `(?P<field>.*)`", re.DOTALL)
_LENGTH = re.compile(r"^Expected `(?P<kind>\w+)` of length (?P<sign><=|>=) (?P<length>\d+)$")
_BOUND = re.compile(r"^Expected `\w+` (?P<sign><=|>=|<|>) (?P<bound>\S+)$")
_KIND = re.compile(r"^Expected `(?P<kinds>[^`]*)`, got `[^`]*`", re.DOTALL)

_TIME = "must be a time with its zone, as in 2026-05-01T12:00:00Z"
_KINDS = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "object": "an object",
    "array": "a list",
    "null": "nothing",
    "datetime": "a time",
}
_SIGNS = {"<=": "at most", ">=": "at least", "<": "less than", ">": "more than"}


def located(error: msgspec.ValidationError) -> tuple[str, str]:
    """The field a body failed at, and why: msgspec says both in one sentence."""
    match = _AT.match(str(error))
    assert match is not None
    path = (match["path"] or "$").removeprefix("$").removeprefix(".")
    reason = match["reason"]
    if (named := _NAMED.match(reason)) is not None:
        path = ".".join(filter(None, (path, named["field"])))
        reason = "is missing" if named["what"].startswith("missing") else "is not a field of this request"
    return path or "body", plain(reason)


def plain(reason: str) -> str:
    """A reason of the library's in plain words; what it does not know stays as it is."""
    if (length := _LENGTH.match(reason)) is not None:
        if length["sign"] == ">=" and length["length"] == "1":
            return "must not be empty"
        things = "entries" if length["kind"] == "array" else "characters"
        return f"must have {_SIGNS[length['sign']]} {length['length']} {things}"
    if (bound := _BOUND.match(reason)) is not None:
        return f"must be {_SIGNS[bound['sign']]} {bound['bound'].removesuffix('.0')}"
    if (kind := _KIND.match(reason)) is not None:
        wanted = [each.strip() for each in kind["kinds"].split("|")]
        return f"must be {' or '.join(_KINDS.get(each, each) for each in wanted if each != 'null' or len(wanted) == 1)}"
    if reason.startswith("Invalid enum value "):
        return f"cannot be {reason.removeprefix('Invalid enum value ')}"
    if reason.startswith(("Invalid RFC3339", "Expected `datetime` with a timezone")):
        return _TIME
    if " matching regex " in reason:
        return "has a character that is not allowed here"
    return "is too large a number" if reason.startswith("Integer value out of range") else reason
