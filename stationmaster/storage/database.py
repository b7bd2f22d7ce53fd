"""The one way to write: units of work of many stations, committed together.

`write` hands `f(work, *args)` to a writer thread and returns after COMMIT. The writer takes every pending unit, runs
them in one transaction, commits, and answers all of them in one call into the event loop: that is what makes
durability cost microseconds instead of a disk flush per message.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import structlog
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL, CursorResult
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.base import Executable

from stationmaster.storage.queries import Bulk, Prepared

log = structlog.get_logger()
P = ParamSpec("P")
T = TypeVar("T")

BATCH = 1024  # units in one transaction at the most
HOLD_S = 10.0  # how long an answer may wait for storage before its socket is given up (rule 2)
STALL_S = 2.0  # a commit that takes longer than this counts as an outage: new handshakes get 503
RETRY_S = 0.25

# SQLite trouble that belongs to the machine (disk full, I/O, locked by another process), not to one statement.
_SQLITE_TROUBLE = {5, 6, 7, 8, 10, 11, 13, 14}  # BUSY LOCKED NOMEM READONLY IOERR CORRUPT FULL CANTOPEN
_POSTGRES_TROUBLE = ("08", "53", "57", "58", "25006")  # connection, resources, shutdown, system, read only
_POSTGRES_CONFLICT = ("23", "40")  # a key that is taken; a deadlock, or a transaction that cannot be serialized
ATTEMPTS = 5  # of a unit that meets such a conflict


class StorageUnavailable(Exception):
    """The database did not take the unit within `HOLD_S` seconds. Nothing is known to be stored."""


class Work:
    """One unit of work, handed to every domain function. It may run twice, so it changes nothing but the database."""

    __slots__ = (
        "_bulk",
        "_connection",
        "_cursor",
        "_dialect",
        "events",
        "narrow",
        "now",
        "recorded",
        "signature",
        "watched",
    )

    def __init__(
        self, connection: Connection, cursor: Any, now: datetime, bulk: dict[Bulk, list[tuple[Any, ...]]]
    ) -> None:
        self.now = now
        self.events: list[Any] = []
        self.signature: Any = None  # who stands behind this unit, set by the edge (domain/audit.py)
        self.recorded = False  # does the audit log tell of it yet?
        self.narrow: Callable[[Executable], Executable] | None = None  # what limits it to some sites (domain/scopes.py)
        self.watched = True  # does anybody look? What only a live page wants to hear need not be told to nobody
        self._connection = connection
        self._cursor = cursor
        self._dialect = connection.dialect
        self._bulk = bulk

    def execute(self, statement: Executable, parameters: Any = None) -> CursorResult[Any]:
        """Any SQLAlchemy Core statement. For the path of a message, use `run` with a `Prepared` one."""
        if self.narrow is not None:
            statement = self.narrow(statement)
        return self._connection.execute(statement, parameters)

    def run(self, prepared: Prepared, **parameters: Any) -> list[Any]:
        """The rows of a prepared statement, as named tuples."""
        return prepared.run(self._cursor, self._dialect, parameters)

    def first(self, prepared: Prepared, **parameters: Any) -> Any:
        """The first row of a prepared statement, or None."""
        rows = prepared.run(self._cursor, self._dialect, parameters)
        return rows[0] if rows else None

    def rehearse(self, f: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `f(work, …)` would come to: its result. Everything it has written is taken back, and nobody hears of it."""
        rehearsal = Work(self._connection, self._cursor, self.now, {})
        rehearsal.narrow = self.narrow
        savepoint = self._connection.begin_nested()
        try:
            return f(rehearsal, *args, **kwargs)
        finally:
            savepoint.rollback()

    def append(self, bulk: Bulk, *row: Any) -> None:
        """A row (values in the order of the bulk's inputs) inserted with all others of this commit, at its end."""
        self._bulk.setdefault(bulk, []).append(row)

    def publish(self, event: Any) -> None:
        """Tell everyone, after the commit. Durable consumers get an outbox row in this very transaction."""
        self.events.append(event)


class Unit:
    """What the writer is asked to do, and whom to tell. `done(result, error)` is called in the event loop."""

    __slots__ = ("args", "done", "error", "events", "f", "result", "since", "state")

    def __init__(
        self, f: Callable[..., Any], args: tuple[Any, ...], done: Callable[[Any, BaseException | None], None]
    ) -> None:
        self.f = f
        self.args = args
        self.done = done
        self.result: Any = None
        self.error: BaseException | None = None
        self.events: Sequence[Any] = ()
        self.since = time.monotonic()
        self.state = "waiting"


class Database:
    """SQLite or PostgreSQL behind two verbs, `write` and `read`.

    On PostgreSQL there are several writer lanes, each a thread with a connection; everything of one station goes
    through the same lane. Uniqueness in the database decides between lanes and nodes, never a lock in memory.
    """

    def __init__(
        self, url: str, *, lanes: int = 2, readers: int = 4, clock: Callable[[], datetime] | None = None
    ) -> None:
        self.url = normalised(url)
        self.kind = self.url.get_backend_name()
        self.clock = clock or (lambda: datetime.now(UTC))
        self.before_commit: list[Callable[[Work, list[Any]], None]] = []
        self.after_commit: list[Callable[[list[Any]], None]] = []
        self.watched: Callable[[], bool] = lambda: True
        self.engine = _engine(self.url, readers + lanes + 2)
        self._lanes = [_Lane(self, index) for index in range(lanes if self.kind == "postgresql" else 1)]
        self._readers = ThreadPoolExecutor(readers, thread_name_prefix="reader")
        self._outstanding: deque[Unit] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._watch: asyncio.TimerHandle | None = None
        self._stalled = False

    def start(self) -> None:
        """Start the writer lanes; call inside the running event loop."""
        self._loop = asyncio.get_running_loop()
        for lane in self._lanes:
            lane.start()
        self._watch = self._loop.call_later(0.5, self._look)

    async def stop(self) -> None:
        """Finish what was submitted, then close every connection."""
        if self._watch is not None:
            self._watch.cancel()
        for lane in self._lanes:
            lane.hand_over()
        await asyncio.gather(*(asyncio.to_thread(lane.stop) for lane in self._lanes))
        await asyncio.sleep(0)  # let the last answers be delivered
        await asyncio.to_thread(self._readers.shutdown)
        self.engine.dispose()

    @property
    def available(self) -> bool:
        """False while a commit fails or hangs; the gateway then refuses handshakes with 503."""
        return not self._stalled and not any(lane.failing for lane in self._lanes)

    def submit(
        self,
        f: Callable[..., Any],
        args: tuple[Any, ...],
        done: Callable[[Any, BaseException | None], None],
        *,
        lane: int = 0,
    ) -> None:
        """Queue a unit; `done(result, error)` is called in the loop after the commit. The gateway's way: no task, no future."""
        unit = Unit(f, args, done)
        self._outstanding.append(unit)
        self._lanes[lane % len(self._lanes)].add(unit)

    async def write(self, f: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `f(work, *args)` in a writer lane and return its result after COMMIT. Raises `StorageUnavailable`."""
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()

        def done(result: T, error: BaseException | None) -> None:
            if future.done():
                return
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(result)

        self.submit((lambda work, *a: f(work, *a, **kwargs)) if kwargs else f, args, done)
        return await future

    async def read(self, f: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `f(work, *args)` in a reader thread. Never blocks writers; what it would write is rolled back."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, lambda: self._read(f, *args, **kwargs))

    def _read(self, f: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        with self.engine.connect() as connection:
            connection.begin()  # SQLite would keep what a prepared statement writes outside of a transaction
            cursor = connection.connection.cursor()
            try:
                return f(Work(connection, cursor, self.clock(), {}), *args, **kwargs)
            finally:
                cursor.close()

    def deliver(self, units: list[Unit]) -> None:
        """Called by a lane, in its thread, with units that are committed or have failed."""
        assert self._loop is not None
        try:
            self._loop.call_soon_threadsafe(self._deliver, units)
        except RuntimeError:
            log.warning("database.loop_closed", units=len(units))

    def _deliver(self, units: list[Unit]) -> None:
        """Tell events first: what is answered must already be true, for a station that was added and now connects."""
        events = [event for unit in units for event in unit.events]
        for hear in self.after_commit if events else ():
            try:
                hear(events)
            except Exception:
                log.exception("event.failed", listener=getattr(hear, "__qualname__", repr(hear)))
        for unit in units:
            if unit.state != "abandoned":
                unit.state = "done"
                try:
                    unit.done(unit.result, unit.error)
                except Exception:
                    log.exception("answer.failed")
        while self._outstanding and self._outstanding[0].state != "waiting":
            self._outstanding.popleft()

    def _look(self) -> None:
        """Twice a second: give up on units that storage has not taken in time; notice a commit that hangs."""
        assert self._loop is not None
        self._watch = self._loop.call_later(0.5, self._look)
        now = time.monotonic()
        while self._outstanding and (
            self._outstanding[0].state != "waiting" or now - self._outstanding[0].since > HOLD_S
        ):
            unit = self._outstanding.popleft()
            if unit.state == "waiting":
                unit.state = "abandoned"
                try:
                    unit.done(None, StorageUnavailable(f"the database has not answered for {HOLD_S:.0f} s"))
                except Exception:
                    log.exception("answer.failed")
        waiting_since = [since for lane in self._lanes if (since := lane.busy_since)]
        if self._outstanding:
            waiting_since.append(self._outstanding[0].since)
        self._stalled = any(now - since > STALL_S for since in waiting_since)


class _Lane:
    """A writer thread with its own connection."""

    def __init__(self, database: Database, index: int) -> None:
        self.database = database
        self._gathered: list[Unit] = []  # by the event loop, since it last handed over
        self._queue: queue.SimpleQueue[list[Unit] | None] = queue.SimpleQueue()
        self.failing = False
        self.busy_since = 0.0  # monotonic; a commit may hang long after everyone who waited for it has given up
        self._connection: Connection | None = None
        self._thread = threading.Thread(target=self._run, name=f"writer-{index}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._queue.put(None)
        if self._thread.is_alive():
            self._thread.join()

    def add(self, unit: Unit) -> None:
        """From the event loop. What one turn of the loop submits is handed over together: waking a thread costs more than a row."""
        if not self._gathered:
            asyncio.get_running_loop().call_soon(self.hand_over)
        self._gathered.append(unit)

    def hand_over(self) -> None:
        if self._gathered:
            self._queue.put(self._gathered)
            self._gathered = []

    def _run(self) -> None:
        while (units := self._next()) is not None:
            last = False
            while len(units) < BATCH and not self._queue.empty():
                more = self._queue.get()
                if more is None:
                    last = True
                    break
                units += more
            self.busy_since = time.monotonic()
            self._commit_all(units)
            self.busy_since = 0.0
            self.database.deliver(units)
            if last:
                break
        self._disconnect()

    def _next(self) -> list[Unit] | None:
        """Wait for work. While storage fails, probe it: refused handshakes bring no work that would show its return."""
        while self.failing:
            try:
                return self._queue.get(timeout=RETRY_S)
            except queue.Empty:
                self._probe()
        return self._queue.get()

    def _probe(self) -> None:
        try:
            with self._connect().begin() as transaction:
                probe = "PRAGMA user_version = 1" if self.database.kind == "sqlite" else "SELECT 1"
                transaction.connection.exec_driver_sql(probe)
            self._recovered()
        except Exception as error:
            log.debug("database.still_unavailable", error=_short(error))
            self._disconnect()

    def _recovered(self) -> None:
        if self.failing:
            self.failing = False
            log.info("database.available")

    def _commit_all(self, units: list[Unit]) -> None:
        """All in one transaction; if that fails, one by one, so that only the guilty one fails."""
        try:
            self._transaction(units)
        except BaseException as error:
            if len(units) > 1 or not isinstance(error, DBAPIError) or not is_trouble(error):
                log.debug("database.batch_split", units=len(units), error=repr(error))
            for unit in units:
                self._commit_one(unit)

    def _commit_one(self, unit: Unit) -> None:
        """Run one unit until it succeeds, fails for a reason of its own, or nobody waits for it any more.

        A UNIQUE key that another lane or node took first makes the second run find what the first inserted. What a failed
        run has published is not heard.
        """
        attempts = 0
        while True:
            unit.error, unit.result, unit.events = None, None, ()
            if unit.state == "abandoned" or time.monotonic() - unit.since > HOLD_S:
                unit.error = StorageUnavailable("the database could not be reached in time")
                return
            try:
                self._transaction([unit])
                return
            except BaseException as error:  # whatever it is: a thread that ends would take all its stations with it
                unit.result, unit.events = None, ()
                if is_trouble(error):
                    if not self.failing:
                        log.error("database.unavailable", error=_short(error))
                    self.failing = True
                    self._disconnect()
                    time.sleep(RETRY_S)
                    continue
                attempts += 1
                if attempts < ATTEMPTS and _is_conflict(error):
                    continue
                # The event loop would end with a SystemExit that somebody waits for.
                unit.error = error if isinstance(error, Exception) else RuntimeError(repr(error))
                return

    def _transaction(self, units: list[Unit]) -> None:
        connection = self._connect()
        transaction = connection.begin()
        try:
            self._run_units(units, connection)
        except BaseException:
            transaction.rollback()
            raise
        try:
            transaction.commit()
        except BaseException:
            self._disconnect()  # the transaction may still be open, and nothing of it may be committed with the next one
            raise
        self._recovered()

    def _run_units(self, units: list[Unit], connection: Connection) -> None:
        bulk: dict[Bulk, list[tuple[Any, ...]]] = {}
        cursor = connection.connection.cursor()
        try:
            now, watched = self.database.clock(), self.database.watched()
            work = Work(connection, cursor, now, bulk)
            work.watched = watched
            for unit in units:
                if unit.state == "abandoned":
                    continue
                unit.result = unit.f(work, *unit.args)
                if work.events:
                    unit.events, work.events = work.events, []
                    for consumer in self.database.before_commit:
                        consumer(work, unit.events)
            for rows_of, rows in bulk.items():
                rows_of.insert(cursor, connection.dialect, rows)
        finally:
            cursor.close()

    def _connect(self) -> Connection:
        if self._connection is None:
            self._connection = self.database.engine.connect().execution_options(writes=True)
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            try:
                self._connection.invalidate()
                self._connection.close()
            except Exception as error:
                log.debug("database.close_failed", error=_short(error))
            self._connection = None


def normalised(url: str) -> URL:
    """The URL with our drivers in it: `sqlite:///…`, `postgres://…` and `postgresql://…` are all understood."""
    parsed = make_url(url)
    if parsed.get_backend_name() in ("postgres", "postgresql"):
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() == "sqlite":
        return parsed.set(drivername="sqlite+pysqlite")
    raise ValueError(f"database.url: {parsed.get_backend_name()} is not supported; use sqlite:///… or postgresql://…")


def is_trouble(error: BaseException) -> bool:
    """Whether the database itself is in trouble (down, full, restarting), rather than one statement wrong."""
    original = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(original, sqlite3.Error):
        return getattr(original, "sqlite_errorcode", 0) & 0xFF in _SQLITE_TROUBLE
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    state = getattr(original, "sqlstate", "-")
    if state is None:  # psycopg says nothing more when the connection itself is gone
        return type(original).__name__ in ("OperationalError", "ConnectionTimeout", "InterfaceError")
    return state.startswith(_POSTGRES_TROUBLE)


def _is_conflict(error: BaseException) -> bool:
    """Whether another lane or node was first: to be run again, and no sign of trouble."""
    original = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(original, sqlite3.Error):
        return isinstance(original, sqlite3.IntegrityError)
    return str(getattr(original, "sqlstate", None) or "").startswith(_POSTGRES_CONFLICT)


def _short(error: BaseException) -> str:
    return str(error).splitlines()[0][:200]


def _engine(url: URL, connections: int) -> Engine:
    if url.get_backend_name() == "sqlite":
        if url.database:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
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
    return create_engine(
        url,
        pool_size=connections,
        max_overflow=4,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={
            "connect_timeout": 5,
            "application_name": "stationmaster",
            "options": "-c synchronous_commit=on -c timezone=UTC",
        },
    )


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes its lock at once: a command line that writes at the same moment then waits instead of failing.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN")


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    cursor = connection.cursor()
    _write_ahead(cursor)
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    # KiB, for each of a dozen connections. What is in the file the system caches as well: 64 MiB were no faster.
    cursor.execute("PRAGMA cache_size=-4096")
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
