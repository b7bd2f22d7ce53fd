"""Lists as all resources have them: searched, sorted by what is allowed, page by page.

A cursor says where the last page ended: the key of its last row, and what the list is sorted by. It goes on from there whatever has
come, gone or changed meanwhile, so each row comes once; with an index of the organization and the column it is as fast on a million.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, NamedTuple, TypeVar

import msgspec
from sqlalchemy import BigInteger, Boolean, ColumnElement, Integer, Select, and_, func, literal, tuple_

from stationmaster.reason_words import Reasoned
from stationmaster.storage.columns import Exact, UtcTime
from stationmaster.storage.queries import BadCursor, next_cursor, page, search
from stationmaster.storage.work import Work

_AT_ONCE = 500  # values in one question
Row = TypeVar("Row")
Sorts = Mapping[str, ColumnElement[Any]]


class BadSort(Reasoned, ValueError):
    """A list cannot be sorted by this."""


class Wanted(NamedTuple):
    """The part of a list that is asked for. `sort` is a name of its sorts, with a minus before it downwards; None: newest first."""

    limit: int = 50
    cursor: str | None = None
    sort: str | None = None
    search: str | None = None


class Found(NamedTuple, Generic[Row]):
    """One page of a list, and the cursor of the next one."""

    rows: list[Row]
    next: str | None


def listed(
    work: Work,
    statement: Select[Any],
    wanted: Wanted,
    *,
    key: ColumnElement[int],
    sorts: Sorts | None = None,
    searched: Iterable[ColumnElement[Any]] = (),
) -> Found[Any]:
    """The rows of this part of a list. What has nothing in the column it is sorted by comes last, in both directions.

    `key` is the table's integer key. A statement that looks into texts by itself has the execution option `by_text`. Raises `BadSort`, and `BadCursor` for a cursor that is not of this list in this order.
    """
    if wanted.search:
        statement = statement.where(search(wanted.search, searched))
    by_text = wanted.search or wanted.sort or statement.get_execution_options().get("by_text")
    asked = _rows_found if by_text else _rows
    if wanted.sort is None:
        return found(asked(work, page(statement, key, limit=wanted.limit, cursor=wanted.cursor), key), wanted.limit)
    by = (sorts or {}).get(wanted.sort.removeprefix("-"))
    if by is None:
        raise BadSort("must be one of {known}, perhaps with a minus before it", known=", ".join(sorts or {}))
    downwards = wanted.sort.startswith("-")
    place = None if wanted.cursor is None else _read(wanted.cursor, wanted.sort, by)
    statement = statement.add_columns(by.label("sorted_by"))
    rows: list[Any] = []
    may_be_nothing = _may_be_nothing(by, key)
    # In two questions, because each of them is answered by going along an index of the column and the key, in either direction.
    if place is None or place.value is not None:
        some = statement.where(by.is_not(None)) if may_be_nothing else statement
        if place is not None:
            some = some.where(_behind(place, by, key, downwards=downwards))
        some = some.order_by(*((by.desc(), key.desc()) if downwards else (by.asc(), key.asc())))
        rows += asked(work, some.limit(wanted.limit + 1), key)
    if may_be_nothing and len(rows) <= wanted.limit:
        rest = statement.where(by.is_(None))
        if place is not None and place.value is None:
            rest = rest.where(key < place.key if downwards else key > place.key)
        rest = rest.order_by(key.desc() if downwards else key.asc())
        rows += asked(work, rest.limit(wanted.limit + 1 - len(rows)), key)
    last = rows[wanted.limit - 1] if len(rows) > wanted.limit else None
    return Found(rows[: wanted.limit], None if last is None else _written(wanted.sort, last.sorted_by, last.id))


def found(rows: Sequence[Any], limit: int) -> Found[Any]:
    """The same of the rows of `queries.page`, which asks for one more than is shown."""
    return Found(list(rows[:limit]), next_cursor(rows, limit, lambda row: row.id))


def only(statement: Select[Any], values: Mapping[ColumnElement[Any], Any]) -> Select[Any]:
    """Only the rows in which these columns have these values; None stands for any."""
    return statement.where(*(column == value for column, value in values.items() if value is not None))


def rows_among(work: Work, statement: Select[Any], column: ColumnElement[Any], values: Sequence[Any]) -> Iterator[Any]:
    """The rows with one of these values in a column, asked for some hundreds of values at a time."""
    for start in range(0, len(values), _AT_ONCE):
        yield from work.execute(statement.where(column.in_(values[start : start + _AT_ONCE]))).all()


def alike(statement: Select[Any], texts: Mapping[ColumnElement[Any], str | None]) -> Select[Any]:
    """The same for texts of which upper and lower case are the same."""
    lowered: dict[ColumnElement[Any], Any] = {
        func.lower(column): func.lower(text) for column, text in texts.items() if text is not None
    }
    return only(statement, lowered).execution_options(by_text=True) if lowered else statement


def _rows(work: Work, statement: Select[Any], _: ColumnElement[int]) -> list[Any]:
    return list(work.execute(statement).all())  # one by one each row would cost as much again


def _rows_found(work: Work, statement: Select[Any], key: ColumnElement[int]) -> list[Any]:
    """The same where an index is needed that the wall forbids (decision 0033): of a search in texts, of an order by one.

    So the keys of these rows, and no more, are found beyond the wall; what is told of them is asked within.
    """
    if not work.confined:
        return list(work.execute(statement).all())
    with work.beyond():
        keys = list(work.execute(statement.with_only_columns(key, maintain_column_froms=True)).scalars())
    return list(work.execute(statement.where(key.in_(keys))).all()) if keys else []


class _Place(NamedTuple):
    """Where a page of a sorted list ended."""

    value: Any
    key: int


def _behind(place: _Place, by: ColumnElement[Any], key: ColumnElement[int], *, downwards: bool) -> ColumnElement[bool]:
    value = literal(place.value, by.type)
    here, there = tuple_(by, key), tuple_(value, literal(place.key, key.type))
    beyond = here < there if downwards else here > there
    if getattr(by, "table", None) is getattr(key, "table", None):
        return beyond
    return and_(by <= value if downwards else by >= value, beyond)  # what an index of the joined table can begin with


def _may_be_nothing(by: ColumnElement[Any], key: ColumnElement[int]) -> bool:
    """A column of a joined table may be empty though its own table says no."""
    return getattr(by, "nullable", True) or getattr(by, "table", None) is not getattr(key, "table", None)


def _written(sort: str, value: Any, key: int) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode((sort, value, key))).decode().rstrip("=")


_Key = Annotated[int, msgspec.Meta(ge=0, le=2**62)]
_Whole = Annotated[int, msgspec.Meta(ge=-(2**62), le=2**62)]
_Words = Annotated[str, msgspec.Meta(pattern=r"^[^\x00]*$")]
_Moment = Annotated[datetime, msgspec.Meta(tz=True)]
_LARGEST = Decimal(10) ** 15


def _read(cursor: str, sort: str, by: ColumnElement[Any]) -> _Place:
    """Raises `BadCursor` for whatever we did not write ourselves: what is in it goes to the database."""
    kind = by.type
    shape: Any = _Words
    if isinstance(kind, UtcTime):
        shape = _Moment
    elif isinstance(kind, Exact):
        shape = Decimal
    elif isinstance(kind, Boolean):
        shape = bool
    elif isinstance(kind, Integer | BigInteger):
        shape = _Whole
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        of, value, key = msgspec.json.decode(raw, type=tuple[str, shape | None, _Key])
        if isinstance(value, Decimal) and not (value.is_finite() and abs(value) < _LARGEST):
            raise ValueError(value)
    except (ValueError, binascii.Error, RecursionError) as error:
        raise BadCursor("is not a cursor of this list") from error
    if of != sort:
        raise BadCursor("is a cursor of this list in another order")
    return _Place(value, key)
