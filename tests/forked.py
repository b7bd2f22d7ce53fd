"""Processes of ours, each forked from one that has imported everything and knows all routes already."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from multiprocessing import reduction
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from subprocess import TimeoutExpired
from typing import Any

from stationmaster.cli import main


class Forked:
    """What `subprocess.Popen` offers of a command of ours, without its imports, which take longer than most commands."""

    def __init__(
        self,
        *arguments: str,
        env: dict[str, str],
        stdout: Path | int,
        stderr: Path | int | None,
        cwd: Path | None = None,
    ) -> None:
        """What it says is added to files, or goes to open descriptors; `None` is closed for it."""
        said = [each.absolute() if isinstance(each, Path) else Lent(each) for each in (stdout, stderr)]
        self._process: BaseProcess = _context().Process(target=_command, args=(arguments, env, *said, cwd))
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


class Lent:
    """A descriptor that arrives in the other process as a number of its own there, or as nothing."""

    def __init__(self, number: int | None) -> None:
        self.number = number

    def __reduce__(self) -> tuple[Any, ...]:
        return (_arrived, (None if self.number is None else reduction.DupFd(self.number),))


def _arrived(lent: Any) -> int | None:
    return None if lent is None else int(lent.detach())


def _command(
    arguments: tuple[str, ...],
    environment: dict[str, str],
    stdout: Path | int | None,
    stderr: Path | int | None,
    cwd: Path | None,
) -> None:
    if cwd is not None:
        os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    for number, said in ((1, stdout), (2, stderr)):
        if said is None:
            os.close(number)
            continue
        writer = os.open(said, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666) if isinstance(said, Path) else said
        os.dup2(writer, number)
        os.close(writer)
    sys.argv = ["stationmaster", *arguments]
    main()
