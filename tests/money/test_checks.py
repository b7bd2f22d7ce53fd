"""What is no tariff is refused with the path of the field; a hole in the week is told."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from stationmaster.domain.errors import Invalid
from stationmaster.domain.money.coverage import unpriced
from stationmaster.domain.money.parsing import parsed
from tests.money.telling import element, tariff

ENERGY = {"price_components": [{"type": "energy", "price": "0.40"}]}
LATER = {"price_components": [{"type": "energy", "price": "0.50"}]}


def one(**component: Any) -> list[dict[str, Any]]:
    return [{"price_components": [{"type": "energy", "price": "0.40", **component}]}]


def when(**restrictions: Any) -> list[dict[str, Any]]:
    return [{**ENERGY, "restrictions": restrictions}]


@pytest.mark.parametrize(
    "changes, field, reason",
    [
        ({"currency": "EURO"}, "currency", "no currency"),
        ({"elements": []}, "elements", "from 1"),
        ({"elements": [{"price_components": []}]}, "elements[0].price_components", "empty"),
        ({"elements": one(price="-0.01")}, "elements[0].price_components[0].price", "from 0"),
        ({"elements": one(price="NaN")}, "elements[0].price_components[0].price", "from 0"),
        ({"elements": one(price="1e400")}, "elements[0].price_components[0].price", "from 0"),
        ({"elements": one(price="0.1234567")}, "elements[0].price_components[0].price", "6 decimals"),
        ({"elements": one(price="=1+1")}, "elements[0].price_components[0].price", ""),
        ({"elements": one(type="ENERGY")}, "elements[0].price_components[0].type", "cannot be 'ENERGY'"),
        ({"elements": one(prize="1")}, "elements[0].price_components[0].prize", "no field"),
        ({"elements": one(per="minute")}, "elements[0].price_components[0].per", "time only"),
        ({"elements": one(step_size=0)}, "elements[0].price_components[0].step_size", "from 1"),
        ({"elements": one(max_price="1.005")}, "elements[0].price_components[0].max_price", "decimals of EUR"),
        ({"elements": one(taxes=[{"name": "VAT", "percent": "101"}])}, "elements[0].price_components[0].taxes[0].percent", "from 0 to 100"),
        ({"elements": one(taxes=[{"name": " ", "percent": "5"}])}, "elements[0].price_components[0].taxes[0].name", "empty"),
        ({"elements": [{"price_components": ENERGY["price_components"] * 2}]}, "elements[0].price_components[1].type", "second time"),
        ({"elements": when(start_time="24:00")}, "elements[0].restrictions.start_time", "time of day"),
        ({"elements": when(start_time="08:00", end_time="08:00")}, "elements[0].restrictions.end_time", "same"),
        ({"elements": when(start_date="2026-02-30")}, "elements[0].restrictions.start_date", ""),
        ({"elements": when(start_date="2026-02-03", end_date="2026-02-03")}, "elements[0].restrictions.end_date", "never holds"),
        ({"elements": when(min_kwh="20", max_kwh="20")}, "elements[0].restrictions.max_kwh", "never holds"),
        ({"elements": when(min_power="-1")}, "elements[0].restrictions.min_power", "from 0"),
        ({"elements": when(max_duration=-1)}, "elements[0].restrictions.max_duration", "negative"),
        ({"elements": when(day_of_week=["monday", "monday"])}, "elements[0].restrictions.day_of_week", "twice"),
        ({"elements": when(day_of_week=["Montag"])}, "elements[0].restrictions.day_of_week[0]", "cannot be 'Montag'"),
        ({"elements": when(public_holiday=True)}, "holidays", "is missing"),
        ({"elements": when(reservation="reservation")}, "elements[0].price_components[0].type", "flat and time only"),
        ({"elements": [ENERGY, LATER]}, "elements[1].price_components[0]", "elements[0] prices energy"),
        ({"elements": [*when(start_time="22:00", end_time="06:00"), {**LATER, "restrictions": {"start_time": "23:00", "end_time": "05:00"}}]}, "elements[1].price_components[0]", "never holds"),
        ({"holidays": "Narnia"}, "holidays", "no calendar"),
        ({"holidays": "DE-XX"}, "holidays", "no calendar"),
        ({"holidays": "utils"}, "holidays", "no calendar"),
        ({"holidays": "NYSE"}, "holidays", "no calendar"),
        ({"max_price": {}}, "max_price", "needs"),
        ({"max_price": {"before_taxes": "-1"}}, "max_price.before_taxes", "negative"),
        ({"max_price": {"before_taxes": "9"}, "tax_included": True}, "max_price.before_taxes", "with taxes"),
        ({"min_price": {"after_taxes": "9"}, "max_price": {"after_taxes": "8"}}, "min_price.after_taxes", "above max_price"),
        ({"grace_minutes": -1}, "grace_minutes", "from 0"),
        ({"bill_from_wh": -1}, "bill_from_wh", "from 0"),
        ({"texts": [{"language": "English", "text": "Hello"}]}, "texts[0].language", "language"),
        ({"texts": [{"language": "en", "text": " "}]}, "texts[0].text", "characters"),
        ({"elements": "free"}, "elements", "must be a list"),
        ({"elements": [{}]}, "elements[0].price_components", "is missing"),
    ],
)  # fmt: skip
def test_what_is_no_tariff_names_its_field(changes: dict[str, Any], field: str, reason: str) -> None:
    with pytest.raises(Invalid) as wrong:
        parsed({"currency": "EUR", "elements": [ENERGY]} | changes)
    assert wrong.value.field == field
    assert reason in wrong.value.reason


def test_a_tariff_is_no_list_and_no_text() -> None:
    for nothing in ([], "free", None, {}):
        with pytest.raises(Invalid):
            parsed(nothing)


def test_elements_that_share_a_part_of_the_week_do_not_contradict_each_other() -> None:
    night = element(energy="0.30", start_time="22:00", end_time="06:00")
    tariff(night, element(energy="0.20", start_time="05:00", end_time="07:00"), element(energy="0.40"))
    tariff(element(energy="0.30", max_kwh="10"), element(energy="0.35", max_kwh="20"), element(energy="0.40"))
    tariff(element(flat="1", reservation="reservation"), element(flat="2"))


def test_a_tariff_is_read_back_as_it_was_written() -> None:
    version = tariff(
        element("VAT 19", flat="0.50", energy="0.40", parking_time="0.10/min", start_time="06:00", min_kwh="5"),
        holidays="US-CA",
        max_price={"after_taxes": "30"},
        texts=[{"language": "de", "text": "Nachts billiger"}],
    )
    assert parsed(msgspec.to_builtins(version)) == version
    assert parsed(msgspec.json.decode(msgspec.json.encode(version))) == version


def test_a_number_of_JSON_is_exact() -> None:
    read = parsed(
        msgspec.json.decode(
            '{"currency": "eur", "elements": [{"price_components": [{"type": "energy", "price": 0.1}]}]}'
        )
    )
    assert (read.currency, str(read.elements[0].price_components[0].price)) == ("EUR", "0.1")


@pytest.mark.parametrize(
    "elements, gaps",
    [
        ([element(energy="0.40")], []),
        ([element(flat="0")], []),  # free, and said so
        ([element(energy="0.40", max_kwh="20"), element(energy="0.50", min_kwh="20")], []),
        ([element(energy="0.40", day_of_week=["monday", "tuesday", "wednesday", "thursday", "friday", "saturday"])], ["sunday 00:00–24:00"]),
        ([element(energy="0.40", start_time="06:00", end_time="22:00", day_of_week=["monday"]), element(energy="0.30", day_of_week=["tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"])], ["monday 00:00–06:00", "monday 22:00–24:00"]),
        ([element(energy="0.40", day_of_week=["monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]), element(energy="0.3", end_date="2027-01-01"), element(flat="1", reservation="reservation")], ["sunday 00:00–24:00"]),
    ],
)  # fmt: skip
def test_the_minutes_of_the_week_that_nothing_prices_are_told(elements: list[dict[str, Any]], gaps: list[str]) -> None:
    assert [str(gap) for gap in unpriced(tariff(*elements))] == gaps


def test_a_public_holiday_that_nothing_prices_is_told() -> None:
    festive = tariff(element(energy="0.40", public_holiday=False), holidays="DE")
    assert next(str(gap) for gap in unpriced(festive)) == "public holiday on monday 00:00–24:00"
    only = tariff(element(energy="0.40", public_holiday=True), holidays="DE")
    assert next(str(gap) for gap in unpriced(only)) == "monday 00:00–24:00"
