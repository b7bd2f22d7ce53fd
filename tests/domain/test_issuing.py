"""From bills to receipts, invoices and credit notes: each bill on one document, whatever is told, corrected and retried."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from stationmaster.background.invoicing import issue_monthly_invoices
from stationmaster.domain import customers, organizations, sessions
from stationmaster.domain.events import InvoiceMailDue
from stationmaster.domain.invoices import documents, invoices, issuers, issuing, printed
from stationmaster.domain.invoices.invoices import InvoiceRow
from stationmaster.domain.money.amounts import Money
from stationmaster.domain.payments import manual, methods, payment_claims
from stationmaster.domain.sessions import Figures
from stationmaster.payment_words import SavedMethod
from stationmaster.storage import Work
from tests.domain.test_bills import Place, eur
from tests.domain.test_bills import place as place

AFTER = datetime(2027, 1, 1, 0, 30, tzinfo=UTC)


async def issued(place: Place) -> list[InvoiceRow]:
    def read(work: Work) -> list[Any]:
        rows = work.execute(invoices.invoices.select().order_by(invoices.invoices.c.id)).all()
        return [invoices.get(work, place.world.home, row.public_id) for row in rows]

    return await place.world(read)


def told(rows: list[InvoiceRow]) -> list[tuple[str, str]]:
    return [(row.kind, str(Money(row.total, row.currency).amount)) for row in rows]


async def ann(place: Place) -> None:
    """A customer whose wallet is empty."""
    row = await place.world(customers.create, place.world.home, public_id="ann", name="Ann", billing="prepaid")
    place.customer = row.id


async def correct(place: Place, session: str, wh: int) -> None:
    figures = Figures(energy_wh=Decimal(wh))
    await place.world(sessions.correct, place.world.home, session, by="Eve", note="the meter", figures=figures)
    await place.deliver()


async def bill_month(place: Place) -> None:
    for account in await place.world(issuing.open_accounts, place.world.home):
        while await place.world(issuing.issue_monthly, account):
            pass


async def test_M_07_who_pays_before_has_a_receipt_at_once(place: Place) -> None:
    await place.customer_with("50")
    await place.world(customers.change, place.world.home, "ann", {"email": "ann@example.com", "language": "de"})
    session = await place.charge()
    await place.deliver()
    for _ in range(3):  # whatever is retried
        await place.world(issuing.follow, session)
    [row] = await issued(place)
    document = documents.decoded(row.document)
    assert told([row]) == [("receipt", "11.57")]
    assert (document.language, [str(each.amount) for each in document.paid], str(document.open)) == (
        "de",
        ["11.57 EUR"],
        "0.00 EUR",
    )
    [due] = place.world.told(InvoiceMailDue)
    assert (due.invoice, due.email) == (row.public_id, "ann@example.com")


async def test_a_month_is_paid_with_the_card_that_the_customer_has_saved(place: Place) -> None:
    """Who has saved none pays as the invoice says, and nothing is claimed."""
    world = place.world
    await ann(place)
    await world(customers.change, world.home, "ann", {"billing": "postpaid"})
    await place.charge()
    await place.deliver()
    world.now = AFTER
    await bill_month(place)
    assert await world(lambda work: work.execute(payment_claims.select()).all()) == []
    paid: Any = {"reference": "Receipt", "by": "Eve", "customer": "ann"}
    row = await world(manual.enter, world.home, "cash", eur("1.00"), **paid)
    await world(methods.keep, row, SavedMethod("payer_1", "card_1", "Visa ···· 4242"))
    await place.charge()
    await place.deliver()
    world.now = datetime(2027, 2, 1, 0, 30, tzinfo=UTC)
    await bill_month(place)
    second = (await issued(place))[-1]
    [claim] = await world(lambda work: work.execute(payment_claims.select()).all())
    assert (claim.customer_id, claim.amount, claim.reason) == (place.customer, 1157, f"Invoice {second.number}")
    assert claim.next_try_at == world.now


async def test_a_wallet_that_is_not_enough_makes_an_invoice_of_the_rest(place: Place) -> None:
    await place.customer_with("5")
    await place.charge()
    await place.deliver()
    [row] = await issued(place)
    document = documents.decoded(row.document)
    assert (row.kind, str(document.open), document.due_at is not None) == ("invoice", "6.57 EUR", True)


async def test_a_corrected_session_has_a_credit_note_and_a_new_receipt(place: Place) -> None:
    await place.customer_with("50")
    session = await place.charge()
    await place.deliver()
    await correct(place, session, 8735)
    rows = await issued(place)
    assert told(rows) == [("receipt", "11.57"), ("credit_note", "-11.57"), ("receipt", "6.93")]
    assert rows[1].corrects == rows[0].public_id
    assert documents.decoded(rows[2].document).paid[0].amount == eur("6.93")
    await place.world(sessions.exclude, place.world.home, session, by="Eve", note="a test")
    await place.deliver()
    await place.world(issuing.follow, session)
    assert told(await issued(place))[3:] == [("credit_note", "-6.93")]
    assert await place.world(invoices.gaps) == []


async def test_M_08_who_pays_later_has_one_invoice_a_month(place: Place) -> None:
    world = place.world
    await ann(place)
    address = {"name": "Ann Ltd", "street": "Quay 2", "postal_code": "20457", "city": "Hamburg", "country": "DE"}
    terms = {"billing": "postpaid", "billing_address": address, "tax_number": "DE9"}
    await world(customers.change, world.home, "ann", terms)
    await world(issuers.change, world.home, {"time_zone": "Europe/Berlin"})
    first = await place.charge()
    world.now += timedelta(days=1)
    await place.charge(kwh="10")
    await place.deliver()
    await bill_month(place)
    assert await issued(place) == []  # the month goes on
    world.now = AFTER
    await place.charge()  # of the new month
    await place.deliver()
    for _ in range(2):
        await bill_month(place)
    [row] = await issued(place)
    document = documents.decoded(row.document)
    assert (row.kind, row.month, len(document.charges), row.customer) == ("invoice", "2026-12", 2, "ann")
    assert document.total == Money(sum((charge.total.amount for charge in document.charges), Decimal(0)), "EUR")
    assert document.buyer is not None
    assert (document.buyer.name, document.buyer.address) == ("Ann Ltd", ("Ann", "Quay 2", "20457 Hamburg", "DE"))
    # A correction after the invoice: a credit note of that session alone, and the next month has it anew.
    await correct(place, first, 8735)
    await world(
        customers.change, world.home, "ann", {"billing": "prepaid"}
    )  # what was charged before is owed all the same
    world.now = datetime(2027, 2, 1, 12, tzinfo=UTC)
    await bill_month(place)
    rows = await issued(place)
    assert [(each.kind, each.month) for each in rows[1:]] == [("credit_note", None), ("invoice", "2027-01")]
    assert told(rows[1:2]) == [("credit_note", "-11.57")]
    assert len(documents.decoded(rows[2].document).charges) == 2
    assert await world(invoices.gaps) == []


async def test_an_invoice_that_cannot_be_made_keeps_no_other_back(place: Place) -> None:
    world = place.world
    keys = []
    for name in ("ann", "bob"):
        customer = await world(customers.create, world.home, public_id=name, name=name, billing="postpaid")
        keys.append(customer.id)
        place.customer = customer.id
        await place.charge()
    await place.deliver()
    table = customers.customers
    unreadable = table.update().where(table.c.id == keys[0]).values(billing_address="Quay 2")
    await world(lambda work: work.execute(unreadable))
    world.now = AFTER
    with pytest.raises(ExceptionGroup) as raised:
        await issue_monthly_invoices(world.database)
    [error] = raised.value.exceptions
    assert error.__notes__ == [f"This was the invoice of customer {keys[0]} of {organizations.HOME}."]
    assert [row.customer for row in await issued(place)] == ["bob"]


@pytest.mark.parametrize("billing", ["free", None])
async def test_P_09_what_nobody_pays_for_or_costs_nothing_is_on_no_document(place: Place, billing: str | None) -> None:
    if billing is not None:
        await ann(place)
        await place.world(customers.change, place.world.home, "ann", {"billing": billing})
    await place.charge()
    await place.charge(kwh="0", minutes=1)
    await place.deliver()
    place.world.now = AFTER
    await bill_month(place)
    assert await issued(place) == []


async def test_D_03_a_guest_has_a_receipt_of_what_was_taken(place: Place) -> None:
    session = await place.charge()
    await place.deliver()
    world = place.world
    for _ in range(2):
        await world(issuing.issue_to_guest, world.home, session, paid=eur("11.57"), email="guest@example.com")
    [row] = await issued(place)
    assert (told([row]), "guest@example.com" in row.document) == ([("receipt", "11.57")], False)
    assert len(world.told(InvoiceMailDue)) == 1
    # Corrected after it was paid: taken back, and billed anew with what was paid.
    await correct(place, session, 8735)
    rows = await issued(place)
    assert told(rows[1:]) == [("credit_note", "-11.57"), ("receipt", "6.93")]
    assert printed.sheet_of(documents.decoded(rows[2].document)).remark == "Paid back to you: 4.64 EUR"
