"""A workbook with one sheet, written in one pass to something that only takes bytes.

The libraries for this keep the sheet in memory or in a temporary file until its end. What a plain table needs of the format
(ECMA-376) is little: texts inside their cells, numbers, dates as days since 1899-12-30.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Protocol, cast
from xml.sax.saxutils import escape

import msgspec

from stationmaster.domain.cells import harmless

MAX_ROWS = 1_048_576  # what the format has room for


class Out(Protocol):
    """What the workbook is written to."""

    def write(self, data: bytes, /) -> object: ...


def write(
    out: Out,
    columns: Sequence[tuple[str, str]],
    pages: Iterable[Sequence[Sequence[Any]]],
    *,
    rows_in_sheet: int = MAX_ROWS,
) -> None:
    """The workbook; `columns` are names and kinds. Rows for which the sheet has no room go on in the next sheet."""
    with zipfile.ZipFile(cast(Any, Forward(out)), "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book:
        forms = [_FORMS[kind] for _, kind in columns]
        head = _rows([_texts([name]) for name, _ in columns])
        sheets = 0
        for sheet in _sheets(pages, room=rows_in_sheet - 1):
            sheets += 1
            with book.open(f"xl/worksheets/sheet{sheets}.xml", "w", force_zip64=True) as file:
                file.write((_SHEET_BEGIN + head).encode())
                for page in filter(None, sheet):
                    cells = zip(forms, zip(*page, strict=True), strict=True)
                    file.write(_rows([form(values) for form, values in cells]).encode())
                file.write(_SHEET_END.encode())
        for name, text in _around(sheets).items():
            book.writestr(name, _XML + text)


def _sheets(pages: Iterable[Sequence[Sequence[Any]]], *, room: int) -> Iterable[Iterable[Sequence[Sequence[Any]]]]:
    """The pages of each sheet, which has room for so many rows. There is one sheet at least."""
    waiting = iter(pages)
    page = next(waiting, None)

    def fill() -> Iterable[Sequence[Sequence[Any]]]:
        nonlocal page
        free = room
        while page is not None and free:
            part, rest = page[:free], page[free:]
            yield part
            free -= len(part)
            page = rest if rest else next(waiting, None)

    yield fill()
    while page is not None:
        yield fill()


class Forward(io.RawIOBase):
    """A file that cannot go back."""

    def __init__(self, out: Out) -> None:
        self._out = out

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._out.write(bytes(data))
        return len(data)


_NOTHING = "<c/>"
_HARMLESS = re.compile(r"[a-zA-Z0-9](?:[\w :/.,-]*\w)?", re.ASCII).fullmatch  # nor is there a blank at an end of it
_PLAIN = re.compile(r"[\w :/.,-]*", re.ASCII).fullmatch
# What XML cannot say at all, and what would be taken for an escape of it.
_UNSAYABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
Form = Callable[[Sequence[Any]], list[str]]
"""The cells of one column."""


def _rows(columns: Sequence[Sequence[str]]) -> str:
    return f"<row>{'</row><row>'.join(map(''.join, zip(*columns, strict=True)))}</row>"


def _each(form: Callable[[Any], str]) -> Form:
    return lambda values: [_NOTHING if value is None else form(value) for value in values]


def _texts(values: Sequence[str | None]) -> list[str]:
    """Many columns say the same again and again, so each text is made a cell once."""
    made = {value: _NOTHING if value is None else _text(value) for value in set(values)}
    return [made[value] for value in values]


def _text(value: str) -> str:
    if _HARMLESS(value):  # as nearly all are, and no row of theirs is like another
        return f'<c t="inlineStr"><is><t>{value}</t></is></c>'
    # The mark on the cell is what an apostrophe before it is in other formats: it stays a text when somebody edits it.
    style = ' s="2"' if harmless(value) != value else ""
    plain = value if _PLAIN(value) else escape(_UNSAYABLE.sub("\ufffd", value))
    space = "" if value == value.strip() else ' xml:space="preserve"'
    return f'<c t="inlineStr"{style}><is><t{space}>{plain}</t></is></c>'


_FIRST_DAY = datetime(1899, 12, 30).toordinal()


def _time(value: datetime) -> str:
    seconds = value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1e6
    return f'<c s="1"><v>{value.toordinal() - _FIRST_DAY + seconds / 86_400:.9f}</v></c>'


_FORMS: dict[str, Form] = {
    "text": _texts,
    "number": _each(lambda value: f"<c><v>{value:f}</v></c>"),
    "whole": _each(lambda value: f"<c><v>{value}</v></c>"),
    "time": _each(_time),
    "json": _each(lambda value: _text(msgspec.json.encode(value).decode())),
    "flag": _each(lambda value: f'<c t="b"><v>{int(value)}</v></c>'),
}

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OOXML = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_SHEET_BEGIN = (
    f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetData>'
)
_SHEET_END = "</sheetData></worksheet>"
_STYLES = (
    f'<styleSheet xmlns="{_MAIN}"><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/></numFmts>'
    '<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


def _around(sheets: int) -> dict[str, str]:
    """The other parts of a workbook with so many sheets."""
    numbers = range(1, sheets + 1)
    parts = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_OOXML}.worksheet+xml"/>' for n in numbers
    )
    listed = "".join(f'<sheet name="Sheet{n}" sheetId="{n}" r:id="rId{n}"/>' for n in numbers)
    relations = "".join(
        f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
    )
    return {
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{listed}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">{relations}'
        f'<Relationship Id="rId{sheets + 1}" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": _STYLES,
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_OOXML}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_OOXML}.styles+xml"/>{parts}</Types>',
    }
