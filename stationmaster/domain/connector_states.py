"""What the state of a connector was, and when: one row for each change, for more than a year.

A row says what began at `since`; it ends where the next one begins. So a word that comes late is put in its place by one
insert, and none of its neighbours has to be changed. Offline times are not in here: the connection log has them.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, Protocol, cast

import msgspec
from sqlalchemy import Column, ColumnElement, Index, Integer, Select, Table, Text, bindparam, select, true, union_all

from stationmaster.domain.errors import Invalid
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, UtcTime, key, metadata
from stationmaster.storage.queries import Bulk, Prepared

State = Literal[
    "available",
    "occupied",  # 2.x: somebody is there; more is said by the session
    "preparing",
    "charging",
    "suspended_ev",
    "suspended_evse",
    "finishing",
    "reserved",
    "unavailable",
    "faulted",
    "unknown",
]

connector_states = Table(
    "connector_states",
    metadata,
    key(),
    Column("station_id", BigInt, nullable=False),
    Column("evse", Integer, nullable=False),
    Column("number", Integer, nullable=False),
    Column("since", UtcTime, nullable=False),
    Column("state", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("error_code", Text),
    Column("told_at", UtcTime),  # by the charger's clock, where that one is behind and `since` is by ours
)
Index(
    "ix_connector_states_place",
    connector_states.c.station_id,
    connector_states.c.evse,
    connector_states.c.number,
    connector_states.c.since,
)

Index(
    "ix_connector_states_told",
    connector_states.c.station_id,
    connector_states.c.evse,
    connector_states.c.number,
    connector_states.c.told_at,
    sqlite_where=connector_states.c.told_at.is_not(None),
    postgresql_where=connector_states.c.told_at.is_not(None),
)

MAX_CHANGES = 20_000  # in one answer

_add = Bulk(connector_states, ("station_id", "evse", "number", "since", "state", "status", "error_code", "told_at"))


class IsPlace(Protocol):
    """What names a connector."""

    @property
    def station_id(self) -> int: ...
    @property
    def evse(self) -> int: ...
    @property
    def number(self) -> int: ...


class Place(msgspec.Struct, frozen=True, gc=False):
    """A connector of a station."""

    station_id: int
    evse: int
    number: int


class IsWords(Protocol):
    """What a state consists of."""

    @property
    def state(self) -> State: ...
    @property
    def status(self) -> str: ...
    @property
    def error_code(self) -> str | None: ...


class Change(IsPlace, IsWords, Protocol):
    """A row of `connector_states`."""

    @property
    def since(self) -> datetime: ...


class Span(msgspec.Struct, frozen=True, gc=False):
    """A state of a connector, from `since` until just before `until`."""

    state: State
    status: str
    error_code: str | None
    since: datetime
    until: datetime


def add(work: Work, place: IsPlace, words: IsWords, *, at: datetime, told_at: datetime | None = None) -> None:
    """A change that has just happened; it is inserted with all others of the commit. `told_at` where `at` is not the charger's time."""
    row = (place.station_id, place.evse, place.number, at, words.state, words.status, words.error_code, told_at)
    work.append(_add, *row)


def put(work: Work, place: IsPlace, words: IsWords, *, at: datetime) -> bool:
    """A word that comes late, at its place; False when it says what is known of that time already."""
    before = _last_before(work, place, at)
    if before is not None and _same(before, words):
        return False
    add(work, place, words, at=at)
    return True


class Charged(Protocol):
    """Of a session, what its states are found by."""

    @property
    def station_id(self) -> int: ...
    @property
    def evse(self) -> int | None: ...
    @property
    def connector(self) -> int | None: ...
    @property
    def started_at(self) -> datetime: ...
    @property
    def stopped_at(self) -> datetime | None: ...


def states_during(work: Work, session: Charged) -> list[Span]:
    """What its connector told from the start to the end of a session; until now, as long as it is open.

    By the charger's own clock, since the times of the session are its as well. Nothing, when it is not known which of several
    connectors that was.
    """
    place = _place_of(work, session)
    if place is None:
        return []
    return _timeline(work, _BY_THEIRS, place, session.started_at, session.stopped_at or work.now)


def timeline(work: Work, place: IsPlace, *, since: datetime, until: datetime) -> list[Span]:
    """The states of a connector in [since, until). Raises `Invalid` when there are too many for one answer."""
    return _timeline(work, _BY_OUR_CLOCK, place, since, until)


def _said(*clock: tuple[ColumnElement[datetime], ColumnElement[bool]]) -> Prepared:
    """What holds at `since`, and what is said until `until`, where rows have this time or that one."""
    columns = connector_states.c
    since, until = (bindparam(name, type_=columns.since.type) for name in ("since", "until"))
    here = [columns[name] == bindparam(f"of_{name}") for name in ("station_id", "evse", "number")]
    parts: list[Select[Any]] = []
    for at, has_it in clock:
        told = select(columns.state, columns.status, columns.error_code, at.label("since"), columns.id)
        told = told.where(*here, has_it)
        before = told.where(at <= since).order_by(at.desc(), columns.id.desc())
        within = told.where(at > since, at < until).order_by(at, columns.id)
        parts += [before.limit(1), within.limit(MAX_CHANGES + 1)]
    return Prepared(union_all(*(select(part.subquery()) for part in parts)))


_BY_OUR_CLOCK = _said((connector_states.c.since, true()))
_BY_THEIRS = _said(
    (connector_states.c.told_at, connector_states.c.told_at.is_not(None)),
    (connector_states.c.since, connector_states.c.told_at.is_(None)),
)


def _timeline(work: Work, said: Prepared, place: IsPlace, since: datetime, until: datetime) -> list[Span]:
    here = {"of_station_id": place.station_id, "of_evse": place.evse, "of_number": place.number}
    rows = work.run(said, **here, since=since, until=until)
    if sum(row.since > since for row in rows) > MAX_CHANGES:
        raise Invalid(
            "from", "there are more than {most:,} changes since then; ask for a shorter time", most=MAX_CHANGES
        )
    return spans(sorted(rows, key=operator.attrgetter("since", "id")), since, until)


def spans(changes: Sequence[Change], since: datetime, until: datetime) -> list[Span]:
    """Changes of one connector, oldest first, as spans within [since, until): without gaps, and equal neighbours are one."""
    found: list[Span] = []
    if not changes:  # of a connector that only a person has told of
        return found
    ends = [change.since for change in changes[1:]] + [until]
    for change, end in zip(changes, ends, strict=True):
        begin, end = max(change.since, since), min(end, until)
        if begin >= end:
            continue
        if found and _same(found[-1], change):
            found[-1] = msgspec.structs.replace(found[-1], until=end)
        else:
            found.append(Span(change.state, change.status, change.error_code, begin, end))
    return found


def _place_of(work: Work, session: Charged) -> Place | None:
    if session.evse is None:
        return None
    if session.connector is not None:
        return Place(session.station_id, session.evse, session.connector)
    there = connector_states.c.station_id == session.station_id, connector_states.c.evse == session.evse
    numbers = work.execute(select(connector_states.c.number).where(*there).distinct().limit(2)).scalars().all()
    return Place(session.station_id, session.evse, numbers[0]) if len(numbers) == 1 else None


def _same(one: IsWords, other: IsWords) -> bool:
    return (one.state, one.status, one.error_code) == (other.state, other.status, other.error_code)


def _last_before(work: Work, place: IsPlace, at: datetime) -> Change | None:
    newest_first = (connector_states.c.since.desc(), connector_states.c.id.desc())
    there = select(connector_states).where(*_of(place), connector_states.c.since <= at)
    return cast(Change | None, work.execute(there.order_by(*newest_first).limit(1)).one_or_none())


def _of(place: IsPlace) -> tuple[ColumnElement[bool], ...]:
    columns = connector_states.c
    return columns.station_id == place.station_id, columns.evse == place.evse, columns.number == place.number
