"""Tables as CSV: what is read, what is wrong with it, and that no cell becomes a formula (API-18, API-23, X-05)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationmaster.api.csv_files import Shape, cell_of, read, written
from stationmaster.domain.cells import harmless, meant
from stationmaster.domain.errors import Invalid


class Thing(msgspec.Struct, frozen=True):
    id: str
    name: Annotated[str, msgspec.Meta(max_length=20)] | msgspec.UnsetType | None = msgspec.UNSET
    size: Annotated[float, msgspec.Meta(le=100)] | msgspec.UnsetType | None = msgspec.UNSET
    good: bool | msgspec.UnsetType = msgspec.UNSET
    at: Annotated[datetime, msgspec.Meta(tz=True)] | msgspec.UnsetType | None = msgspec.UNSET


SHAPE = Shape(Thing, "id", {"number": "id"}, {"name": lambda text: text.replace("~", " ")})


def values(text: str | bytes) -> list[dict[str, Any]]:
    table = read(text if isinstance(text, bytes) else text.encode(), SHAPE)
    assert table.problems == []
    return [line.values for line in table.lines]


@pytest.mark.parametrize(
    "text",
    [
        "id,name,size\n0004,Ann,1.5\n",
        "id;name;size\r\n0004;Ann;1.5\r\n",
        "id\tname\tsize\n0004\tAnn\t1.5",
        "\ufeffid,name,size\n0004,Ann,1.5",
        "sep=;\nid;name;size\n0004;Ann;1.5",
        "\n Number , NAME,Size\n\n0004,Ann,1.5\n,,\n",
        '"id","name","size"\n"0004","Ann"," 1.5 "\n',
        "id,name,size\n0004,Ann,1.5\n".encode("utf-16"),
    ],
)
def test_a_table_is_read_as_spreadsheets_write_it(text: str | bytes) -> None:
    assert values(text) == [{"id": "0004", "name": "Ann", "size": 1.5}]


def test_an_empty_cell_erases_where_there_can_be_nothing_and_a_column_that_is_not_there_does_not() -> None:
    assert values("id,name,good\nA,,\nB,null,true") == [
        {"id": "A", "name": None},
        {"id": "B", "name": "null", "good": True},
    ]
    assert values("id,name\nA,x~y") == [{"id": "A", "name": "x y"}]
    assert values('id,name\nA,"two\nlines"') == [{"id": "A", "name": "two\nlines"}]


def test_API_23_each_row_that_is_wrong_is_told_with_its_number_and_field() -> None:
    table = read(
        b"id,name,size,at\nA,x,1,\n,x,2,\nB,aaaaaaaaaaaaaaaaaaaaaaaaa,many,\nC,x\nD,x,nan,2026-05-01T10:00\nE,x,101,",
        SHAPE,
    )
    assert [line.row for line in table.lines] == [2]
    assert table.rows == 6
    assert [(each.row, each.field, each.reason) for each in table.problems] == [
        (3, "id", "is missing"),
        (4, "name", "must have at most 20 characters"),
        (4, "size", "must be a number"),
        (5, "", "has 2 cells where the first row has 4"),
        (6, "size", "must be at most 100"),
        (6, "at", "must be a time with its zone, as in 2026-05-01T12:00:00Z"),
        (7, "size", "must be at most 100"),
    ]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"name,size\nx,1", "has no column id"),
        (b"id,colour\nA,red", "has a column 'colour' that is not known; there are id, name, size, good, at"),
        (b"id,number\nA,B", "has two columns id"),
        (b"id,\nA,B", "has a column ''"),
        (b"id\n\xe4", "is not UTF-8"),
        (b"id\nA\x00", "is no CSV file"),
        (b'id\n"A', "cannot be read as CSV at line"),
        (b"id\n" + b"A" * 200_000, "cannot be read as CSV at line"),
        (b"\x89PNG\r\n\x1a\n", "is not UTF-8"),
        (b"id\n" + b"A\n" * 11, "has more than 10 rows"),
    ],
)
def test_API_22_what_is_no_such_table_is_refused_whole(body: bytes, reason: str) -> None:
    with pytest.raises(Invalid, match=r"^file: ") as error:
        read(body, SHAPE, max_rows=10)
    assert reason in error.value.reason


@given(st.text(alphabet="'=+-@\t\r\n \"\uff1d1a.", max_size=8))
def test_API_18_whatever_is_written_reads_back_unchanged_and_begins_no_formula(text: str) -> None:
    cell = harmless(text)
    assert meant(cell) == text
    first = cell.lstrip(' "')[:1]
    assert first not in set("=+-@\uff1d")


async def test_X_05_a_file_that_is_written_reads_back(tmp_path: Any) -> None:
    at = datetime(2026, 5, 1, 12, tzinfo=UTC)
    rows = [("=1", "+1 2;=3,\r\nx", -5.5, True, at), ("0004", None, None, False, None), ("'", "ä", 7, True, at)]

    async def pieces() -> AsyncIterator[Iterable[Sequence[Any]]]:
        for row in rows:
            yield [row]

    body = b"".join([piece async for piece in written(["id", "name", "size", "good", "at"], pieces())])
    assert body.startswith(b'\xef\xbb\xbf"id","name"')
    names = ("id", "name", "size", "good", "at")
    assert values(body) == [dict(zip(names, row, strict=True)) for row in rows]
    assert cell_of(["monday", "friday"]) == "monday friday"
