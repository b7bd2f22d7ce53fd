"""Figures are rounded half up, whatever their sign."""

from __future__ import annotations

from decimal import Decimal

import pytest

from stationmaster.domain.rounding import half_up, percent


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [(1, 800, "0.13"), (3, 800, "0.38"), (9_985, 40_000, "24.96"), (1, 1, "100.00"), (0, 7, "0.00"), (1, 0, None)],
)
def test_a_part_of_a_whole_is_rounded_as_a_spreadsheet_does(part: int, whole: int, shown: str | None) -> None:
    assert percent(part, whole) == (None if shown is None else Decimal(shown))


@pytest.mark.parametrize(
    ("value", "decimals", "shown"),
    [("0.125", 2, "0.13"), ("-0.125", 2, "-0.13"), ("12.3445", 3, "12.345"), ("2.25", 1, "2.3"), ("7", 2, "7.00")],
)
def test_what_is_halfway_goes_away_from_zero(value: str, decimals: int, shown: str) -> None:
    assert str(half_up(Decimal(value), decimals)) == shown
