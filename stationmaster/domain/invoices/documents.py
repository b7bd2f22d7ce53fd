"""A receipt, an invoice or a credit note as a value: who, to whom, which sessions, and what it comes to.

It is made once, from bills and what is known at that moment, and is complete: what is printed of it needs nothing else. Amounts are those of the
bills. A document of several sessions adds their nets, taxes and round-offs, and rounds nothing anew, so it says what was booked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Literal

import msgspec

from stationmaster.domain.money.amounts import Money, total
from stationmaster.domain.money.bill import Bill, Line, LineType, TaxLine
from stationmaster.domain.money.tariff_version import Tax, Unit

Kind = Literal["receipt", "invoice", "credit_note"]
"""A receipt is for what is paid; an invoice is to be paid; a credit note takes back some of either."""

Means = Literal["wallet", "bonus", "card", "cash", "bank", "other"]


class _Value(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Never changed."""


class Party(_Value, frozen=True, kw_only=True):
    """Who issues it, or to whom. The address is in lines, as it is printed."""

    name: str
    address: tuple[str, ...] = ()
    country: str | None = None  # ISO 3166, two letters
    tax_number: str | None = None
    tax_label: str | None = None  # what such a number is called there: GSTIN, USt-IdNr.
    email: str | None = None
    phone: str | None = None
    website: str | None = None
    bank: str | None = None
    iban: str | None = None
    bic: str | None = None
    customer: str | None = None  # the id that they have with us


class Design(_Value, frozen=True, kw_only=True):
    """How its paper looked when it was issued, which never changes."""

    colour: str  # of titles, as in #0b6e5f
    logo: str | None = None  # the id of a logo, which is never removed


class Span(_Value, frozen=True, kw_only=True):
    """An uninterrupted piece of a line; for energy with what the session had taken at both ends."""

    begins_at: datetime
    ends_at: datetime
    begin_wh: Decimal | None = None
    end_wh: Decimal | None = None
    interpolated: bool = False


class ChargedLine(_Value, frozen=True, kw_only=True):
    """One price of a session, as rated. Quantity in Wh or seconds, else 1; it is below zero in a credit note."""

    type: LineType
    reservation: bool = False
    quantity: Decimal
    added: Decimal = Decimal(0)
    unit: Unit
    unit_price: Decimal
    taxes: tuple[Tax, ...] = ()
    amount: Money
    capped: bool = False
    spans: tuple[Span, ...] = ()


class SignedValue(_Value, frozen=True, kw_only=True):
    """What the meter has signed, as it was told."""

    context: str | None = None  # Transaction.Begin
    at: datetime | None = None
    text: str
    encoding: str | None = None
    public_key: str | None = None


class Charge(_Value, frozen=True, kw_only=True):
    """One session, and what it costs. Energy and registers in Wh."""

    session: str
    revision: int = 1
    site: str | None = None
    address: str | None = None
    station: str
    evse: int | None = None
    begins_at: datetime
    ends_at: datetime
    time_zone: str
    card: str | None = None  # the end of its number
    tariff: str | None = None
    energy_wh: Decimal | None
    meter_begin_wh: Decimal | None = None
    meter_end_wh: Decimal | None = None
    tax_included: bool
    lines: tuple[ChargedLine, ...]
    net: Money
    taxes: tuple[TaxLine, ...]
    round_off: Money
    total: Money
    notes: tuple[str, ...] = ()  # keys of `bill.NOTES`
    signed: tuple[SignedValue, ...] = ()


class Paid(_Value, frozen=True, kw_only=True):
    """What was paid of it, and how."""

    means: Means
    amount: Money
    at: datetime | None = None
    reference: str | None = None


class Origin(_Value, frozen=True, kw_only=True):
    """The document that a credit note takes back, or a part of."""

    kind: Kind
    number: str
    issued_at: datetime


class Document(_Value, frozen=True, kw_only=True):
    """All that is printed. `time_zone` is that of the date of issue; sessions have their own."""

    kind: Kind
    number: str
    issued_at: datetime
    time_zone: str
    language: str
    seller: Party
    buyer: Party | None = None
    month: str | None = None  # of a collective invoice: 2026-11
    charges: tuple[Charge, ...]
    currency: str
    net: Money
    taxes: tuple[TaxLine, ...]
    round_off: Money
    total: Money
    paid: tuple[Paid, ...] = ()
    due_at: datetime | None = None
    corrects: Origin | None = None
    reason: str | None = None
    footer: str | None = None
    design: Design | None = None

    @property
    def open(self) -> Money:
        """What is still to be paid."""
        return self.total - total([each.amount for each in self.paid], self.currency)


class Sums(_Value, frozen=True, kw_only=True):
    """What sessions come to together."""

    currency: str
    net: Money
    taxes: tuple[TaxLine, ...]
    round_off: Money
    total: Money


def sums_of(charges: Sequence[Charge]) -> Sums:
    """Nets, taxes by name and rate, round-offs. Raises `ValueError` for two currencies, or none."""
    [currency] = {charge.total.currency for charge in charges}
    return Sums(
        currency=currency,
        net=total([charge.net for charge in charges], currency),
        taxes=_taxes_of(charges),
        round_off=total([charge.round_off for charge in charges], currency),
        total=total([charge.total for charge in charges], currency),
    )


def charged_lines(bill: Bill) -> tuple[ChargedLine, ...]:
    """The lines of a bill, without what only the rater needs."""
    return tuple(_line(line) for line in bill.lines)


def reversed_charge(charge: Charge) -> Charge:
    """The same session, taken back: every quantity and every amount with the other sign."""
    lines = [msgspec.structs.replace(line, quantity=-line.quantity, amount=-line.amount) for line in charge.lines]
    taxes = [msgspec.structs.replace(tax, base=-tax.base, amount=-tax.amount) for tax in charge.taxes]
    return msgspec.structs.replace(
        charge,
        lines=tuple(lines),
        taxes=tuple(taxes),
        net=-charge.net,
        round_off=-charge.round_off,
        total=-charge.total,
    )


def encoded(document: Document) -> bytes:
    """As it is kept; the same document is always the same bytes."""
    return msgspec.json.encode(document, order="deterministic")


def decoded(text: bytes | str) -> Document:
    return msgspec.json.decode(text, type=Document)


def _line(line: Line) -> ChargedLine:
    return ChargedLine(
        type=line.type,
        reservation=line.reservation,
        quantity=line.quantity,
        added=line.added,
        unit=line.unit,
        unit_price=line.unit_price,
        taxes=line.taxes,
        amount=line.amount,
        capped=line.capped,
        spans=tuple(
            Span(
                begins_at=part.begins_at,
                ends_at=part.ends_at,
                begin_wh=None if part.begin is None else part.begin.wh,
                end_wh=None if part.end is None else part.end.wh,
                interpolated=any(value is not None and value.interpolated for value in (part.begin, part.end)),
            )
            for part in line.parts
        ),
    )


def _taxes_of(charges: Iterable[Charge]) -> tuple[TaxLine, ...]:
    """Each name and rate once, in the order in which they come first."""
    found: dict[tuple[str, Decimal], TaxLine] = {}
    for tax in (tax for charge in charges for tax in charge.taxes):
        key = (tax.name, tax.percent)
        before = found.get(key)
        found[key] = tax if before is None else TaxLine(*key, before.base + tax.base, before.amount + tax.amount)
    return tuple(found.values())
