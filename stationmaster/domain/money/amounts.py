"""Amounts of money: exact, in a currency, with that currency's own decimals; and the one way in which they are rounded (decision 0035)."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

import msgspec

from stationmaster.domain import currencies
from stationmaster.domain.errors import Invalid

Exact = Decimal | Fraction | int
"""A number without a rounding error; a float is none."""

_MOST = 10**15  # in whole units of a currency: more is a mistake, not money


@functools.total_ordering
class Money(msgspec.Struct, frozen=True, gc=False, eq=True):
    """An amount that can be paid: `Money(Decimal("12.50"), "EUR")`. Raises `Invalid` for one that cannot, as 10.50 JPY."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        decimals = decimals_of(self.currency)
        if not self.amount.is_finite() or abs(self.amount) > _MOST:
            raise Invalid("amount", "{amount} is no amount of money", amount=self.amount)
        written = _with_decimals(self.amount, decimals)
        if written != self.amount:
            raise Invalid(
                "amount",
                "{amount} has more than the {decimals} decimals of {currency}",
                amount=self.amount,
                decimals=decimals,
                currency=self.currency,
            )
        msgspec.structs.force_setattr(self, "amount", written)

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"

    def __bool__(self) -> bool:
        return bool(self.amount)

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + _of_same(self, other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - _of_same(self, other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.amount < _of_same(self, other)

    @property
    def minor(self) -> int:
        """In the smallest unit of the currency, as providers of payments want it: 403 yen are 403, 4.03 euros are 403."""
        return int(self.amount.scaleb(decimals_of(self.currency)))


def of_minor(count: int, currency: str) -> Money:
    """So many of the smallest units of a currency."""
    return Money(Decimal(count).scaleb(-decimals_of(currency)), currency)


def zero(currency: str) -> Money:
    return of_minor(0, currency)


def total(amounts: Sequence[Money], currency: str) -> Money:
    return of_minor(sum(_same(one, currency).minor for one in amounts), currency)


def rounded(value: Exact, currency: str) -> Money:
    """To the decimals of the currency, half up; a negative amount is the mirror of the positive one."""
    units = abs(Fraction(value)) * 10 ** decimals_of(currency)
    count = math.floor(units + Fraction(1, 2))
    return of_minor(-count if value < 0 else count, currency)


def apportioned(amount: Money, shares: Sequence[Fraction]) -> list[Money]:
    """An amount divided in proportion to shares, none negative, so that the parts add up to it; in equal parts where all are zero."""
    whole = sum(shares, Fraction(0))
    if not whole:
        shares, whole = [Fraction(1)] * len(shares), Fraction(len(shares))
    size = abs(Fraction(amount.amount))
    parts = adding_up([size * share / whole for share in shares], of_minor(abs(amount.minor), amount.currency))
    return [-part for part in parts] if amount.amount < 0 else parts


def adding_up(exact: Sequence[Fraction], amount: Money) -> list[Money]:
    """Exact parts, each cut to the decimals of the currency, so that they add up to what their sum was rounded to.

    What is left goes, a smallest unit each, to those that lost the most by the cut, and among equals to the first.
    """
    scale = 10 ** decimals_of(amount.currency)
    units = [part * scale for part in exact]
    counts = [math.floor(part) for part in units]
    left = amount.minor - sum(counts)
    for index in sorted(range(len(units)), key=lambda index: counts[index] - units[index])[:left]:
        counts[index] += 1
    return [of_minor(count, amount.currency) for count in counts]


def decimals_of(currency: str) -> int:
    """How many a currency has. Raises `Invalid` where there is no such currency."""
    found = currencies.DECIMALS.get(currency)
    return found if found is not None else currencies.DECIMALS[currencies.checked(currency)]


def _with_decimals(amount: Decimal, decimals: int) -> Decimal:
    cut = amount.quantize(Decimal(1).scaleb(-decimals))
    return cut if cut else abs(cut)  # there is no minus nothing


def _of_same(one: Money, other: Money) -> Decimal:
    return _same(other, one.currency).amount


def _same(money: Money, currency: str) -> Money:
    if money.currency != currency:
        raise ValueError(f"{money} is not in {currency}")
    return money
