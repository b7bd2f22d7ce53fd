"""What receipts and invoices say, in the languages of their readers. A language that is not here is printed in English."""

from __future__ import annotations

import msgspec


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """The words of one language, and how it writes numbers and dates."""

    point: str
    group: str
    date: str  # {day} {month} {year}
    months: tuple[str, ...]
    long_months: tuple[str, ...]
    titles: dict[str, str]
    of_title: str  # Credit note for {number}
    lines: dict[str, str]
    reservation: str
    per: dict[str, str]
    means: dict[str, str]
    notes: dict[str, str]
    phrases: dict[str, str]

    def __getitem__(self, phrase: str) -> str:
        return self.phrases[phrase]


EN = Words(
    point=".",
    group=",",
    date="{day} {month} {year}",
    months=("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    long_months=(
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
    titles={"receipt": "Receipt", "invoice": "Invoice", "credit_note": "Credit note", "statement": "Statement"},
    of_title="{title} {number}",
    lines={
        "energy": "Energy",
        "time": "Charging time",
        "parking_time": "Time without charging",
        "flat": "Fee per session",
        "min_price": "Up to the minimum price",
        "max_price": "Down to the maximum price",
    },
    reservation="Reservation",
    per={"kwh": "kWh", "hour": "h", "minute": "min", "session": ""},
    means={
        "wallet": "Paid from your wallet",
        "bonus": "Paid from your bonus",
        "card": "Paid by card",
        "cash": "Paid in cash",
        "bank": "Paid by bank transfer",
        "other": "Paid",
    },
    notes={
        "too_little": "Less energy was delivered than is billed at all, so this session costs nothing.",
        "energy_unknown": "How much energy was taken cannot be said; it is not in the price.",
        "interpolated": "≈ The meter told nothing at this change of price; the energy was divided by time.",
        "step": "A quantity was rounded up to a whole step of the tariff.",
        "capped": "A price has reached its maximum.",
    },
    phrases={
        "number": "Number",
        "date": "Date",
        "customer": "Customer number",
        "month": "Month",
        "due": "To be paid by",
        "paid": "Paid",
        "for": "For",
        "reason": "Reason",
        "tax_number": "Tax number",
        "place": "Place",
        "charger": "Charger",
        "connection": "connection {evse}",
        "time": "Time",
        "duration": "Duration",
        "card": "Card",
        "tariff": "Tariff",
        "energy": "Energy",
        "meter": "Meter",
        "what": "What",
        "quantity": "Quantity",
        "price": "Price",
        "tax": "Tax",
        "amount": "Amount in {currency}",
        "net_amount": "Amount in {currency}, without tax",
        "gross_amount": "Amount in {currency}, with tax",
        "session": "Session",
        "sessions": "Sessions",
        "session_of": "Session {n} of {count}",
        "net": "Net",
        "tax_on": "{name} {percent} on {base}",
        "no_tax": "No tax",
        "round_off": "Round-off",
        "total": "Total",
        "credit": "Credited to you",
        "open": "Still to be paid",
        "open_credit": "Paid back to you",
        "nothing_open": "Paid in full. Thank you.",
        "pay_to": "Please pay {amount} by {date} to {account}, with the reference {number}.",
        "pay": "Please pay {amount} by {date}, with the reference {number}.",
        "each_rounded": "Taxes are worked out and rounded for each session.",
        "step_added": "{quantity} of it rounded up",
        "at_most": "limited to its maximum",
        "periods": "{count} periods",
        "signed": "What the meter has signed",
        "signed_begin": "At the begin",
        "signed_end": "At the end",
        "signed_at": "At {time}",
        "public_key": "Public key",
        "page": "Page {page} of {pages}",
        "phone": "Phone",
        "bank_account": "Bank account",
        "clock": "Times are those of the clock at the charger.",
        "begins": "Begin",
        "scan": "Scan, pay, charge",
        "mail": "Here is your {title} from {seller}, over {total}.\n\n{link}",
        "corrected": "The session was corrected, and is billed anew",
        "left_out": "The session is not billed any more",
        "hour": "h",
        "minute": "min",
        "second": "s",
    },
)

DE = Words(
    point=",",
    group=".",
    date="{day:02}.{number:02}.{year}",
    months=("Jan.", "Feb.", "März", "Apr.", "Mai", "Juni", "Juli", "Aug.", "Sept.", "Okt.", "Nov.", "Dez."),
    long_months=(
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ),
    titles={"receipt": "Beleg", "invoice": "Rechnung", "credit_note": "Rechnungskorrektur", "statement": "Kontoauszug"},
    of_title="{title} {number}",
    lines={
        "energy": "Energie",
        "time": "Ladezeit",
        "parking_time": "Standzeit ohne Laden",
        "flat": "Gebühr je Ladevorgang",
        "min_price": "Bis zum Mindestpreis",
        "max_price": "Bis zum Höchstpreis",
    },
    reservation="Reservierung",
    per={"kwh": "kWh", "hour": "h", "minute": "min", "session": ""},
    means={
        "wallet": "Bezahlt aus Ihrem Guthaben",
        "bonus": "Bezahlt aus Ihrem Bonus",
        "card": "Bezahlt mit Karte",
        "cash": "Bar bezahlt",
        "bank": "Bezahlt durch Überweisung",
        "other": "Bezahlt",
    },
    notes={
        "too_little": "Es wurde weniger Energie geliefert, als überhaupt berechnet wird; dieser Ladevorgang kostet nichts.",
        "energy_unknown": "Wie viel Energie geladen wurde, lässt sich nicht sagen; sie ist nicht berechnet.",
        "interpolated": "≈ Bei diesem Preiswechsel lag kein Messwert vor; die Energie wurde nach der Zeit aufgeteilt.",
        "step": "Eine Menge wurde auf die volle Einheit des Tarifs aufgerundet.",
        "capped": "Ein Preis hat seinen Höchstbetrag erreicht.",
    },
    phrases={
        "number": "Nummer",
        "date": "Datum",
        "customer": "Kundennummer",
        "month": "Monat",
        "due": "Zahlbar bis",
        "paid": "Bezahlt",
        "for": "Zu",
        "reason": "Grund",
        "tax_number": "Steuernummer",
        "place": "Ort",
        "charger": "Ladestation",
        "connection": "Ladepunkt {evse}",
        "time": "Zeit",
        "duration": "Dauer",
        "card": "Karte",
        "tariff": "Tarif",
        "energy": "Energie",
        "meter": "Zählerstand",
        "what": "Leistung",
        "quantity": "Menge",
        "price": "Preis",
        "tax": "Steuer",
        "amount": "Betrag in {currency}",
        "net_amount": "Betrag in {currency}, ohne Steuer",
        "gross_amount": "Betrag in {currency}, mit Steuer",
        "session": "Ladevorgang",
        "sessions": "Ladevorgänge",
        "session_of": "Ladevorgang {n} von {count}",
        "net": "Netto",
        "tax_on": "{name} {percent} auf {base}",
        "no_tax": "Ohne Steuer",
        "round_off": "Rundung",
        "total": "Summe",
        "credit": "Ihre Gutschrift",
        "open": "Noch zu bezahlen",
        "open_credit": "Wird Ihnen erstattet",
        "nothing_open": "Vollständig bezahlt. Vielen Dank.",
        "pay_to": "Bitte überweisen Sie {amount} bis zum {date} auf {account}, Verwendungszweck {number}.",
        "pay": "Bitte zahlen Sie {amount} bis zum {date}, Verwendungszweck {number}.",
        "each_rounded": "Die Steuer ist für jeden Ladevorgang berechnet und gerundet.",
        "step_added": "davon {quantity} aufgerundet",
        "at_most": "auf den Höchstbetrag begrenzt",
        "periods": "{count} Abschnitte",
        "signed": "Signierte Messwerte",
        "signed_begin": "Am Anfang",
        "signed_end": "Am Ende",
        "signed_at": "Um {time}",
        "public_key": "Öffentlicher Schlüssel",
        "page": "Seite {page} von {pages}",
        "phone": "Telefon",
        "bank_account": "Bankverbindung",
        "clock": "Zeiten nach der Uhr am Ort der Ladestation.",
        "begins": "Beginn",
        "scan": "Scannen, zahlen, laden",
        "mail": "Hier ist Ihr Dokument {title} von {seller} über {total}.\n\n{link}",
        "corrected": "Der Ladevorgang wurde berichtigt und wird neu berechnet",
        "left_out": "Der Ladevorgang wird nicht mehr berechnet",
        "hour": "h",
        "minute": "min",
        "second": "s",
    },
)

LANGUAGES: dict[str, Words] = {"en": EN, "de": DE}


def words_of(language: str) -> Words:
    """The words of a language, as in `de` or `de-AT`."""
    return LANGUAGES.get(language.partition("-")[0].lower(), EN)
