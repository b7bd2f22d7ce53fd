"""What is no tariff, with the path of the field."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

import msgspec

from stationmaster.domain import currencies
from stationmaster.domain.errors import Invalid
from stationmaster.domain.money import clock
from stationmaster.domain.money.amounts import Money
from stationmaster.domain.money.coverage import BOUNDS, includes
from stationmaster.domain.money.tariff_version import (
    Element,
    PriceComponent,
    PriceLimit,
    Restrictions,
    TariffVersion,
)
from stationmaster.reason_words import Reason

PRICE_DECIMALS = 6  # of a price for one unit; what is paid in the end has the decimals of its currency
TAX_DECIMALS = 4
HIGHEST_PRICE = 10**9
MOST_ELEMENTS = 50
_LONGEST_STEP = 10**6
_LONGEST_GRACE = 24 * 60
_LONGEST_TEXT = 1000
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d\Z")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z")


class Problem(NamedTuple):
    """What is wrong with a field."""

    field: str
    reason: Reason


def checked(version: TariffVersion) -> TariffVersion:
    """The version with its currency in capitals. Raises `Invalid` for the first thing that is wrong with it."""
    version = msgspec.structs.replace(version, currency=currencies.checked(version.currency))
    for problem in problems(version):
        raise Invalid(problem.field, problem.reason)
    return version


def problems(version: TariffVersion) -> Iterator[Problem]:
    """Everything that is wrong with a version whose currency is known."""
    if not 1 <= len(version.elements) <= MOST_ELEMENTS:
        yield Problem("elements", Reason("must be from 1 to {most}", most=MOST_ELEMENTS))
    for index, element in enumerate(version.elements):
        yield from _of_element(f"elements[{index}]", element, version)
    yield from _never_holding(version)
    yield from _of_limits(version)
    yield from _of_the_rest(version)


def _of_element(path: str, element: Element, version: TariffVersion) -> Iterator[Problem]:
    if not element.price_components:
        yield Problem(f"{path}.price_components", Reason("is empty: an element prices something"))
    priced = set()
    for index, component in enumerate(element.price_components):
        place = f"{path}.price_components[{index}]"
        if component.type in priced:
            yield Problem(f"{place}.type", Reason("prices {type} a second time in one element", type=component.type))
        priced.add(component.type)
        yield from _of_component(place, component, version.currency)
        if element.restrictions.reservation is not None and component.type not in ("flat", "time"):
            yield Problem(f"{place}.type", Reason("a reservation is priced by flat and time only"))
    yield from _of_restrictions(f"{path}.restrictions", element.restrictions, version)


def _of_component(path: str, component: PriceComponent, currency: str) -> Iterator[Problem]:
    yield from of_number(f"{path}.price", component.price, most=HIGHEST_PRICE, decimals=PRICE_DECIMALS)
    if component.per != "hour" and component.type not in ("time", "parking_time"):
        yield Problem(f"{path}.per", Reason("is for time only: energy is priced by the kWh"))
    if not 1 <= component.step_size <= _LONGEST_STEP or (component.type == "flat" and component.step_size != 1):
        yield Problem(f"{path}.step_size", Reason("must be from 1 to {most}, and 1 for flat", most=_LONGEST_STEP))
    if component.max_price is not None:
        yield from _payable(f"{path}.max_price", component.max_price, currency)
    names = set()
    for index, tax in enumerate(component.taxes):
        place = f"{path}.taxes[{index}]"
        if not tax.name.strip() or tax.name in names:
            yield Problem(f"{place}.name", Reason("is empty, or was there before"))
        names.add(tax.name)
        yield from of_number(f"{place}.percent", tax.percent, most=100, decimals=TAX_DECIMALS)


def _of_restrictions(path: str, wanted: Restrictions, version: TariffVersion) -> Iterator[Problem]:
    for name in ("start_time", "end_time"):
        text = getattr(wanted, name)
        if text is not None and not _CLOCK.match(text):
            yield Problem(
                f"{path}.{name}", Reason("{text!r} is no time of day; one is written as 07:30", text=text[:20])
            )
    if wanted.start_time == wanted.end_time and wanted.start_time not in (None, "00:00"):
        yield Problem(f"{path}.end_time", Reason("is the same as start_time; leave both out for the whole day"))
    if len(set(wanted.day_of_week)) != len(wanted.day_of_week):
        yield Problem(f"{path}.day_of_week", Reason("has a day twice"))
    if wanted.public_holiday is not None and version.holidays is None:
        yield Problem(
            "holidays", Reason("is missing: {path}.public_holiday asks whose public holidays are meant", path=path)
        )
    for name in ("kwh", "power"):
        for bound in ("min", "max"):
            limit = getattr(wanted, f"{bound}_{name}")
            if limit is not None:
                yield from of_number(f"{path}.{bound}_{name}", limit, most=10**9, decimals=3)
    for low, high in BOUNDS:
        begin, end = getattr(wanted, low), getattr(wanted, high)
        if begin is not None and end is not None and begin >= end:
            yield Problem(f"{path}.{high}", Reason("must be above {low}, or the element never holds", low=low))
    for name in ("min_duration", "max_duration"):
        if (getattr(wanted, name) or 0) < 0:
            yield Problem(f"{path}.{name}", Reason("must not be negative"))
    if wanted.reservation is not None and any(
        limit is not None for limit in (wanted.min_kwh, wanted.max_kwh, wanted.min_power, wanted.max_power)
    ):
        yield Problem(f"{path}.reservation", Reason("a reservation takes no energy, so none can restrict it"))


def _never_holding(version: TariffVersion) -> Iterator[Problem]:
    """Two prices for the same: the first element in the list holds, so the later one would be a promise that is never kept."""
    for later_index, later in enumerate(version.elements):
        wider = [
            (index, {component.type for component in earlier.price_components})
            for index, earlier in enumerate(version.elements[:later_index])
            if includes(earlier.restrictions, later.restrictions)
        ]
        for component_index, component in enumerate(later.price_components):
            for index, priced in wider:
                if component.type in priced:
                    path = f"elements[{later_index}].price_components[{component_index}]"
                    reason = Reason(
                        "never holds: elements[{index}] prices {type} whenever this one would",
                        index=index,
                        type=component.type,
                    )
                    yield Problem(path, reason)
                    break


def _of_limits(version: TariffVersion) -> Iterator[Problem]:
    for name in ("min_price", "max_price"):
        limit: PriceLimit | None = getattr(version, name)
        if limit is None:
            continue
        if limit.before_taxes is None and limit.after_taxes is None:
            yield Problem(name, Reason("needs before_taxes or after_taxes"))
        if version.tax_included and limit.before_taxes is not None:
            yield Problem(f"{name}.before_taxes", Reason("prices are with taxes here, so limits are after taxes"))
        for part in ("before_taxes", "after_taxes"):
            amount = getattr(limit, part)
            if amount is not None:
                yield from _payable(f"{name}.{part}", amount, version.currency)
    if version.min_price is not None and version.max_price is not None:
        for part in ("before_taxes", "after_taxes"):
            least, most = getattr(version.min_price, part), getattr(version.max_price, part)
            if least is not None and most is not None and least > most:
                yield Problem(f"min_price.{part}", Reason("is above max_price"))


def _of_the_rest(version: TariffVersion) -> Iterator[Problem]:
    if not 0 <= version.grace_minutes <= _LONGEST_GRACE:
        yield Problem("grace_minutes", Reason("must be from 0 to {most}", most=_LONGEST_GRACE))
    if not 0 <= version.idle_below_w <= 10**6:
        yield Problem("idle_below_w", Reason("must be from 0 to 1000000"))
    if not 0 <= version.bill_from_wh <= 10**6:
        yield Problem("bill_from_wh", Reason("must be from 0 to 1000000"))
    if version.holidays is not None:
        try:
            clock.check_calendar(version.holidays)
        except Invalid as wrong:
            yield Problem(wrong.field, wrong.reason)
    languages = set()
    for index, text in enumerate(version.texts):
        if not _LANGUAGE.match(text.language) or text.language in languages:
            yield Problem(f"texts[{index}].language", Reason("is no language (en, de, pt-BR), or was there before"))
        languages.add(text.language)
        if not 0 < len(text.text.strip()) <= _LONGEST_TEXT:
            yield Problem(f"texts[{index}].text", Reason("must have from 1 to {most} characters", most=_LONGEST_TEXT))


def of_number(path: str, value: Decimal, *, most: int, decimals: int) -> Iterator[Problem]:
    """What is wrong with it."""
    if not value.is_finite() or not 0 <= value <= most:
        yield Problem(path, Reason("must be from 0 to {most}", most=most))
    elif value != value.quantize(Decimal(1).scaleb(-decimals)):
        yield Problem(path, Reason("has more than {decimals} decimals", decimals=decimals))


def _payable(path: str, amount: Decimal, currency: str) -> Iterator[Problem]:
    try:
        money = Money(amount, currency)
    except Invalid as wrong:
        yield Problem(path, wrong.reason)
    else:
        if money.amount < 0:
            yield Problem(path, Reason("must not be negative"))
