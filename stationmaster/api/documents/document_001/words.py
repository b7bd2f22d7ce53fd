"""What the paths of document 001 share: its words and ours, its columns and ours."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from msgspec import UNSET
from msgspec import UnsetType as Unset

from stationmaster.domain.errors import Invalid


def ours(words: dict[str, str], theirs: str) -> Any:
    """Our word for one of the document's."""
    return next(mine for mine, word in words.items() if word == theirs)


class columns:
    """A field that cannot be accepted is named as the document names it."""

    def __init__(self, names: dict[str, str]) -> None:
        self._names = names

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: Any, error: BaseException | None, _trace: Any) -> None:
        if isinstance(error, Invalid) and error.field in self._names:
            raise Invalid(self._names[error.field], error.reason) from None


def renamed(facts: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """What is given in the document's columns, in ours; `names` are by ours."""
    back = {theirs: mine for mine, theirs in names.items()}
    return {back.get(name, name): value for name, value in facts.items()}


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
