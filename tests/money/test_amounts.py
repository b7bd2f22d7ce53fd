"""Amounts: exact, with the decimals of their currency, rounded half up and in one place."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationmaster.domain.errors import Invalid
from stationmaster.domain.money.amounts import Money, apportioned, of_minor, rounded, total, zero


@pytest.mark.parametrize(
    "value, currency, paid, minor",
    [
        ("402.655", "JPY", "403", 403),  # 7.321 kWh at 55, and not 40300 to the provider
        ("0.329445", "KWD", "0.329", 329),
        ("9.71665", "EUR", "9.72", 972),
        ("1.005", "EUR", "1.01", 101),
        ("1.004999999999999999999999999999999999999", "EUR", "1.00", 100),
        ("-1.005", "EUR", "-1.01", -101),  # a credit note takes back exactly what was billed
        ("-0.004", "EUR", "0.00", 0),
        ("0.5", "JPY", "1", 1),
    ],
)
def test_M_12_rounded_half_up_to_the_decimals_of_the_currency(value: str, currency: str, paid: str, minor: int) -> None:
    money = rounded(Fraction(value), currency)
    assert str(money) == f"{paid} {currency}"
    assert (money.minor, of_minor(minor, currency)) == (minor, money)


@pytest.mark.parametrize(
    "amount, currency",
    [
        ("10.50", "JPY"),
        ("1.005", "EUR"),
        ("0.0001", "KWD"),
        ("NaN", "EUR"),
        ("Infinity", "EUR"),
        ("1e16", "EUR"),
        ("1", "EURO"),
    ],
)
def test_M_12_what_cannot_be_paid_is_no_money(amount: str, currency: str) -> None:
    with pytest.raises(Invalid):
        Money(Decimal(amount), currency)


def test_amounts_are_written_with_all_their_decimals_and_equal_by_value() -> None:
    assert str(Money(Decimal("12.5"), "EUR")) == "12.50 EUR"
    assert Money(Decimal("12.5"), "EUR") == Money(Decimal("12.50"), "EUR") > zero("EUR")
    assert Money(Decimal("1.10"), "EUR") + Money(Decimal("2"), "EUR") - Money(Decimal("3.10"), "EUR") == zero("EUR")
    assert total([of_minor(5, "EUR"), -of_minor(7, "EUR")], "EUR") == of_minor(-2, "EUR")


def test_two_currencies_are_never_added_nor_compared() -> None:
    euro, yen = of_minor(100, "EUR"), of_minor(100, "JPY")
    for wrong in (lambda: euro + yen, lambda: euro - yen, lambda: euro < yen, lambda: total([yen], "EUR")):
        with pytest.raises(ValueError, match="is not in"):
            wrong()
    assert euro != yen


@given(
    st.integers(-(10**9), 10**9),
    st.lists(st.fractions(0, 1000), min_size=1, max_size=6),
    st.sampled_from(["EUR", "JPY", "KWD"]),
)
def test_what_is_divided_adds_up_and_no_part_is_off_by_a_whole_unit(
    minor: int, shares: list[Fraction], currency: str
) -> None:
    parts = apportioned(of_minor(minor, currency), shares)
    assert sum(part.minor for part in parts) == minor
    for part, share in zip(parts, shares, strict=True):
        fair = Fraction(minor) * share / sum(shares) if sum(shares) else Fraction(minor, len(shares))
        assert abs(part.minor - fair) < 1
