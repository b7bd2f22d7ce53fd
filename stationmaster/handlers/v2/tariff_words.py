"""Our tariffs in the words of 2.1 (TariffType, part 2 §2.104), for a charger that computes costs itself.

Not every tariff of ours can be said there: what a charger would compute otherwise than we bill is refused, with what it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from stationmaster.domain.errors import Conflict
from stationmaster.domain.money.tariff_version import (
    Dimension,
    PriceComponent,
    PriceLimit,
    Restrictions,
    TariffVersion,
    Tax,
)

LONGEST_ID, LONGEST_TAX, MOST_TAXES, MOST_TEXTS = 60, 20, 5, 10
_MINUTES = 60  # in an hour
_FINEST = Decimal("0.000001")  # of a price, as ours are

_FIELDS: dict[tuple[Dimension, bool], str] = {
    ("energy", False): "energy",
    ("time", False): "chargingTime",
    ("parking_time", False): "idleTime",
    ("flat", False): "fixedFee",
    ("time", True): "reservationTime",
    ("flat", True): "reservationFixed",
}
_PRICE: dict[Dimension, str] = {
    "energy": "priceKwh",
    "time": "priceMinute",
    "parking_time": "priceMinute",
    "flat": "priceFixed",
}


def tariff_type(name: str, version: TariffVersion) -> dict[str, Any]:
    """A TariffType with this id. Raises `Conflict` for what cannot be said in it."""
    if len(name) > LONGEST_ID:
        raise _inexpressible(f"its id has more than {LONGEST_ID} characters")
    if version.tax_included:
        raise _inexpressible("its prices are with taxes, and those of a charger are without")
    told: dict[str, Any] = {"tariffId": name, "currency": version.currency}
    taxes: dict[str, tuple[Tax, ...]] = {}
    for one in _prices(version):
        field = _FIELDS[one.component.type, one.reservation]
        if taxes.setdefault(field, one.component.taxes) != one.component.taxes:
            raise _inexpressible(f"its prices of one kind ({field}) have different taxes")
        told.setdefault(field, {"prices": []})["prices"].append(_price(one))
    for field, of_field in taxes.items():
        if of_field:
            told[field]["taxRates"] = _taxes(of_field)
    for field, limit in (("minCost", version.min_price), ("maxCost", version.max_price)):
        if limit is not None:
            told[field] = _limit(limit)
    if version.texts:
        told["description"] = [
            {"format": "UTF8", "language": text.language, "content": text.text} for text in version.texts[:MOST_TEXTS]
        ]
    return told


class _Price(NamedTuple):
    component: PriceComponent
    restrictions: Restrictions
    reservation: bool
    grace_s: int


def _prices(version: TariffVersion) -> Iterator[_Price]:
    """Each price with its restrictions, in the order in which the first that matches holds."""
    for element in version.elements:
        held = element.restrictions
        if held.reservation == "reservation_expires":
            raise _inexpressible("it has a price for reservations that nobody uses")
        if held.public_holiday is not None:
            raise _inexpressible("it knows public holidays")
        for component in element.price_components:
            if component.step_size != 1:
                raise _inexpressible("it rounds up to steps")
            if component.max_price is not None:
                raise _inexpressible("a price of it has a maximum of its own")
            grace_s = version.grace_minutes * 60 if component.type == "parking_time" else 0
            yield _Price(component, held, held.reservation is not None, grace_s)


def _price(one: _Price) -> dict[str, Any]:
    amount = one.component.price
    if one.component.type in ("time", "parking_time") and one.component.per == "hour":
        amount = (amount / _MINUTES).quantize(_FINEST)
        if amount * _MINUTES != one.component.price:
            raise _inexpressible("its price of an hour is no exact price of a minute")
    told: dict[str, Any] = {_PRICE[one.component.type]: float(amount)}
    conditions = _conditions(one)
    if conditions:
        told["conditions"] = conditions
    return told


def _conditions(one: _Price) -> dict[str, Any]:
    held = one.restrictions
    told: dict[str, Any] = {
        "startTimeOfDay": held.start_time,
        "endTimeOfDay": held.end_time,
        "dayOfWeek": [day.capitalize() for day in held.day_of_week] or None,
        "validFromDate": None if held.start_date is None else held.start_date.isoformat(),
        "validToDate": None if held.end_date is None else held.end_date.isoformat(),
    }
    course = {
        "minEnergy": _thousandfold(held.min_kwh),
        "maxEnergy": _thousandfold(held.max_kwh),
        "minPower": _thousandfold(held.min_power),
        "maxPower": _thousandfold(held.max_power),
        "minTime": held.min_duration,
        "maxTime": held.max_duration,
        "minIdleTime": one.grace_s or None,
    }
    if one.component.type == "flat" and any(value is not None for value in course.values()):
        raise _inexpressible("its fee hangs on how the session goes")
    return {name: value for name, value in (told | course).items() if value is not None}


def _thousandfold(value: Decimal | None) -> float | None:
    """kWh in Wh, kW in W."""
    return None if value is None else float(value * 1000)


def _taxes(taxes: tuple[Tax, ...]) -> list[dict[str, Any]]:
    if len(taxes) > MOST_TAXES or any(len(tax.name) > LONGEST_TAX for tax in taxes):
        raise _inexpressible(
            f"it has more than {MOST_TAXES} taxes, or one with a name of more than {LONGEST_TAX} characters"
        )
    return [{"type": tax.name, "tax": float(tax.percent)} for tax in taxes]


def _limit(limit: PriceLimit) -> dict[str, Any]:
    told = {"exclTax": limit.before_taxes, "inclTax": limit.after_taxes}
    return {name: float(value) for name, value in told.items() if value is not None}


def _inexpressible(why: str) -> Conflict:
    return Conflict("this tariff cannot be said in the words of chargers: {why}", why=why)
