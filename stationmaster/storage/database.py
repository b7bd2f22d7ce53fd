"""The one way to write: units of work of many stations, committed together.

`write` hands `f(work, *args)` to a writer thread and returns after COMMIT. The writer takes every pending unit, runs
them in one transaction, commits, and answers all of them in one call into the event loop: that is what makes
durability cost microseconds instead of a disk flush per message.
"""

from __future__ import annotations

import asyncio
import math
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Concatenate, ParamSpec, TypeVar

import msgspec
import structlog
from sqlalchemy import Connection, Dialect, Engine, func, select
from sqlalchemy.exc import DBAPIError

from stationmaster.storage import engines
from stationmaster.storage.clocks import Clocks
from stationmaster.storage.durations import Durations
from stationmaster.storage.engines import in_one_line, is_conflict, is_full, is_trouble
from stationmaster.storage.queries import Bulk
from stationmaster.storage.readers import Readers
from stationmaster.storage.together import Part, Together
from stationmaster.storage.walls import ROLE, Walls
from stationmaster.storage.work import Work

log = structlog.get_logger()
P = ParamSpec("P")
T = TypeVar("T")

BATCH = 1024  # units in one transaction at the most
# Where many wait for each commit, the next one begins no earlier than so long after the one before: a commit costs as much as some ten
# messages, and what comes in between goes along (docs/decisions/0049).
APART_S = 0.01
MANY = 4  # units in a commit
CROWDED_S = 1.0  # so long after such a commit, what has time waits
AWAY_READ_S = 2.0  # how long a reader may take while the database is known to be away
RETRY_S = 0.25
LOOK_S = 0.5
ATTEMPTS = 5  # how often a unit is tried when another lane or node holds a key or row it needs


class StorageUnavailable(Exception):
    """The database has not answered in time, or not at all. Of what was to be written, nothing is known to be stored."""


class Unit(msgspec.Struct, eq=False):
    """What the writer is asked to do, and whom to tell. `done(result, error)` is called in the event loop."""

    f: Callable[..., Any]
    args: tuple[Any, ...]
    done: Callable[[Any, BaseException | None], None]
    lane: int
    apart: bool
    """It changes rows of many chargers, so it gets a transaction of its own."""
    leads: bool
    """It begins by locking the row of its charger that everybody locks first."""
    ahead: Callable[[Work], Part | None] | None = None
    """What it asks is asked for all units of the commit together, before the first of them runs."""
    result: Any = None
    error: BaseException | None = None
    events: Sequence[Any] = ()
    since: float = msgspec.field(default_factory=time.monotonic)
    state: str = "waiting"


class Database:
    """SQLite or PostgreSQL behind two verbs, `write` and `read`.

    On PostgreSQL there are several writer lanes, each a thread with a connection; everything of one station goes
    through the same lane. Uniqueness in the database decides between lanes and nodes, never a lock in memory.
    """

    def __init__(
        self,
        url: str,
        *,
        lanes: int = 2,
        readers: int = 4,
        hold_s: float = 10.0,
        read_s: float = 8.0,
        stall_s: float = 2.0,
        clock: Callable[[], datetime] | None = None,
        tenant_role: str = ROLE,
    ) -> None:
        """`hold_s`: how long an answer may wait for storage before its socket is given up (rule 2). `read_s`: how long a reader may
        take; then who asked is told that storage is away.

        `stall_s`: a commit that takes longer counts as an outage, and new handshakes get 503. `tenant_role`: of PostgreSQL, which callers are confined by; empty: none.
        """
        self.url = engines.normalised(url)
        self.kind = self.url.get_backend_name()
        self.clocks = Clocks(clock or (lambda: datetime.now(UTC)))
        self.clock = self.clocks.now
        self.hold_s, self.stall_s, self.read_s = hold_s, stall_s, read_s
        self.before_commit: list[Callable[[Work, list[Any]], None]] = []
        self.after_commit: list[Callable[[list[Any]], None]] = []
        self.watched: Callable[[], bool] = lambda: True
        self.traced: Callable[[], str | None] = lambda: None  # what is being traced where this is called
        self.engine = engines.build(self.url, readers + lanes + 3)
        self._reading = self.engine
        if self.kind == "postgresql":  # a query of a page that takes for ever is ended by the server itself
            self._reading = engines.build(self.url, readers, statement_timeout_s=read_s)
        self.tenant_role = tenant_role
        self.walls = Walls(tenant_role) if self.kind == "postgresql" else None
        self._lanes = [_Lane(self, index) for index in range(lanes if self.kind == "postgresql" else 1)]
        self._aside = _Lane(self, lanes) if self.kind == "postgresql" else None  # SQLite has one writer at a time
        self._readers = Readers(readers)
        self._outstanding: deque[Unit] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._watch: asyncio.TimerHandle | None = None
        self._stalled = False
        self._unreadable = False

    def start(self) -> None:
        """Start the writer lanes; call inside the running event loop."""
        self._loop = asyncio.get_running_loop()
        for lane in self._all_lanes():
            lane.start()
        self._watch = self._loop.call_later(LOOK_S, self._look)

    async def stop(self) -> None:
        """Finish what was submitted, then close every connection; a database that hangs is not waited for."""
        if self._watch is not None:
            self._watch.cancel()
        for lane in self._all_lanes():
            lane.hand_over()
        await asyncio.gather(*(asyncio.to_thread(lane.stop, 2 * self.hold_s) for lane in self._all_lanes()))
        await asyncio.sleep(0)  # let the last answers be delivered
        await asyncio.to_thread(self._readers.stop, self.read_s)
        self.close()

    def close(self) -> None:
        """Close every connection; `stop` does it for a database that was started."""
        self.engine.dispose()
        self._reading.dispose()

    def _all_lanes(self) -> list[_Lane]:
        return self._lanes if self._aside is None else [*self._lanes, self._aside]

    def pools(self) -> list[tuple[Engine, int]]:
        """The pools of connections, and how many of each are in use when there is much to do."""
        if self._reading is self.engine:
            return [(self.engine, 2)]
        return [(self.engine, self.lanes + 1), (self._reading, self._readers.count)]

    @property
    def lanes(self) -> int:
        return len(self._lanes)

    @property
    def waiting(self) -> int:
        """Units that are not committed yet, of chargers and people."""
        return sum(unit.state == "waiting" for unit in tuple(self._outstanding))

    def commits(self) -> list[Durations]:
        """How long the transactions of each lane have taken."""
        return [lane.commits for lane in self._lanes]

    @property
    def connections(self) -> int:
        return sum(count for _, count in self.pools())

    @property
    def available(self) -> bool:
        """False while a commit fails or hangs; the gateway then refuses handshakes with 503."""
        return not self._stalled and not any(lane.failing or lane.ended for lane in self._lanes)

    @property
    def is_crowded(self) -> bool:
        """Whether many have just waited for a commit: what has time lets them go first."""
        return any(time.monotonic() - lane.crowded_at < CROWDED_S for lane in self._lanes)

    def submit(
        self,
        f: Callable[..., Any],
        args: tuple[Any, ...],
        done: Callable[[Any, BaseException | None], None],
        *,
        lane: int = 0,
        apart: bool = False,
        leads: bool = False,
        ahead: Callable[[Work], Part | None] | None = None,
    ) -> None:
        """Queue a unit; `done(result, error)` is called in the loop after the commit. The gateway's way: no task, no future."""
        unit = Unit(f, args, done, lane, apart, leads, ahead)
        self._outstanding.append(unit)
        self._lanes[lane % len(self._lanes)].add(unit)

    async def write(self, f: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `f(work, *args)` in a writer lane and return its result after COMMIT. Raises `StorageUnavailable`."""
        return await self._written(lambda work: f(work, *args, **kwargs), apart=False)

    async def write_apart(self, f: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The same for what changes rows of many chargers, or takes long: in a transaction of its own, after that of the others.

        So nobody waits in a circle, and no charger's answer for it.
        """
        return await self._written(lambda work: f(work, *args, **kwargs), apart=True)

    async def write_aside(self, f: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The same for what takes seconds, as thousands of rows of a file: on PostgreSQL in a lane that no charger waits for."""
        return await self._written(lambda work: f(work, *args, **kwargs), apart=True, aside=self._aside)

    def marked(self, f: Callable[Concatenate[Work, P], T]) -> Callable[Concatenate[Work, P], T]:
        """A unit that knows what it is a part of, where that is traced: what it publishes is told with it."""
        trace = self.traced()
        if trace is None:
            return f

        def part(work: Work, /, *args: P.args, **kwargs: P.kwargs) -> T:
            work.trace = trace
            return f(work, *args, **kwargs)

        return part

    async def _written(self, f: Callable[[Work], T], *, apart: bool, aside: _Lane | None = None) -> T:
        f = self.marked(f)
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()

        def done(result: T, error: BaseException | None) -> None:
            if future.done():
                return
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(result)

        if aside is not None:
            # Not among the outstanding: how long it takes says nothing of the storage of chargers.
            aside.add(Unit(f, (), done, 0, True, False, None))
        else:
            self.submit(f, (), done, apart=apart)
        return await future

    async def read(self, f: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `f(work, *args)` in a reader thread; never blocks writers, and what it would write is rolled back.

        Raises `StorageUnavailable` when the database is in trouble, or takes too long.
        """
        loop = asyncio.get_running_loop()
        # While storage is known to be away nobody waits long, because a person asks, or a program that asks again.
        patience = self.read_s if self.available else min(self.read_s, AWAY_READ_S)
        try:
            async with asyncio.timeout(patience):
                return await loop.run_in_executor(self._readers, lambda: self._read(f, *args, **kwargs))
        except TimeoutError:
            self._note_unreadable(f"no answer for {patience:.0f} s")
            raise StorageUnavailable(f"the database has not answered for {patience:.0f} s") from None
        except Exception as error:
            if not is_trouble(error):
                raise
            self._note_unreadable(in_one_line(error))
            raise StorageUnavailable(f"the database cannot be reached: {in_one_line(error)}") from None

    async def compare_clocks(self) -> None:
        """Find out how far the clock of this machine is ahead of the database's. Raises `StorageUnavailable`."""
        if self.kind == "postgresql":
            asked = self.clocks.machine()
            theirs = await self.read(lambda work: work.execute(select(func.clock_timestamp())).scalar_one())
            self.clocks.compare(theirs, asked=asked, answered=self.clocks.machine())

    def _read(self, f: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        try:
            found = self._asked(f, *args, **kwargs)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
            found = self._asked(f, *args, **kwargs)  # the server has ended it since it was used: a new one is there now
        self._unreadable = False
        return found

    def _asked(self, f: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        with self._reading.connect() as connection:
            connection.begin()  # SQLite would keep what a prepared statement writes outside of a transaction
            cursor = engines.cursor_of(connection)
            try:
                return f(Work(connection, cursor, self.clock(), {}, walls=self.walls), *args, **kwargs)
            finally:
                cursor.close()

    def _note_unreadable(self, why: str) -> None:
        """One line for each outage, however many ask meanwhile."""
        if not self._unreadable and self.available:
            log.error("database.unreadable", error=why)
        self._unreadable = True

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
        self._watch = self._loop.call_later(LOOK_S, self._look)
        now = time.monotonic()
        while self._outstanding and (
            self._outstanding[0].state != "waiting" or now - self._outstanding[0].since > self.hold_s
        ):
            unit = self._outstanding.popleft()
            if unit.state == "waiting":
                unit.state = "abandoned"
                try:
                    unit.done(None, StorageUnavailable(f"the database has not answered for {self.hold_s:.0f} s"))
                except Exception:
                    log.exception("answer.failed")
        waiting_since = [since for lane in self._lanes if (since := lane.busy_since)]
        if self._outstanding:
            waiting_since.append(self._outstanding[0].since)
        self._stalled = any(now - since > self.stall_s for since in waiting_since)


class _Lane:
    """A writer thread with its own connection."""

    def __init__(self, database: Database, index: int) -> None:
        self.database = database
        self._gathered: list[Unit] = []  # by the event loop, since it last handed over
        self._queue: queue.SimpleQueue[list[Unit] | None] = queue.SimpleQueue()
        self.failing = False
        self._full = False  # it fails for want of room: what is small may go in all the same, and shows nothing
        self.ended = False
        self._began = 0.0  # when the last commit began (monotonic)
        self.crowded_at = -math.inf  # when the last one began for which many had waited
        self.busy_since = 0.0  # monotonic; a commit may hang long after everyone who waited for it has given up
        self.commits = Durations()  # of its transactions
        self._connection: Connection | None = None
        self._thread = threading.Thread(target=self._run, name=f"writer-{index}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, patience_s: float) -> None:
        self._queue.put(None)
        if self._thread.is_alive():
            self._thread.join(patience_s)

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
        try:
            while not self.ended:
                self._take_turn()
        finally:
            self.ended = True
            self._disconnect()

    def _take_turn(self) -> None:
        """One commit of all that waits, then those that have one of their own: no charger's answer waits for them."""
        units = self._next()
        if units is None:
            self.ended = True
            return
        if self.crowded_at == self._began and (early_s := self._began + APART_S - time.monotonic()) > 0:
            time.sleep(early_s)
        while len(units) < BATCH and not self._queue.empty():
            more = self._queue.get()
            if more is None:
                self.ended = True
                break
            units += more
        self._began = self.busy_since = time.monotonic()
        together = [unit for unit in units if not unit.apart]
        if len(together) >= MANY:
            self.crowded_at = self._began
        if together:
            self._settle(together)
        for unit in units:
            if unit.apart:
                self._settle([unit])
        self.busy_since = 0.0

    def _settle(self, units: list[Unit]) -> None:
        """Commit and answer. Whatever happens in it, the thread goes on: ended, it would take all its chargers with it."""
        try:
            if units[0].apart:
                self._commit_one(units[0])
            else:
                self._commit_all(units)
        except BaseException as error:
            for unit in units:
                unit.result, unit.events, unit.error = None, (), RuntimeError(repr(error))
            time.sleep(RETRY_S)
        self.database.deliver(units)

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
                engines.probe(transaction.connection, room=self._full)
            self._recovered()
        except BaseException as error:
            log.debug("database.still_unavailable", error=in_one_line(error))
            self._disconnect()

    def _recovered(self) -> None:
        if self.failing:
            self.failing = self._full = False
            log.info("database.available")

    def _commit_all(self, units: list[Unit]) -> None:
        """All in one transaction; if that fails, one by one, so that only the guilty one fails."""
        if self.database.kind == "postgresql":
            # Two nodes may have messages of the same chargers in hand. All lock chargers in the order of their keys, and of each
            # the connection first, so that nobody waits in a circle.
            units.sort(key=lambda unit: (unit.lane, not unit.leads))
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
            if unit.state == "abandoned" or time.monotonic() - unit.since > self.database.hold_s:
                unit.error = StorageUnavailable("the database could not be reached in time")
                return
            try:
                self._transaction([unit])
                return
            except BaseException as error:  # anything, because a thread that ends would take all its stations with it
                unit.result, unit.events = None, ()
                if is_trouble(error):
                    if not self.failing:
                        log.error("database.unavailable", error=in_one_line(error))
                    self.failing = True
                    self._full = self._full or is_full(error)
                    self._disconnect()
                    time.sleep(RETRY_S)
                    continue
                attempts += 1
                if attempts < ATTEMPTS and is_conflict(error):
                    continue
                # Not passed on, because a SystemExit in a future would end the event loop.
                unit.error = error if isinstance(error, Exception) else RuntimeError(repr(error))
                return

    def _transaction(self, units: list[Unit]) -> None:
        connection = self._connect()
        began = time.monotonic()
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
        self.commits.add(time.monotonic() - began)
        if self._full:
            self._probe()
        else:
            self._recovered()

    def _run_units(self, units: list[Unit], connection: Connection) -> None:
        bulk: dict[Bulk, list[tuple[Any, ...]]] = {}
        last: dict[Callable[[Work, list[Any]], None], list[Any]] = {}
        cursor = engines.cursor_of(connection)
        try:
            now, watched = self.database.clock(), self.database.watched()
            work = Work(connection, cursor, now, bulk, last, self.database.walls)
            work.watched = watched
            units = [unit for unit in units if unit.state != "abandoned"]
            answers = _ask_together(work, cursor, connection.dialect, units)
            for index, unit in enumerate(units):
                work.answered = answers.get(index)
                if unit.state == "abandoned" and work.answered is None:
                    continue  # given up while it waited for its turn, and nothing was done ahead for it
                unit.result = unit.f(work, *unit.args)
                if work.events:
                    unit.events, work.events = work.events, []
                    for consumer in self.database.before_commit:
                        consumer(work, unit.events)
                if work.trace is not None:
                    work.trace = None
            for rows_of, rows in bulk.items():
                rows_of.insert(cursor, connection.dialect, rows)
            for f, items in last.items():
                f(work, items)
        finally:
            cursor.close()

    def _connect(self) -> Connection:
        if self._connection is None:
            connection = self.database.engine.connect().execution_options(writes=True)
            try:
                engines.prepare_writer(connection)
            except BaseException:
                connection.close()  # it may have a lock, and the pool has only so many
                raise
            self._connection = connection
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            try:
                self._connection.invalidate()
                self._connection.close()
            except Exception as error:
                log.debug("database.close_failed", error=in_one_line(error))
            self._connection = None


def _ask_together(work: Work, cursor: Any, dialect: Dialect, units: list[Unit]) -> dict[int, tuple[Part, Any]]:
    """Ask what these units want to know before they run; the answers by their places."""
    wholes: dict[Together, list[tuple[int, Part]]] = {}
    for index, unit in enumerate(units):
        if unit.ahead is not None and (part := unit.ahead(work)) is not None:
            wholes.setdefault(part.whole, []).append((index, part))
    found: dict[int, tuple[Part, Any]] = {}
    for whole, parts in wholes.items():
        answers = whole.ask(cursor, dialect, [part.row for _, part in parts])
        for index, part in parts:
            found[index] = part, answers.pop(part.key, None)
    return found
