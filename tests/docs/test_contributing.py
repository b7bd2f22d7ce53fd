"""What CONTRIBUTING.md says of the arrows is what is held, and they hold."""

from __future__ import annotations

import re

from tests.docs import references
from tools import arrows

TEXT = (references.ROOT / "CONTRIBUTING.md").read_text()


def test_the_arrows_hold() -> None:
    assert arrows.broken() == []


def test_the_table_of_arrows_names_every_package() -> None:
    first_cells = re.findall(r"^\| (`.*?) \|", TEXT, flags=re.MULTILINE)
    named = {package for cell in first_cells for package in re.findall(r"`(\w+)`", cell)}
    assert named | {"web", "cli", "__main__", "__init__"} == set(arrows.ALLOWED)
