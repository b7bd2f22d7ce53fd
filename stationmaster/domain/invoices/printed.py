"""A document in words: everything that its PDF and its page show, as texts in the reader's language.

Both are made from this one sheet, so they cannot tell two stories. Times of a session are those of the clock at its site.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

import msgspec

from stationmaster.domain import looks, moments
from stationmaster.domain.invoices import documents
from stationmaster.domain.invoices.documents import Charge, ChargedLine, Design, Document, Party
from stationmaster.domain.invoices.languages import LANGUAGES, words_of
from stationmaster.domain.invoices.words import Words
from stationmaster.domain.money.amounts import Money, decimals_of
from stationmaster.domain.money.register import second_of
from stationmaster.domain.money.tariff_version import Tax

Fact = tuple[str, str]
"""A label, and what it says."""

_SHOWN_SPANS = 4


class Row(msgspec.Struct, frozen=True):
    """A line of a session; `details` stand below it, smaller."""

    what: str
    details: list[str]
    quantity: str
    price: str
    tax: str
    amount: str


class Block(msgspec.Struct, frozen=True):
    """A session."""

    title: str
    facts: list[Fact]
    head: list[str]  # over the columns of its rows
    rows: list[Row]
    sums: list[Fact]  # where there are several sessions
    notes: list[str]


class Overview(msgspec.Struct, frozen=True):
    """All sessions, one a row."""

    head: list[str]
    rows: list[list[str]]


class Signed(msgspec.Struct, frozen=True):
    title: str
    text: str


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """What is on the paper, from top to bottom."""

    language: str
    paper: str  # a4 or us-letter
    kind: documents.Kind
    title: str
    number: str
    seller: list[str]  # the name first
    buyer: list[str]
    facts: list[Fact]
    overview: Overview | None
    blocks: list[Block]
    totals: list[Fact]
    total: Fact
    paid: list[Fact]
    remark: str
    notes: list[str]
    signed_title: str
    signed: list[Signed]
    footer: list[list[str]]
    page: str  # with {page} and {pages}
    colour: str  # of the title, on white


def sheet_of(document: Document) -> Sheet:
    """Everything that is printed of a document."""
    return _Printer(document).sheet()


class _Printer:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.words = words_of(document.language)
        self.currency = document.currency
        self.issued = document.issued_at.astimezone(moments.zone_named(document.time_zone))

    def sheet(self) -> Sheet:
        document, words = self.document, self.words
        several = len(document.charges) > 1
        notes = [words["each_rounded"]] if several else []
        notes.append(words["clock"])
        return Sheet(
            language=language_of(words),
            paper=paper_of(document.seller.country),
            kind=document.kind,
            title=words.titles[document.kind],
            number=document.number,
            seller=[document.seller.name, *document.seller.address],
            buyer=[] if document.buyer is None else written_party(document.buyer, words),
            facts=self._facts(),
            overview=self._overview() if several else None,
            blocks=[self._block(charge, n) for n, charge in enumerate(document.charges, 1)],
            totals=self._totals(),
            total=(words["credit" if document.total.amount < 0 else "total"], self._paid_amount(document.total)),
            paid=[(_means(paid, words), self._paid_amount(paid.amount)) for paid in document.paid],
            remark=self._remark(),
            notes=notes,
            signed_title=words["signed"],
            signed=[one for charge in document.charges for one in self._signed(charge)],
            footer=footer_of(document.seller, document.footer, words),
            page=words["page"],
            colour=colour_of(document.design),
        )

    def _facts(self) -> list[Fact]:
        document, words = self.document, self.words
        facts = [(words["number"], document.number), (words["date"], written_date(self.issued, words))]
        if document.corrects is not None:
            origin = document.corrects
            on = written_date(origin.issued_at.astimezone(self.issued.tzinfo), words)
            facts.append((words["for"], f"{words.titles[origin.kind]} {origin.number}, {on}"))
        if document.reason:
            facts.append((words["reason"], document.reason))
        if document.month is not None:
            year, month = document.month.split("-")
            facts.append((words["month"], f"{words.long_months[int(month) - 1]} {year}"))
        if document.buyer is not None and document.buyer.customer:
            facts.append((words["customer"], document.buyer.customer))
        if document.due_at is not None and document.open.amount > 0:
            facts.append((words["due"], self._due()))
        return facts

    def _overview(self) -> Overview:
        words = self.words
        head = [words["begins"], words["place"], words["energy"], words["net"], words["tax"], words["total"]]
        rows = []
        for charge in self.document.charges:
            tax = charge.total - charge.net
            place = charge.site or charge.station
            rows.append(
                [
                    written_moment(charge.begins_at, charge.time_zone, words),
                    place,
                    "" if charge.energy_wh is None else f"{_kwh(charge.energy_wh, words)} kWh",
                    *(written_amount(each, words) for each in (charge.net, tax, charge.total)),
                ]
            )
        return Overview(head, rows)

    def _block(self, charge: Charge, n: int) -> Block:
        words = self.words
        count = len(self.document.charges)
        title = words["session"] if count == 1 else words["session_of"].format(n=n, count=count)
        name = "gross_amount" if charge.tax_included else "net_amount"
        head = [
            words["what"],
            words["quantity"],
            words["price"],
            words["tax"],
            words[name].format(currency=self.currency),
        ]
        energy_lines = sum(line.type == "energy" for line in charge.lines)
        return Block(
            title=title,
            facts=self._facts_of(charge),
            head=head,
            rows=[self._row(line, charge, readings=energy_lines > 1) for line in charge.lines],
            sums=[] if count == 1 else [*self._sums(charge), (words["total"], written_amount(charge.total, words))],
            notes=[
                words.notes[note] for note in charge.notes if note in words.notes and note not in ("step", "capped")
            ],
        )

    def _facts_of(self, charge: Charge) -> list[Fact]:
        words = self.words
        place = ", ".join(part for part in (charge.site, charge.address) if part)
        connection = words["connection"].format(evse=charge.evse) if charge.evse is not None else None
        facts = [(words["place"], place)] if place else []
        facts.append((words["charger"], ", ".join(part for part in (charge.station, connection) if part)))
        facts.append((words["time"], written_span(charge.begins_at, charge.ends_at, charge.time_zone, words)))
        begin, end = _seconds(charge)
        # As it is priced, and as the times beside it are shown: 09:00:00.9 to 09:06:00.1 are six minutes.
        facts.append((words["duration"], written_duration(timedelta(seconds=end - begin), words)))
        if charge.energy_wh is not None:
            facts.append((words["energy"], f"{_kwh(charge.energy_wh, words)} kWh"))
        if charge.meter_begin_wh is not None and charge.meter_end_wh is not None:
            first, last = (_kwh(wh, words) for wh in (charge.meter_begin_wh, charge.meter_end_wh))
            facts.append((words["meter"], f"{first} – {last} kWh"))
        facts += [(words["card"], charge.card)] if charge.card else []
        facts += [(words["tariff"], charge.tariff)] if charge.tariff else []
        return facts

    def _row(self, line: ChargedLine, charge: Charge, *, readings: bool) -> Row:
        words = self.words
        what = words.lines[line.type]
        if line.reservation:
            what = f"{words.reservation}: {what}"
        limit = line.type in ("min_price", "max_price")
        per = words.per[line.unit]
        price = written_price(line.unit_price, self.currency, words)
        return Row(
            what=what,
            details=self._details(line, charge, readings=readings),
            quantity="" if limit else self._quantity(line, line.quantity),
            price="" if limit else f"{price} / {per}" if per else price,
            tax=_taxes(line.taxes, words),
            amount=written_amount(line.amount, words),
        )

    def _details(self, line: ChargedLine, charge: Charge, *, readings: bool) -> list[str]:
        words = self.words
        details = []
        whole = len(line.spans) == 1 and _seconds(line.spans[0]) == _seconds(charge)
        if line.spans and not whole and line.unit != "session":
            if len(line.spans) <= _SHOWN_SPANS:
                for span in line.spans:
                    text = written_span(span.begins_at, span.ends_at, charge.time_zone, words)
                    if readings and span.begin_wh is not None and span.end_wh is not None:
                        about = "≈ " if span.interpolated else ""
                        text += f": {about}{_kwh(span.begin_wh, words)} – {_kwh(span.end_wh, words)} kWh"
                    details.append(text)
            else:
                text = written_span(line.spans[0].begins_at, line.spans[-1].ends_at, charge.time_zone, words)
                details.append(f"{text}, {words['periods'].format(count=len(line.spans))}")
        if line.added:
            details.append(words["step_added"].format(quantity=self._quantity(line, line.added)))
        if line.capped:
            details.append(words["at_most"])
        return details

    def _quantity(self, line: ChargedLine, quantity: Decimal) -> str:
        if line.unit == "kwh":
            return f"{_kwh(quantity, self.words)} kWh"
        if line.unit == "session":
            return written_number(quantity, self.words)
        return written_duration(timedelta(seconds=int(quantity)), self.words)

    def _totals(self) -> list[Fact]:
        document = self.document
        return self._sums(document, currency=True)

    def _sums(self, of: Document | Charge, *, currency: bool = False) -> list[Fact]:
        words = self.words
        form = self._paid_amount if currency else lambda amount: written_amount(amount, words)
        sums = [(words["net"], form(of.net))]
        for tax in of.taxes:
            percent = f"{written_number(tax.percent, words)} %"
            label = words["tax_on"].format(name=tax.name, percent=percent, base=written_amount(tax.base, words))
            sums.append((label, form(tax.amount)))
        if not of.taxes:
            sums.append((words["no_tax"], form(of.total - of.net)))
        if of.round_off:
            sums.append((words["round_off"], form(of.round_off)))
        return sums

    def _remark(self) -> str:
        document, words = self.document, self.words
        still = document.open
        if document.kind == "credit_note":
            return ""
        if not still.amount:
            return words["nothing_open"]
        if still.amount < 0:  # it was billed anew, and is less than what was paid
            return f"{words['open_credit']}: {self._paid_amount(-still)}"
        if document.due_at is None:
            return f"{words['open']}: {self._paid_amount(still)}"
        account = ", ".join(part for part in (document.seller.bank, _in_fours(document.seller.iban)) if part)
        facts = {"amount": self._paid_amount(still), "date": self._due(), "number": document.number}
        return words["pay_to" if account else "pay"].format(**facts, account=account)

    def _due(self) -> str:
        assert self.document.due_at is not None
        return written_date(self.document.due_at.astimezone(self.issued.tzinfo), self.words)

    def _signed(self, charge: Charge) -> list[Signed]:
        words = self.words
        found = []
        for value in charge.signed:
            titles = {"Transaction.Begin": words["signed_begin"], "Transaction.End": words["signed_end"]}
            at = None if value.at is None else written_moment(value.at, charge.time_zone, words)
            title = titles.get(value.context or "") or words["signed_at"].format(time=at or "?")
            found.append(Signed(title, value.text))
            if value.public_key:
                found.append(Signed(words["public_key"], value.public_key))
        return found

    def _paid_amount(self, amount: Money) -> str:
        return f"{written_amount(amount, self.words)} {amount.currency}"


def _seconds(span: Charge | documents.Span) -> tuple[int, int]:
    """Begin and end, cut to whole seconds; it lasts one at least, as it is priced."""
    begin = second_of(span.begins_at)
    return begin, max(begin + 1, second_of(span.ends_at))


_LETTER = frozenset({"US", "CA", "MX", "PH", "CL", "CO", "VE"})  # where paper is not A4


def paper_of(country: str | None) -> str:
    """What is in the printers there."""
    return "us-letter" if country in _LETTER else "a4"


def written_party(party: Party, words: Words) -> list[str]:
    """Name, address and tax number, a line each."""
    tax = f"{party.tax_label or words['tax_number']} {party.tax_number}" if party.tax_number else None
    return [text for text in (party.name, *party.address, tax) if text]


def colour_of(design: Design | None) -> str:
    """Of titles, where nothing else was said."""
    return looks.OURS.on_light if design is None else design.colour


def footer_of(seller: Party, own: str | None, words: Words) -> list[list[str]]:
    """The columns at the foot of each page."""
    who = [seller.name, ", ".join(seller.address)]
    if seller.tax_number:
        who.append(f"{seller.tax_label or words['tax_number']} {seller.tax_number}")
    phone = f"{words['phone']} {seller.phone}" if seller.phone else None
    reach = [text for text in (phone, seller.email, seller.website) if text]
    bank = [text for text in (seller.bank, _in_fours(seller.iban), seller.bic) if text]
    bank = [words["bank_account"], *bank] if bank else []
    return [column for column in ([text for text in who if text], reach, bank, (own or "").splitlines()) if column]


def language_of(words: Words) -> str:
    """Its tag."""
    return next(tag for tag, each in LANGUAGES.items() if each is words)


def _in_fours(iban: str | None) -> str:
    return " ".join((iban or "")[start : start + 4] for start in range(0, len(iban or ""), 4))


def _means(paid: documents.Paid, words: Words) -> str:
    text = words.means[paid.means]
    return f"{text} ({paid.reference})" if paid.reference else text


def _taxes(taxes: Sequence[Tax], words: Words) -> str:
    return " + ".join(f"{written_number(tax.percent, words)} %" for tax in taxes)


# Numbers and times


def written_amount(amount: Money, words: Words) -> str:
    """With all decimals of its currency: 1,234.50."""
    return _grouped(f"{amount.amount:f}", words)


def written_price(price: Decimal, currency: str, words: Words) -> str:
    """With as many decimals as it has, and no fewer than its currency has."""
    return _grouped(_with_at_least(price, decimals_of(currency)), words)


def written_number(number: Decimal, words: Words) -> str:
    """With as many decimals as it needs."""
    return _grouped(_with_at_least(number, 0), words)


def _kwh(wh: Decimal, words: Words) -> str:
    return _grouped(_with_at_least(wh.scaleb(-3), 3), words)


def _with_at_least(number: Decimal, decimals: int) -> str:
    short = number.normalize()
    exponent = short.as_tuple().exponent
    assert isinstance(exponent, int)
    return f"{short:.{max(decimals, -exponent)}f}"


def _grouped(text: str, words: Words) -> str:
    """The digits of a plain number as the language writes them; a minus is a real one."""
    sign, digits = ("−", text[1:]) if text.startswith("-") else ("", text)
    whole, _, rest = digits.partition(".")
    groups = f"{int(whole):,}".replace(",", words.group)
    return f"{sign}{groups}{words.point}{rest}" if rest else f"{sign}{groups}"


def written_date(at: datetime, words: Words) -> str:
    """The day of a time that is local already."""
    return words.date.format(day=at.day, month=words.months[at.month - 1], number=at.month, year=at.year)


def written_moment(at: datetime, time_zone: str, words: Words) -> str:
    """By the clock of a zone, with what the zone is called just then: an hour that comes twice in autumn is told apart."""
    local = at.astimezone(moments.zone_named(time_zone))
    return f"{written_date(local, words)} {_clock(local)} {_zone(local)}"


def written_span(begin: datetime, end: datetime, time_zone: str, words: Words) -> str:
    """From when to when; what both have in common is said once."""
    zone = moments.zone_named(time_zone)
    first, last = begin.astimezone(zone), end.astimezone(zone)
    if _zone(first) != _zone(last):
        return f"{written_moment(begin, time_zone, words)} – {written_moment(end, time_zone, words)}"
    until = "" if first.date() == last.date() else f"{written_date(last, words)} "
    dash = " – " if until else "–"
    return f"{written_date(first, words)} {_clock(first)}{dash}{until}{_clock(last)} {_zone(last)}"


def written_duration(length: timedelta, words: Words) -> str:
    """7 h 00 min; seconds where there are some; a minus where it is taken back."""
    seconds = round(length.total_seconds())
    sign = "−" if seconds < 0 else ""
    minutes, rest = divmod(abs(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = []
    if hours:
        parts.append(f"{hours} {words['hour']}")
    if hours or minutes or not rest:
        parts.append(f"{minutes:02} {words['minute']}" if hours else f"{minutes} {words['minute']}")
    if rest:
        parts.append(f"{rest:02} {words['second']}" if parts else f"{rest} {words['second']}")
    return sign + " ".join(parts)


def _clock(local: datetime) -> str:
    return f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"


def _zone(local: datetime) -> str:
    """CEST; where a zone has no name but a number, UTC-03."""
    name = local.tzname() or ""
    return name if name[:1].isalpha() else f"UTC{name}"
