"""A report as one HTML file that needs nothing from outside: sentences, tables, and lines drawn as SVG."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

COLOURS = ("#1c7ed6", "#e8590c", "#2f9e44", "#9c36b5")
WIDTH, HEIGHT, LEFT, BOTTOM = 720, 220, 64, 28

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1f2933; background: #fff }
table { border-collapse: collapse; margin: 1rem 0 } th, td { padding: .3rem .8rem; text-align: right; border-bottom: 1px solid #ddd }
th:first-child, td:first-child { text-align: left } .bad { color: #c92a2a; font-weight: 600 } .good { color: #2b8a3e; font-weight: 600 }
svg text { font: 12px system-ui, sans-serif; fill: currentColor }
@media (prefers-color-scheme: dark) { body { color: #e9ecef; background: #1a1b1e } th, td { border-color: #444 } .bad { color: #ff8787 } .good { color: #8ce99a } }
"""


@dataclass
class Report:
    """`problems` are what broke a bound; none: the run is good."""

    title: str
    problems: list[str]
    parts: list[str] = field(default_factory=list)

    def say(self, sentence: str) -> None:
        self.parts.append(f"<p>{escape(sentence)}</p>")

    def table(self, heading: str, titles: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        head = "".join(f"<th>{escape(title)}</th>" for title in titles)
        body = "".join("<tr>" + "".join(f"<td>{escape(_text(cell))}</td>" for cell in row) + "</tr>" for row in rows)
        self.parts.append(
            f"<h2>{escape(heading)}</h2><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )

    def lines(self, heading: str, unit: str, series: dict[str, list[tuple[float, float]]]) -> None:
        """A drawing of points (x, y), a line for each name. Nothing where there are no two points."""
        points = [point for each in series.values() for point in each]
        if len(points) < 2:
            return
        across = [x for x, _ in points]
        first, last = min(across), max(across)
        top = max(y for _, y in points) * 1.1 or 1.0
        drawn = []
        for (name, each), colour in zip(series.items(), COLOURS, strict=False):
            path = " ".join(
                f"{LEFT + (x - first) / ((last - first) or 1) * (WIDTH - LEFT - 10):.1f},{(HEIGHT - BOTTOM) * (1 - y / top) + 4:.1f}"
                for x, y in each
            )
            drawn.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{path}"/>')
            drawn.append(
                f'<text x="{LEFT + 90 * (len(drawn) // 2)}" y="14" style="fill:{colour}">{escape(name)}</text>'
            )
        for share in (0, 0.5, 1):
            y = (HEIGHT - BOTTOM) * (1 - share / 1.1) + 4
            drawn.append(f'<text x="0" y="{y + 4:.0f}">{_text(top / 1.1 * share)}</text>')
            drawn.append(
                f'<line x1="{LEFT}" x2="{WIDTH - 10}" y1="{y:.0f}" y2="{y:.0f}" stroke="currentColor" opacity=".15"/>'
            )
        drawn.append(f'<text x="{LEFT}" y="{HEIGHT - 6}">{_text(first)}</text>')
        drawn.append(f'<text x="{WIDTH - 10}" y="{HEIGHT - 6}" text-anchor="end">{_text(last)}</text>')
        label = escape(f"{heading}, {unit}")
        self.parts.append(
            f'<h2>{label}</h2><svg viewBox="0 0 {WIDTH} {HEIGHT}" width="100%" role="img" aria-label="{label}">{"".join(drawn)}</svg>'
        )

    def write(self, file: Path) -> None:
        found = (
            "".join(f'<p class="bad">{escape(problem)}</p>' for problem in self.problems)
            or '<p class="good">Within all bounds.</p>'
        )
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(
            f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
            f"<title>{escape(self.title)}</title><style>{STYLE}</style><h1>{escape(self.title)}</h1>{found}{''.join(self.parts)}</html>\n"
        )


def _text(value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
