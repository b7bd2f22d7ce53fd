"""A tariff that is being written, looked at over the API before it is saved."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Client

pytestmark = pytest.mark.any_database

EXAMPLE = {
    "begins": "2026-11-27T21:00",
    "time_zone": "Europe/Berlin",
    "kwh": "22",
    "charging_minutes": 120,
    "parked_minutes": 30,
}
VAT = [{"name": "VAT", "percent": "19"}]


def structure(**words: Any) -> dict[str, Any]:
    night = {"start_time": "22:00", "end_time": "06:00"}
    return {
        "elements": [
            {"price_components": [{"type": "energy", "price": "0.30", "taxes": VAT}], "restrictions": night},
            {
                "price_components": [
                    {"type": "energy", "price": "0.50", "taxes": VAT},
                    {"type": "flat", "price": "1", "taxes": VAT},
                ]
            },
            *words.pop("elements", ()),
        ],
        **words,
    }


async def preview(admin: Client, drafted: dict[str, Any], **example: Any) -> dict[str, Any]:
    draft = {"currency": "eur", "structure": drafted, "example": EXAMPLE | example}
    found: dict[str, Any] = (await admin.post("/api/v1/tariff-previews", json=draft)).json()
    return found


async def test_S1_135_a_draft_has_its_week_and_the_bill_of_an_example(admin: Client) -> None:
    told = await preview(admin, structure())
    # An hour at 0.50 and one at 0.30, 11 kWh each, by the clock in Berlin; and 1.00 once.
    assert {line["type"]: line["amount"] for line in told["price"]["lines"] if line["element"] == 1} == {
        "flat": "1.00",
        "energy": "5.50",
    }
    assert (told["price"]["net"], told["price"]["total"]) == ("9.80", "11.66")
    friday = [
        (each["begins"], each["ends"], each["energy"], each["flat"]) for each in told["week"] if each["day"] == "friday"
    ]
    assert friday == [("00:00", "06:00", 0, 1), ("06:00", "22:00", 1, 1), ("22:00", "24:00", 0, 1)]
    assert (told["problems"], told["unpriced"], len(told["week"])) == ([], [], 21)


async def test_a_draft_says_all_that_is_wrong_with_it_and_keeps_nothing(admin: Client) -> None:
    wrong = structure(grace_minutes=-1, elements=[{"price_components": [{"type": "energy", "price": "0.123456789"}]}])
    told = await preview(admin, wrong)
    assert [each["field"] for each in told["problems"]] == [
        "elements[2].price_components[0].price",
        "elements[2].price_components[0]",
        "grace_minutes",
    ]
    assert (told["price"], told["week"]) == (None, [])
    assert (await admin.get("/api/v1/tariffs")).json()["items"] == []


@pytest.mark.parametrize(
    ("example", "field"),
    [
        ({"begins": "2026-02-30T10:00"}, "example.begins"),
        ({"time_zone": "Mars/North"}, "zone"),
        ({"kwh": "-1"}, "kwh"),
        ({"charging_minutes": 0}, "example.charging_minutes"),
    ],
)
async def test_an_example_that_is_none_is_refused_at_its_field(
    admin: Client, example: dict[str, Any], field: str
) -> None:
    draft = {"currency": "EUR", "structure": structure(), "example": EXAMPLE | example}
    answer = await admin.post("/api/v1/tariff-previews", json=draft)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_an_example_without_energy_and_over_the_longest_night_is_priced(admin: Client) -> None:
    autumn = await preview(admin, structure(), begins="2026-10-24T22:00", charging_minutes=420, parked_minutes=0)
    assert autumn["price"]["charging_s"] == 7 * 3600
    assert (await preview(admin, structure(), kwh="0"))["price"]["total"] == "0.00"
