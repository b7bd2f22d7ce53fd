"""How figures are rounded: half up, as people and spreadsheets do. Money has its own rules, in `money/`."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal


def half_up(value: Decimal, decimals: int) -> Decimal:
    """With so many decimals; what is halfway between two goes away from zero."""
    return value.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def percent(part: int, whole: int) -> Decimal | None:
    """With two decimals; None where there is nothing to be a part of."""
    return half_up(Decimal(100 * part) / Decimal(whole), 2) if whole > 0 else None
