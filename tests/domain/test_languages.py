"""What the server writes to people says the same in every language."""

from __future__ import annotations

import string
from typing import Any, get_args

import msgspec
import pytest

from stationmaster.background import mail_texts
from stationmaster.domain import driver_texts
from stationmaster.domain.alerts import texts as alert_texts
from stationmaster.domain.customer_notices import texts as notice_texts
from stationmaster.domain.customer_notices.tables import KINDS
from stationmaster.domain.invoices.languages import LANGUAGES, words_of

ALL = ("en", "de", "es", "fr", "hi")
OTHERS = ALL[1:]


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def shape(value: Any) -> Any:
    """What must be equal: keys, how many there are, and which facts are put into a text."""
    if isinstance(value, dict):
        return {key: shape(each) for key, each in value.items()}
    if isinstance(value, tuple | list):
        return [shape(each) for each in value]
    return placeholders(value)


def test_every_language_is_there() -> None:
    assert tuple(LANGUAGES) == ALL
    assert tuple(mail_texts.TEXTS) == tuple(alert_texts.TEXTS) == tuple(notice_texts.TEXTS) == ALL


@pytest.mark.parametrize("language", OTHERS)
def test_receipts_and_invoices_say_the_same(language: str) -> None:
    english, other = (msgspec.structs.asdict(words_of(each)) for each in ("en", language))
    for plain in ("point", "group", "date", "of_title"):
        assert (english.pop(plain), other.pop(plain)) is not None
    assert shape(other) == shape(english)
    assert len(set(other["long_months"])) == 12


@pytest.mark.parametrize("language", OTHERS)
def test_mails_say_the_same(language: str) -> None:
    for kind, english in mail_texts.EN.items():
        other = mail_texts.text_of(kind, f"{language}-XX")
        assert shape(other) == shape(english), kind
        assert other != english


@pytest.mark.parametrize("texts", [alert_texts.TEXTS, notice_texts.TEXTS], ids=["alerts", "notices"])
@pytest.mark.parametrize("language", OTHERS)
def test_alerts_and_notices_say_the_same(texts: dict[str, dict[str, str]], language: str) -> None:
    assert shape(texts[language]) == shape(texts["en"])


def test_each_kind_of_notice_has_its_name() -> None:
    named = {key.partition(".")[2] for key in notice_texts.TEXTS["en"] if key.startswith("kind.")}
    assert named == set(KINDS)


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("why", get_args(driver_texts.Why))
def test_displays_say_the_same(why: driver_texts.Why, language: str) -> None:
    said = driver_texts.no_more(why, language, until="5 May")
    assert said != driver_texts.no_more(why, "en", until="5 May")
    assert ("5 May" in said) == (why == "card")


def test_who_reads_another_language_reads_english() -> None:
    assert words_of("nl-BE") is words_of("en")
    assert mail_texts.text_of("owed", "nl") == mail_texts.text_of("owed", None) == mail_texts.EN["owed"]
    assert driver_texts.no_more("wallet", "toString") == driver_texts.no_more("wallet", None)
