"""What a browser fetches before somebody can log in, from the files that were built."""

from __future__ import annotations

import gzip
import re

import pytest

from stationmaster.api.pages import DIST

MOST = 120_000  # bytes, compressed; the font comes when the page stands already

# What the login alone says, and no other catalogue.
_SAID = {
    "en": "I have forgotten my password",
    "de": "Ich habe mein Passwort vergessen",
    "es": "He olvidado mi contraseña",
    "fr": "J’ai oublié mon mot de passe",
    "hi": "मैं अपना पासवर्ड भूल गया",
}


@pytest.mark.parametrize("language", ["en", "de", "es", "fr", "hi"])
def test_the_login_is_small(language: str) -> None:
    page = (DIST / "index.html").read_text()
    files = {DIST / "assets" / name for name in re.findall(r"assets/([^\"]+\.(?:js|css))", page)}
    [catalogue] = (file for file in (DIST / "assets").glob(f"{language}-*.js") if _SAID[language] in file.read_text())
    sizes = {file.name: len(gzip.compress(file.read_bytes(), 9)) for file in {*files, catalogue}}
    assert len(sizes) < 12 and any(name.startswith("first-") for name in sizes)
    assert sum(sizes.values()) < MOST, sizes
