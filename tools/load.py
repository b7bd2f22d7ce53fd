"""`make load`: many chargers of several versions, each step at a higher rate; how fast they were answered, as HTML and one line.

    make load                                                    a server and a database of its own, 600 chargers
    make load ARGS="--only postgresql --rates 200,1000,2000"
    make load ARGS="--url ws://HOST:9000/ocpp --secrets FILE"    an installation for tests: FILE is JSON, identity to secret

Each charger has one call outstanding, and sends a session's messages at its pace; every answer counted was sent after its commit.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console

from stationmaster.simulator.load_words import MESSAGES, SPEECHES
from tools import running
from tools.report_page import Report


def main() -> None:
    options = _arguments()
    console = Console(stderr=True)
    with _target(options) as (url, secrets, pid):
        steps = []
        for rate in options.rates:
            steps.append(_step(url, secrets, options, rate, pid))
            console.print(_said(steps[-1]), highlight=False)
    report = written(steps, options)
    file = Path(options.output) / f"load-{time.strftime('%Y-%m-%dT%H%M%SZ', time.gmtime())}.html"
    report.write(file)
    worst = max((each["p99_ms"] or 0 for step in steps for each in step["versions"].values()), default=0)
    print(
        f"load: {options.stations} chargers, up to {max(options.rates):,.0f} messages/s, p99 {worst:,.1f} ms at the worst, "
        f"{len(report.problems)} bounds broken; {file}"
    )
    raise SystemExit(bool(report.problems))


@contextlib.contextmanager
def _target(options: argparse.Namespace) -> Iterator[tuple[str, dict[str, str], int | None]]:
    """The address for chargers, their secrets, and the process of the server where it is ours."""
    if options.url:
        if options.secrets is None:
            raise SystemExit("--url wants --secrets as well: a JSON file, identity to secret")
        known = dict(json.loads(options.secrets.read_text()))
        yield options.url, dict(list(known.items())[: options.stations]), None
        return
    identities = [f"L{number:05d}" for number in range(options.stations)]
    with tempfile.TemporaryDirectory(prefix="stationmaster-load-") as name:
        folder = Path(name)
        with running.database(options.only, folder) as database:
            secrets = running.prepare(database, identities)
            server = running.Server(database, folder)
            server.start()
            try:
                yield server.chargers, secrets, server.pid
            finally:
                server.stop()


def _step(
    url: str, secrets: dict[str, str], options: argparse.Namespace, rate: float, pid: int | None
) -> dict[str, Any]:
    """One process for each version, side by side; what each has shown in the time after all were at work."""
    versions = options.versions
    rate_each = rate / len(versions)
    begin_s = len(secrets) / len(versions) / rate_each * MESSAGES
    before, began = running.cpu_s(pid) if pid else 0.0, time.monotonic()
    with tempfile.TemporaryDirectory(prefix="stationmaster-load-") as folder:
        players = {}
        for place, version in enumerate(versions):
            paced = {"version": version, "mode": "paced", "rate": rate_each, "token": options.token}
            theirs = dict(list(secrets.items())[place :: len(versions)])
            file, seconds = Path(folder) / f"{version}.json", begin_s + options.seconds
            players[version] = running.load(url, file, theirs, seconds=seconds, **paced)
        told = {version: _last(version, player) for version, player in players.items()}
    cores = (running.cpu_s(pid) - before) / (time.monotonic() - began) if pid else None
    return {"rate": rate, "versions": told, "server_cpu": cores}


def _last(version: str, player: subprocess.Popen[bytes]) -> dict[str, Any]:
    output, _ = player.communicate()
    if player.returncode:
        raise SystemExit(f"the chargers of {version} gave up (their message is above)")
    return dict(json.loads(output.splitlines()[-1]))


def _said(step: dict[str, Any]) -> str:
    parts = [
        f"{version}: p50 {each['p50_ms']} p95 {each['p95_ms']} p99 {each['p99_ms']} ms"
        for version, each in step["versions"].items()
    ]
    return f"{step['rate']:,.0f} messages/s · " + " · ".join(parts)


def written(steps: list[dict[str, Any]], options: argparse.Namespace) -> Report:
    """The report, with what broke a bound: answers too slow or too few, errors, lost connections."""
    rows, problems = [], []
    lines: dict[str, list[tuple[float, float]]] = {"p50": [], "p95": [], "p99": []}
    for step in steps:
        for version, each in step["versions"].items():
            where = f"at {step['rate']:,.0f} messages/s, {version}"
            kept_up = (each["answers_per_s"] or 0) / (step["rate"] / len(step["versions"]))
            rows.append((
                f"{step['rate']:,.0f}", version, each["stations"], each["answers_per_s"], each["p50_ms"], each["p95_ms"], each["p99_ms"],
                each["errors"], each["lost_connections"], each["stalled"],
            ))  # fmt: skip
            if each["p99_ms"] is None or each["p99_ms"] > options.p99_ms:
                problems.append(f"{where}: p99 is {each['p99_ms']} ms, the bound is {options.p99_ms:g} ms")
            if kept_up < 0.9:
                problems.append(f"{where}: only {kept_up:.0%} of the rate was answered")
            for name, words in (
                ("errors", "errors"),
                ("lost_connections", "lost connections"),
                ("stalled", "chargers without an answer"),
            ):
                if each[name]:
                    problems.append(f"{where}: {each[name]} {words}")
        for name, points in lines.items():
            points.append((step["rate"], max(each[f"{name}_ms"] or 0.0 for each in step["versions"].values())))
    report = Report("Stationmaster under load", problems)
    report.say(
        f"{options.stations} chargers of {', '.join(options.versions)}, {options.seconds:g} s at each rate, after all had begun. "
        f"{'At ' + options.url if options.url else 'One server on ' + options.only + ', with the load on the same machine.'}"
    )
    titles = (
        "messages/s",
        "version",
        "chargers",
        "answered/s",
        "p50 ms",
        "p95 ms",
        "p99 ms",
        "errors",
        "lost connections",
        "stalled",
    )
    report.table("Answers", titles, rows)
    if any(step["server_cpu"] for step in steps):
        report.table(
            "Server", ("messages/s", "cores used"), [(f"{step['rate']:,.0f}", step["server_cpu"]) for step in steps]
        )
    report.lines("Time until the answer, the slowest version, by messages a second", "ms", lines)
    return report


def _rates(text: str) -> list[float]:
    rates = [float(part) for part in text.split(",")]
    if not all(rate > 0 for rate in rates):
        raise ValueError
    return rates


def _versions(text: str) -> list[str]:
    versions = text.split(",")
    if unknown := [each for each in versions if each not in SPEECHES]:
        raise argparse.ArgumentTypeError(f"there is no version {unknown[0]!r}, but {', '.join(SPEECHES)}")
    return versions


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stations", type=int, default=600, help="chargers, the versions in turn")
    parser.add_argument(
        "--rates", type=_rates, default=[100.0, 400.0, 1000.0], help="messages a second of all together, a step each"
    )
    parser.add_argument("--seconds", type=float, default=10, help="of each step, after all have begun")
    parser.add_argument("--versions", type=_versions, default=list(SPEECHES), help="with commas between")
    parser.add_argument("--p99-ms", type=float, default=1000, help="the bound; beyond it the exit code is 1")
    parser.add_argument("--only", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--url", default="", help="an installation elsewhere, in place of one of its own")
    parser.add_argument("--secrets", type=Path, help="its chargers: JSON, identity to secret")
    parser.add_argument("--token", default=running.TAG, help="the card of all drivers")
    parser.add_argument("--output", default="bench-results", help="folder for the report")
    return parser.parse_args()


if __name__ == "__main__":
    main()
