"""`run(folder, "station", "add", "CP1")` is what a person types in a terminal that stands in this folder."""

from __future__ import annotations

import os
from pathlib import Path
from subprocess import TimeoutExpired
from typing import NamedTuple

from tests.forked import Forked

PATIENCE_S = 100


class Ran(NamedTuple):
    """What a command left behind."""

    returncode: int
    stdout: str
    stderr: str


def run(folder: Path, *arguments: str, **environment: str) -> Ran:
    """Run the command in a process of its own, which is forked from one that has imported everything already."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("STATIONMASTER_")}
    out, err = folder / ".stdout", folder / ".stderr"
    for each in (out, err):
        each.unlink(missing_ok=True)
    process = Forked(*arguments, env=clean | environment, stdout=out, stderr=err, cwd=folder)
    try:
        code = process.wait(PATIENCE_S)
    except TimeoutExpired:
        process.kill()
        raise TimeoutError(f"stationmaster {' '.join(arguments)} did not end") from None
    return Ran(code, out.read_text(), err.read_text())
