"""What CONTRIBUTING.md says of the arrows is what is held, and they hold."""

from __future__ import annotations

import re

from importlinter import cli

from tests.docs import references

TEXT = (references.ROOT / "CONTRIBUTING.md").read_text()
PACKAGE = references.ROOT / "stationmaster"


def test_the_arrows_hold() -> None:
    assert cli.lint_imports(str(references.ROOT / "pyproject.toml"), no_cache=True, is_debug_mode=False) == 0


def test_the_table_of_arrows_names_every_package() -> None:
    first_cells = re.findall(r"^\| (`.*?) \|", TEXT, flags=re.MULTILINE)
    named = {package for cell in first_cells for package in re.findall(r"`(\w+)`", cell)}
    there = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert named | {"cli", "__main__", "__init__"} == there
