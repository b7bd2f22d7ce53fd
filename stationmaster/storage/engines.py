"""How a database is opened, what each connection is told, and which errors mean that the database itself is in trouble."""

from __future__ import annotations

import functools
import os
import sqlite3
import tempfile
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as NoConnection

# SQLite trouble that belongs to the machine (disk full, I/O, locked by another process), not to one statement.
_SQLITE_TROUBLE = {5, 6, 7, 8, 10, 11, 13, 14}  # BUSY LOCKED NOMEM READONLY IOERR CORRUPT FULL CANTOPEN
_SQLITE_FULL = {10, 13}  # IOERR FULL
# Of SQLite's pages. The system caches the file as well: 64 MiB were no faster. A reader forgets its pages as soon as anybody has written (docs/decisions/0045).
WRITER_CACHE_KIB = 4096
READER_CACHE_KIB = 1024
IDLE_S = 1.0  # a connection that was not used for so long is looked at before it is used again
ROOM = 1024 * 1024
_POSTGRES_TROUBLE = ("08", "53", "57", "58", "25006")  # connection, resources, shutdown or time-out, system, read only
_POSTGRES_CONFLICT = ("23", "40", "55P03")  # a key that is taken; a deadlock; not serializable; a lock not had in time
_POSTGRES_FOR_GOOD = ("28", "3D", "42")  # wrong password, no such database, not allowed: waiting does not help


class Unusable(Exception):
    """The database cannot be used as it is; the message is one line for the person who starts the program."""


def normalised(url: str) -> URL:
    """The URL with our drivers in it: `sqlite:///…`, `postgres://…` and `postgresql://…` are all understood."""
    parsed = make_url(url)
    if parsed.get_backend_name() in ("postgres", "postgresql"):
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() == "sqlite":
        return parsed.set(drivername="sqlite+pysqlite")
    raise ValueError(f"database.url: {parsed.get_backend_name()} is not supported; use sqlite:///… or postgresql://…")


def build(url: URL, connections: int, *, statement_timeout_s: float | None = None) -> Engine:
    """A pool of connections. Raises `Unusable` when the folder or the file of an SQLite database cannot be made."""
    if url.get_backend_name() == "sqlite":
        if url.database:
            _make_private(Path(url.database))
        engine = create_engine(
            url,
            pool_size=connections,
            max_overflow=4,
            hide_parameters=True,
            connect_args={"check_same_thread": False, "timeout": 5},
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    options = "-c synchronous_commit=on -c timezone=UTC"
    if statement_timeout_s is not None:
        options += f" -c statement_timeout={int(statement_timeout_s * 1000)}"
    engine = create_engine(
        url,
        pool_size=connections,
        max_overflow=4,
        pool_timeout=10,
        hide_parameters=True,
        connect_args={
            "connect_timeout": 5,
            # What psycopg has prepared it takes back after a rollback with DEALLOCATE ALL, and ours (libpq.py) with it.
            "prepare_threshold": None,
            "application_name": "stationmaster",
            "options": options,
            # A server or a network that is gone without a word is noticed in some ten seconds, not in two hours.
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
            "tcp_user_timeout": 10_000,
        },
    )
    event.listen(engine, "checkin", _note_use)
    event.listen(engine, "checkout", functools.partial(_look_after_idle, engine))
    return engine


def _note_use(_connection: Any, record: Any) -> None:
    record.info["used_at"] = time.monotonic()


def _look_after_idle(engine: Engine, connection: Any, record: Any, _proxy: Any) -> None:
    """One that was used a moment ago is taken to be there still: a look at it each time is a round trip for every question of a page.

    Where the server has gone in that moment, the question fails, the pool begins anew, and `Database.read` asks again.
    """
    used_at = record.info.get("used_at")
    if used_at is not None and time.monotonic() - used_at > IDLE_S:
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError(str(error)) from error


def prepare_writer(connection: Connection) -> None:
    """SQLite's one writer keeps its pages. On PostgreSQL it neither waits for a lock for ever, nor keeps one when its own process is frozen."""
    if connection.dialect.name == "sqlite":
        raw = connection.connection.driver_connection
        assert raw is not None
        raw.execute(f"PRAGMA cache_size=-{WRITER_CACHE_KIB}")  # outside of a transaction, which would take the lock
    else:
        connection.exec_driver_sql(
            "SET lock_timeout = '5s'; SET idle_in_transaction_session_timeout = '10s'; SET statement_timeout = '60s'"
        )
        connection.commit()


def cursor_of(connection: Connection) -> Any:
    """What runs prepared statements on this connection, in its transaction."""
    if connection.dialect.name == "postgresql":
        from stationmaster.storage import libpq  # psycopg takes its time, and a start on SQLite has no use for it

        return libpq.cursor_of(connection)
    return connection.connection.cursor()


def is_trouble(error: BaseException) -> bool:
    """Whether the database itself is in trouble (down, full, restarting), rather than one statement wrong."""
    if isinstance(error, NoConnection):
        return True
    original = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(original, sqlite3.Error):
        return getattr(original, "sqlite_errorcode", 0) & 0xFF in _SQLITE_TROUBLE
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    state = getattr(original, "sqlstate", "-")
    if state is None:  # psycopg says nothing more when the connection itself is gone
        return type(original).__name__ in ("OperationalError", "ConnectionTimeout", "InterfaceError")
    return state.startswith(_POSTGRES_TROUBLE)


def is_full(error: BaseException) -> bool:
    """Whether there is no room for what was to be written; a file that cannot be written may have the same reason."""
    original = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(original, sqlite3.Error):
        return getattr(original, "sqlite_errorcode", 0) & 0xFF in _SQLITE_FULL
    return str(getattr(original, "sqlstate", None) or "") == "53100"


def probe(connection: Connection, *, room: bool) -> None:
    """Write a little, to see whether storage is back; where there was no `room`, as much as a busy second needs. Raises."""
    if connection.dialect.name == "sqlite":
        if room:
            _allocate(Path(str(connection.engine.url.database)))
        connection.exec_driver_sql("PRAGMA user_version = 1")
    elif room:
        connection.exec_driver_sql(
            "CREATE TEMP TABLE room ON COMMIT DROP AS SELECT md5(n::text) FROM generate_series(1, 20000) AS n"
        )
    else:
        connection.exec_driver_sql("SELECT 1")


def _allocate(beside: Path) -> None:
    """Take up room in the folder of this file, and give it back. Raises `OSError`."""
    with tempfile.TemporaryFile(dir=beside.parent) as file:
        os.posix_fallocate(file.fileno(), 0, ROOM)


def is_conflict(error: BaseException) -> bool:
    """Whether another lane or node was first: to be run again, and no sign of trouble."""
    original = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(original, sqlite3.Error):
        return isinstance(original, sqlite3.IntegrityError)
    return str(getattr(original, "sqlstate", None) or "").startswith(_POSTGRES_CONFLICT)


def may_come_back(error: BaseException) -> bool:
    """Whether a start should wait for this database: it may be starting, restarting, or out of connections."""
    original = error.orig if isinstance(error, DBAPIError) else error
    state = getattr(original, "sqlstate", None)
    if state is None:  # there is no session yet, so only the server's own words tell why
        return is_trouble(error) and not any(word in str(original) for word in _REFUSALS)
    return is_trouble(error) and not state.startswith(_POSTGRES_FOR_GOOD)


# What PostgreSQL says before there is a session; psycopg hands on the text alone.
_REFUSALS = ("authentication failed", "does not exist", "no password supplied", "no pg_hba.conf entry", "not permitted")


def is_missing(url: URL, error: BaseException) -> bool:
    """Whether the server is there and lets us in, but has no database of this name."""
    return url.get_backend_name() == "postgresql" and f'database "{url.database}" does not exist' in str(error)


def in_one_line(error: BaseException) -> str:
    """What went wrong, for a log line or the person at the terminal."""
    original = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    lines = [line.strip() for line in str(original).splitlines() if line.strip()]
    return (lines[0] if lines else type(original).__name__)[:300]


def _make_private(file: Path) -> None:
    """A new file is for its owner only, and so is a new folder: there are secrets of chargers and names of people in it."""
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not file.exists():
            os.close(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600))
        elif file.is_file() and file.stat().st_mode & 0o077 and file.stat().st_uid == os.geteuid():
            file.chmod(0o600)
    except OSError as error:
        raise Unusable(f"database.url: {file}: {error.strerror or error}") from None


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes its lock at once: a command line that writes at the same moment then waits instead of failing.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN")


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    cursor = connection.cursor()
    _write_ahead(cursor)
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute(f"PRAGMA cache_size=-{READER_CACHE_KIB}")
    cursor.execute("PRAGMA wal_autocheckpoint=20000")
    cursor.close()


def _write_ahead(cursor: sqlite3.Cursor) -> None:
    """Put a new file into WAL mode, which it then stays in. Two processes that meet on it are not made to wait by SQLite."""
    deadline = time.monotonic() + 5
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
