"""On which terms a customer charges: who pays when, how far, and what a bill needs to know of them. Pure checks; kept with `customers.py`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal, get_args

from stationmaster.domain import currencies
from stationmaster.domain.errors import Invalid
from stationmaster.domain.money.amounts import Money

Billing = Literal["free", "prepaid", "postpaid"]
"""Free: nothing is booked. Prepaid: out of the wallet, and not without. Postpaid: it is owed, as far as the credit limit goes."""

BILLINGS: tuple[Billing, ...] = get_args(Billing)
TERMS = ("billing", "currency", "credit_limit", "monthly_budget", "language", "billing_address", "tax_number")
"""What a person may say of how a customer pays; a group and a tariff are named beside."""

NOTHING: dict[str, Any] = dict.fromkeys(TERMS) | {"billing": "free"}
ADDRESS = ("name", "street", "postal_code", "city", "region", "country")
"""What a billing address has; the name where it is another than the customer's."""

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z")
_COUNTRY = re.compile(r"[A-Z]{2}\Z")
_LONGEST = 200


def checked(given: Mapping[str, Any]) -> dict[str, Any]:
    """The terms as they are kept. Raises `Invalid`."""
    values = {name: given[name] for name in TERMS}
    if values["billing"] not in BILLINGS:
        raise Invalid("billing", "must be one of {known}", known=", ".join(BILLINGS))
    if values["currency"] is not None:
        values["currency"] = currencies.checked(values["currency"])
    for name in ("credit_limit", "monthly_budget"):
        values[name] = _amount(name, values[name], values["currency"])
    if values["language"] is not None and not (_LANGUAGE.match(values["language"]) and len(values["language"]) <= 35):
        raise Invalid("language", "must be a language tag, as in en or de-AT")
    values["billing_address"] = _address(values["billing_address"])
    values["tax_number"] = _text("tax_number", values["tax_number"])
    return values


def _amount(field: str, value: Decimal | None, currency: str | None) -> Decimal | None:
    if value is None:
        return None
    if currency is None:
        raise Invalid("currency", "is missing: the credit limit and the monthly budget are in one")
    try:
        amount = Money(value, currency).amount
    except Invalid as wrong:
        raise Invalid(field, wrong.reason) from None
    if amount < 0:
        raise Invalid(field, "must be 0 or more")
    return amount


def _address(given: Mapping[str, str | None] | None) -> dict[str, str] | None:
    """Only what it says; None where it says nothing."""
    if given is None:
        return None
    told = {name: _text(f"billing_address.{name}", given.get(name)) for name in ADDRESS}
    kept = {name: text for name, text in told.items() if text is not None}
    country = kept.get("country", "").upper()
    if country:
        if not _COUNTRY.match(country):
            raise Invalid("billing_address.country", "must be a code of ISO 3166, as in DE or IN")
        kept["country"] = country
    return kept or None


def _text(field: str, text: str | None) -> str | None:
    text = (text or "").strip()
    if len(text) > _LONGEST:
        raise Invalid(field, "has more than {most} characters", most=_LONGEST)
    return text or None
