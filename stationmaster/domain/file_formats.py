"""Rows written as a file, page by page: what has been written is forgotten, so a million rows need no more memory than a thousand."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal, NamedTuple

import msgspec

from stationmaster.domain import xlsx
from stationmaster.domain.cells import harmless
from stationmaster.domain.errors import Invalid
from stationmaster.domain.xlsx import Out

Kind = Literal["text", "number", "whole", "time", "flag", "json"]
Row = Sequence[Any]
"""Values in the order of the columns: text, Decimal, int, a time in the zone of its place, bool, what JSON can say; None where
there is nothing."""


class Column(NamedTuple):
    """One column, and what is in it."""

    name: str
    kind: Kind = "text"
    decimals: int = 3
    """Of a number."""


Write = Callable[[Out, Sequence[Column], Iterable[Sequence[Row]]], None]


class Format(NamedTuple):
    """A kind of file."""

    media_type: str
    write: Write


def write_csv(out: Out, columns: Sequence[Column], pages: Iterable[Sequence[Row]]) -> None:
    """Commas, quotes where they are needed, lines as RFC 4180 ends them. A time has its offset with it."""
    forms = [_CSV[column.kind] for column in columns]
    out.write(_lines([_quoted([column.name]) for column in columns]))
    for page in filter(None, pages):
        cells = zip(forms, zip(*page, strict=True), strict=True)
        out.write(_lines([_quoted(_formed(values, form)) for form, values in cells]))


def write_json(out: Out, columns: Sequence[Column], pages: Iterable[Sequence[Row]]) -> None:
    """One array of objects."""
    first = True
    out.write(b"[")
    for lines in _objects(columns, pages):
        out.write((b"\n" if first else b",\n") + b",\n".join(lines))
        first = False
    out.write(b"\n]\n")


def write_json_lines(out: Out, columns: Sequence[Column], pages: Iterable[Sequence[Row]]) -> None:
    """One object a line."""
    for lines in _objects(columns, pages):
        out.write(b"\n".join(lines) + b"\n")


def write_parquet(out: Out, columns: Sequence[Column], pages: Iterable[Sequence[Row]]) -> None:
    """A row group for some ten thousand rows. Times are moments; numbers are exact decimals. Raises `Invalid` without the library."""
    arrow, io_ = parquet_library()
    types = arrow.DataType
    shapes = {
        "text": (types.utf8(), types.utf8(), None),
        "flag": (types.bool(), types.bool(), None),
        "json": (types.utf8(), types.utf8(), _json),
        "whole": (types.int64(), types.int64(), None),
        "time": (types.int64(), types.timestamp("us", tz="UTC"), _microseconds),
    }

    def shape(column: Column) -> tuple[Any, Any, Callable[[Any], Any] | None]:
        if column.kind == "number":
            return types.utf8(), types.decimal128(20, column.decimals), str
        return shapes[column.kind]

    made = [shape(column) for column in columns]
    schema = arrow.Schema(
        [arrow.Field(column.name, kind[1], nullable=True) for column, kind in zip(columns, made, strict=True)]
    )

    def batches() -> Iterable[Any]:
        for rows in filter(None, pages):
            arrays = []
            for values, (given, kept, form) in zip(zip(*rows, strict=True), made, strict=True):
                plain = values if form is None else [None if value is None else form(value) for value in values]
                array = arrow.Array(list(plain), given)
                arrays.append(array if form is None else array.cast(kept))
            yield arrow.RecordBatch.from_arrays(arrays, schema=schema)

    reader = arrow.RecordBatchReader.from_batches(schema, batches())
    io_.write_parquet(reader, _File(out), compression="snappy", max_row_group_size=20_000)


def parquet_library() -> tuple[Any, Any]:
    """The library that writes Parquet, which is an extra. Raises `Invalid` where it is not installed."""
    try:
        import arro3.core
        import arro3.io
    except ImportError:
        raise Invalid(
            "format", 'parquet needs a library that is not installed here: pip install "stationmaster[parquet]"'
        ) from None
    return arro3.core, arro3.io


def write_xlsx(out: Out, columns: Sequence[Column], pages: Iterable[Sequence[Row]]) -> None:
    """A workbook with one sheet. Times are cells of a date, by the clock of their place; texts stay texts."""
    xlsx.write(out, [(column.name, column.kind) for column in columns], pages)


FORMATS: dict[str, Format] = {
    "csv": Format("text/csv; header=present", write_csv),
    "xlsx": Format("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", write_xlsx),
    "json": Format("application/json", write_json),
    "jsonl": Format("application/x-ndjson", write_json_lines),
    "parquet": Format("application/vnd.apache.parquet", write_parquet),
}


class _File:
    """What the library for Parquet takes for a file: it only writes, and asks where it is."""

    def __init__(self, out: Out) -> None:
        self._out = out
        self._at = 0

    def write(self, data: bytes) -> int:
        self._out.write(bytes(data))
        self._at += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        """It asks for the place where it is, and for no other."""
        if (offset, whence) not in ((0, 1), (0, 2), (self._at, 0)):
            raise OSError("this file only goes forward")
        return self._at

    def tell(self) -> int:
        return self._at

    def flush(self) -> None:
        """What is written is on its way already."""

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True


def _objects(columns: Sequence[Column], pages: Iterable[Sequence[Row]]) -> Iterable[list[bytes]]:
    names = [column.name for column in columns]
    encode = msgspec.json.Encoder(decimal_format="number").encode
    for page in filter(None, pages):
        yield [encode(dict(zip(names, row, strict=True))) for row in page]


def _formed(values: Sequence[Any], form: Callable[[Any], str]) -> list[str]:
    """The texts of one column: column by column, which is twice as fast as row by row."""
    return ["" if value is None else form(value) for value in values]


_SPECIAL = re.compile(r'[",\r\n]').search


def _quoted(cells: list[str]) -> list[str]:
    """Cells of one column that can stand between commas. In most columns none needs quotes, and one look at all of them tells."""
    if _SPECIAL("".join(cells)) is None:
        return cells
    return ['"' + cell.replace('"', '""') + '"' if _SPECIAL(cell) else cell for cell in cells]


def _lines(columns: Sequence[Sequence[str]]) -> bytes:
    return ("\r\n".join(map(",".join, zip(*columns, strict=True))) + "\r\n").encode()


def _plain(value: Decimal) -> str:
    return f"{value:f}"


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _moment(value: datetime) -> str:
    return value.isoformat(timespec="seconds")


_CSV: dict[Kind, Callable[[Any], str]] = {
    "text": harmless,
    "number": _plain,
    "whole": str,
    "time": _moment,
    "flag": lambda value: "true" if value else "false",
    "json": lambda value: harmless(_json(value)),
}

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _microseconds(value: datetime) -> int:
    since = value - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
