"""The manual of the pages: what it calls a button or a page is called so there, and every picture is small."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

import pytest

from tests.docs.references import ROOT

GUIDE = sorted((ROOT / "docs" / "guide").glob("*.md"))
PICTURES = ROOT / "docs" / "assets" / "guide"
_SAID = re.compile(r'^msgid ((?:"(?:[^"\\]|\\.)*"\n?)+)', re.MULTILINE)
_NAMED = re.compile(r"(?<!\*)\*([^*\n]+)\*(?!\*)")


@cache
def said() -> set[str]:
    """Everything that the pages say, in English."""
    catalogues = [ROOT / "web/operator/src" / name for name in ("locales/en.po", "guest/locales/en.po")]
    texts = "\n".join(each.read_text() for each in catalogues)
    return {
        "".join(json.loads(part) for part in re.findall(r'"(?:[^"\\]|\\.)*"', found)) for found in _SAID.findall(texts)
    }


@pytest.mark.parametrize("page", GUIDE, ids=lambda page: page.stem)
def test_S0_090_what_the_manual_calls_a_button_or_a_page_is_called_so(page: Path) -> None:
    words = set(_NAMED.findall(page.read_text()))
    assert words - said() == set()


def test_S0_090_every_picture_is_used_and_small() -> None:
    shown = {name for page in GUIDE for name in re.findall(r"assets/guide/([\w-]+\.webp)\)", page.read_text())}
    sizes = {picture.name: picture.stat().st_size for picture in PICTURES.iterdir()}
    assert shown == set(sizes)
    assert max(sizes.values()) <= 60_000 and sum(sizes.values()) <= 1_500_000
