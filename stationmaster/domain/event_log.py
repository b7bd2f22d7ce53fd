"""What other programs are told of, in one line: the log that `GET /api/v1/events/log` reads, and webhooks and live pages resume from.

A row is written in the very transaction of its event. Its number comes afterwards, from one counter (`number_new`): lanes and nodes
commit in an order of their own, and a reader that goes on behind a number must not miss what was committed late.
Meter values, messages and states of connectors are not in it: they are in tables of their own, and there are far too many.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    func,
    insert,
    select,
    update,
)

from stationmaster.domain import events, kept
from stationmaster.domain.errors import Invalid
from stationmaster.domain.stations import stations
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, UtcTime, key, metadata
from stationmaster.storage.queries import Bulk

event_log = Table(
    "event_log",
    metadata,
    key(),
    Column("station_id", BigInt, nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("event", Text, nullable=False),  # the name of its class
    Column("payload", Text, nullable=False),
    Column("number", BigInt, unique=True),  # its place in the line; empty until it has one, as is whose it is
    Column("organization_id", BigInt, ForeignKey("organizations.id")),
)
Index("ix_event_log_organization_id", event_log.c.organization_id, event_log.c.number)
_is_new = event_log.c.number.is_(None)
Index("ix_event_log_new", event_log.c.id, sqlite_where=_is_new, postgresql_where=_is_new)

event_counter = Table(
    "event_counter",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("last", BigInt, nullable=False),
)

AT_ONCE = 200
Logged = (
    events.SessionStarted
    | events.SessionEnded
    | events.SessionCorrected
    | events.SessionReviewed
    | events.SessionLimitNear
    | events.StationOffline
    | events.StationOnline
    | events.ReservationChanged
    | events.Alarm
)
_Words = Callable[[Any], dict[str, Any]]


def _session(event: Any) -> dict[str, Any]:
    return {"session": event.session}


# What an event is called outside, and what it says beyond station and time.
WORDS: dict[type[events.StationEvent], tuple[str, _Words]] = {
    events.SessionStarted: ("session_started", _session),
    events.SessionEnded: ("session_ended", _session),
    events.SessionCorrected: ("session_corrected", _session),
    events.SessionReviewed: ("session_reviewed", _session),
    events.SessionLimitNear: ("session_limit_near", lambda event: {"session": event.session, "because": event.because}),
    events.StationOffline: ("station_offline", lambda event: {}),
    events.StationOnline: ("station_online", lambda event: {}),
    events.ReservationChanged: ("reservation", lambda event: {"reservation": event.reservation}),
    events.Alarm: ("alarm", lambda event: {"kind": event.kind, "detail": event.detail}),
}
TYPES = tuple(name for name, _ in WORDS.values())
_CLASSES = {kind.__name__: kind for kind in WORDS}
_CLASS_OF = {name: kind.__name__ for kind, (name, _) in WORDS.items()}

_insert = Bulk(event_log, ("station_id", "at", "event", "payload"))


def keep(work: Work, published: Sequence[Any]) -> None:
    """Called before each commit with what its units published."""
    for event in published:
        if type(event) in WORDS:
            work.append(_insert, event.station_id, event.at, type(event).__name__, kept.written(event))


def name_of(event: events.StationEvent) -> str:
    """What it is called outside."""
    return WORDS[type(event)][0]


def words_of(event: events.StationEvent) -> dict[str, Any]:
    """What is told of it, whoever tells it."""
    name, words = WORDS[type(event)]
    return {"type": name, "at": event.at, "station": event.station} | words(event)


class Entry(NamedTuple):
    """A row that has its number."""

    number: int
    station_id: int
    station: str
    at: datetime
    event: str
    payload: str

    @property
    def type(self) -> str:
        """What it is called outside."""
        return WORDS[_CLASSES[self.event]][0]


def are_new(work: Work) -> bool:
    """Whether there is something to be numbered; a look that locks nothing."""
    return work.execute(select(event_log.c.id).where(_is_new).limit(1)).first() is not None


def number_new(work: Work) -> int:
    """Give what was committed its place in the line; returns how many rows got one. One node after the other."""
    last = _take_turn(work)
    # One statement for all: told one by one, a thousand sessions a second would take a third of what messages have.
    new = (
        select(
            event_log.c.id,
            stations.c.organization_id.label("owner"),
            func.row_number().over(order_by=event_log.c.id).label("place"),
        )
        .outerjoin(stations, stations.c.id == event_log.c.station_id)
        .where(_is_new)
        .order_by(event_log.c.id)
        .limit(AT_ONCE)
        .subquery()
    )
    placed = update(event_log).where(event_log.c.id == new.c.id)
    count = int(work.execute(placed.values(number=last + new.c.place, organization_id=new.c.owner)).rowcount)
    if count:
        work.execute(update(event_counter).values(last=last + count))
    return count


def _take_turn(work: Work) -> int:
    """The last number, of which nobody else gives the next one before this transaction ends."""
    row = work.execute(select(event_counter.c.last).with_for_update()).one_or_none()
    if row is None:
        work.execute(insert(event_counter).values(id=1, last=0))
        return 0
    return int(row.last)


def last_number(work: Work) -> int:
    """The end of the line, as it is now."""
    return int(work.execute(select(event_counter.c.last)).scalar() or 0)


def after(
    work: Work, organization_id: int, number: int, *, types: Sequence[str] = (), until: int | None = None, limit: int
) -> list[Entry]:
    """What stands behind this number in the line, oldest first."""
    mine: list[ColumnElement[bool]] = [event_log.c.organization_id == organization_id, event_log.c.number > number]
    if types:
        mine.append(event_log.c.event.in_([_CLASS_OF[name] for name in types]))
    if until is not None:
        mine.append(event_log.c.number <= until)
    log = event_log.c
    columns = (log.number, log.station_id, stations.c.identity, log.at, log.event, log.payload)
    there = select(*columns).join(stations, stations.c.id == log.station_id)
    rows = work.execute(there.where(*mine).order_by(log.number).limit(limit))
    return [Entry._make(row) for row in rows]


def first_number_since(work: Work, organization_id: int, at: datetime) -> int:
    """The number before the first event of this time or later, to go on behind it; that of the last one where there is none."""
    mine = (event_log.c.organization_id == organization_id, event_log.c.at >= at, event_log.c.number.is_not(None))
    first = work.execute(select(func.min(event_log.c.number)).where(*mine)).scalar()
    return last_number(work) if first is None else int(first) - 1


def is_complete_after(work: Work, number: int) -> bool:
    """Whether all that stood behind this number is still there."""
    if number >= last_number(work):
        return number == last_number(work)
    first = work.execute(select(func.min(event_log.c.number))).scalar()
    return first is not None and int(first) <= number + 1


def events_of(work: Work, entries: Sequence[Entry]) -> list[events.StationEvent | None]:
    """The event of each as it is true now; None where what it was about is no more."""
    told = [(_CLASSES[each.event], each.payload) for each in entries if each.event in _CLASSES]
    found = iter(kept.read_all(work, told))
    return [next(found) if each.event in _CLASSES else None for each in entries]


def check_types(names: Sequence[str], *, field: str = "events") -> None:
    """Raises `Invalid`."""
    for name in names:
        if name not in TYPES:
            raise Invalid(field, "there is no event {name!r}; there are {known}", name=name, known=", ".join(TYPES))
