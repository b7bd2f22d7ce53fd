"""`make soak`: a fleet lives with a server for as long as you like; does memory grow, is a message lost?

    make soak ARGS=--minutes=60

The chargers of `--fleet` (simulators/soak.toml) keep journals: a CALL is in them before it is sent, its answer before it is forgotten. At the end
each message that was answered is looked for in the database. Memory of the server is read every few seconds, and a line is laid through what
came after the warm-up, the first quarter. What counts is the process's own memory: pages of its program and its libraries come when they are first used and
go when the system wants them, and are told beside it. Exit code 1: a message was lost, or memory grows by more than the bound (judged from 30 minutes on; what a
shorter run shows is told, and no proof of anything).
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import linear_regression
from typing import NamedTuple

from rich.console import Console

from stationmaster.simulator import plans
from stationmaster.simulator.journal import Ledger
from stationmaster.storage import Database
from tools import running
from tools.crash import unknown_to_the_log
from tools.report_page import Report

EVERY_S = 2.0
WARM_UP = 0.25  # of the time
JUDGED_FROM_S = 1800.0

Sample = tuple[float, float]
"""Seconds since the start, and KiB."""


class Memory(NamedTuple):
    """Of the server: what is its own, and with the pages of files that it has mapped."""

    own: list[Sample]
    resident: list[Sample]


def main() -> None:
    options = _arguments()
    plan = plans.read(options.fleet)
    with tempfile.TemporaryDirectory(prefix="stationmaster-soak-") as name:
        folder = Path(name)
        with running.database(options.only, folder) as database:
            secrets = running.prepare(database, plan.identities)
            (folder / "secrets.json").write_text(json.dumps(secrets))
            server = running.Server(database, folder)
            server.start()
            try:
                memory = _live(server, folder, options)
            finally:
                server.stop()
            answered, lost = compare(database, folder / "journals", plan.identities)
            errors = server.log.read_text().strip().splitlines()
    report = written(memory, answered, lost, options.bound)
    if errors:
        report.table("What the server warned of", ("",), [(line[:300],) for line in errors[:20]])
    file = Path(options.output) / f"soak-{time.strftime('%Y-%m-%dT%H%M%SZ', time.gmtime())}.html"
    report.write(file)
    print(
        f"soak: {options.minutes:g} minutes, {len(plan.identities)} chargers, {answered:,} messages answered, {len(lost)} lost, "
        f"memory {slope(memory.own):+.1f} %/h after warm-up{'' if is_judged(memory.own) else ' (too short to judge)'}, "
        f"with pages of files {slope(memory.resident):+.1f} %/h; {file}"
    )
    raise SystemExit(bool(report.problems))


def _live(server: running.Server, folder: Path, options: argparse.Namespace) -> Memory:
    """The fleet lives for so many minutes; memory meanwhile."""
    console = Console(stderr=True)
    command = [
        sys.executable,
        "-m",
        "stationmaster",
        "simulate",
        "--fleet",
        str(options.fleet),
        "--url",
        server.chargers,
    ]
    command += ["--passwords", str(folder / "secrets.json"), "--journal", str(folder / "journals")]
    fleet = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    began, memory, told = time.monotonic(), Memory([], []), 0.0
    try:
        while (gone := time.monotonic() - began) < options.minutes * 60:
            if fleet.poll() is not None:
                raise SystemExit(f"the fleet gave up: {fleet.communicate()[1].decode()[-500:]}")
            memory.own.append((gone, float(server.own_kib())))
            memory.resident.append((gone, float(server.rss_kib())))
            if gone - told >= 60:
                told = gone
                console.print(
                    f"{gone / 60:.0f} min: {memory.own[-1][1] / 1024:.1f} MiB, with pages of files {memory.resident[-1][1] / 1024:.1f}",
                    highlight=False,
                )
            time.sleep(EVERY_S)
    finally:
        fleet.send_signal(signal.SIGTERM)
        fleet.communicate(timeout=60)
    return memory


def compare(url: str, journals: Path, identities: Sequence[str]) -> tuple[int, list[str]]:
    """How many messages were answered, and which of them the database does not know."""
    database = Database(url, lanes=1, readers=1)
    answered, lost = 0, list[str]()
    try:
        for identity in identities:
            ledger = Ledger.read(journals / f"{identity}.journal")
            answered += len(ledger.acknowledged)
            lost += database._read(unknown_to_the_log, identity, ledger)
    finally:
        database.close()
    return answered, lost


def warm(samples: Sequence[Sample]) -> list[Sample]:
    """Those after the warm-up."""
    until = samples[-1][0] * WARM_UP if samples else 0.0
    return [sample for sample in samples if sample[0] >= until]


def is_judged(samples: Sequence[Sample]) -> bool:
    after = warm(samples)
    return bool(after) and after[-1][0] - after[0][0] >= JUDGED_FROM_S * (1 - WARM_UP)


def slope(samples: Sequence[Sample]) -> float:
    """How memory grows after the warm-up: percent of its mean, in an hour."""
    after = warm(samples)
    if len(after) < 2:
        return 0.0
    kib = [y for _, y in after]
    return linear_regression([x for x, _ in after], kib).slope * 3600 / (sum(kib) / len(kib)) * 100


def written(memory: Memory, answered: int, lost: list[str], bound: float) -> Report:
    grows, is_long_enough = slope(memory.own), is_judged(memory.own)
    problems = [f"lost: {line}" for line in lost[:50]]
    if not answered:
        problems.append("No message was answered at all.")
    if is_long_enough and grows > bound:
        problems.append(f"Memory grows by {grows:.1f} % an hour; the bound is {bound:g} %.")
    report = Report("Stationmaster, soaked", problems)
    report.say(f"{answered:,} messages were answered, {len(lost)} of them are not in the database.")
    report.say(
        f"After the warm-up memory grew by {grows:+.2f} % an hour{'' if is_long_enough else '; the run was too short to judge that'}. "
        f"With the pages of files that are mapped: {slope(memory.resident):+.2f} %."
    )
    lines = {name: [(at / 60, kib / 1024) for at, kib in samples] for name, samples in memory._asdict().items()}
    report.lines("Memory of the server, by minutes", "MiB", lines)
    return report


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument(
        "--fleet", type=Path, default=Path("simulators/soak.toml"), help="who lives there (docs/simulator.md)"
    )
    parser.add_argument("--bound", type=float, default=1.0, help="percent an hour that memory may grow")
    parser.add_argument("--only", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--output", default="bench-results", help="folder for the report")
    return parser.parse_args()


if __name__ == "__main__":
    main()
