"""`make bench-api`: how long lists, single things and searches take, and how fast an export streams, with much in the database.

ARGS="--only sqlite --stations 10000 --sessions 100000" for the tenth that is meant for SQLite.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import httpx
from rich.console import Console
from rich.table import Table

from tools import running, seed

LIST_MS, SEARCH_MS, ROWS_PER_S = 50, 100, 20_000  # the bars
ROUNDS = 30

LISTS = (
    "/sessions",
    "/sessions?sort=-started",
    "/sessions?sort=energy",
    "/sessions?status=completed",
    "/sessions?customer=c7",
    "/sessions?token=5EED00000008",
    "/sessions?site=site-1",
    "/sessions?station=SEED0000009",
    "/sessions?started_from=2026-10-31T00:00:00Z&started_to=2026-11-01T00:00:00Z",
    "/customers",
    "/customers?sort=name",
    "/tokens",
    "/tokens?customer=c7",
    "/stations",
    "/sites?sort=name",
    "/tariffs",
    "/vehicles",
)
GETS = ("/customers/c7", "/tokens/5EED00000008", "/sites/site-1", "/stations/SEED0000009")
SEARCHES = ("/customers?search=ann 8", "/customers?search=c77@", "/stations?search=seed00000", "/sites?search=city 7")
FORMS = ("csv", "jsonl", "xlsx", "parquet")


class Figure(NamedTuple):
    """What was measured of one thing, and whether it is within its bar."""

    name: str
    told: str
    within: bool


def main() -> None:
    arguments = _arguments()
    console = Console(stderr=True)
    for kind in [arguments.only] if arguments.only else ["sqlite", "postgresql"]:
        with tempfile.TemporaryDirectory(prefix="stationmaster-bench-") as name:
            folder = Path(name)
            with running.database(kind, folder) as url:
                running.prepare(url, ["ONE"])
                seed.fill(url, arguments, console)
                server = running.Server(url, folder)
                server.start()
                try:
                    figures = list(measure(server, arguments.rounds, rows=arguments.sessions))
                finally:
                    server.stop()
        Console().print(_table(kind, arguments, figures))


def measure(server: running.Server, rounds: int, *, rows: int) -> Iterator[Figure]:
    """Each figure of a server that runs, asked one after the other."""
    with httpx.Client(base_url=f"http://127.0.0.1:{server.web}/api/v1", timeout=120) as client:
        login = client.post("/auth/login", json={"email": running.EMAIL, "password": running.PASSWORD})
        client.headers["Authorization"] = f"Bearer {login.json()['access_token']}"
        session = client.get("/sessions?limit=1").json()["items"][0]["id"]
        for bar, paths in ((LIST_MS, (*LISTS, *GETS, f"/sessions/{session}")), (SEARCH_MS, SEARCHES)):
            for path in paths:
                p95 = _p95_ms(client, path, rounds)
                yield Figure(path, f"{p95:.1f} ms", p95 <= bar)
        for form in FORMS:
            yield _export(server, client, form, rows)


def _p95_ms(client: httpx.Client, path: str, rounds: int) -> float:
    took = []
    for _ in range(max(3, rounds)):
        while True:
            begin = time.perf_counter()
            answer = client.get(path)
            if answer.status_code != 429:
                break
            time.sleep(float(answer.headers.get("Retry-After", "1")))
        answer.raise_for_status()
        took.append((time.perf_counter() - begin) * 1e3)
    return statistics.quantiles(took, n=20, method="inclusive")[-1]


def _export(server: running.Server, client: httpx.Client, form: str, rows: int) -> Figure:
    before, most, size = server.rss_kib(), 0, 0
    begin = time.perf_counter()
    with client.stream("GET", f"/exports/sessions?format={form}") as answer:
        answer.raise_for_status()
        for piece in answer.iter_raw():
            size += len(piece)
            most = max(most, server.rss_kib())
    rate = rows / (time.perf_counter() - begin)
    told = f"{rate:,.0f} rows/s, {size / 2**20:.1f} MiB, {(most - before) / 1024:+.1f} MiB of memory"
    return Figure(f"/exports/sessions?format={form}", told, rate >= ROWS_PER_S)


def _table(kind: str, amounts: seed.Amounts, figures: list[Figure]) -> Table:
    title = f"{kind}: {amounts.stations:,} chargers, {amounts.sessions:,} sessions, {amounts.meter_values} values each"
    table = Table("request", "p95, or rate", "bar", title=title)
    for figure in figures:
        table.add_row(figure.name, figure.told, "met" if figure.within else "not met")
    return table


class Arguments(seed.Amounts):
    only: str | None
    rounds: int


def _arguments() -> Arguments:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=["sqlite", "postgresql"])
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often each thing is asked for")
    seed.add_amounts(parser)
    return parser.parse_args(namespace=Arguments())


if __name__ == "__main__":
    main()
