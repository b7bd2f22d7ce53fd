"""The languages in which receipts, invoices and statements are printed."""

from __future__ import annotations

from stationmaster.domain.invoices.words import DE, EN, Words
from stationmaster.domain.invoices.words_es import ES
from stationmaster.domain.invoices.words_fr import FR
from stationmaster.domain.invoices.words_hi import HI

LANGUAGES: dict[str, Words] = {"en": EN, "de": DE, "es": ES, "fr": FR, "hi": HI}


def words_of(language: str) -> Words:
    """The words of a language, as in `de` or `de-AT`; English where we have no other."""
    return LANGUAGES.get(language.partition("-")[0].lower(), EN)
