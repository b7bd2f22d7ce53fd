"""Every page names files, functions and links that exist, and is short enough to be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs import references

# A row for each of the 481, a screen for each thing to add, a table for each command, a row for each case, and one for each setting: nobody reads
# these from end to end.
LONG = {"coverage.md", "CONTRIBUTING.md", "cli.md", "conformance.md", "settings.md"}


def _name(page: Path) -> str:
    return page.relative_to(references.ROOT).as_posix()


@pytest.mark.parametrize("page", references.PAGES, ids=_name)
def test_what_a_page_names_exists(page: Path) -> None:
    assert references.problems(page.read_text()) == []
    assert references.broken_links(page) == []


@pytest.mark.parametrize("page", references.PAGES, ids=_name)
def test_a_page_can_be_read_in_one_go(page: Path) -> None:
    assert page.name in LONG or len(page.read_text().splitlines()) <= 160


def test_a_wrong_name_is_noticed() -> None:
    text = "`gateway/connection.py::Connection.receive` `gateway/connection.py::Connection.forget` `gateway/nowhere.py`"
    assert references.problems(text) == [
        "gateway/connection.py has no Connection.forget",
        "there is no file gateway/nowhere.py",
    ]
