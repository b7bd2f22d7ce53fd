"""`@every` marks what returns by the clock; `background/timers.py` runs it.

`@every(seconds=60) def close_old(work: Work) -> None` runs as a unit of work, an `async def` in the event loop. What else a function
needs (the database, a part of the settings) it names by type. A timer that is `once` in the system runs on one node at a time: a row
in `timers` says whose turn it is. One that a node runs `for_itself`, for its own connections or its lease, runs whatever the role of
the node; all others are the work of workers.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Column, Table, Text, bindparam, update
from sqlalchemy import text as sql

from stationmaster.domain import signatures
from stationmaster.storage import Work
from stationmaster.storage.columns import UtcTime, metadata
from stationmaster.storage.queries import Prepared

timers = Table(
    "timers",
    metadata,
    Column("name", Text, primary_key=True),
    Column("due_at", UtcTime, nullable=False),
    Column("busy_until", UtcTime, nullable=False),
)

F = TypeVar("F", bound=Callable[..., Any])
Seconds = float | Callable[..., float]


class Timer(NamedTuple):
    """A function that returns by the clock, as it is registered."""

    name: str
    function: Callable[..., Any]
    seconds: Seconds  # between two turns; a function when it hangs on the settings
    once: bool
    timeout_s: float
    for_itself: bool = False


_registered: dict[str, Timer] = {}


def every(
    *, seconds: Seconds, once: bool = False, timeout_s: float = 60.0, for_itself: bool = False
) -> Callable[[F], F]:
    """Register a function to be run again and again. `once`: on one node of the system, not on each."""

    def register(function: F) -> F:
        timer = timer_of(function, seconds=seconds, once=once, timeout_s=timeout_s)._replace(for_itself=for_itself)
        _registered[timer.name] = timer
        return function

    return register


def timer_of(function: Callable[..., Any], *, seconds: Seconds, once: bool = False, timeout_s: float = 60.0) -> Timer:
    """The same without registering it."""
    return Timer(signatures.name_of(function), function, seconds, once, timeout_s)


def registered(*, works: bool = True) -> list[Timer]:
    """All timers; those that a node runs for itself, when it is no worker."""
    return [timer for timer in _registered.values() if works or timer.for_itself]


_begin = Prepared(
    sql("INSERT INTO timers (name, due_at, busy_until) VALUES (:name, :now, :now) ON CONFLICT DO NOTHING").bindparams(
        bindparam("now", type_=UtcTime)
    )
)


def take_turn(work: Work, name: str, *, pause: timedelta, timeout: timedelta) -> bool:
    """Whether it is this node's turn; it is then nobody else's until it is `over`, or the time-out has passed."""
    work.run(_begin, name=name, now=work.now)
    free = update(timers).where(timers.c.name == name, timers.c.due_at <= work.now, timers.c.busy_until <= work.now)
    # A tenth less than the pause, so that jitter does not make the next turn miss its time.
    taken = work.execute(free.values(due_at=work.now + pause * 0.9, busy_until=work.now + timeout))
    return bool(taken.rowcount)


def over(work: Work, name: str) -> None:
    """The turn has ended."""
    work.execute(update(timers).where(timers.c.name == name).values(busy_until=work.now))
