"""All rows of an SQLite database, brought into a PostgreSQL one: in pieces, so that a move that was cut off goes on, and compared.

Each piece is one transaction on the other side, with a row of `moving` that says how far its table has come. Rows are compared as
they are true for the program: each value after its column's type, so that a time is a time, whatever either database keeps of it.
A process of its own compares what is over there already, while this one brings over what comes next.
"""

from __future__ import annotations

import functools
import json
import multiprocessing
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from decimal import Decimal
from typing import Any, NamedTuple, Protocol

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Engine,
    Integer,
    MetaData,
    Row,
    Table,
    Text,
    func,
    insert,
    inspect,
    select,
    text,
    tuple_,
    update,
)

from stationmaster.storage import engines
from stationmaster.storage.columns import Exact, UtcTime, metadata
from stationmaster.storage.engines import Unusable

PIECE = 10_000  # rows
_MANY = 1 << 64

# Not of the schema: it is there while a move is under way, and no longer.
moving = Table(
    "moving",
    MetaData(),
    Column("name", Text, primary_key=True),
    Column("source", Text, nullable=False),
    Column("last", Text),  # the key of the last row that is over there, as JSON; none yet
    Column("rows", BigInteger, nullable=False),
    Column("sum", Text, nullable=False),
    Column("done", Boolean, nullable=False),
)


class Moved(NamedTuple):
    """A table that is over there, and the same."""

    table: str
    rows: int


class Told(Protocol):
    """Who is told how far it is."""

    def __call__(self, table: str, rows: int, of: int) -> None: ...


def move(
    source: Engine,
    target: Engine,
    *,
    mark: str,
    knows: object,
    tell: Told = lambda table, rows, of: None,
    piece: int = PIECE,
) -> list[Moved]:
    """Bring everything over, and hold it against what was here. `mark` names the source; another one's half is not gone on with.
    `knows` is anything of a module that knows all tables: the process that compares finds them by it.

    Both schemas must be of this program, and nobody else may use either. Raises `Unusable` when the target is in use already, when
    what was brought over before has changed here since, or when a table is not the same afterwards.
    """
    _begin(target, mark)
    moved = []
    address = target.url.render_as_string(hide_password=False)
    # Not forked: what other threads hold at that moment, the new process would wait for.
    fresh = multiprocessing.get_context("spawn")
    try:
        with ProcessPoolExecutor(1, fresh, initializer=_connect, initargs=(address, knows)) as there:
            for table in metadata.sorted_tables:
                moved.append(_move_table(source, target, table, tell, piece, there))
                tell(table.name, moved[-1].rows, moved[-1].rows)
    except BrokenProcessPool:
        raise Unusable("the process that compares has ended; move again, and it goes on where it was") from None
    with target.begin() as connection:
        for table in metadata.sorted_tables:
            _continue_numbers(connection, table)
            connection.execute(text(f'ALTER TABLE "{table.name}" ENABLE TRIGGER USER'))
        moving.drop(connection)
    return moved


def is_unfinished(engine: Engine) -> bool:
    """Whether somebody began to bring a database in here, and has not ended it."""
    return inspect(engine).has_table(moving.name)


def _begin(target: Engine, mark: str) -> None:
    with target.begin() as connection:
        if inspect(connection).has_table(moving.name):
            if connection.execute(select(moving.c.name).where(moving.c.source != mark).limit(1)).first() is not None:
                raise Unusable("the target holds half of another database; make a new one and name that")
            return
        if any(connection.execute(select(metadata.tables[name]).limit(1)).first() for name in ("stations", "users")):
            raise Unusable("the target is in use: it has chargers or people; make a new one and name that")
        # What the migrations put in is in the source as well.
        names = ", ".join(f'"{table.name}"' for table in metadata.sorted_tables)
        connection.execute(text(f"TRUNCATE {names}"))
        for table in metadata.sorted_tables:  # they keep what is booked from being changed, and find it so already
            connection.execute(text(f'ALTER TABLE "{table.name}" DISABLE TRIGGER USER'))
        moving.create(connection)
        every = [
            {"name": each.name, "source": mark, "rows": 0, "sum": "0", "done": False} for each in metadata.sorted_tables
        ]
        connection.execute(insert(moving), every)


_there: Engine
"""The target, in the process that compares."""


def _connect(address: str, _knows: object) -> None:
    global _there
    _there = engines.build(engines.normalised(address), 1)


def _sum_there(name: str, after: str | None, last: str | None, piece: int) -> tuple[int, int]:
    return _sum(_there, metadata.tables[name], after, last, piece)


def _move_table(
    source: Engine, target: Engine, table: Table, tell: Told, piece: int, there: ProcessPoolExecutor
) -> Moved:
    own = moving.c.name == table.name
    with target.connect() as connection:
        so_far = connection.execute(select(moving).where(own)).one()
    with source.connect() as connection:
        of = connection.execute(select(func.count()).select_from(table)).scalar_one()
    rows, added, last = so_far.rows, int(so_far.sum), so_far.last
    if last is not None and _sum(source, table, None, None if so_far.done else last, piece) != (rows, added):
        raise Unusable(f"{table.name} has changed here since the move was begun: make a new database and move again")
    compared: list[tuple[Future[tuple[int, int]], tuple[int, int]]] = []

    def compare(after: str | None, until: str | None, mine: tuple[int, int]) -> None:
        compared.append((there.submit(_sum_there, table.name, after, until, piece), mine))

    # Texts are in another order there: by the language of that database.
    in_pieces = all(isinstance(column.type, Integer) for column in table.primary_key)
    if in_pieces and last is not None and not so_far.done:
        compare(None, last, (rows, added))
    while not so_far.done:
        with source.connect() as connection:
            found = _piece(connection, table, last, piece)
        mine, before = sum(map(_marker(table), found)) % _MANY, last
        rows, added = rows + len(found), (added + mine) % _MANY
        last = json.dumps([str(found[-1]._mapping[column.name]) for column in table.primary_key]) if found else last
        with target.begin() as connection:
            _copy_in(connection, table, found)
            connection.execute(update(moving).where(own).values(rows=rows, sum=str(added), last=last))
        if in_pieces and found:
            compare(before, last, (len(found), mine))
        if len(found) < piece:
            break
        tell(table.name, rows, of)
    if not so_far.done:
        if not in_pieces:
            compare(None, None, (rows, added))
        _compare(target, table, rows, compared)
        with target.begin() as connection:
            connection.execute(update(moving).where(own).values(done=True))
    return Moved(table.name, rows)


def _piece(connection: Connection, table: Table, last: str | None, piece: int) -> Sequence[Row[Any]]:
    """The rows after that key, in the order of the key."""
    keys = list(table.primary_key)
    rows = select(table).order_by(*keys).limit(piece)
    if last is not None:
        rows = rows.where(tuple_(*keys) > tuple_(*_key(table, last)))
    return connection.execute(rows).all()


def _copy_in(connection: Connection, table: Table, rows: Sequence[Row[Any]]) -> None:
    dialect = connection.dialect
    written = [column.type.dialect_impl(dialect).bind_processor(dialect) or _as_it_is for column in table.columns]
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    cursor = connection.connection.cursor()
    with cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN') as copy:
        for row in rows:
            copy.write_row([process(value) for process, value in zip(written, row, strict=True)])


def _as_it_is(value: Any) -> Any:
    return value


def _compare(
    target: Engine, table: Table, rows: int, compared: Sequence[tuple[Future[tuple[int, int]], tuple[int, int]]]
) -> None:
    with target.connect() as connection:
        there = connection.execute(select(func.count()).select_from(table)).scalar_one()
    if there != rows or any(each.result() != mine for each, mine in compared):
        raise Unusable(
            f"{table.name}: {rows} rows here, {there} there, and they are not the same; the target is not to be used"
        )


def _sum(engine: Engine, table: Table, after: str | None, last: str | None, piece: int) -> tuple[int, int]:
    """How many rows there are between two keys, the second one among them, or all, and the sum of their marks."""
    keys, rows, added = list(table.primary_key), 0, 0
    asked, mark = select(table), _marker(table)
    if after is not None:
        asked = asked.where(tuple_(*keys) > tuple_(*_key(table, after)))
    if last is not None:
        asked = asked.where(tuple_(*keys) <= tuple_(*_key(table, last)))
    with engine.connect() as connection:
        for found in connection.execution_options(stream_results=True).execute(asked).partitions(piece):
            rows, added = rows + len(found), (added + sum(map(mark, found))) % _MANY
    return rows, added


def _key(table: Table, said: str) -> list[Any]:
    """A key as it was written down."""
    kinds = [Decimal if isinstance(column.type, Exact) else column.type.python_type for column in table.primary_key]
    return [kind(each) for kind, each in zip(kinds, json.loads(said), strict=True)]


@functools.cache
def _marker(table: Table) -> Callable[[Row[Any]], int]:
    """A number for each row of a table, another one for another row, whichever database it was read from."""
    manifold = [n for n, column in enumerate(table.columns) if not isinstance(column.type, _PLAIN)]

    def mark(row: Row[Any]) -> int:
        values = list(row)
        for n in manifold:
            values[n] = _plain(values[n])
        said = repr(values).encode()
        return zlib.crc32(said) << 32 | zlib.adler32(said)

    return mark


_PLAIN = (Integer, Text, Boolean, UtcTime)  # what comes from either database as the same


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, dict | list):
        return json.dumps(value, sort_keys=True)
    if isinstance(value, bytes | memoryview):
        return bytes(value)
    return value


def _continue_numbers(connection: Connection, table: Table) -> None:
    """The next row gets the next number."""
    for column in table.primary_key:
        find = text("SELECT pg_get_serial_sequence(:table, :column)")
        sequence = connection.execute(find, {"table": f'"{table.name}"', "column": column.name}).scalar()
        if sequence is not None:
            newest = connection.execute(select(func.max(column))).scalar()
            set_to = text("SELECT setval(CAST(:sequence AS regclass), :number, :used)")
            connection.execute(set_to, {"sequence": sequence, "number": newest or 1, "used": newest is not None})
