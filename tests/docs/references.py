"""What the pages name: `gateway/connection.py::Session.receive` must be there, and a link must lead somewhere."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])

_REFERENCE = re.compile(r"`((?:[\w.-]+/)*[\w.-]+\.(?:py|md|tsx?|toml|tsv|json|lock))(?:::([\w.]+))?`")
_LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)(?:#[^)]*)?\)")


def problems(text: str) -> list[str]:
    """Every reference in the text to a file or a name that does not exist."""
    return [said for path, name in _REFERENCE.findall(text) if (said := problem(path, name))]


def problem(path: str, name: str) -> str | None:
    """What is wrong with one reference; paths count from the project's folder, or from stationmaster/."""
    file = next((base / path for base in (ROOT, ROOT / "stationmaster") if (base / path).is_file()), None)
    if file is None:
        return f"there is no file {path}"
    if name and name not in names_in(file):
        return f"{path} has no {name}"
    return None


def broken_links(page: Path) -> list[str]:
    """Links of a page to files that do not exist."""
    return [link for link in _LINK.findall(page.read_text()) if not (page.parent / link).exists()]


@cache
def names_in(file: Path) -> frozenset[str]:
    """Functions, classes, `Class.method`, and names given a value at the top of a module."""
    return frozenset(_names(ast.parse(file.read_text()).body, ""))


def _names(body: list[ast.stmt], prefix: str) -> list[str]:
    found: list[str] = []
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.append(prefix + node.name)
        elif isinstance(node, ast.ClassDef):
            found += [prefix + node.name, *_names(node.body, f"{prefix}{node.name}.")]
        elif isinstance(node, ast.Assign):
            found += [prefix + target.id for target in node.targets if isinstance(target, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found.append(prefix + node.target.id)
    return found
