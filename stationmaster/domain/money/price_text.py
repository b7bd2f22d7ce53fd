"""What charging costs by a tariff, in a line for the display of a charger: "0.29-0.45 EUR/kWh, 0.10 EUR/min parked after 15 min, + VAT 19 %"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from stationmaster.domain.money.amounts import decimals_of
from stationmaster.domain.money.tariff_version import Dimension, PriceComponent, PriceLimit, TariffVersion

_ENGLISH = {
    "time": "{price} charging",
    "parking_time": "{price} parked",
    "after": "{price} after {minutes} min",
    "flat": "{price} per session",
    "free": "free of charge",
    "least": "at least {price}",
    "most": "at most {price}",
}
_WORDS = {
    "en": _ENGLISH,
    "de": {
        "time": "{price} beim Laden",
        "parking_time": "{price} beim Parken",
        "after": "{price} nach {minutes} Min.",
        "flat": "{price} je Ladevorgang",
        "free": "kostenlos",
        "least": "mindestens {price}",
        "most": "höchstens {price}",
    },
    "es": {
        "time": "{price} al cargar",
        "parking_time": "{price} al estacionar",
        "after": "{price} tras {minutes} min",
        "flat": "{price} por sesión",
        "free": "gratis",
        "least": "mínimo {price}",
        "most": "máximo {price}",
    },
    "fr": {
        "time": "{price} en charge",
        "parking_time": "{price} en stationnement",
        "after": "{price} après {minutes} min",
        "flat": "{price} par session",
        "free": "gratuit",
        "least": "{price} au minimum",
        "most": "{price} au maximum",
    },
    "hi": {
        "time": "{price} चार्जिंग",
        "parking_time": "{price} पार्किंग",
        "after": "{minutes} मिनट बाद {price}",
        "flat": "{price} प्रति सत्र",
        "free": "निःशुल्क",
        "least": "कम से कम {price}",
        "most": "अधिकतम {price}",
    },
}
_UNITS = {"kwh": "/kWh", "hour": "/h", "minute": "/min", "session": ""}


def in_words(version: TariffVersion, language: str | None) -> str:
    """What a driver of this language reads: what the operator has written in it for this tariff, else the prices themselves.

    Where elements price the same at different times, it is from the lowest to the highest. What a reservation costs is not in it.
    """
    tongue = (language or "en").partition("-")[0].lower()
    written = next((each.text for each in version.texts if each.language.partition("-")[0].lower() == tongue), None)
    return written if written is not None else ", ".join(_lines(version, _WORDS.get(tongue, _ENGLISH)))


def _lines(version: TariffVersion, words: dict[str, str]) -> Iterator[str]:
    priced = [
        component
        for element in version.elements
        if element.restrictions.reservation is None
        for component in element.price_components
    ]
    costs = [each for each in priced if each.price]
    if not costs:
        yield words["free"]
        return
    for dimension in ("energy", "time", "parking_time", "flat"):
        here = [each for each in priced if each.type == dimension]
        if any(each.price for each in here):
            yield _priced(version, dimension, here, words)
    yield from _limits(version, words)
    if not version.tax_included:
        yield from dict.fromkeys(f"+ {tax.name} {tax.percent.normalize():f} %" for each in costs for tax in each.taxes)


def _priced(
    version: TariffVersion, dimension: Dimension, components: Sequence[PriceComponent], words: dict[str, str]
) -> str:
    unit = components[0].unit if len({each.unit for each in components}) == 1 else "hour"
    prices = sorted(each.price * (60 if each.unit != unit else 1) for each in components)
    told = dict.fromkeys(_number(price, version.currency) for price in (prices[0], prices[-1]))
    price = f"{'-'.join(told)} {version.currency}{_UNITS[unit]}"
    text = price if dimension == "energy" else words[dimension].format(price=price)
    if dimension == "parking_time" and version.grace_minutes:
        return words["after"].format(price=text, minutes=version.grace_minutes)
    return text


def _limits(version: TariffVersion, words: dict[str, str]) -> Iterator[str]:
    limits = (("least", version.min_price), ("most", version.max_price))
    for word, limit in limits:
        amount = _of(limit, after_taxes=version.tax_included)
        if amount is not None:
            yield words[word].format(price=f"{_number(amount, version.currency)} {version.currency}")


def _of(limit: PriceLimit | None, *, after_taxes: bool) -> Decimal | None:
    """As the prices beside it are, with taxes or without; the other where only that is set."""
    if limit is None:
        return None
    both = (limit.after_taxes, limit.before_taxes) if after_taxes else (limit.before_taxes, limit.after_taxes)
    return next((amount for amount in both if amount is not None), None)


def _number(price: Decimal, currency: str) -> str:
    """With as many decimals as its currency has, and more where the price has more."""
    shown = price.normalize()
    exponent = shown.as_tuple().exponent
    decimals = max(decimals_of(currency), -exponent if isinstance(exponent, int) else 0)
    return f"{shown:.{decimals}f}"
