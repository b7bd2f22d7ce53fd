"""Charging sessions: started, stopped, repeated, superseded, suspected, corrected; each exactly once in effect.

What makes a retry harmless is content, not message ids: a UNIQUE key on an open start, the content of the stop kept with
the session. Every lookup is scoped by station (rule 5).
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    and_,
    bindparam,
    func,
    insert,
    literal_column,
    not_,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy import text as sql

from stationmaster.domain import alarms, commands, energy, events, metering, quarantine, stations
from stationmaster.domain.errors import NotFound
from stationmaster.domain.events import Session as Session
from stationmaster.domain.stations import Station
from stationmaster.domain.times import Instant
from stationmaster.storage import Work
from stationmaster.storage.columns import BigInt, Exact, Json, UtcTime, key, metadata
from stationmaster.storage.queries import Prepared, page

sessions = Table(
    "sessions",
    metadata,
    key(),
    Column("public_id", Text, nullable=False, unique=True),
    Column("organization_id", BigInt, ForeignKey("organizations.id"), nullable=False),
    Column("station_id", BigInt, ForeignKey("stations.id"), nullable=False),
    Column("evse", Integer, nullable=False),
    Column("connector", Integer, nullable=False),
    Column("number", Integer, nullable=False, unique=True),  # the transactionId we give to 1.6 stations
    Column("transaction_id", Text, nullable=False),  # what the station calls it
    Column("token", Text),
    Column("authorization", Text, nullable=False),  # what we answered: accepted, unknown, blocked, expired
    Column("status", Text, nullable=False),
    Column("started_at", UtcTime, nullable=False),
    Column("started_text", Text, nullable=False),  # the station's own words, part of the content key
    Column("received_at", UtcTime, nullable=False),
    Column("meter_start_wh", Exact(), nullable=False),
    Column("stopped_at", UtcTime),
    Column("stop_received_at", UtcTime),
    Column("meter_stop_wh", Exact()),
    Column("energy_wh", Exact()),
    Column("stop_reason", Text),
    Column("stop_key", Text),  # the content of the stop that holds; empty while only estimated
    Column("stop_token", Text),
    Column("reservation_id", Integer),
    Column("flags", Json),
    Column("review", Boolean, nullable=False, server_default=sql("false")),  # billing is held until a person has looked
    Column("suspect_since", UtcTime),
)
_open = sessions.c.status == literal_column("'active'")  # in clear, or no database would use the partial indexes
# TX-01: one open session for one start, whoever hears it twice, on however many nodes.
Index(
    "uq_sessions_open_start",
    sessions.c.station_id,
    sessions.c.evse,
    sessions.c.token,
    sessions.c.started_text,
    sessions.c.meter_start_wh,
    unique=True,
    sqlite_where=_open,
    postgresql_where=_open,
)
Index("ix_sessions_started", sessions.c.station_id, sessions.c.evse, sessions.c.started_text)
Index("ix_sessions_station", sessions.c.station_id, sessions.c.id)
Index("ix_sessions_token", sessions.c.token, sessions.c.id)
_held = literal_column("review", Boolean)
Index("ix_sessions_review", sessions.c.id, sqlite_where=_held, postgresql_where=_held)

STATUSES = ("pending", "active", "completed", "cancelled", "invalid")
MAX_NUMBER = 2**31 - 1
ZOMBIE_AFTER = timedelta(hours=24)  # TX-14


def public_form(row: Any, station: str) -> Session:
    """The public form of a row."""
    return Session(
        id=row.public_id,
        station=station,
        evse=row.evse,
        transaction_id=row.transaction_id,
        token=row.token,
        status=row.status,
        started_at=row.started_at,
        stopped_at=row.stopped_at,
        stop_reason=row.stop_reason,
        meter_start_wh=row.meter_start_wh,
        meter_stop_wh=row.meter_stop_wh,
        energy_wh=row.energy_wh,
        flags=tuple(row.flags or ()),
        review=row.review,
    )


# What start() must know, in one question: what is open on this connector, and whether this very start was heard before.
_here = and_(sessions.c.station_id == bindparam("station_id"), sessions.c.evse == bindparam("evse"))
_related = Prepared(
    union_all(
        select(sessions).where(_here, _open),
        # No word of the token: a planner without statistics would look through all sessions of a card that many share.
        select(sessions).where(_here, sessions.c.started_text == bindparam("started_text"), not_(_open)),
    )
)
_STARTED = (
    "public_id",
    "organization_id",
    "station_id",
    "evse",
    "connector",
    "number",
    "transaction_id",
    "token",
    "authorization",
    "status",
    "started_at",
    "started_text",
    "received_at",
    "meter_start_wh",
    "reservation_id",
    "flags",
    "suspect_since",
)
_insert = Prepared(insert(sessions).values({name: bindparam(name, type_=sessions.c[name].type) for name in _STARTED}))


def start(
    work: Work,
    station: Station,
    *,
    evse: int,
    token: str,
    at: Instant,
    meter_start_wh: Decimal | None,
    authorization: str,
    reservation_id: int | None = None,
) -> int:
    """Begin a session and return its number; the same start heard again, while it is open, gives the same one (TX-01).

    The session exists whatever we think of the token: the station may be charging already (TX-03). A start from before the
    session that is open on its connector is history told late: it leaves the open one alone, and waits for its stop as a
    suspect.
    """
    flags = [] if at.believable else ["clock"]
    if meter_start_wh is None:
        flags.append("no_meter_start")
        meter_start_wh = Decimal(0)
    started_text = at.text or ""
    content = (started_text, token, meter_start_wh)
    related = work.run(_related, station_id=station.id, evse=evse, started_text=started_text)
    unended = [row for row in related if row.status == "active"]
    for row in related:
        if (row.started_text, row.token, row.meter_start_wh) == content:
            if row.status == "active":
                return int(row.number)
            if "clock" not in flags:
                flags.append("clock")  # TX-02: a station without a clock begins every session at the same time
    late = any(row.started_at > at.at for row in unended)
    for row in () if late else unended:
        _supersede(work, station, row)
    number = secrets.randbelow(MAX_NUMBER) + 1
    values = {
        "public_id": secrets.token_hex(10),
        "organization_id": station.organization_id,
        "station_id": station.id,
        "evse": evse,
        "connector": 1,
        "number": number,
        "transaction_id": str(number),
        "token": token,
        "authorization": authorization,
        "status": "active",
        "started_at": at.at,
        "started_text": started_text,
        "received_at": work.now,
        "meter_start_wh": meter_start_wh,
        "reservation_id": reservation_id or None,  # 0 is several firmwares' word for none
        "flags": flags or None,
        "suspect_since": work.now if late else None,
    }
    work.run(_insert, **values)
    begun = Session(
        id=str(values["public_id"]),
        station=station.identity,
        evse=evse,
        transaction_id=str(number),
        token=token,
        status="active",
        started_at=at.at,
        stopped_at=None,
        stop_reason=None,
        meter_start_wh=meter_start_wh,
        meter_stop_wh=None,
        energy_wh=None,
        flags=tuple(flags),
        review=False,
    )
    commands.session_began(work, station, session=begun.id, evse=evse, token=token, at=at.at)
    work.publish(events.SessionStarted(station_id=station.id, station=station.identity, at=at.at, session=begun))
    return number


_by_number = Prepared(
    select(sessions).where(sessions.c.station_id == bindparam("station_id"), sessions.c.number == bindparam("number"))
)


def stop(
    work: Work,
    station: Station,
    *,
    number: int | None,
    at: Instant,
    meter_stop_wh: Decimal | None,
    reason: str | None,
    token: str | None,
    content: str,
    told: Sequence[energy.Point] = (),
) -> None:
    """End a session. Never refuses: what fits no session of this station goes to the quarantine (TX-07).

    The same stop again changes nothing; another stop for a session that is ended is kept as a conflict (TX-06); a stop
    after we had closed the session with an estimate corrects it (TX-13, TX-14). `told` are the values that came with the
    stop, which are not stored yet.
    """
    stop_key = _stop_key(content)
    row = None if number is None else work.first(_by_number, station_id=station.id, number=number)
    if row is None:
        _unmatched_stop(work, station, number, content, stop_key)
    elif row.status == "active" or row.stop_key is None:
        ending = _Ending(reason or "Local", token, stop_key, told=tuple(told))
        if not _close(work, station, row, at, meter_stop_wh, ending):
            stop(  # another node was first: look again
                work,
                station,
                number=number,
                at=at,
                meter_stop_wh=meter_stop_wh,
                reason=reason,
                token=token,
                content=content,
                told=told,
            )
    elif row.stop_key != stop_key:
        quarantine.keep(
            work,
            station,
            action="StopTransaction",
            reason="a second stop with other content for a session that has ended",
            content=content,
            content_key=stop_key,
            proposed_session_id=row.id,
        )


_CLOSED = (
    "status",
    "stopped_at",
    "stop_received_at",
    "meter_stop_wh",
    "energy_wh",
    "stop_reason",
    "stop_key",
    "stop_token",
    "flags",
    "review",
)
# Only from the state it was read in: of two nodes that end a session at once, the second finds nothing to do (DAT-11).
_update = Prepared(
    update(sessions)
    .where(
        sessions.c.id == bindparam("session_id"),
        sessions.c.status == bindparam("old_status"),
        sessions.c.stop_key.is_not_distinct_from(bindparam("old_stop_key", type_=Text)),
    )
    .values({name: bindparam(f"new_{name}", type_=sessions.c[name].type) for name in _CLOSED} | {"suspect_since": None})
    .returning(sessions.c.id)
)


class _Ending(msgspec.Struct, frozen=True, gc=False):
    """How a session ended: by a stop of the station (with its content key), or by our own estimate."""

    reason: str
    token: str | None = None
    stop_key: str | None = None
    because: tuple[str, ...] = ()
    told: tuple[energy.Point, ...] = ()


def _close(
    work: Work, station: Station, row: Any, at: Instant | None, meter_stop_wh: Decimal | None, ending: _Ending
) -> bool:
    """Close it, or amend what was only estimated; False when it is no more what `row` says.

    Without a time it ended with its last meter value, or as it began.
    """
    correction = row.status != "active"
    history = [*metering.points(work, row.id), *ending.told]
    if at is None:
        at = Instant(history[-1].at if history else row.started_at)
    stopped_at = max(at.at, row.started_at)
    kept = [flag for flag in row.flags or () if flag not in energy.FLAGS]  # those are told anew
    clock = at.believable and "clock" not in kept
    taken = energy.of_session(
        None if "no_meter_start" in kept else row.meter_start_wh,
        history,
        meter_stop_wh,
        started_at=row.started_at,
        stopped_at=stopped_at,
        clock=clock,
    )
    flags = [*kept, *ending.because, *taken.flags]
    if not at.believable:
        flags.append("clock")
    if correction:
        flags.append("corrected")
    flags = list(dict.fromkeys(flags))
    changes = {
        "status": "completed",
        "stopped_at": stopped_at,
        "stop_received_at": work.now,
        "meter_stop_wh": taken.stop_wh,
        "energy_wh": taken.wh,
        "stop_reason": ending.reason,
        "stop_key": ending.stop_key,
        "stop_token": ending.token,
        "flags": flags or None,
        "review": taken.held,
    }
    new = {f"new_{name}": value for name, value in changes.items()}
    if not work.run(_update, session_id=row.id, old_status=row.status, old_stop_key=row.stop_key, **new):
        return False
    told = events.SessionCorrected if correction else events.SessionEnded
    ended = public_form(row._replace(**changes), station.identity)
    work.publish(told(station_id=station.id, station=station.identity, at=stopped_at, session=ended))
    return True


def _supersede(work: Work, station: Station, row: Any) -> None:
    """A new start on a connector whose session never ended: close that one with what is known (TX-13)."""
    _close(work, station, row, None, None, _Ending("Superseded", because=("superseded",)))


def _unmatched_stop(work: Work, station: Station, number: int | None, content: str, stop_key: str) -> None:
    reason = "no session of this charger has this transaction id"
    if number is not None and (owner := _owner(work, number)) is not None and owner != station.id:
        reason = "the transaction id belongs to another charger"
    active = work.execute(select(sessions.c.id).where(sessions.c.station_id == station.id, _open)).scalars().all()
    new = quarantine.keep(
        work,
        station,
        action="StopTransaction",
        reason=reason,
        content=content,
        content_key=stop_key,
        proposed_session_id=active[0] if len(active) == 1 else None,
    )
    if new and "another" in reason:
        alarms.raise_alarm(
            work,
            station,
            kind="foreign_transaction",
            detail="stopped a transaction of another charger; nothing was changed",
        )


def _owner(work: Work, number: int) -> int | None:
    """Which station a number was given to; asked only to raise an alarm, never to act on the session."""
    return work.execute(select(sessions.c.station_id).where(sessions.c.number == number)).scalar()


def _stop_key(content: str) -> str:
    return hashlib.blake2b(content.encode(), digest_size=16).hexdigest()


_suspect = Prepared(
    update(sessions)
    .where(
        sessions.c.station_id == bindparam("station_id"),
        or_(bindparam("evse", type_=Integer) == 0, sessions.c.evse == bindparam("evse", type_=Integer)),
        _open,
        sessions.c.suspect_since.is_(None),
    )
    .values(suspect_since=bindparam("since", type_=UtcTime))
)


def suspect(work: Work, station: Station, *, evse: int = 0) -> None:
    """The station booted, or says a connector is free, while a session is open there (TX-14); EVSE 0 means all.

    Nothing is closed yet: the stop may wait in the station's queue.
    """
    work.run(_suspect, station_id=station.id, evse=evse, since=work.now)


_overdue = Prepared(
    select(sessions, stations.stations.c.identity)
    .join(stations.stations, stations.stations.c.id == sessions.c.station_id)
    .where(_open, sessions.c.suspect_since <= bindparam("since", type_=UtcTime))
    .limit(200)
)


def close_zombies(work: Work, *, after: timedelta = ZOMBIE_AFTER) -> int:
    """Close the suspects whose time is over with what is known, held for review; returns how many.

    A meter value that came after the suspicion clears it.
    """
    closed = 0
    for row in work.run(_overdue, since=work.now - after):
        last = metering.latest(work, [row.id]).get(row.id)
        if last is not None and last.received_at > row.suspect_since:
            work.execute(update(sessions).where(sessions.c.id == row.id).values(suspect_since=None))
            continue
        station = Station(row.station_id, row.identity, row.organization_id, "", "accepted", True)
        end = last.taken_at if last is not None else row.suspect_since
        closed += _close(work, station, row, Instant(end), None, _Ending("Lost", because=("zombie",)))
    return closed


_active_on = Prepared(
    select(sessions.c.public_id, sessions.c.number, sessions.c.evse).where(
        sessions.c.station_id == bindparam("station_id"), _open
    )
)


def active_at(work: Work, station_id: int) -> list[Any]:
    """The open sessions of a station: public id, number, EVSE."""
    return work.run(_active_on, station_id=station_id)


def listed(
    work: Work,
    organization_id: int,
    *,
    station: str | None = None,
    token: str | None = None,
    status: str | None = None,
    to_review: bool = False,
    limit: int,
    cursor: str | None,
) -> list[Any]:
    """Sessions, newest first, with the charger's identity as `station`; perhaps only those a person must look at."""
    mine = (
        select(sessions, stations.stations.c.identity.label("station"))
        .join(stations.stations, stations.stations.c.id == sessions.c.station_id)
        .where(sessions.c.organization_id == organization_id)
    )
    if station is not None:
        mine = mine.where(stations.stations.c.identity == station)
    if token is not None:
        mine = mine.where(sessions.c.token == token)
    if status is not None:
        mine = mine.where(sessions.c.status == status)
    if to_review:
        mine = mine.where(_held)
    return list(work.execute(page(mine, sessions.c.id, limit=limit, cursor=cursor)))


def get(work: Work, organization_id: int, public_id: str) -> Any:
    """One session with the charger's identity as `station`. Raises `NotFound`."""
    mine = (
        select(sessions, stations.stations.c.identity.label("station"))
        .join(stations.stations, stations.stations.c.id == sessions.c.station_id)
        .where(sessions.c.organization_id == organization_id, sessions.c.public_id == public_id)
    )
    row = work.execute(mine).one_or_none()
    if row is None:
        raise NotFound(f"there is no session {public_id!r}")
    return row


def reviewed(work: Work, organization_id: int, public_id: str) -> None:
    """A person has looked at it, and its figures hold as they are. Raises `NotFound`."""
    session = get(work, organization_id, public_id)
    if session.review:
        work.execute(update(sessions).where(sessions.c.id == session.id).values(review=False))
        told = public_form(get(work, organization_id, public_id), session.station)
        work.publish(
            events.SessionReviewed(station_id=session.station_id, station=session.station, at=work.now, session=told)
        )


def active_of(work: Work, station_ids: list[int]) -> list[Any]:
    """The open sessions of these stations."""
    return list(work.execute(select(sessions).where(sessions.c.station_id.in_(station_ids), _open)))


def all_active(work: Work) -> list[Any]:
    """Every open session: public id, station, EVSE, transaction id."""
    return list(
        work.execute(
            select(sessions.c.public_id, sessions.c.station_id, sessions.c.evse, sessions.c.transaction_id).where(_open)
        )
    )


def so_far(work: Work, session_ids: list[int]) -> dict[int, metering.Reading]:
    """What each of these sessions last told of energy (register), power and state of charge.

    Each is looked for by itself: some chargers send one measurand at a time.
    """
    told = select(sessions.c.id, _last("energy_wh"), _last("power_w"), _last("soc_percent")).where(
        sessions.c.id.in_(session_ids)
    )
    return {
        row.id: metering.Reading(energy_wh=row.energy_wh, power_w=row.power_w, soc_percent=row.soc_percent)
        for row in work.execute(told)
    }


def power_now(work: Work, organization_id: int) -> Decimal:
    """What all open sessions draw together, in watts, by the last power each has told."""
    drawn = select(_last("power_w")).where(sessions.c.organization_id == organization_id, _open)
    return sum((row.power_w for row in work.execute(drawn) if row.power_w is not None), Decimal(0))


def _last(name: str) -> Any:
    values = metering.meter_values
    newest = select(values.c[name]).where(values.c.session_id == sessions.c.id, values.c[name].is_not(None))
    return newest.order_by(values.c.id.desc()).limit(1).scalar_subquery().label(name)


def count_active(work: Work, organization_id: int) -> int:
    mine = select(func.count()).select_from(sessions).where(sessions.c.organization_id == organization_id, _open)
    return int(work.execute(mine).scalar_one())


def count_to_review(work: Work, organization_id: int) -> int:
    held = select(func.count()).select_from(sessions).where(sessions.c.organization_id == organization_id)
    return int(work.execute(held.where(_held)).scalar_one())
