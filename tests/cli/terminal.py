"""`run(folder, "station", "add", "CP1")` is what a person types in a terminal that stands in this folder."""

from __future__ import annotations

import multiprocessing
import os
import sys
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import NamedTuple

from stationmaster.cli import main

PATIENCE_S = 100


class Ran(NamedTuple):
    """What a command left behind."""

    returncode: int
    stdout: str
    stderr: str


def run(folder: Path, *arguments: str, **environment: str) -> Ran:
    """Run the command in a process of its own, which is forked from one that has imported everything already."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("STATIONMASTER_")}
    process = _server().Process(target=_command, args=(folder, arguments, clean | environment))
    process.start()
    process.join(PATIENCE_S)
    if process.exitcode is None:
        process.kill()
        raise TimeoutError(f"stationmaster {' '.join(arguments)} did not end")
    return Ran(process.exitcode, (folder / ".stdout").read_text(), (folder / ".stderr").read_text())


def _server() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["stationmaster.cli.server", "tests.cli.terminal"])
    return context


def _command(folder: Path, arguments: tuple[str, ...], environment: dict[str, str]) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for number, name in ((1, ".stdout"), (2, ".stderr")):
        with Path(name).open("wb") as file:
            os.dup2(file.fileno(), number)
    sys.argv = ["stationmaster", *arguments]
    main()
