"""`make bench-api`: how long lists, single things and searches take, and how fast an export streams, with much in the database.

All of it while chargers send, from a process of their own. The full size, kept for the next run, and the tenth of it for SQLite:

    make bench-api ARGS="--only postgresql --full --keep DIR"
    make bench-api ARGS="--only sqlite --stations 10000 --customers 10000 --sessions 100000 --meter-values 20"

With `--apart` chargers and people are on two nodes of one installation (PostgreSQL and Valkey).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from tests import valkey
from tools import bench_data, bench_requests, running, seed
from tools.bench_requests import Asked

LIST_MS, SEARCH_MS, ROWS_PER_S, CHARGERS_MS = 50, 100, 20_000, 250  # the bars
EXPORTED = 100_000  # rows
FORMS = ("csv", "jsonl", "json", "xlsx", "parquet")
SHOWN = 12  # of the slowest that are within their bar
API = bench_requests.API


class Figure(NamedTuple):
    """What was measured of one thing, and whether it is within its bar. `of_bar` is how much of it a request took; of all else it is 0."""

    name: str
    told: str
    within: bool
    of_bar: float = 0.0


def main() -> None:
    arguments = _arguments()
    console = Console(stderr=True)
    for kind in [arguments.only] if arguments.only else ["sqlite", "postgresql"]:
        with (
            bench_data.filled(kind, arguments, arguments.keep, console) as (url, folder, access),
            _servers(url, folder, access, apart=arguments.apart) as (gateway, web),
            _chargers(gateway, folder, access, arguments.rate) as chargers,
        ):
            if arguments.backup:
                figures = list(_backed_up(url, chargers, arguments.alone))
            else:
                figures = list(measure(web, access, chargers, arguments, console))
        Console().print(_table(kind, arguments, figures))


@contextlib.contextmanager
def _servers(
    url: str, folder: Path, access: bench_data.Access, *, apart: bool
) -> Iterator[tuple[running.Server, running.Server]]:
    """Where chargers connect, and where people ask: one node, or two."""
    settings = {"STATIONMASTER_SECURITY__KEY": access.key, "STATIONMASTER_WEB__REQUESTS_PER_MINUTE": "0"}
    with contextlib.ExitStack() as started:
        if apart:
            settings["STATIONMASTER_REDIS__URL"] = started.enter_context(valkey.server()).url
        nodes = [running.Server(url, folder, forked=False, **settings) for _ in range(2 if apart else 1)]
        for node in nodes:
            node.start()
            started.callback(node.stop)
        yield nodes[0], nodes[-1]


class Chargers:
    """Those that send meanwhile, in a process of their own."""

    def __init__(self, process: subprocess.Popen[bytes] | None) -> None:
        self._process = process

    def meanwhile(self, what: str) -> Iterator[Figure]:
        """How long they have waited for their answers since this was asked last. Nothing where none send."""
        if self._process is None:
            return
        assert self._process.stdout is not None
        self._process.send_signal(signal.SIGUSR1)
        told: dict[str, Any] = json.loads(self._process.stdout.readline())
        if not told["answers"]:  # it took no time
            return
        text = f"{told['p99_ms']:,.0f} ms, p50 {told['p50_ms']:,.0f} ms, of {told['answers_per_s']:,.0f} messages/s"
        yield Figure(f"chargers meanwhile, p99: {what}", text, told["p99_ms"] <= CHARGERS_MS)


@contextlib.contextmanager
def _chargers(server: running.Server, folder: Path, access: bench_data.Access, rate: float) -> Iterator[Chargers]:
    if not rate:
        yield Chargers(None)
        return
    paced = {"mode": "paced", "rate": rate, "seconds": 86_400, "token": running.TAG}
    process = running.load(server.chargers, folder / "secrets.json", access.secrets, **paced)
    try:
        assert process.stdout is not None
        process.stdout.readline()  # comes when all are connected
        yield Chargers(process)
    finally:
        process.terminate()
        process.communicate(timeout=20)


def _backed_up(url: str, chargers: Chargers, alone_s: float) -> Iterator[Figure]:
    """How chargers fare while a backup is written, with much in the database."""
    time.sleep(alone_s)
    yield from chargers.meanwhile("nothing else is asked")
    with tempfile.TemporaryDirectory(prefix="stationmaster-backup-") as folder:
        file, began = Path(folder) / "backup.tar.gz", time.monotonic()
        command = [sys.executable, "-m", "stationmaster", "backup", str(file)]
        subprocess.run(
            command, env=os.environ | {"STATIONMASTER_DATABASE__URL": url}, check=True, stdout=subprocess.DEVNULL
        )
        took_s, size = time.monotonic() - began, file.stat().st_size
    yield Figure("backup", f"{took_s:,.0f} s, {size / 1e6:,.0f} MB", within=True)
    yield from chargers.meanwhile("a backup is written")


def measure(
    server: running.Server,
    access: bench_data.Access,
    chargers: Chargers,
    arguments: Arguments,
    console: Console,
) -> Iterator[Figure]:
    """Each figure of a server that runs, asked one after the other."""
    with httpx.Client(base_url=f"http://127.0.0.1:{server.web}", timeout=120) as client:
        login = client.post(f"{API}/auth/login", json={"email": running.EMAIL, "password": access.password})
        client.headers["Authorization"] = f"Bearer {login.json()['access_token']}"
        document = client.get("/api/openapi.json").json()
        asked = bench_requests.requests(document, _ids(client))
        chosen = [one for one in asked if arguments.match in one.path]
        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
        if arguments.rate:
            time.sleep(arguments.alone)
            yield from chargers.meanwhile("nothing else is asked")
        with Progress(*columns, console=console) as progress:
            task = progress.add_task("lists, searches, single things", total=len(chosen))
            for one in chosen:
                yield from _asked(client, one, arguments.rounds)
                progress.update(task, advance=1)
        yield from chargers.meanwhile("lists, searches, single things")
        for form in FORMS if not arguments.match else ():
            yield _export(server, client, form, min(arguments.sessions, EXPORTED))
            yield from chargers.meanwhile(f"export as {form}")


def _ids(client: httpx.Client) -> dict[str, str]:
    """Of the first thing of each kind that there is."""
    found = {}
    for name, (path, field) in bench_requests.IDS.items():
        items = client.get(API + path).raise_for_status().json()["items"]
        if items:
            found[name] = str(items[0][field])
    return found


def _asked(client: httpx.Client, asked: Asked, rounds: int) -> Iterator[Figure]:
    """What is asked for, and the page behind it."""
    bar = SEARCH_MS if asked.searches else LIST_MS
    answer, p95 = _p95_ms(client, asked.path, rounds)
    if answer.status_code == 422:  # a value that this parameter does not take together with what is left out
        return
    yield Figure(asked.path, f"{p95:.1f} ms", p95 <= bar, p95 / bar)
    is_json = answer.headers.get("content-type", "").startswith("application/json")
    told = answer.json() if answer.is_success and is_json else None
    if isinstance(told, dict) and told.get("next") and "after=" not in asked.path:
        path = f"{asked.path}{'&' if '?' in asked.path else '?'}cursor={told['next']}"
        _, p95 = _p95_ms(client, path, rounds)
        yield Figure(f"{asked.path} (second page)", f"{p95:.1f} ms", p95 <= bar, p95 / bar)


def _p95_ms(client: httpx.Client, path: str, rounds: int) -> tuple[httpx.Response, float]:
    took = []
    for _ in range(max(3, rounds)):
        begin = time.perf_counter()
        answer = client.get(path)
        took.append((time.perf_counter() - begin) * 1e3)
        if answer.status_code == 503:  # the database has not answered in time, which is worse than any figure
            took[-1] = float("inf")
        elif answer.status_code not in (200, 204, 404, 409, 422):
            raise SystemExit(f"{path}: {answer.status_code} {answer.text[:300]}")
    return answer, max(took) if float("inf") in took else statistics.quantiles(took, n=20, method="inclusive")[-1]


def _export(server: running.Server, client: httpx.Client, form: str, rows: int) -> Figure:
    """So many of the newest sessions."""
    before, most, size = server.rss_kib(), 0, 0
    path = f"{API}/exports/sessions?format={form}&started_to=2026-11-01T00:00:00Z"
    if rows == EXPORTED:
        path += f"&started_from={seed.begin_of(rows):%Y-%m-%dT%H:%M:%SZ}"
    begin = time.perf_counter()
    with client.stream("GET", path) as answer:
        answer.raise_for_status()
        for piece in answer.iter_raw():
            size += len(piece)
            most = max(most, server.rss_kib())
    rate = rows / (time.perf_counter() - begin)
    told = f"{rate:,.0f} rows/s, {size / 2**20:.1f} MiB, {(most - before) / 1024:+.1f} MiB of memory"
    return Figure(f"{rows:,} sessions as {form}", told, rate >= ROWS_PER_S)


def _table(kind: str, arguments: Arguments, figures: list[Figure]) -> Table:
    """What misses its bar, the slowest of the others, and all that are no requests."""
    sizes = f"{arguments.stations:,} chargers, {arguments.sessions:,} sessions"
    title = f"{kind}: {sizes}, {arguments.meter_values} values each; {arguments.rate:,.0f} messages/s meanwhile{', on another node' * arguments.apart}"
    requests = sorted((one for one in figures if one.of_bar), key=lambda one: one.of_bar, reverse=True)
    missed = [one for one in requests if not one.within]
    met = [one for one in requests if one.within]
    table = Table("what", "p95, or rate", "bar", title=title)
    for one in [*missed, *met[: len(met) if arguments.all else SHOWN], *(one for one in figures if not one.of_bar)]:
        table.add_row(one.name, one.told, "met" if one.within else "not met")
    table.caption = f"{len(met)} of {len(requests)} requests are within their bar; {arguments.rounds} rounds of each"
    return table


class Arguments(seed.Amounts):
    only: str | None
    rounds: int
    rate: float
    alone: float
    keep: Path | None
    match: str
    all: bool
    full: bool
    apart: bool
    backup: bool


def _arguments() -> Arguments:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=["sqlite", "postgresql"])
    parser.add_argument("--rounds", type=int, default=20, help="how often each thing is asked for (20)")
    parser.add_argument("--rate", type=float, default=2000, help="messages a second that chargers send (2000); 0: none")
    parser.add_argument("--alone", type=float, default=10, help="seconds in which they send and nothing is asked (10)")
    parser.add_argument("--keep", type=Path, help="a folder where the database is made and kept for the next run")
    parser.add_argument("--match", default="", help="only paths with this in them, and no exports")
    parser.add_argument("--all", action="store_true", help="show all that is within its bar")
    parser.add_argument(
        "--full", action="store_true", help="100,000 chargers and customers, a million sessions, 20 values each"
    )
    parser.add_argument("--backup", action="store_true", help="only how chargers fare while a backup is written")
    parser.add_argument("--apart", action="store_true", help="people on another node than the chargers")
    seed.add_amounts(parser)
    arguments = parser.parse_args(namespace=Arguments())
    if arguments.full:
        arguments.stations = arguments.customers = 100_000
        arguments.sessions, arguments.meter_values = 1_000_000, 20
    return arguments


if __name__ == "__main__":
    main()
