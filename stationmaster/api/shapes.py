"""What the shapes of all resources share: pages of a list, numbers, texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from litestar.params import QueryParameter

from stationmaster.domain.errors import Invalid
from stationmaster.storage.queries import next_cursor

T = TypeVar("T")

MAX_PAGE = 200
Limit = Annotated[int, QueryParameter(ge=1, le=MAX_PAGE, description="How many items at the most")]
Cursor = Annotated[str | None, QueryParameter(max_length=40, description="`next` of the page before")]

# No control characters: these go into lists, logs and exports.
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]


class Page(msgspec.Struct, Generic[T], frozen=True):
    """One page of a list. `next` is the cursor of the following one, null on the last."""

    items: list[T]
    next: str | None


def paged(rows: Sequence[Any], limit: int, form: Callable[[Any], T]) -> Page[T]:
    """A page from the rows of `queries.page`, which asks for one more than is shown."""
    return Page([form(row) for row in rows[:limit]], next_cursor(rows, limit, lambda row: row.id))


Number = int | float


def number(value: Decimal | None) -> Number | None:
    """A JSON number: without a point when there is nothing behind it."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


def given(changes: msgspec.Struct) -> dict[str, Any]:
    """The fields of a PATCH that were sent; null is a value, a field that was left out is not (DAT-09)."""
    return {name: value for name in changes.__struct_fields__ if (value := getattr(changes, name)) is not msgspec.UNSET}


def aware(at: datetime | None, field: str) -> datetime | None:
    """A time of a query, which must name its zone: without one it would mean another moment to everybody. Raises `Invalid`."""
    if at is not None and at.tzinfo is None:
        raise Invalid(field, "must name its zone, as in 2026-05-01T12:00:00Z")
    return at
