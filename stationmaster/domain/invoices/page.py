"""A document as a page: the same sheet as its PDF, for a phone. One file, without a script, that can be kept and printed."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Sequence
from html import escape

from stationmaster.domain import colours
from stationmaster.domain.invoices.printed import Block, Fact, Overview, Sheet

_STYLE = """
:root { color-scheme: light dark; --quiet: #566070; --hair: #cfd6de; --accent: ON_LIGHT; --back: #fff; --front: #14181d; --out: #eef1f4; }
@media (prefers-color-scheme: dark) {
  :root { --quiet: #a3adba; --hair: #3a434e; --accent: ON_DARK; --back: #181c21; --front: #e8ecf0; --out: #0f1215; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--out); color: var(--front); font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 46rem; margin: 0 auto; padding: 1.5rem clamp(1rem, 4vw, 2.5rem) 2.5rem; background: var(--back); min-height: 100vh; }
header { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 1rem; margin-bottom: 1.5rem; }
h1 { margin: 0; font-size: 1.6rem; color: var(--accent); line-height: 1.2; }
h2 { font-size: 1.1rem; margin: 1.75rem 0 .5rem; }
.quiet, dt, th { color: var(--quiet); font-weight: normal; }
.lines { white-space: pre-line; overflow-wrap: anywhere; }
.head-lines img { display: block; max-width: 13rem; max-height: 4rem; margin-bottom: .5rem; }
@media (prefers-color-scheme: dark) { .head-lines img { background: #fff; padding: .35rem .5rem; border-radius: .3rem; } }
.head-lines strong { font-size: 1.15rem; }
dl { display: grid; grid-template-columns: minmax(6rem, auto) 1fr; gap: .2rem 1.25rem; margin: 0; }
dd { margin: 0; overflow-wrap: anywhere; }
.wide { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; margin: .75rem 0; font-variant-numeric: tabular-nums; }
th, td { padding: .4rem 0 .4rem 1rem; text-align: right; vertical-align: top; }
th { font-size: .85rem; border-bottom: 1px solid var(--hair); }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
tbody tr:last-child td { border-bottom: 1px solid var(--hair); }
small { display: block; color: var(--quiet); }
table.overview :is(th, td):nth-child(2) { text-align: left; }
table.overview td:nth-child(n+3) { white-space: nowrap; }
dl.sums { margin: .5rem 0 0 auto; max-width: 26rem; grid-template-columns: 1fr auto; column-gap: 0; font-variant-numeric: tabular-nums; }
dl.sums dd { text-align: right; }
dl.sums .total { border-top: 2px solid var(--front); color: var(--front); font-weight: 700; font-size: 1.15rem; padding-top: .35rem; margin-top: .25rem; }
.remark { font-weight: 600; margin: 1.25rem 0; }
.signed { font: .7rem/1.4 ui-monospace, monospace; overflow-wrap: anywhere; }
footer { margin-top: 2rem; padding-top: 1rem; border-top: 1px solid var(--hair); font-size: .85rem; color: var(--quiet);
  display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: 1rem; }
a.button { display: inline-block; padding: .55rem 1rem; border-radius: .4rem; background: var(--accent); color: var(--back); text-decoration: none; font-weight: 600; }
@media (max-width: 34rem) {
  table.lines-of thead { position: absolute; left: -999rem; }
  table.lines-of, table.lines-of tbody { display: block; }
  table.lines-of tr { display: grid; grid-template-columns: auto auto 1fr auto; column-gap: .75rem; padding: .5rem 0; border-bottom: 1px solid var(--hair); }
  table.lines-of td { padding: 0; border: 0 !important; }
  table.lines-of td:nth-child(1) { grid-row: 1; grid-column: 1 / 4; font-weight: 600; }
  table.lines-of td:nth-child(5) { grid-row: 1; grid-column: 4; font-weight: 600; }
  table.lines-of td:nth-child(n+2):nth-child(-n+4) { grid-row: 2; text-align: left; color: var(--quiet); font-size: .9rem; }
  table.lines-of td:nth-child(3)::before { content: "× "; }
  table.lines-of small { font-weight: normal; }
  table.overview :is(th, td):nth-child(n+3):nth-child(-n+5) { display: none; }
  table.lines-of td:empty { display: none; }
}
@media print { body { background: none; } main { padding: 0; max-width: none; } a.button { display: none; } }
"""


def page_of(sheet: Sheet, *, at: str | None = None, logo: bytes | None = None) -> str:
    """The page; `at` is the address below which the same is as a PDF, and what was signed as a file. `logo` is a PNG."""
    body = "".join(
        [
            _header(sheet, logo),
            "" if at is None else f'<p><a class="button" href="{escape(at)}/pdf">PDF</a></p>',
            _pairs(sheet.facts),
            "" if sheet.overview is None else _overview(sheet.overview) + _closing(sheet),
            *(_block(block) for block in sheet.blocks),
            _closing(sheet) if sheet.overview is None else "",
            _signed(sheet, at),
            _footer(sheet.footer),
        ]
    )
    title = escape(f"{sheet.title} {sheet.number}")
    style = _STYLE.replace("ON_LIGHT", sheet.colour).replace("ON_DARK", colours.readable(sheet.colour).on_dark)
    return (
        f'<!doctype html>\n<html lang="{escape(sheet.language)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">'
        f"<title>{title}</title><style>{style}</style></head><body><main>{body}</main></body></html>\n"
    )


def _header(sheet: Sheet, logo: bytes | None) -> str:
    name, *address = sheet.seller
    buyer = f'<div class="lines">{_text(sheet.buyer)}</div>' if sheet.buyer else ""
    # In the page itself, so that it is whole where it is kept.
    picture = "" if logo is None else f'<img src="data:image/png;base64,{b64encode(logo).decode()}" alt="">'
    return (
        f'<header><div class="lines head-lines">{picture}<strong>{escape(name)}</strong>\n'
        f'<span class="quiet">{_text(address)}</span></div>'
        f'<div><h1>{escape(sheet.title)}</h1><div class="quiet">{escape(sheet.number)}</div></div></header>{buyer}'
    )


def _overview(overview: Overview) -> str:
    rows = ([escape(cell) for cell in row] for row in overview.rows)
    return f'<div class="wide">{_table(overview.head, rows, "overview")}</div>'


def _block(block: Block) -> str:
    rows = (
        [
            escape(row.what) + "".join(f"<small>{escape(each)}</small>" for each in row.details),
            *(escape(each) for each in (row.quantity, row.price, row.tax, row.amount)),
        ]
        for row in block.rows
    )
    notes = "".join(f"<small>{escape(note)}</small>" for note in block.notes)
    sums = _sums(block.sums) if block.sums else ""
    return f"<h2>{escape(block.title)}</h2>{_pairs(block.facts)}{_table(block.head, rows, 'lines-of')}{notes}{sums}"


def _closing(sheet: Sheet) -> str:
    notes = "".join(f"<small>{escape(note)}</small>" for note in sheet.notes)
    remark = f'<p class="remark">{escape(sheet.remark)}</p>' if sheet.remark else ""
    return _sums(sheet.totals, sheet.total) + (_sums(sheet.paid) if sheet.paid else "") + remark + notes


def _signed(sheet: Sheet, at: str | None) -> str:
    parts = (
        f'<p class="quiet">{escape(one.title)}</p><p class="signed">{escape(one.text)}</p>' for one in sheet.signed
    )
    file = "" if at is None else f'<p><a href="{escape(at)}/signed-values">XML</a></p>'
    return f"<h2>{escape(sheet.signed_title)}</h2>{file}{''.join(parts)}" if sheet.signed else ""


def _footer(columns: Sequence[Sequence[str]]) -> str:
    parts = (f'<div class="lines">{_text(column)}</div>' for column in columns)
    return f"<footer>{''.join(parts)}</footer>"


def _pairs(facts: Iterable[Fact]) -> str:
    return f"<dl>{''.join(f'<dt>{escape(label)}</dt><dd>{escape(value)}</dd>' for label, value in facts)}</dl>"


def _sums(facts: Iterable[Fact], total: Fact | None = None) -> str:
    pairs = [f"<dt>{escape(label)}</dt><dd>{escape(value)}</dd>" for label, value in facts]
    if total is not None:
        pairs.append(f'<dt class="total">{escape(total[0])}</dt><dd class="total">{escape(total[1])}</dd>')
    return f'<dl class="sums">{"".join(pairs)}</dl>'


def _table(head: Iterable[str], rows: Iterable[Sequence[str]], name: str = "") -> str:
    heads = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)
    cells = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f'<table class="{name}"><thead><tr>{heads}</tr></thead><tbody>{cells}</tbody></table>'


def _text(lines: Iterable[str]) -> str:
    return escape("\n".join(lines))
