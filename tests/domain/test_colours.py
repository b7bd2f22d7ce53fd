"""A colour that somebody has chosen is read wherever it is used."""

from __future__ import annotations

import pytest

from stationmaster.domain import colours
from stationmaster.domain.errors import Invalid


@pytest.mark.parametrize(
    "colour, on_light, text",
    [
        ("#0b6e5f", "#0b6e5f", "#ffffff"),  # dark enough as it is
        ("#ffee00", None, "#000000"),  # a yellow: words on white are darker, words on it are black
        ("#ffffff", None, "#000000"),
        ("#000000", "#000000", "#ffffff"),
        ("#7a7a7a", None, "#000000"),  # neither light nor dark: a softer black would not be read on it
    ],
)
def test_a_colour_becomes_darker_on_paper_and_lighter_in_the_dark_just_as_far_as_it_takes(
    colour: str, on_light: str | None, text: str
) -> None:
    found = colours.readable(colour)
    assert (found.colour, found.text) == (colour, text)
    assert on_light in (None, found.on_light)
    for ink, behind in ((found.on_light, "#ffffff"), (found.on_dark, "#20262d"), (found.text, colour)):
        assert colours.contrast(colours._rgb(ink), colours._rgb(behind)) >= colours.ENOUGH


def test_the_contrast_is_that_of_wcag() -> None:
    assert colours.contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert colours.contrast((119, 119, 119), (255, 255, 255)) == pytest.approx(4.48, abs=0.01)


def test_a_colour_is_six_digits_after_a_hash() -> None:
    assert colours.kept(" #0B6E5F ") == "#0b6e5f"
    for wrong in ("", "0b6e5f", "#0b6e5", "#0b6e5g", "green", "#0b6e5f;", "#fff"):
        with pytest.raises(Invalid):
            colours.kept(wrong)
