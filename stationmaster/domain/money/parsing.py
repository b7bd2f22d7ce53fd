"""A tariff from the JSON of an operator, and the short tariffs of a few prices."""

from __future__ import annotations

import re
from decimal import Decimal

import msgspec

from stationmaster.domain import reasons
from stationmaster.domain.errors import Invalid
from stationmaster.domain.money import checks
from stationmaster.domain.money.tariff_version import Element, PriceComponent, TariffVersion, Tax
from stationmaster.reason_words import Reason

_PLACE = re.compile(r" - at `\$\.?(.*)`$")
_UNKNOWN = re.compile(r"^Object contains unknown field `(.*)`$")
_MISSING = re.compile(r"^Object missing required field `(.*)`$")


def parsed(data: object) -> TariffVersion:
    """Raises `Invalid` with the path of the field, as `elements[0].price_components[1].price`."""
    try:
        version = msgspec.convert(data, TariffVersion)
    except msgspec.ValidationError as wrong:
        raise _invalid(str(wrong)) from None
    return checks.checked(version)


def _invalid(said: str) -> Invalid:
    place = _PLACE.search(said)
    path = place[1] if place is not None else ""
    reason = said[: place.start()] if place is not None else said
    for pattern, sentence in ((_UNKNOWN, Reason("is no field of a tariff")), (_MISSING, Reason("is missing"))):
        if named := pattern.match(reason):
            return Invalid(f"{path}.{named[1]}".lstrip("."), sentence)
    return Invalid(path or "tariff", reasons.plain(reason))


def simple(
    currency: str,
    *,
    price_per_kwh: Decimal | None = None,
    price_per_minute: Decimal | None = None,
    price_per_session: Decimal | None = None,
    tax_percent: Decimal = Decimal(0),
) -> TariffVersion:
    """The version that these prices, which are without tax, are short for. A minute is one of charging."""
    taxes = (Tax("Tax", tax_percent),) if tax_percent else ()
    components = []
    if price_per_session is not None:
        components.append(PriceComponent(type="flat", price=price_per_session, taxes=taxes))
    if price_per_kwh is not None:
        components.append(PriceComponent(type="energy", price=price_per_kwh, taxes=taxes))
    if price_per_minute is not None:
        components.append(PriceComponent(type="time", price=price_per_minute, per="minute", taxes=taxes))
    return TariffVersion(currency=currency, elements=(Element(price_components=tuple(components)),))
