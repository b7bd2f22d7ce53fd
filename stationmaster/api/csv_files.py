"""Tables as CSV: read with a plain word for each row that is wrong, and written so that they read back unchanged.

A cell that a spreadsheet would take for a formula is written with an apostrophe before it, and reading takes it away again
(`domain/cells.py`).
"""

from __future__ import annotations

import csv
import io
import types
import typing
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from stationmaster.domain import reasons
from stationmaster.domain.cells import harmless, meant
from stationmaster.domain.errors import Invalid
from stationmaster.domain.imports import Line, Problem
from stationmaster.reason_words import Reason

MAX_BYTES = 8 * 1024 * 1024
MAX_ROWS = 10_000

_DELIMITERS = ",;\t"


class Shape(NamedTuple):
    """What a table may have: a struct for its lines, other names of its columns, and how odd cells are read."""

    line: type[msgspec.Struct]
    key: str  # the column without which a line cannot be found
    also: Mapping[str, str] = types.MappingProxyType({})
    parsers: Mapping[str, Callable[[str], Any]] = types.MappingProxyType({})


class Table(NamedTuple):
    """The lines of a file that can be read, and what is wrong with the others."""

    lines: list[Line]
    problems: list[Problem]

    @property
    def rows(self) -> int:
        return len(self.lines) + len({each.row for each in self.problems})


def read(body: bytes, shape: Shape, *, max_rows: int = MAX_ROWS) -> Table:
    """The lines of a file. Raises `Invalid` when it is no such table at all."""
    records = _records(_text(body))
    columns, first = _header(records, shape)
    fields = {field.name: field for field in msgspec.structs.fields(shape.line)}
    lines: list[Line] = []
    problems: list[Problem] = []
    row = first
    for row, cells in enumerate(records, first + 1):
        if not any(cell.strip() for cell in cells):
            continue
        if len(lines) >= max_rows:
            raise Invalid("file", "has more than {most:,} rows: bring it in parts", most=max_rows)
        if len(cells) != len(columns):
            problems.append(
                Problem(
                    row,
                    "",
                    Reason(
                        "has {cells} cells where the first row has {columns}", cells=len(cells), columns=len(columns)
                    ),
                )
            )
            continue
        values, wrong = {}, len(problems)
        for name, cell in zip(columns, cells, strict=True):
            try:
                value = _value(meant(cell), fields[name], shape.parsers.get(name))
            except Invalid as error:
                problems.append(Problem(row, name, error.reason))
            else:
                if value is not msgspec.UNSET:
                    values[name] = value
        if shape.key not in values and len(problems) == wrong:
            problems.append(Problem(row, shape.key, Reason("is missing")))
        if len(problems) == wrong:
            lines.append(Line(row, values))
    return Table(lines, problems)


async def written(columns: Sequence[str], rows: AsyncIterator[Iterable[Sequence[Any]]]) -> AsyncIterator[bytes]:
    """A file, piece by piece. It begins with the mark by which spreadsheets know UTF-8."""
    yield "\ufeff".encode() + _lines([columns])
    async for some in rows:
        yield _lines(some)


def cell_of(value: Any) -> str:
    """A value as it stands in a cell."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return " ".join(map(str, value))
    return harmless(value) if isinstance(value, str) else str(value)


def _lines(rows: Iterable[Sequence[Any]]) -> bytes:
    out = io.StringIO(newline="")
    # All in quotes: a spreadsheet that separates by something else must not find a cell in the middle of another.
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerows([cell_of(value) for value in row] for row in rows)
    return out.getvalue().encode()


def _text(body: bytes) -> str:
    wide = body.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = body.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid("file", "is not UTF-8: save it as “CSV UTF-8”") from None
    if "\x00" in text:
        raise Invalid("file", "is no CSV file: it has characters in it that are not text")
    return text


def _records(text: str) -> typing.Iterator[list[str]]:
    head = text.lstrip().partition("\n")[0]
    delimiter = max(_DELIMITERS, key=head.count)
    if head.lower().startswith("sep=") and len(head.strip()) == 5:  # how some spreadsheets are told what separates
        delimiter = head[4]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        yield from reader
    except csv.Error as error:
        raise Invalid("file", "cannot be read as CSV at line {line}: {why}", line=reader.line_num, why=error) from None


def _header(records: typing.Iterator[list[str]], shape: Shape) -> tuple[list[str], int]:
    """The fields of the columns, and in which row they stand."""
    known = [field.name for field in msgspec.structs.fields(shape.line)]
    for row, cells in enumerate(records, 1):
        names = [cell.strip().casefold().replace(" ", "_") for cell in cells]
        if not any(names) or names[0].startswith("sep="):
            continue
        columns = [name if name in known else shape.also.get(name, "") for name in names]
        for column, cell in zip(columns, cells, strict=True):
            if not column:
                raise Invalid(
                    "file",
                    "has a column {column!r} that is not known; there are {known}",
                    column=cell[:50],
                    known=", ".join(known),
                )
        twice = next((column for column in columns if columns.count(column) > 1), None)
        if twice is not None:
            raise Invalid("file", "has two columns {column}", column=twice)
        if shape.key not in columns:
            raise Invalid(
                "file",
                "has no column {column}: its first row names the columns, {known}",
                column=shape.key,
                known=", ".join(known),
            )
        return columns, row
    raise Invalid("file", "is empty")


def _value(cell: str, field: msgspec.structs.FieldInfo, parser: Callable[[str], Any] | None) -> Any:
    """What a cell says: nothing, where it is empty and the field can be without; no word about it, where it cannot."""
    if not cell.strip():
        return None if type(None) in typing.get_args(field.type) else msgspec.UNSET
    value: Any = cell if parser is None else parser(cell)
    try:
        return msgspec.convert(value, field.type)
    except msgspec.ValidationError as error:
        strict = reasons.located(error)[1]
    try:
        value = msgspec.convert(value.strip() if isinstance(value, str) else value, field.type, strict=False)
    except msgspec.ValidationError as error:
        raise Invalid(field.name, reasons.located(error)[1]) from None
    if isinstance(value, float) and not value - value == 0:  # no number at all, or an endless one
        raise Invalid(field.name, strict)
    return value
