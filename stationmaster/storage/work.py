"""What every domain function is handed: the transaction it runs in, the moment, and whom to tell afterwards."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection
from sqlalchemy.engine import CursorResult
from sqlalchemy.sql.base import Executable

from stationmaster.storage.queries import Bulk, Prepared, PreparedInsert
from stationmaster.storage.together import Answers, Part, Together
from stationmaster.storage.walls import Walls

P = ParamSpec("P")
T = TypeVar("T")


class Work:
    """One unit of work, handed to every domain function. It may run twice, so it changes nothing but the database."""

    __slots__ = (
        "_bulk",
        "_confined_to",
        "_connection",
        "_cursor",
        "_dialect",
        "_last",
        "_walls",
        "answered",
        "events",
        "narrow",
        "now",
        "recorded",
        "signature",
        "trace",
        "watched",
    )

    def __init__(
        self,
        connection: Connection,
        cursor: Any,
        now: datetime,
        bulk: dict[Bulk, list[tuple[Any, ...]]],
        last: dict[Callable[[Work, list[Any]], None], list[Any]] | None = None,
        walls: Walls | None = None,
    ) -> None:
        self.now = now
        self._last = {} if last is None else last
        self.events: list[Any] = []
        self.answered: tuple[Part, Any] | None = None  # what was asked for this unit before it ran
        self.signature: Any = None  # in whose name this unit runs, set by the edge (domain/audit.py)
        self.trace: str | None = None  # what this unit is a part of, where that is traced (docs/traces.md)
        self.recorded = False  # does the audit log tell of it yet?
        self.narrow: Callable[[Executable], Executable] | None = None  # what limits it to some sites (domain/scopes.py)
        self.watched = True  # whether a live page is open; events only for pages are not published without one
        self._connection = connection
        self._cursor = cursor
        self._dialect = connection.dialect
        self._bulk = bulk
        self._walls = walls  # where the database itself can keep tenants apart
        self._confined_to: int | None = None  # an organization

    @property
    def has_walls(self) -> bool:
        """Whether the database itself keeps tenants apart."""
        return self._walls is not None and self._walls.stand(self._connection)

    @property
    def confined(self) -> bool:
        """Whether it is `within` an organization at this moment, and not `beyond`."""
        return self._confined_to is not None

    @contextlib.contextmanager
    def within(self, organization: int, *, to_the_end: bool = False) -> Iterator[None]:
        """Meanwhile the database itself shows and changes this organization's rows only, whatever is asked (`storage/walls.py`).

        What is raised inside ends the transaction, and the confinement with it. `to_the_end`: so does what comes after it, for
        nothing else is asked in this transaction, and to lift it would cost a round trip.
        """
        if not self.has_walls:
            yield
            return
        assert self._walls is not None
        try:
            self._walls.confine(self._cursor, organization)
            self._confined_to = organization
            yield
            if not to_the_end:
                self._walls.lift(self._cursor)
        finally:
            self._confined_to = None
            self._cursor.use_prepared(confined=False)

    @contextlib.contextmanager
    def beyond(self) -> Iterator[None]:
        """Inside of `within`: for the few questions that are about all tenants, as whether a name is taken. Tell nothing else of it."""
        if self._walls is None or self._confined_to is None:
            yield
            return
        organization, self._confined_to = self._confined_to, None
        self._walls.lift(self._cursor)
        try:
            yield
        finally:
            self._confined_to = organization
            if self._cursor.usable:  # else the transaction is lost, and the role with it
                self._walls.confine(self._cursor, organization)

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

    def change(self, prepared: Prepared, **parameters: Any) -> int:
        """Run a prepared UPDATE or DELETE; how many rows it has changed."""
        return prepared.count(self._cursor, self._dialect, parameters)

    def insert(self, prepared: PreparedInsert, **parameters: Any) -> int:
        """Insert a row; the key it was given."""
        return prepared.key(self._cursor, self._dialect, parameters)

    def rehearse(self, f: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `f(work, …)` would come to: its result. Everything it has written is taken back, and nobody hears of it."""
        rehearsal = Work(self._connection, self._cursor, self.now, {}, walls=self._walls)
        rehearsal.narrow, rehearsal._confined_to = self.narrow, self._confined_to
        savepoint = self._connection.begin_nested()
        try:
            return f(rehearsal, *args, **kwargs)
        finally:
            savepoint.rollback()

    def ask(self, part: Part) -> Any:
        """What a unit asks together with others: the answer is here already, or is asked for now. None: there is none."""
        if self.answered is not None:
            ahead, answer = self.answered
            if ahead.row == part.row and ahead.whole is part.whole:
                return answer
        return part.whole.ask(self._cursor, self._dialect, [part.row]).get(part.key)

    def ask_all(self, whole: Together, rows: Sequence[tuple[Any, ...]]) -> Answers:
        """What many rows ask, in one statement now."""
        return whole.ask(self._cursor, self._dialect, rows)

    def append(self, bulk: Bulk, *row: Any) -> None:
        """A row (values in the order of the bulk's inputs) inserted with all others of this commit, at its end."""
        self._bulk.setdefault(bulk, []).append(row)

    def at_the_end(self, f: Callable[[Work, list[Any]], None], item: Any) -> None:
        """`f(work, items)` runs once, as the very last thing of this transaction, with what all its units gave.

        It may lock a row that everybody wants: nobody who holds that row then waits for another one.
        """
        self._last.setdefault(f, []).append(item)

    def publish(self, event: Any) -> None:
        """Tell everyone, after the commit. Durable consumers get an outbox row in this very transaction."""
        self.events.append(event)
