"""Receipts and invoices over the API: for who runs the chargers, for who has charged, and for who has nothing but a link."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from stationmaster.api.application import Application
from stationmaster.api.context import Context
from stationmaster.domain import connectors, customers, organizations
from stationmaster.domain.invoices import invoices, issuers
from stationmaster.domain.invoices.documents import Charge, ChargedLine, Party
from stationmaster.domain.invoices.invoices import InvoiceRow, ToIssue
from stationmaster.domain.ledger import Account, Entry, book
from stationmaster.domain.money.amounts import Money
from stationmaster.domain.stations import Station
from stationmaster.storage import Database, Work
from tests.api.conftest import NOW, Client
from tests.api.drivers import Driver, charge, make_driver

API = "/api/v1"


def issue_receipt(
    work: Work,
    organization_id: int,
    session: str,
    *,
    customer_id: int | None = None,
    seller: str = "Hafen",
    country: str = "ES",
) -> InvoiceRow:
    """A receipt of 1.00 EUR for a session."""
    one, nothing = (Money(Decimal(amount), "EUR") for amount in (1, 0))
    line = ChargedLine(type="flat", quantity=Decimal(1), unit="session", unit_price=Decimal(1), amount=one)
    made = Charge(
        session=session,
        station="Left",
        begins_at=NOW,
        ends_at=NOW,
        time_zone="UTC",
        energy_wh=Decimal(5000),
        tax_included=False,
        lines=(line,),
        net=one,
        taxes=(),
        round_off=nothing,
        total=one,
    )
    issuers.change(work, organization_id, {"legal_name": seller, "country": "DE", "tax_number": "DE123456789"})
    buyer = Party(name="Ann of the canaries", email="ann@example.com", country=country)
    return invoices.issue(work, organization_id, ToIssue("receipt", [made], customer_id=customer_id, buyer=buyer))


async def receipt_of(database: Database, charger: Any, driver: Driver) -> InvoiceRow:
    session = await charge(database, charger, driver)

    def issue(work: Work) -> InvoiceRow:
        home = organizations.home(work)
        owner = customers.get(work, home, f"CUSTOMER-{driver.name}").id
        return issue_receipt(work, home, session, customer_id=owner)

    return await database.write(issue)


def at_address(context: Context) -> Context:
    """The same server, of which somebody has said what it is called outside."""
    reachable = context.settings.web.model_copy(update={"public_url": "https://csms.example"})
    return dataclasses.replace(context, settings=context.settings.model_copy(update={"web": reachable}))


async def test_a_receipt_is_found_read_printed_and_taken_back(
    admin: Client, web: Application, database: Database, charger: Any
) -> None:
    ann = await make_driver(web, database, "ann")
    row = await receipt_of(database, charger, ann)
    [listed] = (await admin.get(f"{API}/invoices?customer=CUSTOMER-ann&kind=receipt")).json()["items"]
    assert (listed["number"], listed["total"], listed["currency"]) == (row.number, "1.00", "EUR")
    assert (await admin.get(f"{API}/invoices?session={ann.ids['session_id']}")).json()["items"] == [listed]
    assert (await admin.get(f"{API}/invoices?kind=credit_note")).json()["items"] == []
    detail = (await admin.get(f"{API}/invoices/{row.public_id}")).json()
    assert detail["sheet"]["total"] == ["Total", "1.00 EUR"]
    first = await admin.get(f"{API}/invoices/{row.public_id}/pdf")
    assert (first.status_code, first.headers["content-type"]) == (200, "application/pdf")
    assert first.headers["content-disposition"] == f'inline; filename="receipt-{row.number}.pdf"'
    # Kept, and made again where the folder was lost.
    files = list(web.context.folder.path.iterdir())  # type: ignore[attr-defined]
    assert [file.read_bytes() for file in files] == [first.content]
    assert (await admin.get(f"{API}/invoices/{row.public_id}/pdf")).content == first.content
    files[0].unlink()
    assert (await admin.get(f"{API}/invoices/{row.public_id}/pdf")).content == first.content
    assert "Hafen" in (await admin.get(f"{API}/invoices/{row.public_id}/page")).text
    for who, path in ((admin, "invoices"), (ann.client, "me/invoices")):  # O-12
        xml = await who.get(f"{API}/{path}/{row.public_id}/xml")
        assert (xml.status_code, xml.headers["content-type"]) == (200, "application/xml")
        assert xml.headers["content-disposition"] == f'attachment; filename="receipt-{row.number}.xml"'
        assert b"urn:cen.eu:en16931:2017" in xml.content and b"Ann of the canaries" in xml.content
    body = {"reason": "The meter was wrong"}
    back = await admin.post(f"{API}/invoices/{row.public_id}/credit", json=body)
    assert (back.status_code, back.json()["total"], back.json()["corrects"]) == (201, "-1.00", row.public_id)
    assert (await admin.post(f"{API}/invoices/{row.public_id}/credit", json=body)).status_code == 409
    acts = (await admin.get(f"{API}/audit", params={"subject": "invoice"})).json()["items"]
    assert [act["action"] for act in acts] == ["issue_credit_note"]
    await ann.client.aclose()


@pytest.mark.any_database
async def test_a_driver_downloads_their_own_and_nobody_else_s(
    web: Application, database: Database, charger: Any
) -> None:
    ann, bob = [await make_driver(web, database, name) for name in ("ann", "bob")]
    row = await receipt_of(database, charger, ann)
    [mine] = (await ann.client.get(f"{API}/me/invoices")).json()["items"]
    assert mine["id"] == row.public_id
    assert (await ann.client.get(f"{API}/me/invoices/{row.public_id}/pdf")).content.startswith(b"%PDF-")
    assert (await bob.client.get(f"{API}/me/invoices")).json()["items"] == []
    for path in (row.public_id, f"{row.public_id}/pdf"):
        assert (await bob.client.get(f"{API}/me/invoices/{path}")).status_code == 404
        assert (await ann.client.get(f"{API}/invoices/{path}")).status_code == 403
    for driver in (ann, bob):
        await driver.client.aclose()


@pytest.mark.any_database
async def test_D_03_who_has_the_link_sees_the_receipt_and_no_address(
    context: Context, database: Database, charger: Any, admin: Client, web: Application
) -> None:
    ann = await make_driver(web, database, "ann")
    row = await receipt_of(database, charger, ann)
    await ann.client.aclose()
    assert (await admin.get(f"{API}/invoices/{row.public_id}")).json()["link"] is None  # nobody has said where we are
    async with Client(Application(at_address(context))) as client:
        client.headers["Authorization"] = admin.headers["Authorization"]
        link = (await client.get(f"{API}/invoices/{row.public_id}")).json()["link"]
    assert link.startswith("https://csms.example/receipts/")
    path = link.removeprefix("https://csms.example")
    async with Client(web) as guest:
        page = await guest.get(path)
        assert page.status_code == 200 and "1.00 EUR" in page.text and "ann@example.com" not in page.text
        assert (await guest.get(f"{path}/pdf")).content.startswith(b"%PDF-")
        assert (await guest.get(path[:-2])).status_code == 404
        assert (await guest.get(f"/receipts/{row.public_id}")).status_code == 404


@pytest.mark.any_database
async def test_what_stands_on_receipts_is_said_by_owners(as_role: Callable[..., Any], database: Database) -> None:
    owner = await as_role("owner")
    path = f"{API}/organization/billing"
    assert (await owner.get(path)).json()["missing"] == ["legal_name", "address", "country", "tax_number"]
    facts = {"legal_name": "Hafen GmbH", "address": "Am Kai 1\n20457 Hamburg", "country": "de", "tax_number": "DE1"}
    changed = await owner.patch(path, json=facts | {"iban": "DE02 1203 0000 0000 2020 51"})
    assert changed.status_code == 200, changed.text
    assert (changed.json()["name"], changed.json()["iban"], changed.json()["country"], changed.json()["missing"]) == (
        "Hafen GmbH",
        "DE02120300000000202051",
        "DE",
        [],
    )
    wrong = await owner.patch(path, json={"iban": "DE03 1203 0000 0000 2020 51"})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "iban")
    [act] = (await owner.get(f"{API}/audit", params={"subject": "organization"})).json()["items"]
    assert (act["action"], act["before"]["legal_name"]) == ("change_billing_details", None)
    assert (await (await as_role("administrator")).patch(path, json=facts)).status_code == 403


@pytest.mark.any_database
async def test_the_codes_of_a_site_are_printed(
    context: Context, database: Database, charger: Any, admin: Client
) -> None:
    assert (await admin.post(f"{API}/sites", json={"id": "H", "name": "Hafen"})).is_success
    assert (await admin.patch(f"{API}/stations/CP1", json={"site": "Hafen"})).is_success
    assert (await admin.get(f"{API}/sites/H/qr-sheet")).status_code == 409  # nobody has said where we are
    async with Client(Application(at_address(context))) as client:
        client.headers["Authorization"] = admin.headers["Authorization"]
        assert (await client.get(f"{API}/sites/H/qr-sheet")).status_code == 409  # there is no code
        station = Station(charger.id, "CP1", charger.organization_id, "1.6", "accepted", True)
        told = {"evse": 1, "connector": 1, "state": "available", "status": "Available"}
        await database.write(lambda work: connectors.report_status(work, station, at=work.now, **told))
        assert (await client.post(f"{API}/stations/CP1/pay-places")).is_success
        answer = await client.get(f"{API}/sites/H/qr-sheet")
    assert (answer.status_code, answer.content[:5]) == (200, b"%PDF-")


@pytest.mark.any_database
async def test_O_12_bookings_are_a_file_with_the_columns_and_accounts_of_the_accountant(
    as_role: Callable[..., Any], database: Database
) -> None:
    owner = await as_role("owner")
    numbers = {"wallet": "3272", "clearing": "1200", "clearing cash": "1000"}
    assert (await owner.patch(f"{API}/organization/billing", json={"account_numbers": numbers})).is_success
    wrong = await owner.patch(f"{API}/organization/billing", json={"account_numbers": {"nothing": "1"}})
    assert wrong.status_code == 422

    def pay(work: Work) -> None:
        home = organizations.home(work)
        customers.create(work, home, public_id="=1+1", name="Ann", billing="prepaid")
        key = customers.get(work, home, "=1+1").id
        amount = Money(Decimal("50"), "EUR")
        entries = [Entry(Account("clearing", name="cash"), -amount), Entry(Account("wallet", key), amount)]
        book(work, home, key="k1", kind="top_up", entries=entries, customer_id=key, booked_on=date(2026, 12, 1))

    await database.write(pay)
    columns = "booked_on:Belegdatum,amount:Umsatz,debit:Soll,credit:Haben,customer"
    path = f"{API}/exports/bookings?from=2026-12-01&until=2027-01-01"
    text = (await owner.get(f"{path}&comma=true&columns={columns}")).text
    assert text.splitlines() == [
        "Belegdatum;Umsatz;Soll;Haben;customer",
        "2026-12-01;50,00;1000;3272;'=1+1",  # no cell is a formula
    ]
    assert (await owner.get(f"{path}&columns=secret")).status_code == 422
    assert (await owner.get(f"{API}/exports/bookings?from=2027-01-01&until=2027-02-01")).text.count("\n") == 1
    statement = f"{API}/customers/%3D1+1/statements"
    assert (await owner.get(f"{statement}/2026-13/csv?currency=EUR")).status_code in (404, 422)
