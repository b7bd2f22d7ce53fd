"""What reaches outside: a queue with an order, a key and a history. `background/deliveries.py` runs it.

`@delivers` marks `async def mail(outside: Outside, event: SessionEnded) -> None`. A row for each receiver is written in the very
transaction of the event. To one receiver rows go one after the other, in their order; a row that fails is tried again with
growing pauses, and put aside after a day. A crash between the effect and its mark makes it happen again: the receiver can tell
by `outside.key`, which is the same then.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple, Protocol, TypeVar, cast

import msgspec
from sqlalchemy import (
    Column,
    ColumnElement,
    Index,
    Integer,
    Select,
    Table,
    Text,
    and_,
    bindparam,
    func,
    insert,
    or_,
    select,
    text,
    update,
)

from stationmaster.domain import audit, kept, signatures
from stationmaster.domain.errors import Conflict, NotFound
from stationmaster.domain.events import Event
from stationmaster.domain.signatures import Things
from stationmaster.domain.stations import stations
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, Json, UtcTime, key, metadata
from stationmaster.storage.queries import Bulk, page

deliveries = Table(
    "deliveries",
    metadata,
    key(),
    Column("key", Text, nullable=False, unique=True),  # its name outside, the same at each try
    Column("name", Text, nullable=False),  # of the function
    Column("receiver", Text, nullable=False),
    Column("organization_id", BigInt),  # whose it is; null: of nobody that is known, and shown to nobody
    Column("station_id", BigInt),  # the charger that it is about, where it is about one
    Column("event", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("due_at", UtcTime, nullable=False),
    Column("give_up_at", UtcTime, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("leased_until", UtcTime),  # somebody is at it
    Column("done_at", UtcTime),
    Column("dead_at", UtcTime),
    Column("error", Text),
    Column("history", Json),  # of the last tries, oldest first
    Column("trace", Text),  # what it is a part of, where that is traced
)
_waits = and_(deliveries.c.done_at.is_(None), deliveries.c.dead_at.is_(None))
Index(
    "ix_deliveries_waiting",
    deliveries.c.name,
    deliveries.c.receiver,
    deliveries.c.id,
    sqlite_where=_waits,
    postgresql_where=_waits,
)
Index("ix_deliveries_organization_id", deliveries.c.organization_id, deliveries.c.id)
Index("ix_deliveries_station_id", deliveries.c.station_id, deliveries.c.id)

delivery_turn = Table("delivery_turn", metadata, Column("id", Integer, primary_key=True, autoincrement=False))

GIVE_UP_AFTER = timedelta(days=1)
LONGEST_PAUSE = timedelta(hours=1)
SPARE = timedelta(seconds=10)  # of a lease, beyond the time-out of the delivery
TRIES_KEPT = 10

ONCE = frozenset(
    [
        "MailDue",
        "NoticeDue",
        "PushDue",
        "PaymentAsked",
        "ComparisonAsked",
        "GuestPays",
        "GuestReady",
        "GuestStops",
        "CableFree",
        "LimitRaised",
        "BillMade",
        "PriceWanted",
    ]
)
"""Events whose delivery is an act, or has a link that opens once: none is sent once more when it has arrived."""

State = Literal["waiting", "done", "dead"]
D = TypeVar("D", bound=Callable[..., Awaitable[None]])


class Undeliverable(Exception):
    """Trying again would not help; a delivery raises it with the reason."""


class Delivery(NamedTuple):
    """A function that reaches outside, as it is registered."""

    name: str
    function: Callable[..., Awaitable[None]]
    events: tuple[type[Event], ...]
    to: Callable[..., Sequence[str]]  # whom an event goes to; what it needs besides the event is given by type
    timeout_s: float
    give_up_after: timedelta


_registered: dict[str, Delivery] = {}


def delivers(
    *,
    to: Callable[..., Sequence[str]] = lambda event: [""],
    timeout_s: float = 10.0,
    give_up_after: timedelta = GIVE_UP_AFTER,
) -> Callable[[D], D]:
    """Register `async def f(outside, event, …)` for the event, or the events, of its signature.

    `to(event, …)` says whom it goes to: a row each, or none. What else the two need (settings, say) is given by type.
    """

    def register(function: D) -> D:
        delivery = delivery_of(function, to=to, timeout_s=timeout_s, give_up_after=give_up_after)
        _registered[delivery.name] = delivery
        return function

    return register


def delivery_of(
    function: Callable[..., Awaitable[None]],
    *,
    to: Callable[..., Sequence[str]] = lambda event: [""],
    timeout_s: float = 10.0,
    give_up_after: timedelta = GIVE_UP_AFTER,
) -> Delivery:
    """The same without registering it. Raises `TypeError` for a signature that names no event."""
    events = signatures.events_of(function)
    return Delivery(signatures.name_of(function), function, events, to, timeout_s, give_up_after)


def registered() -> list[Delivery]:
    return list(_registered.values())


_insert = Bulk(
    deliveries,
    (
        *("key", "name", "receiver", "organization_id", "station_id", "event", "payload"),
        *("created_at", "due_at", "give_up_at", "trace"),
    ),
)


def add(
    work: Work,
    *,
    key: str,
    name: str,
    receiver: str,
    organization_id: int,
    station_id: int | None,
    event: str,
    payload: str,
) -> None:
    """A row of one's own, for a delivery of this name."""
    until = work.now + GIVE_UP_AFTER
    told = (key, name, receiver, organization_id, station_id, event, payload, work.now, work.now, until, work.trace)
    work.append(_insert, *told)


class Queue:
    """All deliveries of this process, with what they need."""

    def __init__(self, all_of_them: Sequence[Delivery], things: Things) -> None:
        self._named = {delivery.name: delivery for delivery in all_of_them}
        self._names = list(self._named)
        self._due = _due_of(self._names)
        self._things = things
        self._to: dict[type[Event], list[tuple[Delivery, dict[str, Any]]]] = {}
        self._owners: dict[int, int | None] = {}  # of chargers, which stay with theirs
        for delivery in all_of_them:
            signatures.given(delivery.function, things, after=2)  # what is missing is noticed at the start
            needed = signatures.given(delivery.to, things, after=1)
            for event in delivery.events:
                self._to.setdefault(event, []).append((delivery, needed))

    def keep(self, work: Work, events: Sequence[Any]) -> None:
        """Called before each commit with what its units published."""
        for event in events if self._to else ():
            payload = ""  # made when there is a receiver: of most events nobody outside is told
            for delivery, needed in self._to.get(type(event), ()):
                for receiver in delivery.to(event, **needed):
                    payload = payload or kept.written(event)
                    work.append(
                        _insert,
                        secrets.token_urlsafe(16),
                        delivery.name,
                        receiver,
                        self._owner(work, event),
                        getattr(event, "station_id", None) or None,
                        type(event).__name__,
                        payload,
                        work.now,
                        work.now,
                        work.now + delivery.give_up_after,
                        work.trace,
                    )

    def _owner(self, work: Work, event: Event) -> int | None:
        """Whose an event is: it says so, or its charger does."""
        told: int | None = getattr(event, "organization_id", None)
        station: int | None = getattr(event, "station_id", None)
        if told or not station:
            return told or None
        if station not in self._owners:
            owner = select(stations.c.organization_id).where(stations.c.id == station)
            self._owners[station] = work.execute(owner).scalar()
        return self._owners[station]

    def wants(self, events: Sequence[Any]) -> bool:
        """Whether any of these is to be delivered."""
        return any(type(event) in self._to for event in events)

    def find(self, row: Waiting) -> tuple[Delivery, type[Event], dict[str, Any]]:
        """What a row asks for. Raises `LookupError` for a delivery or an event that this version does not know."""
        delivery = self._named[row.name]
        event = {event.__name__: event for event in delivery.events}[row.event]
        return delivery, event, signatures.given(delivery.function, self._things, after=2)

    def are_due(self, work: Work) -> bool:
        """Whether there is something to claim; a look that locks and writes nothing."""
        return bool(self._names) and work.execute(self._due.limit(1), {"now": work.now}).first() is not None

    def claim(self, work: Work, *, limit: int) -> list[Waiting]:
        """Take what is due now, the first of each receiver, and nobody else's; each is leased for its time-out."""
        work.execute(text("INSERT INTO delivery_turn (id) VALUES (1) ON CONFLICT DO NOTHING"))
        # Nodes take turns by locking this row, so that each sees the leases the one before it has made.
        work.execute(select(delivery_turn.c.id).with_for_update())
        mine = self._due.order_by(deliveries.c.due_at, deliveries.c.id).limit(limit)
        rows = work.execute(mine, {"now": work.now}).all()
        for row in rows:
            until = work.now + timedelta(seconds=self._named[row.name].timeout_s) + SPARE
            leased = update(deliveries).where(deliveries.c.id == row.id)
            work.execute(leased.values(leased_until=until, attempts=row.attempts + 1))
        return [
            Waiting(row.id, row.key, row.name, row.receiver, row.event, row.payload, row.attempts + 1, row.trace)
            for row in rows
        ]


def _due_of(names: Sequence[str]) -> Select[Any]:
    """What waits under these names, by the parameter `now`. Written once: it is asked each time something is to go out."""
    now = bindparam("now", type_=UtcTime())
    first = select(func.min(deliveries.c.id)).where(_waits).group_by(deliveries.c.name, deliveries.c.receiver)
    # A receiver with a row in hand is skipped, because an earlier row of its may be committed after that one was taken.
    other = deliveries.alias()
    busy = select(other.c.id).where(
        other.c.name == deliveries.c.name,
        other.c.receiver == deliveries.c.receiver,
        other.c.done_at.is_(None),
        other.c.dead_at.is_(None),
        other.c.leased_until > now,
    )
    return select(deliveries).where(
        deliveries.c.id.in_(first),
        deliveries.c.due_at <= now,
        deliveries.c.name.in_(names),
        ~busy.exists(),
    )


class Waiting(NamedTuple):
    """A row in hand."""

    id: int
    key: str
    name: str
    receiver: str
    event: str
    payload: str
    attempt: int
    trace: str | None = None


class Try(msgspec.Struct, frozen=True):
    """What came of one try."""

    at: datetime
    took_ms: int
    error: str | None


def finished(work: Work, row: Waiting, *, took_ms: int, error: str | None = None, final: bool = False) -> bool:
    """What came of it: done, to be tried again later, or put aside. False when somebody else has it in hand meanwhile."""
    mine = and_(deliveries.c.id == row.id, deliveries.c.attempts == row.attempt, _waits)
    now = work.execute(select(deliveries.c.history, deliveries.c.give_up_at).where(mine)).one_or_none()
    if now is None:
        return False
    tried = msgspec.to_builtins(Try(work.now, took_ms, error))
    history = [*(now.history or ()), tried][-TRIES_KEPT:]
    values: dict[str, Any] = {"leased_until": None, "history": history, "error": error}
    if error is None:
        values["done_at"] = work.now
    elif final or work.now >= now.give_up_at:
        values["dead_at"] = work.now
    else:
        values["due_at"] = work.now + pause(row.attempt)
    work.execute(update(deliveries).where(mine).values(values))
    return True


def pause(attempt: int) -> timedelta:
    """Before the next try: two seconds, four, eight, up to an hour."""
    return min(timedelta(seconds=2.0 ** min(attempt, 20)), LONGEST_PAUSE)


class Listed(Protocol):
    """A row as `listed` tells it."""

    @property
    def key(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def receiver(self) -> str: ...
    @property
    def station(self) -> str | None: ...
    @property
    def event(self) -> str: ...
    @property
    def payload(self) -> str: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def due_at(self) -> datetime: ...
    @property
    def attempts(self) -> int: ...
    @property
    def done_at(self) -> datetime | None: ...
    @property
    def dead_at(self) -> datetime | None: ...
    @property
    def error(self) -> str | None: ...
    @property
    def history(self) -> list[dict[str, Any]] | None: ...


_STATES: dict[State, ColumnElement[bool]] = {
    "waiting": _waits,
    "done": deliveries.c.done_at.is_not(None),
    "dead": deliveries.c.dead_at.is_not(None),
}


def listed(
    work: Work,
    organization_id: int,
    *,
    state: State | None = None,
    receiver: str | None = None,
    names: Sequence[str] | None = None,
    people: bool = True,
    limit: int,
    cursor: str | None,
) -> list[Listed]:
    """What was and is to be delivered for an organization, newest first. Without `people`: only what is about a charger."""
    rows = _of(work, organization_id)
    if names is not None:
        rows = rows.where(deliveries.c.name.in_(names))
    if not people:
        rows = rows.where(deliveries.c.station_id.is_not(None))
    if state is not None:
        rows = rows.where(_STATES[state])
    if receiver is not None:
        rows = rows.where(deliveries.c.receiver == receiver)
    return cast(list[Listed], work.execute(page(rows, deliveries.c.id, limit=limit, cursor=cursor)).all())


def retry(work: Work, organization_id: int, name: str) -> Listed:
    """Try again now what was put aside, or waits for its next try. Raises `NotFound`, `Conflict`."""
    mine = _of(work, organization_id).where(deliveries.c.key == name)
    row = work.execute(mine).one_or_none()
    if row is None:
        raise NotFound("there is no such delivery")
    if row.done_at is not None:
        raise Conflict("it has been delivered")
    if row.leased_until is not None and row.leased_until > work.now:
        raise Conflict("it is being delivered at this moment")
    again = {"dead_at": None, "due_at": work.now, "give_up_at": work.now + GIVE_UP_AFTER}
    work.execute(update(deliveries).where(deliveries.c.id == row.id).values(again))
    before = {"state": "waiting" if row.dead_at is None else "dead", "error": row.error}
    audit.record(
        work,
        "retry_delivery",
        audit.Subject("delivery", name),
        before=before,
        after={"state": "waiting", "error": row.error, "station": row.station},
        organization=organization_id,
    )
    return cast(Listed, work.execute(mine).one())


def replay(work: Work, organization_id: int, name: str) -> Listed:
    """Send it once more, as another delivery with a key of its own; whatever became of this one stays as it is.

    Raises `NotFound`, and `Conflict` for what is no telling but an act, or a message that is true once only.
    """
    row = work.execute(_of(work, organization_id).where(deliveries.c.key == name)).one_or_none()
    if row is None:
        raise NotFound("there is no such delivery")
    if row.event in ONCE:
        raise Conflict("this is done once: what is sent once more is events to programs, receipts and reports")
    # The first two parts of the key of a webhook's delivery name the webhook and the event.
    key = ".".join([*name.split(".")[:2], secrets.token_hex(4)])
    values = {
        column: getattr(row, column)
        for column in ("name", "receiver", "organization_id", "station_id", "event", "payload")
    }
    values |= {"key": key, "created_at": work.now, "due_at": work.now, "give_up_at": work.now + GIVE_UP_AFTER}
    work.execute(insert(deliveries).values(values))
    audit.record(
        work,
        "replay_delivery",
        audit.Subject("delivery", name),
        after={"delivery": key, "station": row.station},
        organization=organization_id,
    )
    return cast(Listed, work.execute(_of(work, organization_id).where(deliveries.c.key == key)).one())


def retry_dead(work: Work, organization_id: int, *, receiver: str | None) -> int:
    """Try again all that was given up, or all for one receiver; returns how many that are."""
    dead = _of(work, organization_id).where(_STATES["dead"]).with_only_columns(deliveries.c.id)
    if receiver is not None:
        dead = dead.where(deliveries.c.receiver == receiver)
    again = {"dead_at": None, "due_at": work.now, "give_up_at": work.now + GIVE_UP_AFTER}
    count = int(work.execute(update(deliveries).where(deliveries.c.id.in_(dead)).values(again)).rowcount)
    subject = audit.Subject("delivery", receiver or "all")
    audit.record(work, "retry_deliveries", subject, after={"count": count}, organization=organization_id)
    return count


def _of(work: Work, organization_id: int) -> Select[Any]:
    # Who is limited to sites is narrowed by the charger, and so sees nothing that is about none.
    theirs = select(*deliveries.c, stations.c.identity.label("station")).outerjoin(
        stations, stations.c.id == deliveries.c.station_id
    )
    return theirs.where(deliveries.c.organization_id == organization_id)


def count_waiting(work: Work) -> int:
    """Deliveries that are still to be made, or to be tried again."""
    return int(work.execute(select(func.count()).select_from(deliveries).where(_waits)).scalar_one())


def lag(work: Work) -> timedelta:
    """How long the first of a queue has been due without anybody being at it (DAT-04)."""
    idle = or_(deliveries.c.leased_until.is_(None), deliveries.c.leased_until <= work.now)
    first = select(func.min(deliveries.c.id)).where(_waits).group_by(deliveries.c.name, deliveries.c.receiver)
    oldest = work.execute(select(func.min(deliveries.c.due_at)).where(deliveries.c.id.in_(first), idle)).scalar()
    return timedelta(0) if oldest is None else max(timedelta(0), work.now - oldest)
