"""The books as accountants' programs take them, and a customer's statement of a month."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec
import pytest

from stationmaster.domain import months
from stationmaster.domain.errors import Invalid
from stationmaster.domain.invoices import issuers, statements
from stationmaster.domain.ledger import journal
from stationmaster.domain.ledger.journal import Booked, Pair
from stationmaster.files import printing
from tests.domain.test_bills import Place
from tests.domain.test_bills import place as place


def booked(*entries: tuple[str, str]) -> list[Booked]:
    return [Booked(account, Decimal(amount)) for account, amount in entries]


@pytest.mark.parametrize(
    "entries, lines",
    [
        (
            booked(("revenue", "9.72"), ("tax VAT 19 %", "1.85"), ("wallet", "-11.57")),
            [("wallet", "revenue", "9.72"), ("wallet", "tax VAT 19 %", "1.85")],
        ),
        (  # two on both sides
            booked(("revenue", "9.72"), ("tax", "1.85"), ("bonus", "-10.00"), ("receivable", "-1.57")),
            [("bonus", "revenue", "9.72"), ("bonus", "tax", "0.28"), ("receivable", "tax", "1.57")],
        ),
        (
            booked(("wallet", "4.64"), ("revenue", "-3.90"), ("tax", "-0.74")),
            [("revenue", "wallet", "3.90"), ("tax", "wallet", "0.74")],
        ),
        (booked(("wallet", "0"), ("revenue", "0")), []),
    ],
)
def test_entries_become_amounts_from_one_account_to_another(
    entries: list[Booked], lines: list[tuple[str, str, str]]
) -> None:
    assert journal.pairs(entries) == [Pair(debit, credit, Decimal(amount)) for debit, credit, amount in lines]


def test_an_account_has_its_own_number_else_that_of_its_kind() -> None:
    numbers = {"tax": "1770", "tax VAT 19 %": "1776", "wallet": "3272"}
    asked = ["tax VAT 19 %", "tax VAT 7 %", "wallet", "revenue"]
    assert [journal.numbered(each, numbers) for each in asked] == ["1776", "1770", "3272", "revenue"]


async def test_the_books_of_some_days_come_page_by_page(place: Place) -> None:
    await place.customer_with("50")
    await place.charge()
    await place.deliver()
    found, after = [], None
    for _ in range(10):
        some, after = await place.world(
            journal.lines, place.world.home, since="2026-12-01", until="2026-12-02", after=after, limit=1
        )
        found += some
        if after is None:
            break
    assert [(line.kind, line.debit, line.credit, str(line.amount), line.customer) for line in found] == [
        ("top_up", "clearing cash", "wallet", "50.000", "ann"),
        ("bill", "wallet", "revenue", "9.720", "ann"),
        ("bill", "wallet", "tax VAT 19 %", "1.850", "ann"),
    ]
    assert (
        await place.world(journal.lines, place.world.home, since="2026-12-02", until="2027-01-01", after=None, limit=9)
    )[0] == []


async def test_a_statement_has_what_was_before_what_came_and_what_is_left(place: Place) -> None:
    world = place.world
    await world(issuers.change, world.home, {"time_zone": "Europe/Berlin"})
    world.now = datetime(2026, 11, 30, 22, 30, tzinfo=UTC)  # November in Berlin
    await place.customer_with("50")
    world.now += timedelta(hours=1)  # December there
    await place.charge()
    await place.deliver()
    found = await world(statements.of_month, world.home, "ann", month="2026-12")
    sheet = statements.sheet_of(found)
    assert (sheet.begins_with, sheet.ends_with) == (
        ("Balance at the begin", "50.00 EUR"),
        ("Balance at the end", "38.43 EUR"),
    )
    assert [(row[1], *row[3:]) for row in sheet.rows] == [("Charging", "−11.57", "38.43")]
    assert printing.printed("statement", msgspec.json.encode(sheet), at=world.now).startswith(b"%PDF-")
    before = statements.sheet_of(await world(statements.of_month, world.home, "ann", month="2026-11"))
    assert [row[1] for row in before.rows] == ["Top-up"]


@pytest.mark.parametrize("month", ["2026-13", "2026-1", "26-01", "1999-01", "2026-11-01", ""])
def test_what_is_no_month_is_refused_by_name(month: str) -> None:
    with pytest.raises(Invalid, match="2026-11"):
        months.named(month)


def test_months_have_the_length_that_they_have_on_the_wall() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    since, until = months.named("2026-10").span(berlin)
    assert until - since == timedelta(days=31, hours=1)
    assert months.named("2026-12").span(berlin).until == datetime(2027, 1, 1, tzinfo=berlin)
