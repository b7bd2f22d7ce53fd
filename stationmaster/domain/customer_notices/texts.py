"""What customers' notices say, by language and key: English here, the others in `translations.py`.

A notice has a subject and a body of the same key (`started`, `started.body`). Facts are filled in once, on one line, as a customer reads them: times by the
clock of the site, amounts with their currency, numbers as the language writes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from stationmaster.domain.alerts.texts import ENGLISH, Written, plain
from stationmaster.domain.customer_notices.translations import TRANSLATIONS
from stationmaster.domain.errors import Invalid
from stationmaster.domain.invoices import printed
from stationmaster.domain.invoices.languages import words_of
from stationmaster.domain.invoices.words import Words
from stationmaster.domain.money.amounts import Money

TEXTS: dict[str, dict[str, str]] = {
    "en": {
        "started": "Charging has started: {place}",
        "started.body": "Charging at {place} has started at {since}.",
        "nearly_full.percent": "Your car is charged to {percent} %",
        "nearly_full.percent.body": "Your car at {place} is charged to {percent} %.",
        "nearly_full.power": "Your car is nearly full",
        "nearly_full.power.body": "Your car at {place} has been taking far less power than before for several minutes: it is nearly full.",
        "nearly_full.stopped": "Your car takes no more energy",
        "nearly_full.stopped.body": "Your car at {place} has taken no energy since {since}. It is full, or has ended charging by itself.",
        "ended": "Your session has ended: {place}",
        "ended.body": "Your session at {place} has ended.\n\nBegin: {begin}\nEnd: {end}\nDuration: {duration}\nEnergy: {energy} kWh",
        "ended.price": "Price: {price}",
        "ended.corrected": "The price of your session was corrected: {place}",
        "ended.corrected.body": "Your session at {place} of {begin} was corrected. Its price is {price} now; before it was {before}.",
        "idle_fee.soon": "A fee for parking begins at {since}",
        "idle_fee.soon.body": "Your car at {place} takes no energy. If it stays there, a fee of {price} per {unit} is due from {since} on.",
        "idle_fee.now": "A fee for parking is due: {place}",
        "idle_fee.now.body": "Your car at {place} takes no energy. A fee of {price} per {unit} is due since {since}, for as long as it stays there.",
        "unit.hour": "hour",
        "unit.minute": "minute",
        "reservation.made": "A charger is kept for you: {place}",
        "reservation.made.body": "A charger at {place} is kept for you until {until}.",
        "reservation.ending": "Your reservation ends at {until}",
        "reservation.ending.body": "The charger at {place} is kept for you until {until}, and not for longer.",
        "reservation.expired": "Your reservation has expired: {place}",
        "reservation.expired.body": "The charger at {place} was kept for you until {until}. It is free for others now.",
        "reservation.cancelled": "Your reservation was cancelled: {place}",
        "reservation.cancelled.body": "The charger at {place} is not kept for you any more.",
        "wallet_low": "Your balance is low: {balance}",
        "wallet_low.body": "Your balance at {organization} is {balance}. Please top it up before you charge again.",
        "receipt": "{title} – {organization}",
        "receipt.body": "{title} of {organization}: {total}\n{link}",
        "footer": "You get this because messages of this kind were chosen for you at {organization}: {kind}. To get them no more:",
        "footer.sms": "No more of this:",
        "page.title": "Messages from {organization}",
        "page.ask": "You get messages of this kind: {kind}.",
        "page.stop": "Stop these messages",
        "page.stopped": "You get no more messages of this kind: {kind}. Other kinds that you have chosen still come.",
        "kind.started": "charging has started",
        "kind.nearly_full": "the car is nearly full",
        "kind.ended": "the session has ended, with its price",
        "kind.idle_fee": "a fee for parking begins",
        "kind.reservation": "reservations",
        "kind.wallet_low": "the balance is low",
        "kind.receipt": "receipts and invoices",
    }
} | TRANSLATIONS


class Title(NamedTuple):
    """What a document is called: receipt R-2026-12."""

    kind: Literal["receipt", "invoice", "credit_note"]
    number: str


class Price(NamedTuple):
    """What something costs, with all the decimals that its tariff has."""

    amount: Decimal
    currency: str


class Unit(NamedTuple):
    """For what that is due."""

    name: Literal["kwh", "hour", "minute", "session"]


def language_of(language: str | None) -> str:
    """The language that we have texts in: `de` for `de-AT`; English where there is none."""
    short = (language or ENGLISH).lower().partition("-")[0]
    return short if short in TEXTS else ENGLISH


def say(language: str | None, key: str, facts: Mapping[str, Any], *, zone: str = "UTC") -> str:
    """A text with these facts in it."""
    short = language_of(language)
    words = words_of(short)
    return TEXTS[short][key].format_map({name: plain(_said(fact, words, zone)) for name, fact in facts.items()})


def written(language: str | None, key: str, facts: Mapping[str, Any], *, zone: str, also: str | None = None) -> Written:
    """A notice; `also` is a further line of its body."""
    body = say(language, f"{key}.body", facts, zone=zone)
    if also is not None:
        body = f"{body}\n{say(language, also, facts, zone=zone)}"
    return Written(say(language, key, facts, zone=zone), body, language_of(language))


def _said(fact: Any, words: Words, zone: str) -> str:
    if isinstance(fact, datetime):
        minute = fact.replace(second=0, microsecond=0)
        try:
            return printed.written_moment(minute, zone, words)
        except Invalid:  # a name that a newer list of time zones has no more
            return printed.written_moment(minute, "UTC", words)
    if isinstance(fact, timedelta):
        return printed.written_duration(timedelta(minutes=round(fact.total_seconds() / 60)), words)
    if isinstance(fact, Title):
        return f"{words.titles[fact.kind]} {fact.number}"
    if isinstance(fact, Price):
        return f"{printed.written_price(fact.amount, fact.currency, words)} {fact.currency}"
    if isinstance(fact, Unit):
        return say(printed.language_of(words), f"unit.{fact.name}", {})
    if isinstance(fact, Money):
        return f"{printed.written_amount(fact, words)} {fact.currency}"
    return printed.written_number(fact, words) if isinstance(fact, Decimal) else str(fact)
