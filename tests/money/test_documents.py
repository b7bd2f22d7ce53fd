"""What a receipt, an invoice and a credit note say, from bills that were worked out by hand."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from stationmaster.domain.invoices import documents, page, printed
from stationmaster.domain.invoices.documents import Charge, Document, Paid, Party
from stationmaster.domain.money.bill import Bill
from stationmaster.files import printing
from tests.money.telling import Told, element, rated, session, tariff

ISSUED = datetime.fromisoformat("2026-12-01T23:30:00+00:00")  # the next day in Berlin
SELLER = Party(
    name="Hafen Energie GmbH & Co. <KG>",
    address=("Am Kai 1", "20457 Hamburg"),
    country="DE",
    tax_number="DE 136 695 976",
    email="post@hafen.example",
    iban="DE02120300000000202051",
)
HOUR = ("2026-12-01 10:00", "2026-12-01 11:00")


def charge(told: Told, bill: Bill, **words: Any) -> Charge:
    facts: dict[str, Any] = {
        "session": "s1",
        "site": "Harbour",
        "station": "CP1",
        "evse": 1,
        "begins_at": told.facts.begins_at,
        "ends_at": told.facts.ends_at,
        "time_zone": "Europe/Berlin",
        "energy_wh": bill.energy_wh,
        "meter_begin_wh": Decimal(12_000_000),
        "meter_end_wh": 12_000_000 + (bill.energy_wh or 0),
        "tax_included": bill.tax_included,
        "lines": documents.charged_lines(bill),
        "net": bill.net,
        "taxes": bill.taxes,
        "round_off": bill.round_off,
        "total": bill.total,
        "notes": bill.notes,
    }
    return Charge(**facts | words)


def document(*charges: Charge, **words: Any) -> Document:
    sums = documents.sums_of(charges)
    facts: dict[str, Any] = {
        "kind": "receipt",
        "number": "2026-000017",
        "issued_at": ISSUED,
        "time_zone": "Europe/Berlin",
        "language": "en",
        "seller": SELLER,
        "charges": charges,
        **msgspec.structs.asdict(sums),
    }
    return Document(**facts | words)


def m_07() -> Document:
    told = session("2026-12-01 10:00", "2026-12-01 10:47", kwh="18.735")
    bill = rated(told, tariff(element("VAT 19", flat="1.00", energy="0.39", time="0.03/min")))
    return document(charge(told, bill), paid=(Paid(means="wallet", amount=bill.total),))


def one(kwh: str, *taxes: str, price: str, currency: str, included: bool = False) -> Charge:
    told = session(*HOUR, kwh=kwh)
    version = tariff(element(*taxes, energy=price), currency=currency, tax_included=included)
    return charge(told, rated(told, version))


def test_M_07_a_receipt_says_the_price_as_it_was_worked_out() -> None:
    sheet = printed.sheet_of(m_07())
    assert [(row.what, row.quantity, row.price, row.tax, row.amount) for row in sheet.blocks[0].rows] == [
        ("Fee per session", "1", "1.00", "19 %", "1.00"),
        ("Energy", "18.735 kWh", "0.39 / kWh", "19 %", "7.31"),
        ("Charging time", "47 min", "0.03 / min", "19 %", "1.41"),
    ]
    assert sheet.totals == [("Net", "9.72 EUR"), ("VAT 19 % on 9.72", "1.85 EUR")]
    assert (sheet.total, sheet.paid) == (("Total", "11.57 EUR"), [("Paid from your wallet", "11.57 EUR")])
    assert sheet.remark == "Paid in full. Thank you."
    facts = dict(sheet.blocks[0].facts)
    assert (facts["Meter"], facts["Duration"]) == ("12,000.000 – 12,018.735 kWh", "47 min")
    assert dict(sheet.facts)["Date"] == "2 Dec 2026"  # by the clock of who issues it


def test_M_08_an_invoice_of_two_sessions_adds_up_what_was_booked() -> None:
    both = [one(kwh, "VAT 20", price="0.50", currency="EUR") for kwh in ("20.010", "10.010")]
    made = document(*both, kind="invoice", month="2026-12", due_at=datetime.fromisoformat("2026-12-15T12:00Z"))
    sheet = printed.sheet_of(made)
    assert [row.amount for block in sheet.blocks for row in block.rows] == ["10.01", "5.01"]
    assert sheet.totals == [("Net", "15.02 EUR"), ("VAT 20 % on 15.02", "3.00 EUR")]
    assert sheet.total == ("Total", "18.02 EUR")
    assert sheet.overview is not None and [row[-1] for row in sheet.overview.rows] == ["12.01", "6.01"]
    assert ("Month", "December 2026") in sheet.facts
    assert sheet.remark == (
        "Please pay 18.02 EUR by 15 Dec 2026 to DE02 1203 0000 0000 2020 51, with the reference 2026-000017."
    )


def test_a_document_is_in_one_currency() -> None:
    with pytest.raises(ValueError, match="unpack"):
        documents.sums_of([one("1", price="1", currency=currency) for currency in ("EUR", "USD")])


@pytest.mark.parametrize(
    "made, sums, total",
    [
        (
            one("12.34", "CGST 9", "SGST 9", price="20", currency="INR", included=True),
            ["Net 209.15", "CGST 9 % on 209.15 18.82", "SGST 9 % on 209.15 18.82", "Round-off 0.01"],
            "246.80",
        ),
        (
            one("37.43", "GST 5", "QST 9.975", price="1", currency="CAD"),
            ["Net 37.43", "GST 5 % on 37.43 1.87", "QST 9.975 % on 37.43 3.73"],
            "43.03",
        ),
        (one("7.321", price="55", currency="JPY"), ["Net 403", "No tax 0"], "403"),
        (one("7.321", price="0.045", currency="KWD"), ["Net 0.329", "No tax 0.000"], "0.329"),
        (
            one("1", "CGST 9", "SGST 9", price="20", currency="INR", included=True),
            ["Net 16.95", "CGST 9 % on 16.95 1.53", "SGST 9 % on 16.95 1.53", "Round-off −0.01"],
            "20.00",
        ),
    ],
    ids=["M-10", "M-11", "M-12 JPY", "M-12 KWD", "M-10 a cent too much"],
)
def test_M_10_M_11_M_12_taxes_and_currencies_on_paper(made: Charge, sums: list[str], total: str) -> None:
    sheet = printed.sheet_of(document(made))
    currency = made.total.currency
    assert [f"{label} {value}" for label, value in sheet.totals] == [f"{each} {currency}" for each in sums]
    assert sheet.total == ("Total", f"{total} {currency}")


def test_D_04_a_receipt_is_in_the_time_of_the_site() -> None:
    told = session("2026-10-24 22:00", "2026-10-25 04:00", kwh="77")
    bill = rated(told, tariff(element(energy="0.50", time="0.02/min")))
    # Wherever it is issued and read.
    facts = dict(printed.sheet_of(document(charge(told, bill), time_zone="Asia/Tokyo")).blocks[0].facts)
    assert facts["Time"] == "24 Oct 2026 22:00 CEST – 25 Oct 2026 04:00 CET"
    assert facts["Duration"] == "7 h 00 min"


@pytest.mark.parametrize(
    ("begins", "ends", "duration"),
    [
        ("2026-12-01T09:00:00.900+01:00", "2026-12-01T09:06:00.100+01:00", "6 min"),
        ("2026-12-01T09:00:00.100+01:00", "2026-12-01T09:05:59.900+01:00", "5 min 59 s"),
        ("2026-12-01T09:00:00.100+01:00", "2026-12-01T09:00:00.900+01:00", "1 s"),  # as it is priced
        (
            "2026-10-25T01:59:59.900+02:00",
            "2026-10-25T03:00:00.100+01:00",
            "2 h 00 min 01 s",
        ),  # over the change of clocks
    ],
)
def test_D_04_a_duration_is_that_of_the_times_beside_it(begins: str, ends: str, duration: str) -> None:
    told = session(begins, ends, kwh="5")
    bill = rated(told, tariff(element(time="0.05/min")))
    block = printed.sheet_of(document(charge(told, bill))).blocks[0]
    assert dict(block.facts)["Duration"] == duration
    assert (block.rows[0].quantity, block.rows[0].details) == (duration, [])


def test_a_line_says_from_when_to_when_and_from_which_values_of_the_meter() -> None:
    told = session("2026-12-01 22:00", "2026-12-02 01:00", readings={"23:50": "20", "2026-12-02 01:00": "34"})
    night = [element(energy="0.50", start_time="06:00"), element(energy="0.30", end_time="06:00")]
    block = printed.sheet_of(document(charge(told, rated(told, tariff(*night))))).blocks[0]
    assert [row.details for row in block.rows] == [
        ["1 Dec 2026 22:00 – 2 Dec 2026 00:00 CET: ≈ 0.000 – 22.000 kWh"],
        ["2 Dec 2026 00:00–01:00 CET: ≈ 22.000 – 34.000 kWh"],
    ]
    assert block.notes == ["≈ The meter told nothing at this change of price; the energy was divided by time."]


def test_a_credit_note_is_the_mirror_of_what_it_takes_back() -> None:
    receipt = m_07()
    [told] = receipt.charges
    back = documents.reversed_charge(told)
    origin = documents.Origin(kind="receipt", number=receipt.number, issued_at=ISSUED)
    made = document(back, kind="credit_note", number="2026-000018", corrects=origin, reason="The meter was wrong")
    sheet = printed.sheet_of(made)
    assert [row.amount for row in sheet.blocks[0].rows] == ["−1.00", "−7.31", "−1.41"]
    assert [row.quantity for row in sheet.blocks[0].rows] == ["−1", "−18.735 kWh", "−47 min"]
    assert sheet.totals == [("Net", "−9.72 EUR"), ("VAT 19 % on −9.72", "−1.85 EUR")]
    assert sheet.total == ("Credited to you", "−11.57 EUR")
    assert ("For", "Receipt 2026-000017, 2 Dec 2026") in sheet.facts
    assert documents.reversed_charge(back) == told
    assert made.total + receipt.total == documents.Money(Decimal(0), "EUR")


def test_a_document_is_read_as_it_was_written() -> None:
    made = m_07()
    assert documents.decoded(documents.encoded(made)) == made
    assert documents.encoded(documents.decoded(documents.encoded(made))) == documents.encoded(made)


def test_in_German_with_its_own_point() -> None:
    sheet = printed.sheet_of(msgspec.structs.replace(m_07(), language="de-AT"))
    assert (sheet.title, sheet.total) == ("Beleg", ("Summe", "11,57 EUR"))
    facts = dict(sheet.blocks[0].facts)
    assert facts["Zählerstand"] == "12.000,000 – 12.018,735 kWh"
    assert facts["Zeit"] == "01.12.2026 10:00–10:47 CET"


def test_D_03_a_page_shows_no_address_of_who_has_paid_and_nothing_of_a_name_is_markup() -> None:
    guest = Party(name='<script>alert("x")</script>', email="ann@example.com", phone="+49301234567")
    text = page.page_of(printed.sheet_of(msgspec.structs.replace(m_07(), buyer=guest)))
    assert "ann@example.com" not in text and "301234567" not in text
    assert "<script" not in text and "&lt;script&gt;" in text
    assert "Hafen Energie GmbH &amp; Co. &lt;KG&gt;" in text


def test_M_16_the_same_document_is_always_the_same_PDF() -> None:
    sheet = msgspec.json.encode(printed.sheet_of(m_07()))
    first = printing.printed("invoice", sheet, at=ISSUED)
    assert first.startswith(b"%PDF-")
    assert printing.printed("invoice", sheet, at=ISSUED) == first


@pytest.mark.parametrize(
    "made",
    [
        document(*(one(kwh, "VAT 20", price="0.50", currency="EUR") for kwh in ("20.010", "10.010"))),
        document(
            one("7.321", price="55", currency="JPY"),
            seller=msgspec.structs.replace(SELLER, name="充電株式会社 " + "Ω" * 80, country="US"),
            buyer=Party(name="#let x = panic() \\ $ * _ @a <b> `c` // " + "Donaudampfschifffahrt" * 12),
        ),
        msgspec.structs.replace(m_07(), language="hi"),
    ],
    ids=["several sessions", "long and strange names", "Hindi"],
)
def test_whatever_it_says_it_can_be_printed(made: Document) -> None:
    assert printing.printed("invoice", msgspec.json.encode(printed.sheet_of(made)), at=ISSUED).startswith(b"%PDF-")
