"""`make bench`: what one process can do, durably, on SQLite and on PostgreSQL.

The load comes from a process of its own. Every answer counted was sent after the commit of its message.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import sqlite3
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from tests.charger import Charger
from tools import bench_reports, running

BARS = {  # figure → (bar on SQLite, bar on PostgreSQL, is more better)
    "messages_per_s": (20_000, 8_000, True),
    "cpu_us_per_message": (60, None, False),
    "messages_201_to_16": (1, 1, True),
    "boots_per_s": (1_500, None, True),
    "idle_kib_per_station": (20, 20, False),
    "command_p99_ms": (20, 20, False),
    "report_ms": (1_000, 1_000, False),
    "report_beat_max_ms": (100, 100, False),
    "ready_s": (2, 2, False),
}

BEATING = 8  # chargers that send heartbeats while another one reports


def main() -> None:
    arguments = _arguments()
    console = Console(stderr=True)
    kinds = [arguments.only] if arguments.only else ["sqlite", "postgresql"]
    results: dict[str, Any] = {"machine": _machine(), "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[figure]}"), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        for kind in kinds:
            results[kind] = _measure(kind, arguments, progress)
    folder = Path(arguments.output)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{results['at'].replace(':', '')}.json"
    path.write_text(json.dumps(results, indent=2))
    Console().print(_table(results, kinds))
    print(f"written to {path}")


def _measure(kind: str, arguments: argparse.Namespace, progress: Progress) -> dict[str, Any]:
    """Each figure on a server that was just started."""
    most = max(2 * arguments.stations, arguments.storm)
    identities = [f"B{number:05d}" for number in range(most)]
    task = progress.add_task(kind, total=7, figure="")
    with tempfile.TemporaryDirectory(prefix="stationmaster-bench-") as name:
        folder = Path(name)
        with running.database(kind, folder) as url:
            secrets = running.prepare(url, [*identities, "COMMANDED"])
            server = running.Server(url, folder)
            figures: dict[str, Any] = {}

            ready_s = server.start()
            figures["ready_s"] = round(ready_s, 2)
            progress.update(task, advance=1, figure=f"ready in {ready_s:.2f} s")
            chosen = list(secrets.items())
            _mix(server, folder, dict(chosen[: arguments.stations]), arguments.seconds, figures)
            progress.update(task, advance=1, figure=f"{figures['messages_per_s']:,.0f} messages/s")
            server.stop()

            server.start()
            others = dict(chosen[arguments.stations : 2 * arguments.stations])
            _mix_201(server, folder, others, arguments.seconds, figures)
            progress.update(task, advance=1, figure=f"{figures['messages_per_s_201']:,.0f} messages/s of 2.0.1")
            server.stop()

            server.start()
            _storm(server, folder, dict(list(secrets.items())[: arguments.storm]), figures)
            progress.update(task, advance=1, figure=f"{figures['boots_per_s']:,.0f} boots/s")
            server.stop()

            server.start()
            _idle(server, folder, dict(list(secrets.items())[: arguments.storm]), figures)
            progress.update(task, advance=1, figure=f"{figures['idle_kib_per_station']:.1f} KiB a station")
            asyncio.run(commands(server, secrets["COMMANDED"], figures))
            progress.update(task, advance=1, figure=f"command p99 {figures['command_p99_ms']:.1f} ms")
            server.stop()

            server.start()
            few = dict(chosen[: 1 + BEATING])
            figures |= asyncio.run(bench_reports.measure(server, few))
            progress.update(task, advance=1, figure=f"report {figures['report_ms']:.0f} ms")
            server.stop()
    return figures


def _mix(
    server: running.Server, folder: Path, secrets: dict[str, str], seconds: float, figures: dict[str, Any]
) -> None:
    result = _load(server, folder, secrets, "mix", seconds)
    figures["messages_per_s"] = round(result["answers_per_s"])
    for name in ("p50_ms", "p95_ms", "p99_ms"):
        figures[name] = result[name]
    figures["cpu_us_per_message"] = round(result["server_cpu_s"] / result["answers"] * 1e6, 1)
    figures["load"] = result


def _mix_201(
    server: running.Server, folder: Path, secrets: dict[str, str], seconds: float, figures: dict[str, Any]
) -> None:
    """The same sessions told by TransactionEvents; their bar is what 1.6 has just done."""
    result = _load(server, folder, secrets, "mix", seconds, version="2.0.1")
    figures["messages_per_s_201"] = round(result["answers_per_s"])
    figures["messages_201_to_16"] = round(figures["messages_per_s_201"] / figures["messages_per_s"], 2)
    figures["p99_ms_201"] = result["p99_ms"]
    figures["cpu_us_per_message_201"] = round(result["server_cpu_s"] / result["answers"] * 1e6, 1)
    figures["load_201"] = result


def _storm(server: running.Server, folder: Path, secrets: dict[str, str], figures: dict[str, Any]) -> None:
    figures["boots_per_s"] = round(_load(server, folder, secrets, "storm", 0)["boots_per_s"])


def _idle(server: running.Server, folder: Path, secrets: dict[str, str], figures: dict[str, Any]) -> None:
    """Memory of the server with these stations connected and booted, less that of the same server without them."""
    before = server.rss_kib()
    process = _start_load(server, folder, secrets, "idle", 4)
    most = 0
    while process.poll() is None:
        most = max(most, server.rss_kib())
        time.sleep(0.2)
    json.loads(process.communicate()[0])
    figures["idle_kib_per_station"] = round((most - before) / len(secrets), 1)


async def commands(server: running.Server, secret: str, figures: dict[str, Any], times: int = 300) -> None:
    """A REST command to an idle station and back: history row, CALL, answer, outcome."""
    charger = await Charger.connect(server.gateway, "COMMANDED", secret)
    await charger.boot()

    async def answer() -> None:
        async for frame in charger.socket:
            await charger.send([3, json.loads(frame)[1], {"status": "Accepted"}])

    answering = asyncio.create_task(answer())
    took = []
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server.web}/api/v1") as client:
        login = await client.post("/auth/login", json={"email": running.EMAIL, "password": running.PASSWORD})
        client.headers["Authorization"] = f"Bearer {login.json()['access_token']}"
        for _ in range(times):
            began = time.perf_counter()
            response = await client.post("/stations/COMMANDED/commands/clear-cache", json={})
            took.append((time.perf_counter() - began) * 1000)
            assert response.is_success and response.json()["status"] == "accepted", response.text
    answering.cancel()
    await charger.close()
    took.sort()
    figures["command_p50_ms"] = round(took[len(took) // 2], 2)
    figures["command_p99_ms"] = round(took[int(len(took) * 0.99)], 2)


def _load(
    server: running.Server, folder: Path, secrets: dict[str, str], mode: str, seconds: float, *, version: str = "1.6"
) -> dict[str, Any]:
    output, _ = _start_load(server, folder, secrets, mode, seconds, version=version).communicate()
    return dict(json.loads(output))


def _start_load(
    server: running.Server, folder: Path, secrets: dict[str, str], mode: str, seconds: float, *, version: str = "1.6"
) -> subprocess.Popen[bytes]:
    options = {"version": version, "mode": mode, "seconds": seconds, "token": running.TAG, "server_pid": server.pid}
    return running.load(server.chargers, folder / f"{mode}.json", secrets, **options)


def _table(results: dict[str, Any], kinds: list[str]) -> Table:
    table = Table(title="Stationmaster, one process", show_edge=False)
    table.add_column("figure")
    for kind in kinds:
        table.add_column(kind, justify="right")
        table.add_column("bar", justify="right", style="dim")
    for name in (
        *BARS,
        "messages_per_s_201",
        "cpu_us_per_message_201",
        "p50_ms",
        "p95_ms",
        "p99_ms",
        "command_p50_ms",
        "report_cpu_ms",
    ):
        row = [name]
        for kind in kinds:
            value = results[kind][name]
            bar = BARS[name][0 if kind == "sqlite" else 1] if name in BARS else None
            met = bar is None or (value >= bar if BARS[name][2] else value <= bar)
            row += [f"{value:,}" if met else f"[red]{value:,}[/red]", "" if bar is None else f"{bar:,}"]
        table.add_row(*row)
    return table


def _machine() -> dict[str, Any]:
    return {"cores": os.cpu_count(), "python": platform.python_version(), "sqlite": sqlite3.sqlite_version}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10, help="of load for the throughput figure")
    parser.add_argument("--stations", type=int, default=1000, help="in the mix")
    parser.add_argument("--storm", type=int, default=5000, help="stations that reconnect at once")
    parser.add_argument("--only", choices=("sqlite", "postgresql"), default="")
    parser.add_argument("--output", default="bench-results", help="folder for the JSON")
    return parser.parse_args()


if __name__ == "__main__":
    main()
