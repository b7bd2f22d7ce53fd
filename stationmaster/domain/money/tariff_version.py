"""A version of a tariff as a value: price components in elements, each with the restrictions under which it holds.

Words and meaning are OCPI's (2.2.1 and 2.3.0, module tariffs), and so is the choice: at each moment, and for each dimension apart, the first element in the
list that prices the dimension and whose restrictions match. Ours are the grace before idle fees, caps, public holidays, and several taxes.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal

import msgspec

from stationmaster.domain.opening_hours import Day

Dimension = Literal["energy", "time", "parking_time", "flat"]
"""What is priced: kWh; the time that the car charges; the time that it stands there and takes nothing; once for a session."""

Unit = Literal["kwh", "hour", "minute", "session"]


class _Value(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """Never changed, and refuses what it does not know."""


class Tax(_Value, frozen=True):
    name: str  # as the driver reads it: VAT, CGST, SGST
    percent: Decimal


class PriceComponent(_Value, frozen=True, kw_only=True):
    """What one unit of a dimension costs. A step is a Wh or a second; `max_price` is the most it comes to in one session."""

    type: Dimension
    price: Decimal
    per: Literal["hour", "minute"] = "hour"  # of time; energy is priced by the kWh
    step_size: int = 1
    max_price: Decimal | None = None
    taxes: tuple[Tax, ...] = ()

    @property
    def unit(self) -> Unit:
        if self.type == "energy":
            return "kwh"
        return "session" if self.type == "flat" else self.per


class Restrictions(_Value, frozen=True, kw_only=True):
    """When an element holds: while all that is set here matches. Times and dates are those of the site's clock.

    From the lower bound on, and until before the upper one. `end_time` before `start_time` goes over midnight; 00:00 is the end of the day.
    """

    start_time: str | None = None
    end_time: str | None = None
    start_date: date | None = None
    end_date: date | None = None
    day_of_week: tuple[Day, ...] = ()
    public_holiday: bool | None = None  # true: on these only; false: never on them
    min_kwh: Decimal | None = None
    max_kwh: Decimal | None = None
    min_power: Decimal | None = None  # kW
    max_power: Decimal | None = None
    min_duration: int | None = None  # seconds since the session, or the reservation, began
    max_duration: int | None = None
    reservation: Literal["reservation", "reservation_expires"] | None = None


class Element(_Value, frozen=True, kw_only=True):
    price_components: tuple[PriceComponent, ...]
    restrictions: Restrictions = msgspec.field(default_factory=Restrictions)


class PriceLimit(_Value, frozen=True, kw_only=True):
    """What a session costs at least or at most, without and with taxes; where both are set, both hold."""

    before_taxes: Decimal | None = None
    after_taxes: Decimal | None = None


class Text(_Value, frozen=True):
    """For the driver to read."""

    language: str
    text: str


class Structure(_Value, frozen=True, kw_only=True):
    """What charging costs, all but the currency."""

    elements: tuple[Element, ...]
    tax_included: bool = False
    min_price: PriceLimit | None = None
    max_price: PriceLimit | None = None
    grace_minutes: int = 0  # how long a car may stand there idle before that is parking time, each time anew
    idle_below_w: int = 100  # a car that takes less is idle
    bill_from_wh: int = 100  # a session that got less costs nothing
    holidays: str | None = None  # whose public holidays: DE, DE-BY, US-CA
    texts: tuple[Text, ...] = ()


class TariffVersion(Structure, frozen=True, kw_only=True):
    """Complete and for ever: a session names its version, and is priced the same on any later day."""

    currency: str
