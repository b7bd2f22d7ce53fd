"""What the paths of document 001 share: its words and ours, its columns and ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, TypeVar

from msgspec import UNSET
from msgspec import UnsetType as Unset

from stationmaster.domain.errors import Invalid

Ours = TypeVar("Ours", bound=str)
Theirs = TypeVar("Theirs", bound=str)


def ours(words: Mapping[Ours, Theirs], theirs: Theirs) -> Ours:
    """Our word for one of the document's."""
    return next(mine for mine, word in words.items() if word == theirs)


@contextmanager
def columns(names: Mapping[str, str]) -> Iterator[None]:
    """A field that cannot be accepted is named as the document names it."""
    try:
        yield
    except Invalid as error:
        raise Invalid(names.get(error.field, error.field), error.reason) from None


def translated(
    facts: Mapping[str, Any], names: Mapping[str, str], words: Mapping[str, Mapping[Any, str]]
) -> dict[str, Any]:
    """What is given in the document's columns and words, in ours; `names` and `words` are by our columns."""
    back = {theirs: mine for mine, theirs in names.items()}
    mine = {back.get(name, name): value for name, value in facts.items()}
    for name, known in words.items():
        if mine.get(name) is not None:
            mine[name] = ours(known, mine[name])
    return mine


def same(id_in_path: str, told: str | Unset, field: str) -> None:
    """An id that is told beside that in the path. Raises `Invalid`."""
    if told not in (UNSET, id_in_path):
        raise Invalid(field, "cannot be changed")


def decimal(value: Decimal | None) -> str | None:
    """With two decimals, as in the document's tables; more where there are more."""
    if value is None:
        return None
    short = value.quantize(Decimal("0.01"))
    return f"{short:f}" if short == value else f"{value.normalize():f}"
