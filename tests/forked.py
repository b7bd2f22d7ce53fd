"""Processes of ours, each forked from one that has imported everything and knows all routes already."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from subprocess import TimeoutExpired

from stationmaster.cli import main


class Forked:
    """What `subprocess.Popen` offers of a command of ours, without its imports, which take longer than most commands."""

    def __init__(
        self, *arguments: str, env: dict[str, str], stdout: Path, stderr: Path, cwd: Path | None = None
    ) -> None:
        self._process: BaseProcess = _context().Process(
            target=_command, args=(arguments, env, stdout.absolute(), stderr.absolute(), cwd)
        )
        self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Raises `TimeoutExpired` after so many seconds."""
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise TimeoutExpired("stationmaster", timeout or 0)
        return self._process.exitcode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def _context() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.warm"])
    return context


def _command(
    arguments: tuple[str, ...], environment: dict[str, str], stdout: Path, stderr: Path, cwd: Path | None
) -> None:
    if cwd is not None:
        os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    for number, path in ((1, stdout), (2, stderr)):
        with path.open("ab") as file:
            os.dup2(file.fileno(), number)
    sys.argv = ["stationmaster", *arguments]
    main()
