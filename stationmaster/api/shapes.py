"""What the shapes of all resources share: pages of a list, numbers, texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeVar, overload

import msgspec
from litestar import Response
from litestar.params import HeaderParameter, QueryParameter

from stationmaster.domain import versions
from stationmaster.domain.errors import Invalid
from stationmaster.domain.money.amounts import of_minor
from stationmaster.domain.versions import Numbered
from stationmaster.storage.lists import Found, found

T = TypeVar("T")

MAX_PAGE = 200
Limit = Annotated[int, QueryParameter(ge=1, le=MAX_PAGE, description="How many items at the most")]
Cursor = Annotated[str | None, QueryParameter(max_length=2000, description="`next` of the page before")]
# One letter is enough (API-15): it is found on the first page, and is a whole name in some scripts. What costs is what is rare,
# however long it is, and that is cut when it takes too long (`database.read_s`).
Search = Annotated[str | None, QueryParameter(max_length=100, description="Only what has this in it, in any case")]
Deleted = Annotated[bool, QueryParameter(description="Only what was removed, and can be restored")]
SORTED = "The order; a minus is downwards, what has no value comes last. Left out: newest first"

IfMatch = Annotated[
    str | None,
    HeaderParameter(
        name="If-Match",
        max_length=2000,
        description="The ETag that it had when you looked; 412 when somebody has changed it since",
    ),
]

# No control characters: these go into lists, logs and exports.
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)")]


# What the operator calls a thing; it stands in paths.
OwnId = Annotated[str, msgspec.Meta(min_length=1, max_length=255, pattern=r"^(?!\.{1,2}$)[^\x00-\x1f\x7f/?#]*$(?!\n)")]


class Page(msgspec.Struct, Generic[T], frozen=True):
    """One page of a list. `next` is the cursor of the following one, null on the last."""

    items: list[T]
    next: str | None


def paged(rows: Sequence[Any], limit: int, form: Callable[[Any], T]) -> Page[T]:
    """A page from the rows of `queries.page`."""
    return page_of(found(rows, limit), form)


def page_of(page: Found[Any], form: Callable[[Any], T]) -> Page[T]:
    """A page from what `storage/lists.py::listed` has found."""
    return Page([form(row) for row in page.rows], page.next)


def tagged(row: Numbered, form: T) -> Response[T]:
    """The answer that shows one thing, with the ETag that says in which version."""
    return tagged_as(versions.tag(row), form)


def tagged_as(tag: str, form: T) -> Response[T]:
    """The same, of what has its tag from elsewhere."""
    return Response(form, headers={"ETag": f'"{tag}"'})


_TAGS = re.compile(r'\s*(?:W/)?"([!#-~]*)"\s*')


def tags_of(if_match: str | None) -> versions.Expected:
    """The tags of which one must be the present one; None when there is no condition. Raises `Invalid`."""
    if if_match is None or if_match.strip() == "*":
        return None
    found = [_TAGS.fullmatch(each) for each in if_match.split(",")]
    if not all(found):
        raise Invalid("If-Match", 'is a list of ETags, each in quotes, as in "5d41402abc4b2a76"')
    return frozenset(each[1] for each in found if each)


Number = int | float


@overload
def number(value: Decimal) -> Number: ...
@overload
def number(value: Decimal | None) -> Number | None: ...
def number(value: Decimal | None) -> Number | None:
    """A JSON number: without a point when there is nothing behind it."""
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)


@overload
def exact(value: Decimal) -> str: ...
@overload
def exact(value: Decimal | None) -> str | None: ...
def exact(value: Decimal | None) -> str | None:
    """An exact decimal as a text, as money is: a JSON number would be a float to most who read it."""
    return None if value is None else f"{value.normalize():f}"


def amount_of(minor: int, currency: str) -> str:
    """An amount in the smallest units of its currency, exact, as a text."""
    return str(of_minor(minor, currency).amount)


def given(changes: msgspec.Struct) -> dict[str, Any]:
    """The fields of a PATCH that were sent; null is a value, a field that was left out is not (DAT-09)."""
    return {name: value for name in changes.__struct_fields__ if (value := getattr(changes, name)) is not msgspec.UNSET}


def aware(at: datetime | None, field: str) -> datetime | None:
    """A time of a query, which must name its zone: without one it would mean another moment to everybody. Raises `Invalid`."""
    if at is not None and at.tzinfo is None:
        raise Invalid(field, "must name its zone, as in 2026-05-01T12:00:00Z")
    return at
