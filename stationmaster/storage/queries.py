"""Statements of the hot path, compiled once; paging and search for lists."""

from __future__ import annotations

import base64
import binascii
import functools
import itertools
from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol, TypeVar, cast

import msgspec
from sqlalchemy import (
    Boolean,
    ColumnElement,
    Dialect,
    Float,
    Select,
    Table,
    Text,
    and_,
    bindparam,
    case,
    delete,
    false,
    func,
    insert,
    literal,
    or_,
    select,
)
from sqlalchemy import text as sql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeEngine

from stationmaster.reason_words import Reasoned
from stationmaster.storage.columns import Json

Processor = Callable[[Any], Any]
Column = Callable[[Iterable[Any]], list[Any]]
ROWS_AT_ONCE = (64, 16, 4, 1)  # a few sizes of statements on SQLite, so that their compiled forms are reused
Row = TypeVar("Row")


def in_portions(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    """All of these rows, so many at a time."""
    done = 0
    for size in ROWS_AT_ONCE:
        while len(rows) - done >= size:
            yield rows[done : done + size]
            done += size


class Prepared:
    """One statement, compiled once for each kind of database and run on the bare driver cursor.

    SQLAlchemy's execution costs some 20 µs a statement; a message may cost 60 µs in all. Parameters are the
    `bindparam` names of the statement; rows come back as named tuples with the types of the columns, or as `row`, which takes
    the columns in their order.
    """

    def __init__(self, statement: ClauseElement, *, row: Callable[..., Any] | None = None) -> None:
        self.statement = statement
        self._row = row
        self._compiled: dict[str, _Compiled] = {}

    def run(self, cursor: Any, dialect: Dialect, parameters: dict[str, Any]) -> list[Any]:
        compiled = self._compiled.get(dialect.name) or self._compile(dialect)
        cursor.execute(compiled.sql, compiled.bind(parameters))
        return [] if compiled.rows is None else compiled.rows(cursor.fetchall())

    def count(self, cursor: Any, dialect: Dialect, parameters: dict[str, Any]) -> int:
        """How many rows it has changed."""
        compiled = self._compiled.get(dialect.name) or self._compile(dialect)
        cursor.execute(compiled.sql, compiled.bind(parameters))
        return int(cursor.rowcount)

    def _compile(self, dialect: Dialect) -> _Compiled:
        compiled = self._compiled[dialect.name] = _Compiled(self.statement, dialect, self._row)
        return compiled


class PreparedInsert(Prepared):
    """An INSERT of one row into a table with an integer key.

    SQLite tells the key without being asked; RETURNING would cost it more than the row.
    """

    def __init__(self, table: Table, names: Sequence[str]) -> None:
        super().__init__(insert(table).values({name: bindparam(name, type_=table.c[name].type) for name in names}))
        self._with_key = Prepared(self.statement.returning(table.c.id))  # type: ignore[attr-defined]

    def key(self, cursor: Any, dialect: Dialect, parameters: dict[str, Any]) -> int:
        """Insert it; the key it was given."""
        if dialect.name == "sqlite":
            self.count(cursor, dialect, parameters)
            return int(cursor.lastrowid)
        return int(self._with_key.run(cursor, dialect, parameters)[0].id)


@functools.cache  # as many as there are places that ask for one
def insert_once(table: Table, names: tuple[str, ...], unique: str) -> Prepared:
    """An INSERT of one row, for `Work.first`: its key; no row where there is one of the same UNIQUE key already, also of another node.

    `unique` is that key in SQL: its columns, and the condition where the index has one.
    """
    columns, places = (", ".join(each.format(name) for name in names) for each in ('"{}"', ":{}"))
    statement = sql(
        f"INSERT INTO {table.name} ({columns}) VALUES ({places}) ON CONFLICT {unique} DO NOTHING RETURNING id"  # noqa: S608
    )
    return Prepared(
        statement.bindparams(*(bindparam(name, type_=table.c[name].type) for name in names)).columns(table.c.id)
    )


_CHOICES = 64


class Inserts:
    """INSERTs of one row into a table, compiled once for each choice of columns: what is left out is what the table says."""

    def __init__(self, table: Table) -> None:
        # Bounded, because files that people bring have other columns each; writer threads may ask at once.
        self._of = functools.lru_cache(_CHOICES)(functools.partial(PreparedInsert, table))

    def of(self, names: Iterable[str]) -> PreparedInsert:
        """The one with these columns."""
        return self._of(tuple(sorted(names)))


class _Compiled:
    def __init__(self, statement: ClauseElement, dialect: Dialect, row: Callable[..., Any] | None) -> None:
        positional = cast(Any, type(dialect))(paramstyle="qmark" if dialect.name == "sqlite" else "numeric_dollar")
        compiled = statement.compile(dialect=positional)
        assert isinstance(compiled, SQLCompiler)
        self.sql = str(compiled)
        self.names = list(compiled.positiontup or ())
        self.fixed = {name: bind.effective_value for name, bind in compiled.binds.items() if not bind.required}
        processors = cast(Mapping[str, Processor], compiled._bind_processors)
        self.processors = [(index, processors[name]) for index, name in enumerate(self.names) if name in processors]
        self.rows = _row_maker(compiled, dialect, row)

    def bind(self, parameters: dict[str, Any]) -> list[Any]:
        if self.fixed:
            parameters = self.fixed | parameters
        values = [parameters[name] for name in self.names]
        for index, processor in self.processors:
            if values[index] is not None:
                values[index] = processor(values[index])
        return values


def _row_maker(
    compiled: SQLCompiler, dialect: Dialect, row: Callable[..., Any] | None
) -> Callable[[list[Sequence[Any]]], list[Any]] | None:
    columns = compiled._result_columns
    if not columns:
        return None
    shape: Callable[..., Any] = row or namedtuple("Row", [column.keyname for column in columns])
    # No driver tells a Float in another way, and SQLAlchemy would ask what PostgreSQL calls it.
    processors = [
        (index, processor, _column_of(column.type, processor, dialect))
        for index, column in enumerate(columns)
        if not isinstance(column.type, Float)
        and (processor := column.type.dialect_impl(dialect).result_processor(dialect, None)) is not None
    ]

    def make(rows: list[Sequence[Any]]) -> list[Any]:
        if len(rows) > 2:  # column by column
            columns: list[Any] = list(zip(*rows, strict=True))
            for index, _, many in processors:
                columns[index] = many(columns[index])
            return list(itertools.starmap(shape, zip(*columns, strict=True)))
        made = []
        for values in rows:
            row = list(values)
            for index, processor, _ in processors:
                if row[index] is not None:
                    row[index] = processor(row[index])
            made.append(shape(*row))
        return made

    return make


class Bulk:
    """Rows of one table that all units of a commit insert together, in one statement.

    `derived` columns are SQL expressions over the row's own values, written `{column}`: so a meter value finds its
    session inside the INSERT, without a question to the database before it. `asked` columns have one value for all rows of
    a commit, which a SELECT tells. With `ignore_duplicates`, a row whose
    UNIQUE key is already there changes nothing; `on_conflict` says what else to do with it.
    """

    def __init__(
        self,
        table: Table,
        columns: Sequence[str],
        *,
        ignore_duplicates: bool = False,
        on_conflict: str | None = None,
        inputs: Sequence[str] = (),
        asked: Mapping[str, str] | None = None,
        **derived: str,
    ) -> None:
        self.table = table
        self.asked = asked or {}
        self.columns = (*columns, *self.asked)
        self.inputs = self.columns + tuple(inputs)  # inputs are read by derived expressions but not stored
        self.derived = derived
        self.conflict = f" ON CONFLICT {on_conflict}" if on_conflict else ""
        if ignore_duplicates:
            self.conflict = " ON CONFLICT DO NOTHING"
        self._sql: dict[tuple[str, int], str] = {}
        self._bind: dict[str, list[tuple[int, Column]]] = {}

    def insert(self, cursor: Any, dialect: Dialect, rows: list[tuple[Any, ...]]) -> None:
        if dialect.name not in self._bind:
            kinds = [self.table.c[name].type for name in self.inputs]
            self._bind[dialect.name] = column_processors(kinds, dialect)
        columns: list[Iterable[Any]] = list(zip(*rows, strict=True))
        for question in self.asked.values():
            cursor.execute(question)
            columns.append(itertools.repeat(cursor.fetchone()[0], len(rows)))
        for index, bind in self._bind[dialect.name]:
            columns[index] = bind(columns[index])
        rows = list(zip(*columns, strict=True))
        if dialect.name == "sqlite":
            # Many rows in one statement, because the driver gives up the interpreter's lock for each, and getting it back
            # from a busy event loop costs more than the row.
            for some in in_portions(rows):
                cursor.execute(self._statement(dialect, len(some)), list(itertools.chain.from_iterable(some)))
        else:
            # One JSON text instead of an array for each column: the driver converts arrays value by value, in Python.
            text = msgspec.json.encode([dict(zip(self.inputs, row, strict=True)) for row in rows]).decode()
            cursor.execute(self._statement(dialect, 1), [text])

    def _statement(self, dialect: Dialect, size: int) -> str:
        key = (dialect.name, size)
        if key not in self._sql:
            self._sql[key] = self._compile(dialect, size)
        return self._sql[key]

    def _compile(self, dialect: Dialect, size: int) -> str:
        quote = dialect.identifier_preparer.quote  # some columns are called like a word of SQL
        into = ", ".join(map(quote, (*self.columns, *self.derived)))
        if dialect.name == "sqlite":
            tuples = ", ".join(f"({', '.join(self._values(self._numbered(row)))})" for row in range(size))
            return f"INSERT INTO {self.table.name} ({into}) VALUES {tuples}{self.conflict}"  # noqa: S608
        values = self._values({name: f"x.{quote(name)}" for name in self.inputs})
        typed = ", ".join(f"{quote(name)} {self.table.c[name].type.compile(dialect=dialect)}" for name in self.inputs)
        return (
            f"INSERT INTO {self.table.name} ({into}) SELECT {', '.join(values)} "  # noqa: S608
            f"FROM json_to_recordset($1::json) AS x({typed}) WHERE true{self.conflict}"
        )

    def _numbered(self, row: int) -> dict[str, str]:
        first = row * len(self.inputs) + 1
        return {name: f"?{first + index}" for index, name in enumerate(self.inputs)}

    def _values(self, place: dict[str, str]) -> list[str]:
        """What goes into each column, given where each input is found."""
        return [place[name] for name in self.columns] + [sql.format(**place) for sql in self.derived.values()]


class AtOnce(Prepared):
    """The rows of a bulk, for `Work.run(…, rows=…)`: inserted now, because what comes next in this unit or commit looks at them."""

    def __init__(self, bulk: Bulk) -> None:
        self._bulk = bulk

    def run(self, cursor: Any, dialect: Dialect, parameters: dict[str, Any]) -> list[Any]:
        self._bulk.insert(cursor, dialect, parameters["rows"])
        return []


class Rewrite(Prepared):
    """The rows of a table between two keys, for `Work.run(…, first=…, last=…)`: written anew as they are, where they have got shorter.

    SQLite joins pages that have become empty where rows are deleted, and nowhere else. PostgreSQL finds the room by itself, and
    nothing is done there.
    """

    def __init__(self, table: Table) -> None:
        names = ["id", *(name for name in table.c.keys() if name != "id")]  # noqa: SIM118
        columns = ", ".join(f'"{name}"' for name in names)
        self._delete = f"DELETE FROM {table.name} WHERE id BETWEEN ? AND ? RETURNING {columns}"  # noqa: S608
        self._insert = f"INSERT INTO {table.name} ({columns}) VALUES"
        self._places = f"({', '.join('?' * len(names))})"

    def run(self, cursor: Any, dialect: Dialect, parameters: dict[str, Any]) -> list[Any]:
        if dialect.name != "sqlite":
            return []
        cursor.execute(self._delete, [parameters["first"], parameters["last"]])
        for some in in_portions(sorted(cursor.fetchall(), key=lambda row: row[0])):
            values = list(itertools.chain.from_iterable(some))
            cursor.execute(f"{self._insert} {', '.join([self._places] * len(some))}", values)
        return []


def column_processors(kinds: Iterable[TypeEngine[Any]], dialect: Dialect) -> list[tuple[int, Column]]:
    """How the values of these columns become the driver's, column by column: a call for each value would cost more than the row."""
    found: list[tuple[int, Column]] = []
    for index, kind in enumerate(kinds):
        if isinstance(kind, Json) and dialect.name == "postgresql":
            continue  # the whole row becomes JSON, and this with it
        processor = kind.dialect_impl(dialect).bind_processor(dialect)
        if processor is not None:
            found.append((index, kind.bind_column(dialect) if hasattr(kind, "bind_column") else _each(processor)))
    return found


def _column_of(kind: TypeEngine[Any], processor: Processor, dialect: Dialect) -> Column:
    return cast(Column, kind.result_column(dialect)) if hasattr(kind, "result_column") else _each(processor)


def _each(processor: Processor) -> Column:
    return lambda values: [processor(value) for value in values]


class BadCursor(Reasoned, ValueError):
    """The `cursor` parameter is not one we gave out."""


def page(statement: Select[Any], order: ColumnElement[int], *, limit: int, cursor: str | None) -> Select[Any]:
    """One page of a list that is ordered newest first by an integer key; `limit` + 1 rows, to know whether more follow.

    Raises `BadCursor` for a cursor that is not ours.
    """
    if cursor is not None:
        statement = statement.where(order < decode_cursor(cursor))
    return statement.order_by(order.desc()).limit(limit + 1)


def next_cursor(rows: Sequence[Any], limit: int, key: Callable[[Any], int]) -> str | None:
    """The cursor behind the last row shown, or None when there is nothing behind it."""
    if len(rows) <= limit:
        return None
    return base64.urlsafe_b64encode(str(key(rows[limit - 1])).encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> int:
    """The key of the row a cursor stands behind. Raises `BadCursor`."""
    try:
        number = int(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error) as error:
        raise BadCursor("is not a cursor of this list") from error
    if not 0 <= number < 2**63:
        raise BadCursor("is not a cursor of this list")
    return number


def search(text: str, columns: Iterable[ColumnElement[Any]]) -> ColumnElement[bool]:
    """A case-insensitive search for `text` in any of the columns; `%` and `_` in it are plain characters."""
    if text.isascii():
        plain = text.lower().replace("/", "//").replace("%", "/%").replace("_", "/_")
        return _Contains(literal(f"%{plain}%", Text()), *columns)
    return or_(*(column.icontains(text, autoescape=True) for column in columns))


class _Contains(FunctionElement[bool]):
    """Whether any of some columns is like a pattern without capitals. The pattern comes first."""

    type = Boolean()
    inherit_cache = True
    name = "contains_ascii"


@compiles(_Contains)
def _in_each(element: _Contains, compiler: SQLCompiler, **options: Any) -> str:
    pattern, *columns = element.clauses
    told = [f"lower({compiler.process(c, **options)}) LIKE {compiler.process(pattern, **options)}" for c in columns]
    return "(" + " OR ".join(f"{each} ESCAPE '/'" for each in told) + ")"


@compiles(_Contains, "postgresql")
def _in_all(element: _Contains, compiler: SQLCompiler, **options: Any) -> str:
    pattern, *columns = element.clauses
    text = searched_text([compiler.process(column, **options) for column in columns])
    return f"{text} LIKE {compiler.process(pattern, **options)} ESCAPE '/'"


def searched_text(columns: Sequence[str]) -> str:
    """All columns as one text, of which only ASCII is made small: a quarter of the time that ILIKE needs for each by itself.

    `concat_ws` would be shorter, but no index may use it (`trigrams.py`).
    """
    texts = " || chr(1) || ".join(f"coalesce({column}, '')" for column in columns)
    return f'lower(({texts}) COLLATE "C")'


class _Among(FunctionElement[bool]):
    """Whether a key is one of those that a statement selects, of which there are few: found first, and once."""

    type = Boolean()
    inherit_cache = True
    name = "among"


def is_among(key: ColumnElement[Any], few: Select[Any]) -> ColumnElement[bool]:
    """The same as `key IN (…)`, but beside an OR as well PostgreSQL goes by the index of the key."""
    return _Among(key, few.correlate(None).scalar_subquery())


@compiles(_Among)
def _in_few(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    key, few = element.clauses
    return f"{compiler.process(key, **options)} IN {compiler.process(few, **options)}"


@compiles(_Among, "postgresql")
def _any_of_few(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    key, few = element.clauses
    return f"{compiler.process(key, **options)} = ANY(ARRAY{compiler.process(few, **options)})"


def not_deleted(table: Table) -> ColumnElement[bool]:
    """Soft-deleted rows stay for the history; lists and lookups leave them out."""
    return table.c.deleted_at.is_(None)


class Executes(Protocol):
    """A unit of work, as far as this needs it."""

    def execute(self, statement: Any) -> Any: ...


class Dropped(NamedTuple):
    """What one unit of `drop_old` did; `next_key` is where the following one begins, None at the end."""

    rows: int
    next_key: int | None


DROPPED_AT_ONCE = 5000
ODD = timedelta(days=1)  # a time further ahead than this comes from a wrong clock


def drop_old(
    work: Executes,
    table: Table,
    at: ColumnElement[datetime],
    *,
    before: datetime,
    now: datetime,
    only: ColumnElement[bool] | None = None,
    first_key: int = 0,
) -> Dropped:
    """Delete rows of a table that grows by its integer key, from the oldest key on, in a unit no charger has to wait for.

    It goes on over rows that may not be dropped, and over odd ones, and ends at the first part in which nothing is old and
    something is new: what lies behind that came later.
    """
    key = table.c.id
    mine = [key >= first_key]
    part = select(key, at.label("at")).where(*mine).order_by(key).limit(DROPPED_AT_ONCE).subquery()
    is_old, is_new = part.c.at < before, and_(part.c.at >= before, part.c.at < now + ODD)
    seen = work.execute(
        select(
            func.count(),
            func.max(part.c.id),
            func.sum(case((is_old, 1), else_=0)),
            func.sum(case((is_new, 1), else_=0)),
        )
    ).one()
    count, last, old, new = seen
    if not count:
        return Dropped(0, None)
    rows = 0
    if old:
        where = [*mine, key <= last, at < before] + ([] if only is None else [only])
        rows = int(work.execute(delete(table).where(*where)).rowcount)
    at_the_end = count < DROPPED_AT_ONCE or (new and not old)
    return Dropped(rows, None if at_the_end else last + 1)


def first_since(
    work: Executes,
    table: Table,
    moment: datetime,
    *where: ColumnElement[bool],
    at: ColumnElement[datetime] | None = None,
) -> int:
    """The key of the first of these rows that is not older than this moment; one beyond the last when all are older.

    Rows are kept in the order in which they happened, so a few looks into the index of their keys find it: no table needs
    an index of its times for the sake of a question that is asked now and then.
    """
    return first_behind(work, table, (table.c.at if at is None else at) < moment, *where)


def ends_of(column: ColumnElement[int], *where: ColumnElement[bool]) -> Select[Any]:
    """The least of a column that has an index, `low`, and one more than the greatest, `high`.

    Each by a question of its own: asked for both in one, SQLite reads the whole index.
    """
    low, high = (select(end).where(*where).scalar_subquery() for end in (func.min(column), func.max(column) + 1))
    return select(low.label("low"), high.label("high"))


def first_behind(work: Executes, table: Table, passed: ColumnElement[bool], *where: ColumnElement[bool]) -> int:
    """The key of the first of these rows for which this is no longer true; one beyond the last when it is of all.

    It must be true of the first rows by their key, up to one of them, and of none behind it.
    """
    key = table.c.id
    # Halved inside the database: a question for each step would wait for the interpreter's lock some twenty times.
    ends = ends_of(key, *where)
    search = ends.cte("halved", recursive=True)
    middle = (search.c.low + search.c.high) // 2
    there = select(key).where(*where, key >= middle).order_by(key).limit(1).correlate(search)
    is_before = func.coalesce(there.with_only_columns(passed).scalar_subquery(), false())
    low = case((is_before, there.scalar_subquery() + 1), else_=search.c.low)
    high = case((is_before, search.c.high), else_=middle)
    halved = search.union_all(select(low, high).where(search.c.low < search.c.high))
    found = work.execute(select(halved.c.low).where(halved.c.low >= halved.c.high).limit(1)).scalar()
    return 0 if found is None else int(found)
