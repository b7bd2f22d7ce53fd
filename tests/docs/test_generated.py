"""The generated pages are what the generator makes of the code as it is; the coverage page is complete and true."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from typing import Any

import pytest

from stationmaster.api import description
from tests.docs import references
from tools import generate_openapi

MAPPING: dict[str, Any] = tomllib.loads((references.ROOT / "tools" / "coverage.toml").read_text())
PAGE = (references.ROOT / "docs" / "coverage.md").read_text()
ROWS = {"0": 106, "1": 174, "2": 32, "3": 113, "4": 56}  # documents, and how many rows each has


def test_the_generator_reproduces_the_committed_pages() -> None:
    done = subprocess.run(
        [sys.executable, "tools/generate_docs.py", "--check"], cwd=references.ROOT, capture_output=True, text=True
    )
    assert (done.stdout, done.returncode) == ("", 0), f"run `make generate`\n{done.stderr}"


def test_what_the_web_pages_are_made_from_is_current() -> None:
    for name, text in generate_openapi.files().items():
        assert generate_openapi.is_current(name, text), f"{name}: run `make generate`"


def test_no_pattern_of_the_api_lets_a_line_end_through_at_the_end() -> None:
    """A `$` of Python's stands before one as well; `$(?!\\n)` is the end, in every language."""
    document = description.FILE.read_text()
    patterns = {json.loads(each) for each in re.findall(r'"pattern": ?("(?:[^"\\]|\\.)*")', document)}
    lines = {each for each in patterns if each.endswith(r"[^\x00]*$")}  # these are texts of several
    assert len(patterns) > 20 and len(lines) < 5
    assert {each for each in patterns - lines if not each.endswith(r"$(?!\n)")} == set()


def test_coverage_has_every_row_of_the_checklist() -> None:
    ids = re.findall(r"^\| (S\d-\d{3}) \|", PAGE, flags=re.MULTILINE)
    assert len(ids) == 481
    assert ids == [f"S{document}-{number:03d}" for document, rows in ROWS.items() for number in range(1, rows + 1)]


@pytest.mark.parametrize("entry", [*MAPPING["built"], *MAPPING["part"]], ids=lambda entry: entry["ids"].split()[0])
def test_what_coverage_names_exists(entry: dict[str, Any]) -> None:
    assert entry["where"]
    for said in (*entry["where"], *entry.get("tests", ())):
        path, _, name = said.partition("::")
        assert references.problem(path, name) is None
    for test in entry.get("tests", ()):
        assert re.fullmatch(r"tests/\S+\.py::test_\w+|web/tests/\S+\.test\.ts", test), f"{test} is no test"


def test_what_is_gone_says_why() -> None:
    assert all(len(entry["why"]) > 10 for entry in MAPPING["gone"])
