"""How the number of a car's contract is written (eMAID, ISO 15118-2 annex H): `DE-8AA-1A2B3C4D5-9`, without separators, without its check digit."""

from __future__ import annotations

import re

KIND = "eMAID"
_BARE = re.compile(r"[A-Z]{2}[A-Z0-9]{3}[A-Z0-9]{9}[A-Z0-9]?")
_SEPARATORS = re.compile(r"[-\s]")


def spellings(uid: str) -> list[str]:
    """All ways to write what a charger has told, the nearest first; none for what is no such number. A check digit that was not told is not made up."""
    bare = _bare(uid)
    if not _BARE.fullmatch(bare):
        return []
    short = bare[:14]
    parted = f"{short[:2]}-{short[2:5]}-{short[5:]}"
    return [bare, f"{parted}-{bare[14]}", short, parted] if len(bare) == 15 else [bare, parted]


def same(one: str, other: str) -> bool:
    """Whether both are of one contract: separators, case and the check digit at the end may be written or not."""
    first, second = _bare(one), _bare(other)
    return bool(first) and (first == second or ({len(first), len(second)} == {14, 15} and first[:14] == second[:14]))


def _bare(uid: str) -> str:
    return _SEPARATORS.sub("", uid).upper()
