"""PDF from a template and what it is about; templates and fonts stand in the folders beside this file.

A template gets its texts as data and never as code, so no name in them can do anything. Letters that our font has not (Chinese, Arabic) come from
the fonts of the machine.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal

HERE = Path(__file__).parent
Template = Literal["invoice", "qr_sheet", "report", "statement"]


async def print_aside(template: Template, sheet: bytes, *, at: datetime, logo: bytes | None = None) -> bytes:
    """The same in a thread of its own, one after the other: it takes a core for some hundredths of a second, and the loop goes on."""
    return await asyncio.get_running_loop().run_in_executor(
        _thread(), lambda: printed(template, sheet, at=at, logo=logo)
    )


def printed(template: Template, sheet: bytes, *, at: datetime, logo: bytes | None = None) -> bytes:
    """The PDF (PDF/A-3, where we have all its letters) of a sheet in JSON, made at a moment, with a logo (PNG); the same sheet gives the same bytes."""
    import typst

    given: dict[str, Any] = {"sys_inputs": _inputs(sheet, logo), "format": "pdf", "timestamp": int(at.timestamp())}
    try:
        return bytes(_compiler(template).compile(**given, pdf_standards=["a-3b"]))
    except typst.TypstError:  # no font here has one of its letters, which the standard forbids: then it is a plain PDF
        return bytes(_compiler(template).compile(**given))


def pictures(template: Template, sheet: bytes, *, ppi: float = 100, logo: bytes | None = None) -> list[bytes]:
    """Its pages as PNG, to be looked at."""
    pages = _compiler(template).compile(sys_inputs=_inputs(sheet, logo), format="png", ppi=ppi)
    return pages if isinstance(pages, list) else [pages]


def _inputs(sheet: bytes, logo: bytes | None) -> dict[str, str]:
    # A template takes texts only: the bytes of a picture are a list of numbers.
    return {"sheet": sheet.decode()} | ({} if logo is None else {"logo": str(list(logo))})


@cache
def _thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, "printing")


@cache
def _compiler(template: Template) -> Any:
    import typst  # takes its time, and most who start have no use for it

    fonts = typst.Fonts(font_paths=[str(HERE / "fonts")])
    return typst.Compiler(HERE / "templates" / f"{template}.typ", root=HERE / "templates", font_paths=fonts)
