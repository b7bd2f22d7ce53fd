"""What alerts say, by language and key: English here, the others in `translations.py`. A key that one has not is said in English.

`{since}` and `{until}` are times by the clock of the site; `{place}` is the charger, or the site, with what people call it. What a charger says is filled in
as it is, once, on one line: it is no template.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from stationmaster.domain import moments
from stationmaster.domain.alerts.translations import TRANSLATIONS
from stationmaster.domain.errors import Invalid

ENGLISH = "en"
MAX_LINE = 1000

TEXTS: dict[str, dict[str, str]] = {
    "en": {
        "offline": "{place} is offline since {since}",
        "offline.many": "{count} chargers of {site} went offline at once, {since}: {chargers}",
        "unstable": "{place} is unstable: its connection dropped {times} times in {minutes} minutes",
        "fault": "{place} is faulty since {since}{error}",
        "not_started": "{place}: a car is plugged in since {since}, and does not charge",
        "standing_still": "{place} says it is charging, but its meter has stood still for {minutes} minutes",
        "refused_card": "{place} charges with a card that was refused ({why}), since {since}",
        "no_heartbeat": "{place} is connected, and has said nothing since {since}",
        "wallet_low": "The wallet of {name} ({customer}) has only {balance} {currency} left",
        "payment_failed": "A payment of {amount} {currency} did not go through: {why}",
        "certificate_expiring": "The certificate of {place} ends on {until}",
        "suspicious": "{place}: {what}, {detail}",
        "late": "The queue {queue} is late since {since}: nobody empties it",
        "disk_full": "The disk of {folder} is {percent} % full",
        "opened": "Alert: {title}",
        "escalated": "Nobody has looked at it yet: {title}",
        "resolved": "Over: {title}",
        "unstable.resolved": "{place} has been stable for 15 minutes",
        "body": "{title}\n\nSeverity: {severity}\nSince: {since}\nOpened: {opened}\n{link}",
        "body.resolved": "It is over. {title}\n\nSince: {since}\nOver: {resolved}\n{link}",
        "severity.info": "information",
        "severity.warning": "warning",
        "severity.critical": "critical",
        "digest": "Your chargers on {day}: {open} to look at, {gone} offline",
        "digest.open": "Open now:",
        "digest.offline": "Offline for longer than 3 days:",
        "digest.yesterday": "Since yesterday: {opened} opened, {resolved} over.",
        "test": "A test of {channel}",
        "test.body": "This is a test, sent by {by}. If you read it, {channel} works.",
        "test.device": "A test for this device",
        "test.device.body": "This is a test. If you read it, messages reach this device.",
    }
} | TRANSLATIONS


class Written(NamedTuple):
    """A message, ready to go out."""

    subject: str
    body: str
    language: str


def say(language: str | None, key: str, facts: Mapping[str, Any]) -> str:
    """A text with these facts in it, on the lines that the text itself has."""
    found = TEXTS.get(language_of(language), {}).get(key) or TEXTS[ENGLISH][key]
    return found.format_map({name: plain(value) for name, value in facts.items()})


def language_of(language: str | None) -> str:
    """The language that we have texts in: `de` for `de-AT`; English where there is none."""
    short = (language or ENGLISH).lower().partition("-")[0]
    return short if short in TEXTS else ENGLISH


def title(language: str | None, kind: str, facts: Mapping[str, Any], *, zone: str, resolved: bool = False) -> str:
    """What an alert is about, in a sentence."""
    key = kind
    if kind == "offline" and facts.get("chargers"):
        key = "offline.many"
    if resolved and kind == "unstable":
        key = "unstable.resolved"
    return say(language, key, words(facts, zone=zone))


def words(facts: Mapping[str, Any], *, zone: str) -> dict[str, Any]:
    """Facts as they are said."""
    charger, name, site = (facts.get(each) for each in ("charger", "name", "site"))
    place = charger if not name or name == charger else f"{name} ({charger})"
    place = f"{place or site or ''}" + (f", {site}" if site and place else "")
    if facts.get("connector") and facts.get("evse"):
        place = f"{place}, EVSE {facts['evse']}"
    said = {key: value for key, value in facts.items() if value is not None} | {"place": place}
    for key in ("since", "until", "opened", "resolved"):
        if isinstance(said.get(key), str | datetime):
            said[key] = clock(said[key], zone)
    if isinstance(said.get("chargers"), list):
        said["chargers"] = ", ".join(str(each) for each in said["chargers"])
    error = " ".join(str(facts[each]) for each in ("error", "info") if facts.get(each))
    missing = dict.fromkeys(("customer", "name", "why", "session"), "–")
    return missing | said | {"error": f" ({error})" if error else ""}


def clock(at: datetime | str, zone: str) -> str:
    """A time by the clock there, with the zone's name."""
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    try:
        there = moments.zone_named(zone)
    except Invalid:
        there = moments.zone_named(None)
    return f"{moment.astimezone(there):%Y-%m-%d %H:%M %Z}"


def plain(value: Any) -> str:
    """A fact on one line: what a charger says makes no new one, and is not without end."""
    return "".join(each if each.isprintable() else " " for each in str(value))[:MAX_LINE]
