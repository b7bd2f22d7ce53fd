"""O15: a setting that is read nowhere promises what nobody keeps, and a library that is imported nowhere is only a risk."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.metadata import packages_distributions
from typing import Any

from pydantic import BaseModel

from stationmaster.settings import Settings
from tests.docs.references import ROOT

SOURCES = sorted((ROOT / "stationmaster").rglob("*.py"))
# Named to another library by a text, not imported: the driver in the database's URL, the loop that uvicorn runs on.
BY_NAME = {"apprise": "apprise.plugins", "psycopg": "postgresql+psycopg", "websockets": "websockets-sansio"}


def settings_of(part: type[BaseModel], path: str = "") -> list[tuple[type[BaseModel], str]]:
    """Every setting: the part it stands in, and its whole name."""
    found: list[tuple[type[BaseModel], str]] = []
    for name, field in part.model_fields.items():
        kind = _model_in(field.annotation)
        if kind is None:
            found.append((part, f"{path}{name}"))
        else:
            found += settings_of(kind, f"{path}{name}.")
    return found


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """`Web` of `Web`, `Webhook` of `list[Webhook]`; None for a plain value."""
    for each in (annotation, *getattr(annotation, "__args__", ())):
        if isinstance(each, type) and issubclass(each, BaseModel):
            return each
    return None


SETTINGS = settings_of(Settings)


@cache
def texts() -> dict[str, str]:
    return {path.relative_to(ROOT).as_posix(): path.read_text() for path in SOURCES}


def readers(part: str, whole: str) -> list[str]:
    """The lines that read `….name`, in files that have to do with this part of the settings: by its class, its place, or their name."""
    section = whole.split(".")[0]
    *_, place, name = ["", *whole.split(".")]
    reads = re.compile(rf"\w\.{name}\b(?! *=[^=])(?!\()")
    concerned = re.compile(rf"\b{part}s?\b|\b_?settings\.{section}\b")
    return [
        f"{file}: {line.strip()}"
        for file, text in texts().items()
        if f".{name}" in text and (concerned.search(text) or file.endswith(f"/{place}.py"))
        for line in text.splitlines()
        if reads.search(line)
    ]


def test_O15_the_settings_are_walked_to_their_ends() -> None:
    names = {whole for _, whole in SETTINGS}
    assert {"web.port", "gateway.log_mb_per_day", "webhooks.to.secret", "redis.lease_s"} <= names
    assert len(names) > 50


def test_O15_each_setting_is_read_somewhere() -> None:
    read_nowhere = [whole for part, whole in SETTINGS if not readers(part.__name__, whole)]
    assert read_nowhere == []


def test_O15_a_setting_that_nobody_reads_would_be_found() -> None:
    assert not readers("Security", "security.allow_insecure")
    assert not readers("Web", "web.log_mb_per_day")  # one of another part


@cache
def imported() -> frozenset[str]:
    """The top names of everything that is imported anywhere, inside functions as well."""
    found: set[str] = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
    return frozenset(found)


def dependencies() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = [each for asked in project["optional-dependencies"].values() for each in asked]
    return [re.split(r"[\[<>=~! ;]", each)[0].lower() for each in [*project["dependencies"], *extras]]


@cache
def owned() -> Mapping[str, list[str]]:
    return packages_distributions()


def modules_of(distribution: str) -> frozenset[str]:
    plain = _plain(distribution)
    return frozenset(module for module, owners in owned().items() if plain in map(_plain, owners))


def _plain(distribution: str) -> str:
    """A name as registries compare it."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


def test_O15_each_library_is_imported_somewhere() -> None:
    assert [each for each in dependencies() if not modules_of(each)] == [], "not installed"
    unused = [
        each
        for each in dependencies()
        if not (BY_NAME[each] in "".join(texts().values()) if each in BY_NAME else modules_of(each) & imported())
    ]
    assert unused == []


def test_O15_what_is_imported_is_asked_for() -> None:
    """The other way round: nothing comes only because somebody else happens to need it."""
    asked_for = set().union(*(modules_of(each) for each in dependencies()))
    foreign = (imported() & set(owned())) - {"stationmaster"}
    assert foreign <= asked_for


def test_O15_no_library_is_asked_for_twice() -> None:
    assert len(dependencies()) == len(set(dependencies()))
