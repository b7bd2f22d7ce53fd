"""Texts in files that are opened in a spreadsheet: none becomes a formula (API-18, X-05)."""

from __future__ import annotations

import re
import string

# A formula begins with one of these, also in their full-width forms, and also behind blanks and quotes.
_FORMULA = re.compile(r"[\s\"'\ufeff\u200b]*[=+\-@\uff1d\uff0b\uff0d\uff20]|'*[\t\r\n]")
_PREFIX = "'"
_PLAIN = frozenset(string.ascii_letters + string.digits) | {""}  # what most texts begin with, which costs no look


def harmless(text: str) -> str:
    """The text with an apostrophe before it, where a spreadsheet would take it for a formula."""
    return _PREFIX + text if text[:1] not in _PLAIN and _FORMULA.match(text) else text


def meant(cell: str) -> str:
    """What a cell that `harmless` has written stands for, so that a file reads back as it was written."""
    return cell[1:] if cell.startswith(_PREFIX) and _FORMULA.match(cell[1:]) else cell
