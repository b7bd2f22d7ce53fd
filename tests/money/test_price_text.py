"""What a driver reads of a tariff on a charger's display."""

from __future__ import annotations

from typing import Any

import pytest

from stationmaster.domain.money import parsing
from stationmaster.domain.money.price_text import in_words

VAT = {"taxes": [{"name": "VAT", "percent": "19.0"}]}


def tariff(*elements: dict[str, Any], **more: Any) -> Any:
    return parsing.parsed({"currency": "EUR", "elements": list(elements), **more})


def element(*components: dict[str, Any], **restrictions: Any) -> dict[str, Any]:
    return {"price_components": list(components), "restrictions": restrictions}


def energy(price: str, **more: Any) -> dict[str, Any]:
    return {"type": "energy", "price": price, **more}


DAY = element(energy("0.45"), start_time="08:00", end_time="20:00")
NIGHT = element(energy("0.2999"))


@pytest.mark.parametrize(
    "version, language, text",
    [
        (tariff(element(energy("0.39"))), "en", "0.39 EUR/kWh"),
        (tariff(element(energy("0.39"))), None, "0.39 EUR/kWh"),
        (tariff(element(energy("0.39"))), "xx", "0.39 EUR/kWh"),
        (tariff(DAY, NIGHT), "en", "0.2999-0.45 EUR/kWh"),
        (tariff(element(energy("0.4"))), "en", "0.40 EUR/kWh"),
        (tariff(element(energy("0"))), "en", "free of charge"),
        (tariff(element(energy("0"))), "de-AT", "kostenlos"),
        (tariff(DAY, element(energy("0"))), "en", "0.00-0.45 EUR/kWh"),
        (tariff(element(energy("0.39", **VAT))), "en", "0.39 EUR/kWh, + VAT 19 %"),
        (tariff(element(energy("0.39", **VAT)), tax_included=True), "en", "0.39 EUR/kWh"),
        (
            tariff(
                element(energy("0.39"), {"type": "flat", "price": "1"}),
                element({"type": "parking_time", "price": "0.1", "per": "minute"}),
                grace_minutes=15,
            ),
            "en",
            "0.39 EUR/kWh, 0.10 EUR/min parked after 15 min, 1.00 EUR per session",
        ),
        (
            tariff(
                element({"type": "time", "price": "6"}, min_kwh="10"),
                element({"type": "time", "price": "0.05", "per": "minute"}),
            ),
            "de",
            "3.00-6.00 EUR/h beim Laden",  # an hour and a minute, told by the hour
        ),
        (
            tariff(element(energy("0.39")), min_price={"before_taxes": "1"}, max_price={"after_taxes": "20"}),
            "fr",
            "0.39 EUR/kWh, 1.00 EUR au minimum, 20.00 EUR au maximum",
        ),
        (
            tariff(element(energy("0.39")), element({"type": "flat", "price": "2"}, reservation="reservation")),
            "en",
            "0.39 EUR/kWh",  # what a reservation costs is asked where one reserves
        ),
    ],
)
def test_what_a_driver_reads(version: Any, language: str | None, text: str) -> None:
    assert in_words(version, language) == text


def test_what_the_operator_has_written_in_the_drivers_language_is_read_instead() -> None:
    texts = [{"language": "de", "text": "Tagsüber 45 ct"}]
    version = tariff(DAY, NIGHT, texts=texts)
    assert in_words(version, "de-CH") == "Tagsüber 45 ct"
    assert in_words(version, "en") == "0.2999-0.45 EUR/kWh"


def test_prices_have_the_decimals_of_their_currency() -> None:
    yen = parsing.parsed({"currency": "JPY", "elements": [element(energy("50"))]})
    dinar = parsing.parsed({"currency": "KWD", "elements": [element(energy("0.05"))]})
    assert [in_words(each, "en") for each in (yen, dinar)] == ["50 JPY/kWh", "0.050 KWD/kWh"]
