"""Telephone numbers as they are kept: in E.164 where the country is known, else the digits as they were given."""

from __future__ import annotations

import re

from stationmaster.domain.errors import Invalid

_DECORATION = re.compile(r"[\s().\-/\u00a0\u2010-\u2015]+")
_DIGITS = re.compile(r"\d{3,15}", re.ASCII)
_WITH_COUNTRY = re.compile(r"\+\d{1,20}", re.ASCII)


def kept(text: str, *, field: str = "phone") -> str:
    """`+49 (30) 1234-567` and `0049 30 1234567` are one number, so both are kept as `+49301234567`.

    Without a country nobody can tell whose number it is: then it is the digits. Raises `Invalid` for what cannot be one.
    """
    import phonenumbers  # its tables take their time, and a start has no use for them

    plain = _DECORATION.sub("", text.strip().removeprefix("tel:"))
    if plain.startswith("00"):
        plain = "+" + plain[2:]
    if not plain.startswith("+"):
        if not _DIGITS.fullmatch(plain):
            raise Invalid(field, "{text!r} is no telephone number", text=text)
        return plain
    try:
        number = phonenumbers.parse(plain if _WITH_COUNTRY.fullmatch(plain) else "")
    except phonenumbers.NumberParseException:
        raise Invalid(field, "{text!r} is no telephone number", text=text) from None
    # Possible is enough: a new range of numbers is in use before any table knows it.
    if not phonenumbers.is_possible_number(number):
        raise Invalid(field, "{text!r} is no telephone number: too short or too long for its country", text=text)
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def search_text(text: str) -> str | None:
    """What to look for in numbers as they are kept, when somebody types one; None when it has too few digits to be one."""
    plain = _DECORATION.sub("", text)
    digits = plain.removeprefix("+").removeprefix("00").removeprefix("0")
    return digits if len(digits) >= 3 and digits.isascii() and digits.isdigit() else None
