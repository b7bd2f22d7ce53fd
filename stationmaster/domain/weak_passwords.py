"""Passwords that are tried first: leaked ones, with or without something around them, and what repeats itself (API-01)."""

from __future__ import annotations

import functools
import itertools
import re
from importlib import resources

from stationmaster.reason_words import Reason

_AROUND = re.compile(r"^[\W\d_]+|[\W\d_]+$")
_REPEATED = re.compile(r"(.{1,4}?)\1+(.{0,3})", re.DOTALL)


def why_weak(password: str, *, email: str | None = None) -> Reason | None:
    """Why nobody should have this password, or None. Never said of a long one just for its kinds of characters."""
    folded = password.casefold()
    if folded in _leaked() or _AROUND.sub("", folded) in _leaked():
        return Reason("is one of the passwords that are tried first, or little more than one")
    repeated = _REPEATED.fullmatch(folded)
    if repeated is not None and repeated[1].startswith(repeated[2]):
        return Reason("is the same few characters again and again")
    if _is_a_row(folded):
        return Reason("is a row of characters in their order")
    if email is not None and folded in (email.casefold(), email.casefold().partition("@")[0]):
        return Reason("is your e-mail address")
    return None


@functools.cache
def _leaked() -> frozenset[str]:
    text = resources.files(__package__).joinpath("common_passwords.txt").read_text()
    return frozenset(line for line in text.splitlines() if not line.startswith("#"))


def _is_a_row(text: str) -> bool:
    """Digits go on from 9 to 0."""
    pairs = itertools.pairwise(text)
    steps = {(ord(b) - ord(a)) % 10 if a.isdecimal() and b.isdecimal() else ord(b) - ord(a) for a, b in pairs}
    return steps in ({1}, {9}, {-1})
