"""A colour that somebody has chosen, and how it is written and written on so that people can read it (WCAG 2: a contrast of 4.5)."""

from __future__ import annotations

import re
from typing import NamedTuple

from stationmaster.domain.errors import Invalid

ENOUGH = 4.5
_DARK = (32, 38, 45)  # behind words: the lightest surface of the dark theme
_WHITE, _BLACK = (255, 255, 255), (0, 0, 0)  # on any colour one of the two has enough; a softer black has not
_STEPS = 50
_WRITTEN = re.compile(r"#[0-9a-f]{6}")

Rgb = tuple[int, int, int]


class Colours(NamedTuple):
    """As it is, and what it becomes where words are in it (on white, in the dark) or on it."""

    colour: str
    on_light: str
    on_dark: str
    text: str


def kept(text: str) -> str:
    """As it is kept: #0b6e5f. Raises `Invalid`."""
    value = text.strip().lower()
    if not _WRITTEN.fullmatch(value):
        raise Invalid("colour", "is # and six digits or letters from a to f, as in #0b6e5f")
    return value


def readable(colour: str) -> Colours:
    """Made darker for white paper, and lighter for the dark, just as far as it takes; and what is read best on it."""
    rgb = _rgb(colour)
    on_light = _towards(_BLACK, rgb, behind=_WHITE)
    on_dark = _towards(_WHITE, rgb, behind=_DARK)
    text = _WHITE if contrast(rgb, _WHITE) >= contrast(rgb, _BLACK) else _BLACK
    return Colours(colour, _written(on_light), _written(on_dark), _written(text))


def contrast(one: Rgb, other: Rgb) -> float:
    """Between 1 and 21."""
    brighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def _towards(end: Rgb, rgb: Rgb, *, behind: Rgb) -> Rgb:
    for step in range(_STEPS + 1):
        red, green, blue = (round(a + (b - a) * step / _STEPS) for a, b in zip(rgb, end, strict=True))
        if contrast((red, green, blue), behind) >= ENOUGH:
            return red, green, blue
    return end


def _luminance(rgb: Rgb) -> float:
    parts = (each / 255 for each in rgb)
    red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _rgb(colour: str) -> Rgb:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _written(rgb: Rgb) -> str:
    return "#{:02x}{:02x}{:02x}".format(*rgb)
