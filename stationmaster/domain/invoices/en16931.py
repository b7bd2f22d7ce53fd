"""A document as the European Union's programs read it: EN 16931, written in UBL 2.1.

Sums are those of the document; nothing is rounded anew. Prices with taxes have lines with taxes, and here a line has none: the net of a rate is divided
among its lines in proportion. Where a document says less than the norm asks for, or more than it knows, that is said instead.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Literal, NamedTuple
from xml.etree import ElementTree as ET

from stationmaster.domain.errors import Invalid
from stationmaster.domain.invoices import languages
from stationmaster.domain.invoices.documents import Charge, ChargedLine, Document, Party
from stationmaster.domain.money.amounts import Money, adding_up, decimals_of, total
from stationmaster.domain.money.bill import PER_UNIT, TaxLine

NORM = "urn:cen.eu:en16931:2017"
_COMMON = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
_GROUPS = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
_ROOTS = {name: f"urn:oasis:names:specification:ubl:schema:xsd:{name}-2" for name in ("Invoice", "CreditNote")}
_UNITS = {"kwh": "KWH", "hour": "HUR", "minute": "MIN", "session": "C62"}  # UN/ECE Recommendation 20
_PRICE = Decimal("0.00000001")
ET.register_namespace("cbc", _COMMON)
ET.register_namespace("cac", _GROUPS)

Category = Literal["S", "Z", "E"]  # standard rate, zero rate, no tax


class Rate(NamedTuple):
    """What is asked of a line: UNCL 5305, and per cent."""

    category: Category
    percent: Decimal


def written(document: Document) -> bytes:
    """The XML. Raises `Invalid` with what is missing, or what the norm does not know."""
    return _Writer(document).written()


class _Writer:
    def __init__(self, document: Document) -> None:
        if decimals_of(document.currency) > 2:
            raise Invalid(
                "currency",
                "EN 16931 has no amounts in {currency}, which has three decimals",
                currency=document.currency,
            )
        if document.seller.tax_number is None:
            raise Invalid("seller.tax_number", "EN 16931 asks for a number by which the seller is known")
        if document.buyer is None:
            raise Invalid("buyer", "EN 16931 asks for the buyer's name and country")
        if not any(charge.lines for charge in document.charges):
            raise Invalid("charges", "EN 16931 asks for one line at least, and here nothing is charged")
        self._document = document
        self._buyer = document.buyer
        self._credit = document.kind == "credit_note"
        self._sign = -1 if self._credit else 1  # a credit note says what goes back as positive
        self._words = languages.words_of(document.language)
        zone = zoneinfo.ZoneInfo(document.time_zone)
        self._day = document.issued_at.astimezone(zone).date()
        self._due = None if document.due_at is None else document.due_at.astimezone(zone).date()

    def written(self) -> bytes:
        document = self._document
        name = "CreditNote" if self._credit else "Invoice"
        root = ET.Element(f"{{{_ROOTS[name]}}}{name}")
        _text(root, "CustomizationID", NORM)
        _text(root, "ID", document.number)
        _text(root, "IssueDate", self._day.isoformat())
        if self._due is not None and not self._credit:
            _text(root, "DueDate", self._due.isoformat())
        _text(root, f"{name}TypeCode", "381" if self._credit else "380")
        for note in (document.reason, document.footer):
            if note:
                _text(root, "Note", note)
        _text(root, "DocumentCurrencyCode", document.currency)
        self._period(root, document.charges)
        if document.corrects is not None:
            _text(_group(root, "BillingReference", "InvoiceDocumentReference"), "ID", document.corrects.number)
        self._party(_group(root, "AccountingSupplierParty", "Party"), document.seller, "seller")
        self._party(_group(root, "AccountingCustomerParty", "Party"), self._buyer, "buyer")
        self._means(root)
        self._taxes(root)
        self._sums(root)
        for number, line in enumerate(self._lines(), start=1):
            self._line(root, number, line)
        ET.indent(root)
        declared: bytes = ET.tostring(root, encoding="UTF-8", xml_declaration=True)
        return declared

    def _period(self, parent: ET.Element, charges: Sequence[Charge]) -> None:
        days = [
            at.astimezone(zoneinfo.ZoneInfo(charge.time_zone)).date()
            for charge in charges
            for at in (charge.begins_at, charge.ends_at)
        ]
        period = _group(parent, "InvoicePeriod")
        _text(period, "StartDate", min(days).isoformat())
        _text(period, "EndDate", max(days).isoformat())

    def _party(self, parent: ET.Element, party: Party, whose: str) -> None:
        if party.country is None:
            raise Invalid(
                f"{whose}.country",
                "EN 16931 asks for the country of the seller"
                if whose == "seller"
                else "EN 16931 asks for the country of the buyer",
            )
        # A number of VAT begins with the country; another one is what the seller's own tax office knows them by.
        number = "" if party.tax_number is None else party.tax_number.replace(" ", "")
        vat = number[:2].isalpha() and number[:2].isupper()
        known_as = number if whose == "seller" and not vat else party.customer
        if known_as:
            _text(_group(parent, "PartyIdentification"), "ID", known_as)
        address = _group(parent, "PostalAddress")
        for name, line in zip(("StreetName", "AdditionalStreetName"), party.address, strict=False):
            _text(address, name, line)
        if len(party.address) > 2:
            _text(_group(address, "AddressLine"), "Line", ", ".join(party.address[2:]))
        _text(_group(address, "Country"), "IdentificationCode", party.country)
        if number and (vat or whose == "seller"):
            scheme = _group(parent, "PartyTaxScheme")
            _text(scheme, "CompanyID", number)
            _text(_group(scheme, "TaxScheme"), "ID", "VAT" if vat else "FC")
        _text(_group(parent, "PartyLegalEntity"), "RegistrationName", party.name)
        if whose == "seller" and party.email is not None:
            contact = _group(parent, "Contact")
            _text(contact, "Name", party.name)
            if party.phone is not None:
                _text(contact, "Telephone", party.phone)
            _text(contact, "ElectronicMail", party.email)

    def _means(self, root: ET.Element) -> None:
        document = self._document
        if document.seller.iban is not None and document.open:
            means = _group(root, "PaymentMeans")
            _text(means, "PaymentMeansCode", "58")  # a transfer in the Single Euro Payments Area
            _text(means, "PaymentID", document.number)
            account = _group(means, "PayeeFinancialAccount")
            _text(account, "ID", document.seller.iban.replace(" ", ""))
            if document.seller.bic is not None:
                _text(_group(account, "FinancialInstitutionBranch"), "ID", document.seller.bic)
        if self._due is None or self._credit:
            paid = "paid" if not document.open else "to be paid at once"
            _text(_group(root, "PaymentTerms"), "Note", "credited" if self._credit else paid)

    def _taxes(self, root: ET.Element) -> None:
        groups = self._by_rate()
        taxes = _group(root, "TaxTotal")
        currency = self._document.currency
        self._amount(taxes, "TaxAmount", total([tax for _, _, tax in groups], currency))
        for rate, base, tax in groups:
            part = _group(taxes, "TaxSubtotal")
            self._amount(part, "TaxableAmount", base)
            self._amount(part, "TaxAmount", tax)
            self._category(part, "TaxCategory", rate, why=True)

    def _by_rate(self) -> list[tuple[Rate, Money, Money]]:
        """Rate, base and tax; what no tax is on has a rate as well."""
        document = self._document
        nothing = total([], document.currency)
        found: dict[Rate, tuple[Money, Money]] = {}
        for rate, net in self._nets():
            base, tax = found.get(rate, (nothing, nothing))
            found[rate] = base + net, tax
        for said in document.taxes:
            rate = self._rate(said)
            base, tax = found[rate]
            found[rate] = base, tax + said.amount
        return [(rate, base, tax) for rate, (base, tax) in found.items()]

    def _nets(self) -> Iterator[tuple[Rate, Money]]:
        for charge in self._document.charges:
            for rate, net, _ in self._groups(charge):
                yield rate, net

    def _groups(self, charge: Charge) -> list[tuple[Rate, Money, list[ChargedLine]]]:
        """The lines of a session by their rate, each with the net of them all."""
        by_rate: dict[Rate, list[ChargedLine]] = {}
        for line in charge.lines:
            if len(line.taxes) > 1:
                raise Invalid("taxes", "EN 16931 knows one tax on a line, and here there are more")
            tax = line.taxes[0] if line.taxes else None
            rate = self._without() if tax is None else self._of_percent(tax.percent)
            by_rate.setdefault(rate, []).append(line)
        nets: dict[Rate, Money] = {}
        for said in charge.taxes:
            nets[self._rate(said)] = said.base
        rest = charge.net - total(list(nets.values()), charge.total.currency)
        return [(rate, nets.get(rate, rest), lines) for rate, lines in by_rate.items()]

    def _rate(self, tax: TaxLine) -> Rate:
        return self._of_percent(tax.percent)

    def _of_percent(self, percent: Decimal) -> Rate:
        return Rate("S" if percent else "Z", percent)

    def _without(self) -> Rate:
        return Rate("E", Decimal(0))

    def _lines(self) -> Iterator[_Line]:
        for charge in self._document.charges:
            for rate, net, lines in self._groups(charge):
                whole = sum((Fraction(line.amount.amount) for line in lines), Fraction(0))
                by = Fraction(net.amount) / whole if whole else Fraction(0)
                exact = [Fraction(line.amount.amount) * by * self._sign for line in lines]
                parts = adding_up(exact, net if self._sign > 0 else -net)
                for line, part in zip(lines, parts, strict=True):
                    yield _Line(charge, line, rate, part if self._sign > 0 else -part)

    def _sums(self, root: ET.Element) -> None:
        document = self._document
        tax = total([tax for _, _, tax in self._by_rate()], document.currency)
        paid = document.total - document.open
        sums = _group(root, "LegalMonetaryTotal")
        self._amount(sums, "LineExtensionAmount", document.net)
        self._amount(sums, "TaxExclusiveAmount", document.net)
        self._amount(sums, "TaxInclusiveAmount", document.net + tax)
        if paid:
            self._amount(sums, "PrepaidAmount", paid)
        if document.round_off:
            self._amount(sums, "PayableRoundingAmount", document.round_off)
        self._amount(sums, "PayableAmount", document.open)

    def _line(self, root: ET.Element, number: int, line: _Line) -> None:
        charge, said = line.charge, line.said
        item = _group(root, "CreditNoteLine" if self._credit else "InvoiceLine")
        net = line.net.amount * self._sign
        size = abs(said.quantity) / PER_UNIT[said.unit] or Decimal(1)
        _text(item, "ID", str(number))
        quantity = _text(
            item, "CreditedQuantity" if self._credit else "InvoicedQuantity", _plain(size if net >= 0 else -size)
        )
        quantity.set("unitCode", _UNITS[said.unit])
        self._amount(item, "LineExtensionAmount", line.net)
        self._period(item, [charge])
        what = _group(item, "Item")
        _text(what, "Description", f"{charge.site or charge.station}, {charge.station}, {charge.session}")
        name = self._words.lines[said.type]
        _text(what, "Name", f"{self._words.reservation}: {name}" if said.reservation else name)
        self._category(what, "ClassifiedTaxCategory", line.rate)
        price = _text(_group(item, "Price"), "PriceAmount", _plain((abs(net) / size).quantize(_PRICE)))
        price.set("currencyID", self._document.currency)

    def _category(self, parent: ET.Element, name: str, rate: Rate, *, why: bool = False) -> None:
        category = _group(parent, name)
        _text(category, "ID", rate.category)
        _text(category, "Percent", _plain(rate.percent))
        if why and rate.category == "E":
            _text(category, "TaxExemptionReason", "No tax is charged")
        _text(_group(category, "TaxScheme"), "ID", "VAT")

    def _amount(self, parent: ET.Element, name: str, amount: Money) -> None:
        value = amount.amount * self._sign
        element = _text(parent, name, _plain(value if value else abs(value)))
        element.set("currencyID", self._document.currency)


class _Line(NamedTuple):
    """A line with its net."""

    charge: Charge
    said: ChargedLine
    rate: Rate
    net: Money


def _group(parent: ET.Element, *names: str) -> ET.Element:
    for name in names:
        parent = ET.SubElement(parent, f"{{{_GROUPS}}}{name}")
    return parent


def _text(parent: ET.Element, name: str, text: str) -> ET.Element:
    element = ET.SubElement(parent, f"{{{_COMMON}}}{name}")
    element.text = text
    return element


def _plain(value: Decimal) -> str:
    """Without an exponent."""
    return (
        f"{value.normalize():f}" if value == value.to_integral_value() and value.as_tuple().exponent else f"{value:f}"
    )
