"""Rows as files: every format reads back as what was written, and no text in one becomes a formula."""

from __future__ import annotations

import asyncio
import csv
import functools
import io
import sys
import threading
import zipfile
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import arro3.io
import msgspec
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationmaster.api.exports.streams import CHUNK_BYTES, Exports, Pipe, TooManyExports
from stationmaster.domain import xlsx
from stationmaster.domain.cells import harmless, meant
from stationmaster.domain.errors import Invalid
from stationmaster.domain.file_formats import FORMATS, Column, parquet_library

BERLIN = ZoneInfo("Europe/Berlin")
# In the night in which clocks go back there are two moments of 02:30.
FIRST = datetime(2026, 10, 25, 0, 30, tzinfo=UTC).astimezone(BERLIN)
SECOND = FIRST.astimezone(UTC) + timedelta(hours=1)
COLUMNS = (
    Column("id"),
    Column("energy_kwh", "number", 6),
    Column("evse", "whole"),
    Column("at", "time"),
    Column("review", "flag"),
)
ROWS: list[tuple[Any, ...]] = [
    ("a,\"b\"\n<c> & 'd' ü", Decimal("12.345000"), 1, FIRST, True),
    ("=1+1", Decimal("-0.5"), 2, SECOND.astimezone(BERLIN), False),
    (None, None, None, None, None),
]


def written(name: str, rows: Iterable[tuple[Any, ...]] = ROWS) -> bytes:
    return in_pages(name, [[row] for row in rows])


def in_pages(name: str, pages: list[list[tuple[Any, ...]]]) -> bytes:
    file = io.BytesIO()
    FORMATS[name].write(file, COLUMNS, pages)
    return file.getvalue()


def test_csv_reads_back_with_offsets_that_tell_the_hours_of_that_night_apart() -> None:
    head, *rows = csv.reader(io.StringIO(written("csv").decode(), newline=""))
    assert head == ["id", "energy_kwh", "evse", "at", "review"]
    assert rows[0] == [ROWS[0][0], "12.345000", "1", "2026-10-25T02:30:00+02:00", "true"]
    assert rows[1] == ["'=1+1", "-0.5", "2", "2026-10-25T02:30:00+01:00", "false"]
    assert rows[2] == [""] * 5


@given(st.lists(st.tuples(st.none() | st.text(), st.text('",\r\n a')), max_size=4))
def test_csv_is_what_the_standard_library_would_write(rows: list[tuple[str | None, str]]) -> None:
    file, expected = io.BytesIO(), io.StringIO()
    columns = Column("a, b"), Column("c")
    FORMATS["csv"].write(file, columns, [rows] if rows else [])
    plain = [[None if cell is None else harmless(cell) for cell in row] for row in rows]
    csv.writer(expected).writerows([["a, b", "c"], *plain])
    assert file.getvalue() == expected.getvalue().encode()


@pytest.mark.parametrize("name", ["json", "jsonl"])
def test_json_reads_back_exactly(name: str) -> None:
    text = written(name)
    found = msgspec.json.decode(text) if name == "json" else [msgspec.json.decode(line) for line in text.splitlines()]
    assert found[0]["energy_kwh"] == 12.345
    assert b'"energy_kwh":12.345000' in text  # a number, and every digit of it
    assert [row["at"] for row in found] == ["2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00", None]
    assert found[1]["id"] == "=1+1"  # nothing that reads JSON computes


def test_a_workbook_reads_back_by_the_clock_of_its_place() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(written("xlsx"))).active
    assert sheet is not None
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    assert rows[0] == [ROWS[0][0], 12.345, 1, datetime(2026, 10, 25, 2, 30), True]
    assert rows[1] == ["=1+1", -0.5, 2, datetime(2026, 10, 25, 2, 30), False]
    assert rows[2] == [None] * 5


def test_X_05_a_text_in_a_workbook_is_a_text_and_stays_one_when_it_is_edited() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(written("xlsx"))).active
    assert sheet is not None
    assert (sheet["A3"].data_type, sheet["A3"].quotePrefix) == ("s", True)
    assert (sheet["A2"].data_type, sheet["A2"].quotePrefix) == ("s", False)
    assert sheet["B3"].data_type == "n"
    with zipfile.ZipFile(io.BytesIO(written("xlsx"))) as book:
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")


def test_a_workbook_goes_on_in_the_next_sheet(monkeypatch: pytest.MonkeyPatch) -> None:
    file = io.BytesIO()
    xlsx.write(file, [("n", "whole")], [[(n,) for n in range(5)], [(5,), (6,)]], rows_in_sheet=4)
    book = openpyxl.load_workbook(file)
    assert [[cell.value for cell in sheet["A"]] for sheet in book] == [["n", 0, 1, 2], ["n", 3, 4, 5], ["n", 6]]


def test_parquet_reads_back_as_moments_and_exact_decimals() -> None:
    table = arro3.io.read_parquet(io.BytesIO(written("parquet"))).read_all()
    assert table.num_rows == 3
    assert table["energy_kwh"][0].as_py() == Decimal("12.345000")
    assert [table["at"][n].as_py() for n in range(3)] == [FIRST.astimezone(UTC), SECOND, None]
    assert table["id"][1].as_py() == "=1+1"


@pytest.mark.parametrize("pages", [[], [[]]], ids=["no page", "an empty page"])
@pytest.mark.parametrize("name", FORMATS)
def test_nothing_at_all_is_a_file_too(name: str, pages: list[list[Any]]) -> None:
    text = in_pages(name, pages)
    if name == "xlsx":
        sheet = openpyxl.load_workbook(io.BytesIO(text)).active
        assert sheet is not None and sheet.max_row == 1
    elif name == "parquet":
        assert arro3.io.read_parquet(io.BytesIO(text)).read_all().num_rows == 0
    else:
        assert text.decode() == {"csv": "id,energy_kwh,evse,at,review\r\n", "json": "[\n]\n", "jsonl": ""}[name]


def test_without_the_library_for_parquet_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "arro3.io", None)
    with pytest.raises(Invalid, match=r'pip install "stationmaster\[parquet\]"'):
        parquet_library()


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+49 30", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n", ' "=1', "'=1", "＝1", "＋1", "－1", "＠a", "\ufeff=1"],
)
def test_API_18_what_begins_like_a_formula_is_a_text(text: str) -> None:
    assert harmless(text) == "'" + text
    assert meant(harmless(text)) == text


@pytest.mark.parametrize("text", ["", "04A2", "a=b", "'", "it's", "1-2", "müller", "'quoted'"])
def test_API_18_what_does_not_is_left_alone(text: str) -> None:
    assert harmless(text) == text
    assert meant(text) == text


@given(st.text())
def test_API_18_every_text_reads_back(text: str) -> None:
    assert meant(harmless(text)) == text
    assert not harmless(text).lstrip(' \t\r\n"\ufeff\u200b').startswith(("=", "+", "-", "@"))


async def gathered(fill: Callable[[Pipe], None]) -> bytes:
    return b"".join([piece async for piece in Exports().stream(fill)])


async def test_a_file_is_sent_while_it_is_written() -> None:
    async def answer(n: int) -> bytes:
        return bytes([n]) * CHUNK_BYTES

    def fill(pipe: Pipe) -> None:
        for n in range(9):
            pipe.write(pipe.ask(functools.partial(answer, n)).result())
        pipe.write(b"end")

    assert await gathered(fill) == b"".join([bytes([n]) * CHUNK_BYTES for n in range(9)]) + b"end"


async def test_the_writer_waits_for_a_client_that_takes_nothing_and_ends_when_it_has_left() -> None:
    pieces, ended = [0], threading.Event()

    def fill(pipe: Pipe) -> None:
        try:
            while True:
                pipe.write(bytes(CHUNK_BYTES))
                pieces[0] += 1
        finally:
            ended.set()

    exports = Exports(at_once=1)
    stream = exports.stream(fill)
    assert len(await anext(stream)) == CHUNK_BYTES
    with pytest.raises(TooManyExports):
        exports.check()
    await stream.aclose()
    assert ended.is_set()
    assert pieces[0] <= 5  # those on their way, and no more
    exports.check()


async def test_a_file_that_cannot_be_finished_has_no_end() -> None:
    def fill(pipe: Pipe) -> None:
        pipe.write(b"half")
        raise ValueError("away")

    with pytest.raises(ValueError, match="away"):
        await gathered(fill)
    await asyncio.sleep(0)
