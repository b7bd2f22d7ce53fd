"""docs/compatibility.md names every path and every setting of the documents, and what it promises is there."""

from __future__ import annotations

import re

from stationmaster.api import application
from tests.docs.references import ROOT

PAGE = (ROOT / "docs" / "compatibility.md").read_text()
CHECKLIST = (ROOT / "tools" / "checklist.tsv").read_text().splitlines()
_PATH = re.compile(r"\b(GET|POST|PUT|DELETE) (/[^\s`|,]*)")
_PARAMETER = re.compile(r":\w+|\{[^}]*\}")


def _plain(path: str) -> str:
    """A path with its parameters alike, however they are spelt."""
    return _PARAMETER.sub("*", path).rstrip("/")


def _promised() -> dict[tuple[str, str], bool]:
    """The paths in the first column of the page's tables, and whether they are there."""
    found = {}
    for line in PAGE.splitlines():
        if line.startswith("| `"):
            first, _, rest = line.removeprefix("|").partition(" | ")
            found |= {(method, _plain(path)): "not yet" not in rest for method, path in _PATH.findall(first)}
    return found


def test_every_path_of_the_documents_is_on_the_page() -> None:
    named = {(method, _plain(path)) for line in CHECKLIST for method, path in _PATH.findall(line)}
    assert len(named) > 25
    assert named <= set(_promised())


def test_every_setting_of_the_documents_is_on_the_page() -> None:
    named = {match[1] for line in CHECKLIST if (match := re.search(r"\tsetting (\S+)", line))}
    assert len(named) > 15
    assert {name for name in named if f"`{name}`" not in PAGE} == set()
    assert "`/ocpp?validToken`" in PAGE and "`/ocpp?chargePointId=ID&version=1.6`" in PAGE


def test_what_the_page_promises_is_there_and_what_it_does_not_is_not() -> None:
    routes = {
        (method, re.sub(r"\{\w+(:\w+)?\}", "*", route.path).rstrip("/"))
        for route in application.make_routes().routes
        for handler in getattr(route, "route_handlers", ())
        for method in handler.http_methods
        if "{path:path}" not in route.path
    }
    assert {each: each in routes for each in _promised()} == _promised()
