"""A bill: what a session costs, in lines that say what they are for and where their quantity comes from."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Literal

import msgspec

from stationmaster.domain.money.amounts import Money
from stationmaster.domain.money.tariff_version import Dimension, Tax, Unit

LineType = Literal[Dimension, "min_price", "max_price"]


class MeterValue(msgspec.Struct, frozen=True, gc=False):
    """What a session had taken at a moment; `interpolated` where the meter told nothing then, and it was divided by time."""

    at: datetime
    wh: Decimal
    interpolated: bool


class Part(msgspec.Struct, frozen=True, gc=False):
    """An uninterrupted piece of a line: when, how much (Wh, seconds, or once), and for energy from which values of the meter."""

    begins_at: datetime
    ends_at: datetime
    quantity: Decimal
    begin: MeterValue | None = None
    end: MeterValue | None = None


class Line(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One price, and everything that it was due for.

    `quantity` is in Wh or seconds (1 for what is paid once), with what was `added` by the step. `exact` is unrounded; `amount` is what is shown, so
    that the lines add up. With taxes or without, as the tariff's prices are.
    """

    type: LineType
    element: int | None = None  # its place in the tariff's list, from 0; None for a limit
    reservation: bool = False
    begins_at: datetime
    ends_at: datetime
    quantity: Decimal
    added: Decimal = Decimal(0)
    unit: Unit
    unit_price: Decimal
    taxes: tuple[Tax, ...]
    exact: Fraction
    amount: Money
    capped: bool = False  # by the component's `max_price`
    parts: tuple[Part, ...] = ()

    @property
    def in_units(self) -> Fraction:
        """The quantity in the unit of the price: kWh, hours or minutes."""
        return Fraction(self.quantity) / PER_UNIT[self.unit]


class TaxLine(msgspec.Struct, frozen=True, gc=False):
    name: str
    percent: Decimal
    base: Money
    amount: Money


class Bill(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """`total` is what is paid: net, taxes and round-off. `notes` are keys of `NOTES`."""

    currency: str
    tax_included: bool
    lines: tuple[Line, ...]
    net: Money
    taxes: tuple[TaxLine, ...]
    round_off: Money
    total: Money
    energy_wh: Decimal | None
    charging_s: int
    parked_s: int  # with the grace
    grace_s: int
    paused_s: int
    notes: tuple[str, ...] = ()


PER_UNIT: dict[Unit, int] = {"kwh": 1000, "hour": 3600, "minute": 60, "session": 1}
"""Wh, seconds or times in what a price is for."""

NOTES = {
    "too_little": "Less energy was delivered than is billed at all, so the session costs nothing.",
    "held": "The session waits for a person's review, and is not billed before.",
    "energy_unknown": "How much energy was taken cannot be said; it is not in the price.",
    "interpolated": "Where no meter value was told at a change of price, the energy was divided by time.",
    "step": "A quantity was rounded up to a whole step of the tariff.",
    "capped": "A price component has reached its maximum.",
}
